"""A network as it was at one moment, ready to be looked at; never a live one."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dlcore.data.batches import pictures_of, prepare
from dlcore.errors import N_, RecordingError
from dlcore.explain.pretrained import PRETRAINED, open_pretrained
from dlcore.models.build import BlockNetwork, outline
from dlcore.specs.experiment import Experiment
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
        return scores(self.module(self.inputs(images)), self.experiment.training.loss)


def load(model: dict, home: Path) -> Snapshot:
    """Return the snapshot that a request names: {"pretrained": name} or {"run": id, "step": step or None for live}."""
    if name := model.get("pretrained"):
        if name not in PRETRAINED:
            raise RecordingError(N_("There is no pretrained network {name}."), name=name)
        experiment, weights, step = open_pretrained(name)
    else:
        recording = Recording(Path(home) / "runs" / Path(str(model["run"])).name)
        experiment = recording.experiment
        step, weights = recording.weights(model.get("step"))
    module = outline(experiment.network, experiment.data).eval()
    load_weights(module, weights, assign=True)
    return Snapshot(experiment, module.to(memory_format=torch.channels_last), step)
