"""Multi-head attention, written out (Vaswani et al., 2017, arXiv:1706.03762, sections 3.2 and 3.5).

Training takes the fused kernel; `Attention.inside` does the same step by step and tells every number on the way.
"""

from dataclasses import dataclass
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BASE = 10_000.0  # of the wave lengths of positions


@dataclass(frozen=True)
class Inside:
    """What happens in one attention, with shapes (batch, heads, rows, columns) where nothing else is said.

    `query`, `key`, `value` (batch, heads, tokens, head_width) are as they are multiplied (rotated, if so), `scores` the
    products over √head_width, `mask` (rows, columns) True where a row may not look, or None, `weights` the softmax,
    `mixed` (batch, heads, rows, head_width) the weighted values, `output` (batch, rows, width) behind the projection.
    """

    query: Tensor
    key: Tensor
    value: Tensor
    scores: Tensor
    mask: Tensor | None
    weights: Tensor
    mixed: Tensor
    output: Tensor


class LayerMemory:
    """The keys and values (batch, heads, tokens, head_width) that one attention has seen, in memory made before."""

    def __init__(self, most: int):
        self.most, self.count = most, 0
        self.key = self.value = torch.empty(0)

    def add(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Keep new ones, and return all so far."""
        if self.count == 0:
            shape = (*key.shape[:2], self.most, key.shape[3])
            self.key, self.value = key.new_empty(shape), value.new_empty(shape)
        first, self.count = self.count, self.count + key.shape[2]
        self.key[:, :, first: self.count], self.value[:, :, first: self.count] = key, value
        return self.all()

    def all(self) -> tuple[Tensor, Tensor]:
        """Return all keys and values so far."""
        return self.key[:, :, : self.count], self.value[:, :, : self.count]

    def choose(self, rows: Tensor) -> None:
        """Go on with some rows of the batch, in a given order."""
        self.key, self.value = self.key[rows], self.value[rows]


class Attention(nn.Module):
    """Every token of x asks (query), every token of x or of another sequence answers (key, value).

    `causal` masks what comes later, `rotary` turns queries and keys by their places. The heads' concatenated output
    passes through `heads`, where a hook can switch heads off.
    """

    def __init__(self, width: int, heads: int, causal: bool = False, rotary: bool = False):
        super().__init__()
        self.count, self.head_width, self.causal, self.rotary = heads, width // heads, causal, rotary
        self.project_in = nn.Linear(width, 3 * width)  # query, key and value, one behind the other
        self.heads = nn.Identity()
        self.project_out = nn.Linear(width, width)

    def forward(self, x: Tensor, memory: Tensor | None = None, kept: LayerMemory | None = None) -> Tensor:
        """Return (batch, time, width); with `memory` (batch, other, width) x looks at that, else at itself.

        `kept` are the keys and values so far: of self-attention they grow by x; those of a memory are made once.
        """
        return self._gather(self._mix(*self._ask(x, memory, kept)))

    def _mix(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Return the weighted values (batch, heads, rows, head_width) by the fused kernel.

        Its gradient in bfloat16 is several times slower on a CPU than the written-out products, so those are taken.
        """
        masked = self.causal and query.shape[2] > 1
        if query.dtype == torch.bfloat16 and query.requires_grad and query.device.type == "cpu":
            scores = query @ key.transpose(-2, -1) * self.head_width**-0.5
            hidden = future(query.shape[2], key.shape[2]) if masked else None
            return (scores if hidden is None else scores + lowest(hidden, scores.dtype)).softmax(-1) @ value
        if masked and key.shape[2] > query.shape[2]:
            return F.scaled_dot_product_attention(query, key, value, ~future(query.shape[2], key.shape[2], key.device))
        return F.scaled_dot_product_attention(query, key, value, is_causal=masked)

    def inside(self, x: Tensor, memory: Tensor | None = None) -> Inside:
        """Return every step of the same, without the fused kernel."""
        query, key, value = self._ask(x, memory, None)
        scores = query @ key.transpose(-2, -1) / sqrt(self.head_width)  # (batch, heads, rows, columns)
        mask = future(query.shape[2], key.shape[2], x.device) if self.causal else None
        masked = scores if mask is None else scores.masked_fill(mask, float("-inf"))
        weights = masked.softmax(-1)
        mixed = weights @ value                                         # (batch, heads, rows, head_width)
        return Inside(query, key, value, scores, mask, weights, mixed, self._gather(mixed))

    def _ask(self, x: Tensor, memory: Tensor | None, kept: LayerMemory | None) -> tuple[Tensor, Tensor, Tensor]:
        """Return query, key and value (batch, heads, tokens, head_width)."""
        if memory is None:
            query, key, value = self._split(self.project_in(x), 3)
            first = kept.count if kept else 0
            if self.rotary:
                query, key = rotate(query, first), rotate(key, first)
            return query, *(kept.add(key, value) if kept else (key, value))
        width = x.shape[-1]
        weight, bias = self.project_in.weight, self.project_in.bias
        query, = self._split(F.linear(x, weight[:width], bias[:width]), 1)
        if kept is not None and kept.count:
            return query, *kept.all()
        key, value = self._split(F.linear(memory, weight[width:], bias[width:]), 2)
        return query, *(kept.add(key, value) if kept else (key, value))

    def _split(self, x: Tensor, parts: int) -> tuple[Tensor, ...]:
        """Return (batch, time, parts·width) as so many (batch, heads, time, head_width)."""
        batch, time, _ = x.shape
        return x.view(batch, time, parts, self.count, self.head_width).permute(2, 0, 3, 1, 4).unbind()

    def _gather(self, mixed: Tensor) -> Tensor:
        """Return the heads' values, concatenated and projected: (batch, time, width)."""
        return self.project_out(self.heads(mixed.transpose(1, 2).flatten(2)))


def future(rows: int, columns: int, device: torch.device | None = None) -> Tensor:
    """Return the mask (rows, columns) of what the last `rows` of `columns` tokens may not see: True where it is later.
    """
    return torch.ones(rows, columns, dtype=torch.bool, device=device).triu(columns - rows + 1)


def lowest(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """Return what is added to scores so that masked ones get no weight: -∞ there, else 0."""
    return torch.zeros(mask.shape, dtype=dtype).masked_fill_(mask, float("-inf"))


# positions

def waves(length: int, width: int) -> Tensor:
    """Return the angles (length, ⌈width/2⌉) of positions: pos / 10000^(2i/width)."""
    rates = BASE ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    return torch.arange(length, dtype=torch.float64)[:, None] * rates


def sinusoids(length: int, width: int) -> Tensor:
    """Return the positions (length, width) that are added: the sine of each angle, and its cosine beside it."""
    angles = waves(length, width)
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, :width].float()


def rotate(x: Tensor, first: int = 0) -> Tensor:
    """Return queries or keys (..., time, head_width), the first at place `first`, each pair of numbers turned by its
    place's angle, so that products depend on distances alone (Su et al., 2021, arXiv:2104.09864, eq. 34)."""
    cos, sin = _turns(first + x.shape[-2], x.shape[-1], x.device)
    cos, sin = cos[first:].to(x.dtype), sin[first:].to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


def turns(length: int, width: int) -> Tensor:
    """Return the turns of `rotate` as complex numbers (length, width/2), each e to the i times its angle."""
    cos, sin = _turns(length, width, torch.device("cpu"))
    return torch.complex(cos, sin)


_KNOWN: dict[tuple[int, torch.device], tuple[Tensor, Tensor]] = {}


def _turns(length: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return cosine and sine (length, width/2) of the angles; they are kept, for they are needed at every step."""
    known = _KNOWN.get((width, device))
    if known is None or len(known[0]) < length:
        with torch.inference_mode(False):
            angles = waves(max(length, 512), width)
            known = _KNOWN[width, device] = angles.cos().float().to(device), angles.sin().float().to(device)
    return known[0][:length], known[1][:length]
