"""The update of one weight, spelled out: the numbers that an optimiser goes through, line by line."""

from dataclasses import dataclass, field
from math import sqrt

from dlcore.specs.backprop import Backprop

ALPHA, BETA1, BETA2, EPSILON = 0.99, 0.9, 0.999, 1e-8  # torch's own defaults
State = dict[str, float]  # an optimiser's state of one weight, under torch's names


@dataclass(frozen=True)
class Line:
    """One line of a calculation: what is found, by what formula, with which numbers in the places [0], [1] ...

    In symbols _{..} is a subscript and ^{..} a superscript; η is the learning rate.
    """

    of: str
    symbols: str
    numbers: str
    values: tuple[float, ...]
    result: float


@dataclass
class Update:
    """One weight's update: its lines, the new weight and the new state."""

    lines: list[Line] = field(default_factory=list)
    weight: float = 0.0
    state: State = field(default_factory=dict)

    def find(self, of: str, symbols: str, numbers: str, values: tuple[float, ...], result: float) -> float:
        """Add a line and return its result."""
        self.lines.append(Line(of, symbols, numbers, values, result))
        return result


def spell_out(spec: Backprop, weight: float, gradient: float, state: State, count: int) -> Update:
    """Return the update number `count` (from 1) of a weight, given its gradient and the state before."""
    rules = {"plain": _plain, "sgd": _momentum, "rmsprop": _rmsprop, "adam": _adam, "adamw": _adamw}
    update = Update()
    update.weight = rules[spec.optimizer](update, spec, weight, gradient, state, count)
    return update


def _plain(update: Update, spec: Backprop, w: float, g: float, state: State, count: int) -> float:
    rate = spec.learning_rate
    return update.find("w", "w − η·g", "[0] − [1]·[2]", (w, rate, g), w - rate * g)


def _momentum(update: Update, spec: Backprop, w: float, g: float, state: State, count: int) -> float:
    rate, mu, before = spec.learning_rate, spec.momentum, state.get("momentum_buffer")
    if before is None:
        v = update.find("v", "g", "[0]", (g,), g)
    else:
        v = update.find("v", "μ·v + g", "[0]·[1] + [2]", (mu, before, g), mu * before + g)
    update.state = {"momentum_buffer": v}
    return update.find("w", "w − η·v", "[0] − [1]·[2]", (w, rate, v), w - rate * v)


def _rmsprop(update: Update, spec: Backprop, w: float, g: float, state: State, count: int) -> float:
    rate, before = spec.learning_rate, state.get("square_avg", 0.0)
    v = update.find("v", "α·v + (1 − α)·g^{2}", "[0]·[1] + [2]·[3]^{2}", (ALPHA, before, 1 - ALPHA, g),
                    ALPHA * before + (1 - ALPHA) * g * g)
    update.state = {"square_avg": v}
    return update.find("w", "w − η·g / (√v + ε)", "[0] − [1]·[2] / ([3] + ε)", (w, rate, g, sqrt(v)),
                       w - rate * g / (sqrt(v) + EPSILON))


def _adam(update: Update, spec: Backprop, w: float, g: float, state: State, count: int) -> float:
    m = _mean(update, "m", "β_{1}", BETA1, state.get("exp_avg", 0.0), g)
    v = _mean(update, "v", "β_{2}", BETA2, state.get("exp_avg_sq", 0.0), g, square=True)
    update.state = {"exp_avg": m, "exp_avg_sq": v}
    m_hat = _unbias(update, "m", "β_{1}", BETA1, m, count)
    v_hat = _unbias(update, "v", "β_{2}", BETA2, v, count)
    rate = spec.learning_rate
    return update.find("w", "w − η·m̂ / (√v̂ + ε)", "[0] − [1]·[2] / ([3] + ε)", (w, rate, m_hat, sqrt(v_hat)),
                       w - rate * m_hat / (sqrt(v_hat) + EPSILON))


def _adamw(update: Update, spec: Backprop, w: float, g: float, state: State, count: int) -> float:
    rate, decay = spec.learning_rate, spec.weight_decay
    shrunk = update.find("w", "w − η·λ·w", "[0] − [1]·[2]·[0]", (w, rate, decay), w - rate * decay * w)
    return _adam(update, spec, shrunk, g, state, count)


def _mean(update: Update, of: str, beta: str, rate: float, before: float, g: float, square: bool = False) -> float:
    power = "^{2}" if square else ""
    return update.find(of, f"{beta}·{of} + (1 − {beta})·g{power}", "[0]·[1] + [2]·[3]" + power,
                       (rate, before, 1 - rate, g), rate * before + (1 - rate) * g * (g if square else 1))


def _unbias(update: Update, of: str, beta: str, rate: float, mean: float, count: int) -> float:
    share = 1 - rate**count
    return update.find(f"{of}̂", f"{of} / (1 − {beta}^{{t}})", "[0] / [1]", (mean, share), mean / share)
