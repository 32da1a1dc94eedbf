"""A tick is read back by a decoder written from the description alone."""

import json
import struct

import numpy as np
import pytest

from pages.ui.live import pack, pack_topics

TYPES = {"float32": "f", "uint8": "B", "uint32": "I"}


def unpack(message: bytes) -> tuple[dict, dict]:
    """Read a message with nothing but struct: header length, header, then each array at its offset."""
    (length,) = struct.unpack_from("<I", message)
    header = json.loads(message[4 : 4 + length])
    arrays = {}
    for name, (kind, shape, offset) in header["arrays"].items():
        assert offset % 4 == 0
        size = int(np.prod(shape))
        arrays[name] = np.reshape(struct.unpack_from(f"<{size}{TYPES[kind]}", message, offset), shape)
    return header["meta"], arrays


def test_what_is_packed_is_read_back():
    curve = np.array([[0, 2, 4], [2.5, 0.25, -1]])
    pictures = np.arange(2 * 3 * 5, dtype=np.uint8).reshape(2, 3, 5)
    sent = {"text": "Eğitim sürüyor", "step": 4}
    meta, arrays = unpack(pack(sent, curve=curve, pictures=pictures, counts=[70000, 0]))
    assert meta == sent
    assert arrays["curve"].tolist() == curve.tolist()
    assert arrays["pictures"].tolist() == pictures.tolist()
    assert arrays["counts"].tolist() == [70000, 0]


@pytest.mark.parametrize("count", range(9))
def test_every_array_begins_at_a_multiple_of_four_whatever_came_before(count):
    message = pack({"x": "y" * count}, bytes=np.full(count, 7, np.uint8), floats=np.ones(count), none=np.zeros((0, 2)))
    _, arrays = unpack(message)
    assert len(message) % 4 == 0
    assert arrays["bytes"].tolist() == [7] * count and arrays["floats"].tolist() == [1] * count
    assert arrays["none"].shape == (0, 2)


def test_many_arrays_with_long_offsets_fit_their_header():
    arrays = {f"map{i}": np.full((28, 28), i % 256, np.uint8) for i in range(300)}
    _, read = unpack(pack({}, **arrays))
    assert all((read[f"map{i}"] == i % 256).all() for i in range(300))


def test_columns_that_do_not_lie_in_order_are_sent_in_order():
    values = np.arange(6, dtype=np.float64).reshape(2, 3).T
    assert unpack(pack({}, values=values))[1]["values"].tolist() == values.tolist()


def test_numbers_that_json_cannot_say_become_nothing():
    meta, arrays = unpack(pack({"limit": float("nan"), "rows": [np.float32("inf"), np.int64(3)]}, loss=[np.nan, 1.0]))
    assert meta == {"limit": None, "rows": [None, 3]}
    assert np.isnan(arrays["loss"][0])


@pytest.mark.parametrize("values", [["a"], [-1, 2], [1j], [2**32]])
def test_what_the_format_cannot_hold_is_refused(values):
    with pytest.raises(TypeError):
        pack({}, values=values)


def test_topics_of_a_moment_say_which_and_topics_of_the_run_do_not():
    topics = {
        "curves": {"train_loss": np.zeros((2, 1)), "marks": []},
        "matrix": {"counts": np.eye(2, dtype=int), "classes": ["0", "1"]},
    }
    meta, arrays = unpack(pack_topics(topics, view="snapshot", step=40, channel="digits"))
    assert meta["channel"] == "digits"
    assert meta["topics"]["curves"] == {"marks": [], "arrays": ["train_loss"]}
    assert meta["topics"]["matrix"] == {"view": "snapshot", "step": 40, "classes": ["0", "1"], "arrays": ["counts"]}
    assert arrays["matrix.counts"].tolist() == [[1, 0], [0, 1]] and arrays["curves.train_loss"].shape == (2, 1)
