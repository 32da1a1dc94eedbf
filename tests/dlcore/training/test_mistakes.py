"""Learning from mistakes: pictures with more weight, those that are like a mistake, and what became right or wrong."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from dlcore.data.batches import Batches, choose_part, generator
from dlcore.data.images import Images, load
from dlcore.errors import SpecError
from dlcore.explain.similar import NEAREST, Similar, nearest
from dlcore.specs.codec import from_link, to_link
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment, check, learn_from, steps_per_epoch
from dlcore.specs.model import Flatten, Linear, Network
from dlcore.specs.training import Training
from dlcore.training.recording import Recording
from dlcore.training.report import find_flips
from dlcore.training.trainer import Trainer


def numbered(count: int = 700) -> Images:
    """Return pictures whose first two pixels say which one they are."""
    pictures = np.zeros((count, 28, 28), np.uint8)
    pictures[:, 0, 0], pictures[:, 0, 1] = np.divmod(np.arange(count), 256)
    return Images("mnist", pictures, (np.arange(count) % 10).astype(np.uint8), pictures[:5], pictures[:5, 0, 0], ())


def shown_in(batches: Batches, epoch: int) -> list[int]:
    """Return the numbers of the pictures that an epoch shows, in order."""
    steps = range(epoch * batches.per_epoch, (epoch + 1) * batches.per_epoch)
    seen = []
    for step in steps:
        pictures, labels = batches.batch(step)
        pixels = ((pictures[:, 0, 0, :2] * 0.3081 + 0.1307) * 255).round().long()
        numbers = (pixels[:, 0] * 256 + pixels[:, 1]).tolist()
        assert labels.tolist() == [number % 10 for number in numbers]
        seen += numbers
    return seen


@pytest.mark.parametrize("size", [500, 700])
def test_pictures_with_more_weight_come_so_often_and_all_others_once(size):
    """Also those that lie outside of the part that is trained on; for them one time less, and the spec counts so."""
    part = set(choose_part(ImageData(train_size=size), 700, 4).tolist())
    within, outside = sorted(part)[7], next((n for n in range(700) if n not in part), None)
    again = tuple(n for n in (within, outside) if n is not None)
    spec = ImageData(train_size=size, again=again, times=5)
    batches = Batches(spec, numbered(), 64, seed=4)
    seen = Counter(shown_in(batches, 0))
    assert seen[within] == 5 and (outside is None or seen[outside] == 4)
    assert {count for number, count in seen.items() if number not in again} == {1} and part <= set(seen)
    assert sum(seen.values()) == batches.shown == size + 4 * len(again)
    assert shown_in(batches, 1) != shown_in(batches, 0)


def test_without_more_weight_the_order_is_what_it_was():
    plain = Batches(ImageData(train_size=500), numbered(), 64, seed=4)
    order = torch.randperm(500, generator=generator(4, "order", 0))
    assert shown_in(plain, 0) == choose_part(plain.spec, 700, 4)[order].tolist()


def test_an_epoch_is_as_long_as_the_spec_says():
    spec = ImageData(train_size=500, again=(1, 2, 2, 3), times=20)
    experiment = Experiment(data=spec, training=Training(batch_size=50))
    assert steps_per_epoch(experiment) == Batches(spec, load("mnist"), 50, 0).per_epoch == -(-(500 + 3 * 19) // 50)


def test_more_weight_travels_in_a_link_and_leaves_with_the_data_set():
    experiment = Experiment(data=ImageData(again=(5, 59_999), times=7))
    assert from_link(to_link(experiment)) == (experiment, ())
    assert learn_from(experiment, "cifar10").data.again == ()


def test_a_picture_that_there_is_not_is_refused_and_mended():
    broken = Experiment(data=ImageData(again=(60_000,)))
    with pytest.raises(SpecError, match="no training picture 60000: mnist has 60,000"):
        check(broken)
    mended, mends = from_link(to_link(broken))
    assert mended == Experiment() and [mend.field for mend in mends] == ["data.again"]


def test_the_nearest_are_those_by_the_definition_of_the_distance():
    mnist = load("mnist")
    among = np.flatnonzero(mnist.train_labels == 4)[:2_500]
    apart = np.sqrt((((mnist.train_images[among].astype(float) - mnist.test_images[247]) / 255) ** 2).sum((1, 2)))
    found = nearest(mnist.test_images[247], mnist.train_images, among)
    assert found.tolist() == among[np.argsort(apart)[:NEAREST]].tolist()


def test_what_is_like_a_mistake_is_of_its_class_and_was_learned_from(tmp_path):
    experiment = Experiment(data=ImageData(train_size=3_000))
    Recording.create(tmp_path / "runs" / "one", experiment)
    tests = [247, 115, 18]
    job = Similar({"run": "one", "tests": tests}, tmp_path)
    while not job.finished:
        job.advance(0)
    mnist, again = load("mnist"), np.array(job.result["again"])
    part = choose_part(experiment.data, 60_000, experiment.training.seed).numpy()
    assert np.isin(again, part).all()
    assert set(mnist.train_labels[again]) <= set(mnist.test_labels[tests])
    expected = {int(n) for test in tests for n in nearest(
        mnist.test_images[test], mnist.train_images, part[mnist.train_labels[part] == mnist.test_labels[test]])}
    assert set(again.tolist()) == expected


def test_a_training_with_more_weight_goes_on_from_a_snapshot_of_one_without(tmp_path):
    plain = Experiment(data=ImageData(train_size=500), network=Network(blocks=(Flatten(), Linear(features=10))),
                       training=Training(batch_size=50, epochs=1, reproducible=True))
    first = Trainer(plain, Recording.create(tmp_path / "a", plain))
    while not first.finished:
        first.advance(1)
    weighed = replace(plain, data=replace(plain.data, again=(1, 2, 3), times=20))
    Recording(tmp_path / "a").branch(tmp_path / "b", first.step, "")
    second = Trainer(weighed, Recording.create(tmp_path / "b", weighed), start=first.step)
    second.change("training.epochs", 2)
    while not second.finished:
        second.advance(1)
    assert second.step == 2 * -(-(500 + 3 * 19) // 50) > first.step
    assert not torch.equal(first.weights()["fc1.weight"], second.weights()["fc1.weight"])


def test_flips_are_what_became_right_and_what_became_wrong():
    labels, before, after = (np.array(row) for row in ([3, 3, 3, 3, 3], [3, 3, 8, 8, 5], [3, 8, 3, 8, 3]))
    right, wrong = find_flips(labels, before, after)
    assert right.tolist() == [2, 4] and wrong.tolist() == [1]
    shares = [(read == labels).mean() for read in (before, after)]
    assert shares[1] - shares[0] == pytest.approx((len(right) - len(wrong)) / len(labels))
