"""The Playground page without a browser: what the visitor asks for, controls, runs, files, links, both languages."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest

from dlcore.errors import SpecError
from dlcore.specs.codec import from_link, to_dict, to_link
from dlcore.specs.learning import steps_per_epoch
from dlcore.specs.plane import MOST_OWN, PlaneData
from dlcore.specs.plane_network import FEATURES, Layer, PlaneNetwork, parameter_names
from dlcore.specs.playground import PlaneTraining, Playground
from pages.ui.playground.handover import differences, take_over
from tests.conftest import wait_until
from tests.pages.drawn import rows_of

SMALL = Playground(training=PlaneTraining(epochs=3, pace=0))
ENDLESS = Playground(training=PlaneTraining(epochs=1_000_000, pace=60))
OWN = ((1.0, 2.0, 0), (-3.0, 0.5, 1))


@pytest.fixture
def playground(app_test, awake):
    def open_playground(spec: Playground | None = None, **how):
        address = {"playground": to_link(spec)} if spec else {}
        return app_test("playground.py", **address, **how)
    return open_playground


def linked(app) -> Playground:
    link = app.query_params["playground"] if "playground" in app.query_params else '{"kind":"playground"}'
    return from_link(link, "playground")[0]


def message(app, name: str = "playground") -> tuple[dict, dict]:
    """Return what the component of a name was sent: its meta, and its arrays."""
    sent = next(one.proto for one in app.get("bidi_component") if one.proto.component_name.endswith(name)).bytes
    length = struct.unpack("<I", sent[:4])[0]
    header = json.loads(sent[4:4 + length])
    arrays = {name: np.frombuffer(sent, dtype, int(np.prod(shape)), start).reshape(shape)
              for name, (dtype, shape, start) in header["arrays"].items()}
    return header["meta"], arrays


def weights(app) -> dict[str, float]:
    """Return the weights that the page shows, by name."""
    meta, arrays = message(app)
    names = parameter_names(tuple(meta["topics"]["frame"]["sizes"]))
    return dict(zip(names, arrays["frame.weights"].tolist(), strict=True))


def ask(app, *wishes: dict):
    """Ask as the browser does: all that was not answered yet, in one list."""
    asked = []
    for wish in wishes:
        ask.seq += 1
        asked.append({"seq": ask.seq, **wish})
    app.session_state["playground.board"] = {"asked": asked}
    app.run()
    assert not app.exception, app.exception
    return app


ask.seq = 0


def refusal(app) -> str:
    return (message(app)[0]["refused"] or {}).get("text", "")


# the network, in the diagram


@pytest.mark.parametrize(("wish", "network"), [
    ({"do": "feature", "name": "sin(x1)"}, PlaneNetwork(features=("x1", "x2", "sin(x1)"))),
    ({"do": "feature", "name": "x1"}, PlaneNetwork(features=("x2",))),
    ({"do": "layers", "count": 3}, PlaneNetwork(layers=(Layer(4), Layer(2), Layer(2)))),
    ({"do": "layers", "count": 0}, PlaneNetwork(layers=())),
    ({"do": "layers", "count": 99}, PlaneNetwork(layers=(Layer(4), *[Layer(2)] * 7))),
    ({"do": "units", "layer": 1, "count": 16}, PlaneNetwork(layers=(Layer(4), Layer(16)))),
    ({"do": "activation", "layer": 0, "name": "gelu"}, PlaneNetwork(layers=(Layer(4, "gelu"), Layer(2)))),
    ({"do": "frozen", "name": "1.2", "on": True}, PlaneNetwork(frozen=("1.2",))),
    ({"do": "removed", "name": "2.1", "on": True}, PlaneNetwork(removed=("2.1",))),
    ({"do": "weight", "name": "w1.2.1", "value": "-0.75"}, PlaneNetwork(weights=(("w1.2.1", -0.75),))),
])
def test_what_is_asked_for_in_the_diagram_is_in_the_link_and_in_the_picture(playground, wish, network):
    app = ask(playground(), wish)
    assert linked(app).network == network and refusal(app) == ""
    frame = message(app)[0]["topics"]["frame"]
    assert tuple(frame["sizes"]) == linked(app).sizes and frame["features"] == list(network.features)
    assert (frame["frozen"], frame["removed"]) == (list(network.frozen), list(network.removed))


def test_wishes_that_came_together_are_granted_one_after_the_other_and_each_once(playground):
    app = ask(playground(), {"do": "layers", "count": 1}, {"do": "units", "layer": 0, "count": 7},
              {"do": "feature", "name": "x1^2"})
    assert linked(app).sizes == (3, 7, 1) and message(app)[0]["seq"] == ask.seq
    app.run()  # the browser still sends the old list
    assert linked(app).sizes == (3, 7, 1)


def test_a_weight_that_was_set_is_the_one_the_network_has(playground):
    app = playground()
    before = weights(app)
    after = weights(ask(app, {"do": "weight", "name": "w2.1.3", "value": 2.5}, {"do": "weight", "name": "b1.4",
                                                                               "value": -1}))
    assert {name: after[name] for name in after if after[name] != before[name]} == {"w2.1.3": 2.5, "b1.4": -1.0}


@pytest.mark.parametrize(("wish", "said"), [
    ({"do": "weight", "name": "w1.1.1", "value": "much"}, "no number"),
    ({"do": "weight", "name": "w1.1.1", "value": "1e9"}, "from −100"),
    ({"do": "weight", "name": "b1.1", "value": "nan"}, "no number"),
    ({"do": "weight", "name": "w9.1.1", "value": 1}, "no w9.1.1"),
    ({"do": "removed", "name": "3.1", "on": True}, "no 3.1"),
    ({"do": "units", "layer": 0, "count": 17}, "from 1 to 16"),
    ({"do": "activation", "layer": 0, "name": "loud"}, "Choose one"),
    ({"do": "points", "points": [[1, 1, 0]] * (MOST_OWN + 1)}, "room for 300"),
])
def test_what_cannot_be_gets_a_sentence_and_changes_nothing(playground, wish, said):
    app = ask(playground(), wish)
    assert linked(app) == Playground() and said in refusal(app)
    assert refusal(ask(app, {"do": "units", "layer": 0, "count": 3})) == ""


def test_the_last_feature_stays(playground):
    app = ask(playground(Playground(network=PlaneNetwork(features=("x2",)))), {"do": "feature", "name": "x2"})
    assert "at least one feature" in refusal(app) and linked(app).network.features == ("x2",)


NONSENSE = [
    None, 7, [], [7], [{}], [{"seq": "1"}], [{"seq": 900_001, "do": "explode"}], [{"seq": 900_002, "do": "units"}],
    [{"seq": 900_003, "do": "layers", "count": None}], [{"seq": 900_004, "do": "points", "points": 5}],
    [{"seq": 900_005, "do": "points", "points": [["a", 1]]}], [{"seq": 900_006, "do": "walk", "at": ["x"]}],
    [{"seq": 900_007, "do": "units", "layer": 12, "count": 2}], [{"seq": 900_008, "do": "feature"}],
    [{"seq": 900_009, "do": "points", "points": [[1e999, 0, 0]]}],
    [{"seq": 900_010, "do": "points", "points": [[0, 0, 77]]}],
]


def test_nonsense_from_a_browser_is_left_alone(playground):
    app = playground()
    for asked in NONSENSE:
        app.session_state["playground.board"] = {"asked": asked}
        app.run()
        assert not app.exception and linked(app).network == PlaneNetwork(), asked
        assert all(abs(x) <= 6 and 0 <= label <= 4 for x, _y, label in linked(app).data.own), asked


# points


def test_own_points_are_put_taken_back_by_the_pull_and_cleared(playground):
    app = playground()
    ask(app, {"do": "points", "points": [[1.234, 2, 0], [1.5, 2.5, 0]]})
    ask(app, {"do": "points", "points": [[-3, 0.5, 1]]})
    assert linked(app).data.own == ((1.23, 2.0, 0), (1.5, 2.5, 0), (-3.0, 0.5, 1))
    meta, arrays = message(app)
    assert meta["own"] == 3 and arrays["train"][-3:].tolist() == [[pytest.approx(1.23), 2.0, 0.0], [1.5, 2.5, 0.0],
                                                                  [-3.0, 0.5, 1.0]]
    ask(app, {"do": "undo"})
    assert len(linked(app).data.own) == 2
    ask(app, {"do": "undo"})
    assert linked(app).data.own == ()
    ask(app, {"do": "points", "points": [[0, 0, 1]]}, {"do": "clear"})
    assert linked(app).data.own == ()


def test_a_point_of_a_third_class_gives_the_network_three_outputs(playground):
    app = ask(playground(), {"do": "points", "points": [[0, 0, 2]]})
    assert linked(app).outputs == 3 and message(app)[0]["outputs"] == 3
    assert message(app)[1]["frame.surface"].shape == (3, 100, 100)


def test_a_plane_of_ones_own_says_what_is_missing_until_there_are_two_classes(playground):
    app = playground()
    app.session_state["playground.datasets"] = {"chosen": {"seq": 1, "name": "own"}}
    app.run()
    assert app.button(key="playground.train").disabled and any("two classes" in one.value for one in app.warning)
    ask(app, {"do": "points", "points": [list(point) for point in OWN]})
    assert linked(app).data == PlaneData(dataset="own", own=OWN) and not app.button(key="playground.train").disabled
    assert message(app)[1]["test"].shape == (0, 3)


@pytest.mark.parametrize("name", ["xor", "spirals", "multi_gauss"])
def test_a_clicked_picture_becomes_the_data_set(playground, name):
    app = playground()
    app.session_state["playground.datasets"] = {"chosen": {"seq": 1, "name": name}}
    app.run()
    assert linked(app).data.dataset == name
    app.session_state["playground.datasets"] = {"chosen": {"seq": 1, "name": "gauss"}}  # not a newer click
    app.run()
    assert linked(app).data.dataset == name and not app.exception
    pictures = message(app, "datasets")[1]
    assert all(len(points) > 50 for name, points in pictures.items() if name not in ("own", "table"))


def test_switches_of_the_plane_are_in_the_address(playground):
    app = ask(playground(), {"do": "show", "name": "test", "on": True}, {"do": "show", "name": "discrete", "on": True})
    assert app.query_params["show"] in ("discrete,test", ["discrete,test"])
    assert message(app)[0]["show_test"] and message(app)[0]["discrete"]
    ask(app, {"do": "show", "name": "test", "on": False})
    assert not message(app)[0]["show_test"]


# the sidebar


CONTROLS = [
    ("noise", 25, lambda spec: spec.data.noise), ("points", 200, lambda spec: spec.data.points),
    ("train_share", 80, lambda spec: spec.data.train_share), ("dropout", 0.2, lambda spec: spec.network.dropout),
    ("batch_norm", True, lambda spec: spec.network.batch_norm), ("residual", True, lambda spec: spec.network.residual),
    ("learning_rate", 0.3, lambda spec: spec.training.learning_rate),
    ("batch_size", 30, lambda spec: spec.training.batch_size), ("momentum", 0.5, lambda spec: spec.training.momentum),
    ("loss", "squared", lambda spec: spec.training.loss), ("l1", 0.001, lambda spec: spec.training.l1),
    ("l2", 0.01, lambda spec: spec.training.l2), ("pace", 0, lambda spec: spec.training.pace),
    ("epochs", 77, lambda spec: spec.training.epochs), ("seed", 5, lambda spec: spec.training.seed),
    ("optimizer", "adam", lambda spec: spec.training.optimizer),
]


def test_every_control_changes_the_experiment_in_the_address(playground):
    app = playground()
    for key, value, read in CONTROLS:
        kinds = (app.selectbox, app.select_slider, app.slider, app.number_input, app.toggle)
        next(one for kind in kinds for one in kind if one.key == f"playground.{key}").set_value(value).run()
        assert not app.exception and read(linked(app)) == value, key


def test_a_batch_norm_that_cannot_be_is_said_in_its_group(playground):
    app = playground(Playground(training=PlaneTraining(batch_size=1)))
    app.toggle(key="playground.batch_norm").set_value(True).run()
    assert any("Batch norm compares" in one.value for one in app.warning)
    assert app.button(key="playground.train").disabled


def test_new_points_and_new_weights_are_a_click_away(playground):
    app = playground(Playground(network=PlaneNetwork(weights=(("b1.1", 2.0),))))
    before = weights(app)
    app.button(key="playground.new_points").click().run()
    assert linked(app).data.seed == 1
    app.button(key="playground.new_weights").click().run()
    assert linked(app).training.seed == 1 and linked(app).network.weights == ()
    assert weights(app)["w1.1.1"] != before["w1.1.1"]


# files


def put(app, content: bytes) -> None:
    """Put a file as the browser does."""
    app.file_uploader(key="playground.table_file").set_value(("points.csv", content, "text/csv")).run()
    assert not app.exception


@pytest.fixture
def file_page(playground):
    """The page, on which the set "table" can be chosen."""
    return playground(Playground(data=PlaneData(dataset="gauss")))


def test_a_csv_file_becomes_the_data_set(file_page):
    choose_table(file_page)
    rows = "\n".join(f"{x},{-x},{'red' if x > 0 else 'blue'}" for x in range(-20, 20))
    put(file_page, f"x,y,colour\n{rows}".encode())
    file_page.run()
    spec = linked(file_page)
    assert spec.data.dataset == "table" and spec.data.drawn == 40
    assert message(file_page)[0]["classes"] == ["blue", "red"]
    assert any("blue 21, red 19" in one.value for one in file_page.caption)
    assert not file_page.button(key="playground.train").disabled


def choose_table(app) -> None:
    app.session_state["playground.datasets"] = {"chosen": {"seq": 1, "name": "table"}}
    app.run()
    assert not app.exception


BAD_FILES = [
    (b"1,2,a\n3,4\n5,6,b\n1,1,a", "Line 2 has no label"), (b"1,x,a\n2,3,b\n4,5,a\n1,1,b", "not a number"),
    (b"nan,1,a\n2,3,b\n4,5,a\n1,1,b", "not a number"), (b"1,2,a\n3,4,a\n5,6,a\n7,8,a", "All lines have the label"),
    (b"\x89PNG\r\n\0\0", "not a text file"), (b"", "no lines"), (b"1" * 2**20 * 3, "3.0 MB"),
    (b"1,2,a\n3,4,b", "too few lines"),
]


def test_a_bad_file_gets_a_sentence_and_a_right_line_to_copy(file_page):
    choose_table(file_page)
    for content, said in BAD_FILES:
        put(file_page, content)
        assert any(said in one.value and "1.5, -0.3, red" in one.value for one in file_page.error), (content, said)
        assert linked(file_page).data.table == "" and file_page.button(key="playground.train").disabled


# links


def test_a_teacher_s_link_hides_groups_and_everything_can_be_brought_back(playground):
    app = playground(hide="data,network,training,features,points")
    keys = [one.key for kind in (app.selectbox, app.select_slider, app.slider, app.toggle) for one in kind]
    assert not [key for key in keys if key and key.startswith("playground.")]
    meta = message(app)[0]
    assert meta["locked"] and meta["locked_features"] and meta["locked_data"]
    app.button(key="playground.unhide").click().run()
    assert not message(app)[0]["locked"] and "playground.noise" in [one.key for one in app.select_slider]


def test_the_dialog_makes_a_link_with_what_is_ticked(playground):
    app = playground(Playground(data=PlaneData(dataset="xor")))
    app.button(key="playground.share").click().run()
    assert not app.exception and any("hide" not in one.value and "xor" in one.value for one in app.code)
    app.checkbox(key="playground.hide_training").check().run()
    assert any("hide=training" in one.value for one in app.code)


def test_a_broken_link_opens_with_what_can_be_used_and_says_so(playground):
    app = playground(playground='{"data":{"noise":999},"network":{"layers":[{"neurons":40}]}}')
    assert (linked(app).data.noise, linked(app).network.layers) == (50, (Layer(16),))
    assert any("Noise" in one.value for one in app.info)


# to the Backpropagation page


def test_a_point_walks_through_the_network_as_it_stands(playground):
    app = playground(Playground(network=PlaneNetwork(layers=(Layer(3), Layer(2)))))
    shown = weights(app)
    ask(app, {"do": "walk", "at": [1.5, -0.25]})
    taken = from_link(app.query_params["backprop"], "backprop")[0]
    assert app.title[0].value == "Backpropagation"
    assert (taken.hidden, taken.inputs, taken.loss, taken.activation) == ((3, 2), (1.5, -0.25), "bce", "tanh")
    assert dict(taken.weights) == pytest.approx(shown, abs=1e-6)
    assert any("came over from the playground" in one.value and "(1.50, -0.25)" in one.value for one in app.info)
    app.button(key="backprop.update").click().run()
    assert not any("came over" in one.value for one in app.info)  # it is another network by now


def test_the_walk_computes_what_the_playground_computed(awake):
    """The two pages agree on the output at a point: the oracle is the other page's engine."""
    spec = Playground(network=PlaneNetwork(features=("x1", "x2", "x1*x2"), layers=(Layer(4, "relu"), Layer(3, "relu")),
                                           removed=("1.2",)))
    asked = {"kind": "plane_frame", "model": {"spec": to_dict(spec, whole=True)}}
    frame = awake.explain("test.walk", asked, timeout=60)
    pixel = (1.5 + 0.06, -0.9 - 0.06)
    taken = take_over(spec, pixel, frame["weights"], 1)
    answer = awake.explain("test.walk", {"kind": "backprop", "spec": to_dict(taken)}, timeout=60)
    z = answer["scalars"]["z3.1"]["value"]
    column, row = int((pixel[0] + 6) / 0.12), int((6 - pixel[1]) / 0.12)
    assert (int(frame["surface"][0, row, column]) - 128) / 127 == pytest.approx(2 / (1 + np.exp(-z)) - 1, abs=0.006)


