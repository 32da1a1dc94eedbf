"""Recurrent networks beside a language model: as many parameters, the same batches, the same time, the same measure."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dlcore.data.texts import open_texts
from dlcore.errors import EngineError, SpecError
from dlcore.explain.transformer import racing
from dlcore.specs import codec
from dlcore.specs.recurrent import RecurrentNetwork, count_weights, match_units
from dlcore.specs.texts import sides
from dlcore.specs.transformer_table import count_parameters
from dlcore.training.jobs import JOBS
from dlcore.training.race import EMBEDDING, Course, start_cell, start_transformer
from dlcore.training.recording import Recording
from dlcore.training.transformer_trainer import TransformerTrainer
from tests.dlcore.explain.transformers import NUMBERS, PLAYS, snapshot

PLAIN = replace(PLAYS, training=replace(PLAYS.training, schedule="constant", warmup=0, batch_size=4,
                                        learning_rate=0.01, precision="float32"))


def race(model: dict, home: Path, **request) -> list[dict]:
    """Return what was told after every turn, the last at the end."""
    job, told, done = JOBS["transformer_race"]({"model": model, **request}, home), [], [0.0]
    while not job.finished:
        job.advance(0)
        told.append(job.result)
        done.append(job.progress)
    assert done == sorted(done) and done[-1] == 1
    return [result for result in told if result]


@pytest.fixture(autouse=True)
def short(monkeypatch) -> None:
    monkeypatch.setattr(racing, "SECONDS", (0.01, 900))


def course(spec=PLAIN, seconds: float = 0.1) -> Course:
    return Course(spec, snapshot(spec).texts, seconds, 1.0)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn_tanh"])
@pytest.mark.parametrize("symbols", [80, 1000])
def test_no_other_number_of_units_comes_nearer_in_parameters(cell, symbols):
    def sizes(hidden: int) -> int:
        return count_weights(RecurrentNetwork(hidden=hidden, embedding=EMBEDDING), cell, symbols, symbols)

    for parameters in (100, 50_000, 803_664):
        hidden = match_units(RecurrentNetwork(embedding=EMBEDDING), cell, symbols, parameters, 2000).hidden
        assert hidden == min(range(1, 2000), key=lambda units: abs(sizes(units) - parameters))


def test_a_cell_that_races_has_the_parameters_that_were_counted():
    racer = start_cell(course(), "lstm")
    assert racer.tell()["parameters"] == count_weights(
        RecurrentNetwork(hidden=racer.hidden, embedding=EMBEDDING), "lstm", *sides(PLAIN.data))
    assert racer.tell()["parameters"] == pytest.approx(count_parameters(PLAIN), rel=0.02)


def test_a_transformer_that_races_anew_learns_what_its_trainer_learns():
    racer, trainer = start_transformer(course()), TransformerTrainer(PLAIN)
    while trainer.step < 3:
        trainer.advance(0)
        for event in trainer.take_events():
            assert event["kind"] != "finished"
    batches = racer.learn_until(60.0)
    while racer.steps < trainer.step:
        next(batches)
    for name, weight in racer.model.state_dict().items():
        assert torch.equal(weight, trainer.module.state_dict()[name]), name
    assert racer.tokens == trainer.step * 4 * PLAIN.network.context


def test_all_get_the_same_time_and_their_curves_grow_together():
    *way, told = race({"spec": codec.to_dict(PLAIN)}, Path("."), seconds=0.2, whole=False, cells=["gru", "lstm"])
    assert [one["kind"] for one in told["models"]] == ["transformer", "lstm", "gru"]
    for one in told["models"]:
        assert 0.2 <= one["seconds"] < 0.4 and one["steps"] > 2 and one["anew"] and one["curve"][0, 0] == 0
        assert one["bits"] == one["curve"][-1, 1] < one["curve"][0, 1] < 7
        assert one["tokens"] == one["steps"] * 4 * PLAIN.network.context
    for result in way:
        looks = [len(one["curve"]) for one in result["models"]]
        assert max(looks) - min(looks) <= 1


def test_bits_are_those_of_a_pass_over_all_windows_that_were_held_back(monkeypatch, tmp_path):
    pairs = replace(PLAIN, data=replace(PLAIN.data, task="bpe", vocabulary=128))
    texts = open_texts(pairs, tmp_path)
    held = [batch.part(0, 40) for batch in texts.held]
    monkeypatch.setattr(type(texts), "held", held)
    racer = start_cell(Course(pairs, texts, 0.1, 1.0), "gru")
    for _piece in racer.look(whole=True):
        pass
    with torch.no_grad():
        logits, _state = racer.model.cell(torch.from_numpy(held[0].inputs))
    nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.from_numpy(held[0].targets).flatten())
    characters = len(texts.target.decode(held[0].targets.flatten().tolist()))
    assert racer.bits == pytest.approx(nats.item() * held[0].targets.size / characters / np.log(2), rel=1e-4)
    assert characters > 1.2 * held[0].targets.size and racer.final and not racer.curve


def test_the_recording_of_a_run_is_raced_against_for_as_long_as_it_has_learned(tmp_path):
    trainer = TransformerTrainer(PLAIN, Recording.create(tmp_path / "runs" / "one", PLAIN))
    while trainer.seconds < 0.4:
        trainer.advance(0.1)
    trainer.save()
    looks = [event for event in trainer.recording.events() if "held_bits" in event]
    told = race({"run": "one", "step": trainer.step}, tmp_path, cells=["gru"], whole=False)[-1]
    own, cell = told["models"]
    assert told["seconds"] == pytest.approx(looks[-1]["seconds"]) and cell["seconds"] >= told["seconds"]
    assert own["bits"] == pytest.approx(looks[-1]["held_bits"]) and not own["anew"] and own["steps"] == trainer.step
    assert own["curve"][:, 1] == pytest.approx([look["held_bits"] for look in looks])


def test_what_cannot_race_is_told():
    with pytest.raises(EngineError, match="translator"):
        race({"spec": codec.to_dict(NUMBERS)}, Path("."), seconds=1)
    with pytest.raises(SpecError, match="Choose how many seconds"):
        race({"pretrained": "gpt"}, Path("."))
