"""Specs as dicts and links: nothing is lost, and nothing that a visitor types can break."""

import json
import random
import string

import pytest

from dlcore.errors import NetworkError, SpecError
from dlcore.specs.changes import MAX_CHANGES, Change
from dlcore.specs.codec import MAX_LINK, Mend, from_dict, from_link, to_dict, to_link
from dlcore.specs.data import Augment, ImageData
from dlcore.specs.experiment import LIVE_FIELDS, Experiment, check, live_rule
from dlcore.specs.fields import walk
from dlcore.specs.model import (
    ACTIVATIONS,
    MAX_BLOCKS,
    MY_NET,
    PRESETS,
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    Linear,
    Network,
    Pool,
)
from dlcore.specs.training import LOSSES, OPTIMIZERS, PRECISIONS, SCHEDULES, Training

LINES = (Flatten(), Linear(features=10))


def random_experiment(seed: int) -> Experiment:
    draw = random.Random(seed)
    blocks = draw.choice([*PRESETS.values(), (Conv(channels=draw.randint(1, 9), dilation=draw.randint(1, 2)),
                                              BatchNorm(), Activation(draw.choice(ACTIVATIONS)),
                                              Pool(mode="avg", size=draw.randint(2, 3)),
                                              Dropout(p=round(draw.uniform(0, 0.95), 3)), *LINES)])
    changes = tuple(Change(step, "training.learning_rate", draw.uniform(0, 1)) for step in range(draw.randint(0, 3)))
    return Experiment(
        data=ImageData(train_size=draw.randint(500, 60_000), size=draw.choice([28, 48]), channels=draw.choice([1, 3]),
                       augment=Augment(rotation=draw.choice([0.0, 10.0, 45.0]), shift=draw.choice([0.0, 2.5]))),
        network=Network(blocks=blocks),
        training=Training(loss=draw.choice(LOSSES), batch_size=draw.randint(2, 512), epochs=draw.randint(1, 100),
                          optimizer=draw.choice(OPTIMIZERS), learning_rate=draw.uniform(0, 10),
                          schedule=draw.choice(SCHEDULES), precision=draw.choice(PRECISIONS),
                          seed=draw.randrange(2**31), device=draw.choice(["cpu", "cuda:1", "mps"]),
                          reproducible=draw.random() < 0.5, zero_grad=draw.random() < 0.5),
        changes=changes + draw.choice([
            (), (Change(7, "network.dropout", 0.1), Change(9, "training.eval_mode", False))]))


def random_valid(seed: int) -> Experiment:
    """Return a random experiment that can be run (a batch norm with a last batch of one cannot)."""
    experiment = random_experiment(seed)
    try:
        check(experiment)
    except NetworkError:
        return random_valid(seed + 10_000)
    return experiment


def test_experiments_come_back_from_their_dicts_and_links_as_they_were():
    for seed in range(300):
        experiment = random_valid(seed)
        written = json.loads(json.dumps(to_dict(experiment)))
        assert from_dict(written) == experiment
        assert from_link(to_link(experiment)) == (experiment, ())


def test_values_come_back_with_their_types():
    experiment = from_dict(json.loads('{"training": {"epochs": 3.0, "learning_rate": 1}, "data": {"size": 48.0}}'))
    assert type(experiment.training.epochs) is type(experiment.data.size) is int
    assert type(experiment.training.learning_rate) is float


def test_a_link_holds_only_what_differs_from_the_defaults():
    assert to_link(Experiment()) == '{"kind":"experiment"}'
    assert json.loads(to_link(Experiment(training=Training(epochs=5), data=ImageData(augment=Augment(shift=2.0))))) == {
        "kind": "experiment", "training": {"epochs": 5}, "data": {"augment": {"shift": 2.0}}}
    assert json.loads(to_link(Experiment(network=Network(blocks=LINES))))["network"] == {
        "blocks": [{"kind": "flatten"}, {"kind": "linear", "features": 10}]}


def test_the_largest_experiment_fits_into_a_link():
    block = Conv(channels=111, kernel=11, stride=4, padding=5, dilation=4)
    changes = tuple(Change(100_000 + step, "training.learning_rate", 0.1234567890123456) for step in range(MAX_CHANGES))
    assert len(to_link(Experiment(network=Network(blocks=(block,) * MAX_BLOCKS), changes=changes))) < MAX_LINK


