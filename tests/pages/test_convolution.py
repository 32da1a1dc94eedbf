"""The Convolution page without a browser: what the microscope is told, and what it may ask for."""

import json
import struct

import numpy as np
import pytest

from dlcore.specs.bench import PRESETS, Bench
from dlcore.specs.codec import from_link, to_link
from dlcore.specs.convolution import Convolution
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import Flatten, Linear, Network
from dlcore.specs.subject import Subject
from pages.ui.layer_words import write_size
from pages.ui.microscope import grant
from tests.conftest import wait_until

PAGE = "convolution"


def linked(app) -> Convolution:
    return from_link(app.query_params[PAGE], PAGE)[0] if PAGE in app.query_params else Convolution()


def message(app, name: str = "microscope") -> tuple[dict, dict]:
    """What the component of a name was sent: its fields, and its arrays as (kind, shape)."""
    sent = next(one.proto for one in app.get("bidi_component") if one.proto.component_name.endswith(name))
    length = struct.unpack("<I", sent.bytes[:4])[0]
    header = json.loads(sent.bytes[4:4 + length])
    return header["meta"], header["arrays"]


def ask(app, **what) -> None:
    """Ask as the browser does."""
    ask.seq += 1
    app.session_state[f"{PAGE}.microscope"] = {"asked": {"seq": ask.seq, **what}}
    app.run()
    assert not app.exception


ask.seq = 0


@pytest.fixture
def visit(app_test, awake):
    return lambda spec=None, **how: app_test(f"{PAGE}.py", **({PAGE: to_link(spec)} if spec else {}), **how)


def test_every_layer_comes_with_its_size_parameters_and_maps(visit):
    meta, arrays = message(visit())
    layers = {layer["name"]: layer for layer in meta["layers"]}
    assert layers["conv2"]["size"] == "24×28×28" and layers["conv2"]["parameters"] == "(3·3·24+1)·24 = 5,208"
    assert (layers["conv1"]["sees"], layers["conv2"]["sees"], layers["fc1"]["sees"]) == ("3×3", "5×5", "28×28")
    total = sum(int(np.prod(layer["shape"])) for layer in meta["layers"])
    assert arrays["sheet"][:2] == ["uint8", [total]]
    assert meta["reading"] == "reads 7, 100.0%" and meta["walk"]["size_formula"] == "⌊(28 + 2·1 − 3) / 1⌋ + 1 = 28"


def test_a_map_that_is_clicked_is_opened_and_the_maps_are_not_sent_again(visit):
    app = visit()
    key = message(app)[0]["key"]
    ask(app, layer="conv3", channel=5, have=key)
    meta, arrays = message(app)
    assert (linked(app).layer, linked(app).channel, meta["key"]) == ("conv3", 5, key)
    assert (meta["walk"]["layer"], meta["walk"]["channel"], meta["walk"]["before"]) == ("conv3", 5, "pool1")
    assert arrays["kernel"][1] == [24, 3, 3] and arrays["in"][1] == [24, 14, 14] and "sheet" not in arrays
    ask(app, down=3, across=4, have=key)
    assert (linked(app).down, linked(app).across) == (3, 4)
    ask(app, layer="conv1", channel=5, have=key)
    assert (linked(app).down, linked(app).across) == (-1, -1)
    ask(app, layer="conv1", channel=0, have="another")
    assert "sheet" in message(app)[1]


@pytest.mark.parametrize("layer", ["norm1", "relu1", "pool1", "dropout1", "flatten1", "fc1", "scores"])
def test_every_kind_of_layer_can_be_opened(visit, layer):
    meta, arrays = message(visit(Convolution(layer=layer, channel=1)))
    assert meta["walk"]["layer"] == layer and {"in", "out"} <= set(arrays)


def test_a_filter_is_switched_off_and_on_again(visit):
    app = visit(Convolution(layer="conv2", channel=3))
    ask(app, off=True)
    assert linked(app).off == (("conv2", 3),) and message(app)[0]["walk"]["off"]
    other = message(app)[0]["key"]
    ask(app, off=False)
    assert linked(app).off == () and message(app)[0]["key"] != other


def test_train_and_eval_are_one_click_apart_and_every_draw_is_another(visit):
    app = visit(Convolution(layer="dropout1"))
    assert message(app)[0]["walk"]["training"] is False
    ask(app, draw=1)
    first = message(app)
    ask(app, draw=2)
    assert first[0]["walk"]["training"] and first[0]["key"] != message(app)[0]["key"]


