"""The parts of the Diffusion page that train, without a browser: settings, runs, own points, and bad input."""

import numpy as np
import pytest

from dlcore.data.clouds import make_cloud
from dlcore.specs.codec import from_link, to_link
from dlcore.specs.diffusion import Denoiser, Diffusion, DiffusionData, DiffusionTraining, Process
from pages.ui.diffusion import plane
from tests.conftest import wait_until
from tests.pages.test_diffusion import told

POINTS = Diffusion(data=DiffusionData(dataset="moons", points=200), network=Denoiser(hidden=16, layers=1),
                   training=DiffusionTraining(epochs=2, batch_size=64))
PICTURES = Diffusion(data=DiffusionData(train_size=500), network=Denoiser(width=8, blocks=1, time=16),
                     training=DiffusionTraining(epochs=1, batch_size=250))


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
    wait_until(lambda: engine.view(app.query_params["run"]).state == "finished", 60, "the run did not finish")
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


def test_a_run_on_digits_shows_what_it_makes_of_noise_that_never_changes(page, awake):
    app = train(page("digits", PICTURES), awake, "diffusion")
    meta, arrays = told(app, "diffusion.live")
    assert arrays["samples.pictures"].shape == (20, 28, 28)
    assert meta["topics"]["samples"]["labels"] == [str(digit) for digit in range(10)] * 2


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
    meta, _arrays = told(page("digits", PICTURES), "diffusion.diagram")
    assert [part["name"] for part in meta["parts"]][:3] == ["time", "label", "stem"]
    assert sum(part["parameters"] for part in meta["parts"]) > 10_000


@pytest.mark.parametrize("part", ["x", "", "9"])
def test_an_unknown_part_is_the_first(page, part):
    assert page(part).button_group(key="diffusion.part").value == "noise"
