"""The printed code is run, and compared with what the app itself builds and trains."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from dlcore.data.batches import pixel_order
from dlcore.export.pytorch import print_module, print_script
from dlcore.models.build import build
from dlcore.specs.changes import Change
from dlcore.specs.data import Augment, ImageData
from dlcore.specs.experiment import DROPOUT, Experiment
from dlcore.specs.model import PRESETS, Network
from dlcore.specs.training import LOSSES, OPTIMIZERS, SCHEDULES
from dlcore.training.schedules import factor


def printed_module(network, data):
    scope = {"nn": nn, "torch": torch}
    exec(print_module(network, data), scope)
    return scope["Net"]()


@pytest.mark.parametrize("preset", PRESETS)
def test_the_printed_module_takes_the_weights_on_screen_and_answers_the_same(preset):
    network, data = Network(blocks=PRESETS[preset]), ImageData(size=28, channels=3)
    ours, theirs = build(network, data, seed=3).eval(), printed_module(network, data).eval()
    theirs.load_state_dict(ours.state_dict())
    pictures = torch.randn(2, 3, 28, 28)
    torch.testing.assert_close(theirs(pictures), ours(pictures), rtol=1e-4, atol=1e-5)


class FakeDatasets:
    """Stands in for torchvision.datasets: forty random pictures, without a download."""

    def MNIST(self, root, train, download, transform):
        return TensorDataset(torch.randn(40, 1, 28, 28), torch.arange(40) % 10)

    FashionMNIST = MNIST


def run_script(experiment):
    code = print_script(experiment).replace("from torchvision import datasets, transforms",
                                            "from torchvision import transforms")
    scope = {"datasets": FakeDatasets()}
    exec(compile(code, "printed", "exec"), scope)
    return scope


SMALL = Experiment(network=Network(blocks=PRESETS["mlp"]))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_printed_script_runs_for_every_loss_and_optimiser(loss, optimizer, capsys):
    training = replace(SMALL.training, loss=loss, optimizer=optimizer, batch_size=8, zero_grad=loss != "mse")
    run_script(replace(SMALL, training=training))
    assert "of the test pictures read right" in capsys.readouterr().out


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_printed_schedule_ends_where_ours_ends_with_a_rate_changed_on_the_way(schedule):
    training = replace(SMALL.training, schedule=schedule, batch_size=8, learning_rate=0.02)
    changes = (Change(3, "training.learning_rate", 0.005), Change(4, DROPOUT, 0.2))
    scope = run_script(replace(SMALL, training=training, changes=changes))
    used = scope["scheduler"].get_last_lr()[0] if schedule != "constant" else 0.005
    after = 10 if schedule != "one_cycle" else None  # torch's one cycle is over with its last step, number 9
    assert after is None or used == pytest.approx(0.005 * factor(schedule, after, 10), abs=1e-9)


def test_one_cycle_is_that_of_torch():
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=50, cycle_momentum=False)
    for step in range(50):
        assert scheduler.get_last_lr()[0] == pytest.approx(factor("one_cycle", step, 50), abs=1e-9)
        optimizer.step()
        if step < 49:
            scheduler.step()


def test_the_printed_script_says_what_was_left_out():
    data = ImageData(augment=Augment(rotation=10, thickness=0.5, brightness=0.2), train_size=500, size=48, channels=3)
    code = print_script(replace(SMALL, data=data, training=replace(SMALL.training, zero_grad=False, eval_mode=False)))
    assert "# left out, so that gradients pile up: optimizer.zero_grad()" in code
    assert "# model.eval() is forgotten" in code and "\nmodel.eval()" not in code
    assert "not in torchvision: strokes" in code
    assert "RandomAffine(10)" in code and "[:500]" in code and "Resize(48)" in code
    compile(code, "printed", "exec")


def test_the_printed_pictures_are_shuffled_as_ours_are(capsys):
    shuffled = replace(SMALL, data=ImageData(shuffled=True), training=replace(SMALL.training, batch_size=8))
    scope = run_script(shuffled)
    assert torch.equal(scope["order"], pixel_order(28)) and "read right" in capsys.readouterr().out
    picture = torch.rand(1, 28, 28)
    last = scope["train_transform"].transforms[-1]
    assert torch.equal(last(picture).flatten(), picture.flatten()[pixel_order(28)])
    assert "order" not in print_script(SMALL)


def test_the_printed_script_leaves_out_what_was_left_out():
    script = print_script(Experiment(data=ImageData(train_size=500, without=(7, 3, 7))))
    lines = [line for line in script.splitlines() if line.startswith(("left_out", "chosen", "train_set = Subset"))]
    scope = {"torch": torch, "train_set": list(range(600)), "Subset": lambda whole, chosen: [whole[n] for n in chosen]}
    torch.manual_seed(0)
    wanted = [number for number in torch.randperm(600)[:500].tolist() if number not in (3, 7)]
    torch.manual_seed(0)
    exec("\n".join(lines), scope)
    assert scope["train_set"] == wanted
