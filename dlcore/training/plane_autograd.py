"""The playground's gear that always works: the real module, real autograd, torch's optimiser."""

import torch

from dlcore.seeds import derive
from dlcore.specs.playground import Playground
from dlcore.training.draws import seed_draws
from dlcore.training.plane_memory import PlaneMemory
from dlcore.training.plane_task import PlaneTask
from dlcore.training.shuffle import order_key, order_of


class AutogradGear:
    """Trains batch by batch, with no more than is needed for one."""

    name = "autograd"

    def __init__(self, memory: PlaneMemory, task: PlaneTask):
        self.memory, self.task = memory, task
        self.seed, self.batch_size = task.spec.training.seed, task.spec.training.batch_size
        self._key, self._epoch = order_key(self.seed), -1
        self._x = self._targets = task.train.x

    @property
    def per_epoch(self) -> int:
        """The steps of one epoch."""
        return -(-len(self.task.train.x) // self.batch_size)

    def run(self, first: int, last: int, settings: Playground) -> tuple[int, bool]:
        """Train the steps first ... last-1; return the next step, and whether all was still a number."""
        self.memory.set_rates(settings.training)
        self.memory.net.train()
        for step in range(first, last):
            if not self.train_step(step, settings):
                return step, False
        return last, True

    def train_step(self, step: int, settings: Playground) -> bool:
        """Train on one batch: forward, loss, backward, update; where the loss is no number, nothing, and return False.
        """
        fine = bool(self.find_gradient(step, settings).isfinite())
        if fine:
            self.update(settings)
        return fine

    def find_gradient(self, step: int, settings: Playground) -> torch.Tensor:
        """Leave the gradient of a step's batch in the memory, penalties included; return the loss without them."""
        memory = self.memory
        x, targets = self._batch(step)
        if settings.network.dropout:
            seed_draws(derive(self.seed, "step", step), x.device)
        memory.gradient.zero_()
        loss = self.task.loss(memory.net(x), targets)
        loss.backward()
        self._penalise(settings)
        return loss.detach()

    def _batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            order = torch.from_numpy(order_of(self._key, epoch, len(self.task.train.x))).to(self.task.device)
            self._epoch, self._x, self._targets = epoch, self.task.train.x[order], self.task.train.targets[order]
        part = slice(place * self.batch_size, (place + 1) * self.batch_size)
        return self._x[part], self._targets[part]

    def _penalise(self, settings: Playground) -> None:
        """Add the gradient of l1·Σ|w| + l2/2·Σw²; for AdamW, l2 is in the update."""
        training, memory = settings.training, self.memory
        if training.l1:
            memory.gradient.addcmul_(memory.net.flat.sign(), memory.weights, value=training.l1)
        if training.l2 and training.optimizer != "adamw":
            memory.gradient.addcmul_(memory.net.flat, memory.weights, value=training.l2)

    def update(self, settings: Playground) -> None:
        """Move the parameters by the gradient in the memory, except those that are held."""
        training, memory = settings.training, self.memory
        kept = None if memory.held is None else memory.net.flat[memory.held]
        if training.optimizer == "adamw" and training.l2:
            memory.net.flat.mul_(1 - training.learning_rate * training.l2 * memory.weights)
        memory.optimizer.step()
        if kept is not None:
            memory.net.flat[memory.held] = kept