def test_another_picture_gives_other_maps(visit):
    seven, two = (message(visit(Convolution(subject=Subject(digit=digit))))[0] for digit in (0, 1))
    assert seven["reading"].startswith("reads 7") and two["reading"].startswith("reads 2")
    assert seven["key"] != two["key"]


@pytest.mark.parametrize("asked", [
    None, 7, {}, {"seq": "1"}, {"seq": 1, "layer": 5, "channel": "x"}, {"seq": 2, "layer": "<script>", "down": None},
    {"seq": 3, "channel": 1e99, "draw": float("nan")}, {"seq": 4, "off": "yes", "layer": ["conv1"]},
])
def test_nonsense_from_a_browser_is_left_alone(visit, asked):
    app = visit()
    app.session_state[f"{PAGE}.microscope"] = {"asked": asked}
    app.run()
    assert not app.exception
    assert linked(app) in (Convolution(), Convolution(channel=4095))


def test_what_is_asked_changes_only_what_it_names():
    spec = Convolution(layer="conv2", channel=3, down=1, across=2, off=(("conv1", 1),), draw=4)
    assert grant(spec, {"down": 5, "across": 6}) == Convolution(layer="conv2", channel=3, down=5, across=6,
                                                              off=(("conv1", 1),), draw=4)
    assert grant(spec, {"off": True}).off == (("conv1", 1), ("conv2", 3))
    assert grant(spec, {"layer": "conv3"}).down == -1


@pytest.mark.parametrize(("numbers", "formula"), [
    ((48, 3, 1, 1, 1), "⌊(48 + 2·1 − 3) / 1⌋ + 1 = 48"), ((28, 5, 2, 0, 1), "⌊(28 − 5) / 2⌋ + 1 = 12"),
    ((28, 3, 3, 2, 4), "⌊(28 + 2·2 − (4·(3 − 1) + 1)) / 3⌋ + 1 = 8"),
])
def test_the_formula_for_the_size_is_written_with_its_numbers(numbers, formula):
    assert write_size(*numbers) == formula


def test_a_broken_link_opens_with_what_can_be_used_and_says_so(app_test, awake):
    app = app_test(f"{PAGE}.py", convolution='{"layer":"conv2","channel":-3,"off":[["conv1",2],["x"],9],"draw":"no"}')
    assert linked(app) == Convolution(layer="conv2", off=(("conv1", 2),))
    assert any("Draw" in info.value or "Channel" in info.value for info in app.info)


def test_the_page_speaks_turkish(visit):
    app = visit(locale="tr-TR")
    assert app.title[0].value == "Evrişim"
    turkish, english = message(app)[0], message(visit())[0]
    same = [name for name, text in turkish["words"].items() if text == english["words"][name]]
    assert set(same) <= {"eval", "train"}
    assert turkish["reading"] == "7 olarak okunuyor, %100,0"


# the kernel bench


def type_kernel(app, values) -> None:
    """Type a kernel as the browser tells it."""
    ask.seq += 1
    app.session_state[f"{PAGE}.kernel"] = {"kernel": {"seq": ask.seq, "values": values}}
    app.run()
    assert not app.exception


def test_a_kernel_is_chosen_typed_enlarged_and_moved(visit):
    app = visit(Convolution(view="bench"))
    app.pills(key=f"{PAGE}.preset").set_value("blur").run()
    assert linked(app).bench.kernel == PRESETS["blur"] and message(app, "kernel")[0]["values"] == list(PRESETS["blur"])
    type_kernel(app, [0, 1, 0, 1, -4, 1, 0, 1, 0])
    assert linked(app).bench.kernel == (0, 1, 0, 1, -4, 1, 0, 1, 0)
    app.select_slider(key=f"{PAGE}.kernel_size").set_value(5).run()
    app.slider(key=f"{PAGE}.stride").set_value(2).run()
    app.slider(key=f"{PAGE}.dilation").set_value(2).run()
    meta, arrays = message(app)
    assert meta["walk"]["size_formula"] == "⌊(28 + 2·1 − (2·(5 − 1) + 1)) / 2⌋ + 1 = 11"
    assert arrays["out"][1] == [11, 11] and meta["layers"][1]["size"] == "1×11×11"


def test_groups_give_each_channel_a_map_of_its_own(visit):
    app = visit(Convolution(view="bench", bench=Bench(colour=True)))
    assert message(app)[1]["in"][1] == [3, 28, 28]
    app.pills(key=f"{PAGE}.groups").set_value("each").run()
    app.session_state[f"{PAGE}.bench_scope"] = {"asked": {"seq": 1, "channel": 2, "layer": "stamp"}}
    app.run()
    meta, arrays = message(app)
    assert meta["layers"][1]["size"] == "3×28×28" and meta["walk"]["channel"] == 2 and arrays["in"][1] == [1, 28, 28]


