"""Diffusions that learn: against a bare loop, continued to the bit, exact times, and a swirl in seconds."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from dlcore.data.clouds import make_cloud
from dlcore.data.noised import Data, Noising, as_pictures, draw_times
from dlcore.diffusion.schedules import T
from dlcore.errors import SpecError
from dlcore.explain.diffusion_snapshot import DiffusionSnapshot
from dlcore.explain.requests import REQUESTS
from dlcore.explain.snapshot import load
from dlcore.models.denoiser import build_denoiser
from dlcore.specs.changes import Change
from dlcore.specs.denoiser import Denoiser, Process
from dlcore.specs.diffusion import Diffusion, DiffusionData, DiffusionTraining, learn_from
from dlcore.specs.learning import check_change, same_run
from dlcore.training.diffusion_examiner import FIRST_SAMPLE, SAMPLE_SHARE, SampleClock
from dlcore.training.diffusion_growth import draw_samples
from dlcore.training.diffusion_trainer import DiffusionTrainer
from dlcore.training.recording import Recording

pytestmark = pytest.mark.usefixtures("one_thread")

POINTS = learn_from(Diffusion(training=DiffusionTraining(reproducible=True)), "swirl")
POINTS = replace(POINTS, data=replace(POINTS.data, points=512), network=Denoiser(hidden=32, layers=2),
                 training=replace(POINTS.training, epochs=20))
DIGITS = Diffusion(DiffusionData(train_size=500), network=Denoiser(width=8, blocks=1, time=16),
                   training=DiffusionTraining(batch_size=64, epochs=2, reproducible=True))
PROMPTED = replace(DIGITS, network=replace(DIGITS.network, condition="prompt"))


def finish(trainer: DiffusionTrainer) -> list[dict]:
    while not trainer.over:
        trainer.advance(1)
    return trainer.take_events()


def same(one: DiffusionTrainer, other: DiffusionTrainer) -> bool:
    return all(torch.equal(value, other.weights()[name]) for name, value in one.weights().items())


@pytest.mark.parametrize("target", ["flow", "v", "x0", "noise"])
def test_it_learns_as_a_bare_loop_does(target):
    """torch's AdamW and clipping, the mean written out, and x_t and its target from their definitions."""
    spec = replace(POINTS, process=Process(target=target),
                   training=replace(POINTS.training, schedule="constant", ema=0.5, times="uniform"))
    trainer = DiffusionTrainer(spec)
    for _ in range(3):
        trainer.step_once()
    module, data = build_denoiser(spec), Data(spec)
    mean = {name: value.clone() for name, value in module.state_dict().items()}
    optimizer = torch.optim.AdamW(module.parameters(), 0.005, weight_decay=0.01)
    for step in range(3):
        batch = data.batch(step, 0.1)
        loss = nn.functional.mse_loss(module(batch.x, batch.t), batch.wanted)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        share = min(0.5, (2 + step) / (11 + step))
        mean = {name: share * value + (1 - share) * module.state_dict()[name] for name, value in mean.items()}
    for name, value in trainer.weights().items():
        assert torch.allclose(value, mean[name], atol=1e-6), name


@pytest.mark.parametrize("spec", [POINTS, DIGITS, PROMPTED], ids=["points", "digits", "prompted"])
def test_a_run_that_is_interrupted_and_continued_is_equal_to_the_bit(spec, tmp_path):
    whole = DiffusionTrainer(spec)
    finish(whole)
    recording = Recording.create(tmp_path / "runs" / "a", spec)
    first = DiffusionTrainer(spec, recording)
    for _ in range(7):
        first._train_step()
    first.save()
    second = DiffusionTrainer(spec, recording, start=first.step)
    assert second.step == first.step and same(first, second)
    finish(second)
    assert same(whole, second)
    assert load({"run": "a", "step": second.step}, tmp_path).step == second.step