@pytest.mark.parametrize("plain, field, said", [
    ({"training": {"learning_rate": "fast"}}, "training.learning_rate", "fast"),
    ({"training": {"learning_rate": 11}}, "training.learning_rate", "10"),
    ({"training": {"epochs": True}}, "training.epochs", "true"),
    ({"training": {"epochs": 2.5}}, "training.epochs", "2.5"),
    ({"training": {"reproducible": 1}}, "training.reproducible", "1"),
    ({"training": {"optimiser": "adam"}}, "training.optimiser", "adam"),
    ({"training": {"optimizer": "lion"}}, "training.optimizer", "lion"),
    ({"training": {"device": "cuda:x"}}, "training.device", "cuda:x"),
    ({"training": {"device": 3}}, "training.device", "3"),
    ({"training": None}, "training", "null"),
    ({"training": {"kind": "images"}}, "training.kind", "images"),
    ({"kind": "run"}, "kind", "run"),
    ({"data": {"size": 29}}, "data.size", "28"),
    ({"data": {"augment": {"rotation": -1}}}, "data.augment.rotation", "-1"),
    ({"network": {"blocks": [{"kind": "conv", "kernel": 0}]}}, "network.blocks[0].kernel", "1"),
    ({"network": {"blocks": [{"kind": "flatten"}, {"kind": "attention"}]}}, "network.blocks[1]", "attention"),
    ({"network": {"blocks": [{"kind": "activation"}] * (MAX_BLOCKS + 1)}}, "network.blocks", str(MAX_BLOCKS)),
    ({"network": {"blocks": [{"kind": "pool", "size": 8}, {"kind": "pool", "size": 8, "stride": 8},
                             {"kind": "pool", "size": 8}]}}, "network.blocks[2]", "window"),
    ({"changes": 5}, "changes", "5"),
    ({"changes": [[3, "training.seed", 1]]}, "changes", "seed"),
    ({"changes": [[-3, "training.epochs", 1]]}, "changes", "-3"),
    ({"changes": [[True, "training.epochs", 1]]}, "changes", "true"),
    ({"changes": [[3, "training.epochs", 0]]}, "changes", "0"),
    ([], "experiment", "[]"),
])
def test_reading_a_file_is_strict_and_names_the_field(plain, field, said):
    with pytest.raises(SpecError) as caught:
        from_dict(plain)
    assert caught.value.field == field
    assert said in str(caught.value)


@pytest.mark.parametrize("link, mend", [
    ('{"training":{"epochs":1000}}', Mend("training.epochs", "1000", "100")),
    ('{"training":{"epochs":2.9}}', Mend("training.epochs", "2.9", "3")),
    ('{"training":{"learning_rate":NaN}}', Mend("training.learning_rate", "NaN", "0.012")),
    ('{"training":{"learning_rate":Infinity}}', Mend("training.learning_rate", "Infinity", "10")),
    ('{"training":{"learning_rate":"0.5"}}', Mend("training.learning_rate", "0.5", "0.5")),
    ('{"data":{"size":31}}', Mend("data.size", "31", "32")),
    ('{"data":{"dataset":"imagenet"}}', Mend("data.dataset", "imagenet", "mnist")),
    ('{"training":{"device":"toaster"}}', Mend("training.device", "toaster", "cpu")),
    ('{"training":{"zero_grad":0}}', Mend("training.zero_grad", "0", "false")),
    ('{"colour":"red"}', Mend("colour", "red", "—")),
    ("not json", Mend("experiment", "not json", "default")),
])
def test_a_link_is_mended_to_the_nearest_valid_setting_and_says_so(link, mend):
    experiment, mends = from_link(link)
    assert mends == (mend,)
    check(experiment)


def test_a_network_that_cannot_be_built_becomes_the_small_one_and_the_rest_stays():
    experiment, mends = from_link('{"network":{"blocks":[{"kind":"linear"}]},"training":{"epochs":7}}')
    assert experiment == Experiment(training=Training(epochs=7))
    assert [mend.field for mend in mends] == ["network"]
    assert "flatten" in mends[0].given


