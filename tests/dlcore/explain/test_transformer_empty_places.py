"""A byte-pair vocabulary with more places than the text gives tokens: none of the empty ones is ever offered."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dlcore.data.own_texts import keep_text
from dlcore.errors import DerinError
from dlcore.explain.transformer.induction import probe
from dlcore.explain.transformer.snapshot import TransformerSnapshot
from dlcore.models.transformer import build_transformer
from dlcore.specs.texts import TextData
from dlcore.specs.transformer import Transformer, TransformerNetwork
from tests.dlcore.explain.test_transformer_jobs import run
from tests.dlcore.explain.transformers import ask

TEXT = "Bir varmış bir yokmuş, evvel zaman içinde.\n" * 80
LINE = "Bir varmış"


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> TransformerSnapshot:
    """A network that holds the empty places for by far the likeliest."""
    home = tmp_path_factory.mktemp("home")
    data = TextData(task="own", text=keep_text(home, TEXT), tokens="bpe", vocabulary=256)
    spec = Transformer(data=data, network=TransformerNetwork(layers=2, heads=2, width=16, context=16))
    snapshot = TransformerSnapshot(spec, build_transformer(spec).eval(), 7, Path(home))
    with torch.no_grad():
        snapshot.module.head.bias[snapshot.texts.target.used:] = 50
    return snapshot


def words_in(told: object) -> list[str]:
    """Return all texts in an answer."""
    if isinstance(told, str):
        return [told]
    if isinstance(told, dict):
        return [word for value in told.values() for word in words_in(value)]
    return [word for value in told for word in words_in(value)] if isinstance(told, list | tuple) else []


@pytest.mark.parametrize(("kind", "request_"), [
    ("next", {"text": LINE}), ("next", {"text": LINE, "temperature": 0}), ("next", {"text": LINE, "begins": "<un"}),
    ("token", {"text": LINE}), ("attention", {"text": LINE, "top": 20}), ("shuffle", {"text": LINE + " bir"}),
    ("inside", {"text": LINE, "part": "decoder", "layer": 0, "head": 1}), ("vocabulary", {}),
])
def test_no_question_is_answered_with_an_empty_place(seen, kind, request_):
    words = words_in(ask(kind, seen, **request_))
    assert words and not [word for word in words if "unused" in word]


@pytest.mark.parametrize(("kind", "request_"), [
    ("generate", {"text": LINE, "count": 30}), ("generate", {"text": LINE, "count": 5, "top_k": 3}),
    ("attribution", {"text": LINE, "row": 1})])
def test_no_job_writes_an_empty_place(seen, kind, request_):
    words = words_in(run(kind, seen, **request_))
    assert words and not [word for word in words if "unused" in word]


def test_texts_that_are_said_twice_are_made_of_tokens_that_there_are(seen):
    for told in probe(seen, frozenset(), 2, 1):
        assert len(told["example"]) == 16 and not [word for word in told["example"] if "unused" in word]


def test_probabilities_are_those_among_the_tokens_that_there_are(seen):
    told = ask("next", seen, text=LINE)
    used = seen.texts.target.used
    assert told["count"] == used and told["probabilities"].sum() + told["rest"] == pytest.approx(1, abs=1e-5)
    logits = seen.module(torch.tensor([seen.texts.target.encode(LINE)]))[0, -1, :used].detach().double().numpy()
    expected = np.exp(logits) / np.exp(logits).sum()
    assert np.allclose(told["probabilities"], np.sort(expected)[::-1][: len(told["probabilities"])], atol=1e-6)


def test_what_is_added_up_inside_agrees_all_the_same(seen):
    told = ask("inside", seen, text=LINE, part="decoder", layer=0, head=0)
    assert {check["name"] for check in told["checks"]} >= {"logits", "probabilities"}
    assert all(check["apart"] < 1e-3 for check in told["checks"])


def test_the_number_of_an_empty_place_is_no_text(seen):
    with pytest.raises(DerinError):
        ask("token", seen, ids=[seen.texts.target.used])
