"""The playground's fast gear: the compiled kernel, on the memory that the module's parameters are views of."""

from types import ModuleType

import numpy as np
import torch
import torch.nn.functional as F

from dlcore.errors import N_, DerinError
from dlcore.specs.playground import Playground
from dlcore.training.plane_autograd import AutogradGear
from dlcore.training.plane_memory import PlaneMemory
from dlcore.training.shuffle import order_key, order_of

GRADIENT_TOLERANCE, UPDATE_TOLERANCE = 1e-4, 1e-6
FLOOR = 1e-7  # of the whole gradient's size: where a tensor's own is nothing but rounding
NO_NORMS = N_("Dropout and batch norm are trained by autograd: the fast gear does not know them.")
NO_DEVICE = N_("The fast gear computes on the CPU alone.")
NOT_REPRODUCIBLE = N_("A reproducible training uses autograd alone, for the fast gear rounds differently.")
OTHER_GRADIENT = N_("The fast gear is not used: its gradient differs from autograd's by {difference:.1g} of its size.")
OTHER_UPDATE = N_("The fast gear is not used: its update differs from the optimiser's by {difference:.1g}.")


def why_not(settings: Playground) -> DerinError | None:
    """Return why the kernel cannot train with these settings, or None."""
    if settings.network.dropout or settings.network.batch_norm:
        return DerinError(NO_NORMS)
    if settings.training.device != "cpu":
        return DerinError(NO_DEVICE)
    return DerinError(NOT_REPRODUCIBLE) if settings.training.reproducible else None


