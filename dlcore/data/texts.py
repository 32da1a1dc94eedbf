"""What a transformer learns from, by its spec."""

from pathlib import Path

from dlcore.data.corpus import Corpus
from dlcore.data.translation import Translation
from dlcore.specs.transformer import Transformer

Texts = Translation | Corpus


def open_texts(spec: Transformer, home: Path | None = None) -> Texts:
    """Return the examples of a spec; uploaded texts are kept under `home`.

    Both kinds have `source` (None of a language model) and `target` tokens, `longest` (most tokens of source and
    target), `batch(step)`, `looked()` and `held` (lists of batches), `per_epoch` and `tokens_per_epoch`.
    """
    return Translation(spec) if spec.data.translates else Corpus(spec, home)
