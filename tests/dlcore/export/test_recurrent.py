"""The printed script of recurrent cells: it runs as it stands, and builds what the app builds."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dlcore.data.columns import keep_column
from dlcore.data.series import Column
from dlcore.export.recurrent import print_recurrent
from dlcore.models.recurrent import build_cells
from dlcore.specs.recurrent import CELLS, Recurrent, RecurrentNetwork, RecurrentTraining
from dlcore.specs.sequences import TASKS, WAVES, SequenceData
from tests.closeness import close

TEXTS = Path(__file__).parents[3] / "assets" / "datasets" / "text"
SMALL = Recurrent(network=RecurrentNetwork(cells=CELLS, hidden=6, embedding=3, layers=2, dropout=0.1),
                  training=RecurrentTraining(epochs=1, batch_size=4, weight_decay=0.0))
SERIES = [SequenceData(task="series", length=12, wave=wave) for wave in WAVES[:2]]
OTHERS = [SequenceData(task=task, length=12, delay=5) for task in TASKS if task != "series"]


def run(spec: Recurrent, folder: Path, monkeypatch) -> dict:
    """Run the script for three steps among the files that it reads; return its names."""
    monkeypatch.chdir(folder)
    for name in ("names.txt", "shakespeare.txt"):
        (folder / name).write_bytes((TEXTS / name).read_bytes())
    names: dict = {}
    exec(compile(re.sub(r"STEPS = 1, \d+", "STEPS = 1, 3", print_recurrent(spec)), "script", "exec"), names)
    return names


@pytest.mark.parametrize("data", [*OTHERS, *SERIES], ids=lambda data: f"{data.task} {data.wave}")
def test_the_script_of_every_task_trains_networks_of_the_same_shapes(data, tmp_path, monkeypatch, capsys):
    spec = replace(SMALL, data=data)
    names = run(spec, tmp_path, monkeypatch)
    for cell, ours in build_cells(spec).items():
        theirs = {name: value.shape for name, value in names["models"][cell].state_dict().items()}
        assert theirs == {name: value.shape for name, value in ours.state_dict().items()}
    assert len(re.findall(r"loss \d", capsys.readouterr().out)) == len(CELLS)


def test_the_script_of_an_uploaded_column_reads_its_windows_from_the_part_that_is_learned_from(tmp_path, monkeypatch):
    values = np.random.default_rng(4).normal(20, 5, 207).astype(np.float32)
    kept = Column(data := SequenceData(task="series", wave="column", length=12, horizon=8,
                                       column=keep_column(tmp_path, values)), tmp_path)
    np.savetxt(tmp_path / "column.csv", values)
    names = run(replace(SMALL, data=data), tmp_path, monkeypatch)
    assert close(names["column"].numpy(), kept.train)  # the same numbers, none of those kept back
    x, y = names["batch"]()
    assert x.shape == (4, 12, 1) and y.shape == (4, 12)
    assert torch.equal(x[:, 1:, 0], y[:, :-1])                          # each asks for the number after it
    place = {round(float(value), 4): index for index, value in enumerate(kept.train)}
    first = [place[round(float(value), 4)] for value in x[:, 0, 0]]
    for row, at in zip(y, first):
        assert close(row.numpy(), kept.train[at + 1: at + 13])


def test_with_the_same_weights_the_script_gives_the_same_outputs(tmp_path, monkeypatch):
    spec = replace(SMALL, network=replace(SMALL.network, dropout=0.0))
    names, x = run(spec, tmp_path, monkeypatch), torch.randint(27, (2, 5))
    for cell, ours in build_cells(spec).items():
        theirs = names["models"][cell]
        theirs.load_state_dict(ours.state_dict())
        assert torch.equal(theirs(x)[0], ours(x)[0])


def test_the_script_opens_and_shuts_the_gates_as_the_app_does(tmp_path, monkeypatch):
    spec = replace(SMALL, network=replace(SMALL.network, cells=("lstm", "gru"), forget_bias=0.0, memory=1000))
    names = run(spec, tmp_path, monkeypatch)
    for cell, ours in build_cells(spec).items():
        for layer in range(2):
            both = [getattr(net.recurrent, f"bias_ih_l{layer}").detach() for net in (ours, names["models"][cell])]
            assert torch.equal(*(bias > 5 for bias in both)) and torch.equal(*(bias < -5 for bias in both))
            assert (both[0] > 5).sum() == 6 and (both[0] < -5).sum() == (6 if cell == "lstm" else 0)


def test_what_is_switched_off_is_not_printed():
    script = print_recurrent(replace(SMALL, network=RecurrentNetwork(cells=("gru",)),
                                     training=RecurrentTraining(clip=0.0, schedule="constant")))
    assert "clip_grad" not in script and "scheduler" not in script and "nn.LSTM" not in script
    assert "clip_grad_norm_(model.parameters(), 1)" in print_recurrent(SMALL)
