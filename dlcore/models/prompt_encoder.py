"""From a prompt's symbols to what the U-Net attends to: a small transformer, and cross-attention."""

import torch
from torch import Tensor, nn

from dlcore.specs.denoiser import TEXT_HEADS, TEXT_LAYERS, WORD_WIDTH, WORDS

PAD = 0  # the symbol that stands where a prompt has no word


class PromptEncoder(nn.Module):
    """A transformer over a prompt's symbols (batch, WORDS): embedding and place, self-attention, dense layers.

    Pre-norm, as in arXiv:2002.04745. Trained together with the U-Net.
    """

    def __init__(self, symbols: int):
        super().__init__()
        self.embedding = nn.Embedding(symbols, WORD_WIDTH)
        self.place = nn.Embedding(WORDS, WORD_WIDTH)
        self.layers = nn.ModuleList(EncoderLayer() for _ in range(TEXT_LAYERS))
        self.norm = nn.LayerNorm(WORD_WIDTH)
        for table in (self.embedding, self.place):
            nn.init.normal_(table.weight, std=0.5)

    def forward(self, symbols: Tensor) -> tuple[Tensor, Tensor]:
        there = symbols != PAD                                         # (batch, words)
        h = self.embedding(symbols) + self.place.weight[: symbols.shape[1]]
        for layer in self.layers:
            h = layer(h, there)
        return self.norm(h), there                                     # (batch, words, width)


class EncoderLayer(nn.Module):
    """One layer: every word looks at the words that are there, then a dense layer for each."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WORD_WIDTH), nn.LayerNorm(WORD_WIDTH)
        self.qkv, self.mix = nn.Linear(WORD_WIDTH, 3 * WORD_WIDTH), nn.Linear(WORD_WIDTH, WORD_WIDTH)
        self.wide, self.act = nn.Linear(WORD_WIDTH, 4 * WORD_WIDTH), nn.GELU()
        self.back = nn.Linear(4 * WORD_WIDTH, WORD_WIDTH)

    def forward(self, h: Tensor, there: Tensor) -> Tensor:
        q, k, v = (split_heads(part) for part in self.qkv(self.norm1(h)).chunk(3, -1))
        h = h + self.mix(join_heads(attention_weights(q, k, there[:, None]) @ v))
        return h + self.back(self.act(self.wide(self.norm2(h))))

    def weights(self, h: Tensor, there: Tensor) -> Tensor:
        """Return how much each word looks at each (batch, heads, words, words)."""
        q, k, _ = (split_heads(part) for part in self.qkv(self.norm1(h)).chunk(3, -1))
        return attention_weights(q, k, there[:, None])


class Attention(nn.Module):
    """Places of a picture attend to words, or, without words, to each other; added to the picture. One head.

    One head, so that there is one map a word; and on a CPU several small ones take several times as long.
    """

    def __init__(self, channels: int, width: int = WORD_WIDTH):
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.query = nn.Linear(channels, channels, bias=False)
        self.key, self.value = nn.Linear(width, channels, bias=False), nn.Linear(width, channels, bias=False)
        self.mix = nn.Linear(channels, channels)
        nn.init.zeros_(self.mix.weight)
        nn.init.zeros_(self.mix.bias)

    def forward(self, x: Tensor, words: Tensor | None, there: Tensor | None) -> Tensor:
        places, source = self._sides(x, words)
        seen = attention_weights(self.query(places), self.key(source), there) @ self.value(source)
        return x + self.mix(seen).transpose(1, 2).reshape(x.shape)  # (batch, channels, side, side)

    def weights(self, x: Tensor, words: Tensor | None, there: Tensor | None) -> Tensor:
        """Return how much each place of the picture attends to each word (batch, places, words)."""
        places, source = self._sides(x, words)
        return attention_weights(self.query(places), self.key(source), there)

    def _sides(self, x: Tensor, words: Tensor | None) -> tuple[Tensor, Tensor]:
        places = self.norm(x).flatten(2).transpose(1, 2)             # (batch, places, channels)
        return places, places if words is None else words


def split_heads(x: Tensor) -> Tensor:
    """Return (batch, words, width) as (batch, heads, words, width of a head)."""
    return x.unflatten(-1, (TEXT_HEADS, -1)).transpose(1, 2)


def join_heads(x: Tensor) -> Tensor:
    """Return (batch, heads, words, width of a head) as (batch, words, width)."""
    return x.transpose(1, 2).flatten(2)


def attention_weights(q: Tensor, k: Tensor, there: Tensor | None) -> Tensor:
    """Return softmax(q kᵀ / √d) over the words that are `there` (batch, [1,] words), as in arXiv:1706.03762 eq. 1.

    Spelled out: at this size it is faster on a CPU than scaled_dot_product_attention, and its weights can be seen.
    """
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    if there is not None:
        scores = scores.masked_fill(~there.unsqueeze(-2), -torch.inf)
    return scores.softmax(-1)
