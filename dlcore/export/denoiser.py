"""The modules that un-noise as a person would write them for one spec, with the names that they have here."""

from collections.abc import Iterator
from textwrap import indent

from dlcore.specs.denoiser import CLASSES, PATCH, SYMBOLS, TEXT_HEADS, TEXT_LAYERS, WORD_WIDTH, WORDS
from dlcore.specs.diffusion import Diffusion

TIME = '''\
class TimeFeatures(nn.Module):
    """Sines and cosines of the time, with periods from 2π to 2π·10,000 steps."""

    def __init__(self, width):
        super().__init__()
        self.register_buffer("rates", torch.exp(-log(10_000) * torch.arange(width // 2) / (width // 2)), False)

    def forward(self, t):
        angle = t[:, None] * self.rates
        return torch.cat([angle.cos(), angle.sin()], 1)  # (batch, width)'''
POINTS = '''\
class PointDenoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.time = TimeFeatures({time})
        sizes = [{sizes}]
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in zip(sizes, sizes[1:]))
        self.out = nn.Linear(sizes[-1], 2)

    def forward(self, x, t):
        h = torch.cat([x, self.time(t)], 1)
        for layer in self.layers:
            h = F.silu(layer(h))
        return self.out(h)  # (batch, 2)'''
BLOCK = '''\
def begin_at_zero(layer):
    """Let a layer add nothing at first."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)


class Block(nn.Module):
    """Normalise, SiLU, convolve, twice; what is told scales and shifts in between (FiLM)."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.norm1 = nn.GroupNorm(8, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.film = nn.Linear(TOLD, 2 * outputs)
        self.norm2 = nn.GroupNorm(8, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        begin_at_zero(self.conv2)

    def forward(self, x, told):  # (batch, inputs, side, side), (batch, TOLD)
        h = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.film(told)[:, :, None, None].chunk(2, 1)
        h = self.norm2(h) * (1 + scale) + shift
        return self.skip(x) + self.conv2(F.silu(h))'''
ATTENTION = '''\
class Attention(nn.Module):
    """Places of a picture attend to words, or, without words, to each other; added to the picture."""

    def __init__(self, channels, width):
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.query = nn.Linear(channels, channels, bias=False)
        self.key = nn.Linear(width, channels, bias=False)
        self.value = nn.Linear(width, channels, bias=False)
        self.mix = nn.Linear(channels, channels)
        begin_at_zero(self.mix)

    def forward(self, x, words=None, there=None):
        places = self.norm(x).flatten(2).transpose(1, 2)  # (batch, places, channels)
        source = places if words is None else words
        mask = None if there is None else there[:, None]
        seen = F.scaled_dot_product_attention(self.query(places), self.key(source), self.value(source), mask)
        return x + self.mix(seen).transpose(1, 2).reshape(x.shape)'''
TEXT = f'''\
class EncoderLayer(nn.Module):
    """Every word looks at the words that are there, then a dense layer for each."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm({WORD_WIDTH}), nn.LayerNorm({WORD_WIDTH})
        self.qkv, self.mix = nn.Linear({WORD_WIDTH}, {3 * WORD_WIDTH}), nn.Linear({WORD_WIDTH}, {WORD_WIDTH})
        self.wide = nn.Linear({WORD_WIDTH}, {4 * WORD_WIDTH})
        self.back = nn.Linear({4 * WORD_WIDTH}, {WORD_WIDTH})

    def forward(self, h, there):
        q, k, v = (part.unflatten(-1, ({TEXT_HEADS}, -1)).transpose(1, 2)
                   for part in self.qkv(self.norm1(h)).chunk(3, -1))  # (batch, heads, words, width of a head)
        seen = F.scaled_dot_product_attention(q, k, v, there[:, None, None])
        h = h + self.mix(seen.transpose(1, 2).flatten(2))
        return h + self.back(F.gelu(self.wide(self.norm2(h))))


class PromptEncoder(nn.Module):
    """A small transformer over a prompt's symbols; symbol 0 stands where there is no word."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding({SYMBOLS}, {WORD_WIDTH})
        self.place = nn.Embedding({WORDS}, {WORD_WIDTH})
        self.layers = nn.ModuleList(EncoderLayer() for _ in range({TEXT_LAYERS}))
        self.norm = nn.LayerNorm({WORD_WIDTH})
        for table in (self.embedding, self.place):
            nn.init.normal_(table.weight, std=0.5)

    def forward(self, symbols):
        there = symbols != 0  # (batch, words)
        h = self.embedding(symbols) + self.place.weight[:symbols.shape[1]]
        for layer in self.layers:
            h = layer(h, there)
        return self.norm(h), there'''


