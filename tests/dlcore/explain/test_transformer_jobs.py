"""The longer pieces of work on transformers, against captum, one-by-one evaluation and a recording."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients

from dlcore.explain.recurrent_snapshot import open_cells
from dlcore.explain.snapshot import load
from dlcore.explain.transformer import jobs as work
from dlcore.explain.transformer import probing
from dlcore.explain.transformer.attributing import compare, embedded, scorer
from dlcore.explain.transformer.beside import match_parameters
from dlcore.explain.transformer.integrating import Attribution, integrate
from dlcore.explain.transformer.passing import all_heads, switched_off
from dlcore.explain.transformer.reading import read
from dlcore.models.generation import answer
from dlcore.specs.recurrent import Recurrent, RecurrentNetwork, count_parameters
from dlcore.specs.sequences import SequenceData
from dlcore.training.jobs import JOBS
from dlcore.training.recording import Recording
from dlcore.training.significance import hardly_by_chance, paired_test, wilson_interval
from dlcore.training.transformer_trainer import TransformerTrainer
from tests.dlcore.explain.transformers import LINE, NUMBERS, PLAYS, TWENTY, ask, snapshot


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Return the correlation of the ranks, where no two values are equal."""
    return np.corrcoef(np.argsort(np.argsort(one)), np.argsort(np.argsort(other)))[0, 1]


def run(kind: str, seen, **request) -> dict:
    """Return the result of a Job on a snapshot."""
    job = JOBS[f"transformer_{kind}"]({"model": {}, **request}, Path("."))
    job.__dict__["snapshot"] = seen
    return finish(job)


def finish(job, snapshots: dict | None = None) -> dict:
    """Work to the end, a piece a turn; with snapshots, those are loaded by the items of their models."""
    turns, done = 0, [0.0]
    with patch.object(probing, "load", lambda model, home: snapshots[tuple(model.items())]):
        while not job.finished:
            job.advance(0)
            turns += 1
            done.append(job.progress)
    assert done == sorted(done) and done[-1] == 1 and turns > 1
    return job.result


@pytest.mark.parametrize(("spec", "text"), [(NUMBERS, TWENTY), (PLAYS, LINE)])
def test_attributions_are_captums_and_add_up(spec, text):
    seen = snapshot(spec)
    told, reading = run("attribution", seen, text=text, row=2), read(seen, {"text": text})
    of = seen.texts.target.numbers[told["of"]]
    sides = embedded(reading, 2)
    theirs = IntegratedGradients(lambda *parts: scorer(reading, 2, of)(list(parts))).attribute(
        tuple(side[None] for side in sides), n_steps=400)
    for side, expected in zip(["source", "target"][-len(sides):], theirs):
        assert np.allclose(told["values"][side], expected[0].sum(-1).detach().numpy(), atol=2e-2)
    assert told["sum"] == pytest.approx(told["promise"], abs=0.02 * max(1, abs(told["promise"])))
    assert len(told["values"]["target"]) == 3 == len(told["target"])


@pytest.mark.parametrize("positions", ["rotary", "none", "sinusoidal"])
def test_attributions_add_up_though_the_score_bends_sharply_where_embeddings_are_near_zero(positions):
    """A layer norm makes large of whatever is small: evenly spread points would miss what happens there."""
    told = run("attribution", snapshot(PLAYS, positions=positions), text=LINE)
    assert told["sum"] == pytest.approx(told["promise"], abs=0.011 * max(1, abs(told["promise"])))


def test_a_score_that_jumps_in_one_place_is_given_to_the_tokens_that_make_it_jump():
    side = torch.tensor([[1.0], [3.0], [0.0]])
    pieces, found = integrate(lambda sides: torch.sigmoid(400 * (sides[0].sum((1, 2)) - 1.234)), [side]), None
    while found is None:
        try:
            next(pieces)
        except StopIteration as end:
            found = end.value
    assert found.values[0] == pytest.approx([0.25, 0.75, 0], abs=0.01) and found.steps > 64


def test_rank_correlations_are_those_of_the_ranks_and_nothing_where_there_are_two_tokens():
    rng = np.random.default_rng(1)
    rows, values = rng.random((2, 3, 6)).astype(np.float32), rng.normal(size=6)
    found = compare(rows, values)
    assert found[1, 2] == pytest.approx(spearman(rows[1, 2], np.abs(values)), abs=1e-6)
    assert np.isnan(compare(rows[..., :2], values[:2])).all()


def test_every_head_and_the_rollout_are_compared_with_the_attribution():
    told = run("attribution", snapshot(), text="two thousand three", target="iki bin")
    assert told["attention"]["cross"].shape == (2, 4) and told["mean"]["decoder"].shape == (2,)
    head = ask("head", snapshot(), text="two thousand three", target="iki bin", part="cross", layer=1, head=2)
    assert told["attention"]["cross"][1, 2] == pytest.approx(
        spearman(head["weights"][2], np.abs(told["values"]["source"])), abs=1e-5)
    assert -1 <= told["rollout"] <= 1


