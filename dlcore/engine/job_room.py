"""The memory that Jobs take beside the trainings: what a request needs about, and whether there is room for it."""

from dlcore.engine.placement import Held, fits, who_gives_way
from dlcore.engine.schedule import Schedule
from dlcore.errors import DerinError
from dlcore.specs import codec
from dlcore.specs.learning import KINDS, Learner, kind_of

LEAST = 64 * 2**20  # bytes of any Job
SHARE = 0.25        # of the budget is the Jobs' own: a short one does not wait until a long training has ended


class JobRoom:
    """Weighs Jobs against the budget of the trainings; called under the engine's lock."""

    def __init__(self, schedule: Schedule):
        self.schedule, self.admission = schedule, schedule.admission

    @property
    def budget(self) -> int:
        """The bytes that trainings and Jobs may hold."""
        return self.admission.budgets["cpu"]

    def estimate(self, request: dict) -> int:
        """Return about how many bytes a Job takes at most: what training the network would that it is about."""
        named = [self._named(request), self._named(request.get("model"))]
        return LEAST + max((kind_of(spec).estimate_memory(spec) for spec in named if spec is not None), default=0)

    def _named(self, request: object) -> Learner | None:
        """Return the experiment that a part of a request names by its run, or gives as a plain spec."""
        if not isinstance(request, dict):
            return None
        if isinstance(request.get("run"), str):
            run = self.schedule.find(request["run"])
            return run.experiment if run else None
        plain = request.get("spec")
        if not isinstance(plain, dict) or plain.get("kind") not in KINDS:
            return None
        try:
            return codec.from_dict(plain, plain["kind"])
        except DerinError:
            return None  # the Job itself says what is wrong

    def admits(self, need: int) -> bool:
        """Whether a Job can begin now; where paused runs are in its way, they leave memory for it."""
        held = self.admission.held()
        jobs = sum(share.bytes for share in self.admission.jobs_held())
        if jobs + need <= SHARE * self.budget or fits(need, "cpu", held, self.budget):
            return True
        for name in who_gives_way(need, "cpu", held, self.budget):
            self.admission.drop(self.admission.runs[name])
        return False


def hold(job: str, need: int) -> Held:
    """Return what a Job holds, as the trainings' budget counts it."""
    return Held(job, "cpu", need)
