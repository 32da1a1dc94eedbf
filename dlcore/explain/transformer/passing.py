"""One real pass through a transformer, with all that went in and out of its modules, and heads switched off."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from dlcore.errors import N_, EngineError
from dlcore.models.attention import Attention, Inside
from dlcore.models.transformer import LanguageModel, Translator

Network = Translator | LanguageModel
HeadName = tuple[str, int, int]  # part, layer, head
PLACES = {"encoder": ("encoder", "attention"), "decoder": ("decoder", "attention"), "cross": ("decoder", "cross")}


@dataclass(frozen=True)
class Passed:
    """What one pass left: each module's inputs and output by its name, and the logits (batch, time, tokens)."""

    network: Network
    off: frozenset[HeadName]
    logits: Tensor
    inputs: dict[str, tuple] = field(repr=False)
    outputs: dict[str, Tensor] = field(repr=False)

    @torch.inference_mode()
    def inside(self, part: str, layer: int) -> Inside:
        """Return what an attention did step by step, of what it really got."""
        name = name_of(part, layer)
        return self.network.get_submodule(name).inside(*self.inputs[name][:2])

    def maps(self) -> dict[str, np.ndarray]:
        """Return the attention weights of every part: (layers, heads, rows, columns), of the first of the batch."""
        return {part: np.stack([self.inside(part, layer).weights[0].numpy() for layer in range(layers)])
                for part, layers in layers_of(self.network).items()}

    def on(self) -> dict[str, np.ndarray]:
        """Return which heads of every part are on: bool (layers, heads)."""
        heads = attention_of(self.network, "decoder", 0).count
        return {part: np.array([[(part, layer, head) not in self.off for head in range(heads)]
                                for layer in range(layers)]) for part, layers in layers_of(self.network).items()}


def layers_of(network: Network) -> dict[str, int]:
    """Return the parts that a network has, each with its number of layers."""
    layers = len(network.decoder.layers)
    return {"decoder": layers} if network.encoder is None else dict.fromkeys(PLACES, layers)


def name_of(part: str, layer: int) -> str:
    """Return the name of an attention module."""
    stack, sublayer = PLACES[part]
    return f"{stack}.layers.{layer}.{sublayer}"


def attention_of(network: Network, part: str, layer: int) -> Attention:
    """Return an attention; EngineError where the network has none there."""
    if not 0 <= layer < layers_of(network).get(part, 0):
        raise EngineError(N_("The network has no {name} there."), name=f"{part} {layer + 1}")
    return network.get_submodule(name_of(part, layer))


def read_head(network: Network, named: Iterable) -> HeadName:
    """Return the head that is named (part, layer, head); EngineError where the network has none there."""
    part, layer, head = named
    part, layer, head = str(part), int(layer), int(head)
    if not 0 <= head < attention_of(network, part, layer).count:
        raise EngineError(N_("The network has no {name} there."), name=f"{part} {layer + 1}.{head + 1}")
    return part, layer, head


def read_off(network: Network, request: dict) -> frozenset[HeadName]:
    """Return the heads that a request switches off."""
    return frozenset(read_head(network, named) for named in request.get("off") or ())


def all_heads(network: Network) -> list[HeadName]:
    """Return every head, part by part."""
    return [(part, layer, head) for part, layers in layers_of(network).items() for layer in range(layers)
            for head in range(attention_of(network, part, layer).count)]


@contextmanager
def switched_off(network: Network, off: Iterable[HeadName]) -> Iterator[None]:
    """Let what some heads hand to the output projection be zero, for a while."""
    kept: dict[tuple[str, int], Tensor] = {}
    for part, layer, head in off:
        attention = attention_of(network, part, layer)
        kept.setdefault((part, layer), torch.ones(attention.count))[head] = 0
    with ExitStack() as hooks:
        for (part, layer), shares in kept.items():
            attention = attention_of(network, part, layer)
            hook = attention.heads.register_forward_hook(_mute(shares.repeat_interleave(attention.head_width)))
            hooks.callback(hook.remove)
        yield


def _mute(shares: Tensor):
    def hook(layer: nn.Module, inputs: tuple, output: Tensor) -> Tensor:
        return output * shares
    return hook


@torch.inference_mode()
def pass_through(network: Network, source: Tensor | None, target: Tensor, off: frozenset[HeadName] = frozenset()
                 ) -> Passed:
    """Return all of a pass of tokens (batch, source), (batch, target)."""
    inputs: dict[str, tuple] = {}
    outputs: dict[str, Tensor] = {}
    with switched_off(network, off), ExitStack() as hooks:
        for name, module in network.named_modules():
            hooks.callback(module.register_forward_hook(_keep(name, inputs, outputs)).remove)
        logits = network(target) if source is None else network(source, target)
    return Passed(network, off, logits, inputs, outputs)


def _keep(name: str, taken: dict[str, tuple], given: dict[str, Tensor]):
    def hook(module: nn.Module, inputs: tuple, output: Tensor) -> None:
        taken[name], given[name] = inputs, output
    return hook
