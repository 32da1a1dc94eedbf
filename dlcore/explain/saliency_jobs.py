"""What the Saliency page has done as Jobs, and asks as short questions.

Each request holds "model", "settings" (a plain Saliency) and pictures uint8 (side, side[, 3]) with the true "label",
or None.
"""

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from dlcore.data import images
from dlcore.errors import EngineError
from dlcore.explain import influence, removal, trust
from dlcore.explain.adversarial import EPSILONS, STEPS, Attack
from dlcore.explain.question import Question, pose
from dlcore.explain.sheet import attribute_in_turns, fill_sheet, read_settings, take_turns
from dlcore.explain.snapshot import Snapshot, load
from dlcore.training.recording import Recording
from dlcore.training.work import Work

MOST_TAUGHT = 12  # helpful training digits that are told, and as many harmful ones


def show_maps(snapshot: Snapshot, request: dict) -> dict:
    """Return the whole sheet of a few quick methods (see dlcore.explain.sheet)."""
    return [sheet for _done, sheet in fill_sheet(snapshot, request)][-1]


class Maps(Work):
    """The maps of "methods" for "images" (see dlcore.explain.sheet), one after the other."""

    def run(self) -> Iterator[float]:
        """Yield after every map."""
        for done, sheet in fill_sheet(load(self.request["model"], self.home), self.request):
            self.result = sheet
            yield done


class _Asking(Work):
    """Work on one question."""

    def ask(self, model: dict | None = None) -> Question:
        """Return the question about "image" for a network, the request's own where none is given."""
        snapshot = load(model or self.request["model"], self.home)
        return pose(snapshot, self.request["image"], read_settings(self.request), self.request.get("label"))


class Trust(_Asking):
    """How far the map of "method" can be trusted (see dlcore.explain.trust).

    The result: "layers" from the top; "signed" and "absolute" [draws][depths so far] rank correlations with the map of
    the trained network; "maps" (depths so far + 1, side, side) of the first draw; "edges", the edge detector's map, and
    "likeness", its rank correlation with the map's sizes; "sum" {sum, promise} or None; "infidelity" of the
    "map", the "edges" and "nothing", and "sensitivity", once they are known.
    """

    def run(self) -> Iterator[float]:
        """Yield after every map."""
        question, method = self.ask(), self.request["method"]
        groups = trust.layers_from_top(question.snapshot.experiment.network)
        total = len(groups) * trust.DRAWS + trust.NUDGES + 3
        own = yield from self.during(attribute_in_turns(question, method))
        edges = trust.find_edges(question)
        self.result = {
            "layers": [names[0] for names in groups], "signed": [[] for _draw in range(trust.DRAWS)],
            "absolute": [[] for _draw in range(trust.DRAWS)], "maps": [own], "edges": edges,
            "likeness": trust.rank_correlation(np.abs(own), edges), "sum": trust.check_sum(question, method, own)}
        yield 1 / total
        done = 1
        for stage in trust.randomise_cascade(question, method):
            if stage is not None:
                self._take(stage, own)
                done += 1
            yield done / total
        self.result["infidelity"] = {
            name: trust.measure_infidelity(question, kind, values)
            for name, kind, values in (("map", method, own), ("edges", "", edges), ("nothing", "", np.zeros_like(own)))}
        yield 1 - (trust.NUDGES + 1) / total
        self.result["sensitivity"] = yield from self.during(take_turns(
            question, method, lambda asked: trust.measure_sensitivity(asked, method), maps=trust.NUDGES))

    def _take(self, stage: trust.Stage, own: np.ndarray) -> None:
        self.result["signed"][stage.draw].append(trust.rank_correlation(stage.values, own))
        self.result["absolute"][stage.draw].append(trust.rank_correlation(np.abs(stage.values), np.abs(own)))
        if stage.draw == 0:
            self.result["maps"].append(stage.values)


