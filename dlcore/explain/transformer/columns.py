"""How the next token is chosen, column by column: logits, temperature, top-k, top-p, probabilities, the drawn one."""

from dataclasses import replace

import torch
from torch import Tensor

from dlcore.explain.generation import Sampling
from dlcore.seeds import derive

SHOWN = 60  # tokens at most


def tell_columns(logits: Tensor, sampling: Sampling, names: list[str], seed: int) -> dict:
    """Return the columns of logits (symbols,) (see "transformer_next"), the likeliest first; names are the tokens'."""
    order = logits.argsort(descending=True, stable=True)
    logits, first = logits[order], slice(0, SHOWN)
    kept = sampling.keep(logits)
    probabilities = logits.softmax(-1)
    return {"tokens": [names[number] for number in order[first].tolist()], "ids": order[first].numpy(),
            "logits": logits[first].numpy(),
            "scaled": (logits / sampling.temperature)[first].numpy() if sampling.temperature else None,
            "kept_k": (replace(sampling, top_p=1.0).keep(logits) > 0)[first].numpy(),
            "kept_p": (kept > 0)[first].numpy(), "probabilities": probabilities[first].numpy(),
            "kept": kept[first].numpy(), "drawn": draw(kept, seed), "rest": probabilities[SHOWN:].sum().item()}


def draw(kept: Tensor, seed: int, *purpose: int) -> int:
    """Return which of some tokens is drawn with probabilities `kept` (symbols,); equal seeds draw alike."""
    generator = torch.Generator().manual_seed(derive(seed, "next", *purpose))
    return int(torch.multinomial(kept, 1, generator=generator))
