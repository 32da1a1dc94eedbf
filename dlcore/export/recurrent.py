"""Recurrent cells as the PyTorch code that a person would write for them (printed without torch)."""

from collections.abc import Iterator
from textwrap import indent

from dlcore.export.notes import print_notes, tell_changes, tell_precision
from dlcore.export.pytorch import print_optimizer, print_scheduler
from dlcore.specs.recurrent import GATES, Recurrent, gate_biases, steps_per_epoch
from dlcore.specs.sequences import SequenceData, widths

NAMES = '''\
names = Path("names.txt").read_text().split()  # one first name a line
letters = {letter: number for number, letter in enumerate("\\nabcdefghijklmnopqrstuvwxyz")}
longest = max(map(len, names)) + 1


def batch():
    """Return names from their start on, and the letter that comes next at every step (-100 behind the end)."""
    x = torch.zeros(BATCH, longest, dtype=torch.long)
    y = torch.full((BATCH, longest), -100)
    for row, number in enumerate(torch.randperm(len(names))[:BATCH].tolist()):
        name = names[number]
        numbers = torch.tensor([letters[letter] for letter in name])
        x[row, 1:len(name) + 1] = numbers
        y[row, :len(name)], y[row, len(name)] = numbers, 0
    return x, y'''
PLAYS = '''\
text = Path("shakespeare.txt").read_text()
known = {symbol: number for number, symbol in enumerate(sorted(set(text)))}
numbers = torch.tensor([known[symbol] for symbol in text])


def batch():
    """Return windows of the text, and the character that comes next at every step."""
    first = torch.randint(len(numbers) - LENGTH, (BATCH, 1))
    rows = numbers[first + torch.arange(LENGTH + 1)]
    return rows[:, :-1], rows[:, 1:]'''
SENTENCES = '''\
from dlcore.data.grammar import grammar  # this project's: a small grammar

sentences = grammar("{language}")
draws = np.random.default_rng({seed})


def batch():
    """Return sentences, and the word that comes next at every step."""
    rows = torch.from_numpy(sentences.sentences(BATCH, LENGTH + 1, draws))
    return rows[:, :-1], rows[:, 1:]'''
SINES = '''\
def batch():
    """Return mixtures of two sines, and the number that comes next at every step."""
    time = torch.arange(LENGTH + 1)
    period = 8 + 32 * torch.rand(BATCH, 2, 1)
    size = 0.5 + 0.5 * torch.rand(BATCH, 2, 1)
    parts = size * torch.sin(2 * torch.pi * (time / period + torch.rand(BATCH, 2, 1)))
    rows = parts.sum(1) / (size.square().sum(1) / 2).sqrt() + {noise} * torch.randn(BATCH, LENGTH + 1)
    return rows[:, :-1, None], rows[:, 1:]'''
DAMPED = '''\
def batch():
    """Return damped waves, and the number that comes next at every step."""
    time = torch.arange(LENGTH + 1)
    period, fade = 8 + 32 * torch.rand(BATCH, 1), 20 + 60 * torch.rand(BATCH, 1)
    rows = 2**0.5 * torch.exp(-time / fade) * torch.sin(2 * torch.pi * (time / period + torch.rand(BATCH, 1)))
    rows = rows + {noise} * torch.randn(BATCH, LENGTH + 1)
    return rows[:, :-1, None], rows[:, 1:]'''
COLUMN = '''\
column = torch.tensor(np.loadtxt("column.csv"), dtype=torch.float32)  # a number a line, without a header
column = column[:-{held}]  # the last fifth is kept back
column = (column - column.mean()) / column.std(correction=0)


def batch():
    """Return windows of the column, and the number that comes next at every step."""
    first = torch.randint(len(column) - LENGTH, (BATCH, 1))
    rows = column[first + torch.arange(LENGTH + 1)]
    return rows[:, :-1, None], rows[:, 1:]'''
MEMORY = '''\
from dlcore.data import memory_tasks  # this project's
from dlcore.specs.sequences import SequenceData

data = SequenceData(task="{task}", length={length}, delay={delay}, symbols={symbols})
draws = np.random.default_rng({seed})


def batch():
    """Return sequences, and what their last step asks for."""
    x, asked = map(torch.from_numpy, memory_tasks.draw(data, BATCH, draws))
    y = torch.full(x.shape[:2], {blank})
    y[:, -1] = asked
    return x, y'''
SYMBOLS_LOSS = "F.cross_entropy(outputs.flatten(0, 1), y.flatten())"
NUMBERS_LOSS = "F.mse_loss(outputs.squeeze(-1)[~y.isnan()], y[~y.isnan()])"


def print_recurrent(spec: Recurrent) -> str:
    """Return a whole script: the network, what it reads, and the training of each cell."""
    parts = [_imports(spec), _constants(spec), _batches(spec), _module(spec), _models(spec), _loop(spec)]
    return print_notes(_left_out(spec)) + "\n\n\n".join(parts) + "\n"


def _left_out(spec: Recurrent) -> Iterator[str]:
    if len(spec.network.cells) > 1:
        yield "that all cells get the same batches: here one is trained after the other, on batches of its own"
    yield "the very weights that it began with, and batches: the seed is the same, what is drawn from it here is not"
    if spec.data.task in ("names", "shakespeare"):
        yield "that a part of the text is held out to measure on: here all of it is learned from"
    if spec.training.device != "cpu":
        yield f"the device {spec.training.device}: this computes on the CPU"
    yield from tell_precision(spec.training, "for texts and large cells where that is faster")
    yield from tell_changes(spec.changes, ())


