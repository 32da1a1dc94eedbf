"""A picture's way through a network, with what every layer was given and gave kept; the network can be changed for it.

Filters can be switched off, and the whole can be put into train(): then dropout draws, and batch norm uses the figures
of the batch, which is the picture with some training pictures after it.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from dlcore.data import images
from dlcore.data.batches import generator
from dlcore.explain.feature_maps import seen_after
from dlcore.explain.snapshot import Snapshot
from dlcore.models.build import BlockNetwork
from dlcore.specs.model import named_blocks
from dlcore.training.draws import seed_draws
from dlcore.training.tasks import scores

BATCH = 16  # pictures of a batch in train() where there is batch norm: the picture first
Filters = Iterable[tuple[str, int]]  # (convolution, channel)


@dataclass(frozen=True, eq=False)
class Passing:
    """What each layer was given and gave, by its name, for the whole batch; the picture is the first of it.

    `masks` holds what dropout multiplied with, in train(): 0 or 1 / (1 − p).
    """

    snapshot: Snapshot
    module: BlockNetwork
    kinds: dict[str, str]
    given: dict[str, Tensor] = field(default_factory=dict)
    made: dict[str, Tensor] = field(default_factory=dict)
    masks: dict[str, Tensor] = field(default_factory=dict)

    @property
    def outputs(self) -> Tensor:
        """What the whole network gave for the picture (classes,)."""
        return self.made[self.module.order[-1]][0]

    @property
    def scores(self) -> Tensor:
        """The class scores of the picture (classes,)."""
        return scores(self.outputs[None], self.snapshot.experiment.training.loss)[0]


@torch.inference_mode()
def run_through(snapshot: Snapshot, image: np.ndarray, off: Filters = (), draw: int | None = None) -> Passing:
    """Return the passing of a uint8 picture, without the filters in `off`; with a `draw`, in train()."""
    kinds = {name: block.kind for name, block in named_blocks(snapshot.experiment.network.blocks)}
    module = snapshot.module if draw is None else copy.deepcopy(snapshot.module).train()
    passing = Passing(snapshot, module, kinds)
    inputs = torch.cat([snapshot.inputs(torch.from_numpy(part)) for part in _batch(snapshot, image, draw)])
    hooks = [*switch_off(snapshot, module, off), *_watch(passing)]
    try:
        if draw is not None:
            seed_draws(draw, inputs.device)
        module(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    _add_flatten(passing, inputs)
    return passing


def _batch(snapshot: Snapshot, image: np.ndarray, draw: int | None) -> list[np.ndarray]:
    """Return the picture, and with batch norm in train() the training pictures that are its batch."""
    experiment = snapshot.experiment
    if draw is None or all(block.kind != "batch_norm" for block in experiment.network.blocks):
        return [np.ascontiguousarray(image[None])]
    training = images.load(experiment.data.dataset).train_images
    chosen = torch.randint(len(training), (BATCH - 1,), generator=generator(draw, "companions")).numpy()
    return [np.ascontiguousarray(image[None]), training[chosen]]


def switch_off(snapshot: Snapshot, module: nn.Module, off: Filters) -> list:
    """Hook a network so that the maps of some filters are zero, after their activation; returns the hooks."""
    after, channels = seen_after(snapshot), {}
    for name, channel in off:
        channels.setdefault(after[name], []).append(channel)
    return [module.get_submodule(name).register_forward_hook(_silence(silent)) for name, silent in channels.items()]


def _silence(channels: list[int]):
    def hook(layer: nn.Module, inputs: tuple, output: Tensor) -> Tensor:
        output = output.clone()
        output[:, channels] = 0
        return output
    return hook


def _watch(passing: Passing) -> list:
    """Hook every layer so that what it is given and gives is kept."""
    hooks = []
    for name, layer in passing.module.named_children():
        hooks.append(layer.register_forward_hook(_keep(passing, name)))
        if passing.kinds[name] == "dropout" and passing.module.training:
            hooks.append(layer.register_forward_pre_hook(_draw_mask(passing, name)))
    return hooks


def _keep(passing: Passing, name: str):
    def hook(layer: nn.Module, inputs: tuple, output: Tensor) -> None:
        passing.given[name], passing.made[name] = inputs[0], output
    return hook


def _draw_mask(passing: Passing, name: str):
    """Return a hook that draws a dropout layer's mask on ones, and puts the random state back for the layer itself."""
    def hook(layer: nn.Module, inputs: tuple) -> None:
        state = torch.get_rng_state()
        passing.masks[name] = type(layer).forward(layer, torch.ones_like(inputs[0]))
        torch.set_rng_state(state)
    return hook


def _add_flatten(passing: Passing, inputs: Tensor) -> None:
    """Add what flatten was given and gave: it has no module of its own."""
    before = inputs
    for name in passing.module.order:
        if name not in passing.made:
            passing.given[name], passing.made[name] = before, torch.flatten(before, 1)
        before = passing.made[name]