@pytest.mark.parametrize(("changed", "said"), [
    ({"layers": (Layer(4),) * 4}, "4 hidden layers"), ({"layers": (Layer(9), Layer(2))}, "9 neurons"),
    ({"layers": ()}, "0 hidden layers"),
    ({"layers": (Layer(2, "relu"), Layer(2))}, "different activation"), ({"layers": (Layer(2, "gelu"),)}, "no GELU"),
    ({"features": FEATURES}, "7 features"), ({"batch_norm": True}, "batch norm"), ({"residual": True}, "residual"),
])
def test_what_has_no_room_on_the_other_page_is_said(app_test, awake, changed, said):
    app_test("playground.py")
    spec = Playground(network=replace(PlaneNetwork(), **changed))
    with pytest.raises(SpecError, match=said):
        take_over(spec, (0.0, 0.0), np.zeros(len(list(parameter_names(spec.sizes))), np.float32), 1)


def test_what_the_other_page_leaves_out_is_said(app_test, awake):
    app_test("playground.py")
    spec = Playground(network=PlaneNetwork(dropout=0.1, frozen=("1.1",)),
                      training=PlaneTraining(l1=0.1, loss="squared"))
    assert differences(spec) == ["dropout", "L1", "frozen neurons", "the half in front of the squared error"]


