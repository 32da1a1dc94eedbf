"""The Digits page without a browser: every control, and what it does to the experiment and to the run."""

import json

import pytest

from dlcore.data.images import load_test
from dlcore.specs.codec import from_link, to_link
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import MY_NET, Network
from dlcore.training.recording import Recording
from pages.ui import visitors
from tests.conftest import wait_until
from tests.pages.drawn import rows_of

QUICK = Experiment(data=ImageData(train_size=500))


def texts(app) -> str:
    """All Markdown, captions, HTML and messages of a page, as one text."""
    kinds = (app.markdown, app.caption, app.error, app.warning, app.info, app.title)
    html = [block.proto.body for block in app.get("html")]
    return "\n".join([element.value for kind in kinds for element in kind] + html)


def linked(app) -> Experiment:
    return from_link(app.query_params["experiment"])[0]


def view_of(app, engine):
    return engine.view(app.query_params["run"])


@pytest.fixture
def digits(app_test):
    """The page with five hundred digits: an epoch is four steps."""
    return lambda **address: app_test("digits.py", **({"experiment": to_link(QUICK)} | address))


def test_my_net_is_one_choice_away_and_its_table_shows_the_sums(app_test):
    app = app_test("digits.py")
    app.selectbox(key="digits.preset").select("my_net").run()
    assert linked(app).network == Network(blocks=MY_NET)
    assert linked(app).data.size == 48 and linked(app).data.channels == 3
    assert "9,536,074 parameters" in str([expander.label for expander in app.expander])


def test_a_network_that_cannot_be_built_names_the_block_and_the_way_out_and_is_not_trained(app_test):
    app = app_test("digits.py")
    app.button(key="digits.edit_network").click().run()
    app.number_input(key="digits.block_0_conv_kernel").set_value(11).run()
    app.number_input(key="digits.block_0_conv_padding").set_value(0).run()
    app.number_input(key="digits.block_0_conv_dilation").set_value(4).run()
    assert not app.exception
    assert any(error.value.startswith("Block 1:") and "smaller window" in error.value for error in app.error)
    assert app.button(key="digits.train").disabled


def test_blocks_are_added_moved_and_removed(app_test):
    app = app_test("digits.py")
    kinds = [block.kind for block in state_network(app)]
    app.button(key="digits.edit_network").click().run()
    app.selectbox(key="digits.new_block").select("dropout").run()
    app.button(key="digits.add_block").click().run()
    assert [block.kind for block in state_network(app)] == [*kinds[:-1], "dropout", kinds[-1]]
    app.button(key=f"digits.block_{len(kinds) - 1}_up").click().run()
    assert [block.kind for block in state_network(app)] == [*kinds[:-2], "dropout", *kinds[-2:]]
    app.button(key=f"digits.block_{len(kinds) - 2}_remove").click().run()
    assert [block.kind for block in state_network(app)] == kinds


def state_network(app):
    return (linked(app) if "experiment" in app.query_params else Experiment()).network.blocks


@pytest.mark.parametrize(("key", "value", "path"), [
    ("digits.optimizer", "sgd", "optimizer"), ("digits.loss", "mse", "loss"), ("digits.schedule", "cosine", "schedule"),
    ("digits.learning_rate", 0.01, "learning_rate"), ("digits.batch_size", 64, "batch_size"),
    ("digits.epochs", 3, "epochs"), ("digits.zero_grad", False, "zero_grad"), ("digits.eval_mode", False, "eval_mode"),
    ("digits.reproducible", True, "reproducible"), ("digits.precision", "float32", "precision"),
])
def test_a_training_control_changes_the_experiment_in_the_address(app_test, key, value, path):
    app = app_test("digits.py")
    widget = next(element for kind in (app.selectbox, app.select_slider, app.number_input, app.toggle)
                  for element in kind if element.key == key)
    widget.set_value(value).run()
    assert not app.exception
    assert getattr(linked(app).training, path) == value
    assert widget.value == value


def test_a_link_with_impossible_values_opens_with_the_nearest_ones_and_says_so(app_test):
    app = app_test("digits.py", experiment=json.dumps({"training": {"learning_rate": 1e9, "taste": "red"}}))
    assert app.select_slider(key="digits.learning_rate").value == 10
    said = "\n".join(info.value for info in app.info)
    assert "Learning rate" in said and "training.taste" in said


@pytest.mark.parametrize("address", [
    "", "{", "[]", "[" * 3000, "\0", '{"network":{"blocks":[{"kind":"conv","kernel":1e300}]}}'])
def test_garbage_in_the_address_never_breaks_the_page(app_test, address):
    app = app_test("digits.py", experiment=address, run="../../etc/passwd")
    assert not app.exception and app.button(key="digits.train")


def test_train_pause_step_continue_and_restart(digits, awake):
    app = digits()
    app.button(key="digits.step").click().run()
    wait_until(lambda: view_of(app, awake).step == 1, 120, "one step was not taken")
    assert view_of(app, awake).state == "paused"
    app.run().button(key="digits.step").click().run()
    wait_until(lambda: view_of(app, awake).step == 2, 120, "the second step was not taken")
    app.run().button(key="digits.train").click().run()
    wait_until(lambda: view_of(app, awake).state == "finished", 120, "the run did not finish")
    app.run()
    assert app.button(key="digits.step").disabled
    first = app.query_params["run"]
    app.button(key="digits.restart").click().run()
    assert app.query_params["run"] != first
    wait_until(lambda: view_of(app, awake).state == "finished", 120, "the restarted run did not finish")
    once, again = ([event["train_loss"] for event in awake.view(run).events if event.get("train_loss")]
                   for run in (first, app.query_params["run"]))
    assert once[-1] == pytest.approx(again[-1], rel=0.2)


