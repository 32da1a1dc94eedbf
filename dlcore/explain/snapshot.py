"""A network as it was at one moment, ready to be looked at; never a live one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dlcore.data.batches import pictures_of, prepare
from dlcore.errors import N_, RecordingError
from dlcore.explain.diffusion_snapshot import DiffusionSnapshot, open_denoiser
from dlcore.explain.plane import PlaneSnapshot, open_snapshot
from dlcore.explain.pretrained import PRETRAINED, open_pretrained
from dlcore.explain.recurrent_snapshot import RecurrentSnapshot, open_cells
from dlcore.explain.transformer.snapshot import TransformerSnapshot, open_transformer
from dlcore.models.build import BlockNetwork, outline
from dlcore.specs import codec
from dlcore.specs.experiment import Experiment
from dlcore.training.files import Weights
from dlcore.training.recording import Recording
from dlcore.training.state import load_weights
from dlcore.training.tasks import scores


@dataclass(frozen=True)
class Snapshot:
    """A network in eval() with its experiment, and the step its weights are from."""

    experiment: Experiment
    module: BlockNetwork
    step: int

    def inputs(self, images: Tensor) -> Tensor:
        """Return uint8 pictures (batch, side, side[, 3]) as this network gets them."""
        return prepare(pictures_of(images), self.experiment.data)

    @torch.inference_mode()
    def read(self, images: Tensor) -> Tensor:
        """Return class scores (batch, classes) in 0..1 for uint8 pictures (batch, side, side[, 3])."""
        return self.score(self.inputs(images))

    @torch.inference_mode()
    def score(self, pictures: Tensor) -> Tensor:
        """Return class scores (batch, classes) in 0..1 for pictures as this network gets them."""
        return scores(self.module(pictures), self.experiment.training.loss)


def load(model: dict, home: Path
         ) -> Snapshot | PlaneSnapshot | RecurrentSnapshot | TransformerSnapshot | DiffusionSnapshot:
    """Return the snapshot that a request names, of its spec's kind.

    {"pretrained": name}, {"run": id, "step": step or None for live}, or, for kinds that need no training to be looked
    at, {"spec": a plain spec}.
    """
    recording = None
    if name := model.get("pretrained"):
        if name not in PRETRAINED:
            raise RecordingError(N_("There is no pretrained network {name}."), name=name)
        experiment, weights, step = open_pretrained(name)
    elif "spec" in model:
        experiment, weights, step = codec.from_dict(model["spec"]), None, 0
    else:
        recording = Recording(Path(home) / "runs" / Path(str(model["run"])).name)
        experiment = recording.experiment
        step, weights = recording.weights(model.get("step"))
    return OPENERS[experiment.kind](experiment, weights, step, home, recording)


def load_written(name: str, folder: Path) -> Any:
    """Return the snapshot of a network that was just made for the project, from where it was written."""
    experiment, weights, step = open_pretrained(name, folder)
    return OPENERS[experiment.kind](experiment, weights, step, folder, None)


def _open_pictures(experiment: Experiment, weights: Weights | None, step: int, home: Path,
                   recording: Recording | None) -> Snapshot:
    if weights is None:
        raise RecordingError(N_("This network has not been trained yet."))
    module = outline(experiment.network, experiment.data).eval()
    load_weights(module, weights, assign=True)
    return Snapshot(experiment, module.to(memory_format=torch.channels_last), step)


# kind: (spec, weights or None for the initial ones, step, the engine's home, the recording that it is from, if any)
OPENERS: dict[str, Callable[[Any, Weights | None, int, Path, Recording | None], Any]] = {
    "experiment": _open_pictures, "playground": open_snapshot, "recurrent": open_cells,
    "diffusion": open_denoiser,
    "transformer": open_transformer,
}
