"""What a run leaves behind survives thinning, interrupted writes, full disks and readers at the wrong moment."""

import builtins
import errno
import json
import os
import random
import threading

import numpy as np
import pytest

from dlcore.errors import RecordingError
from dlcore.specs.changes import Change
from dlcore.specs.experiment import Experiment
from dlcore.specs.training import Training
from dlcore.training import files, recording
from dlcore.training.recording import Predictions, Recording, existing, halved, thin

EXPERIMENT = Experiment(training=Training(epochs=7), changes=(Change(3, "training.epochs", 9),))


@pytest.fixture
def kept(tmp_path) -> Recording:
    return Recording.create(tmp_path / "run", EXPERIMENT, owner="abc", parent=("other", 12))


def weights(step: int, count: int = 100) -> dict[str, np.ndarray]:
    return {"fc1.weight": np.full(count, step / 128, np.float32), "norm1.num_batches_tracked": np.array(step)}


def predictions(whole: bool = False) -> Predictions:
    return Predictions(np.linspace(0, 1, 40, dtype=np.float32).reshape(4, 10), whole)


def leftovers(kept: Recording) -> list[str]:
    return [path.name for path in kept.folder.rglob(".*")]


def full_disk(*_arguments, **_named):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_recording_says_what_it_is_of(kept):
    about = kept.about()
    assert kept.experiment == EXPERIMENT
    assert (about["owner"], about["parent"]) == ("abc", ["other", 12])
    assert existing([kept.folder, kept.folder.parent]) == [kept] or existing([kept.folder])[0].folder == kept.folder


def test_what_was_kept_comes_back(kept):
    kept.save_snapshot(5, weights(5), predictions(whole=True))
    kept.save_live(9, weights(9))
    kept.save_state(5, {"moments/step/fc1": np.array(5.0, np.float32), "weights/fc1": np.zeros(3)}, {"a": [1]})
    for step, expected in ((5, 5), (None, 9)):
        found, arrays = kept.weights(step)
        assert found == expected
        for name, value in weights(expected).items():
            np.testing.assert_array_equal(arrays[name], value)
            assert (arrays[name].dtype, arrays[name].shape) == (value.dtype, value.shape)
    arrays, about = kept.state(5)
    assert (about, arrays["moments/step/fc1"].shape) == ({"a": [1]}, ())
    np.testing.assert_allclose(kept.predictions(5).scores, predictions().scores, atol=1e-3)
    assert kept.predictions(5).whole
    assert kept.predictions(6) is None


def test_without_live_weights_the_last_snapshot_stands_for_them(kept):
    kept.save_snapshot(5, weights(5))
    kept.save_snapshot(50, weights(50))
    assert kept.weights(None)[0] == 50


def test_events_come_back_in_order_and_a_half_written_line_is_ignored(kept):
    events = [{"kind": "metric", "step": step, "train_loss": None} for step in range(4)]
    for event in events:
        kept.append(event)
    with (kept.folder / "events.jsonl").open("a") as file:
        file.write('{"kind": "metric", "st')
    assert kept.events() == events
    kept.cut(2)
    kept.append({"kind": "metric", "step": 3})
    assert [event["step"] for event in kept.events()] == [0, 1, 2, 3]


def test_a_run_that_has_told_nothing_has_no_events(kept):
    assert kept.events() == []


def test_what_is_missing_is_told(tmp_path, kept):
    for read in (Recording(tmp_path / "none").about, lambda: kept.weights(3), lambda: kept.state(3),
                 lambda: kept.weights(None)):
        with pytest.raises(RecordingError):
            read()


@pytest.mark.parametrize("size", [0, 5, 60, -1])
def test_a_cut_off_file_is_told(kept, size):
    kept.save_snapshot(5, weights(5), predictions())
    for path in (kept.folder / "snapshots/5.safetensors", kept.folder / "predictions/5.npz"):
        path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(RecordingError):
        kept.weights(5)
    assert kept.predictions(5) is None


