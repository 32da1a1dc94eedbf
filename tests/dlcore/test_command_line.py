"""The door for scripts, used as a script uses it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dlcore.__main__ import main
from dlcore.data import images
from dlcore.data.collecting import arrange
from dlcore.data.columns import keep_column
from dlcore.data.own_texts import keep_text
from dlcore.data.tables import keep_table, read_table

ROOT = Path(__file__).parents[2]
MY_NET = {
    "data": {"size": 48, "channels": 3},
    "network": {"blocks": [
        {"kind": "conv", "channels": 32}, {"kind": "activation"}, {"kind": "conv", "channels": 64},
        {"kind": "activation"}, {"kind": "pool"}, {"kind": "conv", "channels": 128}, {"kind": "activation"},
        {"kind": "pool"}, {"kind": "flatten"}, {"kind": "dropout"}, {"kind": "linear", "features": 512},
        {"kind": "activation"}, {"kind": "dropout"}, {"kind": "linear", "features": 10}]},
}
QUICK = {"data": {"train_size": 500}, "training": {"epochs": 1, "batch_size": 50},
         "network": {"blocks": [{"kind": "flatten"}, {"kind": "linear", "features": 10}]}}


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "dlcore", *arguments], input=stdin, capture_output=True, text=True,
                          cwd=ROOT, timeout=120)


def test_describe_prints_the_layer_table_of_my_net_without_importing_torch():
    code = ("import sys; from dlcore.__main__ import main; main(['describe', '-']); "
            "print('torch' in sys.modules, file=sys.stderr)")
    done = subprocess.run([sys.executable, "-c", code], input=json.dumps(MY_NET), capture_output=True, text=True,
                          cwd=ROOT, timeout=60)
    table = json.loads(done.stdout)
    assert table["parameters"] == 9_536_074
    counts = [row["parameters"] for row in table["layers"] if row["parameters"]]
    assert counts == [896, 18_496, 73_856, 9_437_696, 5_130]
    assert table["layers"][0]["formula"] == "(3·3·3+1)·32"
    assert table["layers"][4]["shape"] == [64, 24, 24]
    assert done.stderr.strip() == "False"


def test_train_prints_one_json_object_a_line_and_ends_with_the_evaluation(tmp_path):
    experiment = tmp_path / "experiment.json"
    experiment.write_text(json.dumps(QUICK))
    done = run("train", str(experiment), "--threads", "1", "--recording", str(tmp_path / "run"))
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert lines[-1]["kind"] == "evaluation" and lines[-1]["steps"] == 10
    assert 0.5 < lines[-1]["test_accuracy"] < 1  # ten steps of a linear classifier on 500 digits
    assert {line["kind"] for line in lines} >= {"metric", "snapshot", "finished"}
    assert (tmp_path / "run" / "run.json").exists()


def test_bad_input_is_one_sentence_and_exit_status_two(tmp_path):
    for text, word in (("{", "cannot be read"), ('{"training": {"learning_rate": 99}}', "training.learning_rate"),
                       ('{"network": {"blocks": [{"kind": "linear"}]}}', "flatten"), ('{"shoe": 3}', "shoe")):
        done = run("describe", "-", stdin=text)
        assert done.returncode == 2 and done.stdout == ""
        assert word in done.stderr and "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1
    assert run("describe", str(tmp_path / "none.json")).returncode == 2


PLANE = {"kind": "playground", "network": {"layers": [{"neurons": 3}, {"neurons": 5, "activation": "none"}]},
         "training": {"epochs": 40, "pace": 0, "optimizer": "adam", "learning_rate": 0.05}}


def here(capsys, tmp_path, command: str, spec: dict, *more: str) -> tuple[int, list[dict], str]:
    """Run a command in this process; return its status, what it printed, and what it said of errors."""
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(spec))
    status = main([command, str(path), *more])
    said = capsys.readouterr()
    return status, [json.loads(line) for line in said.out.splitlines()], said.err


def test_a_playground_is_described_and_trained_too(capsys, tmp_path):
    _, (table,), _ = here(capsys, tmp_path, "describe", PLANE)
    assert [(row["name"], row["parameters"]) for row in table["layers"]] == [("fc1", 9), ("act1", 0), ("fc2", 20),
                                                                            ("fc3", 6)]
    status, lines, _ = here(capsys, tmp_path, "train", PLANE)
    assert status == 0
    assert lines[-1]["kind"] == "evaluation" and lines[-1]["steps"] == 1000 and lines[-1]["test_accuracy"] > 0.7


def test_a_playground_that_comes_to_no_number_ends_with_the_reason(capsys, tmp_path):
    wild = PLANE | {"data": {"dataset": "plane"}, "training": {"learning_rate": 10, "optimizer": "sgd", "pace": 0},
                    "network": {"layers": [{"activation": "relu"}] * 3}}
    status, _, said = here(capsys, tmp_path, "train", wild)
    assert status == 2 and "learning rate 10 is too large" in said


def test_describe_tells_the_layers_and_parameters_of_each_recurrent_cell(tmp_path, capsys):
    import torch

    from dlcore.models.recurrent import build_cells
    from dlcore.specs.recurrent import Recurrent

    file = tmp_path / "cells.json"
    file.write_text('{"kind": "recurrent"}')
    assert main(["describe", str(file)]) == 0
    told = json.loads(capsys.readouterr().out)
    for name, cell in build_cells(Recurrent()).items():
        assert told["cells"][name]["parameters"] == sum(map(torch.numel, cell.parameters()))
        assert [layer["name"] for layer in told["cells"][name]["layers"]] == ["embedding", "recurrent.0", "head"]
    assert told["cells"]["lstm"]["gates"] == ["input", "forget", "candidate", "output"]


OWN_TEXT = "Bir varmış bir yokmuş, evvel zaman içinde.\n" * 80
SMALL_TEXT = {"kind": "transformer", "network": {"layers": 1, "heads": 2, "width": 16, "context": 8},
              "training": {"epochs": 1, "batch_size": 256, "warmup": 1}}


def keep_own_data(home: Path) -> dict[str, dict]:
    """Keep a text, a table, a column and pictures of a visitor's under a home; return an experiment with each."""
    text = keep_text(home, OWN_TEXT)
    table = keep_table(home, read_table(b"".join(b"%d,%d,%s\n" % (n, n % 7, b"ab"[n % 2:][:1]) for n in range(40))))
    column = keep_column(home, np.sin(np.arange(200) / 5).astype(np.float32), "heat")
    dataset, arrays = arrange({name: [np.full((48, 48, 3), 10 * n + 100 * place, np.uint8) for n in range(9)]
                               for place, name in enumerate(("+", "×"))})
    for name, values in arrays.items():
        (folder := home / "datasets" / dataset).mkdir(parents=True, exist_ok=True)
        np.save(folder / f"{name}.npy", values)
    series = {"task": "series", "wave": "column", "column": column, "length": 10, "horizon": 5}
    return {"text": SMALL_TEXT | {"data": {"task": "own", "text": text, "tokens": "bpe", "vocabulary": 128}},
            "table": {"kind": "playground", "data": {"dataset": "table", "table": table}, "training": {"epochs": 2}},
            "column": {"kind": "recurrent", "data": series, "network": {"cells": ["gru"], "hidden": 4},
                       "training": {"epochs": 1, "batch_size": 64}},
            "pictures": {"data": {"dataset": dataset, "size": 48, "channels": 3}, "training": {"epochs": 1},
                         "network": {"blocks": [{"kind": "flatten"}, {"kind": "linear", "features": 2}]}}}


