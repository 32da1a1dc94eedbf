"""The Job that lets recurrent networks race a language model: equal text, equal parameters, equal time."""

from collections.abc import Callable, Iterator
from pathlib import Path

from numpy.typing import NDArray

from dlcore.errors import N_, SpecError
from dlcore.explain.snapshot import load
from dlcore.explain.transformer.beside import learned
from dlcore.explain.transformer.measuring import measure
from dlcore.explain.transformer.reading import need_text
from dlcore.explain.transformer.snapshot import TransformerSnapshot
from dlcore.specs.learning import steps_per_epoch
from dlcore.specs.recurrent import CELLS
from dlcore.specs.texts import TEXTS
from dlcore.training.race import Course, Racer, start_cell, start_transformer
from dlcore.training.work import Work

SECONDS = 1, 900    # that each network may learn
PARTS = 10          # of the work; in the last one, all held-out text is read


class Race(Work):
    """Trains recurrent networks, and where it is asked for the transformer anew, beside a language model.

    They learn in turns, so that their curves grow together.
    """

    def run(self) -> Iterator[float]:
        """Train a batch at a time, look at all of them at the same moments, and read all held-out text at the end."""
        snapshot = load(self.request["model"], self.home)
        check_course(snapshot)
        curve = learned(snapshot, self.request["model"])
        yield 0.0
        course = Course(snapshot.spec, snapshot.texts, read_seconds(self.request, curve), share_done(snapshot))
        anew = len(curve) == 0 or bool(self.request.get("again"))
        self._snapshot, self._known, self._racers = snapshot, [] if anew else [recorded(snapshot, curve)], []
        for racer in start(self.request, course, anew):
            self._racers.append(racer)
            yield 0.0
        self._tell(course)
        for moment in course.moments:
            for racer in self._racers:
                for _batch in racer.learn_until(moment):
                    yield self._done(course)
                yield from self.during(racer.look())
                self._tell(course)
        if self.request.get("whole", True):
            yield from self._read_all(course)

    def _read_all(self, course: Course) -> Iterator[float]:
        """Read all held-out text with every network."""
        of = len(self._known) + len(self._racers)
        for place, told in enumerate(self._known):
            found = yield from self.share(measure(self._snapshot, (), True), (PARTS - 1) * of + place, PARTS * of)
            told |= {"bits": found["bits"], "final": True}
        for racer in self._racers:
            yield from self.during(racer.look(whole=True))
            self._tell(course)

    def _done(self, course: Course) -> float:
        shares = [1.0 if racer.lost else min(1.0, racer.seconds / course.seconds) for racer in self._racers]
        return sum(shares) / len(shares) * (PARTS - 1) / PARTS

    def _tell(self, course: Course) -> None:
        models = [*map(dict, self._known), *(racer.tell() for racer in self._racers)]
        self.result = {"models": models, "seconds": course.seconds, "step": self._snapshot.step,
                       "parameters": count(self._snapshot)}


def check_course(snapshot: TransformerSnapshot) -> None:
    """Raise EngineError for a translator, SpecError for a task that is no text of somebody."""
    need_text(snapshot)
    if snapshot.spec.data.task not in TEXTS:
        raise SpecError("data.task", N_("Recurrent networks race on texts alone. Choose the plays or a text of your "
                                        "own."))


def read_seconds(request: dict, curve: NDArray) -> float:
    """Return the time that each network gets; SpecError where it is neither asked for nor known."""
    asked = request.get("seconds")
    if asked is None and not (len(curve) and curve[-1, 0]):
        raise SpecError("seconds", N_("How long this network has learned is not known. Choose how many seconds each "
                                      "network gets."))
    return min(max(float(curve[-1, 0] if asked is None else asked), SECONDS[0]), SECONDS[1])


def share_done(snapshot: TransformerSnapshot) -> float:
    """Return how far along its schedule a network has come; where it has not begun, as far as can be."""
    last = snapshot.spec.training.epochs * steps_per_epoch(snapshot.spec)
    return min(1.0, snapshot.step / last) if snapshot.step else 1.0


def start(request: dict, course: Course, anew: bool) -> Iterator[Racer]:
    """Yield the networks that are to be trained: the transformer, where that is to be `anew`, and cells."""
    if anew:
        yield start_transformer(course)
    for cell in CELLS:
        if cell in request.get("cells", ("lstm", "gru")):
            yield start_cell(course, cell)


def recorded(snapshot: TransformerSnapshot, curve: NDArray) -> dict:
    """Return what is told of the language model's own training (see "transformer_race")."""
    spec = snapshot.spec
    tokens = snapshot.step * spec.training.batch_size * spec.network.context
    return {"kind": "transformer", "bits": float(curve[-1, 1]), "hidden": None, "seconds": float(curve[-1, 0]),
            "parameters": count(snapshot), "window": spec.network.context, "steps": snapshot.step, "tokens": tokens,
            "rate": spec.training.learning_rate, "curve": curve, "anew": False, "final": False}


def count(snapshot: TransformerSnapshot) -> int:
    """Return the number of a network's weights."""
    return sum(weight.numel() for weight in snapshot.module.parameters())


JOBS: dict[str, Callable[[dict, Path], Work]] = {"transformer_race": Race}
