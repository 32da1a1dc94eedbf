"""The transformers that come with the project, as they lie in assets/models."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from dlcore.__main__ import main
from dlcore.data.corpus import Corpus
from dlcore.data.texts import open_texts
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


@pytest.mark.check
def test_the_command_makes_both_with_manifests_that_say_how(tmp_path, capsys, monkeypatch):
    held = open_texts(TRANSFORMERS["gpt"]).held[0].part(0, 8)
    monkeypatch.setattr(Corpus, "held", [held])  # all of it would take long
    assert main(["pretrain", "transformer", "--steps", "2", "--folder", str(tmp_path)]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["steps"] for line in told if line["kind"] == "evaluation"] == [2, 2]
    for name, spec in TRANSFORMERS.items():
        manifest = read_manifest(name, tmp_path)
        assert manifest["command"] == "python -m dlcore pretrain transformer --steps 2" and not manifest["finished"]
        assert set(manifest) - {"finished"} == set(read_manifest(name)) - {"finished"}
        read, weights, step = open_pretrained(name, tmp_path)
        trainer = TransformerTrainer(spec)
        while trainer.step < 2:
            trainer.advance(0)
        made = {key: weight.numpy() for key, weight in trainer.weights().items()}
        assert read == spec and step == 2 and set(made) == set(weights)
        assert all(np.allclose(made[key], weights[key], atol=1e-3) for key in made)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json"] * 2 + [".safetensors"] * 2
