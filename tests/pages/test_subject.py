"""What a page looks at, on the Convolution page without a browser: network, moment and picture."""

import io
from base64 import b64encode

import numpy as np
import pytest
from PIL import Image

from dlcore.data.images import load_test
from dlcore.specs.codec import from_link, to_link
from dlcore.specs.convolution import Convolution
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import MLP, Network
from dlcore.specs.subject import Subject, read_pixels, write_pixels
from dlcore.specs.training import Training
from tests.conftest import wait_until

PAGE = "convolution"
LABELS = load_test("mnist").test_labels


def subject(app) -> Subject:
    return (from_link(app.query_params[PAGE][0] if isinstance(app.query_params[PAGE], list) else
                      app.query_params[PAGE], PAGE)[0].subject if PAGE in app.query_params else Subject())


def choose(app, kind: str, name: str, value) -> None:
    next(one for one in getattr(app, kind) if one.key == f"{PAGE}.{name}").set_value(value).run()
    assert not app.exception


def draw(app, seq: int, **how) -> bytes:
    """Set a small ring on the pad as the browser does."""
    picture = np.zeros((112, 112), np.uint8)
    picture[30:80, 40:70] = 255
    picture[40:70, 50:60] = 0
    image = {"seq": seq, "side": 112, "pixels": b64encode(picture.tobytes()).decode(), "strokes": 1, **how}
    app.session_state[f"{PAGE}.pad"] = {"image": image}
    app.run()
    assert not app.exception
    return picture.tobytes()


