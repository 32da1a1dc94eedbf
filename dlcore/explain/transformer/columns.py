"""How the next token is chosen, column by column: logits, temperature, top-k, top-p, probabilities, the drawn one."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from dlcore.explain.generation import Sampling
from dlcore.seeds import derive

SHOWN = 60  # tokens, the likeliest ones
FOUND = 20  # tokens at most that are found by how they begin


def tell_columns(logits: Tensor, sampling: Sampling, names: list[str], seed: int, begins: str = "") -> dict:
    """Return the columns of logits (symbols,) (see "transformer_next"), the likeliest first; names are the tokens'."""
    order = logits.argsort(descending=True, stable=True)
    logits, names = logits[order], [names[number] for number in order.tolist()]
    kept, probabilities = sampling.keep(logits), logits.softmax(-1)
    drawn, found = draw(kept, seed), find(names, begins)
    ranks = sorted({*range(min(SHOWN, len(names))), drawn, *found})
    return {"tokens": [names[rank] for rank in ranks], "ids": order[ranks].numpy(), "ranks": np.array(ranks, np.int32),
            "logits": logits[ranks].numpy(),
            "scaled": (logits / sampling.temperature)[ranks].numpy() if sampling.temperature else None,
            "kept_k": (replace(sampling, top_p=1.0).keep(logits) > 0)[ranks].numpy(),
            "kept_p": (kept > 0)[ranks].numpy(), "probabilities": probabilities[ranks].numpy(),
            "kept": kept[ranks].numpy(), "drawn": ranks.index(drawn), "found": [ranks.index(rank) for rank in found],
            "rest": max(0.0, 1 - probabilities[ranks].sum().item()) if len(ranks) < len(names) else 0.0,
            "count": len(names)}


def find(names: list[str], begins: str) -> list[int]:
    """Return the places of the names that begin so, also behind a space: the name itself first, then as they stand."""
    found = [place for place, name in enumerate(names) if begins and name.startswith((begins, f" {begins}"))]
    return sorted(found, key=lambda place: names[place] != begins)[:FOUND]


def draw(kept: Tensor, seed: int, *purpose: int) -> int:
    """Return which of some tokens is drawn with probabilities `kept` (symbols,); equal seeds draw alike."""
    generator = torch.Generator().manual_seed(derive(seed, "next", *purpose))
    return int(torch.multinomial(kept, 1, generator=generator))
