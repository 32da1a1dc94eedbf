"""One rule for every training whose loss comes to no number: it has failed, and the likeliest setting is named.

`Recorded.fail` calls it, and writes the event that a server reads after a restart.
"""

from collections.abc import Iterable
from math import isfinite

from torch import Tensor

from dlcore.errors import N_, DerinError
from dlcore.specs.learning import Learner

RATE = N_("At step {step:,} the loss came to no number: the learning rate {rate:g} is too large. Rewind to before "
          "it and train on with a smaller one, such as {less:g}, or restart.")
UNCLIPPED = N_("At step {step:,} the loss came to no number: with the learning rate {rate:g} the gradient exploded, "
               "and nothing clips it. Rewind to before it and train on with a smaller learning rate, such as {less:g}, "
               "or with the gradient clipped, or restart.")
DECAY = N_("At step {step:,} the loss came to no number: the weight decay {decay:g} times the learning rate {rate:g} "
           "throws the weights beyond zero. Rewind to before it and train on with a smaller one, or restart.")
PENALTY = N_("At step {step:,} the loss came to no number: the penalty {decay:g} times the learning rate {rate:g} "
             "throws the weights beyond zero. Rewind to before it and train on with a smaller one, or restart.")
PILED = N_("At step {step:,} the loss came to no number: without zero_grad() the gradients of all steps pile up. "
           "Rewind to before it and train on with zero_grad(), or restart.")
NOT_LEARNED = N_("At step {step:,} the loss came to no number, and not by learning: weights that were set by hand, or "
                 "the numbers of the data, are too large. Rewind to before it, or restart with smaller ones.")


def are_numbers(values: Iterable[float | Tensor | None]) -> bool:
    """Whether every value is a number, and every one of a tensor's: neither missing nor infinite."""
    return all(value is not None and (bool(value.isfinite().all()) if isinstance(value, Tensor) else isfinite(value))
               for value in values)


def why_diverged(settings: Learner, step: int) -> DerinError:
    """Return what is said of a training whose loss came to no number at a step: which setting is likeliest to blame."""
    training = settings.training
    rate, decay = training.learning_rate, getattr(training, "l2", getattr(training, "weight_decay", 0.0))
    values = {"step": step, "rate": rate, "less": float(f"{rate / 10:.1g}"), "decay": decay}
    if not step or not rate:
        return DerinError(NOT_LEARNED, step=step)
    if not getattr(training, "zero_grad", True):
        return DerinError(PILED, **values)
    if rate * decay >= 2 and getattr(training, "optimizer", "adamw") in ("sgd", "adamw"):
        return DerinError(PENALTY if hasattr(training, "l2") else DECAY, **values)
    return DerinError(RATE if getattr(training, "clip", 1.0) else UNCLIPPED, **values)
