"""Choosing tokens: the likeliest, drawn ones, and beam search, against working it out in full."""

from dataclasses import replace
from itertools import product

import pytest
import torch

from dlcore.explain.transformer.passing import switched_off
from dlcore.models.generation import START, STOP, Sampling, Writer, answer, path, search, write
from dlcore.models.stepping import Stepper
from dlcore.models.transformer import build_transformer
from dlcore.specs.texts import TextData
from dlcore.specs.transformer import Transformer, TransformerNetwork

NETWORK = TransformerNetwork(layers=1, heads=2, width=16, context=12)
GPT = build_transformer(Transformer(data=TextData(task="plays"), network=NETWORK)).eval()
TRANSLATOR = build_transformer(Transformer(data=TextData(task="reverse", length=3), network=NETWORK)).eval()
SOURCE = torch.tensor([[5, 9, STOP]])  # shorter than what can be read
PROMPT = [4, 7, 1, 30]


@pytest.mark.parametrize("network", [
    NETWORK, replace(NETWORK, layers=2, positions="rotary"),
    replace(NETWORK, layers=2, positions="learned", activation="relu"),
    replace(NETWORK, positions="none", norm="post", activation="silu", heads=1)], ids=str)
def test_a_writer_tells_the_same_with_and_without_the_cache(network):
    model, draw = build_transformer(Transformer(data=TextData(task="plays"), network=network)).eval(), torch.randn
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.3 * draw(weight.shape, generator=torch.Generator().manual_seed(weight.numel()))
    cached, whole = Writer(model, PROMPT), Writer(model, PROMPT, cached=False)
    for token in (3, 9, 60, 2, 2, 7, 11, 50):  # up to the context
        torch.testing.assert_close(cached.logits, whole.logits, rtol=1e-4, atol=1e-4)
        cached.take(token), whole.take(token)
    assert cached.ids == whole.ids and cached.logits.shape == whole.logits.shape


def test_a_step_is_that_of_the_modules_and_a_head_that_is_off_is_off_in_it():
    steps, modules = GPT.new_cache(), GPT.new_cache()
    GPT.step(torch.tensor([PROMPT]), steps), GPT.step(torch.tensor([PROMPT]), modules)
    with switched_off(GPT, {("decoder", 0, 0)}):
        off = Stepper(GPT, steps).take(9)
        assert torch.allclose(off, GPT.step(torch.tensor([[9]]), modules)[0, -1], atol=1e-5)
    assert steps.count == modules.count == 5
    assert not torch.allclose(off, GPT(torch.tensor([[*PROMPT, 9]]))[0, -1], atol=1e-3)


def test_where_the_context_is_full_a_writer_reads_the_newer_half_anew():
    cached, whole = Writer(GPT, list(range(12))), Writer(GPT, list(range(12)), cached=False)
    cached.take(40), whole.take(40)
    torch.testing.assert_close(cached.logits, GPT(torch.tensor([[7, 8, 9, 10, 11, 40]]))[0, -1])
    torch.testing.assert_close(whole.logits, GPT(torch.tensor([[*range(1, 12), 40]]))[0, -1])


def test_equal_seeds_write_equal_texts_and_tell_their_probabilities():
    def text(seed: int) -> list[tuple[int, float]]:
        return list(write(Writer(GPT, PROMPT), 6, Sampling(1.0), torch.Generator().manual_seed(seed)))

    assert text(1) == text(1) != text(2)
    token, share = text(1)[0]
    assert share == pytest.approx(GPT(torch.tensor([PROMPT]))[0, -1].softmax(-1)[token].item(), abs=1e-6)


def test_the_answer_is_the_likeliest_token_each_time():
    told, ids = answer(TRANSLATOR, SOURCE)[0].tolist(), [START]
    while ids[-1] != STOP and len(ids) <= 4:
        ids.append(TRANSLATOR(SOURCE, torch.tensor([ids]))[0, -1].argmax().item())
    assert told == ids[1:]


def test_answers_side_by_side_are_those_told_alone():
    sources = torch.tensor([[5, 9, 3, STOP], [6, 6, 6, STOP], [25, 2, 14, STOP]])
    together = answer(TRANSLATOR, sources)
    for row, source in enumerate(sources):
        alone = answer(TRANSLATOR, source[None])[0].tolist()
        assert together[row, : len(alone)].tolist() == alone


def test_beam_search_finds_what_trying_everything_finds():
    """Over as many tokens as there are, no answer is passed over: the best is the best of all."""
    spec = Transformer(data=TextData(task="numbers"), network=NETWORK)
    model = build_transformer(replace(spec, training=replace(spec.training, seed=3))).eval()
    model.decoder.most = 2  # answers of at most two tokens can be tried out
    source = torch.tensor([[4, 5, STOP]])
    nodes = search(model, source, 23)
    scores = {}
    for first, second in product(range(23), range(23)):
        shares = model(source, torch.tensor([[START, first]])).log_softmax(-1)[0]
        if first == STOP:
            scores[first,] = shares[0, first].item()
        else:
            scores[first, second] = (shares[0, first] + shares[1, second]).item()
    ends = {tuple(path(nodes, index)): node.score for index, node in enumerate(nodes)
            if node.kept and (node.ends or node.depth == 2)}
    best = max(ends, key=ends.get)
    assert best == max(scores, key=scores.get)
    assert ends[best] == pytest.approx(scores[best], abs=1e-4)


def test_a_beam_of_one_is_the_likeliest_token_each_time():
    nodes = search(TRANSLATOR, SOURCE, 1)
    assert [node.token for node in nodes] == answer(TRANSLATOR, SOURCE)[0].tolist()
    assert all(node.kept for node in nodes) and [node.parent for node in nodes[1:]] == list(range(len(nodes) - 1))


def test_the_scores_of_a_beam_add_up_and_no_more_are_kept_than_fit():
    nodes = search(TRANSLATOR, SOURCE, 3)
    for node in nodes:
        above = nodes[node.parent].score if node.parent is not None else 0.0
        assert node.score == pytest.approx(above + node.step)
    for depth in {node.depth for node in nodes}:
        assert sum(node.kept for node in nodes if node.depth == depth) <= 3
