"""The transformer, written out: an encoder and a decoder that translate, or a decoder that goes on with a text.

    translator.encoder.layers[i].attention                    self-attention; each with its `attention_norm`
    translator.decoder.layers[i].attention, .cross            masked self-attention, and the look at the encoder
    model.decoder.layers[i].feed_forward                      two linear layers; likewise with `feed_forward_norm`

Its layers are in dlcore.models.blocks, its attention in dlcore.models.attention. Source: Vaswani et al., 2017,
arXiv:1706.03762.
"""

from math import sqrt

import torch
from torch import Tensor, nn

from dlcore.models.attention import LayerMemory, sinusoids
from dlcore.models.blocks import DecoderLayer, EncoderLayer, Layer
from dlcore.models.layers import Dropout
from dlcore.seeds import derive
from dlcore.specs.texts import sides
from dlcore.specs.transformer import Transformer, TransformerNetwork, reach

SMALL = 0.3  # size of what an embedding begins with


class Stack(nn.Module):
    """Embedding, positions, layers, and where the norm comes first one more at the end.

    Embeddings are multiplied by √width (section 3.4), so that they are as large as the positions added to them.
    """

    def __init__(self, network: TransformerNetwork, tokens: int, most: int, layers: list[Layer]):
        super().__init__()
        self.width, self.most = network.width, most
        self.embedding = nn.Embedding(tokens, network.width)
        self.positions = nn.Parameter(torch.zeros(most, network.width)) if network.positions == "learned" else None
        waves = sinusoids(most, network.width) if network.positions == "sinusoidal" else None
        self.register_buffer("waves", waves, persistent=False)
        self.drop = Dropout(network.dropout)
        self.layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(network.width) if network.norm == "pre" else nn.Identity()

    def embed(self, ids: Tensor) -> Tensor:
        """Return tokens (batch, time) as they are embedded, without positions: (batch, time, width)."""
        return self.embedding(ids) * sqrt(self.width)

    def place(self, embedded: Tensor, first: int = 0) -> Tensor:
        """Return embedded tokens with their positions, that of the first being `first`: the residual stream begins."""
        table = self.waves if self.positions is None else self.positions
        if table is not None:
            embedded = embedded + table[first: first + embedded.shape[1]]
        return self.drop(embedded)


class Encoder(Stack):
    """Reads the source."""

    def __init__(self, network: TransformerNetwork, tokens: int, most: int):
        super().__init__(network, tokens, most, [EncoderLayer(network) for _ in range(network.layers)])

    def forward(self, ids: Tensor) -> Tensor:
        """Return what is made of source tokens (batch, source): (batch, source, width)."""
        return self.read(self.embed(ids))

    def read(self, embedded: Tensor) -> Tensor:
        """Return the same of tokens that are embedded already."""
        x = self.place(embedded)
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class Cache:
    """What a decoder has seen, so that a new token costs one token's work: keys and values of every layer."""

    def __init__(self, layers: int, most: int, source: int = 0):
        self.layers = [(LayerMemory(most), LayerMemory(source)) for _ in range(layers)]

    @property
    def count(self) -> int:
        """The tokens seen so far."""
        return self.layers[0][0].count

    def choose(self, rows: Tensor) -> None:
        """Go on with some rows of the batch, in a given order."""
        for own, other in self.layers:
            own.choose(rows)
            if other.count:
                other.choose(rows)


