"""Learning-rate schedules as a factor of the step: nothing to carry, so training can start anywhere."""

from math import cos, pi


def factor(schedule: str, step: int, total: int) -> float:
    """Return what the learning rate is multiplied with at a step (from 0) of `total`, as torch's schedulers do."""
    match schedule:
        case "one_cycle":
            return one_cycle(step, total)
        case "cosine":
            return 0.5 * (1 + cos(pi * min(step / max(total, 1), 1)))
        case "step":
            return 0.1 ** ((step >= total // 3) + (step >= 2 * total // 3))
        case _:
            return 1.0


def warmed(schedule: str, step: int, total: int, warmup: int) -> float:
    """Return the factor of a schedule that begins after `warmup` steps, in which it grows from 0 in even steps.

    "inverse_root" then falls with the root of the steps (Vaswani et al., 2017, section 5.3).
    """
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if schedule == "inverse_root":
        return (max(1, warmup) / max(1, step)) ** 0.5
    return factor(schedule, step - warmup, total - warmup)


def one_cycle(step: int, total: int, warm: float = 0.3, start: float = 1 / 25, end: float = 1e-4 / 25) -> float:
    """Return the cosine one-cycle factor: up to 1 in the first 30 %, then down (arXiv:1708.07120)."""
    peak, last = warm * total - 1, total - 1
    if step <= peak:
        return _glide(start, 1.0, step / peak if peak else 1.0)
    return _glide(1.0, end, min((step - peak) / max(last - peak, 1e-9), 1))


def _glide(low: float, high: float, part: float) -> float:
    """Return the point `part` of the way from one value to another, along half a cosine."""
    return high + (low - high) * 0.5 * (1 + cos(pi * part))
