"""The printed script of a diffusion: it ends in the app's weights, and draws the app's pictures from the same noise."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from dlcore.data import images
from dlcore.explain.denoising import denoise
from dlcore.explain.diffusion_snapshot import DiffusionSnapshot
from dlcore.export.diffusion import print_diffusion
from dlcore.export.weights import file_name, pack
from dlcore.models.denoiser import build_denoiser
from dlcore.specs.changes import Change
from dlcore.specs.denoiser import Denoiser, Process
from dlcore.specs.diffusion import POINTS, Diffusion, DiffusionData, DiffusionTraining, learn_from
from dlcore.specs.sampling import SAMPLERS, Sampling
from dlcore.training.diffusion_trainer import DiffusionTrainer
from dlcore.training.state import to_arrays

pytestmark = pytest.mark.usefixtures("one_thread")

DIGITS = Diffusion(DiffusionData(train_size=500), network=Denoiser(width=16, blocks=1, time=16),
                   training=DiffusionTraining(batch_size=100, epochs=1, precision="float32", seed=3))
PROMPTED = replace(DIGITS, network=replace(DIGITS.network, condition="prompt", attention=True, blocks=2))
ALONE = replace(DIGITS, network=replace(DIGITS.network, condition="none"),
                process=Process(target="v", curve="sigmoid"), training=replace(DIGITS.training, schedule="constant"))
PLANE = learn_from(Diffusion(training=DiffusionTraining(precision="float32")), "swirl")
PLANE = replace(PLANE, data=replace(PLANE.data, points=500), network=Denoiser(hidden=16, layers=2),
                training=replace(PLANE.training, batch_size=100, epochs=2))
CHANGED = replace(PLANE, process=Process(target="noise", curve="linear"), data=replace(PLANE.data, dataset="moons"),
                  changes=(Change(2, "training.learning_rate", 0.02), Change(4, "training.ema", 0.5),
                           Change(6, "training.epochs", 3), Change(7, "training.weight_decay", 0.2)))
OWN = replace(PLANE, data=replace(PLANE.data, dataset="own", own=((1.0, 2.0), (0.5, -3.25), (0, 0), (-6, 6), (2, 2))),
              process=Process(target="x0", curve="cosine"))


def run(spec: Diffusion, sampling: Sampling, folder, monkeypatch) -> dict:
    """Run the script with the data set that lies here; return its names."""
    monkeypatch.chdir(folder)
    script = print_diffusion(spec, sampling)
    names: dict = {"datasets": SimpleNamespace(MNIST=loaded), "save_image": lambda picture, *place, **how: None}
    exec(compile(re.sub("from torchvision.*\n", "", script), "printed", "exec"), names)
    return names


def loaded(place: str, train: bool, download: bool) -> SimpleNamespace:
    found = images.load("mnist")
    return SimpleNamespace(data=torch.from_numpy(found.train_images),
                           targets=torch.from_numpy(found.train_labels).long())


@pytest.mark.parametrize("spec", [DIGITS, PROMPTED, ALONE, PLANE, CHANGED, OWN],
                         ids=["classes", "prompts", "nothing told", "points", "changed by hand", "own points"])
def test_the_script_ends_in_the_weights_that_the_training_ends_in(spec, tmp_path, monkeypatch, capsys):
    names = run(spec, Sampling(count=1, steps=1), tmp_path, monkeypatch)
    trainer, begun = DiffusionTrainer(spec), build_denoiser(spec).state_dict()
    while trainer.step < trainer.total_steps:
        trainer._train_step()
    theirs = names["mean"].state_dict()
    assert theirs.keys() == trainer.weights().keys()
    for name, ours in trainer.weights().items():
        assert (theirs[name] - ours).norm() < 0.01 * (ours - begun[name]).norm() + 1e-5, name
    first = float(re.search(r"step 0: loss ([\d.]+)", capsys.readouterr().out)[1])
    assert first == pytest.approx(_first_loss(spec), rel=1e-3)


def _first_loss(spec: Diffusion) -> float:
    """Return the loss of the first batch, which the app's own network makes of the app's own batch."""
    trainer = DiffusionTrainer(spec)
    batch = trainer.batches.batch(0, spec.training.drop)
    with torch.no_grad():
        told = trainer.module(batch.x, batch.t, trainer.module.tell(batch.condition))
    return float((told - batch.wanted).square().mean())


DRAWN = [(replace(spec, process=Process(target=target, curve=curve)), Sampling(sampler=sampler, **how))
         for spec, target, curve, sampler, how in (
             (DIGITS, "flow", "cosine", "heun", {"digit": -1}), (DIGITS, "v", "cosine", "ddim", {"eta": 0.7}),
             (PROMPTED, "flow", "cosine", "euler", {"prompt": "kalın bir üç", "negative": "thin"}),
             (PROMPTED, "x0", "sigmoid", "ddpm", {}), (DIGITS, "noise", "linear", "dpm_solver", {}),
             (ALONE, "noise", "cosine", "ddim", {}), (PLANE, "v", "sigmoid", "dpm_solver", {}),
             (PLANE, "flow", "cosine", "euler", {}))]


@pytest.mark.parametrize(("spec", "sampling"), DRAWN, ids=lambda one: getattr(one, "sampler", None))
def test_with_the_weights_that_are_offered_it_draws_the_same_from_the_same_noise(spec, sampling, tmp_path, monkeypatch):
    sampling = replace(sampling, count=2, steps=6, seed=11, guidance=3.0)
    module = shaken(spec)
    (tmp_path / file_name(spec)).write_bytes(pack(to_arrays(module.state_dict())))
    theirs = run(spec, sampling, tmp_path, monkeypatch)["sample"]()
    snapshot, count = DiffusionSnapshot(spec, module, 0), 400 if spec.data.on_plane else 2
    x = snapshot.noise(sampling, count)
    for step in denoise(snapshot.asker(sampling, count), x, snapshot.plan(sampling)):
        x = step.x_next
    torch.testing.assert_close(theirs, x, rtol=1e-3, atol=1e-3)
    assert (x - snapshot.noise(sampling, count)).abs().mean() > 0.1
    assert "step 0" not in print_diffusion(spec)[-200:]


def shaken(spec: Diffusion) -> torch.nn.Module:
    """Return the network with weights none of which is zero, so that every part of it counts."""
    module = build_denoiser(spec).eval()
    draws = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weights in module.parameters():
            weights += 0.05 * torch.randn(weights.shape, generator=draws)
    return module


@pytest.mark.parametrize("target", SAMPLERS)
def test_every_sampler_of_every_target_is_printed(target):
    for sampler in SAMPLERS[target]:
        for condition in ("class", "prompt", "none"):
            spec = replace(DIGITS, process=Process(target=target), network=Denoiser(condition=condition))
            compile(print_diffusion(spec, Sampling(sampler=sampler)), "printed", "exec")


@pytest.mark.parametrize("dataset", [name for name in POINTS if name != "own"])
def test_the_points_are_those_of_the_page(dataset, tmp_path, monkeypatch):
    spec = replace(PLANE, data=replace(PLANE.data, dataset=dataset, noise=7, seed=4))
    script, names = print_diffusion(spec), {}
    exec(compile(script[: script.index("def signal")], "printed", "exec"), names)
    assert np.array_equal(names["clean"].numpy(), DiffusionTrainer(spec).batches.clean.numpy())


def test_half_precision_is_printed_as_it_was_chosen():
    def printed(**how) -> str:
        return print_diffusion(replace(DIGITS, training=replace(DIGITS.training, **how)))

    assert "autocast" not in printed() and "autocast" not in printed(precision="bfloat16", reproducible=True)
    assert "half = True" in printed(precision="bfloat16")
    assert "half = torch.cpu._is_amx_tile_supported()" in printed(precision="auto")
    assert "is_bf16_supported" in printed(precision="auto", device="cuda")