def test_the_share_of_exact_answers_is_what_answers_one_by_one_are(monkeypatch):
    seen, off = snapshot(), {("cross", 0, 1)}
    batches = [batch.part(0, 9) for batch in seen.texts.looked()]
    monkeypatch.setattr(type(seen.texts), "looked", lambda self: batches)
    told = run("evaluate", seen, whole=False, off=[["cross", 0, 1]])
    right = count = 0
    with switched_off(seen.module, off):
        for batch in seen.texts.looked():
            for source, targets in zip(batch.source, batch.targets):
                wanted = [token for token in targets.tolist() if token >= 0]
                said = answer(seen.module, torch.from_numpy(source)[None])[0].tolist()
                right, count = right + (said[: len(wanted)] == wanted), count + 1
    assert told["examples"] == count and told["accuracy"] == pytest.approx(right / count)
    assert told["loss"] > 0 and told["bits"] is None


def test_bits_of_a_language_model_are_those_of_the_whole_text():
    seen = snapshot(PLAYS)
    told = run("evaluate", seen, whole=False)
    batch = seen.texts.looked()[0]
    with torch.no_grad():
        logits = seen.module(torch.from_numpy(batch.inputs))
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.from_numpy(batch.targets).flatten()).item()
    assert told["loss"] == pytest.approx(loss, rel=1e-4) and told["bits"] == pytest.approx(loss / np.log(2), rel=1e-4)
    assert told["perplexity"] == pytest.approx(np.exp(loss), rel=1e-3)


def test_importance_is_the_evaluation_with_each_head_off_alone(monkeypatch):
    seen = snapshot(replace(NUMBERS, network=replace(NUMBERS.network, heads=2, layers=1)))
    batches = [batch.part(0, 3) for batch in seen.texts.looked()]
    monkeypatch.setattr(type(seen.texts), "looked", lambda self: batches)
    told = run("importance", seen)
    assert told["heads"] == all_heads(seen.module) and len(told["heads"]) == 6
    for head, loss in zip(told["heads"], told["loss"]):
        alone = run("evaluate", seen, whole=False, off=[list(head)])
        assert loss == pytest.approx(alone["loss"], rel=1e-6)
    assert len({told["whole"]["loss"], *told["loss"].tolist()}) == 7
    for head, chance in zip(told["heads"], told["chance"], strict=True):
        alone = run("evaluate", seen, whole=False, off=[list(head)])
        assert chance == paired_test(told["whole"]["right"] - alone["right"])
    assert told["noise"].tolist() == (~hardly_by_chance(told["chance"])).tolist() and len(told["noise"]) == 6
    assert told["interval"] == wilson_interval(told["whole"]["right"].sum(), told["examples"])


def test_one_lost_answer_of_many_is_no_proof_that_a_head_matters(monkeypatch):
    """At 100 % right the standard error is zero, and anything lost was once "hardly by chance"."""
    seen = snapshot(NUMBERS)
    wrong = (1, 5, 6, 40)  # of 200 answers, with one head after the other off

    def measured(snapshot, off, whole):
        right = np.ones(200, int)
        right[: wrong[all_heads(seen.module).index(*off) % 4] if off else 0] = 0
        yield 1.0
        return {"accuracy": right.mean(), "loss": 1.0, "right": right, "examples": 200, "step": 0,
                "interval": wilson_interval(right.sum(), 200)}

    monkeypatch.setattr(work, "measure", measured)
    told = run("importance", seen)
    assert len(told["heads"]) >= 8
    of = len(told["heads"])
    assert [round(chance, 6) for chance in told["chance"][:4]] == [1.0, 0.0625, 0.03125, round(2 * 0.5**40, 6)]
    assert told["noise"][:4].tolist() == [True, True, True, False] and 2 * 0.5**40 * of < 0.05
    low, high = told["interval"]
    assert high == pytest.approx(1) and low == pytest.approx(200 / (200 + 1.959964**2))


def test_the_texts_of_an_evaluation_add_up_to_its_accuracy():
    for seen in (snapshot(NUMBERS), snapshot(PLAYS)):
        told = run("evaluate", seen, whole=False)
        assert told["right"].sum() / told["examples"] == pytest.approx(told["accuracy"])
        assert told["interval"][0] < told["accuracy"] + 1e-9 and told["accuracy"] - 1e-9 < told["interval"][1]


