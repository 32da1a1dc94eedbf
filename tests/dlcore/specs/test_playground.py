"""The spec of the Playground page: links, mends, what is refused, and what can be changed while it learns."""

import json
from dataclasses import replace

import pytest

from dlcore.errors import SpecError
from dlcore.specs.changes import MAX_CHANGES, Change
from dlcore.specs.codec import MAX_LINK, from_dict, from_link, to_dict, to_link
from dlcore.specs.learning import apply_change, check_change, in_effect, live_settings, same_run, steps_per_epoch
from dlcore.specs.plane import MOST_OWN, PlaneData
from dlcore.specs.plane_network import FEATURES, Layer, PlaneNetwork, neuron_names, parameter_names
from dlcore.specs.playground import PlaneTraining, Playground, check

TABLE = "0123456789abcdef-150-3"
RICH = Playground(
    data=PlaneData(dataset="spirals", classes=4, points=333, noise=5, own=((1.25, -2.0, 4), (0.0, 6.0, 0))),
    network=PlaneNetwork(features=("x1", "x2^2", "sin(x2)"), layers=(Layer(3, "relu"), Layer(3, "none"), Layer()),
                         residual=True, dropout=0.2, weights=(("b1.2", -0.5), ("w2.1.3", 1.5)), frozen=("2.3", "4.5"),
                         removed=("1.1",)),
    training=PlaneTraining(optimizer="adam", epochs=100_000, pace=0, l1=0.001),
    changes=(Change(5, "network.w1.1.1", 0.25), Change(9, "network.frozen.1.2", True),
             Change(9, "training.learning_rate", 0.1)))


def test_a_link_keeps_everything_and_a_default_one_is_short():
    assert from_link(to_link(RICH), "playground") == (RICH, ())
    assert from_dict(json.loads(json.dumps(to_dict(RICH)))) == RICH
    assert from_dict(to_dict(RICH, whole=True)) == RICH
    assert to_link(Playground()) == '{"kind":"playground"}'


def test_the_largest_playground_fits_into_a_link():
    layers = (Layer(16, "leaky_relu"),) * 8
    own = tuple((-5.25, 5.75 - index / 100, 3) for index in range(MOST_OWN))
    changes = tuple(Change(1_000_000 + step, "network.w1.16.16", 0.1234567890123456) for step in range(MAX_CHANGES - 5))
    names = neuron_names((7, *(16,) * 8, 5))
    network = PlaneNetwork(FEATURES, layers, frozen=tuple(sorted(names)), removed=tuple(sorted(names)))
    assert len(to_link(Playground(PlaneData(own=own), network, changes=changes))) < MAX_LINK


def test_sizes_follow_features_layers_and_classes():
    assert Playground().sizes == (2, 4, 2, 1)
    assert RICH.sizes == (3, 3, 3, 4, 5)  # a fifth class was put by hand
    assert replace(RICH, data=PlaneData(dataset="plane")).outputs == 1
    assert list(parameter_names((2, 2, 1))) == ["w1.1.1", "w1.1.2", "w1.2.1", "w1.2.2", "b1.1", "b1.2", "w2.1.1",
                                                "w2.1.2", "b2.1"]


@pytest.mark.parametrize(("data", "counts"), [
    (PlaneData(points=500, train_share=50), (250, 250)), (PlaneData(points=20, train_share=10), (2, 18)),
    (PlaneData(own=((0.0, 0.0, 1),) * 3), (253, 250)), (PlaneData(dataset="own", own=((0.0, 0.0, 1),) * 3), (3, 0)),
    (PlaneData(dataset="table", table=TABLE, train_share=80), (120, 30)),
])
def test_points_are_shared_out_and_those_put_by_hand_always_train(data, counts):
    assert (data.train_count, data.test_count) == counts


def test_a_table_says_its_classes_and_regression_has_none():
    assert PlaneData(dataset="table", table=TABLE).class_count == 3
    assert PlaneData(dataset="multi_gauss").class_count == 0
    assert Playground(data=PlaneData(dataset="plane")).loss == "squared"


