"""The specs of the Diffusion page: links, mends, what is refused, sizes, and what can be changed while it learns."""

import json
from dataclasses import replace

import pytest

from dlcore.errors import SpecError
from dlcore.models.denoiser import build_denoiser
from dlcore.specs import learning
from dlcore.specs.changes import Change
from dlcore.specs.codec import from_dict, from_link, to_dict, to_link
from dlcore.specs.denoiser import Denoiser, Process, count_parameters, list_parts
from dlcore.specs.diffusion import Diffusion, DiffusionData, DiffusionTraining, check, learn_from
from dlcore.specs.sampling import SAMPLERS, Sampling, sampler_of, why_not

RICH = Diffusion(DiffusionData(dataset="own", own=((1.0, 2.0), (-1.5, 0.0), (0.0, 0.0), (3.0, 3.0), (4.25, -6.0))),
                 Process(target="v", curve="sigmoid"), Denoiser(hidden=16, layers=2),
                 DiffusionTraining(times="uniform", reproducible=True), (Change(5, "training.ema", 0.5),))


def test_a_link_keeps_everything_and_a_default_one_is_short():
    assert from_link(to_link(RICH), "diffusion") == (RICH, ())
    assert from_dict(json.loads(json.dumps(to_dict(RICH)))) == RICH
    assert from_dict(to_dict(RICH, whole=True)) == RICH
    assert to_link(Diffusion()) == '{"kind":"diffusion"}'


@pytest.mark.parametrize(("spec", "field"), [
    (replace(RICH, data=DiffusionData(dataset="own")), "data.own"),
    (Diffusion(DiffusionData(dataset="own", own=((1.0, 2.0),) * 4)), "data.own"),
    (Diffusion(DiffusionData(dataset="own", own=((9.0, 2.0),) * 9)), "data.own"),
    (Diffusion(DiffusionData(dataset="fashion_mnist"), network=Denoiser(condition="prompt")), "network.condition"),
    (Diffusion(network=Denoiser(width=80, blocks=4), training=DiffusionTraining(batch_size=1024)),
     "training.batch_size"),
    (Diffusion(training=DiffusionTraining(batch_size=1, epochs=100_000)), "training.epochs"),
    (Diffusion(training=DiffusionTraining(device="abacus")), "training.device"),
    (Diffusion(network=Denoiser(width=33)), "network.width"),
])
def test_what_cannot_be_run_is_refused_at_its_field_and_mended_in_a_link(spec, field):
    with pytest.raises(SpecError) as refused:
        check(spec)
    assert refused.value.field == field
    mended, mends = from_link(to_link(spec), "diffusion")
    check(mended)
    assert mends


@pytest.mark.parametrize("condition", ["class", "prompt", "none"])
@pytest.mark.parametrize("network", [Denoiser(), Denoiser(width=8, blocks=1, attention=True, time=16)])
def test_the_parts_have_as_many_parameters_as_the_network(condition, network):
    module = build_denoiser(Diffusion(network=replace(network, condition=condition)))
    assert count_parameters(network, condition, False) == sum(weight.numel() for weight in module.parameters())


def test_points_have_a_network_of_dense_layers_that_is_told_nothing():
    spec = learn_from(Diffusion(), "swirl")
    assert [part.role for part in list_parts(spec.network, spec.condition, True)] == ["time", *["dense"] * 3, "out"]
    weights = sum(weight.numel() for weight in build_denoiser(spec).parameters())
    assert spec.condition == "none" and count_parameters(spec.network, "none", True) == weights


def test_points_and_pictures_learn_each_in_their_way():
    points = learn_from(Diffusion(), "moons")
    assert points.training.batch_size == 256 and learn_from(points, "mnist") == Diffusion()
    prompted = Diffusion(network=Denoiser(condition="prompt"))
    assert learn_from(prompted, "fashion_mnist").network.condition == "class"


def test_what_can_change_while_it_learns_does_not_make_another_run():
    spec = Diffusion()
    changed = learning.apply_change(spec, Change(3, "training.learning_rate", 0.1))
    assert learning.same_run(spec, changed) and changed.training.learning_rate == 0.1
    assert not learning.same_run(spec, replace(spec, process=Process(target="v")))
    with pytest.raises(SpecError):
        learning.check_change(spec, Change(3, "network.width", 16))


def test_a_sampler_belongs_to_some_models_and_says_why_not_to_others():
    assert all(why_not(name, target) is None for target, names in SAMPLERS.items() for name in names)
    assert "straight flow" in why_not("ddim", "flow") and "curve" in why_not("euler", "noise")
    assert sampler_of(Sampling(), "flow") == "euler" and sampler_of(Sampling(), "v") == "ddim"


def test_a_sampling_out_of_range_is_brought_into_it_and_says_so():
    asked = {"guidance": 99, "steps": 0, "prompt": "x" * 300, "seed": "much"}
    sampling, mends = from_link(json.dumps(asked), "sampling")
    assert (sampling.guidance, sampling.steps, len(sampling.prompt), sampling.seed) == (10, 1, 200, 0)
    assert {mend.field for mend in mends} == {"guidance", "steps", "prompt", "seed"}
