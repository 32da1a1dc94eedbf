"""What an experiment allows, and how changes made on the way add up."""

from dataclasses import replace

import pytest

from dlcore.errors import NetworkError, SpecError
from dlcore.specs.changes import MAX_CHANGES, Change
from dlcore.specs.data import Augment, ImageData
from dlcore.specs.experiment import Experiment, apply_change, check
from dlcore.specs.fields import walk
from dlcore.specs.learning import in_effect, same_run
from dlcore.specs.model import Conv, Dropout, Flatten, Linear, Network, named_blocks
from dlcore.specs.training import Training

DROPPING = Network(blocks=(Dropout(p=0.2), Flatten(), Dropout(p=0.5), Linear(features=10)))


@pytest.mark.parametrize("part, values", [
    (ImageData, {"dataset": "cifar", "train_size": 499, "size": 27, "channels": 2}),
    (ImageData, {"train_size": 124_801, "size": 28.0, "channels": True, "dataset": None}),
    (ImageData, {"train_size": float("inf"), "size": "28", "channels": 1.0, "dataset": ["mnist"]}),
    (Training, {"loss": "hinge", "batch_size": 0, "epochs": 0, "optimizer": "lion", "momentum": 1, "learning_rate": -1,
                "schedule": "linear", "weight_decay": 2, "seed": -1, "device": "gpu", "precision": "float64",
                "reproducible": 1, "zero_grad": "yes", "eval_mode": None}),
    (Training, {"batch_size": 1025, "epochs": 101, "learning_rate": float("nan"), "weight_decay": float("inf"),
                "seed": 2**31, "device": "cuda:٣", "momentum": "0.9", "precision": True}),
    (Training, {"batch_size": float("nan"), "epochs": float("inf"), "learning_rate": True, "device": None,
                "seed": None}),
    (Training, {"epochs": 2.0}),
])
def test_each_bad_value_is_refused_at_its_field(part, values):
    for name, value in values.items():
        where = "data" if part is ImageData else "training"
        with pytest.raises(SpecError) as caught:
            check(Experiment(**{where: part(**{name: value})}))
        assert caught.value.field == f"{where}.{name}"
        assert str(caught.value)


@pytest.mark.parametrize("name", ["rotation", "brightness", "contrast", "shift", "scale", "thickness"])
@pytest.mark.parametrize("value", [-0.1, 100, "1", None])
def test_each_bad_augmentation_is_refused_at_its_field(name, value):
    with pytest.raises(SpecError) as caught:
        check(Experiment(data=ImageData(augment=Augment(**{name: value}))))
    assert caught.value.field == f"data.augment.{name}"


@pytest.mark.parametrize("block, name", [
    (Conv(channels=0), "channels"), (Conv(kernel=12), "kernel"), (Conv(stride=0), "stride"),
    (Conv(padding=-1), "padding"), (Conv(dilation=0), "dilation"), (Conv(channels=3.0), "channels"),
    (Dropout(p=1), "p"), (Linear(features=5000), "features"),
])
def test_each_bad_block_is_refused_at_its_field(block, name):
    with pytest.raises(SpecError) as caught:
        check(Experiment(network=Network(blocks=(block, Flatten(), Linear(features=10)))))
    assert caught.value.field == f"network.blocks[0].{name}"


def test_the_bounds_themselves_are_allowed():
    for path, _value, rule in walk(Experiment(data=ImageData(train_size=60_000))):
        for bound in (*(rule.options), *((rule.low, rule.high) if rule.low is not None else ())):
            owner, name = path.rsplit(".", 1)
            if owner == "training":
                check(Experiment(training=replace(Training(), **{name: bound})))


@pytest.mark.parametrize("change, field", [
    (Change(0, "training.seed", 1), "training.seed"),
    (Change(0, "data.size", 48), "data.size"),
    (Change(0, "training.learning_rate", -1), "training.learning_rate"),
    (Change(0, "network.dropout", 1.0), "network.dropout"),
    (Change(0, "training.zero_grad", 0), "training.zero_grad"),
    (Change(-1, "training.epochs", 3), "changes"),
    (Change(1.5, "training.epochs", 3), "changes"),
    (Change(True, "training.epochs", 3), "changes"),
])
def test_each_bad_change_is_refused(change, field):
    with pytest.raises(SpecError) as caught:
        check(Experiment(changes=(change,)))
    assert caught.value.field == field


def test_a_run_keeps_a_bounded_number_of_changes():
    changes = tuple(Change(step, "training.epochs", 3) for step in range(MAX_CHANGES + 1))
    check(Experiment(changes=changes[:-1]))
    with pytest.raises(SpecError):
        check(Experiment(changes=changes))


def test_changes_take_effect_in_the_order_of_their_steps():
    rates = [Change(10, "training.learning_rate", 0.1), Change(5, "training.learning_rate", 0.5),
             Change(10, "training.learning_rate", 0.2)]
    experiment = Experiment(changes=tuple(rates))
    seen = [in_effect(experiment, step).training.learning_rate for step in (4, 5, 9, 10, 99)]
    assert seen == [Training().learning_rate, 0.5, 0.5, 0.2, 0.2]


def test_a_change_of_dropout_reaches_every_dropout_and_nothing_else():
    changed = apply_change(Experiment(network=DROPPING), Change(0, "network.dropout", 0.9))
    assert [block.p for block in changed.network.blocks if block.kind == "dropout"] == [0.9, 0.9]
    assert changed.network.blocks[1::2] == DROPPING.blocks[1::2]
    assert changed.training == Training()


def test_experiments_that_differ_in_live_settings_alone_are_the_same_run():
    one = Experiment(network=DROPPING)
    for field, value in (("training.learning_rate", 1.0), ("training.weight_decay", 0.5), ("network.dropout", 0.1),
                         ("training.zero_grad", False), ("training.eval_mode", False), ("training.epochs", 9)):
        assert same_run(one, apply_change(one, Change(0, field, value)))
        assert same_run(one, replace(one, changes=(Change(4, field, value),)))
    assert not same_run(one, Experiment())
    for training in (Training(seed=1), Training(optimizer="sgd"), Training(batch_size=3), Training(momentum=0.5),
                     Training(schedule="cosine"), Training(loss="mse")):
        assert not same_run(one, replace(one, training=training))
    assert not same_run(one, replace(one, data=ImageData(size=48)))


def test_layers_are_numbered_by_what_they_are():
    blocks = (Conv(), Conv(), Flatten(), Linear(), Dropout(), Linear(features=10))
    assert [name for name, _ in named_blocks(blocks)] == ["conv1", "conv2", "flatten1", "fc1", "dropout1", "fc2"]


def test_errors_survive_the_way_between_processes():
    import copy
    import pickle
    error = NetworkError(3, "Block {number}", number=4)
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (type(other), other.block, other.field, str(other)) == (NetworkError, 3, "network.blocks[3]", "Block 4")
