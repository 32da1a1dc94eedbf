"""Fair shares: limits and turns of visitors, in the server's tables, with workers that are only pretended."""

import itertools
from collections import Counter

import pytest

from dlcore.engine.joblist import JobList
from dlcore.engine.turns import Turns
from dlcore.engine.views import ACTIVE
from dlcore.errors import QueueFull, SpecError
from dlcore.limits import NONE, Limits, limits_here, read_limits
from dlcore.specs.experiment import Experiment
from dlcore.specs.shapes import estimate_memory
from tests.dlcore.engine.test_schedule import Pretended

ONE = estimate_memory(Experiment())


@pytest.fixture
def table(tmp_path):
    """Return a function that makes a table of runs with memory for so many of them, and two workers."""
    def make(room: float = 99, limits: Limits | None = None, workers: int = 2) -> Pretended:
        made = Pretended(tmp_path, room=room)
        made.admission.limits = limits or Limits()
        for number in range(workers):
            made.worker_up(f"cpu-{number}", "cpu")
        return made
    return make


def at_work(table: Pretended) -> Counter:
    return Counter(run.owner_hash for run in table.runs.values() if run.state in ACTIVE)


def end(table: Pretended, run: str) -> None:
    worker = table.runs[run].worker
    table.says(run, state="finished")
    table.gone(worker, run)


def start(table: Pretended, owner: str) -> str:
    return table.start(Experiment(), owner)


def test_two_of_a_visitors_runs_are_at_work_six_wait_and_the_next_is_refused_with_the_count(table):
    runs = table()
    mine = [start(runs, "me") for _ in range(8)]
    assert runs.states(*mine) == [("starting", 0)] * 2 + [("queued", place) for place in range(1, 7)]
    for _ in range(192):
        with pytest.raises(QueueFull, match="8 trainings"):
            start(runs, "me")
    assert len(list((runs.home / "runs").iterdir())) == 8  # what is refused leaves nothing on the disk
    assert "2 of your trainings are at work" in str(runs.view(mine[2], 0).message) and not runs.view(mine[0], 0).message
    end(runs, mine[0])
    assert runs.states(mine[2], mine[3]) == [("starting", 0), ("queued", 1)]
    assert runs.states(start(runs, "me")) == [("queued", 6)]


def test_a_visitor_with_none_at_work_is_not_kept_waiting_by_one_with_many(table):
    runs = table()
    for _ in range(8):
        start(runs, "greedy")
    assert runs.states(start(runs, "other")) == [("starting", 0)]
    assert at_work(runs) == {"greedy": 2, "other": 1}


def test_the_limits_hold_while_the_engine_wakes_and_when_it_has(table):
    runs = table(workers=0)
    mine = [start(runs, "me") for _ in range(8)]
    with pytest.raises(QueueFull):
        start(runs, "me")
    runs.worker_up("cpu-0", "cpu")
    assert [state for state, _place in runs.states(*mine)] == ["starting"] * 2 + ["queued"] * 6


def test_without_limits_all_begin(table):
    runs = table(limits=NONE)
    mine = [start(runs, "me") for _ in range(20)]
    assert {state for state, _place in runs.states(*mine)} == {"starting"}


def test_the_next_run_is_that_of_the_visitor_with_fewest_at_work_and_its_place_says_so(table):
    """One after another, as memory for one becomes free; what the queue foretold is what comes."""
    runs = table(room=1.5, limits=Limits(runs=9))
    queued = [(owner, start(runs, owner)) for owner in ("a", "a", "a", "b", "a", "c", "b", "c")]
    foretold = sorted(queued[1:], key=lambda pair: runs.view(pair[1], 0).place)
    assert [owner for owner, _run in foretold] == ["b", "c", "a", "b", "c", "a", "a"]
    assert sorted(runs.view(run, 0).place for _owner, run in queued[1:]) == list(range(1, 8))


@pytest.mark.parametrize("room", [1.5, 2.5, 3.5, 6.5])
def test_whoever_waits_has_no_more_at_work_than_anybody_who_was_let_in_after_it_came(table, room):
    """Over many orders of coming and going: no run begins while a visitor with fewer at work waits for the same."""
    for number, owners in enumerate(itertools.product("abc", repeat=5)):
        if number % 9:
            continue
        runs = table(room=room)
        mine = {start(runs, owner): owner for owner in owners}
        for _ in range(len(mine)):
            working = [run for run in mine if runs.runs[run].state in ACTIVE]
            before = at_work(runs) - Counter({mine[working[0]]: 1})
            waiting = {mine[run] for run in mine if runs.runs[run].state == "queued"}
            end(runs, working[0])
            for run in [run for run in mine if runs.runs[run].state in ACTIVE and run not in working]:
                assert before[mine[run]] == min(before[owner] for owner in waiting if before[owner] < 2)
                before[mine[run]] += 1
                waiting = {mine[run] for run in mine if runs.runs[run].state == "queued"} | {mine[run]}


