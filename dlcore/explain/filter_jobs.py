"""What a convolution's filters look for: the pictures that excite them most, a picture made to excite one, and what the
network reads without them. All are Jobs."""

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlcore.data import images
from dlcore.data.batches import column, generator
from dlcore.explain.convolution import known
from dlcore.explain.feature_maps import seen_after
from dlcore.explain.passing import switch_off
from dlcore.explain.question import batch_size, levels_of
from dlcore.explain.snapshot import Snapshot, load
from dlcore.specs.receptive import receptive_fields
from dlcore.training.work import Work

BEST = 8        # pictures that are kept of each filter
STEPS = 80      # of gradient ascent
RATE = 0.08     # of the way from black to white that a pixel moves at most in a step
START = 0.5     # grey on which the ascent begins
CHUNK = 64      # pictures of a turn, at most


def unnormalise(snapshot: Snapshot, pictures: Tensor) -> np.ndarray:
    """Return pictures (n, channels, h, w), as a network gets them, as uint8 (n, h, w) or in colour (n, h, w, 3)."""
    mean, deviation = (column(values, pictures) for values in levels_of(snapshot))
    pixels = (255 * (pictures * deviation + mean)).clamp(0, 255).round().byte()
    return pixels[:, 0].numpy() if pixels.shape[1] == 1 else pixels.permute(0, 2, 3, 1).contiguous().numpy()


