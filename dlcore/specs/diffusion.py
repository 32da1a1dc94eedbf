"""What the Diffusion page is about: what is un-noised, by which network, how it learns, and what was changed."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from dlcore.errors import N_, SpecError
from dlcore.specs.changes import MAX_STEP, Change, Live, check_changes, check_device
from dlcore.specs.datasets import describe
from dlcore.specs.denoiser import PATCH, SIDE, Denoiser, Process, count_parameters, list_parts
from dlcore.specs.fields import Rule, check_values, choice, kind, real, switch, whole
from dlcore.specs.plane import EDGE, is_number
from dlcore.specs.training import PRECISIONS

POINTS = ("swirl", "moons", "rings", "own")            # sets on a plane
PICTURES = ("mnist", "fashion_mnist", "kmnist")        # grey, 28 x 28, ten classes
PROMPTED = ("mnist",)                                  # whose pictures can be told of in words
SCHEDULES = ("cosine", "constant")
MOST_OWN = 300         # so many own points still fit into a link
LEAST_OWN = 5
MOST_NUMBERS = 2**28   # in the activations of a batch
LIVE_TRAINING = ("learning_rate", "weight_decay", "ema", "drop", "epochs", "prompt")
UNRECORDED = ("training.prompt",)                      # what is looked at changes nothing of what is learned
LIVE_FIELDS = tuple(f"training.{name}" for name in LIVE_TRAINING)


class _OwnPoints(Rule):
    """Pairs of x1 and x2 on the plane; what is no such pair is left out."""

    def nearest(self, value: Any) -> tuple[tuple[float, float], ...]:
        points = []
        for point in value if isinstance(value, list | tuple) else ():
            match point:
                case [int() | float() as x1, int() | float() as x2] if is_number(x1) and is_number(x2):
                    points.append((_onto_plane(x1), _onto_plane(x2)))
        return tuple(points[:MOST_OWN])


def _onto_plane(number: float) -> float:
    return round(min(max(float(number), -EDGE), EDGE), 2)


@dataclass(frozen=True)
class DiffusionData:
    """What noise is added to: points on a plane from -6 to 6, or pictures.

    `points`, `noise` and `seed` are those of the sets on the plane; `own` are points (x1, x2) that were put by hand,
    the whole of the set "own". `train_size` is for pictures.
    """

    kind: Literal["diffusion_data"] = kind("diffusion_data")
    dataset: str = choice("mnist", *PICTURES, *POINTS)
    points: int = whole(2_000, 100, 10_000)
    noise: int = whole(3, 0, 50, unit="%")
    seed: int = whole(0, 0, 2**31 - 1)
    own: tuple[tuple[float, float], ...] = field(default=(), metadata={"rule": _OwnPoints(tuple)})
    train_size: int = whole(60_000, 500, 60_000)

    @property
    def on_plane(self) -> bool:
        """Whether it is points that are un-noised."""
        return self.dataset in POINTS

    @property
    def count(self) -> int:
        """The number of points, or of training pictures."""
        if self.dataset == "own":
            return len(self.own)
        return self.points if self.on_plane else min(self.train_size, describe(self.dataset).train)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one x: (2,) or (1, 28, 28)."""
        return (2,) if self.on_plane else (1, SIDE, SIDE)


@dataclass(frozen=True)
class DiffusionTraining:
    """How it learns: AdamW on the squared error of what is told, and a running mean of the weights (`ema`) to sample.

    `times` is how t is drawn: "logit_normal" favours the middle (arXiv:2403.03206), "uniform" does not. The condition
    is left out in the share `drop` of cases, so that the network knows the unconditional answer too. `prompt` is what a
    visitor wants to see drawn while it learns, beside the usual samples of a prompted model; empty is nothing.
    """

    kind: Literal["diffusion_training"] = kind("diffusion_training")
    learning_rate: float = real(0.002, 0, 1)
    schedule: str = choice("cosine", *SCHEDULES)
    weight_decay: float = real(0.01, 0, 1)
    ema: float = real(0.998, 0, 0.9999)
    times: str = choice("logit_normal", "logit_normal", "uniform")
    drop: float = real(0.1, 0, 1)
    prompt: str = choice("", "", pattern=r"[^\n]{1,200}")
    batch_size: int = whole(64, 1, 1024)
    epochs: int = whole(2, 1, 100_000)
    seed: int = whole(0, 0, 2**31 - 1)
    device: str = "cpu"
    precision: str = choice("auto", *PRECISIONS)
    reproducible: bool = switch(False)


@dataclass(frozen=True)
class Diffusion:
    """All that a run needs: equal specs give equal initial weights, equal noise and the same batches."""

    kind: Literal["diffusion"] = kind("diffusion")
    data: DiffusionData = field(default_factory=DiffusionData)
    process: Process = field(default_factory=Process)
    network: Denoiser = field(default_factory=Denoiser)
    training: DiffusionTraining = field(default_factory=DiffusionTraining)
    changes: tuple[Change, ...] = ()

    @property
    def condition(self) -> str:
        """What the network is told: nothing of points."""
        return "none" if self.data.on_plane else self.network.condition


