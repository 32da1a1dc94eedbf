"""Damaged recordings: whatever has happened to a file, a run opens, is rewound and continued, or says why not."""

import json
import os
import random
import shutil
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from dlcore.engine.live_run import open_trainer
from dlcore.engine.runs import read_run
from dlcore.engine.storage import make_room
from dlcore.errors import DerinError
from dlcore.explain.snapshot import load
from dlcore.specs import codec
from dlcore.specs.data import ImageData
from dlcore.specs.denoiser import Denoiser
from dlcore.specs.diffusion import Diffusion, DiffusionTraining, learn_from
from dlcore.specs.experiment import Experiment
from dlcore.specs.learning import Learner
from dlcore.specs.model import Flatten, Linear, Network
from dlcore.specs.playground import Playground
from dlcore.specs.recurrent import Recurrent, RecurrentNetwork, RecurrentTraining
from dlcore.specs.sequences import SequenceData
from dlcore.specs.training import Training
from dlcore.specs.transformer import Transformer, TransformerNetwork, TransformerTraining
from dlcore.training.recording import Recording, existing
from dlcore.training.trainers import TRAINERS
from pages.ui.history import History

pytestmark = pytest.mark.usefixtures("one_thread")

_points = learn_from(Diffusion(training=DiffusionTraining(batch_size=64, epochs=9, reproducible=True)), "swirl")
FAMILIES: dict[str, Learner] = {
    "experiment": Experiment(data=ImageData(train_size=2000), network=Network(blocks=(Flatten(), Linear(features=10))),
                             training=Training(epochs=9, batch_size=32, reproducible=True)),
    "playground": Playground(),
    "recurrent": Recurrent(SequenceData(task="recall", length=8, delay=3),
                           RecurrentNetwork(cells=("rnn_tanh", "gru"), hidden=8, embedding=4),
                           RecurrentTraining(batch_size=100, epochs=9, reproducible=True)),
    "transformer": Transformer(network=TransformerNetwork(layers=1, heads=2, width=16, context=16),
                               training=TransformerTraining(batch_size=128, epochs=9, reproducible=True)),
    "diffusion": replace(_points, data=replace(_points.data, points=512), network=Denoiser(hidden=32, layers=2)),
}
STEPS = (3, 6, 9)  # at which the recordings have a full state
QUICK, THOROUGH = 5, 200  # damages of each family