def png(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def visit(app_test, awake):
    return lambda spec=None, **how: app_test(f"{PAGE}.py", **({PAGE: to_link(spec)} if spec else {}), **how)


@pytest.fixture
def asked(engine, monkeypatch):
    """Return a function that tells the last question of a kind that a page asked the explainer."""
    questions, answer = {}, engine.explain
    monkeypatch.setattr(engine, "explain", lambda visitor, request, **how: (
        questions.update({request["kind"]: request}), answer(visitor, request, **how))[1])
    return questions.get


@pytest.fixture(scope="module")
def run(engine, home):
    """A short run with a few snapshots."""
    wait_until(lambda: engine.status().ready, 120, "the engine did not wake")
    experiment = Experiment(data=ImageData(train_size=500), training=Training(epochs=2, batch_size=64))
    run_id = engine.start_run(experiment, "somebody")
    wait_until(lambda: engine.view(run_id).state == "finished", 120, "the run did not finish")
    return run_id


def test_a_test_digit_is_chosen_by_class_by_number_and_one_after_the_other(visit):
    app = visit()
    choose(app, "pills", "class", 5)
    first = subject(app).digit
    assert LABELS[first] == 5 and 5 not in LABELS[:first]
    app.button(key=f"{PAGE}.another").click().run()
    assert LABELS[subject(app).digit] == 5 and subject(app).digit > first
    choose(app, "number_input", "digit", 9999)
    assert subject(app).digit == 9999
    assert app.pills(key=f"{PAGE}.class").value == LABELS[9999]
    choose(app, "number_input", "digit", int(np.flatnonzero(LABELS == 6)[-1]))
    app.button(key=f"{PAGE}.another").click().run()
    assert subject(app).digit == np.flatnonzero(LABELS == 6)[0]


def test_a_drawing_goes_into_the_link_once_the_pen_rests(visit):
    app = visit()
    choose(app, "pills", "picture", "drawing")
    draw(app, 1, busy=True)
    assert subject(app).pixels == ""
    draw(app, 2)
    assert read_pixels(subject(app).pixels)
    app.session_state[f"{PAGE}.pad"] = {"image": {"seq": 3, "side": 112, "pixels": "", "strokes": 0, "empty": True}}
    app.run()
    assert subject(app).pixels == ""


def test_the_drawing_in_a_link_is_not_replaced_by_an_old_one_of_this_browser(visit):
    linked = write_pixels(load_test("mnist").test_images[7].tobytes())
    app = visit(Convolution(subject=Subject(picture="drawing", pixels=linked)))
    draw(app, 1, recalled=True)
    assert subject(app).pixels == linked
    draw(app, 2)
    assert subject(app).pixels not in ("", linked)


def bring(app, name: str, content: bytes) -> None:
    """Upload a file and run the page until its Job has read it, or said why it cannot."""
    app.file_uploader(key=f"{PAGE}.brought").upload(name, content).run()
    wait_until(lambda: not app.run().session_state[f"_bringing.{PAGE}"], 120, "the picture was not read")
    assert not app.exception


def test_an_own_picture_becomes_28_by_28_pixels_in_the_link_and_a_broken_one_gets_a_sentence(visit):
    app = visit()
    choose(app, "pills", "picture", "own")
    paper = np.full((120, 120, 3), 240, np.uint8)
    paper[20:100, 55:65] = 20
    bring(app, "one.png", png(paper))
    pixels = np.frombuffer(read_pixels(subject(app).pixels), np.uint8).reshape(28, 28)
    assert pixels[14, 14] > 200 and pixels[14, 2] == 0
    bring(app, "two.png", png(paper)[:80])
    assert "broken" in app.error[0].value
    assert np.frombuffer(read_pixels(subject(app).pixels), np.uint8).reshape(28, 28).tolist() == pixels.tolist()


def test_without_ink_nothing_is_read_and_a_sentence_says_why(visit):
    app = visit()
    choose(app, "pills", "picture", "own")
    falling = np.linspace(215, 165, 160).astype(np.uint8)[None, :, None].repeat(120, 0).repeat(3, 2)
    bring(app, "empty.png", png(falling))
    assert "No ink was found" in app.error[0].value and subject(app).pixels == ""
    written = falling.copy()
    written[20:100, 130:138] = 30
    bring(app, "one.png", png(written))
    assert not app.error
    pixels = np.frombuffer(read_pixels(subject(app).pixels), np.uint8).reshape(28, 28)
    assert pixels[14, 14] > 200 and pixels[:, :8].max() == 0  # it is found where it stands, and put into the middle


def test_an_own_picture_reaches_a_network_for_digits_as_a_digit_or_in_its_colours_at_its_size(visit, engine, asked):
    flag = np.zeros((96, 96, 3), np.uint8)
    flag[:, :48, 0], flag[:, 48:, 2] = 200, 100
    small = Experiment(data=ImageData(train_size=500, size=48, channels=3), network=Network(blocks=MLP),
                       training=Training(epochs=1))
    run = engine.start_run(small, "somebody")
    wait_until(lambda: engine.view(run).state == "finished", 120, "the run did not finish")
    app = visit(run=run)
    choose(app, "pills", "picture", "own")
    bring(app, "flag.png", png(flag))
    assert asked("inside")["image"].shape == (28, 28)
    choose(app, "pills", "own_way", "plain")
    assert subject(app).own_way == "plain"
    assert np.array_equal(asked("inside")["image"], flag[::2, ::2])
    assert any("in colour, at 48×48" in caption.value for caption in app.caption)


def test_a_picture_of_which_only_a_link_is_left_says_so(visit):
    linked = write_pixels(load_test("mnist").test_images[7].tobytes())
    app = visit(Convolution(subject=Subject(picture="own", pixels=linked)))
    assert any("what a link holds" in caption.value for caption in app.caption)


def test_a_run_in_the_link_is_looked_at_and_rewound_and_the_pretrained_network_is_one_choice_away(visit, run):
    app = visit(Convolution(subject=Subject(step=3)), run=run)
    assert app.selectbox(key=f"{PAGE}.network").value == run
    app.session_state[f"{PAGE}.rewind"] = {"at": 0}
    app.run()
    choose(app, "selectbox", "network", "pretrained")
    assert subject(app).network == "pretrained"
    choose(app, "selectbox", "network", run)
    assert subject(app).network == "run"


def test_the_run_of_the_digits_page_is_taken_over_and_a_link_keeps_its_own(app_test, awake, run):
    app = app_test("digits.py", run=run)
    app.switch_page(f"pages/{PAGE}.py").run()
    assert app.selectbox(key=f"{PAGE}.network").value == run
    assert app.query_params["run"] in (run, [run])


def test_a_number_beyond_the_test_pictures_is_the_last_of_them(visit):
    app = visit(Convolution(subject=Subject(digit=20_000)))
    assert app.pills(key=f"{PAGE}.class").value == LABELS[-1]


def test_a_run_that_nobody_knows_leaves_the_pretrained_network_and_says_so(visit):
    app = visit(run="nothing")
    assert app.selectbox(key=f"{PAGE}.network").value == "pretrained"
    assert any("names a run that is not here" in info.value for info in app.info)
