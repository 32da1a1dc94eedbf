"""The spec of the Recurrent page: links, mends, what is refused, and what can be changed while it learns."""

import json
from dataclasses import replace

import pytest

from dlcore.data.grammar import grammar
from dlcore.data.memory_tasks import symbols_of
from dlcore.data.text import load_names, load_plays, vocabulary
from dlcore.errors import SpecError
from dlcore.models.recurrent import build_cells
from dlcore.specs.changes import Change
from dlcore.specs.codec import from_dict, from_link, to_dict, to_link
from dlcore.specs.learning import apply_change, check_change, in_effect, live_settings, same_run, steps_per_epoch
from dlcore.specs.recurrent import CELLS, Recurrent, RecurrentNetwork, RecurrentTraining, check, count_parameters
from dlcore.specs.recurrent_layers import layer_table
from dlcore.specs.sequences import NAMES, SHAKESPEARE, TASKS, SequenceData, widths

RICH = Recurrent(SequenceData(task="brackets", length=80, delay=40, symbols=3),
                 RecurrentNetwork(cells=("rnn_relu", "gru"), hidden=20, layers=2, dropout=0.1),
                 RecurrentTraining(optimizer="sgd", clip=0.0, reproducible=True),
                 (Change(5, "training.clip", 0.5), Change(9, "network.dropout", 0.2)))


def test_a_link_keeps_everything_and_a_default_one_is_short():
    assert from_link(to_link(RICH), "recurrent") == (RICH, ())
    assert from_dict(json.loads(json.dumps(to_dict(RICH)))) == RICH
    assert from_dict(to_dict(RICH, whole=True)) == RICH
    assert to_link(Recurrent()) == '{"kind":"recurrent"}'


@pytest.mark.parametrize(("spec", "field"), [
    (Recurrent(SequenceData(task="recall", length=20, delay=20)), "data.delay"),
    (Recurrent(SequenceData(task="adding", delay=1)), "data.delay"),
    (Recurrent(SequenceData(task="series", wave="column")), "data.column"),
    (Recurrent(SequenceData(task="series", wave="column", column="0123456789abcdef-300")), "data.length"),
    (Recurrent(network=RecurrentNetwork(cells=())), "network.cells"),
    (Recurrent(network=RecurrentNetwork(cells=("gru", "lstm"))), "network.cells"),
    (Recurrent(training=RecurrentTraining(device="abacus")), "training.device"),
    (Recurrent(SequenceData(task="shakespeare", length=512), RecurrentNetwork(hidden=512),
               RecurrentTraining(batch_size=512)), "training.batch_size"),
])
def test_what_cannot_be_run_is_refused_at_its_field(spec, field):
    with pytest.raises(SpecError) as refused:
        check(spec)
    assert refused.value.field == field


@pytest.mark.parametrize(("plain", "path", "used"), [
    ({"data": {"task": "recall", "length": 16, "delay": 40}}, ("data", "length"), 41),
    ({"data": {"task": "adding", "delay": 1}}, ("data", "delay"), 2),
    ({"data": {"task": "series", "wave": "column"}}, ("data", "wave"), "mixture"),
    ({"network": {"cells": ["gru", "attention", "lstm"]}}, ("network", "cells"), ("lstm", "gru")),
    ({"data": {"task": "shakespeare", "length": 512}, "network": {"hidden": 512}, "training": {"batch_size": 512}},
     ("training", "batch_size"), 128),
])
def test_a_link_that_asks_too_much_is_mended_and_told(plain, path, used):
    spec, mends = from_link(json.dumps(plain), "recurrent")
    check(spec)
    assert getattr(getattr(spec, path[0]), path[1]) == used and mends


def test_what_may_change_while_it_learns_is_known_and_the_rest_is_not():
    assert in_effect(RICH, 7).training.clip == 0.5 and in_effect(RICH, 7).network.dropout == 0.1
    assert apply_change(RICH, Change(0, "training.learning_rate", 0.1)).training.learning_rate == 0.1
    assert set(live_settings(RICH)) >= {"training.clip", "network.dropout"}
    with pytest.raises(SpecError, match="cannot be changed"):
        check_change(RICH, Change(3, "network.hidden", 5))
    assert same_run(RICH, replace(RICH, training=replace(RICH.training, clip=3.0)))
    assert not same_run(RICH, replace(RICH, data=replace(RICH.data, delay=3)))


def test_the_counts_in_the_spec_are_those_of_the_texts():
    assert (len(load_names()[0]), len(load_plays()[0])) == (NAMES, SHAKESPEARE)
    for task in TASKS:
        for language in ("en", "tr"):
            data = SequenceData(task=task, language=language)
            if data.is_text:
                assert widths(data)[0] == len(vocabulary(data).symbols)
            elif not data.takes_numbers:
                assert widths(data)[0] == len(symbols_of(data))
    assert widths(SequenceData(task="grammar", language="tr"))[0] == len(grammar("tr").words)


def test_parameters_follow_the_equations_of_the_cells():
    spec = Recurrent(SequenceData(task="adding"), RecurrentNetwork(cells=CELLS, hidden=3, layers=2))
    # one gate: 3·(2 + 3 + 2) below, 3·(3 + 3 + 2) above, and the head's 3 + 1
    assert [count_parameters(spec, cell) for cell in CELLS] == [49, 49, 184, 139]


@pytest.mark.parametrize("data", [SequenceData(), SequenceData(task="series")], ids=lambda data: data.task)
def test_the_layer_table_of_a_cell_is_that_of_its_torch_network(data):
    spec = Recurrent(data, RecurrentNetwork(cells=CELLS, hidden=5, embedding=3, layers=2, dropout=0.2))
    for cell, net in build_cells(spec).items():
        rows = {row.name: row for row in layer_table(spec, cell)}
        assert list(rows) == [*(["embedding"] if net.embedding else []), "recurrent.0", "recurrent.1", "drop", "head"]
        counts = {name: sum(value.numel() for value in module.parameters()) for name, module in net.named_children()}
        table = {name: sum(row.parameters for row in rows.values() if row.name.startswith(name)) for name in counts}
        assert table == counts and sum(table.values()) == count_parameters(spec, cell)
        matrices = [value for name, value in net.named_parameters() if value.dim() == 2 and "embedding" not in name]
        assert sum(row.multiply_adds for row in rows.values()) == sum(value.numel() for value in matrices)
        for row in rows.values():
            assert row.parameters == (eval(row.formula.replace("·", "*")) if row.formula else 0)
        assert rows["head"].shape == (net.head.out_features,)


def test_an_epoch_has_as_many_steps_as_batches():
    assert steps_per_epoch(Recurrent(training=RecurrentTraining(batch_size=32))) == 146  # 4,647 names
    assert steps_per_epoch(Recurrent(SequenceData(task="shakespeare", length=64))) == 442
