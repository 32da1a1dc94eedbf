"""Induction heads: on a text that is said twice they look at what came behind the same token the first time.

Source: Olsson et al., "In-context learning and induction heads", 2022, arXiv:2209.11895.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from dlcore.explain.inside_cells import surprise
from dlcore.explain.transformer.maps import squeeze
from dlcore.explain.transformer.passing import HeadName, pass_through
from dlcore.explain.transformer.snapshot import TransformerSnapshot
from dlcore.seeds import derive

HALF = 32     # tokens of a text that is said twice, at most
FOUND = 0.4   # mean weight from which a head is one; three times what even attention gives is a weak one
WEAK = 3.0


def probe(snapshot: TransformerSnapshot, off: frozenset[HeadName], count: int, seed: int) -> Iterator[dict]:
    """Yield after each of `count` texts what is known of a language model's heads (see "transformer_induction")."""
    module, target = snapshot.module, snapshot.texts.target
    half = min(HALF, module.decoder.most // 2)
    texts = say_twice(target.used, half, count, seed)
    found, previous, bits, maps = [], [], [], None
    for text in texts:
        passed = pass_through(module, None, torch.from_numpy(text)[None], off)
        weights = passed.maps()["decoder"]
        maps = squeeze(weights) if maps is None else maps
        found.append(score_induction(weights))
        previous.append(score_previous(weights))
        bits.append(surprise(passed.logits[0].softmax(-1).numpy()[:-1], text[1:]))
        heads, mean = np.mean(found, 0), np.mean(bits, 0)
        yield {"heads": heads, "previous": np.mean(previous, 0), "chance": chance(half), "half": half,
               "verdict": judge(float(heads.max()), chance(half)), "example": target.shown(texts[0].tolist()),
               "maps": maps, "bits": mean, "first": float(mean[: half - 1].mean()), "second": float(mean[half:].mean()),
               "texts": len(found), "step": snapshot.step}


def judge(best: float, even: float) -> str:
    """Return whether the best head's score makes it an induction head: "found", "weak" or "none"."""
    return "found" if best >= FOUND else "weak" if best >= WEAK * even else "none"


def say_twice(symbols: int, length: int, texts: int, seed: int) -> NDArray[np.int64]:
    """Return random tokens (texts, 2 · length), the second half like the first; each token once, if they last."""
    rng = np.random.default_rng(derive(seed, "induction"))
    if length <= symbols:
        said = np.stack([rng.permutation(symbols)[:length] for _text in range(texts)])
    else:
        said = rng.integers(symbols, size=(texts, length))
    return np.tile(said, 2)


def score_induction(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean weight (layers, heads) from each token of the second half to the one behind its first time.

    weights (layers, heads, time, time), or with a batch (texts, layers, heads, time, time), over which the mean is too.
    """
    half = weights.shape[-1] // 2
    return _mean_along(weights, np.arange(half, 2 * half), 1 - half)


def score_previous(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean weight (layers, heads) from each token to the one before it; shapes as in `score_induction`."""
    return _mean_along(weights, np.arange(1, weights.shape[-1]), -1)


def chance(length: int) -> float:
    """Return the induction score of a head that looks at all tokens up to its own alike, for texts of 2 · length."""
    return float((1 / (np.arange(length, 2 * length) + 1)).mean())


def _mean_along(weights: NDArray[np.float32], rows: NDArray[np.int64], by: int) -> NDArray[np.float32]:
    along = weights[..., rows, rows + by].mean(-1)
    return along.reshape(-1, *along.shape[-2:]).mean(0)
