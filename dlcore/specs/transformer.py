"""What the Transformer page is about: texts, a network of attention that learns them, and what was changed."""

from dataclasses import dataclass, field, replace
from typing import Literal

from dlcore.errors import N_, SpecError
from dlcore.specs.changes import MAX_STEP, Change, Live, check_changes, check_device
from dlcore.specs.fields import check_values, choice, kind, real, switch, whole
from dlcore.specs.texts import TextData, check_data, fit_data, longest, sequences_per_epoch
from dlcore.specs.training import OPTIMIZERS, PRECISIONS

NORMS = ("pre", "post")
ACTIVATIONS = ("relu", "gelu", "silu")
POSITIONS = ("sinusoidal", "learned", "rotary", "none")
SCHEDULES = ("cosine", "constant", "inverse_root")
MOST_NUMBERS = 2**28  # in what a batch leaves behind for the gradient: 1 GiB
WIDTHS = 8, 512
SHORTEST = 8          # tokens that a context has at least
LIVE_TRAINING = ("learning_rate", "momentum", "weight_decay", "clip", "epochs")
LIVE_FIELDS = (*(f"training.{name}" for name in LIVE_TRAINING), "network.dropout")


@dataclass(frozen=True)
class TransformerNetwork:
    """Layers of attention and feed-forward (`feed_forward` times as wide) around a residual stream of `width` numbers.

    A translator has so many layers in the encoder and as many in the decoder; a language model has a decoder alone,
    that reads `context` tokens. `dropout` lies on the embeddings and on what each sublayer adds. The layer norm comes
    before a sublayer (with one more behind the last layer) or after it, as in the paper (Vaswani et al., 2017,
    arXiv:1706.03762). Positions are added (sinusoidal or learned), or turn queries and keys (rotary; Su et al., 2021,
    arXiv:2104.09864).
    """

    kind: Literal["transformer_network"] = kind("transformer_network")
    layers: int = whole(2, 1, 8)
    heads: int = whole(4, 1, 16)
    width: int = whole(64, *WIDTHS)
    feed_forward: int = whole(4, 1, 8)
    dropout: float = real(0.0, 0, 0.9)
    norm: str = choice("pre", *NORMS)
    activation: str = choice("gelu", *ACTIVATIONS)
    positions: str = choice("sinusoidal", *POSITIONS)
    context: int = whole(64, SHORTEST, 512, unit="tokens")

    @property
    def head_width(self) -> int:
        """The numbers of one head's query."""
        return self.width // self.heads


@dataclass(frozen=True)
class TransformerTraining:
    """How the network learns: in the first `warmup` steps the learning rate grows from zero, then the schedule begins.

    `clip` is the most that the norm of the gradient may be; 0 leaves it as it is.
    """

    kind: Literal["transformer_training"] = kind("transformer_training")
    optimizer: str = choice("adamw", *OPTIMIZERS)
    momentum: float = real(0.9, 0, 0.999)
    learning_rate: float = real(0.003, 0, 10)
    warmup: int = whole(50, 0, 10_000, unit="steps")
    schedule: str = choice("cosine", *SCHEDULES)
    weight_decay: float = real(0.01, 0, 1)
    clip: float = real(1.0, 0, 1000)
    batch_size: int = whole(64, 1, 512)
    epochs: int = whole(10, 1, 1000)
    seed: int = whole(0, 0, 2**31 - 1)
    device: str = "cpu"
    precision: str = choice("auto", *PRECISIONS)
    reproducible: bool = switch(False)


@dataclass(frozen=True)
class Transformer:
    """All that a run needs: equal specs give equal initial weights and the same batches in the same order."""

    kind: Literal["transformer"] = kind("transformer")
    data: TextData = field(default_factory=TextData)
    network: TransformerNetwork = field(default_factory=TransformerNetwork)
    training: TransformerTraining = field(default_factory=TransformerTraining)
    changes: tuple[Change, ...] = ()


REPEAT = Transformer(  # induction heads are born within a minute
    data=TextData(task="repeat"), network=TransformerNetwork(positions="rotary"),
    training=TransformerTraining(batch_size=32, epochs=4))


def reach(spec: Transformer) -> tuple[int, int]:
    """Return the most tokens that the encoder (0: there is none) and the decoder can read."""
    return longest(spec.data) if spec.data.translates else (0, spec.network.context)


# what must hold

