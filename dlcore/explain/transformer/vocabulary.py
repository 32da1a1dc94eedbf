"""The byte-pair vocabulary of a language model, as it was learned from the text."""

from dlcore.errors import N_, EngineError
from dlcore.explain.transformer.snapshot import TransformerSnapshot


def show_vocabulary(snapshot: TransformerSnapshot, request: dict) -> dict:
    """Return the tokens of a language model, and the pairs that were joined, in their order."""
    target = snapshot.texts.target
    if not target.merges:
        raise EngineError(N_("These tokens were not joined from pairs. Choose byte pairs."))
    return {"symbols": list(target.symbols[: target.used]), "empty": target.empty,
            "merges": [list(pair) for pair in target.merges], "step": snapshot.step}
