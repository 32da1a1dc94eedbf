"""Reading in bfloat16 with weights narrowed once, against autocast, which narrows them for every chunk."""

from dataclasses import replace

import torch

from dlcore.data import images
from dlcore.data.batches import pictures_of, prepare
from dlcore.models.build import build
from dlcore.specs.experiment import Experiment
from dlcore.training.evaluation import Evaluator


def test_weights_narrowed_once_read_as_autocast_does():
    experiment, test = Experiment(), images.load_test("mnist")
    pictures, labels = (torch.from_numpy(half[:300]) for half in (test.test_images, test.test_labels))
    module = build(experiment.network, experiment.data, seed=1)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    *_, evaluation = Evaluator(experiment, pictures, labels).run(module, torch.bfloat16)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        expected = module.eval()(prepare(pictures_of(pictures), experiment.data)).float().softmax(1)
    assert torch.equal(evaluation.scores, expected)
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


def test_without_eval_the_statistics_of_batch_norm_are_those_of_the_module_itself():
    """Who forgets eval() lets the held-out digits move the running means: that must reach the network."""
    experiment = Experiment()
    forgetful = replace(experiment, training=replace(experiment.training, eval_mode=False))
    test = images.load_test("mnist")
    pictures, labels = (torch.from_numpy(half[:300]) for half in (test.test_images, test.test_labels))
    module = build(experiment.network, experiment.data, seed=1)
    for _ in Evaluator(forgetful, pictures, labels).run(module, torch.bfloat16):
        pass
    assert module.norm1.running_mean.abs().max() > 0
