"""A transformer as it was at one moment, and the texts that it is asked about."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from torch import Tensor

from dlcore.data.texts import Texts, open_texts
from dlcore.models.transformer import LanguageModel, Translator, build_transformer, outline_transformer
from dlcore.specs.transformer import Transformer
from dlcore.training.files import Weights
from dlcore.training.recording import Recording
from dlcore.training.state import load_weights


@dataclass(frozen=True)
class TransformerSnapshot:
    """The network of a spec in eval() on the CPU, and the step that its weights are from."""

    spec: Transformer
    module: Translator | LanguageModel
    step: int
    home: Path

    @cached_property
    def texts(self) -> Texts:
        """The task's examples and the tokens of its sides; made when first needed."""
        return open_texts(self.spec, self.home)


def offered(snapshot: TransformerSnapshot, logits: Tensor) -> Tensor:
    """Return logits (..., tokens) without those of a vocabulary's empty places, so that none of these is likely.

    The probabilities of what comes next are those among the tokens that there are.
    """
    return logits[..., : snapshot.texts.target.used]


def open_transformer(spec: Transformer, weights: Weights | None, step: int, home: Path, recording: Recording | None
                     ) -> TransformerSnapshot:
    """Return the network of a spec with some weights, or (None) its initial ones."""
    if weights is None:
        return TransformerSnapshot(spec, build_transformer(spec).eval(), step, Path(home))
    module = outline_transformer(spec).eval()
    load_weights(module, weights)
    return TransformerSnapshot(spec, module, step, Path(home))
