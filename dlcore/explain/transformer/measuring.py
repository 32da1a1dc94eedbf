"""How good a transformer is with some heads off, and how much each head matters, on held-out texts."""

from collections.abc import Generator, Iterable

import torch

from dlcore.explain.transformer.passing import HeadName, switched_off
from dlcore.explain.transformer.snapshot import TransformerSnapshot
from dlcore.training.significance import effective_count, wilson_interval
from dlcore.training.transformer_examiner import TransformerExaminer

SHARES = {True: "held_exact", False: "held_accuracy"}  # what counts, of a translator and of a language model


def measure(snapshot: TransformerSnapshot, off: Iterable[HeadName], whole: bool) -> Generator[float, None, dict]:
    """Yield the share read so far; return what is measured with some heads off (see "transformer_evaluate").

    Of all that is held out, or of what is read at every look of a training.
    """
    examiner = TransformerExaminer(snapshot.spec, snapshot.texts, torch.device("cpu"))
    batches = snapshot.texts.held if whole else snapshot.texts.looked()
    each = 2 if snapshot.spec.data.translates else 1  # pieces of work: reading, and answering
    pieces = each * sum(-(-len(batch.inputs) // examiner.chunk) for batch in batches)
    told: dict = {}
    with switched_off(snapshot.module, off):
        for done, known in enumerate(examiner.examine(snapshot.module, torch.float32, whole), start=1):
            told = known
            yield min(1.0, done / pieces)
    right, asked = examiner.by_text
    worth = effective_count(right, asked)
    return {"accuracy": told[SHARES[snapshot.spec.data.translates]], "tokens_right": told["held_accuracy"],
            "loss": told["held_loss"], "perplexity": told.get("held_perplexity"), "bits": told.get("held_bits"),
            "examples": int(asked.sum()), "right": right, "step": snapshot.step,
            "interval": wilson_interval(float(right.sum() / asked.sum()) * worth, worth)}