@pytest.mark.parametrize("typed", [None, 5, {"seq": 1}, {"seq": 1, "values": "x"}, {"seq": 2, "values": [1, 2]},
                                   {"seq": 3, "values": [1, None, 3, 4]}, {"seq": 4, "values": [float("nan")]}])
def test_nonsense_for_a_kernel_is_left_alone(visit, typed):
    app = visit(Convolution(view="bench"))
    app.session_state[f"{PAGE}.kernel"] = {"kernel": typed}
    app.run()
    assert not app.exception and linked(app).bench == Bench()


# filters


def until_done(app, seconds: float = 120) -> None:
    """Run the page again, as its fragment does by itself, until no Job is under way."""
    def done() -> bool:
        app.run()
        assert not app.exception
        return f"_pending.{PAGE}" in app.session_state and not app.session_state[f"_pending.{PAGE}"]
    wait_until(done, seconds, "the Jobs of the page did not end")


def test_the_filters_come_with_what_excites_them_and_can_be_switched_off_and_measured(visit):
    app = visit(Convolution(view="filters", layer="conv2", channel=3))
    until_done(app)
    shown = {one.proto.component_name.rsplit(".", 1)[-1] for one in app.get("bidi_component")}
    assert any("grid" in name for name in shown)
    assert app.selectbox(key=f"{PAGE}.filter_layer").value == "conv2"
    app.number_input(key=f"{PAGE}.filter_channel").set_value(9).run()
    assert linked(app).channel == 8
    app.toggle(key=f"{PAGE}.filter_off").set_value(True).run()
    assert linked(app).off == (("conv2", 8),)
    assert [text.value for text in app.markdown if "reads **7**" in text.value][:2] == [
        "with all: reads **7**, 100.0%", "without: reads **7**, 100.0%"]
    app.button(key=f"{PAGE}.measure").click().run()
    app.button(key=f"{PAGE}.stop_measuring").click().run()
    assert f"{PAGE}.measure" in [button.key for button in app.button] and not app.exception
    app.button(key=f"{PAGE}.all_on").click().run()
    assert linked(app).off == ()


def test_a_clicked_picture_opens_its_filter(visit):
    app = visit(Convolution(view="filters", layer="conv1"))
    until_done(app)
    app.session_state[f"{PAGE}.best"] = {"picked": 7}
    app.run()
    assert not app.exception and linked(app).channel == 7


# shift and locality


def test_the_picture_is_shifted_and_the_table_says_what_moves(visit):
    app = visit(Convolution(view="shift"))
    app.slider(key=f"{PAGE}.right").set_value(1).run()
    assert linked(app).right == 1
    until_done(app)
    rows = app.dataframe[0].value.set_index("Layer")
    assert rows.loc["conv1"].tolist() == ["1, 0", "nothing"] and rows.loc["conv3", "Off by"] == "—"
    assert any("At 75% of all places it still reads 7" in caption.value for caption in app.caption)
    assert any(text.value.startswith("Here it reads **7**") for text in app.markdown)


def test_the_trainings_on_shuffled_pixels_can_be_begun_and_stopped(visit):
    app = visit(Convolution(view="locality"))
    app.button(key=f"{PAGE}.train_locality").click().run()
    assert not app.exception
    app.button(key=f"{PAGE}.stop_locality").click().run()
    assert not app.exception and app.button(key=f"{PAGE}.train_locality")


def test_a_network_can_be_trained_on_shuffled_pixels_on_the_digits_page(app_test, awake):
    app = app_test("digits.py")
    app.toggle(key="digits.shuffled").set_value(True).run()
    assert from_link(app.query_params["experiment"])[0].data.shuffled


def test_a_network_without_convolution_gets_a_sentence_where_it_matters_and_can_be_walked_through(visit, engine):
    blocks = (Flatten(), Linear(features=10))
    experiment = Experiment(data=ImageData(train_size=500), network=Network(blocks=blocks))
    run = engine.start_run(experiment, "somebody", paused=True)
    engine.step(run, "somebody")
    wait_until(lambda: engine.view(run).live_step is not None, 120, "the run has no weights")
    meta, _arrays = message(visit(run=run))
    assert meta["walk"]["layer"] == "flatten1"
    assert any("no convolution" in info.value for info in visit(Convolution(view="filters"), run=run).info)
    assert not visit(Convolution(view="shift"), run=run).exception
