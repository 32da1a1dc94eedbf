"""The diagram of the network that is looked at: its layers, which network it is, and its way into the sidebar."""

from dataclasses import replace

import pytest

from dlcore.specs.codec import from_link, to_link
from dlcore.specs.denoiser import Denoiser, list_parts
from dlcore.specs.diffusion import Diffusion
from pages.ui.diffusion.insides import list_layers
from tests.conftest import wait_until
from tests.pages.test_diffusion import told


@pytest.mark.parametrize("network", [Denoiser(), Denoiser(width=16, blocks=1, attention=True, time=128),
                                     Denoiser(width=48, blocks=3, condition="prompt", attention=True)])
def test_the_layers_of_a_part_have_its_parameters_and_end_in_its_shape(network):
    for part in list_parts(network, network.condition, False):
        layers = list_layers(part, network)
        assert sum(layer.parameters for layer in layers) == part.parameters, part.name
        assert layers[-1].shape == part.shape, part.name


@pytest.fixture
def network(app_test, awake):
    """The tab with the diagram, on a page where nothing is trained: the pretrained network is looked at."""
    spec = replace(Diffusion(), network=Denoiser(width=8, blocks=1))
    app = app_test("diffusion.py", part="digits", diffusion=to_link(spec)).run()
    app.session_state["diffusion.closer"] = "The network"
    return app.run()


def test_the_network_that_is_looked_at_is_shown_and_named(network):
    parts = told(network, "diffusion.diagram")[0]["parts"]
    assert {part["role"] for part in parts} >= {"text", "cross_attention"}  # the sidebar's is told the class
    assert any("**pretrained network**" in said.value and f"{sum(part['parameters'] for part in parts):,}" in said.value
               for said in network.markdown)


def test_every_part_has_its_maps_at_the_step_that_the_film_shows(network):
    def tell() -> tuple[dict, dict]:
        return told(network.run(), "diffusion.diagram")

    wait_until(lambda: tell()[0]["levels"], 120, "there were no maps")
    meta, arrays = tell()
    counts = {part["name"]: part["count"] for level in meta["levels"] for part in level["parts"]}
    shapes = {part["name"]: part["shape"] for part in meta["parts"] if len(part["shape"]) == 3}
    assert counts == {name: shape[0] for name, shape in shapes.items()}
    network.session_state["diffusion.diagram"] = {"at": 3}
    assert (tell()[1]["maps0"] != arrays["maps0"]).mean() > 0.1


def test_its_settings_are_copied_into_the_sidebar_and_the_training_stays(network):
    network.button(key="diffusion.copy_network").click().run()
    spec = from_link(network.query_params["diffusion"], "diffusion")[0]
    assert spec.condition == "prompt" and spec.network.width > 8
    assert spec.training == Diffusion().training
    assert not [button for button in network.button if button.key == "diffusion.copy_network"]
