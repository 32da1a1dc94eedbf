"""From a mistake to a training that pays it more attention, and to what that changed."""

import numpy as np
import pytest

from dlcore.data.images import load
from dlcore.specs.codec import from_link, to_link
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import MLP, Network
from dlcore.training.recording import Recording
from tests.conftest import wait_until

QUICK = Experiment(data=ImageData(train_size=500), network=Network(blocks=MLP))


def finished(app, engine):
    wait_until(lambda: engine.view(app.query_params["run"]).state == "finished", 60, "the run did not finish")
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
    wait_until(lambda: app.run().query_params["run"] != first.id, 20, "no run was begun")
    second = finished(app, awake)
    data = from_link(app.query_params["experiment"])[0].data
    assert second.parent == (first.id, first.step) and second.step > first.step
    assert data == second.experiment.data and 8 <= len(data.again) <= 200
    assert set(load("mnist").train_labels[list(data.again)]) == {cell[0]}
    app.run()
    assert any("have more weight: each is shown 10 times an epoch" in caption.value for caption in app.caption)
    app.button(key="digits.unweigh").click().run()
    assert from_link(app.query_params["experiment"])[0].data.again == ()


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
