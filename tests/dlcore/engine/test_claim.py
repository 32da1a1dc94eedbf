"""A home is one server's at a time, and this user's alone; what cannot be used is said."""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dlcore.data import home as homes
from dlcore.data.collecting import leave_upload
from dlcore.data.home import open_home
from dlcore.data.own_texts import keep_text
from dlcore.engine import claim
from dlcore.engine.client import Engine
from dlcore.errors import DataError, EngineError, HomeError
from dlcore.training.recording import Recording
from tests.dlcore.engine.conftest import OWNER, ROOT, Watch, tiny, wait_for

HOLDS = """
import sys
from pathlib import Path
from dlcore.engine import claim
from dlcore.engine.client import Engine
from dlcore.errors import HomeError
try:
    engine = Engine(Path(sys.argv[1]))
    engine.tell_url("http://first:8501")
    print("holds", engine.address, flush=True)
    sys.stdin.read()
except HomeError as error:
    print(error, flush=True)
"""


@pytest.fixture
def other_server():
    """Return a function that begins another process with an engine on a home, and what it says first."""
    servers = []

    def begin(home: Path, **environment: str) -> tuple[subprocess.Popen, str]:
        server = subprocess.Popen([sys.executable, "-c", HOLDS, str(home)], cwd=ROOT, text=True, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, env={**os.environ, "DERIN_ENGINE": "", **environment})
        servers.append(server)
        return server, server.stdout.readline().strip()

    yield begin
    for server in servers:
        server.kill()
        server.communicate()


def test_the_second_server_on_a_home_says_who_has_it_and_what_can_be_done(other_server, tmp_path):
    first, said = other_server(tmp_path)
    assert said.startswith("holds")
    _second, said = other_server(tmp_path)
    for part in (str(first.pid), "http://first:8501", os.uname().nodename, "DERIN_HOME=", "DERIN_LOOK=1", "since 20"):
        assert part in said
    _elsewhere, said = other_server(tmp_path / "another")
    assert said.startswith("holds")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_was_killed_holds_nothing(other_server, tmp_path, end):
    first, _said = other_server(tmp_path)
    os.kill(first.pid, end)
    first.wait()
    assert json.loads((tmp_path / "server.json").read_text())["pid"] == first.pid  # what it has left is not believed
    second, said = other_server(tmp_path)
    assert said.startswith("holds") and json.loads((tmp_path / "server.json").read_text())["pid"] == second.pid


def test_a_note_that_cannot_be_read_costs_the_second_server_a_name_only(other_server, tmp_path):
    other_server(tmp_path)
    for garbage in ("[]", "{"):
        (tmp_path / "server.json").write_text(garbage)
        _server, said = other_server(tmp_path)
        assert "is in use by another Derin server" in said and "process ?" in said


def test_a_guest_shares_the_home_of_the_server_whose_host_it_uses_and_of_no_other(other_server, tmp_path):
    _first, said = other_server(tmp_path / "home")
    address = said.split()[1]
    _guest, said = other_server(tmp_path / "home", DERIN_ENGINE=address)
    assert said == f"holds {address}"
    other_server(tmp_path / "another")
    _stranger, said = other_server(tmp_path / "another", DERIN_ENGINE=address)
    assert "in use by another" in said


@pytest.mark.parametrize("error", [NotImplementedError, OSError])
def test_where_the_file_system_has_no_locks_one_server_works_as_ever(tmp_path, monkeypatch, error):
    def acquire(*_how, **_more):
        raise error

    monkeypatch.setattr(claim.FileLock, "acquire", acquire)
    held = claim.Claim(tmp_path, "here")
    held.tell_url("http://here")
    assert not held.holds and claim.read_note(tmp_path)["address"] == "here"
    held.release()


def test_an_engine_that_is_closed_lets_the_next_one_in(tmp_path):
    for _ in range(2):
        engine = Engine(tmp_path)
        with pytest.raises(HomeError):
            Engine(tmp_path)
        engine.close()
    assert not (tmp_path / "server.json").exists()


def test_two_servers_of_one_host_do_not_write_into_the_same_recording(attach, tmp_path):
    """Guests share a home: the second to continue a run is refused, and what is recorded is the first one's alone."""
    first, second = attach(home=tmp_path), attach(home=tmp_path)
    watch = Watch(first, first.start_run(tiny(), OWNER))
    watch.until_step(20)
    second.resume(watch.run, OWNER)
    there = Watch(second, watch.run)
    view = there.until(lambda view: view.message is not None)
    assert "trained by another server" in str(view.message) and view.state == "paused"
    first.stop(watch.run, OWNER)
    wait_for(lambda: first._schedule.runs[watch.run].worker is None)
    reached = Recording(tmp_path / "runs" / watch.run).states()[-1]
    second.resume(watch.run, OWNER)
    there.until(lambda view: view.state == "running" and view.step > reached)
    steps = [event["step"] for event in Recording(tmp_path / "runs" / watch.run).events() if event["kind"] == "metric"]
    assert steps == sorted(set(steps))
    second.stop(watch.run, OWNER)


