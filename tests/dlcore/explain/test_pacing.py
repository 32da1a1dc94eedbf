"""Long methods in turns: the same maps, whatever happens between the turns, and no thread stays behind."""

import threading

import numpy as np
import pytest
import torch

from dlcore.errors import EngineError
from dlcore.explain import sheet
from dlcore.explain.attribution import METHODS, attribute
from dlcore.explain.pacing import in_turns
from dlcore.explain.question import pose
from dlcore.explain.sheet import attribute_in_turns, fill_sheet
from dlcore.specs.codec import to_dict
from dlcore.specs.saliency import Saliency
from tests.dlcore.explain.small_nets import SEVEN, snapshot, without_convolution

SNAPSHOT = snapshot()
SETTINGS = Saliency(target="3", steps=20, samples=5, draws=60)


def finish(pieces):
    """Return what a generator returns, and how often it yielded, while others draw in between."""
    pauses = 0
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            return end.value, pauses
        torch.manual_seed(pauses)
        np.random.seed(pauses)
        pauses += 1


@pytest.mark.parametrize("method", METHODS)
def test_a_map_made_in_turns_is_the_one_made_at_once(method):
    asked = pose(SNAPSHOT, SEVEN, SETTINGS)
    found, pauses = finish(in_turns(asked, lambda paced: attribute(paced, method)))
    assert np.array_equal(found, attribute(asked, method))
    assert pauses >= 1


def test_each_pass_of_the_network_has_a_turn_of_its_own():
    passes = []
    finish(in_turns(pose(SNAPSHOT, SEVEN, SETTINGS), lambda paced: [
        passes.append(paced.module(paced.picture)) for _pass in range(5)]))
    _found, pauses = finish(in_turns(pose(SNAPSHOT, SEVEN, SETTINGS), lambda paced: [
        paced.module(paced.picture) for _pass in range(5)]))
    assert len(passes) == pauses == 5


def test_what_goes_wrong_in_between_is_raised():
    asked = pose(without_convolution(), SEVEN, SETTINGS)
    with pytest.raises(EngineError, match="maps of a convolution"):
        finish(in_turns(asked, lambda paced: attribute(paced, "grad_cam")))


def test_work_that_is_given_up_leaves_no_thread_behind():
    before = threading.active_count()
    pieces = in_turns(pose(SNAPSHOT, SEVEN, SETTINGS), lambda paced: attribute(paced, "occlusion"))
    next(pieces)
    assert threading.active_count() == before + 1
    pieces.close()
    assert threading.active_count() == before


def test_quick_maps_are_made_at_once_and_long_ones_in_turns(monkeypatch):
    asked = pose(SNAPSHOT, SEVEN, SETTINGS)
    assert finish(attribute_in_turns(asked, "occlusion"))[1] == 0
    monkeypatch.setattr(sheet, "LONG", 0.0)
    found, pauses = finish(attribute_in_turns(asked, "occlusion"))
    assert pauses > 0 and np.array_equal(found, attribute(asked, "occlusion"))


def test_a_sheet_made_in_turns_holds_the_same_maps_and_its_progress_never_falls(monkeypatch):
    request = {"images": SEVEN[None], "settings": to_dict(SETTINGS), "methods": ("gradient", "kernel_shap", "lrp")}
    whole = list(fill_sheet(SNAPSHOT, request))[-1][1]
    monkeypatch.setattr(sheet, "LONG", 0.0)
    shares, sheets = zip(*fill_sheet(SNAPSHOT, request))
    assert list(shares) == sorted(shares) and len(shares) > 5
    for method, found in whole["maps"].items():
        assert np.array_equal(sheets[-1]["maps"][method][0], found[0])
