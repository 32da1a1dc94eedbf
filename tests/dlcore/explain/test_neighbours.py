"""The nearest training digits, against distances computed by numpy from their definition."""

import numpy as np
import pytest

from dlcore.data import images
from dlcore.explain.neighbours import find_neighbours

MNIST = images.load("mnist")


def distances_by_definition(picture):
    distances = np.empty(len(MNIST.train_images), np.float32)
    for start in range(0, len(distances), 5_000):
        chunk = MNIST.train_images[start: start + 5_000].astype(np.float32) - picture
        distances[start: start + 5_000] = np.sqrt((chunk * chunk).sum((1, 2))) / 255
    return distances


@pytest.mark.parametrize("index", [0, 18])
def test_the_neighbours_are_those_of_the_definition(index):
    picture = MNIST.test_images[index]
    found, distances = find_neighbours(picture, count=8), distances_by_definition(picture)
    order = distances.argsort(kind="stable")[:8]
    assert found.indices.tolist() == order.tolist()
    assert found.distances == pytest.approx(distances[order], rel=1e-4)


def test_labels_and_pictures_belong_to_the_indices():
    found = find_neighbours(MNIST.test_images[5], count=5)
    assert np.array_equal(found.labels, MNIST.train_labels[found.indices])
    assert np.array_equal(found.pictures, MNIST.train_images[found.indices])


def test_a_training_digit_is_its_own_nearest_neighbour():
    found = find_neighbours(MNIST.train_images[1234], count=2)
    assert found.indices[0] == 1234 and found.distances[0] < 0.05 < found.distances[1]


def test_an_empty_picture_has_neighbours_too():
    found = find_neighbours(np.zeros((28, 28), np.uint8), count=3)
    assert np.isfinite(found.distances).all() and set(found.labels) == {1}
