"""The probe for induction heads: on maps, on a head built by hand, and on one that is born while a network learns."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from dlcore.errors import EngineError, SpecError
from dlcore.explain.transformer.induction import judge, probe
from dlcore.explain.transformer.snapshot import TransformerSnapshot
from dlcore.models.attention import Attention
from dlcore.models.transformer import build_transformer
from dlcore.specs import codec
from dlcore.specs.texts import LETTERS
from dlcore.specs.transformer import REPEAT, Transformer, TransformerNetwork
from dlcore.training.jobs import JOBS
from dlcore.training.recording import Recording
from dlcore.training.transformer_trainer import TransformerTrainer
from tests.dlcore.explain.transformers import NUMBERS, PLAYS, ask, snapshot

TOKENS, CONTEXT, WIDTH = len(LETTERS), 24, 128
OWN, BEFORE, PLACE = 0, TOKENS, 2 * TOKENS  # where in the residual stream: the token, the one before it, the place
TINY = replace(REPEAT, network=TransformerNetwork(heads=1, width=32, feed_forward=1, positions="rotary", context=16),
               training=replace(REPEAT.training, learning_rate=0.01, warmup=20, reproducible=True))


def finish(request: dict, home: Path) -> dict:
    job, done = JOBS[request["kind"]](request, home), [0.0]
    while not job.finished:
        job.advance(0)
        done.append(job.progress)
    assert done == sorted(done) and done[-1] == 1
    return job.result


@torch.no_grad()
def build_by_hand() -> TransformerSnapshot:
    """Return two layers of one head: the first copies the token before; the second looks where that is its own token,
    and tells the token that stands there."""
    network = TransformerNetwork(heads=1, width=WIDTH, positions="learned", context=CONTEXT)
    spec = Transformer(data=REPEAT.data, network=network)
    module = build_transformer(spec).eval()
    for weight in module.parameters():
        weight.zero_()
    module.decoder.embedding.weight[:, OWN: OWN + TOKENS] = torch.eye(TOKENS) / WIDTH**0.5
    module.decoder.positions[:, PLACE: PLACE + CONTEXT] = torch.eye(CONTEXT)
    module.decoder.norm = nn.Identity()
    for layer in module.decoder.layers:
        layer.attention_norm = layer.feed_forward_norm = nn.Identity()
    first, second = (layer.attention for layer in module.decoder.layers)
    wire(first, asks=(PLACE + 1, PLACE, CONTEXT - 1), answers=(PLACE, PLACE, CONTEXT), writes=(OWN, BEFORE, 1.0))
    wire(second, asks=(OWN, OWN, TOKENS), answers=(BEFORE, OWN, TOKENS), writes=(OWN, OWN, 200.0))
    return TransformerSnapshot(spec, module, 0, Path("."))


def wire(attention: Attention, asks: tuple, answers: tuple, writes: tuple) -> None:
    """Let queries and keys take so many numbers of the stream (from, to, count), and values be written (from, to, how
    large); a match is worth 30 nats."""
    query, key, value = attention.project_in.weight.split(WIDTH)
    for matrix, (source, target, count), size in ((query, asks, 30 * WIDTH**0.5), (key, answers, 1.0)):
        matrix[target: target + count, source: source + count] = size * torch.eye(count)
    source, target, size = writes
    value[:TOKENS, source: source + TOKENS] = torch.eye(TOKENS)
    attention.project_out.weight[target: target + TOKENS, :TOKENS] = size * torch.eye(TOKENS)


def test_a_head_built_by_hand_is_found_and_the_one_that_it_needs_too():
    """The first token has none before it and copies itself: so the first of the twelve rows looks at two, half each."""
    *_, told = probe(build_by_hand(), frozenset(), 4, seed=3)
    assert told["verdict"] == "found" and told["heads"][0, 0] < 0.01
    assert told["heads"][1, 0] == pytest.approx(11.5 / 12, abs=1e-3) and told["previous"][0, 0] > 0.99
    assert told["second"] == pytest.approx(1 / 11, abs=0.01) and told["first"] > 3


def test_without_the_head_that_looks_to_the_token_before_there_is_no_induction():
    *_, told = probe(build_by_hand(), frozenset({("decoder", 0, 0)}), 2, seed=3)
    assert told["verdict"] == "none" and told["second"] > 3


def test_a_head_that_looks_at_all_alike_is_none():
    seen = build_by_hand()
    with torch.no_grad():
        for layer in seen.module.decoder.layers:
            layer.attention.project_in.weight.zero_()
    *_, told = probe(seen, frozenset(), 2, seed=0)
    assert told["heads"] == pytest.approx(told["chance"], rel=1e-4) and told["verdict"] == "none"
    assert [judge(score, 0.1) for score in (0.29, 0.31, 0.41)] == ["none", "weak", "found"]


def test_induction_heads_are_born_while_texts_that_repeat_are_learned(tmp_path):
    trainer = TransformerTrainer(TINY, Recording.create(tmp_path / "runs" / "one", TINY))
    while trainer.step < 360:
        trainer.advance(0.1)
    trainer.save()
    steps = trainer.recording.snapshots()
    told = finish({"kind": "transformer_induction_film", "model": {"run": "one"}, "steps": steps}, tmp_path)
    assert told["steps"] == steps and told["heads"].shape == (len(steps), 2, 1)
    assert told["heads"][0].max() < 3 * told["chance"] and told["second"][0] > 5
    assert told["heads"][-1, 1].max() > 0.7 and told["second"][-1] < 1
    last = finish({"kind": "transformer_induction", "model": {"run": "one", "step": steps[-1]}, "repeats": 4}, tmp_path)
    assert last["verdict"] == "found" and last["heads"] == pytest.approx(told["heads"][-1])
    assert last["second"] == pytest.approx(np.mean(last["bits"][8:]))


def test_the_gpt_that_comes_along_has_none_and_the_probe_says_so():
    told = finish({"kind": "transformer_induction", "model": {"pretrained": "gpt"}, "repeats": 4}, Path("."))
    assert told["verdict"] == "none" and told["second"] > told["first"] - 1


def test_what_has_nothing_to_probe_is_told():
    with pytest.raises(EngineError, match="translator"):
        finish({"kind": "transformer_induction", "model": {"spec": codec.to_dict(NUMBERS)}}, Path("."))
    with pytest.raises(SpecError, match="no snapshots yet"):
        finish({"kind": "transformer_induction_film", "model": {"run": "one"}, "steps": []}, Path("."))


def test_induction_is_read_off_the_maps_of_texts_that_are_said_twice():
    seen = snapshot(PLAYS)
    *_, told = probe(seen, frozenset(), 1, seed=2)
    text = "".join(token.replace("⏎", "\n") for token in told["example"])
    assert text[:12] == text[12:] and told["half"] == 12
    for layer, head in ((0, 1), (1, 3)):
        weights = ask("head", seen, text=text, part="decoder", layer=layer, head=head)["weights"]
        assert told["heads"][layer, head] == pytest.approx(
            np.mean([weights[row, row - 11] for row in range(12, 24)]), abs=1e-5)
        assert np.abs(told["maps"][layer, head] / 255 - weights).max() < 0.5 / 255 + 1e-6
    ids = torch.tensor([seen.texts.target.encode(text)])
    with torch.no_grad():
        shares = seen.module(ids)[0].log_softmax(-1)
    assert told["bits"][5] == pytest.approx(-float(shares[5, ids[0, 6]]) / np.log(2), abs=1e-4)