def print_denoiser(spec: Diffusion) -> str:
    """Return the classes of a spec's network, the last being UNet or PointDenoiser."""
    network = spec.network
    if spec.data.on_plane:
        sizes = ", ".join(map(str, [2 + network.time, *[network.hidden] * network.layers]))
        return f"{TIME}\n\n\n{POINTS.format(time=network.time, sizes=sizes)}"
    attends = network.attention or spec.condition == "prompt"
    parts = [f"WIDTH, TOLD = {network.width}, {4 * network.width}  # channels at 14 x 14, and what blocks are told",
             "", "", TIME, "\n", BLOCK, "\n", *([ATTENTION, "\n"] if attends else []),
             *([TEXT, "\n"] if spec.condition == "prompt" else [])]
    return "\n".join(parts) + "\n" + _unet(spec)


def _unet(spec: Diffusion) -> str:
    told = ", told" if spec.condition != "none" else ""
    init = indent("\n".join(["super().__init__()", *_layers(spec)]), " " * 8)
    forward = indent("\n".join(_forward(spec)), " " * 8)
    return ('class UNet(nn.Module):\n    """Pictures folded to 14 x 14, one level down to 7 x 7 and up again, with '
            f'skips across."""\n\n    def __init__(self):\n{init}\n\n    def forward(self, x, t{told}):\n{forward}')


def _layers(spec: Diffusion) -> Iterator[str]:
    network, prompted = spec.network, spec.condition == "prompt"
    yield f"self.time = TimeFeatures({network.time})"
    yield f"self.clock = nn.Sequential(nn.Linear({network.time}, TOLD), nn.SiLU(), nn.Linear(TOLD, TOLD))"
    if spec.condition == "class":
        yield f"self.label = nn.Embedding({CLASSES + 1}, TOLD)  # class {CLASSES} stands for none"
    if prompted:
        yield "self.text = PromptEncoder()"
    yield f"self.stem = nn.Conv2d({PATCH**2}, WIDTH, 3, padding=1)"
    yield f"self.down = nn.ModuleList(Block(WIDTH, WIDTH) for _ in range({network.blocks}))"
    yield "self.shrink = nn.Conv2d(WIDTH, 2 * WIDTH, 3, stride=2, padding=1)"
    yield f"self.middle = nn.ModuleList(Block(2 * WIDTH, 2 * WIDTH) for _ in range({network.blocks + 1}))"
    if network.attention:
        yield "self.attention = Attention(2 * WIDTH, 2 * WIDTH)"
    if prompted:
        yield f"self.read = nn.ModuleList(Attention(2 * WIDTH, {WORD_WIDTH}) for _ in self.middle)"
    yield "self.grow = nn.Conv2d(2 * WIDTH, WIDTH, 3, padding=1)"
    yield f"self.up = nn.ModuleList(Block(2 * WIDTH, WIDTH) for _ in range({network.blocks}))"
    if prompted:
        yield f"self.read_fine = Attention(WIDTH, {WORD_WIDTH})"
    yield "self.norm = nn.GroupNorm(8, WIDTH)"
    yield f"self.out = nn.Conv2d(WIDTH, {PATCH**2}, 3, padding=1)"
    yield "begin_at_zero(self.out)"


def _forward(spec: Diffusion) -> Iterator[str]:
    prompted = spec.condition == "prompt"
    yield f"clock = F.silu(self.clock(self.time(t)){' + self.label(told)' if spec.condition == 'class' else ''})"
    if prompted:
        yield "words, there = self.text(told)"
    yield f"h, skips = self.stem(F.pixel_unshuffle(x, {PATCH})), []  # (batch, WIDTH, 14, 14)"
    yield "for block in self.down:\n    h = block(h, clock)\n    skips.append(h)"
    yield "h = self.shrink(h)  # (batch, 2 WIDTH, 7, 7)"
    numbered = spec.network.attention or prompted
    yield "for number, block in enumerate(self.middle):" if numbered else "for block in self.middle:"
    yield "    h = block(h, clock)"
    if spec.network.attention:
        yield "    if number == 0:\n        h = self.attention(h)"
    if prompted:
        yield "    h = self.read[number](h, words, there)"
    yield "h = self.grow(F.interpolate(h, scale_factor=2))"
    yield "for block in self.up:\n    h = block(torch.cat([h, skips.pop()], 1), clock)"
    if prompted:
        yield "h = self.read_fine(h, words, there)"
    yield f"return F.pixel_shuffle(self.out(F.silu(self.norm(h))), {PATCH})  # (batch, 1, 28, 28)"
