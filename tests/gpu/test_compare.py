"""The comparison with an accelerator, carried out where there is none: the CPU against itself."""

import pytest

from tests.gpu.compare import SHORT, Comparison, compare


@pytest.mark.check
def test_every_family_trains_pauses_rewinds_and_explains_the_same_on_the_same_device(tmp_path):
    lines = list(compare(tmp_path, "cpu", seconds=0))
    assert {line.family for line in lines} == set(SHORT) and len(lines) >= 6 * len(SHORT)
    assert [str(line) for line in lines if not line.holds] == []


def test_what_is_too_far_apart_is_told():
    assert Comparison("Digits", "outputs", 2e-3, 1e-3).holds is False
    assert str(Comparison("Digits", "outputs", 2e-3, 1e-3)).endswith("TOO FAR")
