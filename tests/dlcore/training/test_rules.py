"""Losses, schedules, optimisers and precision against torch's own and against numbers worked out by hand."""

import math
import warnings

import pytest
import torch
from torch import nn, optim

from dlcore.errors import SpecError
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import MY_NET, PRESETS, Network
from dlcore.specs.training import LOSSES as LOSS_NAMES
from dlcore.specs.training import OPTIMIZERS, SCHEDULES, Training
from dlcore.training import precision
from dlcore.training.optimizers import make_optimizer
from dlcore.training.precision import autocast, choose_precision, open_device
from dlcore.training.schedules import factor
from dlcore.training.tasks import LOSSES, scores

OUTPUTS, LABELS = torch.randn(6, 10, generator=torch.Generator().manual_seed(0)), torch.tensor([3, 0, 9, 9, 1, 5])


def test_losses_are_those_of_torch():
    targets = torch.zeros(6, 10)
    targets[range(6), LABELS] = 1
    torch.testing.assert_close(LOSSES["cross_entropy"](OUTPUTS, LABELS), nn.CrossEntropyLoss()(OUTPUTS, LABELS))
    torch.testing.assert_close(LOSSES["bce"](OUTPUTS, LABELS), nn.BCEWithLogitsLoss()(OUTPUTS, targets))
    torch.testing.assert_close(LOSSES["mse"](OUTPUTS, LABELS), nn.MSELoss()(OUTPUTS, targets))
    assert tuple(LOSSES) == LOSS_NAMES


def test_losses_of_a_network_that_knows_nothing_are_numbers_worked_out_by_hand():
    nothing = torch.zeros(4, 10)
    labels = torch.tensor([0, 1, 2, 3])
    assert LOSSES["cross_entropy"](nothing, labels).item() == pytest.approx(math.log(10))
    assert LOSSES["bce"](nothing, labels).item() == pytest.approx(math.log(2))
    assert LOSSES["mse"](nothing, labels).item() == pytest.approx(0.1)


def test_scores_are_what_the_loss_makes_of_the_outputs():
    torch.testing.assert_close(scores(OUTPUTS, "cross_entropy"), OUTPUTS.exp() / OUTPUTS.exp().sum(1, keepdim=True))
    torch.testing.assert_close(scores(OUTPUTS, "bce"), 1 / (1 + (-OUTPUTS).exp()))
    assert scores(torch.tensor([[-0.5, 0.25, 1.5]]), "mse").tolist() == [[0, 0.25, 1]]
    assert scores(OUTPUTS.bfloat16(), "cross_entropy").dtype == torch.float32


def rates(make, total: int) -> list[float]:
    """Return the learning rate of each step that one of torch's schedulers gives."""
    optimizer = optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, seen = make(optimizer), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for step in range(total):
            seen.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if step < total - 1:
                scheduler.step()
    return seen


@pytest.mark.parametrize("total", [8, 50, 938])
def test_one_cycle_is_that_of_torch(total):
    theirs = rates(lambda optimizer: optim.lr_scheduler.OneCycleLR(
        optimizer, 1.0, total_steps=total, pct_start=0.3, anneal_strategy="cos", div_factor=25, final_div_factor=1e4,
        cycle_momentum=False), total)
    assert [factor("one_cycle", step, total) for step in range(total)] == pytest.approx(theirs, abs=1e-9)
    assert theirs[0] == pytest.approx(1 / 25)
    assert theirs[-1] == pytest.approx(1 / 25 / 1e4)


def test_cosine_is_that_of_torch():
    theirs = rates(lambda optimizer: optim.lr_scheduler.CosineAnnealingLR(optimizer, 200), 200)
    assert [factor("cosine", step, 200) for step in range(200)] == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("total", [90, 469])
def test_steps_go_down_to_a_tenth_after_each_third(total):
    theirs = rates(lambda optimizer: optim.lr_scheduler.MultiStepLR(
        optimizer, [total // 3, 2 * total // 3], 0.1), total)
    assert [factor("step", step, total) for step in range(total)] == pytest.approx(theirs)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_stay_between_0_and_1_even_after_the_last_step(schedule):
    assert all(0 <= factor(schedule, step, total) <= 1 for total in (0, 1, 7) for step in range(12))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_are_what_they_are_called(name):
    module = nn.Linear(3, 2)
    group = make_optimizer(module, Training(optimizer=name, learning_rate=0.3, weight_decay=0.2, momentum=0.7)
                           ).param_groups[0]
    assert (group["lr"], group["weight_decay"]) == (0.3, 0.2)
    assert group.get("momentum", 0) == (0.7 if name == "sgd" else 0)


def experiment(blocks, **training) -> Experiment:
    data = ImageData(size=48, channels=3)
    return Experiment(network=Network(blocks=blocks), data=data, training=Training(**training))


@pytest.mark.parametrize("fast", [True, False])
def test_bfloat16_is_chosen_where_it_is_asked_for_or_pays(fast, monkeypatch):
    monkeypatch.setattr(precision, "has_fast_bfloat16", lambda device: fast)
    large, small = MY_NET, PRESETS["mlp"]
    assert choose_precision(experiment(large)) == (torch.bfloat16 if fast else torch.float32)
    assert choose_precision(Experiment(network=Network(blocks=small))) == torch.float32
    assert choose_precision(experiment(small, precision="bfloat16")) == torch.bfloat16
    assert choose_precision(experiment(large, precision="float32")) == torch.float32
    assert choose_precision(experiment(large, precision="bfloat16", reproducible=True)) == torch.float32


def test_asking_what_the_processor_can_do_gives_an_answer():
    assert precision.has_fast_bfloat16("cpu") in (True, False)


def test_autocast_computes_in_the_precision_that_was_chosen():
    layer, x = nn.Linear(4, 4), torch.randn(2, 4)
    for wanted in (torch.float32, torch.bfloat16):
        with autocast(torch.device("cpu"), wanted):
            assert layer(x).dtype == wanted


@pytest.mark.parametrize("name", ["mtia", "cuda:77", "xpu"])
def test_a_device_that_is_not_there_is_refused_at_its_field(name):
    with pytest.raises(SpecError) as caught:
        open_device(name)
    assert caught.value.field == "training.device"
    assert open_device("cpu") == torch.device("cpu")