def test_what_is_told_of_a_mend_can_be_sent_to_a_browser():
    for link in (r'{"data":{"dataset":"\ud800"}}', r'{"\udfff":1}', '{"a":["x"]}', '{"' + "x" * 5000 + '":1}'):
        _, mends = from_link(link)
        for mend in mends:
            assert all(len(text.encode()) <= 240 for text in (mend.field, mend.given, mend.used))


@pytest.mark.parametrize("depth", [10, 300, 900, 990, 5_000])
def test_deep_nesting_does_no_harm(depth):
    for text in ("[" * depth + "]" * depth, '{"training":' * depth + "1" + "}" * depth,
                 '{"data":' + "[" * depth + "]" * depth + "}"):
        experiment, mends = from_link(text)
        assert mends
        check(experiment)


GARBAGE = [None, True, False, 0, -1, 1.5, 1e308, 10**25, float("nan"), float("inf"), -float("inf"), "", "0", "true",
           "é\ud800", [], [1], [[]], {}, {"kind": "conv"}, {"kind": []}, {"a": {}}, [1, "training.epochs", 3],
           "9" * 400]


def mutate(plain, draw: random.Random):
    """Return a copy of some JSON with a few places replaced, dropped, doubled or renamed."""
    if draw.random() < 0.06:
        return draw.choice(GARBAGE)
    if isinstance(plain, dict):
        items = [(key if draw.random() > 0.03 else draw.choice(["kind", "blocks", "x", "p", ""]), mutate(value, draw))
                 for key, value in plain.items() if draw.random() > 0.03]
        return dict(items)
    if isinstance(plain, list):
        items = [mutate(value, draw) for value in plain if draw.random() > 0.03]
        return items * 2 if draw.random() < 0.05 else items
    return plain


def test_mutated_links_never_raise_and_always_give_an_experiment_that_can_be_run():
    for seed in range(1_000):
        draw = random.Random(seed)
        plain = mutate(json.loads(to_link(random_experiment(seed))), draw)
        experiment, mends = from_link(json.dumps(plain))
        check(experiment)
        if not mends:
            assert from_dict(json.loads(json.dumps(plain))) == experiment


def test_a_mend_is_told_for_every_difference():
    """Whatever the reader took differently is named: values that stayed are those of the text."""
    for seed in range(1_000):
        draw = random.Random(seed)
        plain = mutate(json.loads(to_link(random_valid(seed))), draw)
        experiment, mends = from_link(json.dumps(plain))
        told = {mend.field for mend in mends}
        if not isinstance(plain, dict) or "network" in told or "experiment" in told:
            continue
        for path, value, _rule in walk(Experiment(data=experiment.data, training=experiment.training)):
            if path.startswith("network"):
                continue
            given = plain
            for part in path.split("."):
                given = given.get(part, value) if isinstance(given, dict) else value
            covered = any(path == field or path.startswith(f"{field}.") for field in told)
            assert covered or (given == value and isinstance(given, bool) == isinstance(value, bool)), path


def test_random_text_never_raises():
    draw = random.Random(0)
    letters = string.printable + '{}[]":,' * 5 + "é中\ud83d\x00"
    for _ in range(1_000):
        text = "".join(draw.choices(letters, k=draw.randint(0, 60)))
        experiment, mends = from_link(text)
        assert mends
        assert experiment == Experiment()


def test_cut_off_links_never_raise():
    link = to_link(Experiment(network=Network(blocks=MY_NET), changes=(Change(3, "training.epochs", 4),)))
    for end in range(len(link)):
        check(from_link(link[:end])[0])


def test_a_link_that_is_too_long_is_not_read():
    experiment, mends = from_link('{"training":{"epochs":7}' + " " * MAX_LINK + "}")
    assert (experiment, len(mends), len(mends[0].given)) == (Experiment(), 1, 80)


def test_too_many_changes_are_told():
    plain = {"changes": [[step, "training.epochs", 3] for step in range(MAX_CHANGES + 5)]}
    experiment, mends = from_link(json.dumps(plain))
    assert len(experiment.changes) == MAX_CHANGES
    assert mends == (Mend("changes", str(MAX_CHANGES + 5), str(MAX_CHANGES)),)


def test_every_live_field_has_a_rule():
    for field in LIVE_FIELDS:
        assert live_rule(field).nearest(0) is not None
