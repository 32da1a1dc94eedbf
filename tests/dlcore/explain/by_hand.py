"""Networks and maps worked out by hand in float64 with NumPy alone, sharing nothing with the project or its libraries.

A layer of sums is written out as its products: number i of `values` is the weight from input `cols[i]` to output
`rows[i]`. Every rule can so be said as it stands in the papers.
"""

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

GAMMA, EPSILON = 0.25, 1e-6
GELU = np.vectorize(lambda x: 0.5 * (1 + erf(x / sqrt(2))), otypes=[float])
FUNCTIONS = {
    "relu": lambda x: np.maximum(x, 0), "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "gelu": lambda x: x * GELU(x), "silu": lambda x: x / (1 + np.exp(-x)), "tanh": np.tanh,
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))), "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(0, x)}
SLOPES = {
    "relu": lambda x: (x > 0) * 1.0, "leaky_relu": lambda x: np.where(x > 0, 1, 0.01),
    "gelu": lambda x: GELU(x) + x * np.exp(-x**2 / 2) / sqrt(2 * np.pi),
    "silu": lambda x: FUNCTIONS["sigmoid"](x) * (1 + x * (1 - FUNCTIONS["sigmoid"](x))),
    "tanh": lambda x: 1 - np.tanh(x) ** 2, "elu": lambda x: np.where(x > 0, 1, np.exp(np.minimum(x, 0))),
    "sigmoid": lambda x: FUNCTIONS["sigmoid"](x) * (1 - FUNCTIONS["sigmoid"](x)), "softplus": FUNCTIONS["sigmoid"]}


@dataclass
class Sums:
    """y[r] = Σ values · x[c] + bias[r]."""

    kind: str
    rows: np.ndarray
    cols: np.ndarray
    values: np.ndarray
    bias: np.ndarray
    inputs: int

    def __call__(self, x):
        return self.add_up(self.values * x[self.cols]) + self.bias

    def add_up(self, products):
        return np.bincount(self.rows, products, len(self.bias))

    def back(self, x, slopes):
        return np.bincount(self.cols, self.values * slopes[self.rows], self.inputs)


@dataclass
class Bend:
    """y = f(x), number by number."""

    kind: str

    def __call__(self, x):
        return FUNCTIONS[self.kind](x)

    def back(self, x, slopes):
        return slopes * SLOPES[self.kind](x)


@dataclass
class Largest:
    """y[r] = max of x[windows[r]]."""

    windows: np.ndarray
    kind: str = "max"

    def __call__(self, x):
        return x[self.windows].max(1)

    def places(self, x):
        return np.take_along_axis(self.windows, x[self.windows].argmax(1)[:, None], 1)[:, 0]

    def back(self, x, slopes):
        return np.bincount(self.places(x), slopes, len(x))

    def has_ties(self, x):
        """Whether two numbers of a window are so close that rounding decides which is the largest."""
        second, first = np.sort(x[self.windows], 1)[:, -2:].T
        return bool((first - second <= 1e-6).any())


def windows(channels, side, size, stride, padding=0, dilation=1):
    """Return (places (outputs, size²) in one channel, which of them are not padding) and the outputs' side."""
    out = (side + 2 * padding - dilation * (size - 1) - 1) // stride + 1
    top, left, down, right = np.meshgrid(*[np.arange(out)] * 2, *[np.arange(size)] * 2, indexing="ij")
    y, x = top * stride - padding + down * dilation, left * stride - padding + right * dilation
    inside = (y >= 0) & (y < side) & (x >= 0) & (x < side)
    return (y * side + x).reshape(out**2, -1), inside.reshape(out**2, -1), out