Draw = random.Random
Damage = Callable[[Path, Draw], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A home with a recording of each family, and of a second one of each with other shapes."""
    home = tmp_path_factory.mktemp("whole")
    for name, spec in FAMILIES.items():
        record(home / "runs" / name, spec)
    return home


def record(folder: Path, spec: Learner) -> None:
    recording = Recording.create(folder, spec, "an owner's hash")
    trainer = TRAINERS[spec.kind](spec, recording, None)
    for step in STEPS:
        while trainer.step < step:
            trainer.step_once()
        trainer.save()
        trainer.change("training.learning_rate", spec.training.learning_rate / 2)
    trainer.publish()


# what may happen to a file

def cut_off(path: Path, draw: Draw) -> None:
    os.truncate(path, draw.randrange(path.stat().st_size + 1) if draw.random() < 0.8 else 0)


def flip_bits(path: Path, draw: Draw) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(draw.choice((1, 1, 8, 200))):
        if content:
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path.write_bytes(content)


def put_in(path: Path, draw: Draw) -> None:
    """Put bytes in the place of others: zeros as after a power cut, or anything."""
    content = path.read_bytes()
    at = draw.randrange(len(content) + 1)
    length = draw.choice((1, 20, 4096, len(content)))
    new = bytes(length) if draw.random() < 0.5 else draw.randbytes(length)
    path.write_bytes((content[:at] + new + content[at + draw.choice((0, length)):])[:2**22])


def take_away(path: Path, _draw: Draw) -> None:
    path.unlink()


def take_anothers(path: Path, draw: Draw) -> None:
    """Put another file of the same home in its place."""
    others = [other for other in path.parents[2 if path.parent.name in FAMILIES else 3].rglob("*.*") if other.is_file()]
    shutil.copy(draw.choice(sorted(others)), path)


def claim_a_huge_header(path: Path, draw: Draw) -> None:
    path.write_bytes(struct.pack("<Q", draw.choice((2**63, 2**40, 99_000_000, 200))) + path.read_bytes()[8:])


LEAVES = (5, -1, 0, True, None, "x", [], ["x"], {}, [1.5, None], 1e308, 10**30, 10**400, float("nan"), float("inf"),
          "training.epochs", [[1]], {"x": [1]}, "9" * 30, 2**31, 2**53 + 1)
LINES = (b"5", b'["x"]', b"null", b'"text"', b"\xff\xfe\x00\x01", b"\x00" * 50, b'{"kind":"metric","step":', b"{}",
         b"[" * 100_000, b'{"a":' * 50_000, b'{"kind":"metric","step":' + b"9" * 30 + b"}", b"1" * 5000,
         b'{"kind":"change","step":4,"field":"training.learning_rate","value":[1]}', b'{"kind":["metric"],"step":1}',
         b'{"kind":"change","step":4,"field":["a"],"value":1}', b'{"kind":"change","step":4}', b'{"kind":"snapshot"}',
         b'{"kind":"change","step":4,"field":"training.epochs","value":"many"}', b'{"kind":"exploded","step":3}',
         b'{"kind":"metric","step":4,"epoch":{},"train_loss":"low","held_loss":[[1]]}', b'{"kind":"finished"}',
         b'{"kind":"diverged","step":9,"template":"{x","values":{}}', b'{"kind":"diverged","step":9}',
         b'{"kind":"diverged","step":9,"template":"{x}","values":{"x":[1]}}', b'{"kind":"metric","step":[4]}',
         b'{"kind":"metric","step":-1}', b'{"kind":"metric","step":4.5}', b'{"kind":"metric","step":true}')


def change_json(path: Path, draw: Draw) -> None:
    """Change one value of what a line of JSON says, take it away, or add a line that says nothing."""
    lines = path.read_bytes().split(b"\n")
    at = draw.randrange(len(lines))
    if draw.random() < 0.4 or not lines[at]:
        lines[at: at + draw.choice((0, 1))] = draw.sample(LINES, draw.randint(1, 4))
    else:
        lines[at] = json.dumps(changed(json.loads(lines[at]), draw)).encode()
    path.write_bytes(b"\n".join(lines))


def changed(value: object, draw: Draw) -> object:
    if draw.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return draw.choice(LEAVES)
    names = list(value) if isinstance(value, dict) else list(range(len(value)))
    name = draw.choice(names)
    if draw.random() < 0.2:
        return {key: kept for key, kept in value.items() if key != name} if isinstance(value, dict) else value[:name]
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[name] = changed(value[name], draw)
    return copy


def change_tensors(path: Path, draw: Draw) -> None:
    """Write a file that is in order and says something else: old recordings have no sum that would tell."""
    with safe_open(path, "numpy") as file:
        tensors, about = {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata())
    about.pop("crc32", None)
    name = draw.choice(sorted(tensors))
    match draw.randrange(7):
        case 0:
            del tensors[name]
        case 1:
            tensors[f"{name}.x"] = tensors.pop(name)
        case 2:
            tensors[name] = np.zeros((3, 5), np.float32)
        case 3:
            tensors[name] = np.ones(tensors[name].shape, np.int64)
        case 4:
            tensors[name] = np.full_like(tensors[name], np.nan) if tensors[name].dtype.kind == "f" else tensors[name]
        case 5:
            about[draw.choice(sorted(about))] = draw.choice(("", "x", "5", "[]", "{}", "9" * 30, "[" * 50_000))
        case 6 if "about" in about:
            about["about"] = json.dumps(changed(json.loads(about["about"]), draw))
    save_file(tensors, path, about)


ANY: tuple[Damage, ...] = (cut_off, flip_bits, put_in, take_away, take_anothers)
MORE: dict[str, tuple[Damage, ...]] = {
    ".json": (change_json,) * 3, ".jsonl": (change_json,) * 6, ".safetensors": (claim_a_huge_header, change_tensors,
                                                                               change_tensors), ".npz": ()}


def damage(home: Path, family: str, draw: Draw) -> str:
    """Damage one file of a recording or several, and say how."""
    said = []
    for _ in range(draw.choice((1, 1, 1, 2, 5))):
        files = sorted(path for path in (home / "runs" / family).rglob("*.*") if path.suffix in MORE)
        path = draw.choice([file for file in files if file.suffix == draw.choice(files).suffix] or files)
        act = draw.choice(ANY + MORE[path.suffix])
        said.append(f"{act.__name__} {path.relative_to(home)}")
        try:
            act(path, draw)
        except (SafetensorError, OSError, ValueError, TypeError, KeyError, IndexError, RecursionError):
            said[-1] += " (which was damaged already)"
    return ", ".join(said)


# what is done with it

def use(home: Path, family: str) -> list[str]:
    """Open, list, look at, rewind and continue a recording; return what was done, and what was said instead."""
    done = [tell(lambda: make_room(home, set()) or existing((home / "runs").glob("*")) and "listed")]
    done.append(tell(lambda: "looked at" if look(home, family) else ""))
    recording = Recording(home / "runs" / family)
    for step in (*recording.snapshots(), None):
        done.append(tell(lambda step=step: f"rewound to {load({'run': family, 'step': step}, home).step}"))
    assert all(scores is None or scores.scores.ndim == 2 for scores in map(recording.predictions, STEPS))
    done.append(tell(lambda: f"copied from {copy_on(home, family)}"))
    done.append(tell(lambda: f"went on from {go_on(home, family)}"))
    return done


def tell(act: Callable[[], str]) -> str:
    try:
        return act()
    except DerinError as error:
        assert str(error)
        return f"said: {error}"


def look(home: Path, family: str) -> object:
    """Do what a page does with a run that it has not seen yet."""
    view = read_run(home, family).view(0, 0)
    history = History(family)
    history.take(view)
    history.drawn(view)
    return view, str(view.message or ""), np.array(view.snapshots, np.uint32)


def copy_on(home: Path, family: str) -> int:
    """Go on in a copy, from a step in the middle."""
    parent, spec = (family, 6), read_run(home, family).experiment
    Recording.create(home / "runs" / "copy", spec, "", parent)
    return train_on(home, "copy", spec, parent)


def go_on(home: Path, family: str) -> int:
    """Go on with the run itself."""
    return train_on(home, family, read_run(home, family).experiment)


def train_on(home: Path, run: str, spec: Learner, parent: tuple[str, int] | None = None) -> int:
    """Go on as an engine's worker does, and train a step; return from where."""
    trainer = open_trainer({"run": run, "experiment": codec.to_dict(spec), "changes": [], "owner": "",
                            "parent": parent}, home)
    assert 0 <= trainer.step <= max(STEPS)
    begun = trainer.step
    if trainer.step < trainer.total_steps:
        trainer.step_once()
        assert trainer.step == begun + 1
    return begun


def copy(whole: Path, home: Path) -> Path:
    """Return a home with recordings that may be damaged."""
    shutil.copytree(whole, home)
    return home


def walk(whole: Path, tmp_path: Path, family: str, count: int, seed: int = 0) -> dict[str, int]:
    """Damage a family's recording in many ways; return how often it went on from which step, and how often not."""
    ends: dict[str, int] = {}
    for number in range(seed, seed + count):
        draw = Draw(f"{family} {number}")
        home = copy(whole, tmp_path / str(number))
        said = damage(home, family, draw)
        try:
            end = use(home, family)[-1].split(":")[0]
        except BaseException as error:
            error.add_note(f"damage {number} of {family}: {said}")
            raise
        ends[end] = ends.get(end, 0) + 1
        shutil.rmtree(home)
    return ends


@pytest.mark.parametrize("family", FAMILIES)
def test_a_damaged_recording_works_or_says_why_it_does_not(whole, tmp_path, family):
    assert use(copy(whole, tmp_path / "whole"), family)[-1] == "went on from 9"
    assert sum(walk(whole, tmp_path, family, QUICK).values()) == QUICK


@pytest.mark.check
@pytest.mark.parametrize("family", FAMILIES)
def test_a_recording_that_is_damaged_in_hundreds_of_ways_works_or_says_why_it_does_not(whole, tmp_path, family):
    ends = walk(whole, tmp_path, family, THOROUGH, seed=1000)
    assert {"went on from 9", "went on from 8"} <= set(ends)
    assert sum(ends.values()) == THOROUGH
