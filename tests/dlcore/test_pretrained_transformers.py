"""The transformers that come with the project, as they lie in assets/models."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from dlcore.__main__ import main
from dlcore.data.translation import answer as right_answer
from dlcore.explain.pretrained import FOLDER, open_pretrained, read_manifest
from dlcore.explain.snapshot import load
from dlcore.models.generation import Sampling, Writer, answer, write
from dlcore.specs.learning import check, steps_per_epoch
from dlcore.training.pretrain_transformer import TRANSFORMERS, measure_transformer
from dlcore.training.transformer_examiner import TransformerExaminer
from dlcore.training.transformer_trainer import TransformerTrainer

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformers_were_made_by_the_spec_that_their_command_trains(name):
    spec, _weights, step = open_pretrained(name)
    check(spec)
    assert spec == TRANSFORMERS[name] and read_manifest(name)["command"] == "python -m dlcore pretrain transformer"
    assert step == spec.training.epochs * steps_per_epoch(spec)
    assert (FOLDER / f"{name}.safetensors").stat().st_size < 5_000_000


def test_the_translator_answers_held_out_numbers_as_its_manifest_says():
    told = measure_transformer("translator")
    assert told["test_exact"] == read_manifest("translator")["test_exact"] >= 0.99


@pytest.mark.parametrize("text", ["twenty three", "nine thousand nine hundred and ninety nine", "zero", "one thousand"])
def test_the_translator_says_what_a_person_says(text):
    snapshot = load({"pretrained": "translator"}, Path("."))
    told = answer(snapshot.module, torch.tensor([[*snapshot.texts.source.encode(text), 1]]))[0].tolist()
    assert snapshot.texts.target.decode(told) == right_answer(snapshot.spec.data, text)


def test_the_gpt_foretells_held_out_plays_as_its_manifest_says():
    snapshot = load({"pretrained": "gpt"}, Path("."))
    examiner = TransformerExaminer(snapshot.spec, snapshot.texts, torch.device("cpu"))
    *_, told = examiner.examine(snapshot.module, torch.float32, whole=False)
    assert told["held_bits"] == pytest.approx(read_manifest("gpt")["test_bits"], abs=0.1)
    assert told["held_bits"] < 2.3  # a GRU of the recurrent page reaches 2.48


def test_the_gpt_goes_on_in_words_of_the_plays():
    snapshot = load({"pretrained": "gpt"}, Path("."))
    tokens, draws = snapshot.texts.target, torch.Generator().manual_seed(1)
    writer = Writer(snapshot.module, tokens.encode("\nTo be, or not to be"))
    text = tokens.decode(token for token, _ in write(writer, 300, Sampling(0.5), draws))
    known = set(tokens.decode(snapshot.texts.train).lower().split())
    words = text.lower().split()[1:-1]
    assert len(words) > 30 and sum(word in known for word in words) / len(words) > 0.85


def test_the_command_makes_a_network_with_a_manifest_that_says_how(tmp_path, capsys):
    assert main(["pretrain", "transformer", "--only", "translator", "--steps", "2", "--folder", str(tmp_path)]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told[-1]["kind"] == "evaluation" and told[-1]["steps"] == 2
    manifest = json.loads((tmp_path / "translator.json").read_text())
    assert manifest["command"] == "python -m dlcore pretrain transformer --only translator --steps 2"
    spec, weights, step = open_pretrained("translator", tmp_path)
    assert spec == TRANSFORMERS["translator"] and step == 2 and manifest["test_exact"] < 0.1
    trainer = TransformerTrainer(spec)
    trainer.advance(0)
    while trainer.step < 2:
        trainer.advance(0)
    made = {name: weight.numpy() for name, weight in trainer.weights().items()}
    assert set(made) == set(weights)
    assert all(np.allclose(made[name], weights[name], atol=1e-3) for name in made)
    assert set(manifest) == set(read_manifest("translator"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["translator.json", "translator.safetensors"]


def test_a_network_that_the_command_does_not_make_is_told(tmp_path, capsys):
    assert main(["pretrain", "transformer", "--only", "names", "--folder", str(tmp_path)]) == 2
    assert "Choose one of translator, gpt" in capsys.readouterr().err and not list(tmp_path.iterdir())
