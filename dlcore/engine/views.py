"""What the engine tells a page."""

from dataclasses import dataclass, field

from dlcore.specs.learning import Learner

ACTIVE = ("starting", "running")


@dataclass(frozen=True)
class Message:
    """A sentence for a visitor: an English template and its values."""

    template: str
    values: dict = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.values)


@dataclass(frozen=True)
class EngineStatus:
    """Whether the engine is awake, in how many seconds it will be, and how much it has to do.

    While it wakes, `waking` are the seconds for which it has been at that, through all attempts, and `usual` those
    that its last start took (0: nobody knows).
    """

    ready: bool
    seconds_left: float
    devices: tuple[str, ...]
    running: int
    queued: int
    waking: float = 0.0
    usual: float = 0.0


@dataclass(frozen=True)
class RunView:
    """A run as it stands; `events` are those since the cursor that was given, `cursor` is the next one to give.

    `state` is queued, starting, running, paused, finished, interrupted or failed; `place` counts from 1 while queued,
    and is 0 otherwise; `rate` is in pictures a second. An event of kind "cut" says that training went on from its
    step: whoever has collected events drops those after it. `frame` is the latest picture of the network, for kinds
    that show one (see dlcore.explain.plane). `silent` are the seconds for which the process that holds an active run
    has said nothing.
    """

    id: str
    experiment: Learner
    state: str
    place: int
    step: int
    total_steps: int
    epoch: float
    rate: float
    seconds_left: float | None
    events: list[dict]
    cursor: int
    snapshots: tuple[int, ...]
    live_step: int | None
    owner_hash: str
    message: Message | None
    threads: int
    parent: tuple[str, int] | None
    frame: dict | None = None
    silent: float = 0.0


@dataclass(frozen=True)
class JobView:
    """A Job as it stands: its `result` so far, where the Job has one; `error` says why there will be no more.

    `waits` says what keeps it from being begun until something else has ended, `silent` for how many seconds the
    process that works on it has said nothing.
    """

    progress: float
    finished: bool
    result: object = None
    error: Message | None = None
    waits: Message | None = None
    silent: float = 0.0
