"""The Digits page on other data sets: not here yet, in colour, and of a visitor's own pictures."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from dlcore.data import images, shelf
from dlcore.specs.codec import from_link, to_dict, to_link
from dlcore.specs.experiment import Experiment, learn_from
from dlcore.specs.model import MLP, Linear, Network
from dlcore.specs.neuron import Neuron
from dlcore.specs.saliency import Saliency
from dlcore.specs.training import Training
from dlcore.training.recording import Recording
from tests.conftest import wait_until
from tests.dlcore.data.keeping import make_arrays
from tests.pages.test_saliency import unpack

OWN = "own-3-60-12-00112233aabbccdd"
PLAIN = Experiment(network=Network(blocks=MLP))


def linked(app) -> Experiment:
    return from_link(app.query_params["experiment"])[0]


def png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def said(app) -> str:
    return "\n".join(element.value for kind in (app.markdown, app.caption, app.error, app.info) for element in kind)


@pytest.fixture
def own(engine):
    """Pictures of a visitor's own in the engine's home: three classes, each with its pattern."""
    images.keep_in(engine.home)
    arrays = make_arrays(OWN, 60, 12)
    shelf.put(OWN, arrays, ("cup", "pen", "<b>key</b>"))
    return arrays


def finished(app, engine):
    wait_until(lambda: engine.view(app.query_params["run"]).state == "finished", 120, "the run did not finish")
    return engine.view(app.query_params["run"])


def test_a_chosen_data_set_brings_its_size_colours_classes_and_number(app_test):
    app = app_test("digits.py")
    app.selectbox(key="digits.dataset").select("gtsrb").run()
    chosen = linked(app)
    assert (chosen.data.size, chosen.data.channels, chosen.data.examples) == (48, 3, 26_640)
    assert chosen.network.blocks[-1] == Linear(features=43)
    assert app.selectbox(key="digits.preset").value == "small"
    app.selectbox(key="digits.preset").select("mlp").run()
    assert linked(app).network.blocks[-1] == Linear(features=43) and linked(app).data.size == 48


def test_a_data_set_that_is_not_here_says_what_it_is_and_is_not_trained_on(app_test):
    app = app_test("digits.py", experiment=to_link(learn_from(Experiment(), "cifar10")))
    assert "CIFAR-10** is not on this machine yet" in said(app) and "50,000 training" in said(app)
    assert "makers state no licence" in said(app)
    assert app.button(key="digits.train").disabled and app.button(key="digits.fetch").label == "Fetch 171 MB"


def test_fetching_without_a_network_fails_with_a_sentence_at_its_button(app_test, awake):
    app = app_test("digits.py", experiment=to_link(learn_from(Experiment(), "kmnist")))
    app.button(key="digits.fetch").click().run()
    wait_until(lambda: "could not be fetched from codh.rois.ac.jp" in said(app.run()), 120, "it hangs")
    assert app.button(key="digits.fetch")
    assert not images.is_there("kmnist") and list((awake.home / "datasets").glob(".part-*")) == []


def test_a_fetch_shows_how_far_it_is_and_can_be_stopped(app_test, awake):
    """A longer Job stands in for the download, which fails here at once."""
    app = app_test("digits.py", experiment=to_link(learn_from(Experiment(), "emnist_letters")))
    curve = {"kind": "fit_curve", "neuron": to_dict(Neuron(), whole=True), "widths": (16,) * 30}
    job = awake.start_job("somebody", curve)
    app.session_state["_fetch.digits"] = "emnist_letters", job
    app.run()
    app.button(key="digits.stop_fetching").click().run()
    wait_until(lambda: "digits.fetch" in [button.key for button in app.run().button], 120, "it goes on")
    assert awake.job(job).error is not None and "cancelled" in said(app)


def test_a_link_to_own_pictures_that_are_elsewhere_says_so(app_test):
    other = OWN.replace("0011", "ffff")
    app = app_test("digits.py", experiment=to_link(learn_from(PLAIN, other)))
    assert "stay where they were collected" in said(app)
    assert app.button(key="digits.train").disabled and "digits.fetch" not in [button.key for button in app.button]


def test_own_pictures_are_trained_on_read_and_evaluated(app_test, awake, own):
    app = app_test("digits.py", experiment=to_link(learn_from(PLAIN, OWN)))
    app.button(key="digits.train").click().run()
    view = finished(app, awake)
    app.session_state["digits.confusion"] = {"cell": [2, 2]}
    app.session_state["digits.closer"] = "Figures by class"
    app.run()
    assert not app.exception
    kept = Recording(awake.home / "runs" / view.id).predictions(view.step)
    right = kept.scores.argmax(1) == own["test_labels"]
    assert kept.whole and kept.scores.shape == (12, 3) and right.mean() > 0.9
    table = app.dataframe[0].value
    assert list(table["Class"]) == ["cup", "pen", "<b>key</b>"]
    assert list(table["Recall"]) == [f"{100 * right[own['test_labels'] == label].mean():.1f}%" for label in range(3)]
    assert any("<b>key</b> read as <b>key</b>" in str(grid.proto) for grid in app.get("bidi_component"))


def test_a_test_picture_is_chosen_and_read_by_the_network_on_the_page(app_test, awake, own):
    app = app_test("digits.py", experiment=to_link(learn_from(PLAIN, OWN)))
    app.button(key="digits.train").click().run()
    view = finished(app, awake)
    app.session_state[f"digits.tests_{OWN}_0"] = {"picked": 3}
    app.run()
    index = int(np.random.default_rng(0).permutation(12)[3])
    kept = app.session_state["_chosen.digits"]
    assert np.array_equal(kept.image, own["test_images"][index]) and kept.label == own["test_labels"][index]
    scores = Recording(awake.home / "runs" / view.id).predictions(view.step).scores[index]
    assert app.session_state["digits.prediction"] == ["cup", "pen", "<b>key</b>"][scores.argmax()]


def test_a_network_for_colours_gets_a_new_picture_in_its_colours(app_test, awake, own, monkeypatch):
    app = app_test("digits.py", experiment=to_link(learn_from(PLAIN, OWN)))
    app.button(key="digits.train").click().run()
    finished(app, awake)
    pictures = []
    answer = awake.explain
    monkeypatch.setattr(awake, "explain", lambda visitor, request, **how: (
        pictures.append(request.get("images")), answer(visitor, request, **how))[1])
    app = app_test("saliency.py", run=app.query_params["run"])
    app.pills(key="saliency.picture").set_value("own").run()
    app.file_uploader(key="saliency.brought").upload("cup.png", png(own["test_images"][4])).run()
    wait_until(lambda: not app.run().session_state["_bringing.saliency"], 120, "the picture was not read")
    assert not app.exception and np.array_equal(pictures[-1][0], own["test_images"][4])


def test_pictures_that_wait_are_shown_small_one_can_be_taken_away_and_a_broken_one_is_told(app_test, awake, own):
    app = app_test("digits.py")
    app.button(key="digits.own_pictures").click().run()
    app.text_input(key="digits.class_name").set_value("cup").run()
    files = [(f"{at}.png", png(own["test_images"][at]), "image/png") for at in range(3)]
    app.file_uploader(key="digits.files_0").set_value([*files, ("x.png", b"nothing", "image/png")]).run()

    def thumbnails():
        found = [part.proto for part in app.run().get("bidi_component") if "thumbnails_0" in part.proto.id]
        return unpack(found[0].bytes)[1]["thumbnails_0.pictures"] if found else ()
    wait_until(lambda: len(thumbnails()) == 3, 120, "the pictures were not looked at")
    assert np.array_equal(thumbnails(), own["test_images"][:3])
    assert "no picture that can be read" in said(app)
    app.session_state["digits.thumbnails_0_0"] = {"picked": 1}
    assert np.array_equal(thumbnails(), own["test_images"][[0, 2]])
    assert app.session_state["_classes.digits"] == {"cup": [files[0][1], files[2][1]]}


def test_the_mistakes_of_a_small_data_set_are_found_on_the_saliency_page(app_test, awake, own):
    """There are twelve test pictures, and an untrained network reads some of them wrong."""
    untrained = replace(learn_from(PLAIN, OWN), training=Training(learning_rate=0.0, epochs=1))
    app = app_test("digits.py", experiment=to_link(untrained))
    app.button(key="digits.train").click().run()
    finished(app, awake)
    asked = to_link(Saliency(company="mistakes", methods=("gradient",), method="gradient"))
    app = app_test("saliency.py", run=app.query_params["run"], saliency=asked)

    def sheet():
        return unpack(next(part.proto.bytes for part in app.run().get("bidi_component")
                           if part.proto.id.endswith("saliency.maps")))[0]
    wait_until(lambda: not sheet()["pending"], 120, "the maps did not come")
    columns = sheet()["columns"][1:]
    assert not app.exception and columns and all(column["wrong"] for column in columns)