# runs


def run_id(app) -> str:
    return app.query_params["run"] if isinstance(app.query_params["run"], str) else app.query_params["run"][0]


def finished(app, engine) -> None:
    wait_until(lambda: engine.view(run_id(app)).state == "finished", 120, "the training did not finish")
    app.run()


def test_a_training_is_started_watched_rewound_and_gone_on_with(playground, engine):
    app = playground(SMALL)
    app.button(key="playground.train").click().run()
    finished(app, engine)
    first = run_id(app)
    steps = engine.view(first).snapshots
    assert engine.view(first).step == 3 * steps_per_epoch(SMALL) and steps[0] == 0
    counts = message(app)[1]["matrix.counts"]
    assert np.trace(counts) / counts.sum() == pytest.approx(engine.view(first).frame["metrics"]["test_accuracy"])
    app.session_state["playground.rewind"] = {"at": 0}
    app.run()
    meta, arrays = message(app, "rewind")
    assert meta["topics"]["frame"]["view"] == "snapshot" and meta["topics"]["frame"]["step"] == 0
    untrained = message(playground(SMALL))[1]["frame.weights"]
    assert arrays["frame.weights"] == pytest.approx(untrained, abs=2e-3)  # a snapshot is kept in half precision
    app.button(key="playground.train_on").click().run()
    assert run_id(app) != first and not app.exception


