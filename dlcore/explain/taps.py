"""Looking into a module from outside, with hooks."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn


@torch.inference_mode()
def capture(module: nn.Module, names: Iterable[str], inputs: Tensor) -> dict[str, Tensor]:
    """Return the outputs of the named layers, and of the whole under "", for some inputs."""
    captured: dict[str, Tensor] = {}
    hooks = [module.get_submodule(name).register_forward_hook(_keep(captured, name)) for name in names]
    try:
        captured[""] = module(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return captured


def _keep(captured: dict[str, Tensor], name: str):
    def hook(layer: nn.Module, inputs: tuple, output: Tensor) -> None:
        captured[name] = output
    return hook
