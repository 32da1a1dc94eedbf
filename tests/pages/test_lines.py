"""Direct lines: who may ask, what is read of a question, and what a pad is answered while its page's script rests."""

import base64
import gc
import urllib.error
import urllib.request

import numpy as np
import pytest
import streamlit as st

from dlcore.data.drawing import PAD
from dlcore.data.images import load_test
from dlcore.errors import EngineAsleep, EngineError
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import Flatten, Linear, Network
from dlcore.specs.training import Training
from pages.ui import lines, state
from pages.ui.language import language
from pages.ui.reader import Reader
from pages.ui.visitors import VISITOR, visitor
from tests.conftest import run_apart, wait_until
from tests.pages.test_live import unpack

PRETRAINED = {"pretrained": "digits"}


@pytest.fixture
def session(monkeypatch) -> dict:
    """A session without a browser, of a visitor who reads Turkish."""
    held = {VISITOR: "s" * 32, "_language": "tr"}
    monkeypatch.setattr(st, "session_state", held)
    return held


def post(address: str, body: bytes = b"{}", **headers: str) -> tuple[int, bytes]:
    """Post to a line as a browser does; a header given as "" is left out."""
    sent = {"host": "derin.test", "origin": "http://derin.test", "content_length": str(len(body))} | headers
    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in sent.items() if value]
    scope = {"type": "http", "method": "POST", "path": f"/{address}", "query_string": b"",
             "path_params": {"token": address.removeprefix("line/")}, "headers": pairs}
    answer = run_apart(lines.take_question(lines.Request(scope, receive=lambda: give(body))))
    return answer.status_code, answer.body


async def give(body: bytes) -> dict:
    return {"type": "http.request", "body": body, "more_body": False}


def test_a_line_answers_for_the_visitor_and_in_the_language_of_its_session(session, monkeypatch):
    address = lines.open_line("test", lambda question: f"{visitor()} {language()} {question['n']}".encode())
    monkeypatch.setattr(st, "session_state", {})
    assert post(address, b'{"n": 3}') == (200, b"s" * 32 + b" tr 3")


def test_a_line_keeps_its_address_and_is_answered_as_it_was_opened_last(session):
    first = lines.open_line("test", lambda question: b"old")
    assert lines.open_line("test", lambda question: b"new") == first != lines.open_line("other", lambda question: b"")
    assert post(first) == (200, b"new")


def test_a_line_ends_with_its_session(session):
    address = lines.open_line("test", lambda question: b"yes")
    session.clear()
    gc.collect()
    assert post(address)[0] == 404


REFUSED = {
    "another site": (403, b"{}", {"origin": "http://elsewhere.test"}),
    "a page without a place": (403, b"{}", {"origin": "null"}),
    "an origin that is none": (403, b"{}", {"origin": "http://[derin.test"}),
    "the same name at another port": (403, b"{}", {"origin": "http://derin.test:81"}),
    "too long": (413, b'"' + b"x" * lines.MOST_BYTES + b'"', {}),
    "said to be endless": (413, b"{}", {"content_length": "9" * 40}),
    "without a length": (411, b"{}", {"content_length": ""}),
    "of a length that is no number": (411, b"{}", {"content_length": "-1"}),
    "of a length in other digits": (411, b"{}", {"content_length": "³"}),
    "no JSON": (400, b"{", {}),
    "no text": (400, b"\xff\xfe\x00", {}),
    "no question": (400, b"[1]", {}),
    "nested without an end": (400, b"[" * 60_000, {}),
    "nothing": (400, b"", {}),
}


