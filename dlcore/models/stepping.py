"""A language model's next token, given what its cache has seen: the same numbers as the modules tell, without them.

One token of a small network is little arithmetic. Called as modules, two thirds of the time go into calling; here the
weights lie at hand and every operation is one call of a kernel on vectors.
"""

from collections.abc import Callable
from functools import partial
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlcore.models.attention import LayerMemory, turns
from dlcore.models.blocks import DecoderLayer
from dlcore.models.transformer import Cache, LanguageModel

Map = Callable[[Tensor], Tensor]


class Stepper:
    """Takes up a token at a time with a cache that may have seen others; of a batch of one."""

    def __init__(self, model: LanguageModel, cache: Cache):
        decoder = model.decoder
        self.cache, self.table, self.size = cache, decoder.embedding.weight, sqrt(decoder.width)
        self.places = decoder.waves if decoder.positions is None else decoder.positions
        self.layers = [_layer(layer, own) for layer, (own, _other) in zip(decoder.layers, cache.layers)]
        self.norm, self.tell = _norm(decoder.norm), partial(torch.addmv, model.head.bias, self.table)

    @torch.inference_mode()
    def take(self, token: int) -> Tensor:
        """Return the logits (tokens,) behind one more token."""
        x = self.table[token] * self.size                               # (width,)
        if self.places is not None:
            x = x + self.places[self.cache.count]
        for layer in self.layers:
            x = layer(x)
        return self.tell(self.norm(x))


def _layer(layer: DecoderLayer, memory: LayerMemory) -> Map:
    """Return what a layer does with a vector (width,) of the residual stream."""
    attend, feed = _attention(layer, memory), _feed_forward(layer)
    before, behind = _norm(layer.attention_norm), _norm(layer.feed_forward_norm)

    def pre(x: Tensor) -> Tensor:
        x = x + attend(before(x))
        return x + feed(behind(x))

    def post(x: Tensor) -> Tensor:
        x = before(x + attend(x))
        return behind(x + feed(x))
    return pre if layer.pre else post


def _attention(layer: DecoderLayer, memory: LayerMemory) -> Map:
    attention = layer.attention
    ask, project = _linear(attention.project_in), _linear(attention.project_out)
    shape = 3, 1, attention.count, 1, attention.head_width
    angles = turns(memory.most, attention.head_width) if attention.rotary else None

    def attend(x: Tensor) -> Tensor:
        asked = ask(x).view(shape)
        query, key, value = asked.unbind() if angles is None else _turn(asked, angles[memory.count])
        mixed = F.scaled_dot_product_attention(query, *memory.add(key, value))  # (1, heads, 1, head_width)
        return project(attention.heads(mixed.view(-1)))
    return attend


def _turn(asked: Tensor, angle: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return query, key and value (1, heads, 1, head_width), the first two turned by their place's angle."""
    pairs = torch.view_as_complex(asked[:2].unflatten(-1, (-1, 2)))
    query, key = torch.view_as_real(pairs * angle).flatten(-2).unbind()
    return query, key, asked[2]


def _feed_forward(layer: DecoderLayer) -> Map:
    widen, activate, narrow = layer.feed_forward.widen, layer.feed_forward.activation, layer.feed_forward.narrow
    widen, narrow = _linear(widen), _linear(narrow)
    return lambda x: narrow(activate(widen(x)))


def _linear(module: nn.Linear) -> Map:
    return partial(torch.addmv, module.bias, module.weight)


def _norm(module: nn.Module) -> Map:
    """Return a layer norm as one call; whatever else stands in its place is called as it is."""
    if not isinstance(module, nn.LayerNorm):
        return module
    return partial(F.layer_norm, normalized_shape=module.normalized_shape, weight=module.weight, bias=module.bias,
                   eps=module.eps)
