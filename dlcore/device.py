"""The devices that torch can compute on here."""

from dataclasses import asdict, dataclass

import torch


@dataclass(frozen=True)
class Device:
    """A device by torch's name for it, its label for people, and its memory in bytes (0 where it is not its own)."""

    name: str
    label: str
    memory: int = 0

    def to_dict(self) -> dict:
        """Return it as a plain dict."""
        return asdict(self)


def find_devices() -> list[Device]:
    """Return the CPU and every accelerator that torch reports; this wakes their drivers, so never before a fork."""
    return [Device("cpu", "CPU"), *_accelerators()]


def _accelerators() -> list[Device]:
    if not torch.accelerator.is_available():
        return []
    kind = torch.accelerator.current_accelerator().type
    return [_accelerator(kind, index) for index in range(torch.accelerator.device_count())]


def _accelerator(kind: str, index: int) -> Device:
    module = torch.get_device_module(kind)
    properties = module.get_device_properties(index) if hasattr(module, "get_device_properties") else None
    label = getattr(properties, "name", kind.upper())
    return Device(f"{kind}:{index}", label, getattr(properties, "total_memory", 0))
