"""The parts of the Diffusion page that train, without a browser: settings, runs, own points, and bad input."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load

from dlcore.data.clouds import make_cloud
from dlcore.data.images import load_test
from dlcore.diffusion.prompts import read_prompt
from dlcore.specs.codec import from_link, to_link
from dlcore.specs.diffusion import Denoiser, Diffusion, DiffusionData, DiffusionTraining, Process
from pages.ui import code
from pages.ui.diffusion import erasing, film, measuring, plane
from pages.ui.diffusion.prompting import say_unknown
from tests.conftest import wait_until
from tests.pages.test_diffusion import told

POINTS = Diffusion(data=DiffusionData(dataset="moons", points=200), network=Denoiser(hidden=16, layers=1),
                   training=DiffusionTraining(epochs=2, batch_size=64))
PICTURES = Diffusion(data=DiffusionData(train_size=500), network=Denoiser(width=8, blocks=1, time=16),
                     training=DiffusionTraining(epochs=1, batch_size=250))
PROMPTS = Diffusion(network=Denoiser(condition="prompt"))


def linked(app) -> Diffusion:
    return from_link(app.query_params["diffusion"], "diffusion")[0]


@pytest.fixture
def page(app_test, awake):
    """Return a function that opens a part of the page."""
    def open_part(part="plane", spec=None, **more):
        return app_test("diffusion.py", part=part, **({} if spec is None else {"diffusion": to_link(spec)}), **more)
    return open_part


def train(app, engine, part):
    app.button(key=f"{part}.train").click().run()
    wait_until(lambda: engine.view(app.query_params["run"]).state == "finished", 120, "the run did not finish")
    return app.run()


def test_the_plane_begins_with_the_points_that_are_to_be_learned(page):
    meta, arrays = told(page(), "diffusion_plane.board")
    cloud = make_cloud(DiffusionData(dataset="swirl"))
    assert np.allclose(arrays["data"].reshape(-1, 2), cloud[::len(cloud) // plane.SHOWN])
    assert not meta["draws"] and meta["refused"] == ""


def test_another_set_and_target_are_kept_in_the_link(page):
    app = page()
    app.button_group(key="diffusion_plane.dataset").set_value("rings").run()
    app.button_group(key="diffusion_plane.target").set_value("noise").run()
    app.button_group(key="diffusion_plane.curve").set_value("linear").run()
    assert linked(app).data.dataset == "rings"
    assert linked(app).process == Process(target="noise", curve="linear")


def test_own_points_are_put_undone_and_cleared_and_what_is_no_place_is_left_out(page):
    app = page()
    app.button_group(key="diffusion_plane.dataset").set_value("own").run()
    assert any("too few" in said.value for said in app.warning)
    pull = [[x, 1.0] for x in range(5)]
    app.session_state["diffusion_plane.board"] = {"asked": [
        {"seq": 1, "do": "points", "points": [*pull, [9, 9], "x", [None, 1]]},
        {"seq": 2, "do": "points", "points": [[0, 0]]}]}
    app.run()
    assert linked(app).data.own == (*((float(x), 1.0) for x in range(5)), (0.0, 0.0))
    assert not app.button(key="diffusion_plane.train").disabled
    app.session_state["diffusion_plane.board"] = {"asked": [{"seq": 3, "do": "undo"}]}
    app.run()
    assert len(linked(app).data.own) == 5
    app.session_state["diffusion_plane.board"] = {"asked": [{"seq": 3, "do": "clear"}, {"seq": 4, "do": "clear"}, "x"]}
    app.run()
    assert linked(app).data.own == () and app.button(key="diffusion_plane.train").disabled


def test_a_run_on_the_plane_shows_its_curves_and_its_loss_by_time(page, awake):
    app = train(page(spec=POINTS), awake, "diffusion_plane")
    meta, arrays = told(app, "diffusion_plane.live")
    assert meta["state"]["kind"] == "finished" and meta["left"] == "epoch 2.00 of 2"
    assert arrays["curves.held_loss"].shape[0] == 2
    losses = arrays["times.losses"]
    assert losses.shape == (20,) and (losses > 0).all()
    app.session_state["diffusion_plane.code"] = True
    script, offered = app.run().code[0].value, app.download_button(key="diffusion_plane.weights")
    assert "class PointDenoiser" in script and "range(400)" not in script and not offered.disabled
    assert "arXiv:2209.03003" in script and "total = 2 * 4" in script
    weights = load(code._read({"run": app.query_params["run"], "step": None}, awake.home))
    assert weights["layers.0.weight"].shape == (16, 66)


def test_weights_are_offered_once_there_are_some_and_those_of_the_network_that_comes_along_where_it_is_that_one(page):
    for spec, there in ((Diffusion(), False), (PROMPTS, True)):
        app = page("digits", spec).run()
        app.session_state["diffusion.closer"] = "PyTorch code"
        app.run()
        assert app.download_button(key="diffusion.weights").disabled != there
        assert ("read_prompt" in app.code[0].value) == there and not app.exception


def test_a_run_on_digits_shows_what_it_makes_of_noise_that_never_changes(page, awake):
    app = train(page("digits", PICTURES), awake, "diffusion")
    meta, arrays = told(app, "diffusion.live")
    assert arrays["samples.pictures"].shape == (20, 28, 28)
    assert meta["topics"]["samples"]["labels"] == [str(digit) for digit in range(10)] * 2


def test_a_page_that_is_rewound_shows_what_the_network_made_of_the_noise_then(page, awake):
    app = train(page("digits", PICTURES), awake, "diffusion")
    end = told(app, "diffusion.live")[1]["samples.pictures"].astype(int)
    last = awake.view(app.query_params["run"]).snapshots[-1]

    def rewound(step: int) -> np.ndarray:
        app.session_state["diffusion.rewind"] = {"at": step}
        wait_until(lambda: told(app.run(), "diffusion.samples")[0].get("topics", {}).get("samples", {}).get(
            "note") == f"at step {step}", 60, "nothing was drawn")
        return told(app, "diffusion.samples")[1]["samples.pictures"].astype(int)

    assert abs(rewound(0) - end).mean() > 1  # two steps have not changed much
    wait_until(lambda: abs(rewound(last) - end).mean() < 0.5, 120, "the end is not what it was")


def test_a_prompt_of_one_s_own_has_the_upper_row_while_it_learns(page, awake):
    spec = replace(PICTURES, network=replace(PICTURES.network, condition="prompt"),
                   training=replace(PICTURES.training, prompt="ince bir üç"))
    app = train(page("digits", spec), awake, "diffusion")
    assert app.text_input(key="diffusion.prompt").value == "ince bir üç"
    topic = told(app, "diffusion.live")[0]["topics"]["samples"]
    assert topic["labels"][:11] == [""] * 10 + ["0"] and topic["note"].endswith("“ince bir üç”")


def test_each_part_keeps_its_own_settings_and_run(page, awake):
    app = train(page(spec=POINTS), awake, "diffusion_plane")
    run = app.query_params["run"]
    app.button_group(key="diffusion.part").set_value("digits").run()
    assert "run" not in app.query_params and "diffusion" not in app.query_params
    assert told(app, "diffusion.live")[0]["state"]["text"] == "Not trained yet"
    app.button_group(key="diffusion.part").set_value("plane").run()
    assert linked(app).data.dataset == "moons" and app.query_params["run"] == run


def test_a_prompt_for_pictures_that_cannot_be_told_of_is_refused_at_the_network(page):
    app = page("digits", Diffusion(data=DiffusionData(dataset="kmnist")))
    app.button_group(key="diffusion.condition").set_value("prompt").run()
    assert any("Prompts tell of digits" in said.value for said in app.warning)
    assert app.button(key="diffusion.train").disabled


def test_the_diagram_has_the_parts_of_the_network_and_all_their_parameters(page):
    elsewhere = replace(PICTURES, data=DiffusionData(dataset="kmnist"))  # for these nothing pretrained is shown
    app = page("digits", elsewhere).run()
    app.session_state["diffusion.closer"] = "The network"
    meta, _arrays = told(app.run(), "diffusion.diagram")
    assert [part["name"] for part in meta["parts"]][:3] == ["time", "label", "stem"]
    assert sum(part["parameters"] for part in meta["parts"]) > 10_000


# what is drawn

def drawn(app, key):
    """Run the page until a way has been drawn, as its panel does in a browser; return the message of its panel."""
    wait_until(lambda: told(app.run(), key)[0]["topics"].get("film"), 120, "the way was not drawn")
    return told(app, key)


def test_every_step_of_the_way_is_kept_with_what_the_network_said(trained_digits):
    app = trained_digits
    app.select_slider(key="sampling.steps").set_value(5).run()
    wait_until(lambda: len(told(app.run(), "diffusion.film")[1].get("film.times", ())) == 6, 120, "no new way")
    meta, arrays = told(app, "diffusion.film")
    assert arrays["film.states"].shape == (6, 1, 28, 28) and arrays["film.clean"].shape == (5, 1, 28, 28)
    assert arrays["film.times"].tolist() == pytest.approx([1, 0.8, 0.6, 0.4, 0.2, 0])
    assert {part["name"] for part in meta["topics"]["film"]["parts"]} == {
        "clean", "noise", "conditional", "unconditional", "difference"}
    assert (arrays["film.difference"] != 128).any()
    assert arrays["film.read"].shape == (5, 10) and arrays["film.read"].sum(1) == pytest.approx(1, abs=1e-5)


def test_a_prompted_way_has_a_map_for_every_word_and_marks_what_it_does_not_know(page, awake):
    spec = replace(PICTURES, network=replace(PICTURES.network, condition="prompt"))
    app = train(page("digits", spec, sampling='{"prompt": "a purple seven", "steps": 2}'), awake, "diffusion")
    drawn(app, "diffusion.film")
    meta, arrays = told(app, "diffusion.film")
    assert meta["topics"]["film"]["tokens"] == ["·", "a", "seven"]
    assert arrays["film.maps"].shape == (2, 1, 3, 14, 14) and arrays["film.maps"].max() == 255
    assert any("~~purple~~" in said.value for said in app.markdown)
    app.session_state["diffusion.closer"] = "Text encoder"
    app.run()
    vectors, looks = told(app, "diffusion.encoded"), told(app, "diffusion.looks")
    assert vectors[0]["topics"]["encoded"]["labels"] == ["·", "a", "seven"]
    assert vectors[1]["encoded.pictures"].shape == (3, 8, 8) and looks[1]["looks.pictures"].shape[1:] == (3, 3)
    app.text_input(key="sampling.prompt").set_value("ince üç").run()
    wait_until(lambda: told(app.run(), "diffusion.film")[0]["topics"]["film"]["tokens"] == ["·", "ince", "üç"], 60,
               "the new prompt was not drawn")


def test_of_a_long_way_evenly_many_moments_are_sent_with_their_steps():
    steps = 1000
    walk = {name: np.zeros((steps, 28, 28), np.float16) for name in film.MOMENTS[2:]} | {
        "t": np.arange(steps, -1, -1, np.float32), "x": np.zeros((steps + 1, 28, 28), np.float16), "attention": None}
    walk["conditional"][-1] = 1
    topic = film.film_topic(walk, PICTURES)
    assert topic["states"].shape[0] == topic["clean"].shape[0] == film.MOST
    assert topic["steps"][[0, 1, -1]].tolist() == [0, 5, 1000]
    assert topic["times"].tolist() == pytest.approx(1 - topic["steps"] / 1000)
    assert (topic["conditional"][-1] > 128).all()  # the last question stays the last


def test_only_samplers_that_belong_to_the_model_are_offered_and_the_others_say_why(trained_digits):
    assert trained_digits.selectbox(key="sampling.sampler").options == ["Euler", "Heun"]
    assert any("DPM-Solver" in said.value and "straight flow" in said.value for said in trained_digits.caption)


def test_all_samplers_of_a_model_that_tells_v_are_compared(page, awake):
    app = page("digits", replace(PICTURES, process=Process(target="v")), sampling='{"steps": 2}').run()
    app.session_state["diffusion.closer"] = "Samplers"
    app.run()
    assert app.multiselect(key="diffusion.ways_of_v").value == [10, 50]
    app.multiselect(key="diffusion.ways_of_v").set_value([1, 2]).run()
    app.button(key="diffusion.samplers").click().run()
    wait_until(lambda: any(part.proto.id.endswith("diffusion.way5") for part in app.run().get("bidi_component")), 60,
               "nothing came")
    titles = [told(app, f"diffusion.way{place}")[0]["title"] for place in range(6)]
    assert [title.split(",")[0] for title in titles] == ["DDIM"] * 2 + ["DDPM"] * 2 + ["DPM-Solver++ (2M)"] * 2


def test_a_link_with_a_sampler_of_another_model_uses_the_usual_one(page, awake):
    app = page("digits", PICTURES, sampling='{"sampler": "ddpm", "steps": 9999, "guidance": 99}')
    assert app.selectbox(key="sampling.sampler").value == "euler"
    assert app.select_slider(key="sampling.steps").value == 1000
    assert any("9999" in said.value for said in app.info)


@pytest.fixture
def trained_digits(page, awake):
    app = train(page("digits", PICTURES), awake, "diffusion")
    drawn(app, "diffusion.film")
    return app


@pytest.mark.parametrize("tab, button, key", [
    ("Samplers", "samplers", "diffusion.way0"), ("Two prompts", "between", "diffusion.between_pictures"),
    ("Branch", "branch", "diffusion.branch_film"), ("Along the training", "growth", "diffusion.growth_film"),
    ("Measured", "measured", "diffusion.measured_pictures")])
def test_what_is_behind_a_tab_is_drawn_when_it_is_asked_for(trained_digits, tab, button, key):
    app = trained_digits
    app.select_slider(key="sampling.steps").set_value(2).run()
    app.session_state["diffusion.closer"] = tab
    app.run()
    app.button(key=f"diffusion.{button}").click().run()
    wait_until(lambda: any(part.proto.id.endswith(key) for part in app.run().get("bidi_component")), 120, "it came not")
    meta, arrays = told(app, key)
    assert not app.exception
    assert any(name.endswith((".pictures", ".states")) and array.size for name, array in arrays.items())


def test_what_is_erased_is_filled_in_and_the_rest_of_the_picture_stays(trained_digits):
    app = trained_digits
    app.select_slider(key="sampling.steps").set_value(2).run()
    app.session_state["diffusion.closer"] = "Begin with a picture"
    _meta, arrays = drawn(app, "diffusion.beginning_film")
    assert abs(arrays["film.states"][0].astype(int) - arrays["film.states"][-1]).max() > 0
    mask = np.zeros((28, 28), bool)
    mask[9:13, 5:20] = True
    app.session_state["diffusion.eraser"] = {"erased": {"seq": 1, "bits": "".join(map(str, mask.ravel().astype(int)))}}
    digit = load_test("mnist").test_images[0]

    def kept() -> np.ndarray:
        states = told(app.run(), "diffusion.beginning_film")[1]["film.states"]
        return abs(states[-1, 0].astype(int) - digit)

    wait_until(lambda: kept()[~mask].max() <= 1, 120, "the rest of the picture did not stay")
    assert kept()[mask].max() > 10


@pytest.mark.parametrize("told_by_browser", [None, 7, {}, {"bits": 1}, {"bits": "01"}, {"bits": "2" * 784},
                                             {"bits": "0" * 784}, {"bits": "１" * 784}])
def test_an_eraser_that_says_nothing_sensible_erases_nothing(monkeypatch, told_by_browser):
    monkeypatch.setattr(erasing.st, "session_state", {"e": {"erased": told_by_browser}})
    assert erasing.erased("e") is None


def test_a_hundred_pictures_are_counted_as_they_were_read():
    result = {"asked": {"digit": 3}, "right": np.array([True] * 97 + [False] * 3),
              "kept": {"stroke": 0.5, "slant": None}}
    assert measuring.say_reading(result) == "Asked for 3, read as 3 in 97 of 100."
    assert measuring.say_kept(result) == "In the third of the training digits that was asked for: stroke 50%."


def test_unknown_words_are_struck_out_and_an_empty_prompt_is_said():
    assert "~~purple~~" in say_unknown(read_prompt("a purple seven"))
    assert say_unknown(read_prompt("a thick seven")) == ""
    assert "unconditional" in say_unknown(read_prompt("  "))


@pytest.mark.parametrize("part, count", [("upper", 392), ("left", 392), ("middle", 144)])
def test_what_is_erased_is_what_its_name_says(part, count):
    assert erasing.erase(part).sum() == count


@pytest.mark.parametrize("part", ["x", "", "9"])
def test_an_unknown_part_is_the_first(page, part):
    assert page(part).button_group(key="diffusion.part").value == "noise"
