"""Jobs that probe a language model: for induction heads, and beside recurrent networks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from dlcore.explain.inside_cells import surprise
from dlcore.explain.snapshot import load
from dlcore.explain.transformer.beside import bits_of, check_text, match_parameters
from dlcore.explain.transformer.induction import chance, say_twice, score_induction, score_previous
from dlcore.explain.transformer.maps import squeeze
from dlcore.explain.transformer.passing import pass_through, read_off
from dlcore.explain.transformer.reading import need_text
from dlcore.training.work import Work

HALF = 32          # tokens of a text that is said twice, at most
MOST_REPEATS = 64  # such texts
MOST_OTHERS = 6    # models beside a language model


class Induction(Work):
    """Reads random texts that are said twice."""

    def run(self) -> Iterator[float]:
        """Read one text at a time."""
        snapshot = load(self.request["model"], self.home)
        need_text(snapshot)
        module, target, off = snapshot.module, snapshot.texts.target, read_off(snapshot.module, self.request)
        half = min(HALF, module.decoder.most // 2)
        count = min(max(int(self.request.get("repeats", 16)), 1), MOST_REPEATS)
        texts = say_twice(len(target.symbols), half, count, int(self.request.get("seed", 0)))
        found, previous, bits, maps = [], [], [], None
        for done, text in enumerate(texts, start=1):
            passed = pass_through(module, None, torch.from_numpy(text)[None], off)
            weights = passed.maps()["decoder"]
            maps = squeeze(weights) if maps is None else maps
            found.append(score_induction(weights))
            previous.append(score_previous(weights))
            bits.append(surprise(passed.logits[0].softmax(-1).numpy()[:-1], text[1:]))
            self.result = {"heads": np.mean(found, 0), "previous": np.mean(previous, 0), "chance": chance(half),
                           "half": half, "example": target.shown(texts[0].tolist()), "maps": maps,
                           "bits": np.mean(bits, 0), "texts": done, "step": snapshot.step}
            yield done / count


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


JOBS: dict[str, Callable[[dict, Path], Work]] = {"transformer_induction": Induction, "transformer_beside": Beside}
