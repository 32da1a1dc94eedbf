"""Small transformers as snapshots, and questions to them."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import torch

from dlcore.explain.transformer.requests import TRANSFORMER
from dlcore.explain.transformer.snapshot import TransformerSnapshot
from dlcore.models.transformer import build_transformer
from dlcore.specs.texts import TextData
from dlcore.specs.transformer import Transformer, TransformerNetwork

SMALL = TransformerNetwork(layers=2, heads=4, width=24, feed_forward=2, context=24)
NUMBERS = Transformer(network=SMALL)
PLAYS = Transformer(data=TextData(task="plays"), network=SMALL)
TWENTY, LINE = "twenty three", "To be, or not to be"


@cache
def snapshot(spec: Transformer = NUMBERS, seed: int = 1, **network) -> TransformerSnapshot:
    """Return an untrained network whose norms and biases have seen something, and whose heads are sharp."""
    spec = replace(spec, network=replace(spec.network, **network))
    module, draw = build_transformer(spec).eval(), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            weight += 0.3 * torch.randn(weight.shape, generator=draw) * (1 if weight.ndim < 2 else 0.5)
    return TransformerSnapshot(spec, module, 7, Path("."))


def ask(kind: str, seen: TransformerSnapshot, **request) -> dict:
    """Return the answer to a question."""
    return TRANSFORMER[f"transformer_{kind}"](seen, request)
