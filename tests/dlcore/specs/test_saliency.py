"""What the Saliency page asks: which methods fit, which are quick, and which questions are equal."""

from dataclasses import replace

from dlcore.specs.data import ImageData
from dlcore.specs.model import PRESETS, SMALL, Activation, Conv, Flatten, Linear, Network
from dlcore.specs.saliency import (
    FOLLOWING,
    METHODS,
    QUICK,
    Saliency,
    count_passes,
    estimate,
    fitting,
    last_maps,
    live_methods,
    settings_alone,
    why_not,
)
from dlcore.specs.subject import Subject


def test_the_default_network_takes_every_method_and_each_reason_names_what_is_in_the_way():
    assert fitting(Network(blocks=SMALL)) == METHODS
    smooth = Network(blocks=(Conv(), Activation("softplus"), Flatten(), Linear(features=10)))
    assert set(METHODS) - set(fitting(smooth)) == {"guided_backprop", "deconvolution", "guided_grad_cam", "lrp"}
    assert why_not("lrp", smooth)[1] == {"function": "softplus"}


def test_methods_are_tried_from_the_quickest_and_those_that_follow_the_pen_fit_into_a_moment():
    for preset, data in (("small", ImageData()), ("my_net", ImageData(size=48, channels=3)), ("mlp", ImageData())):
        network = Network(blocks=PRESETS[preset])
        costs = estimate(METHODS, Saliency(), network, data)
        assert list(costs.values()) == sorted(costs.values())
        live = live_methods(Saliency(), network, data)
        assert "gradient" in live and sum(costs[method] for method in live) <= FOLLOWING
        assert all(costs[method] <= QUICK for method in live)


def test_passes_are_counted_as_the_methods_make_them():
    assert count_passes("occlusion", Saliency(window=4, stride=2), 28) == 13**2
    assert count_passes("occlusion", Saliency(window=14, stride=8), 28) == 3**2
    assert count_passes("feature_ablation", Saliency(superpixel=5), 28) == 6**2
    assert count_passes("integrated_gradients", Saliency(steps=50), 28) == 150


def test_questions_that_differ_only_in_how_they_are_shown_are_equal():
    shown = Saliency(subject=Subject(digit=7), method="lrp", column=3, company="classes", turn=2, absolute=True,
                     methods=("lrp",))
    assert settings_alone(shown) == settings_alone(Saliency())
    assert settings_alone(replace(shown, steps=20)) != settings_alone(shown)


def test_grad_cam_looks_at_the_last_maps_after_their_activation():
    assert last_maps(Network(blocks=SMALL)) == "relu3"
    assert last_maps(Network(blocks=(Conv(), Flatten(), Linear(features=10)))) == "conv1"
    assert last_maps(Network(blocks=PRESETS["mlp"])) == ""
