"""The longer pieces of work on a transformer; their requests are told in dlcore.explain.transformer.requests."""

import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from dlcore.explain.generation import read_sampling
from dlcore.explain.snapshot import load
from dlcore.explain.transformer import probing, racing
from dlcore.explain.transformer.attributing import attribute
from dlcore.explain.transformer.maps import SIDES, entropy, squeeze
from dlcore.explain.transformer.measuring import measure
from dlcore.explain.transformer.passing import all_heads, read_head, read_off, switched_off
from dlcore.explain.transformer.reading import need_steps, need_text, read, read_ids
from dlcore.explain.transformer.seeing import judge
from dlcore.explain.transformer.snapshot import TransformerSnapshot, offered
from dlcore.models.generation import Writer
from dlcore.seeds import derive
from dlcore.training.significance import hardly_by_chance, paired_test
from dlcore.training.work import Work

MOST_COUNT = 2_000  # tokens of a generation


class _OfSnapshot(Work):
    """Work on the snapshot that the request names."""

    @cached_property
    def snapshot(self) -> TransformerSnapshot:
        """The network; loaded in the first turn."""
        return load(self.request["model"], self.home)


class Evaluate(_OfSnapshot):
    """Reads held-out texts with some heads off."""

    def run(self) -> Iterator[float]:
        """Read some examples at a time."""
        off = read_off(self.snapshot.module, self.request)
        self.result = yield from measure(self.snapshot, off, self.request.get("whole", True))


class Importance(_OfSnapshot):
    """Switches each head off alone."""

    def run(self) -> Iterator[float]:
        """Take one head after the other; those that are off stay so."""
        whole = self.request.get("whole", False)
        off = read_off(self.snapshot.module, self.request)
        heads = [head for head in all_heads(self.snapshot.module) if head not in off]
        measured = []
        for place, head in enumerate([None, *heads]):
            pieces = measure(self.snapshot, off | ({head} if head else set()), whole)
            found = yield from self.share(pieces, place, len(heads) + 1)
            measured.append(found)
            self.result = self._tell(measured, heads[:place], len(heads))

    def _tell(self, measured: list[dict], heads: list, count: int) -> dict:
        base, alone = measured[0], measured[1:]
        chance = np.array([paired_test(base["right"] - found["right"]) for found in alone])
        return {"chance": chance, "noise": ~hardly_by_chance(chance, of=count), "heads": heads, "whole": base,
                "examples": base["examples"], "texts": len(base["right"]), "interval": base["interval"],
                "step": base["step"], **{name: np.array([found[name] for found in alone], np.float32)
                                         for name in ("accuracy", "loss")}}


class Attribute(_OfSnapshot):
    """Integrates the gradients of one told token."""

    def run(self) -> Iterator[float]:
        """Take some points of the path at a time."""
        self.result = yield from attribute(self.snapshot, self.request)


class Generate(_OfSnapshot):
    """Goes on with a text token by token; the result so far can be read on the way."""

    def run(self) -> Iterator[float]:
        """Add a token at a time, and with "compare" take it once more without the cache."""
        need_text(self.snapshot)
        ids, sampling = read_ids(self.snapshot, self.request), read_sampling(self.request)
        count, off = min(int(self.request.get("count", 100)), MOST_COUNT), read_off(self.snapshot.module, self.request)
        draws = torch.Generator().manual_seed(derive(int(self.request.get("seed", 0)), "generate"))
        kinds = {"cached": True} | ({"whole": False} if self.request.get("compare") else {})
        seconds: dict[str, list[float]] = {name: [] for name in kinds}
        with switched_off(self.snapshot.module, off):
            writers = {name: Writer(self.snapshot.module, ids, cached) for name, cached in kinds.items()}
            shares = []
            for made in range(1, count + 1):
                kept = sampling.keep(offered(self.snapshot, writers["cached"].logits))
                token = int(torch.multinomial(kept, 1, generator=draws))
                shares.append(float(kept[token]))
                for name, writer in writers.items():
                    seconds[name].append(_time(writer, token))
                self.result = self._tell(writers["cached"].ids, len(ids), shares, seconds)
                yield made / count

    def _tell(self, ids: list[int], first: int, shares: list[float], seconds: dict[str, list[float]]) -> dict:
        target = self.snapshot.texts.target
        return {"text": target.decode(ids), "ids": list(ids), "tokens": target.shown(ids[first:]),
                "probabilities": np.array(shares, np.float32), "step": self.snapshot.step,
                "seconds": {name: np.array(spent, np.float32) for name, spent in seconds.items()}}


def _time(writer: Writer, token: int) -> float:
    """Take a token up; return the seconds that it took."""
    begun = time.perf_counter()
    writer.take(token)
    return time.perf_counter() - begun


class Film(Work):
    """The map of one head along a recording."""

    def run(self) -> Iterator[float]:
        """Take one snapshot at a time."""
        steps, told = need_steps(self.request), []
        last = read(self._at(steps[-1]), self.request)
        request = self.request
        if last.source is not None:
            request = {**request, "target": last.target[0, 1:].tolist()}
        for done, step in enumerate(steps, 1):
            told.append(_frame(self._at(step), request))
            self.result = _joined(steps[:done], told)
            yield done / len(steps)

    def _at(self, step: int) -> TransformerSnapshot:
        return load({**self.request["model"], "step": step}, self.home)


def _frame(snapshot: TransformerSnapshot, request: dict) -> dict:
    part, layer, head = read_head(snapshot.module, [request["part"], request["layer"], request["head"]])
    reading = read(snapshot, request)
    passed = reading.run()
    weights = passed.inside(part, layer).weights[0, head].numpy()
    rows, columns = SIDES[part]
    return {"rows": reading.names(rows), "columns": reading.names(columns), "weights": squeeze(weights),
            "entropy": float(entropy(weights)), "answer": judge(reading, passed, request)["text"]}


def _joined(steps: list[int], told: list[dict]) -> dict:
    return {"steps": steps, "rows": told[0]["rows"], "columns": told[0]["columns"],
            "weights": np.stack([frame["weights"] for frame in told]), "answers": [frame["answer"] for frame in told],
            "entropy": np.array([frame["entropy"] for frame in told], np.float32)}


JOBS: dict[str, Callable[[dict, Path], Work]] = {
    "transformer_evaluate": Evaluate, "transformer_importance": Importance, "transformer_attribution": Attribute,
    "transformer_generate": Generate, "transformer_film": Film, **probing.JOBS, **racing.JOBS,
}
