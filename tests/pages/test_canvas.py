"""What comes from a pad is a visitor's: it is looked at before it is believed. What goes to it is one small message."""

import base64
import json
import struct
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dlcore.data.drawing import PAD, STEPS, Steps, receive
from dlcore.data.images import load_test
from pages.ui.canvas import TURNS, Answer, Drawing, _sentence, _tell, read_pad, sample_digits

INK = np.arange(PAD * PAD, dtype=np.uint32).astype(np.uint8).reshape(PAD, PAD)


def sent(**changes):
    pixels = base64.b64encode(INK.tobytes()).decode()
    return {"image": {"seq": 3, "side": PAD, "pixels": pixels, "strokes": 1, "empty": False, "detail": False, "off": [],
                      "samples": "mnist", **changes}}


def test_a_drawing_arrives_as_it_was_drawn():
    drawing = read_pad(sent(seq=7, detail=True, off=["crop"]))
    assert np.array_equal(drawing.picture, INK) and not drawing.empty
    assert (drawing.seq, drawing.detail, drawing.samples) == (7, True, "mnist")
    assert drawing.steps == Steps(crop=False)


def test_an_empty_pad_is_an_empty_drawing():
    assert read_pad(sent(pixels="", empty=True)).empty


def test_unknown_steps_are_passed_over():
    assert read_pad(sent(off=["fly", 3, None, "smooth"])).steps == Steps(smooth=False)


SHORT = base64.b64encode(bytes(100)).decode()
NONSENSE = {
    "no state": None, "a text": "digit", "no picture": {}, "a picture that is none": {"image": 7},
    "another side": sent(side=28), "no side": {"image": {"seq": 1, "pixels": ""}}, "a side of texts": sent(side="112"),
    "too few pixels": sent(pixels=SHORT), "too many": sent(pixels="A" * 20_000), "pixels in a list": sent(pixels=[1]),
    "no pixels": sent(pixels=None), "letters that are no base64": sent(pixels="é" * len(sent()["image"]["pixels"])),
    "padding within": sent(pixels="=" * len(sent()["image"]["pixels"])),
    "a negative number": sent(seq=-1), "a fraction": sent(seq=1.5), "a switch": sent(seq=True),
    "a huge number": sent(seq=2**60), "no number": sent(seq=None),
    "steps as a text": sent(off="crop"), "steps as nothing": sent(off=None),
}


@pytest.mark.parametrize("value", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_from_a_browser_is_no_drawing(value):
    assert read_pad(value) is None


def test_an_answer_names_what_was_read_with_and_without_each_step():
    drawing = Drawing(5, INK)
    neighbours = SimpleNamespace(indices=[9], labels=[4], distances=[1.5], pictures=np.zeros((1, 28, 28), np.uint8))
    scores = np.eye(10)
    otherwise = dict.fromkeys(STEPS, scores[1])
    meta, arrays = _tell(Answer(drawing, scores[7], "step 3", receive(INK), otherwise, neighbours))
    assert (meta["seq"], meta["top"], meta["note"]) == (5, 7, "step 3")
    assert meta["otherwise"]["crop"] == {"top": 1, "probability": 1.0}
    assert meta["near"] == [{"index": 9, "label": 4, "distance": 1.5}]
    assert {name: array.shape for name, array in arrays.items()} == {
        "probabilities": (10,), "stages": (4, 56, 56), "neighbours": (1, 28, 28)}


def test_eight_takes_an():
    assert [_sentence(name).format(name=name) for name in ("8", "7", "Ankle boot")] == [
        "It reads an 8", "It reads a 7", "It reads an Ankle boot"]


def test_samples_are_test_digits_of_every_class():
    test, samples = load_test("mnist"), sample_digits("mnist")
    assert samples.shape == (10, TURNS, 28, 28)
    for label, digits in enumerate(samples):
        own = test.test_images[test.test_labels == label]
        assert all((own == digit).all((1, 2)).any() for digit in digits)


def show_pad() -> None:
    import numpy as np
    import streamlit as st

    from pages.ui.canvas import Answer, drawing_on, pad

    drawn = drawing_on("test.canvas")
    answer = Answer(drawn, np.eye(10)[7]) if drawn and not drawn.empty else None
    waiting = st.session_state.get("waiting")
    pad("test.canvas", "test", answer, waiting=waiting)


def message_of(app: AppTest) -> dict:
    """Return the header of the message that the pad was sent."""
    [component] = app.get("bidi_component")
    data = component.proto.bytes
    return json.loads(data[4: 4 + struct.unpack_from("<I", data)[0]])


def run(**state: object) -> AppTest:
    app = AppTest.from_function(show_pad)
    for key, value in state.items():
        app.session_state[key] = value
    app.run()
    assert not app.exception, app.exception
    return app


def test_a_fresh_pad_gets_its_words_and_samples_but_no_answer():
    header = message_of(run())
    assert header["meta"]["words"]["undo"] == "Undo" and "seq" not in header["meta"]
    assert list(header["arrays"]) == ["samples"]


def test_a_drawing_is_answered_in_the_same_run():
    header = message_of(run(**{"test.canvas": sent(seq=12)}))
    assert (header["meta"]["seq"], header["meta"]["top"]) == (12, 7)
    assert list(header["arrays"]) == ["probabilities"]


def test_a_pad_whose_drawing_cannot_be_read_stays_alive():
    header = message_of(run(**{"test.canvas": sent(pixels="!")}))
    assert "top" not in header["meta"]


def test_a_pad_is_told_how_long_the_engine_still_needs():
    assert message_of(run(waiting={"waiting": 4.5, "since": 1.0}))["meta"]["waiting"] == 4.5


def test_the_prediction_can_be_found_by_its_key():
    assert message_of(run())["meta"]["prediction_class"] == "st-key-test-prediction"