@pytest.mark.parametrize("spec", [POINTS, DIGITS, PROMPTED], ids=["points", "digits", "prompted"])
def test_it_tells_its_loss_by_t_and_shows_what_it_makes_of_the_same_noise(spec):
    trainer = DiffusionTrainer(spec)
    before = trainer.frame()
    told = [event for event in finish(trainer) if "held_loss" in event]
    assert len(told[0]["loss_by_t"]) == 20 and told[-1]["held_loss"] < told[0]["held_loss"]
    assert np.mean(told[0]["loss_by_t"]) == pytest.approx(told[0]["held_loss"], abs=1e-4)
    frame, shown = trainer.frame(), "points" if spec.data.on_plane else "pictures"
    assert frame["step"] == trainer.step and frame[shown].shape == before[shown].shape
    assert (frame[shown] != before[shown]).mean() > 0.5
    if not spec.data.on_plane:
        assert frame[shown].dtype == np.uint8 and len(frame["labels"]) == len(frame[shown]) == 20


def test_a_learning_rate_that_is_too_large_is_said():
    trainer = DiffusionTrainer(replace(POINTS, training=replace(POINTS.training, learning_rate=1.0, epochs=1)))
    trainer.step_once()
    with torch.no_grad():
        trainer.module.out.weight.fill_(torch.inf)
    events = finish(trainer)
    assert trainer.diverged is not None and "learning rate 1" in str(trainer.diverged)
    assert any(event["kind"] == "diverged" for event in events)


def test_times_are_stratified_and_logit_normal():
    """As many below the quantiles of a normal distribution's logistic as there should be, to within one."""
    draws = torch.Generator().manual_seed(0)
    normal, even = draw_times("logit_normal", 1000, draws) / T, draw_times("uniform", 1000, draws) / T
    for share, quantile in ((0.159, 1 / (1 + np.e)), (0.5, 0.5), (0.841, np.e / (1 + np.e))):
        assert abs((normal < quantile).float().mean().item() - share) <= 0.002
        assert abs((even < share).float().mean().item() - share) <= 0.002


@pytest.mark.parametrize(("target", "path"), [("flow", "flow"), ("noise", "cosine"), ("v", "linear")])
def test_noise_is_added_by_the_closed_form(target, path):
    spec = replace(DIGITS, process=Process(target=target, curve=path if path != "flow" else "cosine"))
    x0, t = torch.zeros(4, 1, 28, 28), torch.tensor([1.0, 400.0, 999.5, 1000.0])
    noised = Noising(spec).add(x0, t, torch.Generator().manual_seed(0), None)
    alpha, sigma = Noising(spec).levels(noised.t)
    assert noised.x.flatten(1).std(1).numpy() == pytest.approx(sigma.numpy(), rel=0.05)
    assert noised.x[-1].std() == pytest.approx(1, abs=0.05) and bool((noised.t > 0).all())
    assert target == "flow" or torch.allclose(alpha**2 + sigma**2, torch.ones(4))


def test_the_condition_is_left_out_in_its_share_of_cases():
    spec = replace(DIGITS, training=replace(DIGITS.training, batch_size=500))
    assert (Data(spec).batch(0, 0.3).condition == 10).float().mean().item() == pytest.approx(0.3, abs=0.08)
    assert (Data(replace(spec, network=PROMPTED.network)).batch(0, 1.0).condition[:, 1:] == 0).all()


def test_a_swirl_is_learned_in_seconds():
    """Three of four points that flow back from noise end near the swirl; without training hardly any do."""
    spec = learn_from(Diffusion(training=DiffusionTraining(reproducible=True)), "swirl")
    spec = replace(spec, training=replace(spec.training, epochs=150))
    trainer = DiffusionTrainer(spec)
    before = near(trainer.frame()["points"], spec)
    finish(trainer)
    assert before < 0.6 and near(trainer.frame()["points"], spec) > 0.75


def near(points: np.ndarray, spec: Diffusion) -> float:
    cloud = make_cloud(replace(spec.data, noise=0), "judge")
    distances = np.linalg.norm(points[:, None] - cloud[None], axis=2).min(1)
    return float((distances < 0.4).mean())


def test_the_field_of_a_flow_is_what_its_network_tells():
    snapshot = load({"spec": {"kind": "diffusion", "data": {"dataset": "moons"}}}, ".")
    told = REQUESTS["diffusion_field"](snapshot, {"t": 300, "side": 5})
    x = torch.from_numpy(told["points"]) / 3
    expected = -3 * snapshot.module(x, torch.full((25,), 300.0))
    assert np.allclose(told["velocity"], expected.numpy(), atol=2e-3)
    assert np.allclose(told["x0"], told["points"] + 0.3 * told["velocity"], atol=2e-3)


