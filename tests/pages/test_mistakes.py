"""From a mistake to a training that pays it more attention, and to what that changed."""

import numpy as np
import pytest

from dlcore.data.images import load
from dlcore.explain.attribution import attribute
from dlcore.explain.question import pose
from dlcore.explain.snapshot import load as load_snapshot
from dlcore.plots.theme import encode_signed
from dlcore.specs.codec import from_link, to_link
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import MLP, Network
from dlcore.specs.saliency import Saliency
from dlcore.training.recording import Recording
from tests.conftest import wait_until
from tests.pages.test_saliency import unpack

QUICK = Experiment(data=ImageData(train_size=500), network=Network(blocks=MLP))


def finished(app, engine):
    wait_until(lambda: engine.view(app.query_params["run"]).state == "finished", 120, "the run did not finish")
    return engine.view(app.query_params["run"])


def read(engine, view) -> np.ndarray:
    return Recording(engine.home / "runs" / view.id).predictions(view.step).scores.argmax(1)


@pytest.fixture
def trained(app_test, awake):
    """A page with a finished run, on which a cell of mistakes is chosen."""
    app = app_test("digits.py", experiment=to_link(QUICK))
    app.button(key="digits.train").click().run()
    view, labels = finished(app, awake), load("mnist").test_labels
    wrong = read(awake, view)
    cell = next([true, int(found)] for true in range(10) for found in wrong[labels == true] if found != true)
    app.session_state["digits.confusion"] = {"cell": cell}
    return app.run(), view, cell


def test_mistakes_get_more_weight_through_training_digits_that_are_like_them(trained, awake):
    app, first, cell = trained
    app.button(key="digits.weigh").click().run()
    wait_until(lambda: app.run().query_params["run"] != first.id, 120, "no run was begun")
    second = finished(app, awake)
    data = from_link(app.query_params["experiment"])[0].data
    assert second.parent == (first.id, first.step) and second.step > first.step
    assert data == second.experiment.data and 8 <= len(data.again) <= 200
    assert set(load("mnist").train_labels[list(data.again)]) == {cell[0]}
    app.run()
    assert any("have more weight: each is shown 10 times an epoch" in caption.value for caption in app.caption)
    app.button(key="digits.unweigh").click().run()
    assert from_link(app.query_params["experiment"])[0].data.again == ()


def test_how_often_the_weighted_pictures_are_shown_is_chosen_beside_the_button(trained, awake):
    app, first, _cell = trained
    app.selectbox(key="digits.weight_times").select(3).run()
    app.button(key="digits.weigh").click().run()
    wait_until(lambda: app.run().query_params["run"] != first.id, 120, "no run was begun")
    data = finished(app, awake).experiment.data
    assert data.times == 3 and data.shown == 500 + 2 * len(data.again)


def test_what_became_right_and_wrong_is_counted_from_the_recorded_predictions(trained, awake):
    app, first, _cell = trained
    app.number_input(key="digits.epochs").set_value(4).run()
    app.button(key="digits.restart").click().run()
    second, labels = finished(app, awake), load("mnist").test_labels
    app.session_state["digits.closer"] = "What changed"
    app.run()
    assert app.selectbox(key="digits.flips_from").value == (first.id, first.step)
    before, after = (read(awake, view) == labels for view in (first, second))
    said = "\n".join(markdown.value for markdown in app.markdown)
    right, wrong = (f"{count:,}" for count in ((~before & after).sum(), (before & ~after).sum()))
    assert f"Of 10,000 test pictures {right} became right and {wrong} became wrong" in said
    assert any("Epochs" in option for option in app.selectbox(key="digits.flips_from").options)


def test_where_the_network_is_right_no_more_weight_is_offered(trained):
    app, _view, cell = trained
    app.session_state["digits.confusion"] = {"cell": [cell[0], cell[0]]}
    app.run()
    assert "digits.weigh" not in [button.key for button in app.button]


def maps_of_the_cell(app):
    """Run the page until the maps of the chosen cell have come; their message (meta, arrays)."""
    def told():
        found = next(part for part in app.run().get("bidi_component") if part.proto.id.endswith("digits.why_maps"))
        return unpack(found.proto.bytes)
    wait_until(lambda: not told()[0]["pending"], 120, "the maps did not come")
    return told()


def test_the_pictures_of_a_cell_are_explained_for_the_class_read_and_the_true_one_side_by_side(trained, awake):
    app, view, (true, found) = trained
    app.toggle(key="digits.why").set_value(True).run()
    app.selectbox(key="digits.why_method").select("gradient").run()
    meta, arrays = maps_of_the_cell(app)
    assert [row["label"] for row in meta["methods"]] == [f"for {found}", f"for {true}"]
    snapshot = load_snapshot({"run": view.id, "step": view.step}, awake.home)
    for column, picture in enumerate(arrays["pictures"]):
        places = [row[column] for row in meta["cells"]]
        assert meta["limits"][places[0]] == meta["limits"][places[1]]
        for place, label in zip(places, (found, true), strict=True):
            values = attribute(pose(snapshot, picture, Saliency(target=str(label))), "gradient")
            wanted = encode_signed(values, meta["limits"][place])
            assert np.abs(arrays["maps"][place].astype(int) - wanted).max() <= 1


def test_what_is_read_right_is_explained_for_that_class_alone(trained):
    app, _view, cell = trained
    app.session_state["digits.confusion"] = {"cell": [cell[0], cell[0]]}
    app.session_state["digits.why"] = True
    meta, arrays = maps_of_the_cell(app)
    assert [row["label"] for row in meta["methods"]] == [f"for {cell[0]}"]
    assert len(arrays["pictures"]) == len(arrays["maps"]) == 12