class Removal(_Asking):
    """Deletion and insertion curves (see dlcore.explain.removal) by the maps of "methods", and of two controls.

    The result: "curves" {method: {deletion, insertion, areas}}, with "random" and "edges" among them, and without a
    method that does not fit the network's weights.
    """

    def run(self) -> Iterator[float]:
        """Yield after every method."""
        question, methods = self.ask(), self.request["methods"]
        self.result = {"curves": {}, "target": question.target}
        several = [removal.remove_in(question, order) for order in removal.random_orders(question)]
        self._take("random", removal.mean_curves(several))
        edges = removal.order_pixels(question, trust.find_edges(question))
        self._take("edges", removal.remove_in(question, edges))
        yield 1 / (len(methods) + 1)
        for done, method in enumerate(methods, start=2):
            with suppress(EngineError):
                values = yield from self.during(attribute_in_turns(question, method))
                self._take(method, removal.remove_in(question, removal.order_pixels(question, values, method)))
            yield done / (len(methods) + 1)

    def _take(self, name: str, curves: removal.Curves) -> None:
        self.result["curves"][name] = {"deletion": curves.deletion, "insertion": curves.insertion,
                                       "areas": curves.areas}


class Film(_Asking):
    """The map of "method" for class "target" at each of "steps" of a recording.

    The result: "steps" so far, "maps" [(side, side)], "scores" [(classes,)].
    """

    def run(self) -> Iterator[float]:
        """Yield after every snapshot."""
        self.result = {"steps": [], "maps": [], "scores": []}
        for done, step in enumerate(self.request["steps"], start=1):
            question = self.ask({**self.request["model"], "step": step})
            found = yield from self.during(trust.map_or_nothing(question, self.request["method"]))
            self.result["maps"].append(found)
            self.result["scores"].append(question.snapshot.score(question.picture)[0].numpy())
            self.result["steps"].append(step)
            yield done / len(self.request["steps"])


class Attacks(_Asking):
    """What FGSM and PGD make of a picture for each of many ε (see dlcore.explain.adversarial).

    "towards" is the class that it shall be taken for, None for any other than it is. The result: "epsilons", "target",
    and "fgsm" and "pgd" {pictures, scores}.
    """

    def run(self) -> Iterator[float]:
        """Yield after every step."""
        question = self.ask()
        attack = Attack(question, self.request.get("towards"))
        self.result = {"epsilons": EPSILONS, "target": question.target, "fgsm": attack.tell(attack.fgsm())}
        moved = attack.picture
        for done, pictures in enumerate(attack.pgd(), start=1):
            moved = pictures
            yield done / (STEPS + 1)
        self.result["pgd"] = attack.tell(moved)


class Influence(Work):
    """The training digits that helped and harmed most to read "image" as class "label" (see dlcore.explain.influence).

    The result: "helpful" and "harmful" {indices, labels, pictures, values}, the strongest first; "steps" that were
    looked at so far, of "snapshots"; "looked" training digits of "learned".
    """

    def run(self) -> Iterator[float]:
        """Yield after every batch of training digits."""
        models, snapshots = self._choose_models()
        first = load(models[0], self.home)
        known = images.load(first.experiment.data.dataset)
        chosen = influence.choose_candidates(first.experiment, known, len(models))
        total = np.zeros(len(chosen.indices), np.float32)
        self.result = {"steps": [], "snapshots": snapshots, "looked": len(chosen.indices), "learned": chosen.of}
        for number, model in enumerate(models):
            snapshot = load(model, self.home)
            rate = influence.learning_rate(snapshot.experiment, snapshot.step)
            found = np.zeros_like(total)
            for share in influence.trace(snapshot, self.request["image"], self.request["label"], known,
                                         chosen.indices, found):
                yield (number + share) / len(models)
            total += rate * found
            self.result = {**self.result, **_strongest(total, chosen.indices, known),
                           "steps": [*self.result["steps"], snapshot.step]}

    def _choose_models(self) -> tuple[list[dict], int]:
        model = self.request["model"]
        if "run" not in model:
            return [model], 1
        kept = Recording(self.home / "runs" / str(model["run"]).rsplit("/")[-1]).snapshots()
        until = [step for step in kept if model.get("step") is None or step <= model["step"]]
        return [{**model, "step": step} for step in influence.choose_steps(until)] or [model], len(until)


def _strongest(values: np.ndarray, indices: np.ndarray, known: images.Images) -> dict:
    order = np.argsort(values, kind="stable")
    ends = {"helpful": [at for at in order[::-1][:MOST_TAUGHT] if values[at] > 0],
            "harmful": [at for at in order[:MOST_TAUGHT] if values[at] < 0]}
    return {name: {"indices": indices[places], "labels": known.train_labels[indices[places]],
                   "pictures": known.train_images[indices[places]], "values": values[places]}
            for name, places in ends.items()}


QUESTIONS = {"saliency": show_maps}
JOBS = {"saliency": Maps, "trust": Trust, "removal": Removal, "film": Film, "attacks": Attacks, "influence": Influence}
