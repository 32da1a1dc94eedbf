"""How a run learns."""

from dataclasses import dataclass
from typing import Literal

from dlcore.specs.fields import choice, kind, real, switch, whole

LOSSES = ("cross_entropy", "bce", "mse")
OPTIMIZERS = ("sgd", "rmsprop", "adam", "adamw")
SCHEDULES = ("constant", "one_cycle", "cosine", "step")
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class Training:
    """The loss, the optimiser, and the two steps that are easily forgotten."""

    kind: Literal["training"] = kind("training")
    loss: str = choice("cross_entropy", *LOSSES)
    batch_size: int = whole(128, 1, 1024)
    epochs: int = whole(1, 1, 100)
    optimizer: str = choice("adamw", *OPTIMIZERS)
    momentum: float = real(0.9, 0, 0.999)
    learning_rate: float = real(0.012, 0, 10)
    schedule: str = choice("one_cycle", *SCHEDULES)
    weight_decay: float = real(0.01, 0, 1)
    seed: int = whole(0, 0, 2**31 - 1)
    device: str = "cpu"
    precision: str = choice("auto", *PRECISIONS)
    reproducible: bool = switch(False)
    zero_grad: bool = switch(True)
    eval_mode: bool = switch(True)