def test_a_batch_and_an_epoch_are_single_steps(playground, engine):
    app = playground(SMALL)
    app.button(key="playground.step").click().run()
    wait_until(lambda: engine.view(run_id(app)).step == 1, 120, "no step was taken")
    app.run()
    app.button(key="playground.epoch").click().run()
    wait_until(lambda: engine.view(run_id(app)).step == steps_per_epoch(SMALL), 120, "the epoch was not trained")
    assert engine.view(run_id(app)).state == "paused"


def test_while_it_learns_rates_and_weights_change_and_another_network_begins_anew(playground, engine):
    app = playground(ENDLESS)
    app.button(key="playground.train").click().run()
    wait_until(lambda: engine.view(run_id(app)).step > 0, 120, "it does not learn")
    app.run()
    first = run_id(app)
    app.select_slider(key="playground.learning_rate").set_value(0.1).run()
    ask(app, {"do": "weight", "name": "w1.1.1", "value": 3}, {"do": "frozen", "name": "1.3", "on": True})
    wait_until(lambda: len(engine.view(first).experiment.changes) == 3, 120, "the changes were not made")
    assert run_id(app) == first and linked(app).network.frozen == ("1.3",) and linked(app).network.weights == ()
    ask(app, {"do": "units", "layer": 0, "count": 6})
    assert run_id(app) != first
    wait_until(lambda: engine.view(first).state == "paused", 120, "the old run goes on")
    wait_until(lambda: engine.view(run_id(app)).state == "running", 120, "the new one does not begin")
    app.run()
    app.button(key="playground.pause").click().run()
    ask(app, {"do": "units", "layer": 0, "count": 5})
    assert "run" not in app.query_params and any(one.value for one in app.title)