@pytest.mark.parametrize(("status", "body", "headers"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_question_of_this_page_gets_a_status_and_no_answer(session, status, body, headers):
    address = lines.open_line("test", lambda question: b"told")
    assert post(address, body, **headers) == (status, b"")


def test_who_answers_may_fail_without_telling_why(session):
    def fail(question: dict) -> bytes:
        raise KeyError("something private")

    assert post(lines.open_line("test", fail)) == (500, b"")


# what a pad is answered


def image(picture: np.ndarray, **changes: object) -> dict:
    pixels = base64.b64encode(picture.astype(np.uint8).tobytes()).decode()
    return {"image": {"seq": 1, "side": PAD, "pixels": pixels, "off": []} | changes, "at": None}


def seven() -> np.ndarray:
    """The first test digit, a 7, as large as the pad."""
    return load_test("mnist").test_images[0].repeat(4, 0).repeat(4, 1)


@pytest.fixture
def reader(monkeypatch, session, awake) -> Reader:
    monkeypatch.setattr(state, "engine", lambda: awake)
    return Reader(None, PRETRAINED, "mnist")


def test_a_drawing_is_read_on_the_line(reader):
    meta, arrays = unpack(reader.answer(image(seven())))
    assert meta["top"] == int(arrays["probabilities"].argmax()) == 7 and set(arrays) == {"probabilities"}
    assert meta["note"] and "seq" in meta


def test_the_details_say_what_each_step_is_good_for_and_which_digits_are_near(reader):
    wait_until(lambda: unpack(reader.answer(image(seven(), detail=True)))[0] != {"again": True}, 120, "It stays busy.")
    meta, arrays = unpack(reader.answer(image(seven(), detail=True)))
    assert meta["top"] == 7 and set(meta["otherwise"]) == {"strokes", "crop", "centre", "smooth"}
    assert {"stages", "neighbours", "filters.pictures"} <= set(arrays)
    assert [near["label"] for near in meta["near"]].count(7) >= 5


def test_a_run_that_is_not_there_is_no_reason_to_fail(reader):
    assert unpack(Reader("no-such-run", {"run": "no-such-run"}, "mnist").answer(image(seven()))) == ({}, {})
    assert unpack(Reader("no-such-run", PRETRAINED, "mnist").answer(image(seven())))[0]["top"] == 7


def test_two_drawings_are_said_in_the_language_of_the_session(reader):
    pair = np.zeros((PAD, PAD), np.uint8)
    pair[30:80, 20:30] = pair[30:80, 70:80] = 255
    remark = unpack(reader.answer(image(pair)))[0]["remark"]
    assert remark["text"] == "İki ayrı çizim var: tek bir rakam çizin." and remark["loud"] and remark["title"]
    assert not unpack(reader.answer(image(seven())))[0]["remark"]["loud"]


def test_a_run_is_measured_while_nobody_asks_and_then_says_how_near_a_drawing_is(reader, awake):
    spec = Experiment(data=ImageData(train_size=500), network=Network(blocks=(Flatten(), Linear(features=10))),
                      training=Training(epochs=10))
    run = awake.start_run(spec, "somebody")
    wait_until(lambda: awake.view(run).state == "finished", 120, "The run does not finish.")
    own = Reader(run, PRETRAINED, "mnist")
    meta = unpack(own.answer(image(seven())))[0]
    assert meta["measuring"] and meta["remark"] is None
    wait_until(lambda: not unpack(own.answer(image(seven())))[0].get("measuring", True), 120, "It is never measured.")
    assert "uzak" in unpack(own.answer(image(seven())))[0]["remark"]["text"]


NONSENSE = {
    "nothing": {}, "no picture": {"image": None}, "an empty pad": image(np.zeros((PAD, PAD))),
    "half a picture": image(seven()[:50]), "a number": {"image": 3}, "steps as a text": image(seven(), off="crop"),
}


@pytest.mark.parametrize("question", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_answered_with_nothing(reader, question):
    assert unpack(reader.answer(question)) == ({}, {})


@pytest.mark.parametrize("at", ["../..", -1, 1.5, True, [], {"step": 1}, 2**70])
def test_a_step_that_is_none_changes_nothing(reader, at):
    assert unpack(reader.answer(image(seven()) | {"at": at}))[0]["top"] == 7


class Pretended:
    """An engine that cannot answer."""

    def __init__(self, error: Exception):
        self.error = error

    def status(self):
        return type("Status", (), {"seconds_left": 3.5, "waking": 2.0})

    def view(self, *_):
        return None

    def explain(self, *_, **_how):
        raise self.error


@pytest.mark.parametrize(("error", "told"), [(EngineAsleep("asleep"), {"waiting": 3.5, "since": 2.0}),
                                             (EngineError("busy"), {"again": True})])
def test_an_engine_that_sleeps_or_is_busy_is_said(session, monkeypatch, error, told):
    monkeypatch.setattr(state, "engine", lambda: Pretended(error))
    assert unpack(Reader(None, PRETRAINED, "mnist").answer(image(seven()))) == (told, {})


def test_a_line_that_nobody_opened_is_none(app_url):
    request = urllib.request.Request(f"{app_url}/line/nobody", data=b"{}", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 404
    refused.value.close()
