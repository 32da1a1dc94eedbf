"""The printed script of a transformer: it runs as it stands, and ends in the weights that the app ends in."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dlcore.data.own_texts import keep_text
from dlcore.export.transformer import print_transformer
from dlcore.models.transformer import build_transformer
from dlcore.specs.changes import Change
from dlcore.specs.texts import TextData
from dlcore.specs.transformer import POSITIONS, Transformer, TransformerNetwork, TransformerTraining
from dlcore.training.transformer_trainer import TransformerTrainer

TEXTS = Path(__file__).parents[3] / "assets" / "datasets" / "text"
TRAINING = TransformerTraining(batch_size=8, epochs=1, warmup=4, precision="float32")
TRANSLATOR = Transformer(network=TransformerNetwork(layers=2, heads=2, width=16), training=TRAINING)
GPT = Transformer(data=TextData(task="plays"), training=TRAINING,
                  network=TransformerNetwork(layers=1, heads=2, width=16, context=32, positions="rotary", norm="post"))
STEPS = 12


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """Where the script finds its text; trainings are short here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(TransformerTrainer, "total_steps", STEPS)
    (tmp_path / "shakespeare.txt").write_bytes((TEXTS / "shakespeare.txt").read_bytes())
    return tmp_path


def run(spec: Transformer) -> dict:
    """Run the script for a few steps; return its names."""
    names: dict = {}
    script, count = re.subn(r"STEPS, WARMUP = \d+", f"STEPS, WARMUP = {STEPS}", print_transformer(spec))
    assert count == 1
    exec(compile(script, "script", "exec"), names)
    return names


def trained(spec: Transformer) -> dict[str, torch.Tensor]:
    """Return the weights that the app's training ends in."""
    trainer = TransformerTrainer(spec)
    while trainer.step < STEPS:
        trainer._train_step()
    return trainer.weights()


def felt(name: str, weights: torch.Tensor) -> torch.Tensor:
    """Return weights without the keys' bias, which softmax does not feel: its gradient is rounding alone."""
    third = len(weights) // 3
    return torch.cat([weights[:third], weights[2 * third:]]) if name.endswith("project_in.bias") else weights


@pytest.mark.parametrize("spec", [
    TRANSLATOR, GPT,
    replace(TRANSLATOR, changes=(Change(5, "training.learning_rate", 0.02), Change(9, "training.clip", 0.1)),
            training=replace(TRAINING, schedule="inverse_root", optimizer="sgd", learning_rate=0.1))],
    ids=["translator", "language model", "changed by hand"])
def test_the_script_ends_in_the_same_weights(spec, place, capsys):
    theirs, ours = run(spec)["model"].state_dict(), trained(spec)
    assert theirs.keys() == ours.keys()
    begun = build_transformer(spec).state_dict()
    for name, weights in ours.items():
        told, asked = (felt(name, one) for one in (theirs[name], weights))
        assert (told - asked).norm() < 0.01 * (asked - felt(name, begun[name])).norm() + 1e-5, name
    assert "loss" in capsys.readouterr().out


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_every_network_is_printed_as_it_begins(positions, norm, place):
    for spec in (TRANSLATOR, GPT):
        spec = replace(spec, network=replace(spec.network, positions=positions, norm=norm, activation="silu"))
        script, names = print_transformer(spec), {}
        exec(compile(script[: script.index("def factor")], "script", "exec"), names)
        ours, theirs = build_transformer(spec), names["model"].state_dict()
        for name, weights in ours.state_dict().items():
            assert torch.allclose(theirs[name], weights, rtol=1e-4), name
        ids = torch.randint(2, 20, (2, 6))
        given = (ids, ids) if spec.data.translates else (ids,)
        torch.testing.assert_close(names["model"](*given), ours(*given), rtol=1e-4, atol=1e-5)


def test_scripts_of_the_other_texts_run(place):
    name = keep_text(place, "Bir varmış bir yokmuş. " * 200)
    for data in (TextData(task="sort", length=4), TextData(task="own", text=name)):
        spec = replace(TRANSLATOR, data=data, network=replace(TRANSLATOR.network, dropout=0.1, context=32))
        assert run(replace(spec, training=replace(TRAINING, precision="bfloat16")))["loss"].isfinite()