def test_somebody_else_s_run_can_be_watched_but_not_steered(playground, engine):
    theirs = engine.start_run(SMALL, "somebody-else-altogether")
    wait_until(lambda: engine.view(theirs).state == "finished", 120, "the training did not finish")
    app = playground(SMALL, run=theirs)
    assert message(app)[0]["locked"] and app.button(key="playground.copy").label == "Continue as a copy"
    ask(app, {"do": "weight", "name": "w1.1.1", "value": 1})
    assert not engine.view(theirs).experiment.changes


def test_a_link_that_names_only_a_run_shows_its_experiment(playground, engine, app_test):
    spec = replace(SMALL, data=PlaneData(dataset="moons"))
    theirs = engine.start_run(spec, "somebody-else-altogether")
    app = app_test("playground.py", run=theirs)
    assert linked(app) == spec


def test_a_run_that_runs_away_stops_with_the_setting_that_did_it_and_can_be_rewound(playground, engine):
    app = playground(Playground(data=PlaneData(dataset="plane"), training=PlaneTraining(learning_rate=10.0, pace=0)))
    app.button(key="playground.train").click().run()
    wait_until(lambda: engine.view(run_id(app)).message is not None, 120, "the loss did not run away")
    app.run()
    assert any("learning rate 10 is too large" in one.value for one in app.warning)
    assert engine.view(run_id(app)).snapshots
    app.session_state["playground.rewind"] = {"at": engine.view(run_id(app)).snapshots[0]}
    app.run()
    assert np.isfinite(message(app, "rewind")[1]["frame.weights"]).all() and not app.exception


