"""The Recurrent page without a browser: every task and control, what is shown of the cells, and bad input."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dlcore.data.text import load_names, vocabulary
from dlcore.errors import DerinError
from dlcore.specs.codec import from_link, to_dict, to_link
from dlcore.specs.recurrent import GATES, Recurrent, RecurrentNetwork, RecurrentTraining
from dlcore.specs.sequences import MEMORIES, TASKS, SequenceData
from pages.ui.recurrent import sight
from pages.ui.recurrent.changing import change_one
from pages.ui.recurrent.data import samples
from pages.ui.recurrent.moments import unroll_topic
from pages.ui.recurrent.polling import exploded
from tests.conftest import wait_until

SMALL = RecurrentNetwork(cells=("rnn_tanh", "lstm", "gru"), hidden=8, embedding=4)
QUICK = Recurrent(data=SequenceData(task="recall", length=8, delay=3), network=SMALL,
                  training=RecurrentTraining(epochs=1, batch_size=512))


def decode(message: bytes) -> tuple[dict, dict]:
    header = json.loads(message[4: 4 + int.from_bytes(message[:4], "little")])
    arrays = {name: np.frombuffer(message, kind, int(np.prod(shape)), offset).reshape(shape)
              for name, (kind, shape, offset) in header["arrays"].items()}
    return header["meta"], arrays


def told(app, key: str) -> tuple[dict, dict]:
    """Return the last message to a component of the page."""
    return decode(next(one for one in app.get("bidi_component") if one.proto.id.endswith(key)).proto.bytes)


def texts(app) -> str:
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info, app.title)
    return "\n".join(element.value for kind in kinds for element in kind)


def linked(app) -> Recurrent:
    return from_link(app.query_params["recurrent"], "recurrent")[0] if "recurrent" in app.query_params else Recurrent()


def answers(engine) -> bool:
    try:
        request = {"kind": "recurrent_unroll", "model": {"spec": to_dict(QUICK, whole=True)}, "example": 0}
        return "layers" in engine.explain("test", request)
    except DerinError:
        return False


@pytest.fixture
def page(app_test, awake):
    """Return a function that opens the page once the explainer answers."""
    wait_until(lambda: answers(awake), 120, "the explainer did not answer")
    return lambda spec=None, **address: app_test("recurrent.py", **(
        {} if spec is None else {"recurrent": to_link(spec)}), **address)


@pytest.fixture
def trained(page, awake):
    """The page with the run of three small cells that has just finished."""
    app = page(QUICK)
    app.button(key="recurrent.train").click().run()
    wait_until(lambda: awake.view(app.query_params["run"]).state == "finished", 120, "the run did not finish")
    return app.run()


def test_the_page_is_alive_before_anything_is_trained(page):
    meta, arrays = told(page(), "recurrent.unroll")
    shown = meta["topics"]["unroll"]
    assert [cell["name"] for cell in shown["cells"]] == ["rnn_tanh", "lstm", "gru"]
    assert shown["inputs"] == ["⏎", *sight.TEXTS["names"]]
    for cell in shown["cells"]:
        assert {one["name"] for one in cell["maps"]} == {"hidden", *GATES[cell["name"]], *(
            ["cell"] if cell["name"] == "lstm" else [])}
        for one in cell["maps"]:
            assert arrays[f"unroll.{cell['name']}.0.{one['name']}"].shape[1] == shown["count"]


def test_the_equation_adds_up_to_what_the_cell_holds(page):
    equation = told(page(), "recurrent.unroll")[0]["topics"]["equation"]
    inverse = {"σ": lambda a: np.log(a / (1 - a)), "tanh": np.arctanh}
    for row in equation["rows"]:
        assert sum(row["values"][:3]) == pytest.approx(row["values"][3], abs=1e-5)
        assert inverse[row["function"]](row["value"]) == pytest.approx(row["values"][3], abs=1e-4)
    cell, hidden = equation["lines"]
    kept, before, added, candidate = cell["values"]
    assert kept * before + added * candidate == pytest.approx(cell["value"], abs=1e-5)
    assert hidden["values"][0] * np.tanh(hidden["values"][1]) == pytest.approx(hidden["value"], abs=1e-5)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_shows_its_data_and_what_the_cells_make_of_it(page, task):
    app = page(replace(QUICK, data=SequenceData()))
    app.selectbox(key="recurrent.task").set_value(task).run()
    assert not app.exception and not app.warning and linked(app).data.task == task
    assert app.code[0].value.strip()
    meta, arrays = told(app, "recurrent.unroll")
    assert set(meta["topics"]) >= {"unroll", "gradient", "equation"}
    assert ("forecast" in meta["topics"]) == (task == "series")
    looked = sight.unlearned(linked(app))
    assert [cell["name"] for cell in meta["topics"]["unroll"]["cells"]] == list(SMALL.cells)
    assert arrays["unroll.lstm.0.forget"].shape == (looked.spec.network.hidden, meta["topics"]["unroll"]["count"])


def test_a_memory_task_begins_with_gates_that_keep_and_a_text_as_torch_makes_them(page):
    app = page()
    app.selectbox(key="recurrent.task").set_value("recall").run()
    assert (linked(app).network.memory, linked(app).training.learning_rate) == (64, 0.02)
    app.selectbox(key="recurrent.task").set_value("grammar").run()
    assert (linked(app).network.memory, linked(app).training.learning_rate) == (1, 0.005)


def test_a_series_is_drawn_to_scale():
    first = samples(SequenceData(task="series", wave="damped"))[0].split("\n")
    assert len(first) == 3 and {len(row) for row in first} == {22}
    assert {"▁", "█"} <= set("".join(first))
    assert samples(SequenceData(task="series", wave="damped", noise=50))[0].split("\n") != first


@pytest.mark.parametrize("task", MEMORIES)
def test_a_delay_that_does_not_fit_is_said_in_the_sidebar_and_is_not_trained(page, task):
    app = page(replace(QUICK, data=SequenceData(task=task, length=32, delay=5)))
    app.select_slider(key="recurrent.delay").set_value(100).run()
    assert not app.exception and "A delay of 100 steps does not fit into a sequence of 32" in texts(app)
    assert app.button(key="recurrent.train").disabled
    app.select_slider(key="recurrent.length").set_value(128).run()
    assert not app.warning and not app.button(key="recurrent.train").disabled


@pytest.mark.parametrize(("text", "said"), [("çağrı", "“ç”, “ğ”, “ı”"), ("", "There is no text"), ("two words", "“ ”")])
def test_a_text_that_cannot_be_read_is_said_at_its_widget(page, text, said):
    app = page()
    app.text_input(key="recurrent.text").set_value(text).run()
    assert not app.exception and said in " ".join(one.value for one in app.warning)
    app.text_input(key="recurrent.text").set_value("anna").run()
    assert not app.warning and told(app, "recurrent.unroll")[0]["topics"]["unroll"]["inputs"] == ["⏎", *"anna"]


def test_an_unknown_word_of_the_grammar_is_named(page):
    app = page(replace(QUICK, data=SequenceData(task="grammar")))
    app.text_input(key="recurrent.text").set_value("the cat meows").run()
    assert not app.exception and "“meows”" in app.warning[0].value


@pytest.mark.parametrize("place", ["", "lstm", "lstm/0/99999999999999/1", "cnn/0/1/2", "lstm/-1/0/0", "a/b/c/d", None,
                                   7])
def test_a_place_from_the_browser_that_makes_no_sense_does_no_harm(place):
    found = sight.read_place(place)
    assert found.cell in (None, "lstm") and found.unit >= 0 and (found.step is None or 0 <= found.step <= 10_000)


def test_a_place_is_read_as_the_browser_writes_it():
    assert sight.read_place("gru/1/7/12") == sight.Place("gru", 1, 7, 12)
    assert sight.read_place("gru/0//3") == sight.Place("gru", 0, None, 3)


def test_the_cells_are_trained_side_by_side_and_rewound(trained, awake):
    view = awake.view(trained.query_params["run"])
    assert "Finished" in str(told(trained, "recurrent.live")[0]["state"])
    _, arrays = told(trained, "recurrent.live")
    assert {f"curves.{cell}.held_accuracy" for cell in SMALL.cells} <= set(arrays)
    trained.session_state["recurrent.rewind"] = {"at": view.snapshots[0]}
    trained.run()
    meta, _ = told(trained, "recurrent.rewind")
    assert not trained.exception and meta["topics"]["unroll"]["view"] == "snapshot"
    assert meta["topics"]["unroll"]["step"] == view.snapshots[0] == 0


def test_a_cell_whose_gradient_exploded_is_named_and_the_others_learn_on(page, awake):
    wild = RecurrentTraining(optimizer="sgd", learning_rate=10.0, clip=0.0, epochs=1, batch_size=256)
    app = page(Recurrent(SequenceData(task="recall", length=40, delay=30),
                         RecurrentNetwork(cells=("rnn_relu", "gru"), hidden=16), wild))
    app.button(key="recurrent.train").click().run()
    wait_until(lambda: awake.view(app.query_params["run"]).state == "finished", 120, "the run did not finish")
    app.run()
    events = awake.view(app.query_params["run"]).events
    step = next(event["step"] for event in events if event["kind"] == "exploded" and event["cell"] == "rnn_relu")
    said = [one.value for one in app.warning]
    assert any(f"RNN ReLU: the gradient exploded at step {step}" in one and "clipping" in one for one in said)
    assert not any("GRU" in one for one in said) and not app.exception
    assert events[-1].get("gru.held_loss", 0) is not None


def test_an_explosion_is_forgotten_where_training_went_on_from_before_it():
    events = [{"kind": "exploded", "cell": "rnn_tanh", "step": 40}, {"kind": "exploded", "cell": "lstm", "step": 60}]
    known = exploded({}, events)
    assert known == {"rnn_tanh": 40, "lstm": 60}
    assert exploded(known, [{"kind": "cut", "step": 50}]) == {"rnn_tanh": 40}
    assert exploded(known, [{"kind": "cut", "step": -1}, {"kind": "exploded", "cell": "gru", "step": 9}]) == {"gru": 9}


def test_another_task_leaves_the_run_and_coming_back_finds_it_again(trained):
    trained.selectbox(key="recurrent.task").set_value("names").run()
    assert "Not trained yet" in str(told(trained, "recurrent.live")[0]["state"])
    trained.selectbox(key="recurrent.task").set_value("recall").run()
    trained.select_slider(key="recurrent.length").set_value(8).run()
    assert not trained.exception


def test_the_last_cell_cannot_be_taken_away(page):
    app = page(QUICK)
    app.button_group(key="recurrent.cells").set_value(["gru"]).run()
    app.button_group(key="recurrent.cells").set_value([]).run()
    assert linked(app).network.cells == ("gru",) and not app.exception


@pytest.mark.parametrize("spec", [Recurrent(network=SMALL), QUICK, replace(QUICK, data=SequenceData(task="grammar"))])
def test_every_tab_opens(page, spec):
    app = page(spec).run()  # only behind its second run does AppTest keep a tab that is set
    for index in range(len(app.tabs)):
        app.session_state["recurrent.closer"] = app.tabs[index].label
        app.run()
        assert not app.exception and not app.error
        assert len(app.tabs[index].children)  # it is open


def test_the_layers_stand_below_the_code_with_their_counts(page):
    app = page(Recurrent(network=replace(SMALL, hidden=16))).run()
    app.session_state["recurrent.closer"] = app.tabs[-1].label
    table = app.run().dataframe[0].value
    rows = {(row.iloc[0], row.iloc[1]): row.iloc[3] for _, row in table.iterrows()}
    assert rows["LSTM", "recurrent.0"] == "4·16·(4+16+2) = 1,408"
    assert rows["RNN tanh", "recurrent.0"] == "1·16·(4+16+2) = 352" and rows["GRU", "head"] == "(16+1)·27 = 459"


def test_a_changed_symbol_is_another_one():
    for text in ("christopher", "anna", "the cats"):
        changed = change_one(text)
        assert len(changed) == len(text) and sum(a != b for a, b in zip(text, changed, strict=True)) == 1
    assert change_one("…") == "…"


def test_a_column_of_numbers_becomes_the_series_and_a_gap_is_named(page):
    app = page(replace(QUICK, data=SequenceData(task="series", length=16, horizon=8)))
    app.button_group(key="recurrent.wave").set_value("column").run()
    assert "No column is in use yet" in texts(app) and app.button(key="recurrent.train").disabled
    rows = [f"{day},{np.sin(day / 5):.4f}" for day in range(300)]
    uploader = app.file_uploader(key="recurrent.column_file")
    uploader.set_value(("gap.csv", "\n".join(["day,heat", *rows[:40], "40,", *rows[41:]]).encode(), "text/csv")).run()
    assert app.selectbox(key="recurrent.csv_column").options == ["heat", "day"] and not linked(app).data.column
    app.button(key="recurrent.use_column").click().run()
    assert "Line 42 has no number in the column “heat”" in texts(app)
    uploader = app.file_uploader(key="recurrent.column_file")
    uploader.set_value(("whole.csv", "\n".join(["day,heat", *rows]).encode(), "text/csv")).run()
    assert "No column is in use yet" in texts(app) and "“heat” is read as 0 · 0.1987 · 0.3894 …" in texts(app)
    app.button(key="recurrent.use_column").click().run()
    assert "In use: the column “heat”, 300 numbers" in texts(app)
    assert not app.exception and linked(app).data.column_count == 300 and not app.warning
    assert set(app.code[0].value) <= set("▁▂▃▄▅▆▇█\n")
    assert "forecast" in told(app, "recurrent.unroll")[0]["topics"]


def test_the_page_speaks_turkish(page):
    app = page(lang="tr")
    assert app.title[0].value == "Tekrarlayan ağlar" and "4.647 ad" in texts(app)


def test_names_on_screen_are_names_that_are_learned_from(page):
    shown = page().code[0].value.split("\n")
    assert set(shown) <= set(load_names()[0]) and all(vocabulary(SequenceData()).encode(name).size for name in shown)


def test_maps_say_what_the_cells_hold():
    values = np.array([[-1.0, 0.5], [0.0, 1.0]])
    answer = {"inputs": ["⏎", "a"], "layers": [{"hidden": values, "cell": None, "gates": {}}],
              "surprise": np.array([2.0]), "outputs": np.zeros((2, 27)), "top": [[("a", 0.5)], [("b", 0.25)]]}
    topic = unroll_topic(sight.Sight({}, Recurrent()), {"rnn_tanh": answer})
    assert topic["rnn_tanh.0.hidden"].tolist() == [[1, 128], [192, 255]]  # units down, steps across
    assert topic["truth"] == ["a", ""] and topic["means"] == {"rnn_tanh": "2.00"}