def test_halving_keeps_what_it_would_spoil():
    assert halved(np.array([1.5, -2], np.float32)).dtype == np.float16
    for spoiled in (np.array([7e4], np.float32), np.array([np.nan], np.float32), np.array([-np.inf], np.float32),
                    np.array(3), np.array([70_001], np.int64)):
        np.testing.assert_array_equal(halved(spoiled), spoiled)
        assert halved(spoiled).dtype == spoiled.dtype


@pytest.mark.parametrize("seed", range(20))
def test_thinning_keeps_the_ends_and_the_number_that_was_asked_for(seed):
    draw = random.Random(seed)
    steps = sorted(draw.sample(range(10_000), draw.randint(1, 120)))
    most, last = draw.randint(4, 40), draw.randint(1, 2)
    dropped = thin(steps, most, last)
    stay = [step for step in steps if step not in dropped]
    assert len(stay) == min(len(steps), most)
    assert stay[0] == steps[0]
    assert stay[-last:] == steps[-last:]


def test_thinning_as_a_run_grows_leaves_gaps_that_grow_with_the_step():
    steps: list[int] = []
    for step in range(0, 20_000, 10):
        steps.append(step)
        for old in thin(steps, 40):
            steps.remove(old)
    ratios = [(after + 1) / (before + 1) for before, after in zip(steps[5:-1], steps[6:], strict=True)]
    assert len(steps) == 40
    assert max(ratios) < 2
    assert (steps[0], steps[-1]) == (0, 19_990)


def test_where_only_the_last_two_may_stay_the_last_two_stay():
    assert thin([0, 5, 9, 12], 2, last=2) == [0, 5]
    assert thin([0, 5], 2, last=2) == thin([], 2, last=2) == []


def test_at_most_forty_snapshots_are_kept_and_their_predictions_go_with_them(kept):
    for step in range(60):
        kept.save_snapshot(step, weights(step), predictions())
    assert len(kept.snapshots()) == 40
    assert (kept.snapshots()[0], kept.snapshots()[-1]) == (0, 59)
    assert sorted(int(path.stem) for path in (kept.folder / "predictions").iterdir()) == kept.snapshots()


def test_a_recording_of_a_large_network_stays_within_its_bytes(kept, monkeypatch):
    """All sizes a thousandth of MY_NET's: weights 38 kB, with Adam's moments 114 kB; 400 kB in all."""
    monkeypatch.setattr(recording, "MAX_BYTES", 400 * 2**10)
    monkeypatch.setattr(recording, "STATE_BYTES", 240 * 2**10)
    numbers = 9_536
    for step in range(0, 400, 10):
        kept.save_live(step, weights(step, numbers))
        kept.save_snapshot(step, weights(step, numbers), predictions())
        if step % 50 == 0:
            kept.save_state(step, weights(step, 3 * numbers), {})
        assert kept.size() <= 400 * 2**10
    assert kept.states() == [300, 350]
    assert len(kept.snapshots()) >= 4
    assert (kept.snapshots()[0], kept.snapshots()[-1]) == (0, 390)


def test_full_states_of_small_networks_are_kept_from_the_whole_run(kept):
    for step in range(50):
        kept.save_state(step, weights(step), {})
    assert len(kept.states()) == 40
    assert (kept.states()[0], kept.states()[-2:]) == (0, [48, 49])
    assert [kept.nearest_state(step) for step in (0, 49, 1000)] == [0, 49, 49]


def test_cutting_forgets_what_came_after_a_step(kept):
    for step in (0, 10, 20, 30):
        kept.append({"kind": "change", "step": step, "field": "training.epochs", "value": 3})
        kept.append({"kind": "snapshot", "step": step})
        kept.save_snapshot(step, weights(step), predictions())
        kept.save_state(step, weights(step), {})
    kept.append({"kind": "finished", "step": 20})
    kept.save_live(30, weights(30))
    for left in (".30.safetensors.part", ".tmpAb3dE6"):  # the second is what safetensors leaves when killed
        (kept.folder / "states" / left).write_bytes(b"half")
    kept.cut(20)
    assert [(event["kind"], event["step"]) for event in kept.events()] == [
        ("change", 0), ("snapshot", 0), ("change", 10), ("snapshot", 10), ("snapshot", 20)]
    assert kept.snapshots() == kept.states() == [0, 10, 20]
    assert kept.predictions(20) is not None and kept.predictions(30) is None
    assert kept.weights(None)[0] == 20
    assert leftovers(kept) == []


