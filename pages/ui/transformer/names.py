"""What tasks, parts, settings and measures are called on the Transformer page."""

from dlcore.specs.texts import TRANSLATIONS
from pages.ui.language import N_, _

FAMILIES = {"translator": N_("Translator"), "language_model": N_("GPT")}
TASKS = {
    "numbers": N_("Numbers in words, English to Turkish"), "dates": N_("Dates as people write them, to ISO"),
    "reverse": N_("Strings, backwards"), "sort": N_("Strings, sorted"), "plays": N_("Shakespeare, by characters"),
    "bpe": N_("Shakespeare, by byte pairs"), "own": N_("Your own text"),
    "repeat": N_("Letters said again and again"),
}
PARTS = {"encoder": N_("Encoder self-attention"), "decoder": N_("Decoder self-attention"),
         "cross": N_("Cross-attention")}
STREAM = {
    "embedding": N_("embedding"), "encoder": N_("after self-attention"), "decoder": N_("after self-attention"),
    "cross": N_("after cross-attention"), "feed_forward": N_("after feed-forward"), "final": N_("after the last norm"),
}
OPTIONS = {
    "pre": N_("pre-norm"), "post": N_("post-norm"), "relu": "ReLU", "gelu": "GELU", "silu": "SiLU",
    "sinusoidal": N_("sinusoidal"), "learned": N_("learned"), "rotary": N_("rotary"), "none": N_("none"),
    "cosine": N_("Cosine"), "constant": N_("Constant"), "inverse_root": N_("Inverse square root"),
    "characters": N_("Characters"), "bpe": N_("Byte pairs"),
}
MEASURES = {
    "exact": N_("Exact answers"), "accuracy": N_("Tokens told right"), "bits": N_("Bits per character"),
    "perplexity": N_("Perplexity"), "loss": N_("Loss"),
}


def family_name(family: str) -> str:
    """Return what a kind of network is called."""
    return _(FAMILIES[family])


def task_name(task: str) -> str:
    """Return what a task is called."""
    return _(TASKS[task])


def tasks_of(family: str) -> tuple[str, ...]:
    """Return the tasks of a translator or of a language model."""
    return tuple(task for task in TASKS if (task in TRANSLATIONS) == (family == "translator"))


def part_name(part: str, translates: bool) -> str:
    """Return what a part is called; a language model has only one."""
    return _(PARTS[part]) if translates else _("Self-attention")


def stream_name(name: str) -> str:
    """Return what a place of the residual stream is called."""
    return _(STREAM[name]) if name in STREAM else name


def option_name(option: str) -> str:
    """Return what a choice in the sidebar is called."""
    return _(OPTIONS[option])


def measure_name(name: str) -> str:
    """Return what a measure is called."""
    return _(MEASURES[name])