class Decoder(Stack):
    """Tells token by token, each seeing those before it, and of a translator what the encoder made of the source."""

    def __init__(self, network: TransformerNetwork, tokens: int, most: int, crosses: bool):
        super().__init__(network, tokens, most, [DecoderLayer(network, crosses) for _ in range(network.layers)])

    def forward(self, ids: Tensor, memory: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """Return what is made of tokens (batch, time): (batch, time, width); with a cache, of the tokens behind it."""
        return self.read(self.embed(ids), memory, cache)

    def read(self, embedded: Tensor, memory: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """Return the same of tokens that are embedded already."""
        x = self.place(embedded, cache.count if cache else 0)
        for number, layer in enumerate(self.layers):
            x = layer(x, memory, cache.layers[number] if cache else None)
        return self.norm(x)


class Head(nn.Module):
    """Logits: how much the residual stream looks like each token's embedding, whose weights it shares, and a bias."""

    def __init__(self, tokens: int):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(tokens))

    def forward(self, x: Tensor, weight: Tensor) -> Tensor:
        """Return logits (batch, time, tokens), given the embedding's weight (tokens, width)."""
        return nn.functional.linear(x, weight, self.bias)


class TransformerModel(nn.Module):
    """What both families have: a decoder, and a head that shares its embedding's weights."""

    encoder: Encoder | None

    def __init__(self, spec: Transformer):
        super().__init__()
        crosses, (source, target), tokens = spec.data.translates, reach(spec), sides(spec.data)
        self.encoder = Encoder(spec.network, tokens[0], source) if crosses else None
        self.decoder = Decoder(spec.network, tokens[1], target, crosses)
        self.head = Head(tokens[1])

    def tell(self, x: Tensor) -> Tensor:
        """Return the logits (batch, time, tokens) of what the decoder has made of its tokens (batch, time, width)."""
        return self.head(x, self.decoder.embedding.weight)

    def new_cache(self) -> Cache:
        """Return a cache for as many tokens as the decoder can read."""
        return Cache(len(self.decoder.layers), self.decoder.most, self.encoder.most if self.encoder else 0)


class Translator(TransformerModel):
    """An encoder reads the source, a decoder tells the answer."""

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Return logits (batch, time, tokens) behind each of the target tokens (batch, time), given the source."""
        return self.tell(self.decoder(target, self.encoder(source)))

    def step(self, target: Tensor, memory: Tensor, cache: Cache) -> Tensor:
        """Return logits (batch, new, tokens) behind new tokens (batch, new), given what the encoder made of the source
        (batch, source, width); the cache takes them up."""
        return self.tell(self.decoder(target, memory, cache))


class LanguageModel(TransformerModel):
    """A decoder alone: a GPT (Radford et al., 2018)."""

    def forward(self, ids: Tensor) -> Tensor:
        """Return logits (batch, time, tokens) behind each of the tokens (batch, time)."""
        return self.tell(self.decoder(ids))

    def step(self, ids: Tensor, cache: Cache) -> Tensor:
        """Return logits (batch, new, tokens) behind new tokens (batch, new); the cache takes them up."""
        return self.tell(self.decoder(ids, cache=cache))


def build_transformer(spec: Transformer) -> Translator | LanguageModel:
    """Return a spec's network with initial weights that depend on the seed alone."""
    model = _make(spec)
    torch.default_generator.manual_seed(derive(spec.training.seed, "weights"))
    shrink = (2 * spec.network.layers) ** -0.5
    for name, module in model.named_modules():
        _begin(module, shrink if name.endswith(("project_out", "narrow")) else 1.0)
    return model


def outline_transformer(spec: Transformer) -> Translator | LanguageModel:
    """Return the network for those that load weights into it (what is no weight is there)."""
    return _make(spec)


def _make(spec: Transformer) -> Translator | LanguageModel:
    return Translator(spec) if spec.data.translates else LanguageModel(spec)


def _begin(module: nn.Module, size: float) -> None:
    """Give a module its initial weights: maps that keep the size of what they get, and small embeddings, so that at
    first every token is about as likely as any other.

    What writes into the residual stream is smaller, by the root of how often that happens (Radford et al., 2019).
    """
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=size * module.in_features**-0.5)
        nn.init.zeros_(module.bias)
    if isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=SMALL * module.embedding_dim**-0.5)
    if isinstance(module, Stack) and module.positions is not None:
        nn.init.normal_(module.positions, std=SMALL)


def set_dropout(model: TransformerModel, p: float) -> None:
    """Change the share of numbers that is left out."""
    for module in model.modules():
        if isinstance(module, Dropout):
            module.p = p
