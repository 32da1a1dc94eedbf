"""What counts as the same numbers."""

import numpy as np
import torch

from tests.closeness import close


def test_the_same_sum_in_another_order_is_close_at_any_size():
    for size in (1e-8, 1.0, 4.5, 1e6):
        numbers = torch.rand(1000, generator=torch.Generator().manual_seed(0)) * size
        forwards, backwards = (sum(order.tolist(), start=np.float32(0)) for order in (numbers, numbers.flip(0)))
        assert close(numbers.sum(), np.float32(forwards)) and close(np.float32(forwards), np.float32(backwards))


def test_a_wrong_number_is_not_close_at_any_size():
    for size in (1e-8, 1.0, 1e6):
        right = torch.linspace(-1, 1, 50) * size
        assert not close(right * 1.0001, right) and not close(right.flip(0), right)
        assert not close(torch.where(right == right[7], 0, right), right)


def test_double_precision_is_held_to_its_own_roundings():
    right = np.linspace(-1, 1, 50)
    assert close(right * (1 + 1e-15), right) and not close(right * (1 + 1e-10), right)
    assert close(right * (1 + 1e-10), right.astype(np.float32))
    assert not close([np.nan], [1.0]) and close([0, 0], [0, 0])
