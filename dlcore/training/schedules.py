"""Learning-rate schedules as a factor of the step: nothing to carry, so training can start anywhere."""

from math import cos, pi


def factor(schedule: str, step: int, total: int) -> float:
    """Return what the learning rate is multiplied with at a step of `total`."""
    done = step / max(total, 1)
    match schedule:
        case "one_cycle":
            return one_cycle(done)
        case "cosine":
            return 0.5 * (1 + cos(pi * min(done, 1)))
        case "step":
            return 0.1 ** int(3 * min(done, 0.999))
        case _:
            return 1.0


def one_cycle(done: float, warm: float = 0.3, start: float = 1 / 25, end: float = 1e-4 / 25) -> float:
    """Return the cosine one-cycle factor: up to 1 in the first 30 %, then down (Smith and Topin, arXiv:1708.07120)."""
    low, high, part = (start, 1.0, done / warm) if done < warm else (1.0, end, min((done - warm) / (1 - warm), 1))
    return high + (low - high) * 0.5 * (1 + cos(pi * part))
