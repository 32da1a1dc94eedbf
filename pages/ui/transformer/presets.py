"""Experiments to begin with: a task with settings by which it is learned well, or by which one thing can be seen."""

from dataclasses import replace

from dlcore.specs.texts import TextData
from dlcore.specs.transformer import REPEAT, Transformer, TransformerNetwork, TransformerTraining
from pages.ui.language import N_, _

_NUMBERS = Transformer()
_GPT = Transformer(
    data=TextData(task="plays"), network=TransformerNetwork(layers=4, heads=4, width=128, context=64),
    training=TransformerTraining(learning_rate=0.001, batch_size=12, epochs=1, warmup=100))
PRESETS: dict[str, tuple[str, Transformer]] = {
    "numbers": (N_("Translator: numbers in words"), _NUMBERS),
    "dates": (N_("Translator: dates"), replace(_NUMBERS, data=TextData(task="dates"))),
    "reverse": (N_("Translator: strings, backwards"), replace(_NUMBERS, data=TextData(task="reverse"))),
    "blind": (N_("Translator without positions"), replace(
        _NUMBERS, data=TextData(task="reverse"), network=TransformerNetwork(positions="none"))),
    "paper": (N_("As in the paper: post-norm, ReLU, inverse square root"), replace(
        _NUMBERS, network=TransformerNetwork(norm="post", activation="relu", dropout=0.1),
        training=TransformerTraining(schedule="inverse_root", warmup=200, learning_rate=0.002))),
    "plays": (N_("GPT: Shakespeare by characters"), _GPT),
    "rotary": (N_("GPT with rotary positions"), replace(_GPT, network=replace(_GPT.network, positions="rotary"))),
    "bpe": (N_("GPT: Shakespeare by byte pairs"), replace(_GPT, data=TextData(task="bpe"))),
    "repeat": (N_("GPT: letters said again (induction heads)"), REPEAT),
}


def preset_name(name: str) -> str:
    """Return what a preset is called."""
    return _(PRESETS[name][0])


def preset_of(spec: Transformer) -> str | None:
    """Return the preset that a spec is, if it is one."""
    return next((name for name, (_title, preset) in PRESETS.items() if preset == replace(spec, changes=())), None)


def beginning(family: str) -> Transformer:
    """Return the experiment with which a family begins."""
    return _NUMBERS if family == "translator" else _GPT