class Favourites(Work):
    """The held-out pictures that excite each filter of "layer" (a convolution) most, at the place where they do.

    Its result: "values" (filters, 8), the largest numbers of each filter's map after its activation, one a picture;
    "indices" of the pictures in the test set; "patches" uint8 (filters, 8, side, side[, 3]), what that unit sees, black
    beyond the picture's edge; "count", how many pictures were looked at so far.
    """

    def run(self) -> Iterator[float]:
        """Yield after every few pictures."""
        snapshot = load(self.request["model"], self.home)
        test = images.load_test(snapshot.experiment.data.dataset)
        chosen, self.found = images.held_out(len(test.test_labels)), None
        watched = _Watch(snapshot, seen_after(snapshot)[self.request["layer"]])
        size = min(CHUNK, batch_size(snapshot))
        for start in range(0, len(chosen), size):
            indices = chosen[start:start + size]
            inputs = snapshot.inputs(torch.from_numpy(test.test_images[indices]))
            self._keep_best(watched.see(inputs), torch.from_numpy(indices))
            if start // size % 10 == 9 or start + size >= len(chosen):
                self.result = self._tell(snapshot, watched.name, test) | {"count": min(start + size, len(chosen))}
            yield (start + size) / len(chosen)

    def _keep_best(self, maps: Tensor, indices: Tensor) -> None:
        """Keep the best of these maps (pictures, filters, height, width) and of those before."""
        values, places = maps.flatten(2).max(2)  # (pictures, filters)
        fresh = (values.T, indices.expand(values.shape[1], -1), places.T)
        both = fresh if self.found is None else tuple(torch.cat(pair, 1) for pair in zip(self.found, fresh))
        order = both[0].argsort(dim=1, descending=True, stable=True)[:, :BEST]
        self.found, self.width = tuple(part.gather(1, order) for part in both), maps.shape[-1]

    def _tell(self, snapshot: Snapshot, name: str, test: images.Images) -> dict:
        values, indices, places = self.found
        data = snapshot.experiment.data
        spans = receptive_fields(snapshot.experiment.network, data)[name]
        pictures = unnormalise(snapshot, snapshot.inputs(torch.from_numpy(test.test_images[indices.flatten().numpy()])))
        side = max(end - first for first, end in spans)
        patches = np.stack([_cut(picture, spans[place // self.width], spans[place % self.width], side)
                            for picture, place in zip(pictures, places.flatten().tolist())])
        return {"values": values.numpy(), "indices": indices.numpy(),
                "patches": patches.reshape(*values.shape, *patches.shape[1:])}


def _cut(picture: np.ndarray, rows: tuple[int, int], columns: tuple[int, int], side: int) -> np.ndarray:
    """Return the part of a picture that a unit sees; at the edges it is filled up with black."""
    seen = picture[slice(*rows), slice(*columns)]
    patch = np.zeros((side, side, *picture.shape[2:]), np.uint8)
    top = 0 if rows[0] else side - len(seen)
    left = 0 if columns[0] else side - seen.shape[1]
    patch[top:top + len(seen), left:left + seen.shape[1]] = seen
    return patch


class _Watch:
    """Sees what one layer gives."""

    def __init__(self, snapshot: Snapshot, name: str):
        self.module, self.name, self.made = snapshot.module, name, None
        self.module.get_submodule(name).register_forward_hook(self._keep)

    @torch.inference_mode()
    def see(self, inputs: Tensor) -> Tensor:
        """Return the maps of the layer for some inputs."""
        self.module(inputs)
        return self.made

    def _keep(self, layer: nn.Module, inputs: tuple, output: Tensor) -> None:
        self.made = output


class Ascent(Work):
    """A picture that excites the middle unit of filter "channel" of "layer" (a convolution) as much as it can.

    It begins grey, and every step moves each pixel along the gradient of the unit's sum (before any activation), at
    most by RATE and never beyond black and white; with "smooth" the gradient is blurred first, which keeps out
    speckles. Its result: "picture" uint8 (side, side[, 3]), the part that the unit sees, and the "values" so far.
    """

    def run(self) -> Iterator[float]:
        """Yield after every step."""
        snapshot = load(self.request["model"], self.home)
        layer, channel = self.request["layer"], int(self.request["channel"])
        self._layers = snapshot.module.order[: snapshot.module.order.index(layer) + 1]
        span = receptive_fields(snapshot.experiment.network, snapshot.experiment.data)[layer]
        middle = span[len(span) // 2]
        pixels, values = self._begin(snapshot), []
        for step in range(STEPS):
            value, gradient = self._slope(snapshot, pixels, channel)
            values.append(value)
            pixels = self._climb(pixels, gradient, 1 - step / STEPS)
            shown = unnormalise(snapshot, self._inputs(snapshot, pixels))[0]
            self.result = {"picture": shown[slice(*middle), slice(*middle)], "values": np.array(values, np.float32)}
            yield (step + 1) / STEPS

    def _begin(self, snapshot: Snapshot) -> Tensor:
        data = snapshot.experiment.data
        noise = torch.randn(1, data.channels, data.size, data.size, generator=generator(0, "ascent"))
        return (START + 0.01 * noise).clamp(0, 1)

    def _inputs(self, snapshot: Snapshot, pixels: Tensor) -> Tensor:
        mean, deviation = (column(values, pixels) for values in levels_of(snapshot))
        return (pixels - mean) / deviation

    def _slope(self, snapshot: Snapshot, pixels: Tensor, channel: int) -> tuple[float, Tensor]:
        """Return the middle unit's sum and its gradient by the pixels."""
        pixels = pixels.clone().requires_grad_()
        x = self._inputs(snapshot, pixels)
        for name in self._layers:
            x = snapshot.module.get_submodule(name)(x)
        unit = x[0, channel, x.shape[2] // 2, x.shape[3] // 2]
        (gradient,) = torch.autograd.grad(unit, pixels)
        return unit.item(), gradient

    def _climb(self, pixels: Tensor, gradient: Tensor, pace: float) -> Tensor:
        if self.request.get("smooth", True):
            gradient = F.avg_pool2d(gradient, 3, 1, 1)
        largest = gradient.abs().max()
        return (pixels + RATE * (0.2 + pace) * gradient / largest).clamp(0, 1) if largest > 0 else pixels


class Without(Work):
    """How many test pictures are read right with all filters and without those in "off", (convolution, channel) pairs.

    Its result: "count" pictures read so far, and the shares read right, "whole" and "without".
    """

    def run(self) -> Iterator[float]:
        """Yield after every few pictures."""
        model = self.request["model"]
        whole, without = load(model, self.home), load(model, self.home)
        off = known(whole, [tuple(pair) for pair in self.request["off"]])
        switch_off(without, without.module, off)
        test = images.load_test(whole.experiment.data.dataset)
        size, right = min(CHUNK, batch_size(whole)), np.zeros(2)
        for start in range(0, len(test.test_labels), size):
            pictures = torch.from_numpy(test.test_images[start:start + size])
            labels = test.test_labels[start:start + size]
            right += [np.sum(one.read(pictures).argmax(1).numpy() == labels) for one in (whole, without)]
            count = start + len(labels)
            self.result = {"count": count, "whole": right[0] / count, "without": right[1] / count}
            yield count / len(test.test_labels)


JOBS = {"favourites": Favourites, "ascent": Ascent, "without": Without}
