"""What a U-Net sees on one step of the way: the maps of each of its parts, one sheet a level."""

import numpy as np
import torch
from torch import Tensor, nn

from dlcore.diffusion.schedules import T
from dlcore.errors import N_, EngineError
from dlcore.explain.diffusion_snapshot import DiffusionSnapshot, read_sampling
from dlcore.explain.taps import capture
from dlcore.plots.theme import encode_signed, find_limit
from dlcore.specs.denoiser import SIDE, Part, list_parts

LISTS = {"down": "down", "middle": "middle", "up": "up", "words": "read"}  # of numbered parts, as the module has them
ALONE = {"words": "read_fine"}


def show_maps(snapshot: DiffusionSnapshot, request: dict) -> dict:
    """Return the maps of all parts of the U-Net for "x" (28, 28) at the time "t", told what "sampling" asks for.

    {"t", "levels": [{"side", "maps": uint8 (n, side, side), "parts": [{"name", "role", "first", "count", "limit"}]}]},
    the largest side first; names and roles are those of dlcore.specs.denoiser.list_parts, in the order of computing. A
    byte of 1 is -limit, 128 is zero, 255 is +limit. It is the pass with the condition.
    """
    spec = snapshot.spec
    if spec.data.on_plane:
        raise EngineError(N_("This model draws no pictures."))
    x, t = _read_x(request.get("x")), min(max(float(request["t"]), 0.0), float(T))
    parts = [part for part in list_parts(spec.network, spec.condition, False) if len(part.shape) == 3]
    made = _look(snapshot, x, t, parts, request)
    sides = sorted({part.shape[-1] for part in parts}, reverse=True)
    return {"t": t, "levels": [_level(side, [part for part in parts if part.shape[-1] == side], made)
                               for side in sides]}


def _read_x(given: object) -> Tensor:
    try:
        x = np.asarray(given, np.float32)
    except (TypeError, ValueError):
        x = np.zeros(0, np.float32)
    if x.size != SIDE * SIDE or not np.isfinite(x).all():
        raise EngineError(N_("There is no picture of {side} x {side} numbers to look at."), side=SIDE)
    return torch.from_numpy(x.reshape(1, 1, SIDE, SIDE).copy())


def _look(snapshot: DiffusionSnapshot, x: Tensor, t: float, parts: list[Part], request: dict) -> dict[str, Tensor]:
    """Return what each part gives out (channels, side, side)."""
    told = snapshot.tell(read_sampling(request)[0])
    places = {part.name: place_of(part.name) for part in parts}
    made = capture(_Told(snapshot.module, t, told), [f"unet.{place}" for place in places.values()], x)
    found = {name: made[f"unet.{place}"][0] for name, place in places.items()}
    return found | {"out": made[""][0]}  # unfolded, as it leaves the network


class _Told(nn.Module):
    """A U-Net that is asked of x alone: the time and the condition stay."""

    def __init__(self, unet: nn.Module, t: float, told: tuple):
        super().__init__()
        self.unet, self.t, self.told = unet, t, told

    def forward(self, x: Tensor) -> Tensor:
        return self.unet(x, torch.full((len(x),), self.t), self.told)


def place_of(name: str) -> str:
    """Return where in the module a part of list_parts is: "middle2" is "middle.1"."""
    stem = name.rstrip("0123456789")
    if stem in LISTS and stem != name:
        return f"{LISTS[stem]}.{int(name[len(stem):]) - 1}"
    return ALONE.get(name, name)


def _level(side: int, parts: list[Part], made: dict[str, Tensor]) -> dict:
    sheets, told, first = [], [], 0
    for part in parts:
        maps = made[part.name].numpy()
        limit = find_limit(maps)
        sheets.append(encode_signed(maps, limit))
        told.append({"name": part.name, "role": part.role, "first": first, "count": len(maps), "limit": limit})
        first += len(maps)
    return {"side": side, "maps": np.concatenate(sheets), "parts": told}