@pytest.mark.parametrize(("part", "field", "said"), [
    ({"data": PlaneData(noise=51)}, "data.noise", "from 0 to 50"),
    ({"data": PlaneData(dataset="table")}, "data.table", "Upload a CSV"),
    ({"data": PlaneData(dataset="own", own=((0.0, 0.0, 1),))}, "data.own", "at least two classes"),
    ({"data": PlaneData(own=((9.0, 0.0, 1),))}, "data.own", "from −6 to 6"),
    ({"data": PlaneData(dataset="plane", own=((0.0, 0.0, 2),))}, "data.own", "−1 .class 0. or \\+1"),
    ({"network": PlaneNetwork(layers=(Layer(17),))}, "network.layers[0].neurons", "from 1 to 16"),
    ({"network": PlaneNetwork(layers=(Layer(),) * 9)}, "network.layers", "more than 8"),
    ({"network": PlaneNetwork(features=("x2", "x1"))}, "network.features", "each once"),
    ({"network": PlaneNetwork(weights=(("w9.1.1", 1.0),))}, "network.weights", "no w9.1.1"),
    ({"network": PlaneNetwork(weights=(("w1.1.1", float("nan")),))}, "network.weights", "from -100"),
    ({"network": PlaneNetwork(removed=("3.1",))}, "network.removed", "no 3.1"),
    ({"network": PlaneNetwork(batch_norm=True), "training": PlaneTraining(batch_size=1)}, "network.batch_norm",
     "only one"),
    ({"training": PlaneTraining(epochs=1_000_000, batch_size=1), "data": PlaneData(points=5000)}, "training.epochs",
     "at most 858,993 epochs"),
    ({"training": PlaneTraining(device="toaster")}, "training.device", "Use cpu"),
    ({"changes": (Change(3, "network.w1.1.1", "big"),)}, "network.w1.1.1", "from -100"),
    ({"changes": (Change(3, "network.w9.1.1", 1.0),)}, "network.w9.1.1", "no w9.1.1"),
    ({"changes": (Change(3, "network.removed.3.1", True),)}, "network.removed.3.1", "no 3.1"),
    ({"changes": (Change(3, "training.batch_size", 3),)}, "training.batch_size", "Start a new run"),
])
def test_what_cannot_be_is_refused_at_its_field_with_the_way_out(part, field, said):
    with pytest.raises(SpecError, match=said) as caught:
        check(Playground(**part))
    assert caught.value.field == field


@pytest.mark.parametrize("link", [
    "", "{", "[]", '{"data":{"dataset":"own"}}', '{"data":{"dataset":"table"}}', '{"data":{"table":"../../x-1-2"}}',
    '{"data":{"own":[[1,2],[1e999,0,0],["a",1,1]]}}', '{"data":{"own":5}}', '{"network":{"features":["x9"]}}',
    '{"network":{"layers":3}}', '{"network":{"layers":[{"neurons":99}]}}', '{"network":{"layers":[[4]]}}',
    '{"network":{"weights":[["w1.1.1",null]]}}', '{"network":{"frozen":["9.9"]}}',
    '{"network":{"batch_norm":true},"training":{"batch_size":1}}', '{"changes":[[3,"network.w9.9.9",1]]}',
    '{"changes":[[3,"training.seed",1]]}', '{"data":{"points":5000},"training":{"epochs":1000000,"batch_size":1}}',
    '{"data":{"dataset":"plane","own":[[1,1,4]]}}', '{"training":{"pace":59}}',
])
def test_a_broken_link_opens_with_a_network_that_works_and_says_what_was_mended(link):
    spec, mends = from_link(link, "playground")
    check(spec)
    assert mends


def test_live_settings_are_those_that_make_no_new_run():
    for path, value in live_settings(RICH).items():
        changed = 250 if path == "training.pace" else not value if isinstance(value, bool) else value + 0.01
        changed = int(value) + 1 if path == "training.epochs" else changed
        check_change(RICH, Change(0, path, changed))
        after = apply_change(RICH, Change(0, path, changed))
        assert live_settings(after)[path] == changed
        assert same_run(RICH, after)
    assert not same_run(RICH, replace(RICH, data=replace(RICH.data, noise=6)))
    assert not same_run(RICH, Playground()) and not same_run(RICH, replace(RICH, network=PlaneNetwork()))


def test_changes_are_in_effect_from_their_step_on():
    then = in_effect(RICH, 8), in_effect(RICH, 9)
    assert [spec.network.frozen for spec in then] == [("2.3", "4.5"), ("1.2", "2.3", "4.5")]
    assert [spec.training.learning_rate for spec in then] == [0.03, 0.1]
    assert then[1].network.weights == RICH.network.weights


def test_the_last_batch_may_be_smaller():
    assert steps_per_epoch(Playground(training=PlaneTraining(batch_size=60))) == 5