@pytest.mark.parametrize("recorded", [False, True])
def test_own_texts_tables_columns_and_pictures_are_found_in_derins_home(tmp_path, monkeypatch, capsys, recorded):
    home = tmp_path / "home"
    monkeypatch.setenv("DERIN_HOME", str(home))
    before = images.folder_of("x").parent.parent
    images.keep_in(home)  # as a process of its own does when it begins
    try:
        for name, experiment in keep_own_data(home).items():
            file = tmp_path / f"{name}.json"
            file.write_text(json.dumps(experiment))
            where = ["--recording", str(tmp_path / "far" / "away" / name)] if recorded else []
            assert main(["train", str(file), "--threads", "1", *where]) == 0, capsys.readouterr().err
            assert json.loads(capsys.readouterr().out.splitlines()[-1])["kind"] == "evaluation"
    finally:
        images.keep_in(before)


def test_an_own_text_that_is_too_short_for_its_context_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DERIN_HOME", str(tmp_path))
    data = {"task": "own", "text": keep_text(tmp_path, "a" * 3000), "tokens": "bpe", "vocabulary": 128}
    file = tmp_path / "short.json"
    file.write_text(json.dumps(SMALL_TEXT | {"data": data}))
    assert main(["train", str(file)]) == 2
    assert "The text is too short: with this vocabulary it has 6 tokens" in capsys.readouterr().err
