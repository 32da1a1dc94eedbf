"""What is known of a data set before its pictures are there, and what follows it."""

import pytest

from dlcore.errors import NetworkError, SpecError
from dlcore.specs.codec import from_dict, from_link, to_dict, to_link
from dlcore.specs.data import ImageData
from dlcore.specs.datasets import DATASETS, GREY, describe, is_own, normalisation
from dlcore.specs.experiment import Experiment, check, learn_from, steps_per_epoch
from dlcore.specs.model import PRESETS, Linear, Network
from dlcore.specs.shapes import layer_table

OWN = "own-4-40-12-00112233aabbccdd"


@pytest.mark.parametrize("dataset", [*DATASETS, OWN])
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_follows_the_data_set(dataset, preset):
    experiment = learn_from(Experiment(network=Network(blocks=PRESETS[preset])), dataset)
    check(experiment)
    assert layer_table(experiment.network, experiment.data)[-1].shape == (len(describe(dataset).classes),)
    assert from_link(to_link(experiment)) == (experiment, ())
    assert from_dict(to_dict(experiment, whole=True)) == experiment


def test_the_classes_are_as_many_as_is_known():
    assert {name: len(told.classes) for name, told in DATASETS.items()} == {
        "mnist": 10, "fashion_mnist": 10, "kmnist": 10, "emnist_letters": 26, "cifar10": 10, "gtsrb": 43}


def test_torchvision_calls_the_signs_of_kmnist_the_same():
    from torchvision.datasets import EMNIST, KMNIST
    assert list(DATASETS["kmnist"].classes) == KMNIST.classes
    letters = [name.upper() for name in EMNIST.classes_split_dict["letters"] if name != "N/A"]
    assert list(DATASETS["emnist_letters"].classes) == letters


def test_the_name_of_own_pictures_says_how_many_there_are():
    told = describe(OWN)
    assert (len(told.classes), told.train, told.test, is_own(OWN)) == (4, 40, 12, True)
    assert ImageData(dataset=OWN, train_size=500).examples == 40


@pytest.mark.parametrize("name", [
    "own-1-40-12-00112233aabbccdd", "own-21-40-12-00112233aabbccdd", "own-4-0-12-00112233aabbccdd",
    "own-4-40-12-../../../../etc", "own-4-40-12-00112233AABBCCDD", "own-4-40-12-00112233aabbccdd\n", "own", "",
    "cifar"])
def test_a_name_that_is_none_is_refused_in_files_and_mended_in_links(name):
    with pytest.raises(SpecError):
        describe(name)
    with pytest.raises(SpecError):
        check(Experiment(data=ImageData(dataset=name)))
    experiment, mends = from_link(f'{{"data":{{"dataset":{name!r}}}}}'.replace("'", '"').replace("\\n", "\\\\n"))
    assert experiment.data.dataset == "mnist" and mends


def test_a_network_that_ends_in_the_wrong_number_of_classes_is_mended_in_a_link_and_refused_in_a_file():
    asked = {"kind": "experiment", "data": {"dataset": "gtsrb", "size": 48, "channels": 3}}
    with pytest.raises(NetworkError, match="43 classes. End it with a linear block of 43 features"):
        from_dict(asked)
    experiment, mends = from_link('{"data":{"dataset":"gtsrb","size":48,"channels":3}}')
    assert experiment.network.blocks[-1] == Linear(features=43)
    assert experiment.network.blocks[:-1] == Network().blocks[:-1]
    assert [mend.field for mend in mends] == ["network"] and "43 classes" in mends[0].given


def test_an_epoch_is_as_long_as_the_data_set_allows():
    experiment = learn_from(Experiment(), "cifar10")
    assert steps_per_epoch(experiment) == -(-50_000 // 128)
    small = learn_from(Experiment(), OWN)
    assert steps_per_epoch(small) == 1 and small.training.epochs == 100


def test_grey_from_colour_is_normalised_by_the_same_weights():
    mean, deviation = normalisation("cifar10", 1)
    assert mean[0] == pytest.approx(sum(GREY[i] * DATASETS["cifar10"].mean[i] for i in range(3)), abs=1e-4)
    assert normalisation("mnist", 3) == ((0.1307,) * 3, (0.3081,) * 3)
    assert len(deviation) == 1