def test_a_paused_run_that_goes_on_waits_where_two_others_are_at_work(table):
    runs = table()
    paused = start(runs, "me")
    runs.says(paused, state=None)
    runs.pause(paused, "me")
    others = [start(runs, "me") for _ in range(2)]
    runs.resume(paused, "me")
    assert runs.states(paused) == [("queued", 1)] and runs.orders(paused) == ["start", "pause", "drop"]
    runs.gone(runs.runs[paused].worker, paused)
    assert runs.states(paused) == [("queued", 1)]
    end(runs, others[0])
    assert runs.states(paused) == [("starting", 0)] and at_work(runs) == {"me": 2}


def test_a_paused_run_goes_on_at_once_where_there_is_a_seat(table):
    runs = table()
    run = start(runs, "me")
    runs.says(run, state=None)
    runs.pause(run, "me")
    start(runs, "me")
    runs.resume(run, "me")
    assert runs.orders(run) == ["start", "pause", "resume"]


# Jobs


@pytest.fixture
def jobs():
    """A table of Jobs of one worker, under the usual limits."""
    told = []
    made = JobList(lambda worker, message: told.append(message), lambda: "cpu-0", limits=Limits())
    made.told = told
    return made


def begun(jobs) -> list[str]:
    return [message["job"] for message in jobs.told if message["op"] == "job"]


def test_two_of_a_visitors_jobs_are_at_work_eight_wait_and_the_next_says_why_it_is_not_taken(jobs):
    mine = [jobs.start({"number": number}, "me") for number in range(10)]
    assert begun(jobs) == mine[:2] and "2 of your tasks are at work" in str(jobs.view(mine[2]).waits)
    for number in range(10, 5000):
        refused = jobs.view(jobs.start({"number": number}, "me"))
        assert refused.finished and "10 tasks" in str(refused.error)
    other = jobs.start({"number": 0}, "other")
    assert begun(jobs) == [*mine[:2], other]
    jobs.report("cpu-0", {"job": mine[0], "finished": True, "result": {}})
    assert begun(jobs)[-1] == mine[2]
    jobs.tick()
    assert all(jobs.view(job) for job in mine)  # what was refused pushes nobody's out
    assert len(jobs.jobs) <= 21


def test_the_last_results_of_each_visitor_are_kept_however_many_one_has(jobs):
    first = jobs.start({"mine": 0}, "me")
    jobs.report("cpu-0", {"job": first, "finished": True, "result": {}})
    for number in range(300):
        job = jobs.start({"number": number}, "greedy")
        jobs.report("cpu-0", {"job": job, "finished": True, "result": {}})
    jobs.tick()
    assert jobs.view(first) is not None and len(jobs.jobs) == 100


def test_a_job_that_two_wait_for_counts_for_the_one_who_has_fewer(jobs):
    shared = [jobs.start({"number": number, "cache": True}, "greedy") for number in range(6)][-1]
    assert jobs.view(shared).waits
    assert jobs.start({"number": 5, "cache": True}, "other") == shared
    assert begun(jobs)[-1] == shared and jobs.jobs[shared].visitor == "other"


# a worker's turns


def test_turns_go_round_over_visitors_and_then_over_their_runs():
    turns = Turns()
    for number in range(3):
        turns.join(("run", f"greedy {number}"), "greedy")
    turns.join(("run", "other"), "other")
    turns.join(("job", "third"), "third")
    keys = {("run", "greedy 0"), ("run", "greedy 1"), ("run", "greedy 2"), ("run", "other"), ("job", "third")}
    had = Counter(turns.take(keys)[1] for _ in range(90))
    assert had == {"other": 30, "third": 30, "greedy 0": 10, "greedy 1": 10, "greedy 2": 10}
    turns.leave(("run", "other"))
    had = Counter(turns.take(keys - {("job", "third")})[1] for _ in range(30))
    assert had == {"greedy 0": 10, "greedy 1": 10, "greedy 2": 10}
    assert turns.first_of_each("job") == {("job", "third")}


# where the limits come from


def test_the_limits_are_what_a_lesson_needs_unless_the_environment_changes_some(monkeypatch):
    monkeypatch.delenv("DERIN_LIMITS", raising=False)
    here = limits_here()
    assert (here.runs, here.waiting_runs, here.jobs, here.waiting_jobs, here.recordings) == (2, 6, 2, 8, 400)
    monkeypatch.setenv("DERIN_LIMITS", " runs = 4, recordings=0 ,")
    assert limits_here() == Limits(runs=4, recordings=0)


@pytest.mark.parametrize("text", ["runs", "runs=", "runs=-1", "runs=two", "runs=1.5", "speed=3", "=3", "runs=²",
                                  "runs=9999999999"])
def test_a_limit_that_is_none_is_said(text):
    with pytest.raises(SpecError, match="limit"):
        read_limits(text)


