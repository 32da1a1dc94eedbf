"""What a transformer learns from, by its spec."""

from pathlib import Path

from dlcore.data.corpus import Corpus
from dlcore.data.repeats import Repeats
from dlcore.data.translation import Translation
from dlcore.specs.transformer import Transformer

Texts = Translation | Corpus | Repeats


def open_texts(spec: Transformer, home: Path | None = None) -> Texts:
    """Return the examples of a spec; uploaded texts are kept under `home`.

    All kinds have `source` (None of a language model) and `target` tokens, `longest` (most tokens of source and
    target), `batch(step)`, `looked()` and `held` (lists of batches), `per_epoch` and `tokens_per_epoch`.
    """
    if spec.data.translates:
        return Translation(spec)
    return Repeats(spec) if spec.data.task == "repeat" else Corpus(spec, home)