def test_a_setting_changed_while_it_runs_is_recorded_at_its_step(digits, awake):
    app = digits()
    app.button(key="digits.step").click().run()
    wait_until(lambda: view_of(app, awake).step == 1, 120, "one step was not taken")
    app.run().select_slider(key="digits.learning_rate").set_value(0.001).run()
    wait_until(lambda: any(event["kind"] == "change" for event in view_of(app, awake).events), 120, "nothing recorded")
    change = next(event for event in view_of(app, awake).events if event["kind"] == "change")
    assert (change["step"], change["field"], change["value"]) == (1, "training.learning_rate", 0.001)


def finished(app, engine):
    wait_until(lambda: view_of(app, engine).state == "finished", 120, "the run did not finish")
    return view_of(app, engine)


def test_a_finished_run_goes_on_when_more_epochs_are_asked_for(digits, awake):
    app = digits()
    app.button(key="digits.train").click().run()
    first, run_id = finished(app, awake), app.query_params["run"]
    app.run().number_input(key="digits.epochs").set_value(3).run()
    assert app.button(key="digits.train").label == "Train on"
    app.button(key="digits.train").click().run()
    wait_until(lambda: view_of(app, awake).step == 3 * first.step, 120, "it did not go on")
    assert app.query_params["run"] == run_id
    assert {"training.epochs"} == {change.field for change in view_of(app, awake).experiment.changes}


def test_training_goes_on_from_a_snapshot_in_a_run_of_its_own(digits, awake):
    app = digits()
    app.button(key="digits.train").click().run()
    first, run_id = finished(app, awake), app.query_params["run"]
    app.session_state["digits.rewind"] = {"at": first.step}
    app.run().select_slider(key="digits.learning_rate").set_value(0.001).run()
    app.button(key="digits.train_on").click().run()
    assert app.query_params["run"] != run_id
    wait_until(lambda: view_of(app, awake).step == 2 * first.step, 120, "the branch did not go on for an epoch")
    assert view_of(app, awake).parent == (run_id, first.step)
    changes = {change.field: (change.step, change.value) for change in view_of(app, awake).experiment.changes}
    assert changes == {"training.learning_rate": (first.step, 0.001), "training.epochs": (first.step, 2)}
    assert awake.view(run_id).step == first.step


def test_a_rewind_to_a_damaged_snapshot_says_so(digits, awake):
    app = digits()
    app.button(key="digits.train").click().run()
    view, run_id = finished(app, awake), app.query_params["run"]
    path = awake.home / "runs" / run_id / "snapshots" / f"{view.step}.safetensors"
    path.write_bytes(bytes(path.stat().st_size))
    app.session_state["digits.rewind"] = {"at": view.step}
    app.run()
    assert f"The recording of step {view.step} cannot be read any more." in [warning.value for warning in app.warning]
    app.session_state["digits.rewind"] = {"at": None}
    app.run()
    assert "cannot be read" not in str([warning.value for warning in app.warning])


def test_somebody_else_watches_and_may_go_on_with_a_copy(digits, awake):
    mine = digits()
    mine.button(key="digits.step").click().run()
    wait_until(lambda: view_of(mine, awake).step == 1, 120, "one step was not taken")
    run_id = mine.query_params["run"]
    other = digits(run=run_id)
    assert "digits.train" not in [button.key for button in other.button]
    other.button(key="digits.copy").click().run()
    copied = other.query_params["run"]
    assert copied != run_id and awake.view(copied).parent == (run_id, 1)
    wait_until(lambda: awake.view(copied).state == "finished", 120, "the copy did not finish")
    assert awake.view(run_id).state == "paused" and awake.view(run_id).step == 1


def test_the_matrix_cell_and_the_report_come_from_the_recorded_predictions(digits, awake):
    app = digits()
    app.button(key="digits.train").click().run()
    wait_until(lambda: view_of(app, awake).state == "finished", 120, "the run did not finish")
    app.session_state["digits.confusion"] = {"cell": [7, 7]}
    app.session_state["digits.closer"] = "Figures by class"
    app.run()
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["Class"]) == [str(digit) for digit in range(10)]
    kept = Recording(awake.home / "runs" / app.query_params["run"]).predictions(view_of(app, awake).step)
    labels = load_test("mnist").test_labels
    right = [(kept.scores.argmax(1) == labels)[labels == digit].mean() for digit in range(10)]
    assert list(table["Recall"]) == [f"{100 * share:.1f}%" for share in right]
    points = {kind: [row["x"] for row in rows_of(app, "digits.scores") if row["kind"] == kind]
              for kind in ("Precision", "Recall")}
    assert points["Recall"] == pytest.approx(right)
    assert [f"{100 * share:.1f}%" for share in points["Precision"]] == list(table["Precision"])
    assert kept.whole and any("7 read as 7" in str(grid.proto) for grid in app.get("bidi_component"))


def test_an_unknown_run_is_said_and_forgotten(app_test):
    app = app_test("digits.py", run="nosuchrun")
    assert any("run that is not here" in info.value for info in app.info)


def test_the_page_speaks_turkish(app_test):
    app = app_test("digits.py", locale="tr-TR")
    assert app.title[0].value == "Rakamlar" and app.button(key="digits.train").label == "Eğit"


def test_without_cookies_each_session_is_a_visitor(app_test):
    one, other = (app_test("digits.py").session_state[visitors.VISITOR] for _ in range(2))
    assert one != other
