"""The modules of a transformer as a person would write them for one spec, with the names that they have here."""

from textwrap import indent

from dlcore.specs.texts import sides
from dlcore.specs.transformer import Transformer, reach

ROTATE = '''\
def rotate(x):
    """Turn each pair of numbers of queries or keys (..., time, head_width) by its place's angle."""
    rates = 10_000.0 ** (-torch.arange(0, x.shape[-1], 2, dtype=torch.float64) / x.shape[-1])
    angles = torch.arange(x.shape[-2], dtype=torch.float64)[:, None] * rates
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)'''
ATTENTION = '''\
class Attention(nn.Module):
    def __init__(self, causal=False):
        super().__init__()
        self.causal = causal
        self.project_in = nn.Linear(WIDTH, 3 * WIDTH)  # query, key and value, one behind the other
        self.project_out = nn.Linear(WIDTH, WIDTH)

    def forward(self, x, memory=None):
        weight, bias = self.project_in.weight, self.project_in.bias
        query = F.linear(x, weight[:WIDTH], bias[:WIDTH])
        other = x if memory is None else memory
        key, value = F.linear(other, weight[WIDTH:], bias[WIDTH:]).chunk(2, -1)
        query, key, value = (part.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2)
                             for part in (query, key, value))  # (batch, heads, time, head_width)
{rotate}        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=self.causal)
        return self.project_out(mixed.transpose(1, 2).flatten(2))'''
TURNED = '''\
        if memory is None:
            query, key = rotate(query), rotate(key)
'''
FEED_FORWARD = '''\
class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.widen = nn.Linear(WIDTH, HIDDEN)
        self.activation = nn.{activation}()
        self.narrow = nn.Linear(HIDDEN, WIDTH)

    def forward(self, x):
        return self.narrow(self.activation(self.widen(x)))'''
LAYER = '''\
class {name}(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = Attention({causal})
        self.attention_norm = nn.LayerNorm(WIDTH)
        self.feed_forward = FeedForward()
        self.feed_forward_norm = nn.LayerNorm(WIDTH)
        self.drop = nn.Dropout({dropout:g})
{cross}
    def forward(self, x{memory}):
{forward}
        return x'''
CROSS = '''\
        self.cross = Attention()
        self.cross_norm = nn.LayerNorm(WIDTH)
'''
STACK = '''\
class {name}(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding({tokens}, WIDTH)
{positions}        self.drop = nn.Dropout({dropout:g})
        self.layers = nn.ModuleList([{layer}() for _ in range(LAYERS)])
        self.norm = {norm}

    def forward(self, ids{memory}):
        x = self.embedding(ids) * sqrt(WIDTH)
{place}        x = self.drop(x)
        for layer in self.layers:
            x = layer(x{passed})
        return self.norm(x)'''
SINUSOIDS = '''\
        rates = 10_000.0 ** (-torch.arange(0, WIDTH, 2, dtype=torch.float64) / WIDTH)
        angles = torch.arange({most}, dtype=torch.float64)[:, None] * rates
        waves = torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, :WIDTH].float()
        self.register_buffer("waves", waves, persistent=False)
'''
LEARNED = "        self.positions = nn.Parameter(torch.zeros({most}, WIDTH))\n"
HEAD = '''\
class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros({tokens}))

    def forward(self, x, weight):
        return F.linear(x, weight, self.bias)  # the weight is the embedding's'''
TRANSLATOR = '''\
class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()
        self.head = Head()

    def forward(self, source, target):
        return self.head(self.decoder(target, self.encoder(source)), self.decoder.embedding.weight)'''
LANGUAGE_MODEL = '''\
class LanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.decoder = Decoder()
        self.head = Head()

    def forward(self, ids):
        return self.head(self.decoder(ids), self.decoder.embedding.weight)'''
ACTIVATIONS = {"relu": "ReLU", "gelu": "GELU", "silu": "SiLU"}


def print_modules(spec: Transformer) -> str:
    """Return all classes of a spec's network, the last being Translator or LanguageModel."""
    network, translates = spec.network, spec.data.translates
    rotary = network.positions == "rotary"
    parts = [ROTATE] if rotary else []
    parts += [ATTENTION.format(rotate=TURNED if rotary else ""),
              FEED_FORWARD.format(activation=ACTIVATIONS[network.activation])]
    parts += [_layer(spec, "EncoderLayer", False), _stack(spec, "Encoder", 0)] if translates else []
    parts += [_layer(spec, "DecoderLayer", translates), _stack(spec, "Decoder", 1),
              HEAD.format(tokens=sides(spec.data)[1]), TRANSLATOR if translates else LANGUAGE_MODEL]
    return "\n\n\n".join(parts)


def _layer(spec: Transformer, name: str, crosses: bool) -> str:
    sublayers = [("attention", ""), *([("cross", ", memory")] if crosses else []), ("feed_forward", "")]
    line = ("x = x + self.drop(self.{name}(self.{name}_norm(x){more}))" if spec.network.norm == "pre" else
            "x = self.{name}_norm(x + self.drop(self.{name}(x{more})))")
    forward = "\n".join(line.format(name=sublayer, more=more) for sublayer, more in sublayers)
    return LAYER.format(name=name, causal="causal=True" if name == "DecoderLayer" else "",
                        dropout=spec.network.dropout, cross=CROSS if crosses else "",
                        memory=", memory" if crosses else "", forward=indent(forward, " " * 8))


def _stack(spec: Transformer, name: str, side: int) -> str:
    network, most = spec.network, reach(spec)[side]
    positions = {"sinusoidal": SINUSOIDS, "learned": LEARNED}.get(network.positions, "").format(most=most)
    added = {"sinusoidal": "waves", "learned": "positions"}.get(network.positions)
    memory = ", memory" if side and spec.data.translates else ""
    return STACK.format(name=name, tokens=sides(spec.data)[side], positions=positions, dropout=network.dropout,
                        layer=f"{name}Layer", norm="nn.LayerNorm(WIDTH)" if network.norm == "pre" else "nn.Identity()",
                        memory=memory, passed=memory,
                        place=f"        x = x + self.{added}[:ids.shape[1]]\n" if added else "")