def check(spec: Transformer) -> None:
    """Raise SpecError where a spec cannot be run; the message says what would fix it."""
    check_values(spec)
    check_device(spec.training.device)
    check_heads(spec.network)
    check_data(spec.data)
    _check_text(spec)
    check_changes(spec.changes, LIVE.rule)
    if spec.training.epochs > most_epochs(spec):
        raise SpecError("training.epochs", N_("{epochs:,} epochs of {steps:,} steps are more than can be counted here. "
                                              "Use at most {most:,} epochs, or a larger batch."),
                        epochs=spec.training.epochs, steps=steps_per_epoch(spec), most=most_epochs(spec))
    if kept_numbers(spec) > MOST_NUMBERS:
        raise SpecError("training.batch_size", N_("A batch of {batch} leaves more numbers behind than fit. Use at most "
                                                  "{most}, or fewer layers, a smaller width or a shorter context."),
                        batch=spec.training.batch_size, most=most_batch(spec))


def check_heads(network: TransformerNetwork) -> None:
    """Raise SpecError where the heads do not divide the width, or rotary positions have no pairs to turn."""
    if network.width % network.heads:
        raise _width_error(network, N_("A width of {width} cannot be split over {heads} heads. Use {options}."),
                           N_("A width of {width} cannot be split over {heads} heads. Use {below} or {above}."))
    if network.positions == "rotary" and network.head_width % 2:
        raise _width_error(network, N_("Rotary positions turn pairs of numbers, so each of {heads} heads needs an even "
                                       "share of the width, not {width} / {heads}. Use {options}."),
                           N_("Rotary positions turn pairs of numbers, so each of {heads} heads needs an even share of "
                              "the width, not {width} / {heads}. Use {below} or {above}."))


def _width_error(network: TransformerNetwork, one: str, two: str) -> SpecError:
    """Return the error that names the widths that could be used instead: one, or the two around."""
    near = near_widths(network)
    values = {"width": network.width, "heads": network.heads}
    if len(near) == 1:
        return SpecError("network.width", one, **values, options=near[0])
    return SpecError("network.width", two, **values, below=near[0], above=near[-1])


def near_widths(network: TransformerNetwork) -> tuple[int, ...]:
    """Return the widths next below and above that the heads can share."""
    step = network.heads * (2 if network.positions == "rotary" else 1)
    below = network.width // step * step
    return tuple(width for width in (below, below + step) if WIDTHS[0] <= width <= WIDTHS[1])


def _check_text(spec: Transformer) -> None:
    """Raise SpecError where the part of an own text that is kept back has no whole window."""
    if spec.data.task == "own" and spec.data.characters // (2 * 9) <= spec.network.context:
        raise SpecError("network.context", N_("The text is too short for a context of {context} tokens. Use a shorter "
                                              "context, or a longer text."), context=spec.network.context)


def most_epochs(spec: Transformer) -> int:
    """Return how many epochs can be trained before the steps are more than can be counted."""
    return (MAX_STEP - 1) // steps_per_epoch(spec)


def most_batch(spec: Transformer) -> int:
    """Return the largest batch that fits."""
    return max(1, MOST_NUMBERS * spec.training.batch_size // kept_numbers(spec))


def fit(spec: Transformer) -> Transformer:
    """Return the spec with what it cannot use brought to the nearest that it can."""
    spec = replace(spec, data=fit_data(spec.data))
    spec = replace(spec, network=replace(spec.network, width=(near_widths(spec.network) or (spec.network.width,))[0]))
    spec = replace(spec, training=replace(spec.training, batch_size=min(spec.training.batch_size, most_batch(spec))))
    return replace(spec, training=replace(spec.training, epochs=min(spec.training.epochs, most_epochs(spec))))


# what can be changed while it learns

LIVE = Live(Transformer(), LIVE_FIELDS)


# what it takes

def steps_per_epoch(spec: Transformer) -> int:
    """Return the steps of one epoch."""
    return -(-sequences_per_epoch(spec.data, spec.network.context) // spec.training.batch_size)


def kept_numbers(spec: Transformer) -> int:
    """Return about how many numbers a batch leaves behind for the gradient (see dlcore.specs.transformer_table)."""
    network, (source, target) = spec.network, reach(spec)
    layer = network.width * (10 + 3 * network.feed_forward)
    crossed = 6 * network.width if source else 0
    count = network.layers * (source * layer + target * (layer + crossed))
    return spec.training.batch_size * (count + 3 * target * 2 * network.width)
