"""What each token adds to a told token, by integrated gradients, beside what the attention looked at."""

from collections.abc import Generator

import numpy as np
import torch
from torch import Tensor

from dlcore.errors import N_, EngineError
from dlcore.explain.transformer.integrating import Attribution, integrate
from dlcore.explain.transformer.maps import mean_map
from dlcore.explain.transformer.passing import Passed, switched_off
from dlcore.explain.transformer.reading import Reading, read
from dlcore.explain.transformer.seeing import rollouts
from dlcore.explain.transformer.snapshot import TransformerSnapshot, offered
from dlcore.explain.trust import rank_correlation

LEAST = 3  # tokens that a rank correlation is taken of


def attribute(snapshot: TransformerSnapshot, request: dict) -> Generator[float, None, dict]:
    """Yield the share done; return the attribution of a row's likeliest token (see "transformer_attribution")."""
    reading = read(snapshot, request)
    passed, row = reading.run(), read_row(reading, request)
    of = int(offered(snapshot, passed.logits[0, row]).argmax())
    with switched_off(snapshot.module, reading.off):
        found = yield from integrate(scorer(reading, row, of), embedded(reading, row))
    return tell(reading, passed, row, of, found)


def read_row(reading: Reading, request: dict) -> int:
    """Return the row that is asked about, the last by default; EngineError where there is none such."""
    rows = reading.target.shape[1]
    row = rows - 1 if request.get("row") is None else int(request["row"])
    if not 0 <= row < rows:
        raise EngineError(N_("The text has no token {row} or {column}. Choose one from it."), row=row, column=row)
    return row


def embedded(reading: Reading, row: int) -> list[Tensor]:
    """Return the embedded tokens of the sides that count: (source, width) of a translator, and (row + 1, width)."""
    module = reading.snapshot.module
    with torch.no_grad():
        target = module.decoder.embed(reading.target[0, : row + 1])
        return [target] if reading.source is None else [module.encoder.embed(reading.source[0]), target]


def scorer(reading: Reading, row: int, of: int):
    """Return the function that tells the log probability of token `of` in a row, of embedded sides."""
    module, used = reading.snapshot.module, reading.snapshot.texts.target.used

    def score(sides: list[Tensor]) -> Tensor:
        memory = None if reading.source is None else module.encoder.read(sides[0])
        return module.tell(module.decoder.read(sides[-1], memory))[:, row, :used].log_softmax(-1)[:, of]
    return score


def tell(reading: Reading, passed: Passed, row: int, of: int, found: Attribution) -> dict:
    """Return the attribution with its rank correlations to attention."""
    values = dict(zip(("source", "target") if reading.source is not None else ("target",), found.values))
    looked = {"decoder": "target"} | ({"cross": "source"} if "source" in values else {})
    maps, on = passed.maps(), passed.on()
    rows = {part: maps[part][:, :, row, : len(values[side])] for part, side in looked.items()}
    means = {part: [mean_map(maps[part][layer], on[part][layer])[row, : len(values[side])]
                    for layer in range(len(maps[part]))] for part, side in looked.items()}
    told, defined = reading.snapshot.texts.target.shown([of])[0], found.means_something

    def rank(rows: np.ndarray, values: np.ndarray) -> np.ndarray:
        return compare(rows, values if defined else np.zeros_like(values))
    return {"source": reading.names("source"), "target": reading.names("target")[: row + 1], "row": row, "of": told,
            "values": values, "sum": found.sum, "promise": found.promise, "steps": found.steps,
            "step": reading.snapshot.step, "defined": defined,
            "attention": {part: rank(rows[part], values[side]) for part, side in looked.items()},
            "mean": {part: rank(np.stack(means[part]), values[side]) for part, side in looked.items()},
            "weights": {part: np.stack(means[part]) for part in looked},
            "rollout": float(rank(_rolled(passed, row), np.concatenate([values["target"], values["source"]])
                             if "source" in values else values["target"]))}


def _rolled(passed: Passed, row: int) -> np.ndarray:
    """Return the rollout of a row at the last layer: of the target's tokens up to it, then of the source's."""
    last, tokens = rollouts(passed)["decoder"][-1, row], passed.logits.shape[1]
    return np.concatenate([last[: row + 1], last[tokens:]])


def compare(rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return Spearman's rank correlation (...) of rows (..., tokens) with the sizes of some values (tokens,).

    NaN where there is none: of too few tokens, or where all are alike.
    """
    flat, sizes = rows.reshape(-1, rows.shape[-1]), np.abs(values)
    found = [rank_correlation(row, sizes) if _can_be_ranked(row) and _can_be_ranked(sizes) else np.nan for row in flat]
    return np.array(found, np.float32).reshape(rows.shape[:-1])


def _can_be_ranked(values: np.ndarray) -> bool:
    return len(values) >= LEAST and bool(np.isfinite(values).all()) and float(np.ptp(values)) > 0
