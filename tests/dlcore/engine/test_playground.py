"""A playground through the whole engine: frames while it learns, its pace, changes by hand, and looking back."""

from dataclasses import replace

import numpy as np
import pytest

from dlcore.data.tables import keep_table, read_table
from dlcore.errors import DataError, SpecError
from dlcore.specs import codec
from dlcore.specs.plane import PlaneData
from dlcore.specs.plane_network import Layer, PlaneNetwork
from dlcore.specs.playground import PlaneTraining, Playground
from tests.dlcore.engine.conftest import OWNER, wait_for

LONG = Playground(training=PlaneTraining(epochs=100_000))
TABLE = b"\n".join(b"%d,%d,%s" % (index, index * 7 % 13, b"ab"[index % 2:][:1]) for index in range(40))


def ask(engine, kind, model, **more):
    return engine.explain("somebody", {"kind": kind, "model": model, **more}, timeout=60)


def test_a_watched_playground_sends_numbered_frames_and_keeps_its_pace(awake, start):
    watch = start(LONG)
    first = watch.until(lambda view: view.frame is not None).frame
    view = watch.until(lambda view: view.frame["number"] >= first["number"] + 5)
    assert view.frame["maps"].shape == (6, 50, 50) and view.frame["step"] > first["step"]
    assert view.rate < 3 * 60 * 250  # sixty epochs a second were asked for
    watch.engine.change(watch.run, OWNER, "training.pace", 1)
    watch.until(lambda view: view.rate < 4 * 250)
    assert watch.engine.view(watch.run).experiment.changes == ()


def test_a_paused_playground_takes_steps_and_changes_by_hand_and_shows_them(awake, start):
    watch = start(LONG, paused=True)
    before = watch.until(lambda view: view.frame is not None).frame
    assert before["step"] == 0
    awake.step(watch.run, OWNER)
    assert watch.until(lambda view: view.frame["step"] == 1).state == "paused"
    awake.step(watch.run, OWNER, whole_epoch=True)
    number = watch.until(lambda view: view.frame["step"] == 25).frame["number"]
    awake.change(watch.run, OWNER, "network.w1.2.1", 5.0)
    view = watch.until(lambda view: view.frame["number"] > number)
    assert view.frame["step"] == 25 and view.frame["weights"][2] == 5
    assert wait_for(lambda: ask(awake, "plane_frame", {"run": watch.run})["weights"][2] == 5)
    awake.change(watch.run, OWNER, "network.removed.1.1", True)
    watch.until(lambda view: (view.frame["maps"][0] == 128).all())
    assert wait_for(lambda: (ask(awake, "plane_frame", {"run": watch.run})["maps"][0] == 128).all())
    with pytest.raises(SpecError, match="no w7.1.1"):
        awake.change(watch.run, OWNER, "network.w7.1.1", 1.0)


def test_looking_back_shows_the_same_as_looking_live(awake, start):
    watch = start(replace(LONG, training=PlaneTraining(epochs=30, pace=0)))
    view = watch.until_state("finished")
    last = view.snapshots[-1]
    assert last == view.step == 750 and view.frame["step"] == 750
    then = ask(awake, "plane_frame", {"run": watch.run, "step": last})
    for name in ("maps", "surface", "weights", "limits"):
        np.testing.assert_array_equal(then[name], view.frame[name])
    assert then["metrics"]["test_loss"] == pytest.approx(watch.events[-3]["test_loss"], rel=1e-5)
    points = ask(awake, "plane_points", {"run": watch.run, "step": last})
    assert points["test"]["confusion"].sum() == 250
    enlarged = ask(awake, "plane_map", {"run": watch.run, "step": last}, neuron="2.1", side=100)
    assert enlarged["map"].shape == (100, 100) and enlarged["step"] == last


def test_an_untrained_network_has_a_picture_too(awake):
    frame = ask(awake, "plane_frame", {"spec": codec.to_dict(LONG)})
    assert frame["step"] == 0 and frame["metrics"]["train_loss"] > 0


def test_a_run_that_diverges_says_so_and_goes_on_from_before_with_a_smaller_rate(awake, start):
    wild = Playground(data=PlaneData(dataset="plane"), network=PlaneNetwork(layers=(Layer(4, "relu"),) * 3),
                      training=PlaneTraining(epochs=40, pace=0, learning_rate=10.0))
    watch = start(wild)
    view = watch.until_state("failed")
    assert "learning rate 10 is too large" in str(view.message) and view.snapshots
    awake.change(watch.run, OWNER, "training.learning_rate", 0.001)
    awake.resume(watch.run, OWNER)
    view = watch.until_state("finished", "failed", seconds=40)
    assert view.state == "finished" and view.experiment.changes[-1].value == 0.001


def test_an_uploaded_table_is_trained_on_and_missed_when_it_is_gone(awake, start):
    name = keep_table(awake.home, read_table(TABLE))
    spec = Playground(data=PlaneData(dataset="table", table=name), training=PlaneTraining(epochs=20, pace=0))
    watch = start(spec)
    assert watch.until_state("finished", "failed").state == "finished"
    for path in (awake.home / "tables").iterdir():
        path.unlink()
    assert "not kept here any more" in str(start(spec).until_state("failed").message)
    with pytest.raises(DataError, match="not kept here any more"):
        ask(awake, "plane_frame", {"spec": codec.to_dict(spec)})


def test_the_kernel_takes_over_while_a_run_goes_on(awake, start):
    watch = start(replace(LONG, training=replace(LONG.training, epochs=1_000_000, pace=0)))
    view = watch.until(lambda view: view.frame is not None and view.frame["gear"] == "kernel", seconds=120)
    assert view.frame["why"] is None
    awake.step(watch.run, OWNER)
    assert watch.until(lambda view: view.frame["gear"] == "autograd").state == "paused"
