"""Bits a character of language models beside those of recurrent networks, on the same held-out characters."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dlcore.errors import N_, EngineError
from dlcore.explain.pretrained import read_manifest
from dlcore.explain.recurrent_snapshot import RecurrentSnapshot
from dlcore.explain.transformer.measuring import measure
from dlcore.explain.transformer.snapshot import TransformerSnapshot
from dlcore.specs.recurrent import CELLS, RecurrentNetwork, count_weights, match_units
from dlcore.specs.sequences import VOCABULARIES
from dlcore.training.recording import Recording
from dlcore.training.sequence_examiner import SequenceExaminer

UNITS = 512  # hidden units of a recurrent network, at most


def check_text(snapshot: TransformerSnapshot | RecurrentSnapshot) -> None:
    """Raise EngineError for what has not learned from the plays."""
    task = snapshot.spec.data.task
    if task not in ("plays", "bpe", "shakespeare"):
        raise EngineError(N_("Only networks that learn from the plays can be compared on the same text."))


def bits_of(snapshot: TransformerSnapshot | RecurrentSnapshot, model: dict, whole: bool
            ) -> Generator[float, None, list[dict]]:
    """Yield the share read so far; return what is told of a language model, or of every cell of a recurrent run."""
    if isinstance(snapshot, TransformerSnapshot):
        found = yield from measure(snapshot, (), whole)
        window = snapshot.spec.network.context
        return [_tell(snapshot, model, "", "transformer", found["bits"], snapshot.module, window)]
    read = yield from _cells(snapshot, whole)
    return [_tell(snapshot, model, f"{cell}.", cell, read[f"{cell}.held_bits"], snapshot.module[cell],
                  snapshot.data.length) for cell in snapshot.module]


def _cells(snapshot: RecurrentSnapshot, whole: bool) -> Generator[float, None, dict]:
    examiner = SequenceExaminer(snapshot.spec, snapshot.sequences, torch.device("cpu"))
    batch = snapshot.sequences.held if whole else snapshot.sequences.looked()
    chunks = len(snapshot.module) * -(-len(batch.targets) // examiner.chunk) + 1
    precisions, known = dict.fromkeys(snapshot.module, torch.float32), {}
    for done, told in enumerate(examiner.examine(snapshot.module, precisions, whole), start=1):
        known = dict(told)
        yield min(1.0, done / chunks)
    return known


def _tell(snapshot: TransformerSnapshot | RecurrentSnapshot, model: dict, prefix: str, kind: str, bits: float,
          module: torch.nn.Module, window: int) -> dict:
    curve = learned(snapshot, model, prefix)
    return {"kind": kind, "model": model, "bits": bits, "window": window, "step": snapshot.step, "curve": curve,
            "parameters": sum(weight.numel() for weight in module.parameters()),
            "seconds": float(curve[-1, 0]) if len(curve) else _made_in(model, prefix)}


def _made_in(model: dict, prefix: str) -> float | None:
    """Return how long a pretrained network has learned, where that was noted."""
    manifest = read_manifest(model["pretrained"]) if model.get("pretrained") else {}
    return manifest.get(f"{prefix}seconds")


def learned(snapshot: TransformerSnapshot | RecurrentSnapshot, model: dict, prefix: str = "") -> NDArray[np.float32]:
    """Return the seconds learned and the held-out bits at each look of a recording up to the snapshot, (looks, 2)."""
    events = Recording(snapshot.home / "runs" / Path(str(model["run"])).name).events() if "run" in model else []
    looks = [(event.get(f"{prefix}seconds"), event.get(f"{prefix}held_bits")) for event in events
             if event.get("step", 0) <= snapshot.step]
    return np.array([look for look in looks if None not in look], np.float32).reshape(-1, 2)


def match_parameters(parameters: int) -> dict[str, dict]:
    """Return for every cell the hidden units with which its network for the plays has nearest so many parameters."""
    symbols, found = VOCABULARIES["shakespeare"], {}
    for cell in CELLS:
        network = match_units(RecurrentNetwork(), cell, symbols, parameters, UNITS)
        found[cell] = {"hidden": network.hidden, "parameters": count_weights(network, cell, symbols, symbols)}
    return found
