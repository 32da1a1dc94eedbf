"""How far the same training goes apart on other processors, although it is reproducible.

    python -m pytest tests/benchmarks/measure_processors.py -s

Other processors are pretended: torch, oneDNN and MKL are told to do without the newer vector instructions. What a
real one of another maker does was not measured.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dlcore.specs.codec import from_dict, to_dict
from dlcore.specs.data import ImageData
from dlcore.specs.diffusion import Diffusion, DiffusionTraining, learn_from
from dlcore.specs.experiment import Experiment
from dlcore.specs.playground import PlaneTraining, Playground
from dlcore.specs.recurrent import Recurrent, RecurrentTraining
from dlcore.specs.training import Training
from dlcore.specs.transformer import Transformer, TransformerTraining
from tests.benchmarks.figures import Figure, show, sized

PROCESSORS = {
    "this one": {},
    "AVX2 (2013)": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "SSE4 (2008)": {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41",
                    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"},
}
SPECS = {
    "Digits": Experiment(data=ImageData(train_size=5000), training=Training(epochs=2)),
    "Playground": Playground(training=PlaneTraining(epochs=sized(50, 200))),
    "Recurrent": Recurrent(training=RecurrentTraining(epochs=1)),
    "Transformer": Transformer(training=TransformerTraining(epochs=1)),
    "Diffusion": replace(learn_from(Diffusion(), "swirl"), training=DiffusionTraining(epochs=5)),
}
STEPS = sized(100, 400)
ONE = """
import json, sys
from dlcore.specs.codec import from_dict
from dlcore.training.headless import train
said = []
spec = from_dict(json.loads(sys.argv[1]))
trainer = train(spec, said.append, steps=int(sys.argv[2]))
scores = {k: v for event in said for k, v in event.items() if isinstance(v, float) and ("accuracy" in k or "loss" in k)}
weights = {name: value.double().flatten().tolist() for name, value in trainer.weights().items()}
print(json.dumps({"step": trainer.step, "scores": scores, "weights": weights}))
"""


def trained(spec, processor: dict[str, str]) -> dict:
    spec = replace(spec, training=replace(spec.training, reproducible=True))
    done = subprocess.run([sys.executable, "-c", ONE, json.dumps(to_dict(spec)), str(STEPS)], text=True, check=True,
                          capture_output=True, cwd=Path(__file__).parents[2], env={**os.environ, **processor})
    return json.loads(done.stdout.splitlines()[-1])


def apart(one: dict, other: dict) -> float:
    """Return how far the weights lie apart, as a share of their length."""
    ours, theirs = (np.concatenate([run["weights"][name] for name in sorted(run["weights"])]) for run in (one, other))
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(ours))


@pytest.mark.parametrize("page", SPECS)
def test_the_same_training_on_other_processors(page):
    assert from_dict(to_dict(SPECS[page])) == SPECS[page]
    here, again = (trained(SPECS[page], {}) for _ in range(2))
    figures = [Figure("this one, again: weights apart", [100 * apart(here, again)], "%", most=0)]
    for name, processor in list(PROCESSORS.items())[1:]:
        there = trained(SPECS[page], processor)
        figures.append(Figure(f"{name}: weights apart", [100 * apart(here, there)], "%"))
        figures += [Figure(f"{name}: {score}", [value], note=f"here {here['scores'][score]:.4f}")
                    for score, value in there["scores"].items() if "accuracy" in score or "held" in score]
    show(f"{page}, {here['step']} steps", figures)
