"""A kernel of one's own on a picture: what torch's convolution makes of it, and the walk that adds up to it."""

import numpy as np
import torch
import torch.nn.functional as F

from dlcore.plots.theme import encode_signed, find_limit
from dlcore.specs import codec
from dlcore.specs.bench import Bench, check_bench


def try_kernel(snapshot: None, request: dict) -> dict:
    """Return what "bench" (a plain specs.bench.Bench) makes of "image", uint8 (side, side) or (side, side, 3).

    As for a network (dlcore.explain.convolution): "layers" and their "sheet", and the "walk" of "channel". The same
    kernel is used on every channel; with groups "each" a channel's map comes from that channel alone. SpecError where
    the stamp does not fit.
    """
    bench: Bench = codec.from_dict({"kind": "convolution", "bench": request["bench"]}).bench
    pixels = _channels(request["image"], bench.colour)
    check_bench(bench, pixels.shape[-1])
    made = stamp(torch.from_numpy(pixels), bench).numpy()
    channel = min(int(request.get("channel", 0)), len(made) - 1)
    limit = find_limit(made)
    rows = [{"name": "input", "kind": "input", "shape": pixels.shape, "scale": "grey", "limit": 1.0,
             "count": pixels.size},
            {"name": "stamp", "kind": "conv", "shape": made.shape, "scale": "diverging", "limit": limit,
             "count": made.size}]
    sheet = np.concatenate([np.rint(255 * pixels).astype(np.uint8).ravel(), encode_signed(made, limit).ravel()])
    return {"layers": rows, "sheet": sheet, "walk": _walk(pixels, bench, made, channel)}


def stamp(pixels: torch.Tensor, bench: Bench) -> torch.Tensor:
    """Return the maps (maps, height, width) that a bench's kernel makes of pixels (channels, side, side)."""
    channels, kernel = len(pixels), torch.tensor(bench.kernel, dtype=torch.float32).view(bench.size, bench.size)
    groups = channels if bench.groups == "each" else 1
    weight = kernel.expand(groups, channels // groups, -1, -1)
    bias = torch.full((groups,), bench.bias)
    return F.conv2d(pixels[None], weight, bias, bench.stride, bench.padding, bench.dilation, groups)[0]


def _channels(image: np.ndarray, colour: bool) -> np.ndarray:
    """Return a picture in 0..1 as (channels, side, side)."""
    pixels = image.astype(np.float32) / 255
    if pixels.ndim == 3:
        return np.ascontiguousarray(pixels.transpose(2, 0, 1))
    return np.repeat(pixels[None], 3 if colour else 1, 0)


def _walk(pixels: np.ndarray, bench: Bench, made: np.ndarray, channel: int) -> dict:
    given = pixels[channel:channel + 1] if bench.groups == "each" else pixels
    kernel = np.tile(np.array(bench.kernel, np.float32).reshape(1, bench.size, bench.size), (len(given), 1, 1))
    parts = F.conv2d(torch.from_numpy(given)[:, None], torch.from_numpy(kernel[:1])[None], None, bench.stride,
                     bench.padding, bench.dilation)[:, 0].numpy()
    limit, added = find_limit(parts), parts.astype(np.float64).sum(0) + bench.bias
    return {"kind": "conv", "layer": "stamp", "channel": channel, "channels": len(made), "in": given, "kernel": kernel,
            "bias": bench.bias, "out": made[channel], "parts": encode_signed(parts, limit), "parts_limit": limit,
            "first": channel if bench.groups == "each" else 0, "size": bench.size, "stride": bench.stride,
            "padding": bench.padding, "dilation": bench.dilation,
            "difference": float(np.abs(added - made[channel]).max() / find_limit(made[channel]))}
