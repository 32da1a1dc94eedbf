"""Which Trainer a kind of spec learns with."""

from collections.abc import Callable
from typing import Any

from dlcore.training.diffusion_trainer import DiffusionTrainer
from dlcore.training.plane_trainer import PlaneTrainer
from dlcore.training.recorded import Recorded
from dlcore.training.recording import Recording
from dlcore.training.recurrent_trainer import RecurrentTrainer
from dlcore.training.trainer import Trainer
from dlcore.training.transformer_trainer import TransformerTrainer

# kind: (spec, the recording to write, if any, the step of it to go on from, if any)
TRAINERS: dict[str, Callable[[Any, Recording | None, int | None], Recorded]] = {
    "experiment": lambda spec, recording, start: Trainer(spec, recording, start=start),
    "playground": lambda spec, recording, start: PlaneTrainer(spec, recording, start=start),
    "diffusion": lambda spec, recording, start: DiffusionTrainer(spec, recording, start=start),
    "recurrent": lambda spec, recording, start: RecurrentTrainer(spec, recording, start=start),
    "transformer": lambda spec, recording, start: TransformerTrainer(spec, recording, start=start),
}
