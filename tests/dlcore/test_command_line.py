"""The door for scripts, used as a script uses it."""

import json
import subprocess
import sys
from pathlib import Path

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