class ByHand:
    """A snapshot's network, layer by layer, its weights read into float64; a dropout is nothing."""

    def __init__(self, snapshot):
        data, self.layers, self.names = snapshot.experiment.data, [], []
        weights = {name: value.double().numpy() for name, value in snapshot.module.state_dict().items()}
        shape, seen, self.flat = (data.channels, data.size, data.size), [], set()
        for block in snapshot.experiment.network.blocks:
            stem = {"linear": "fc", "batch_norm": "norm"}.get(block.kind, getattr(block, "function", block.kind))
            seen.append(stem)
            name = f"{stem}{seen.count(stem)}"
            own = {key.removeprefix(f"{name}."): value for key, value in weights.items() if key.startswith(f"{name}.")}
            layer, shape = self.make(block, shape, own)
            if block.kind == "flatten":
                self.flat.add(len(self.layers))  # what comes behind it has no maps to be folded into
            if layer is not None:
                self.layers.append(layer)
                self.names.append(name)

    def make(self, block, shape, own):
        inputs = int(np.prod(shape))
        if block.kind == "flatten":
            return None, (inputs,)
        if block.kind == "dropout":
            return None, shape
        if block.kind == "activation":
            return Bend(block.function), shape
        if block.kind == "linear":
            rows, cols = np.indices(own["weight"].shape)
            return Sums("linear", rows.ravel(), cols.ravel(), own["weight"].ravel(), own["bias"], inputs), \
                (block.features,)
        if block.kind == "batch_norm":
            scale = own["weight"] / np.sqrt(own["running_var"] + 1e-5)
            shift, each, all_ = own["bias"] - own["running_mean"] * scale, inputs // shape[0], np.arange(inputs)
            return Sums("norm", all_, all_, scale.repeat(each), shift.repeat(each), inputs), shape
        if block.kind == "pool":
            return self.pool(block, shape)
        return self.conv(block, shape, own)

    def pool(self, block, shape):
        places, _inside, out = windows(*shape[:2], block.size, block.stride)
        every = (places + np.arange(shape[0])[:, None, None] * shape[1] ** 2).reshape(-1, block.size**2)
        if block.mode == "max":
            return Largest(every), (shape[0], out, out)
        rows = np.arange(len(every)).repeat(block.size**2)
        mean = np.full(every.size, 1 / block.size**2)
        return Sums("avg", rows, every.ravel(), mean, np.zeros(len(every)), int(np.prod(shape))), (shape[0], out, out)

    def conv(self, block, shape, own):
        places, inside, out = windows(*shape[:2], block.kernel, block.stride, block.padding, block.dilation)
        made, given = np.arange(block.channels)[:, None, None, None], np.arange(shape[0])[None, :, None, None]
        rows = made * out**2 + np.arange(out**2)[:, None] + 0 * given + 0 * places
        cols = given * shape[1] ** 2 + places + 0 * made
        values = own["weight"].reshape(block.channels, shape[0], 1, -1) + 0 * cols
        real = (inside & (cols == cols)).ravel()
        return Sums("conv", rows.ravel()[real], cols.ravel()[real], values.ravel()[real],
                    own["bias"].repeat(out**2), int(np.prod(shape))), (block.channels, out, out)

    # forwards and backwards

    def run(self, x, layers=None):
        """Return what goes into each layer, and what comes out at the end."""
        found = [np.asarray(x, float).ravel()]
        for layer in self.layers if layers is None else layers:
            found.append(layer(found[-1]))
        return found

    def has_ties(self, x):
        return any(layer.has_ties(inputs) for layer, inputs in zip(self.layers, self.run(x)) if layer.kind == "max")

    def score(self, x, target):
        return self.run(x)[-1][target]

    def gradient(self, x, target, relu=None, until=0):
        """Return ∂f/∂x, or by what goes into layer `until`; relu(slopes, slope) may change what passes a ReLU."""
        values = self.run(x)
        slopes = np.eye(len(values[-1]))[target]
        for layer, inputs in reversed(list(zip(self.layers, values))[until:]):
            if relu and layer.kind == "relu":
                slopes = relu(slopes, SLOPES["relu"](inputs))
            else:
                slopes = layer.back(inputs, slopes)
        return slopes

    # DeepLift, the Rescale rule

    def deep_lift(self, x, baseline, target):
        here, there = self.run(x), self.run(baseline)
        multipliers = np.eye(len(here[-1]))[target]
        for layer, *ends in reversed(list(zip(self.layers, here, there, here[1:], there[1:]))):
            before, reference, after, made = ends
            change, risen = before - reference, after - made
            if layer.kind in FUNCTIONS:
                ratio = np.divide(risen, change, out=SLOPES[layer.kind](before), where=np.abs(change) > 1e-9)
                multipliers = multipliers * ratio
            elif layer.kind == "max":
                one, other = layer.places(before), layer.places(reference)
                total = np.zeros_like(before)
                for window, (mine, its) in enumerate(zip(one, other)):
                    if abs(reference[mine] - made[window]) <= 1e-6:  # the largest in both
                        place, share = mine, 1
                    elif abs(before[its] - after[window]) <= 1e-6:
                        place, share = its, 1
                    else:
                        place = mine if after[window] > made[window] else its
                        share = risen[window] / change[place]
                    total[place] += multipliers[window] * share
                multipliers = total
            else:
                multipliers = layer.back(before, multipliers)
        return multipliers * (here[0] - there[0])

    # layer-wise relevance propagation

    def fold(self):
        """Return the layers with the batch norms in those before them, where nothing but pools is between."""
        layers, before, pooled = [], None, False
        for at, layer in enumerate(self.layers):
            before = None if at in self.flat else before
            if layer.kind == "norm" and before is not None and not (pooled and (layer.values < 0).any()):
                old = layers[before]
                scale, shift = self.by_output(layer, len(old.bias))
                layers[before] = Sums(old.kind, old.rows, old.cols, old.values * scale[old.rows],
                                      old.bias * scale + shift, old.inputs)
                continue
            if layer.kind in ("conv", "linear"):
                before, pooled = len(layers), False
            elif layer.kind == "max":
                pooled = True
            elif layer.kind != "avg":
                before = None
            layers.append(layer)
        return layers

    @staticmethod
    def by_output(norm, outputs):
        """Return a norm's scale and shift for each output of a layer that has more, or fewer, numbers a channel."""
        at = np.arange(outputs) * len(norm.bias) // outputs
        return norm.values[at], norm.bias[at]

    def relevances(self, x, target, rule, black, white):
        """Return the relevance of the outputs and of each layer's inputs, backwards, and what biases took of each."""
        layers = self.fold()
        values, low, high = (self.run(picture, layers) for picture in (x, black, white))
        first = next((at for at, layer in enumerate(layers) if layer.kind in ("conv", "linear")), len(layers))
        relevance = np.eye(len(values[-1]))[target] * values[-1]
        found, taken = [relevance], []
        for at, layer in reversed(list(enumerate(layers))):
            box = (np.minimum(low[at], high[at]), np.maximum(low[at], high[at])) if at <= first else None
            before = relevance
            relevance, lost = self.hand_back(layer, values[at], relevance, rule, box if rule != "epsilon" else None)
            found.append(relevance)
            taken.append(lost)
            assert np.isclose(relevance.sum() + lost, before.sum(), rtol=1e-9, atol=1e-9 * np.abs(before).sum())
        return found, taken

    def hand_back(self, layer, x, relevance, rule, box):
        if layer.kind in FUNCTIONS:
            return relevance, 0.0
        if layer.kind == "max":
            return np.bincount(layer.places(x), relevance, len(x)), 0.0
        if box is not None and layer.kind == "norm":
            return relevance, 0.0
        shares, bias = self.shares(layer, x, rule, box)
        sums = layer.add_up(shares) + bias
        sums += EPSILON * np.where(sums >= 0, 1, -1)
        given = np.bincount(layer.cols, shares / sums[layer.rows] * relevance[layer.rows], len(x))
        return given, ((sums - layer.add_up(shares)) / sums * relevance).sum()

    @staticmethod
    def shares(layer, x, rule, box):
        """Return what each product of a layer counts, and what its biases do."""
        weights, products, bias = layer.values, layer.values * x[layer.cols], layer.bias
        if box is not None:
            low, high = (end[layer.cols] for end in box)
            products = np.clip(x[layer.cols], low, high) * weights
            return products - low * np.maximum(weights, 0) - high * np.minimum(weights, 0), np.zeros_like(bias)
        if layer.kind != "conv" or rule == "epsilon":
            return products, bias
        if rule == "alpha1_beta0":
            return np.maximum(products, 0), np.maximum(bias, 0)
        up = layer(x) >= 0
        kept = np.where(up[layer.rows], np.maximum(products, 0), np.minimum(products, 0))
        return products + GAMMA * kept, bias + GAMMA * np.where(up, np.maximum(bias, 0), np.minimum(bias, 0))