# five seeds


def run_seeds(app) -> None:
    app.button(key="playground.seeds_run").click().run()
    assert not app.session_state["_seeds.playground"][-1].job or app.button(key="playground.seeds_stop")
    wait_until(lambda: not app.run().exception and not app.session_state["_seeds.playground"][-1].job, 60,
               "the seeds did not end")
    app.run()


def bands(app) -> dict[str, dict[str, list[dict]]]:
    """Return the rows of the charts of the five seeds: by the metric, by whose they are."""
    found = {metric: rows_of(app, f"playground.seeds_{metric}") for metric in ("test_loss", "test_accuracy")}
    return {metric: {name: [row for row in rows if row["name"] == name] for name in {row["name"] for row in rows}}
            for metric, rows in found.items()}


def test_five_seeds_give_a_band_and_say_whether_another_setting_differs_by_more(playground):
    app = playground(replace(SMALL, data=PlaneData(dataset="gauss")))
    run_seeds(app)
    assert any("Five seeds, 3 epochs each" in one.value for one in app.caption)
    result, drawn = app.session_state["_seeds.playground"][-1].result, bands(app)
    for metric, told in drawn.items():
        assert set(told) == {"these settings"}
        assert [row["x"] for row in told["these settings"]] == result["epochs"].tolist() == [0, 1, 2, 3]
        for end, found in (("low", np.min), ("high", np.max), ("mean", np.mean)):
            assert [row[end] for row in told["these settings"]] == pytest.approx(found(result[metric], 0))
    assert any(row["low"] < row["high"] for row in drawn["test_loss"]["these settings"])
    assert len(app.get("vega_lite_chart")) == 2
    app.select_slider(key="playground.learning_rate").set_value(1e-5).run()
    assert not app.get("vega_lite_chart")  # they are of other settings
    run_seeds(app)
    said = next(one.value for one in app.caption if "Compared with" in one.value)
    assert "Learning rate" in said and set(bands(app)["test_loss"]) == {"these settings", "the settings before"}


def test_the_five_seeds_can_be_stopped(playground):
    app = playground(replace(SMALL, training=replace(SMALL.training, epochs=3_000)))
    app.button(key="playground.seeds_run").click().run()
    app.button(key="playground.seeds_stop").click().run()
    assert not app.exception and app.session_state["_seeds.playground"] == []
    assert app.button(key="playground.seeds_run") and not app.get("vega_lite_chart")


# the card on the home page


def test_the_card_s_network_has_learned_the_spiral(awake, app_test):
    from pages.ui.playground.card import spiral

    asked = {"kind": "plane_frame", "model": {"spec": to_dict(spiral(), whole=True)}}
    metrics = awake.explain("test.card", asked, timeout=60)["metrics"]
    assert metrics["train_accuracy"] > 0.99 and metrics["test_accuracy"] > 0.99


# words


def test_the_page_speaks_turkish(playground):
    app = playground(locale="tr-TR")
    assert app.title[0].value == "Oyun alanı"
    turkish, english = message(app)[0]["words"], message(playground())[0]["words"]
    assert {name for name in english if turkish[name] == english[name]} <= {"testing", "says"}