class KernelGear:
    """Trains with the kernel, beside the autograd gear whose memory and points it uses."""

    name = "kernel"

    def __init__(self, kernel: ModuleType, autograd: AutogradGear):
        self.kernel, self.autograd, self.memory = kernel, autograd, autograd.memory
        task = autograd.task
        spec = task.spec
        self.plan = _plan(spec, kernel)
        self.loss = kernel.LOSSES.index(_loss_name(self.memory, spec))
        self.optimizer = kernel.OPTIMIZERS.index(spec.training.optimizer)
        self.key, self.size = order_key(spec.training.seed), spec.training.batch_size
        self.x = np.ascontiguousarray(task.train.x.numpy().T)
        self.targets = np.ascontiguousarray(_rows(task.train.targets, spec).numpy().T)
        self.order = np.zeros(len(task.train.x), np.int64)
        self.flat, self.gradient = self.memory.net.flat.numpy(), np.zeros(self.memory.net.flat.numel(), np.float32)
        self.buffers = np.zeros((3, sum(spec.sizes) * kernel.LANES), np.float32)

    def run(self, first: int, last: int, settings: Playground) -> tuple[int, bool]:
        """Train the steps first ... last-1; return the next step, and whether all was still a number."""
        moments = self.memory.moments
        one, two = self._moments({name: value.numpy() for name, value in moments.items()})
        done = self.kernel.train(
            first, last, self._counted(), self.size, self.key, self.plan, self.loss, self.optimizer, self.flat, one,
            two, self.memory.weights.numpy(), self.memory.free.numpy(), self._keep(settings), self.x, self.targets,
            _rates(settings), self.order, self.buffers, self.gradient)
        if "step" in moments:
            moments["step"] += done - first
        return done, done == last

    def _counted(self) -> int:
        return int(self.memory.moments["step"]) if "step" in self.memory.moments else 0

    def _moments(self, moments: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and the second moment as the kernel takes them; it does not touch what there is none of."""
        first = moments.get("momentum_buffer", moments.get("exp_avg", self.gradient))
        return first, moments.get("square_avg", moments.get("exp_avg_sq", self.gradient))

    def _keep(self, settings: Playground) -> np.ndarray:
        """Return for each row of a buffer whether its neuron is there."""
        keep = np.ones(sum(settings.sizes), np.float32)
        for name in settings.network.removed:
            layer, number = map(int, name.split("."))
            keep[sum(settings.sizes[:layer]) + number - 1] = 0
        return keep

    # compared with autograd

    def check(self, step: int, settings: Playground) -> DerinError | None:
        """Compare the gradient of a step's batch, and the update by it, with autograd's; None where they agree.

        Nothing is changed but the gradient.
        """
        self.memory.net.train()
        self.memory.set_rates(settings.training)
        self.autograd.find_gradient(step, settings)
        if (difference := self._gradient_difference(step, settings)) > 1:
            return DerinError(OTHER_GRADIENT, difference=difference * GRADIENT_TOLERANCE)
        if (difference := self._update_difference(settings)) > UPDATE_TOLERANCE:
            return DerinError(OTHER_UPDATE, difference=difference)
        return None

    def find_gradient(self, step: int, settings: Playground) -> np.ndarray:
        """Return the gradient of a step's batch, penalties included."""
        epoch, place = divmod(step, self.autograd.per_epoch)
        order = order_of(self.key, epoch, len(self.order))
        rates = _rates(settings)
        self.kernel.find_gradient(
            self.plan, self.loss, self.flat, self.memory.weights.numpy(), rates[2],
            np.float32(0) if settings.training.optimizer == "adamw" else rates[3], self._keep(settings), self.x,
            self.targets, order[place * self.size: (place + 1) * self.size], self.buffers, self.gradient)
        return self.gradient

    def _gradient_difference(self, step: int, settings: Playground) -> float:
        """Return the largest difference of a tensor's gradients, in parts of what is allowed."""
        ours, theirs, at, worst = torch.from_numpy(self.find_gradient(step, settings)), self.memory.gradient, 0, 0.0
        floor = FLOOR * theirs.norm().item() + 1e-30
        for parameter in self.memory.net.parameters():
            part = slice(at, at + parameter.numel())
            allowed = GRADIENT_TOLERANCE * theirs[part].norm().item() + floor
            worst, at = max(worst, (ours[part] - theirs[part]).norm().item() / allowed), part.stop
        return worst

    def _update_difference(self, settings: Playground) -> float:
        """Return the largest difference of a parameter after one update by autograd's gradient."""
        memory, training = self.memory, settings.training
        before, moments = memory.net.flat.clone(), {name: value.clone() for name, value in memory.moments.items()}
        self.autograd.update(settings)
        theirs = memory.net.flat.clone()
        memory.net.flat.copy_(before)
        for name, value in moments.items():
            memory.moments[name].copy_(value)
        ours, rates = before.numpy(), _rates(settings)
        one, two = self._moments({name: value.numpy() for name, value in moments.items()})
        self.kernel.update(self.optimizer, ours, memory.gradient.numpy(), one, two, memory.weights.numpy(),
                           memory.free.numpy(), rates[0], rates[1], rates[3], self._counted() + 1)
        size = max(1.0, theirs.abs().max().item(), training.learning_rate * memory.gradient.abs().max().item())
        return (before - theirs).abs().max().item() / size


def _plan(spec: Playground, kernel: ModuleType) -> np.ndarray:
    """Return a row for each layer, as the kernel reads them."""
    rows, begins, at = [], 0, 0
    names = [*(layer.activation for layer in spec.network.layers), "none"]
    for number, (inputs, outputs) in enumerate(zip(spec.sizes, spec.sizes[1:])):
        residual = spec.network.residual and inputs == outputs and number < len(spec.network.layers)
        rows.append([inputs, outputs, kernel.ACTIVATIONS.index(names[number]), int(residual), begins, at, at + inputs])
        begins, at = begins + (inputs + 1) * outputs, at + inputs
    return np.array(rows)


def _loss_name(memory: PlaneMemory, spec: Playground) -> str:
    if spec.loss == "squared":
        return "bounded" if memory.net.bounded else "squared"
    return "binary" if spec.outputs == 1 else "softmax"


def _rows(targets: torch.Tensor, spec: Playground) -> torch.Tensor:
    """Return targets (points, outputs)."""
    return targets if targets.dim() == 2 else F.one_hot(targets, spec.outputs).float()


def _rates(settings: Playground) -> np.ndarray:
    training = settings.training
    return np.array([training.learning_rate, training.momentum, training.l1, training.l2], np.float32)
