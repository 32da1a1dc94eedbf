"""Whether two computations of the same numbers agree, by the size of the numbers and the arithmetic they were done in.

Another processor, or another order of adding up, rounds otherwise: by a few units in the last place of the largest
numbers that took part, whatever is left of them in a small result. So a fixed 1e-6 is generous to 0.01 and fails on
4.5.
"""

import numpy as np
import torch

ROUNDINGS = 256  # of the largest number; one wrong index, sign or factor makes millions


def close(ours, theirs, roundings: float = ROUNDINGS) -> bool:
    """Whether no number is away by more than so many roundings of the largest, in the coarser of the two precisions."""
    ours, theirs = as_array(ours), as_array(theirs)
    floats = [array.dtype for array in (ours, theirs) if array.dtype.kind == "f"] or [np.dtype(np.float64)]
    epsilon = max(np.finfo(dtype).eps for dtype in floats)
    largest = max((float(np.abs(array).max()) for array in (ours, theirs) if array.size), default=0.0)
    away = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    return bool((away <= roundings * epsilon * largest).all())


def as_array(values) -> np.ndarray:
    return values.detach().cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)
