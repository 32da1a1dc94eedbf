"""The layers of a transformer: sublayers around a residual stream.

Source: Vaswani et al., 2017, arXiv:1706.03762; layer norm before the sublayers: Xiong et al., 2020, arXiv:2002.04745.
"""

from collections.abc import Callable

from torch import Tensor, nn

from dlcore.models.attention import Attention, LayerMemory
from dlcore.models.layers import Dropout
from dlcore.specs.transformer import TransformerNetwork

ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}


class FeedForward(nn.Module):
    """Every token by itself: wider, activation, and back."""

    def __init__(self, network: TransformerNetwork):
        super().__init__()
        hidden = network.width * network.feed_forward
        self.widen = nn.Linear(network.width, hidden)
        self.activation = ACTIVATIONS[network.activation]()
        self.narrow = nn.Linear(hidden, network.width)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, time, width)."""
        return self.narrow(self.activation(self.widen(x)))


class Layer(nn.Module):
    """Sublayers, each added to the residual stream: with the norm before it ("pre") or behind the sum ("post")."""

    def __init__(self, network: TransformerNetwork, causal: bool):
        super().__init__()
        self.pre = network.norm == "pre"
        self.attention = Attention(network.width, network.heads, causal, network.positions == "rotary")
        self.attention_norm = nn.LayerNorm(network.width)
        self.feed_forward = FeedForward(network)
        self.feed_forward_norm = nn.LayerNorm(network.width)
        self.drop = Dropout(network.dropout)

    def add(self, x: Tensor, norm: nn.LayerNorm, sublayer: Callable[[Tensor], Tensor]) -> Tensor:
        """Return the residual stream (batch, time, width) with what a sublayer makes of it."""
        if self.pre:
            return x + self.drop(sublayer(norm(x)))
        return norm(x + self.drop(sublayer(x)))


class EncoderLayer(Layer):
    """Self-attention that sees everything, then feed-forward."""

    def __init__(self, network: TransformerNetwork):
        super().__init__(network, causal=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, time, width)."""
        x = self.add(x, self.attention_norm, self.attention)
        return self.add(x, self.feed_forward_norm, self.feed_forward)


class DecoderLayer(Layer):
    """Masked self-attention, a look at the encoder's output where there is one (`cross`), then feed-forward."""

    def __init__(self, network: TransformerNetwork, crosses: bool):
        super().__init__(network, causal=True)
        self.cross = Attention(network.width, network.heads) if crosses else None
        self.cross_norm = nn.LayerNorm(network.width) if crosses else None

    def forward(self, x: Tensor, memory: Tensor | None = None,
                kept: tuple[LayerMemory, LayerMemory] | None = None) -> Tensor:
        """Return (batch, time, width); `memory` (batch, source, width) is what the encoder has made of the source."""
        own, other = kept or (None, None)
        x = self.add(x, self.attention_norm, lambda x: self.attention(x, kept=own))
        if self.cross is not None:
            x = self.add(x, self.cross_norm, lambda x: self.cross(x, memory, other))
        return self.add(x, self.feed_forward_norm, self.feed_forward)
