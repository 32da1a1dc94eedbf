"""Jobs that probe a language model: for induction heads, and beside recurrent networks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from dlcore.explain.snapshot import load
from dlcore.explain.transformer.beside import bits_of, check_text, match_parameters
from dlcore.explain.transformer.induction import probe
from dlcore.explain.transformer.passing import read_off
from dlcore.explain.transformer.reading import need_steps, need_text
from dlcore.explain.transformer.snapshot import TransformerSnapshot
from dlcore.training.work import Work

MOST_REPEATS = 64  # texts that are said twice
MOST_OTHERS = 6    # models beside a language model


class Induction(Work):
    """Reads random texts that are said twice."""

    def run(self) -> Iterator[float]:
        """Read one text at a time."""
        snapshot, count = _open(self.request, self.home), read_count(self.request, 16)
        off = read_off(snapshot.module, self.request)
        for known in probe(snapshot, off, count, int(self.request.get("seed", 0))):
            self.result = known
            yield known["texts"] / count


class InductionFilm(Work):
    """Reads the same texts with every snapshot of a recording."""

    def run(self) -> Iterator[float]:
        """Read one text with one snapshot at a time."""
        steps, count, seed = need_steps(self.request), read_count(self.request, 4), int(self.request.get("seed", 0))
        frames: list[dict] = []
        for place, step in enumerate(steps):
            snapshot, frame = _open(self.request, self.home, step), {}
            for frame in probe(snapshot, frozenset(), count, seed):
                yield (place + frame["texts"] / count) / len(steps)
            frames.append(frame)
            self.result = {"steps": steps[: place + 1], "chance": frame["chance"]} | {
                name: np.array([known[name] for known in frames], np.float32)
                for name in ("heads", "previous", "first", "second")}


def _open(request: dict, home: Path, step: int | None = None) -> TransformerSnapshot:
    """Return the language model that a request names, or the same at another step; EngineError for a translator."""
    snapshot = load(request["model"] | ({} if step is None else {"step": step}), home)
    need_text(snapshot)
    return snapshot


def read_count(request: dict, usual: int) -> int:
    """Return how many texts are to be read."""
    return min(max(int(request.get("repeats", usual)), 1), MOST_REPEATS)


class Beside(Work):
    """Reads the same held-out text with a language model and with others."""

    def run(self) -> Iterator[float]:
        """Take one model after the other."""
        models = [self.request["model"], *self.request.get("others", ())][: MOST_OTHERS + 1]
        whole, told = self.request.get("whole", True), []
        for place, model in enumerate(models):
            snapshot = load(model, self.home)
            check_text(snapshot)
            pieces = bits_of(snapshot, model, whole)
            told += yield from self.share(pieces, place, len(models))
            self.result = {"models": list(told), "matching": match_parameters(told[0]["parameters"])}


JOBS: dict[str, Callable[[dict, Path], Work]] = {
    "transformer_induction": Induction, "transformer_induction_film": InductionFilm, "transformer_beside": Beside}
