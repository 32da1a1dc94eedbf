"""What the Recurrent page is about: sequences, cells that learn them side by side, and what was changed."""

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from math import log
from typing import Any, Literal

from dlcore.errors import N_, SpecError
from dlcore.specs.changes import MAX_STEP, Change, Live, check_changes, check_device
from dlcore.specs.fields import Rule, check_values, choice, kind, real, switch, whole
from dlcore.specs.sequences import SequenceData, check_data, fit_data, most_symbols, sequences_per_epoch, widths
from dlcore.specs.training import OPTIMIZERS, PRECISIONS, SCHEDULES

CELLS = ("rnn_tanh", "rnn_relu", "lstm", "gru")
GATES = {"rnn_tanh": (), "rnn_relu": (), "lstm": ("input", "forget", "candidate", "output"),
         "gru": ("reset", "update", "candidate")}  # in the order of torch's weights
LONG, FAST = 64, 0.02
MOST_STATES = 2**25  # numbers in the hidden states of a batch: 128 MiB, and the gates take four times that
LIVE_TRAINING = ("learning_rate", "momentum", "weight_decay", "clip", "epochs")
LIVE_FIELDS = (*(f"training.{name}" for name in LIVE_TRAINING), "network.dropout")


class _Cells(Rule):
    """Some of the CELLS, each once and in their order."""

    def nearest(self, value: Any) -> tuple[str, ...]:
        chosen = tuple(name for name in CELLS if name in value) if isinstance(value, list | tuple) else ()
        if chosen:
            return chosen
        raise ValueError(value)


@dataclass(frozen=True)
class RecurrentNetwork:
    """What each of the cells gets: a symbol's embedding (numbers go in as they are), recurrent layers, a linear head.

    `dropout` lies between the layers and before the head. Before the training, `forget_bias` is added to the LSTM's
    forget gate (Jozefowicz, Zaremba and Sutskever, ICML 2015), and the gates are set to keep a state for about `memory`
    steps: ln(memory) is added to the forget and the update gate, and taken from the input gate (Tallec and Ollivier,
    arXiv:1804.11188, who draw it for each unit). 1 leaves them as torch makes them.
    """

    kind: Literal["recurrent_network"] = kind("recurrent_network")
    cells: tuple[str, ...] = field(default=("rnn_tanh", "lstm", "gru"), metadata={"rule": _Cells(tuple)})
    hidden: int = whole(64, 1, 512)
    layers: int = whole(1, 1, 3)
    embedding: int = whole(16, 1, 128)
    dropout: float = real(0.0, 0, 0.9)
    forget_bias: float = real(1.0, -5, 5)
    memory: int = whole(1, 1, 1000, unit="steps")


@dataclass(frozen=True)
class RecurrentTraining:
    """How the cells learn: each on the same batches, with an optimiser of its own and the same number of steps.

    `clip` is the most that the norm of a cell's gradient may be; 0 leaves it as it is.
    """

    kind: Literal["recurrent_training"] = kind("recurrent_training")
    optimizer: str = choice("adamw", *OPTIMIZERS)
    momentum: float = real(0.9, 0, 0.999)
    learning_rate: float = real(0.005, 0, 10)
    schedule: str = choice("cosine", *SCHEDULES)
    weight_decay: float = real(0.01, 0, 1)
    clip: float = real(1.0, 0, 1000)
    batch_size: int = whole(32, 1, 512)
    epochs: int = whole(10, 1, 1000)
    seed: int = whole(0, 0, 2**31 - 1)
    device: str = "cpu"
    precision: str = choice("auto", *PRECISIONS)
    reproducible: bool = switch(False)


@dataclass(frozen=True)
class Recurrent:
    """All that a run needs: equal specs give equal initial weights and the same batches in the same order."""

    kind: Literal["recurrent"] = kind("recurrent")
    data: SequenceData = field(default_factory=SequenceData)
    network: RecurrentNetwork = field(default_factory=RecurrentNetwork)
    training: RecurrentTraining = field(default_factory=RecurrentTraining)
    changes: tuple[Change, ...] = ()


# what must hold

def check(spec: Recurrent) -> None:
    """Raise SpecError where a spec cannot be run; the message says what would fix it."""
    check_values(spec)
    check_device(spec.training.device)
    if not spec.network.cells or spec.network.cells != tuple(cell for cell in CELLS if cell in spec.network.cells):
        raise SpecError("network.cells", N_("Choose one or more of the cells {options}, each once."),
                        options=", ".join(CELLS))
    check_data(spec.data)
    check_changes(spec.changes, LIVE.rule)
    if spec.training.epochs > most_epochs(spec):
        raise SpecError("training.epochs", N_("{epochs:,} epochs of {steps:,} steps are more than can be counted here. "
                                              "Use at most {most:,} epochs, or a larger batch."),
                        epochs=spec.training.epochs, steps=steps_per_epoch(spec), most=most_epochs(spec))
    _check_size(spec)