def test_points_flow_from_the_noise_of_their_seed_to_the_last_state():
    snapshot = load({"spec": {"kind": "diffusion", "data": {"dataset": "moons"}}}, ".")
    told = REQUESTS["diffusion_flow"](snapshot, {"sampling": {"steps": 8, "seed": 3}, "count": 30})
    assert told["trajectories"].shape == (9, 30, 2) and told["x0"].shape == (8, 30, 2)
    fewer = REQUESTS["diffusion_flow"](snapshot, {"sampling": {"steps": 8, "seed": 3}, "count": 10})
    assert np.allclose(told["trajectories"][:, :10], fewer["trajectories"], atol=1e-5)
    assert np.allclose(told["trajectories"][-1], told["x0"][-1], atol=1e-4)  # the last step goes all the way


def test_a_prompt_of_ones_own_is_half_of_the_samples_and_changes_nothing_of_what_is_learned():
    spec = replace(PROMPTED, training=replace(PROMPTED.training, batch_size=250, epochs=1))
    plain, asked = DiffusionTrainer(spec), DiffusionTrainer(spec)
    asked.change("training.prompt", "kalın bir yedi")
    for trainer in (plain, asked):
        finish(trainer)
    assert same(plain, asked) and asked.experiment == spec
    labels, usual = asked.frame()["labels"], plain.frame()["labels"]
    assert labels == ["kalın bir yedi"] * 10 + usual[10:]
    assert np.array_equal(asked.frame()["pictures"][10:], plain.frame()["pictures"][10:])
    assert (asked.frame()["pictures"][:10] != plain.frame()["pictures"][:10]).any()
    in_spec = replace(PROMPTED, training=replace(PROMPTED.training, prompt="3"))
    assert DiffusionTrainer(in_spec).frame()["labels"][:10] == ["3"] * 10 and same_run(in_spec, PROMPTED)
    with pytest.raises(SpecError):
        check_change(PROMPTED, Change(0, "training.prompt", 7))


def test_a_neighbour_can_learn_between_any_two_pieces_of_a_look():
    """Trainers share a thread in turns: what one switches on for its look must be off when the other has its turn."""
    looking = DiffusionTrainer(replace(DIGITS, training=replace(DIGITS.training, reproducible=False)))
    neighbour = DiffusionTrainer(POINTS)
    for _ in range(20):
        looking.advance(0)
        assert not torch.is_inference_mode_enabled() and not torch.is_autocast_enabled("cpu")
    neighbour._train_step()
    assert looking.step == 0 and looking._looking and neighbour.step == 1


def test_samples_come_often_at_first_and_then_take_a_fixed_share_of_the_time():
    clock, seconds, drawn, cost = SampleClock(), 0.0, [], 0.2
    while seconds < 200:
        seconds += 0.1
        if clock.is_due(seconds):
            drawn.append(seconds)
            clock.add(seconds, cost)
    assert drawn[0] == pytest.approx(FIRST_SAMPLE, abs=0.2) and len([at for at in drawn if at < 10]) >= 5
    assert max(np.diff(drawn)) == pytest.approx(cost / SAMPLE_SHARE, abs=0.2)
    assert cost * len(drawn) / seconds < 0.05


def test_samples_between_two_looks_show_the_weights_of_their_step_and_a_single_step_shows_its_own():
    spec = replace(DIGITS, training=replace(DIGITS.training, reproducible=False, precision="float32"))
    trainer = DiffusionTrainer(spec)
    while trainer.step < 2:
        trainer.advance(0)
    trainer._clock.seconds = FIRST_SAMPLE
    trainer._clock._next_look = 1e9
    trainer.advance(0)
    trainer.advance(0)
    assert trainer._looking and trainer.frame()["step"] == 0
    trainer.step_once()  # ends what was begun, then takes one step
    assert trainer.step == trainer.frame()["step"] == 3
    snapshot = DiffusionSnapshot(spec, trainer.mean, 3)
    *_, last = draw_samples(snapshot, "")
    assert np.array_equal(as_pictures(last), trainer.frame()["pictures"])