def test_a_generation_is_the_same_with_and_without_the_cache_and_depends_on_the_seed():
    seen = snapshot(PLAYS)
    told = run("generate", seen, text="To be", count=15, seed=3, compare=True)
    assert told["text"].startswith("To be") and len(told["tokens"]) == 15 == len(told["seconds"]["whole"])
    ids = told["ids"]
    with torch.no_grad():
        shares = seen.module(torch.tensor([ids[:-1]]))[0].softmax(-1)
    assert np.allclose(told["probabilities"], shares[range(4, 19), ids[5:]], atol=1e-5)
    assert run("generate", seen, text="To be", count=15, seed=3)["text"] == told["text"]
    assert run("generate", seen, text="To be", count=15, seed=4)["text"] != told["text"]


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A run of the numbers that learned a little."""
    home = tmp_path_factory.mktemp("home")
    network = replace(NUMBERS.network, width=16, heads=2)
    spec = replace(NUMBERS, network=network, training=replace(NUMBERS.training, reproducible=True, epochs=1))
    kept = Recording.create(home / "runs" / "one", spec)
    trainer = TransformerTrainer(spec, kept)
    while trainer.step < 20:
        trainer.advance(0.05)
    return home, kept


def test_a_film_shows_the_head_of_every_snapshot_on_the_last_ones_answer(recording):
    home, kept = recording
    steps = kept.snapshots()
    assert len(steps) > 1
    job = work.Film({"model": {"run": "one"}, "part": "cross", "layer": 1, "head": 1, "text": TWENTY, "steps": steps},
                    home)
    while not job.finished:
        job.advance(0)
    told = job.result
    assert told["steps"] == steps and told["weights"].shape == (len(steps), len(told["rows"]), 3)
    seen, last = (load({"run": "one", "step": step}, home) for step in (steps[0], steps[-1]))
    target = read(last, {"text": TWENTY}).target[0, 1:].tolist()
    head = ask("head", seen, text=TWENTY, target=target, part="cross", layer=1, head=1)
    assert np.abs(told["weights"][0] / 255 - head["weights"]).max() < 0.5 / 255 + 1e-6
    assert told["answers"][-1] == ask("attention", last, text=TWENTY)["text"]
    assert told["rows"] == ask("attention", last, text=TWENTY)["target"]


def test_the_same_characters_cost_each_network_what_its_own_pass_says(monkeypatch):
    recurrent = Recurrent(data=SequenceData(task="shakespeare", length=24),
                          network=RecurrentNetwork(cells=("gru",), hidden=8, embedding=4))
    seen, cells = snapshot(PLAYS), open_cells(recurrent, None, 0, Path("."), None)
    job = JOBS["transformer_beside"]({"model": {"name": 1}, "others": [{"name": 2}], "whole": False}, Path("."))
    told = finish(job, {(("name", 1),): seen, (("name", 2),): cells})
    assert [model["kind"] for model in told["models"]] == ["transformer", "gru"]
    batch = cells.sequences.looked()
    with torch.no_grad():
        outputs = cells.module["gru"](torch.from_numpy(batch.inputs))[0]
    loss = torch.nn.functional.cross_entropy(outputs.flatten(0, 1), torch.from_numpy(batch.targets).flatten()).item()
    assert told["models"][1]["bits"] == pytest.approx(loss / np.log(2), rel=1e-4)
    assert told["models"][0]["bits"] == pytest.approx(run("evaluate", seen, whole=False)["bits"])
    assert told["models"][1]["parameters"] == count_parameters(recurrent, "gru")
    assert told["models"][0]["parameters"] == sum(weight.numel() for weight in seen.module.parameters())


def test_recurrent_networks_of_as_many_parameters_are_found():
    for cell, found in match_parameters(50_000).items():
        sizes = [count_parameters(Recurrent(data=SequenceData(task="shakespeare"),
                                            network=RecurrentNetwork(hidden=found["hidden"] + by)), cell)
                 for by in (-1, 0, 1)]
        assert sizes[1] == found["parameters"] and sizes[0] < 50_000 < sizes[2]


def test_a_rank_correlation_is_not_told_where_the_attribution_is_about_nothing():
    """Where every token is embedded as nothing, on the whole path nothing changes."""
    seen = snapshot(PLAYS, positions="none", seed=5)
    with torch.no_grad():
        seen.module.decoder.embedding.weight.zero_()
    told = run("attribution", seen, text=LINE)
    assert not told["defined"] and told["promise"] == pytest.approx(0, abs=1e-6)
    assert np.isnan(told["attention"]["decoder"]).all() and np.isnan(told["rollout"])
    assert run("attribution", snapshot(PLAYS), text=LINE)["defined"]


def test_what_adds_up_to_less_than_its_points_miss_means_nothing():
    values = [np.array([0.5, -0.2, 0.1])]
    assert Attribution(values, 0.4, 64).means_something
    assert not Attribution(values, 0.19, 64).means_something
    assert not Attribution([np.array([0.004, -0.001])], 0.003, 64).means_something


def test_rows_that_are_even_have_no_rank_correlation():
    assert np.isnan(compare(np.full((1, 4), 0.25, np.float32), np.array([1.0, 2, 3, 4]))).all()
    assert np.isnan(compare(np.array([[1.0, 2, 3, 4]], np.float32), np.zeros(4))).all()