def most_epochs(spec: Recurrent) -> int:
    """Return how many epochs can be trained before the steps are more than can be counted."""
    return (MAX_STEP - 1) // steps_per_epoch(spec)


def _check_size(spec: Recurrent) -> None:
    numbers = spec.training.batch_size * spec.data.length * spec.network.hidden * spec.network.layers
    if numbers > MOST_STATES:
        raise SpecError("training.batch_size", N_("A batch of {batch} sequences of {length} steps has {count:,} states "
                                                  "of {hidden} units, more than fit. Use a smaller batch, shorter "
                                                  "sequences or fewer units."), batch=spec.training.batch_size,
                        length=spec.data.length, hidden=spec.network.hidden,
                        count=spec.training.batch_size * spec.data.length * spec.network.layers)



def fit(spec: Recurrent) -> Recurrent:
    """Return the spec with what it cannot use brought to the nearest that it can."""
    spec = replace(spec, data=fit_data(spec.data))
    training = replace(spec.training, epochs=min(spec.training.epochs, most_epochs(spec)))
    states = spec.data.length * spec.network.hidden * spec.network.layers
    training = replace(training, batch_size=min(training.batch_size, max(1, MOST_STATES // states)))
    return replace(spec, training=training)


def suit(spec: Recurrent) -> Recurrent:
    """Return the spec with settings from which its task can be learned well; what the task does not use stays.

    The memory tasks begin with gates that keep a state for LONG steps, and learn FAST: so LSTM and GRU learn each with
    a delay of 20 within 400 steps of 32 sequences, in which the RNN stays at guessing.
    """
    data, usual = spec.data, Recurrent()
    memory, rate = usual.network.memory, usual.training.learning_rate
    if data.is_memory:
        data, memory, rate = replace(data, symbols=min(data.symbols, most_symbols(data))), LONG, FAST
    return replace(spec, data=data, network=replace(spec.network, memory=memory),
                   training=replace(spec.training, learning_rate=rate))


# what can be changed while it learns

LIVE = Live(Recurrent(), LIVE_FIELDS)


# what it takes

def steps_per_epoch(spec: Recurrent) -> int:
    """Return the steps of one epoch; where a text is gone through in order, the last batch may be smaller."""
    return -(-sequences_per_epoch(spec.data) // spec.training.batch_size)


def count_parameters(spec: Recurrent, cell: str) -> int:
    """Return the number of trainable parameters of one of the cells' networks."""
    return count_weights(spec.network, cell, *widths(spec.data), spec.data.takes_numbers)


def count_weights(network: RecurrentNetwork, cell: str, inputs: int, outputs: int, takes_numbers: bool = False) -> int:
    """Return the same of a cell that reads so many different symbols (or numbers) and tells so many."""
    gates, count, below = max(1, len(GATES[cell])), 0, inputs
    if not takes_numbers:
        count, below = inputs * network.embedding, network.embedding
    for _ in range(network.layers):
        count += gates * network.hidden * (below + network.hidden + 2)
        below = network.hidden
    return count + (network.hidden + 1) * outputs


def match_units(network: RecurrentNetwork, cell: str, symbols: int, parameters: int, most: int) -> RecurrentNetwork:
    """Return the network with the hidden units, up to `most`, that bring a cell's parameters nearest to so many."""
    def count(hidden: int) -> int:
        return count_weights(replace(network, hidden=hidden), cell, symbols, symbols)

    above = bisect_left(range(1, most), parameters, key=count) + 1
    hidden = min((max(1, above - 1), above), key=lambda units: abs(count(units) - parameters))
    return replace(network, hidden=hidden)


def gate_biases(network: RecurrentNetwork, cell: str) -> dict[str, float]:
    """Return what is added to the biases of a cell's gates before the training, as far as it is something."""
    kept = log(network.memory)
    added = {"lstm": {"input": -kept, "forget": kept + network.forget_bias}, "gru": {"update": kept}}.get(cell, {})
    return {gate: bias for gate, bias in added.items() if bias}


def estimate_memory(spec: Recurrent) -> int:
    """Return about how many bytes a running training holds: the cells learn in turns, so the largest one's states."""
    network, training = spec.network, spec.training
    gates = max(max(1, len(GATES[cell])) for cell in network.cells)
    states = training.batch_size * spec.data.length * network.hidden * network.layers
    outputs = training.batch_size * spec.data.length * widths(spec.data)[1]
    parameters = sum(count_parameters(spec, cell) for cell in network.cells)
    return 40 * 2**20 + 4 * (5 * parameters + states * (2 * gates + 4) + 3 * outputs)