# what must hold

def check(spec: Diffusion) -> None:
    """Raise SpecError where a spec cannot be run; the message says what would fix it."""
    check_values(spec)
    check_device(spec.training.device)
    check_changes(spec.changes, LIVE.rule)
    _check_data(spec)
    if spec.training.epochs > most_epochs(spec):
        raise SpecError("training.epochs", N_("{epochs:,} epochs of {steps:,} steps are more than can be counted here. "
                                              "Use at most {most:,} epochs, or a larger batch."),
                        epochs=spec.training.epochs, steps=steps_per_epoch(spec), most=most_epochs(spec))
    if _activations(spec) > MOST_NUMBERS:
        raise SpecError("training.batch_size", N_("A batch of {batch} pictures does not fit with {width} channels. Use "
                                                  "a smaller batch or a narrower network."),
                        batch=spec.training.batch_size, width=spec.network.width)


def _check_data(spec: Diffusion) -> None:
    if spec.data.own != _OwnPoints(tuple).nearest(spec.data.own):
        raise SpecError("data.own", N_("Own points are at most {most} pairs of x1 and x2, from −6 to 6, with two "
                                       "decimals."), most=MOST_OWN)
    if spec.data.dataset == "own" and len(spec.data.own) < LEAST_OWN:
        raise SpecError("data.own", N_("{count} points are too few to learn from. Put at least {least} onto the "
                                       "plane."), count=len(spec.data.own), least=LEAST_OWN)
    if spec.condition == "prompt" and spec.data.dataset not in PROMPTED:
        raise SpecError("network.condition", N_("Prompts tell of digits: their stroke, slant and width. Choose MNIST, "
                                                "or classes instead of prompts."))


def most_epochs(spec: Diffusion) -> int:
    """Return how many epochs can be trained before the steps are more than can be counted."""
    return (MAX_STEP - 1) // steps_per_epoch(spec)


def fit(spec: Diffusion) -> Diffusion:
    """Return the spec with what it cannot use brought to the nearest that it can."""
    data = replace(spec.data, own=_OwnPoints(tuple).nearest(spec.data.own))
    if data.dataset == "own" and len(data.own) < LEAST_OWN:
        data = replace(data, dataset="swirl")
    spec = replace(spec, data=data)
    if spec.condition == "prompt" and data.dataset not in PROMPTED:
        spec = replace(spec, network=replace(spec.network, condition="class"))
    training = spec.training
    while _activations(replace(spec, training=training)) > MOST_NUMBERS:
        training = replace(training, batch_size=training.batch_size // 2)
    spec = replace(spec, training=training)
    return replace(spec, training=replace(training, epochs=min(training.epochs, most_epochs(spec))))


def learn_from(spec: Diffusion, dataset: str) -> Diffusion:
    """Return the spec on another data set; from points to pictures and back with the training that suits them."""
    data = replace(spec.data, dataset=dataset)
    usual = {"batch_size": 256, "epochs": 400, "learning_rate": 0.005, "times": "uniform"}
    if not data.on_plane:
        usual = {name: getattr(DiffusionTraining(), name) for name in usual}
    training = replace(spec.training, **usual)
    same_family = data.on_plane == spec.data.on_plane
    return fit(replace(spec, data=data, training=spec.training if same_family else training, changes=()))


# what can be changed while it learns

LIVE = Live(Diffusion(), LIVE_FIELDS)


# what it takes

def steps_per_epoch(spec: Diffusion) -> int:
    """Return the steps of one epoch; the last batch may be smaller."""
    return max(1, -(-spec.data.count // spec.training.batch_size))


def _activations(spec: Diffusion) -> int:
    """Return about how many numbers a batch's activations are."""
    network, batch = spec.network, spec.training.batch_size
    if spec.data.on_plane:
        return batch * network.hidden * (network.layers + 1) * 3
    place = (SIDE // PATCH) ** 2
    return batch * network.width * place * (2 * network.blocks * 8 + network.blocks * 4)


def describe_parts(spec: Diffusion) -> dict:
    """Return the parts of the network with their outputs' shapes and parameters, and what a training takes."""
    parts = list_parts(spec.network, spec.condition, spec.data.on_plane)
    return {"parts": [asdict(part) for part in parts], "parameters": sum(part.parameters for part in parts),
            "steps_per_epoch": steps_per_epoch(spec), "training_memory": estimate_memory(spec)}


def estimate_memory(spec: Diffusion) -> int:
    """Return about how many bytes a running training holds: weights with moments and mean, activations."""
    weights = count_parameters(spec.network, spec.condition, spec.data.on_plane)
    return 40 * 2**20 + 4 * (6 * weights + 2 * _activations(spec))
