"""What a network makes of pictures that it does not learn from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from dlcore.data.batches import pictures_of, prepare
from dlcore.seeds import derive
from dlcore.specs.experiment import Experiment
from dlcore.specs.shapes import layer_table
from dlcore.training.draws import seed_draws
from dlcore.training.precision import autocast
from dlcore.training.tasks import LOSSES, scores

NARROWED = (nn.Conv2d, nn.Linear)  # the layers that compute in bfloat16 under autocast
CHUNK_BYTES = 96 * 2**20  # for the largest layer's output of one chunk


@dataclass(frozen=True)
class Evaluation:
    """Mean loss, share of pictures read right, and the class scores (pictures, classes)."""

    loss: float
    accuracy: float
    scores: Tensor


class Evaluator:
    """Evaluates a network on fixed pictures, chunk by chunk, so that a turn never takes long."""

    def __init__(self, experiment: Experiment, images: Tensor, labels: Tensor):
        self.experiment, self.images, self.labels = experiment, images, labels.long()
        heaviest = max(row.memory for row in layer_table(experiment.network, experiment.data))
        self.chunk = max(32, min(1000, CHUNK_BYTES // heaviest))

    def run(self, module: nn.Module, precision: torch.dtype, seed: int = 0) -> Iterator[Evaluation | None]:
        """Yield None after every chunk, then the evaluation; the module's mode is left as it was found.

        `seed` is for the draws of dropout, where eval() is forgotten.
        """
        outputs, weights = [], self._weights(module, precision)
        chunks = self.images.tensor_split(-(-len(self.labels) // self.chunk))  # equal ones: batch norm needs two
        for number, images in enumerate(chunks):
            seed_draws(derive(seed, "chunk", number), images.device)
            outputs.append(self._outputs(module, images, precision, weights))
            yield None
        yield self._evaluation(torch.cat(outputs))

    def _weights(self, module: nn.Module, precision: torch.dtype) -> dict[str, Tensor]:
        """Return the weights that autocast would narrow anew for every chunk, narrowed once."""
        if precision == torch.float32:
            return {}
        return {f"{name}.{own}": weight.detach().to(precision) for name, layer in module.named_modules()
                if isinstance(layer, NARROWED) for own, weight in layer.named_parameters(recurse=False)}

    def _outputs(self, module: nn.Module, images: Tensor, precision: torch.dtype, weights: dict[str, Tensor]) -> Tensor:
        pictures = prepare(pictures_of(images), self.experiment.data)
        with mode(module, training=not self.experiment.training.eval_mode), torch.inference_mode():
            with autocast(images.device, precision):
                return functional_call(module, weights, pictures).float()

    def _evaluation(self, outputs: Tensor) -> Evaluation:
        loss = self.experiment.training.loss
        right = (outputs.argmax(1) == self.labels).float().mean()
        return Evaluation(LOSSES[loss](outputs, self.labels).item(), right.item(), scores(outputs, loss).cpu())


@contextmanager
def mode(module: nn.Module, training: bool) -> Iterator[None]:
    """Put a module into train() or eval() for a while."""
    before = module.training
    module.train(training)
    try:
        yield
    finally:
        module.train(before)
