"""What all Trainers have in common: a spec that can be changed on the way, events, and a recording to go on from."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from operator import attrgetter

import torch
from torch import Tensor

from dlcore.errors import DerinError
from dlcore.specs.changes import Change
from dlcore.specs.learning import Learner, apply_change, check, in_effect, kind_of
from dlcore.training import state
from dlcore.training.divergence import are_numbers, why_diverged
from dlcore.training.files import Weights
from dlcore.training.recording import Predictions, Recording

BY_STEP = attrgetter("step")
NO_MEMORY = (MemoryError, torch.OutOfMemoryError)


class Recorded:
    """A training that is recorded; with `start`, it goes on from that step of its recording.

    `experiment` is the spec with everything that was changed, `settings` the spec as it stands now. A kind of training
    says how it is prepared, what its full state is, and what to do when a setting has changed; and it calls `fail`
    where its loss comes to no number, by one rule for all kinds: nothing is trained or kept from there on.
    """

    def __init__(self, experiment: Learner, recording: Recording | None = None, *, start: int | None = None):
        check(experiment)
        self.experiment, self.settings, self.recording = experiment, experiment, recording
        self.step, self.finished = 0, False
        self.diverged: DerinError | None = None  # why the training has failed: its loss came to no number
        self.lost: int | None = None  # steps that are trained again, because what was kept later is damaged
        self._pending = sorted(experiment.changes, key=BY_STEP)
        self._events: list[dict] = []
        self._prepare()
        if start is not None:
            self._restore(start)

    # what each kind says for itself

    def _prepare(self) -> None:
        """Make everything that the training needs, as it is before the first step."""
        raise NotImplementedError

    def _adopt(self, settings: Learner) -> None:
        """Go on with changed settings."""
        self.settings = settings

    def weights(self) -> Mapping[str, Tensor]:
        """Return the network's state dict."""
        raise NotImplementedError

    def _take_weights(self, weights: Weights) -> None:
        """Give the network the weights of a snapshot."""
        raise NotImplementedError

    def _full_state(self) -> tuple[Weights, dict]:
        """Return everything that is needed to train on to the bit, as arrays and notes."""
        raise NotImplementedError

    def _take_full_state(self, arrays: Weights, about: dict) -> None:
        """Take over what _full_state returned."""
        raise NotImplementedError

    def _are_weights_numbers(self) -> bool:
        """Whether every weight that is still learned is a number."""
        return are_numbers(self.weights().values())

    # what the engine asks of it

    @property
    def over(self) -> bool:
        """Whether nothing more is trained: it is finished, or has failed."""
        return self.finished or self.diverged is not None

    def fail(self, step: int) -> None:
        """End the training, whose loss came to no number at a step: it can be rewound to what was kept before."""
        self.diverged = why_diverged(self.settings, step)
        self._tell({"kind": "diverged", "step": step, "template": self.diverged.template,
                    "values": self.diverged.values})

    def change(self, field: str, value: object) -> Change:
        """Change a setting from the next step on; raise SpecError where that cannot be."""
        change = Change(self.step, field, value)
        if field in kind_of(self.experiment).unrecorded:
            self._adopt(apply_change(self.settings, change))
            return change
        others = [made for made in self.experiment.changes if (made.step, made.field) != (self.step, field)]
        changed = replace(self.experiment, changes=tuple(sorted((*others, change), key=BY_STEP)))
        check(changed)
        self._apply_due()
        self.experiment = changed
        self._apply(change)
        return change

    def take_events(self) -> list[dict]:
        """Return what happened since this was last asked."""
        events, self._events = self._events, []
        return events

    def publish(self) -> None:
        """Publish the weights of this moment in the recording."""
        if self.recording is not None:
            self.recording.save_live(self.step, state.to_arrays(self.weights()))

    def save(self) -> None:
        """Keep a snapshot and the full state of this moment, unless the network is lost."""
        if self.diverged is not None or not self._are_weights_numbers():
            return
        if self.recording is not None and self.step not in self.recording.snapshots():
            self._snapshot(None)
        self._save_state(durable=True)

    # changes on the way

    def _apply_due(self) -> None:
        while self._pending and self._pending[0].step <= self.step:
            self._apply(self._pending.pop(0))

    def _apply(self, change: Change) -> None:
        self._adopt(apply_change(self.settings, change))
        self._tell({"kind": "change", "step": change.step, "field": change.field, "value": change.value})

    # keeping

    def _keep_start(self) -> None:
        """Keep the weights from before the first step, which single steps do not look at: they can be rewound to."""
        if self.step == 0 and self.recording is not None and not self.recording.snapshots():
            self._snapshot(None)

    def _snapshot(self, predictions: Predictions | None) -> None:
        if self.recording is not None:
            self.recording.save_snapshot(self.step, state.to_arrays(self.weights()), predictions)
            self._tell({"kind": "snapshot", "step": self.step})

    def _save_state(self, durable: bool = False) -> tuple[float, float]:
        """Save the full state; return the processor seconds that this took, and those that the disk was waited for."""
        begun, waited = time.thread_time(), 0.0
        if self.recording is not None:
            arrays, about = self._full_state()
            changes = [[made.step, made.field, made.value] for made in self.experiment.changes]
            waited = self.recording.save_state(self.step, arrays, {"changes": changes, **about}, durable)
        return time.thread_time() - begun, waited

    def _restore(self, start: int) -> None:
        """Go on from the newest whole state at or before `start`, or from a snapshot's weights alone.

        Without either it begins anew.
        """
        newest, reached = self.recording.nearest_state(start), self.recording.reached()
        for restore, step in self._ways_back(start):
            try:
                changes = restore(step)
                check(replace(self.experiment, changes=tuple(sorted(changes, key=BY_STEP))))
                break
            except NO_MEMORY:
                raise
            except Exception:
                logging.exception("%s: step %s is damaged", self.recording.folder.name, step)
                self._prepare()
        if self.step < (start if newest is None else newest):
            self.lost = max(reached, start) - self.step
        self._go_on_with(changes)

    def _ways_back(self, start: int) -> Iterator[tuple[Callable[[int], list[Change]], int]]:
        """Yield how to go back to where, from the best: full states, weights alone, and the beginning."""
        states, snapshots = reversed(self.recording.states()), reversed(self.recording.snapshots())
        yield from ((self._restore_state, step) for step in states if step <= start)
        yield from ((self._restore_weights, step) for step in snapshots if 0 < step <= start)
        yield self._restore_weights, 0

    def _go_on_with(self, changes: list[Change]) -> None:
        """Forget what was recorded after this step, and take over what was changed, and what is planned."""
        self.recording.cut(self.step)
        self.experiment = replace(self.experiment, changes=tuple(sorted(changes, key=BY_STEP)))
        self._pending = [made for made in self.experiment.changes if made.step >= self.step]
        self._adopt(in_effect(self.experiment, self.step - 1))

    def _restore_state(self, step: int) -> list[Change]:
        """Take over a full state; return the changes made before it, and those that are planned."""
        self.step = step
        arrays, about = self.recording.state(step)
        changes = [Change(*made) for made in about.pop("changes")]
        if not state.alike(about, self._full_state()[1]):
            raise ValueError("these notes belong to another training")
        self._take_full_state(arrays, about)
        return changes

    def _restore_weights(self, step: int) -> list[Change]:
        """Take over a snapshot (step 0 needs none); return the changes made up to it, and those that are planned."""
        self.step = step
        if step > 0:
            self._take_weights(self.recording.weights(step)[1])
        told = [made for made in self.recording.changes() if made.step <= step]
        return told + [made for made in self.experiment.changes if made.step > step]

    def _tell(self, event: dict) -> None:
        self._events.append(event)
        if self.recording is not None:
            self.recording.append(event)
