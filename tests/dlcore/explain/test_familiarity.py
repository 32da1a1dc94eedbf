"""How far a drawing lies from what a network has learned: against the definition, and by what is told from digits."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dlcore.data.drawing import receive
from dlcore.data.images import load
from dlcore.explain import familiarity
from dlcore.explain.familiarity import (
    DIRECTIONS,
    KNOWN,
    NEAREST,
    Reference,
    keep_reference,
    measure,
    measure_on,
    open_reference,
    read_and_compare,
    reference_of,
)
from dlcore.explain.pretrained import FOLDER
from dlcore.explain.snapshot import Snapshot
from dlcore.explain.snapshot import load as open_snapshot
from dlcore.models.build import build
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import Conv, Flatten, Linear, Network
from tests.dlcore.data.lettering import DIGITS, LETTERS, dot, scribble, write

UNLIKE = 0.97  # as the pages mark it


@pytest.fixture(scope="module")
def digits() -> Snapshot:
    return open_snapshot({"pretrained": "digits"}, FOLDER)


def share_nearer(snapshot, pictures):
    found, _measuring = reference_of(snapshot)
    with torch.inference_mode():
        return np.concatenate([found.share_nearer(familiarity._features_of(snapshot, part)).numpy()
                               for part in np.array_split(pictures, -(-len(pictures) // 250))])


def area_under_the_curve(usual, other):
    """Return how often, of a pair, the other one lies farther; half of the times where they are equal."""
    below = np.searchsorted(np.sort(usual), other, "left") + np.searchsorted(np.sort(usual), other, "right")
    return below.mean() / 2 / len(usual)


def drawn(signs, each, seed):
    rng = np.random.default_rng(seed)
    return np.stack([receive(write(sign, rng)).pixels for sign in signs.values() for _ in range(each)])


def touched(how, count, seed):
    rng = np.random.default_rng(seed)
    return np.stack([receive(how(rng)).pixels for _ in range(count)])


def check_what_is_told(snapshot, each, few, every):
    """Assert what is promised, with so many drawings of each sign and so many dots; measured on other seeds than these,
    and on one in `every` of the test digits that were not used to find what is usual (every tenth was).
    """
    usual = share_nearer(snapshot, np.delete(load("mnist").test_images, np.s_[::10], 0)[::every])
    letters = share_nearer(snapshot, drawn(LETTERS, each, 200))
    assert area_under_the_curve(usual, letters) >= 0.95
    assert (usual >= UNLIKE).mean() <= 0.04 and (letters >= max(UNLIKE, np.quantile(usual, 0.97))).mean() >= 0.75
    assert (share_nearer(snapshot, touched(dot, few, 201)) >= UNLIKE).mean() >= 0.9
    assert (share_nearer(snapshot, touched(scribble, few, 202)) >= UNLIKE).mean() >= 0.9
    assert (share_nearer(snapshot, drawn(DIGITS, each, 203)) >= UNLIKE).mean() <= 0.05  # it is not the pen that is told


def test_letters_dots_and_scribbles_are_told_from_digits(digits):
    check_what_is_told(digits, 12, 40, 6)


@pytest.mark.check
def test_a_thousand_letters_are_told_from_all_test_digits(digits):
    check_what_is_told(digits, 100, 300, 1)


@pytest.mark.check
def test_a_visitors_own_network_tells_letters_from_digits(tmp_path):
    from dlcore.training.headless import train
    from dlcore.training.recording import Recording

    spec = Experiment()
    spec = replace(spec, data=replace(spec.data, train_size=12_000), training=replace(spec.training, epochs=2))
    train(spec, lambda said: None, threads=1, folder=tmp_path / "runs" / "own")
    assert Recording(tmp_path / "runs" / "own").experiment == spec
    own = open_snapshot({"run": "own", "step": None}, tmp_path)
    while not reference_of(own)[0]:
        assert measure_on()
    check_what_is_told(own, 100, 300, 1)


def test_the_distance_is_that_of_the_definition():
    rng = torch.Generator().manual_seed(3)
    directions = torch.linalg.qr(torch.randn(9, 4, generator=rng))[0]
    middle, known, features = (torch.randn(*shape, generator=rng) for shape in ((9,), (30, 4), (5, 9)))
    found = Reference(middle, directions, known, torch.empty(0)).distance(features)
    placed = known @ directions.T + middle  # the training pictures where they lie along the directions
    expected = [np.sort([float((one - other).double().norm()) for other in placed])[NEAREST - 1] for one in features]
    assert found.numpy() == pytest.approx(expected, rel=1e-5)


def test_the_share_is_that_of_the_test_pictures_that_are_nearer():
    known, usual = torch.zeros(6, 1), torch.tensor([1.0, 2.0, 3.0, 4.0])
    reference = Reference(torch.zeros(1), torch.ones(1, 1), known, usual)
    shares = reference.share_nearer(torch.tensor([[0.5], [2.5], [9.0]]))
    assert shares.tolist() == [0.0, 0.5, 1.0]


def test_the_kept_reference_is_that_of_the_network_and_of_no_other(digits, tmp_path):
    kept = open_reference(digits.module)
    assert kept.known.shape == (KNOWN, DIRECTIONS) and len(kept.usual) == 1_000
    assert torch.equal(kept.usual, kept.usual.sort().values)
    other = Snapshot(digits.experiment, build(digits.experiment.network, digits.experiment.data, 1).eval(), 0)
    assert open_reference(other.module) is None
    keep_reference(kept, other.module, tmp_path)
    assert torch.equal(open_reference(other.module, tmp_path).usual, kept.usual)
    (tmp_path / familiarity.FILE).write_bytes(b"damaged")
    assert open_reference(other.module, tmp_path) is None and open_reference(other.module, tmp_path / "none") is None


def test_scores_are_the_same_with_the_comparison(digits):
    pictures = torch.from_numpy(load("mnist").test_images[:3].copy())
    scores, nearer, measuring = read_and_compare(digits, pictures)
    assert torch.equal(scores, digits.read(pictures)) and not measuring and 0 <= nearer <= 1


def small_snapshot(blocks, **data):
    spec = Experiment(network=Network(blocks=blocks))
    spec = replace(spec, data=replace(spec.data, **data))
    return Snapshot(spec, build(spec.network, spec.data, 0).eval(), 1)


def test_another_network_is_measured_while_nobody_asks(monkeypatch):
    monkeypatch.setattr(familiarity, "KNOWN", 300)
    monkeypatch.setattr(familiarity, "FIRST", 150)
    monkeypatch.setattr(familiarity, "MEASURED", 120)
    own = small_snapshot((Flatten(), Linear(features=10)))
    picture, steps = torch.from_numpy(load("mnist").test_images[:1].copy()), 0
    assert read_and_compare(own, picture)[1:] == (None, True)
    while read_and_compare(own, picture)[2]:
        assert measure_on()
        steps += 1
    assert steps >= 420 / familiarity.BATCH
    assert read_and_compare(own, picture)[1] == pytest.approx(
        float(measure(own).share_nearer(familiarity._features_of(own, picture.numpy()))[0]))


def test_a_network_without_dense_layers_is_compared_by_what_its_last_layer_is_given(monkeypatch):
    monkeypatch.setattr(familiarity, "KNOWN", 200)
    monkeypatch.setattr(familiarity, "MEASURED", 100)
    own = small_snapshot((Conv(channels=10, kernel=28, padding=0), Flatten()))
    assert measure(own).middle.shape == (28 * 28,)


def test_with_too_few_pictures_nothing_is_said(monkeypatch):
    monkeypatch.setattr(familiarity, "MEASURED", 50)
    assert measure(small_snapshot((Flatten(), Linear(features=10)))) is None
