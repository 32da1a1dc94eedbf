"""What tasks, cells, gates and measures are called on the Recurrent page."""

from dlcore.specs.recurrent import GATES, Recurrent
from dlcore.specs.sequences import measures
from pages.ui.language import N_, _

TASKS = {
    "names": N_("First names, letter by letter"), "shakespeare": N_("Shakespeare's plays"),
    "grammar": N_("Grammar, word by word"), "series": N_("A series of numbers"),
    "recall": N_("Memory: recall a symbol"), "adding": N_("Memory: add two numbers"),
    "brackets": N_("Memory: which bracket is open"),
}
WAVES = {"mixture": N_("Two sines"), "damped": N_("Damped wave"), "column": N_("Own CSV column")}
CELLS = {"rnn_tanh": "RNN tanh", "rnn_relu": "RNN ReLU", "lstm": "LSTM", "gru": "GRU"}
MAPS = {
    "hidden": N_("state"), "cell": N_("cell state"), "input": N_("input gate"), "forget": N_("forget gate"),
    "candidate": N_("candidate"), "output": N_("output gate"), "reset": N_("reset gate"), "update": N_("update gate"),
}
SYMBOLS = {"hidden": "h", "cell": "c", "input": "i", "forget": "f", "output": "o", "reset": "r", "update": "z"}
MEASURES = {
    "bits": N_("Bits per symbol"), "accuracy": N_("Accuracy"), "error": N_("Error of the forecast"),
    "loss": N_("Loss"),
}


def task_name(task: str) -> str:
    """Return what a task is called."""
    return _(TASKS[task])


def wave_name(wave: str) -> str:
    """Return what a kind of series is called."""
    return _(WAVES[wave])


def cell_name(cell: str) -> str:
    """Return what a cell is called."""
    return CELLS[cell]


def map_name(name: str) -> str:
    """Return what a state or a gate is called."""
    return _(MAPS[name])


def symbol(cell: str, name: str) -> str:
    """Return the letter of a state or a gate in a cell's equations; the candidate is g in the LSTM, n in the GRU."""
    if name == "candidate":
        return "n" if cell == "gru" else "g"
    return SYMBOLS[name]


def maps_of(cell: str) -> tuple[str, ...]:
    """Return the maps of a cell from the top down: its states, then its gates."""
    return ("hidden", *(("cell",) if cell == "lstm" else ()), *GATES[cell])


def gates_of(cell: str) -> tuple[str, ...]:
    """Return the gates of a cell that open and shut; the candidate is none."""
    return tuple(name for name in GATES[cell] if name != "candidate")


def measure_name(spec: Recurrent) -> str:
    """Return what the task is measured by."""
    name = measures(spec.data)[0]
    if name == "bits":
        return _("Bits per word") if spec.data.task == "grammar" else _("Bits per character")
    return _(MEASURES[name])