def _imports(spec: Recurrent) -> str:
    data, first = spec.data, []
    if data.task in ("names", "shakespeare"):
        first = ["from pathlib import Path\n"]
    elif data.is_memory or data.task == "grammar" or data.task == "series" and data.wave == "column":
        first = ["import numpy as np"]
    return "\n".join([*first, "import torch", "import torch.nn.functional as F", "from torch import nn, optim"])


def _constants(spec: Recurrent) -> str:
    length = "" if spec.data.task == "names" else f"LENGTH = {spec.data.length}\n"
    epochs, steps = spec.training.epochs, steps_per_epoch(spec)
    return f"{length}BATCH = {spec.training.batch_size}\nEPOCHS, STEPS = {epochs}, {steps}"


def _batches(spec: Recurrent) -> str:
    data = spec.data
    if data.is_memory:
        return MEMORY.format(task=data.task, length=data.length, delay=data.delay, symbols=data.symbols,
                             seed=spec.training.seed, blank='float("nan")' if data.takes_numbers else "-100")
    match data.task:
        case "names":
            return NAMES
        case "shakespeare":
            return PLAYS
        case "grammar":
            return SENTENCES.format(language=data.language, seed=spec.training.seed)
        case _:
            return _series(data)


def _series(data: SequenceData) -> str:
    noise = f"{data.noise / 100:g}"
    return {"mixture": SINES, "damped": DAMPED, "column": COLUMN}[data.wave].replace("{noise}", noise).replace(
        "{held}", str(max(1, data.column_count // 5)))


def _module(spec: Recurrent) -> str:
    (inputs, outputs), network, numbers = widths(spec.data), spec.network, spec.data.takes_numbers
    init = ["super().__init__()"]
    init += [] if numbers else [f"self.embedding = nn.Embedding({inputs}, {network.embedding})"]
    init += ["self.recurrent = recurrent", f"self.drop = nn.Dropout({network.dropout:g})",
             f"self.head = nn.Linear({network.hidden}, {outputs})"]
    read = "x" if numbers else "self.embedding(x)"
    forward = [f"hidden, state = self.recurrent({read}, state)  # (batch, time, {network.hidden})",
               "return self.head(self.drop(hidden)), state"]
    return ("class Net(nn.Module):\n    def __init__(self, recurrent):\n" + indent("\n".join(init), " " * 8)
            + "\n\n    def forward(self, x, state=None):\n" + indent("\n".join(forward), " " * 8))


def _models(spec: Recurrent) -> str:
    width = widths(spec.data)[0] if spec.data.takes_numbers else spec.network.embedding
    lines = [f'    "{cell}": Net({_recurrent(cell, width, spec)}),' for cell in spec.network.cells]
    text = "\n".join([f"torch.manual_seed({spec.training.seed})", "models = {", *lines, "}"])
    return text + "".join(_open_gates(cell, spec) for cell in spec.network.cells if gate_biases(spec.network, cell))


def _open_gates(cell: str, spec: Recurrent) -> str:
    """Print what is added to the biases of a cell's gates."""
    hidden, lines = spec.network.hidden, []
    for gate, bias in gate_biases(spec.network, cell).items():
        place = GATES[cell].index(gate)
        lines.append(f"        parameter.data[{place * hidden}:{(place + 1) * hidden}] += {bias:.7g}  # {gate}")
    return (f"\nfor name, parameter in models[\"{cell}\"].recurrent.named_parameters():\n"
            f"    if name.startswith(\"bias_ih\"):  # {', '.join(GATES[cell])}\n" + "\n".join(lines))


def _recurrent(cell: str, width: int, spec: Recurrent) -> str:
    network, between = spec.network, ""
    if network.layers > 1:
        between = f", num_layers={network.layers}" + (f", dropout={network.dropout:g}" if network.dropout else "")
    kind = {"lstm": "LSTM", "gru": "GRU"}.get(cell, "RNN")
    function = ', nonlinearity="relu"' if cell == "rnn_relu" else ""
    return f"nn.{kind}({width}, {network.hidden}{between}{function}, batch_first=True)"


def _loop(spec: Recurrent) -> str:
    training = spec.training
    step = ["x, y = batch()", "outputs, _ = model(x)",
            f"loss = {NUMBERS_LOSS if spec.data.takes_numbers else SYMBOLS_LOSS}", "loss.backward()"]
    step += [f"nn.utils.clip_grad_norm_(model.parameters(), {training.clip:g})"] if training.clip else []
    step += ["optimizer.step()", "optimizer.zero_grad()"]
    scheduled = training.schedule != "constant"
    step += ["scheduler.step()"] if scheduled else []
    body = [f"optimizer = {print_optimizer(training)}"]
    body += [f"scheduler = {print_scheduler(training)}"] if scheduled else []
    changed = [f"# by hand, at step {made.step}: {made.field} = {made.value}" for made in spec.changes]
    body += [*changed, "for step in range(total):", indent("\n".join(step), "    "),
             'print(f"{name}: loss {loss.item():.3f}")']
    return "total = EPOCHS * STEPS\nfor name, model in models.items():\n" + indent("\n".join(body), "    ")