def test_who_only_looks_opens_and_follows_what_another_server_records_and_changes_nothing(attach, tmp_path,
                                                                                          monkeypatch):
    first = attach(home=tmp_path)
    watch = Watch(first, first.start_run(tiny(), OWNER))
    watch.until(lambda view: len(view.snapshots) > 1)
    before = {path for path in tmp_path.rglob("*") if "runs" not in path.parts}
    monkeypatch.setenv("DERIN_LOOK", "1")
    looks = attach(home=tmp_path)
    seen = Watch(looks, watch.run)
    view = seen.until(lambda view: len(view.snapshots) > 1)
    assert view.state == "paused" and "only looks" in str(view.message) and len(seen.events) > 3
    assert looks.explain("me", {"kind": "read", "model": {"run": watch.run, "step": view.snapshots[1]},
                                "images": np.zeros((1, 28, 28), np.uint8)})["step"] == view.snapshots[1]
    step = view.step
    seen.until(lambda view: view.step > step)
    for refused in (lambda: looks.start_run(tiny(), OWNER), lambda: looks.resume(watch.run, OWNER),
                    lambda: looks.pause(watch.run, OWNER), lambda: looks.change(watch.run, OWNER, "x", 1)):
        with pytest.raises(EngineError, match="only looks"):
            refused()
    for refused in (lambda: leave_upload(tmp_path, b"x"), lambda: keep_text(tmp_path, "text")):
        with pytest.raises(DataError, match="only looks"):
            refused()
    assert {path for path in tmp_path.rglob("*") if "runs" not in path.parts} == before
    first.stop(watch.run, OWNER)


def test_there_is_nothing_to_look_at_where_there_is_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DERIN_LOOK", "1")
    with pytest.raises(HomeError, match="no folder"):
        Engine(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


# whose it is


def modes(folder: Path) -> dict[str, int]:
    """Return what is allowed to whom, of a folder and of everything in it but links."""
    found = [folder, *(path for path in folder.rglob("*") if not path.is_symlink())]
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in found}


def test_a_home_that_others_could_read_is_tightened_and_what_is_not_ours_is_left(tmp_path):
    home, old = tmp_path / "home", os.umask(0)
    try:
        Recording.create(home / "runs" / "a", tiny()).append({"kind": "metric", "step": 1})
        (home / "texts").mkdir()
        (home / "texts" / "a.txt").write_text("text")
        (home / "engine.log").write_text("log")
        (home / "programs").mkdir(mode=0o755)
        (home / "programs" / "tool").touch(mode=0o755)
        outside = tmp_path / "outside"
        outside.touch(mode=0o644)
        (home / "runs" / "link").symlink_to(outside)
        open_home(home)
        found = modes(home)
        assert found.pop("programs") == found.pop("programs/tool") == 0o755  # DERIN_HOME may be somebody's own folder
        assert outside.stat().st_mode & 0o777 == 0o644
        folders = {name for name in found if (home / name).is_dir()}
        assert {found[name] for name in folders} == {0o700} and len(folders) == 7
        assert {found[name] for name in set(found) - folders} == {0o600}
    finally:
        os.umask(old)


def test_nobody_else_may_read_what_a_training_a_job_and_an_upload_leave_behind(attach, tmp_path):
    home = tmp_path / "home"
    engine = attach(home=home)
    watch = Watch(engine, engine.start_run(tiny(epochs=1, train_size=500), OWNER))
    step = watch.until_state("finished").step
    job = engine.start_job(OWNER, {"kind": "evaluate", "model": {"run": watch.run, "step": step}})
    wait_for(lambda: engine.job(job).finished)
    keep_text(home, "a text of one's own " * 200)
    leave_upload(home, b"a picture")
    found = modes(home)
    assert len(found) > 15 and set(found.values()) == {0o700, 0o600}, found
    assert all((mode == 0o700) == (home / name).is_dir() for name, mode in found.items())
    sockets = modes(Path(engine.address))
    assert len(sockets) > 5 and all(not mode & 0o077 for mode in sockets.values())


@pytest.mark.parametrize("place", ["file/home", "/proc/no/such/home"])
def test_a_home_that_cannot_be_made_is_said_with_a_way_out(tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(HomeError, match=r"cannot be made or written \(.+\).*DERIN_HOME="):
        Engine(tmp_path / place)


def test_a_home_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    def full(*_how, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(homes.tempfile, "TemporaryFile", full)
    with pytest.raises(HomeError, match="No space left"):
        Engine(tmp_path)