def test_a_branch_is_a_copy_up_to_its_step_that_lives_on_its_own(kept, tmp_path):
    for step in (0, 10, 20):
        kept.append({"kind": "snapshot", "step": step})
        kept.save_snapshot(step, weights(step), predictions())
        kept.save_state(step, weights(step), {})
    branched = kept.branch(tmp_path / "branch", 10, owner="someone")
    assert (branched.about()["owner"], branched.about()["parent"]) == ("someone", ["run", 10])
    assert branched.experiment == EXPERIMENT
    assert branched.snapshots() == branched.states() == [0, 10]
    branched.append({"kind": "snapshot", "step": 11})
    branched.save_snapshot(10, weights(99))
    branched.cut(0)
    assert [event["step"] for event in kept.events()] == [0, 10, 20]
    assert kept.snapshots() == [0, 10, 20]
    np.testing.assert_array_equal(kept.weights(10)[1]["fc1.weight"], weights(10)["fc1.weight"])


def test_a_branch_of_a_run_that_has_told_nothing_is_empty(kept, tmp_path):
    assert kept.branch(tmp_path / "branch", 0, owner="").events() == []


def test_a_full_disk_is_told_and_leaves_nothing_half_done(kept, monkeypatch):
    kept.save_snapshot(1, weights(1), predictions())
    kept.append({"kind": "metric", "step": 1})

    def half_then_full(tensors, path, about):
        path.write_bytes(b"half")
        full_disk()

    monkeypatch.setattr(files, "save_file", half_then_full)
    monkeypatch.setattr(files.Path, "write_bytes", full_disk)
    for write in (lambda: kept.save_snapshot(2, weights(2)), lambda: kept.save_live(2, weights(2)),
                  lambda: kept.save_state(2, weights(2), {}), lambda: kept.save_predictions(1, predictions()),
                  lambda: kept.cut(1), lambda: Recording.create(kept.folder / "new", EXPERIMENT)):
        with pytest.raises(RecordingError, match="No space left on device"):
            write()
    assert leftovers(kept) == []
    assert (kept.snapshots(), kept.states(), kept.weights(None)[0]) == ([1], [], 1)
    assert kept.predictions(1) is not None
    assert len(kept.events()) == 1


@pytest.mark.skipif(os.name != "posix", reason="needs a limit of the system on the size of files")
def test_what_the_system_says_of_a_failed_write_is_passed_on(kept):
    """A real limit: safetensors tells the system's error in its text alone."""
    import resource
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(RecordingError, match="File too large") as caught:
            kept.save_state(1, weights(1, 100_000), {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.__cause__.errno == errno.EFBIG
    assert leftovers(kept) == kept.states() == []


def test_an_event_that_finds_no_room_leaves_no_half_line(kept, monkeypatch):
    kept.append({"kind": "metric", "step": 1})
    opened = builtins.open

    class Full:
        def __init__(self, path):
            self.file = opened(path, "a")

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def write(self, text):
            self.file.write(text[:7])
            self.file.flush()
            full_disk()

    with monkeypatch.context() as patched:
        patched.setattr(files.Path, "open", lambda path, mode: Full(path))
        with pytest.raises(RecordingError):
            kept.append({"kind": "metric", "step": 2})
    kept.append({"kind": "metric", "step": 3})
    assert [json.loads(line)["step"] for line in (kept.folder / "events.jsonl").read_text().splitlines()] == [1, 3]


def test_a_reader_never_meets_live_weights_that_are_being_replaced(kept):
    kept.save_live(0, weights(0, 20_000))
    stop, wrong, seen = threading.Event(), [], set()

    def read():
        while not stop.is_set():
            step, arrays = kept.weights(None)
            seen.add(step)
            wrong.extend([step] if (arrays["fc1.weight"] != step / 128).any() else [])

    reader = threading.Thread(target=read)
    reader.start()
    for step in range(150):
        kept.save_live(step, weights(step, 20_000))
    stop.set()
    reader.join()
    assert wrong == []
    assert len(seen) > 1
