"""The server's table of Jobs, with a worker that is only pretended."""

import numpy as np
import pytest

from dlcore.engine.job_room import LEAST, JobRoom
from dlcore.engine.joblist import MOST_KEPT, JobList
from dlcore.engine.schedule import Schedule
from dlcore.specs.experiment import Experiment
from dlcore.specs.shapes import estimate_memory


@pytest.fixture
def told():
    return []


@pytest.fixture
def jobs(told):
    return JobList(lambda worker, message: told.append(message), lambda: "cpu-0")


def finish(jobs, job, result):
    jobs.report("cpu-0", {"job": job, "finished": True, "result": result})


def test_equal_requests_share_one_result_where_they_may(jobs, told):
    picture = np.arange(4, dtype=np.uint8)
    request = {"kind": "evaluate", "cache": True, "picture": picture}
    first = jobs.start(request)
    assert jobs.start({"picture": picture.copy(), "cache": True, "kind": "evaluate"}) == first
    assert jobs.start(request | {"picture": picture + 1}) != first
    assert jobs.start({"kind": "evaluate"}) != jobs.start({"kind": "evaluate"})
    finish(jobs, first, {"accuracy": 0.5})
    assert jobs.view(jobs.start(request)).result == {"accuracy": 0.5}
    assert len(told) == 4


def test_a_shared_job_goes_on_until_the_last_gives_it_up(jobs, told):
    request = {"kind": "evaluate", "cache": True}
    job = jobs.start(request)
    jobs.start(request)
    jobs.cancel(job)
    assert not jobs.view(job).finished
    jobs.cancel(job)
    assert jobs.view(job).error and told[-1] == {"op": "cancel", "job": job}


def test_a_job_that_died_with_its_worker_says_so_and_can_be_tried_again(jobs):
    request = {"kind": "evaluate", "cache": True}
    job = jobs.start(request)
    jobs.worker_down("cpu-0")
    assert "once more" in str(jobs.view(job).error)
    assert jobs.start(request) != job


def test_results_are_kept_within_bounds(jobs):
    for number in range(MOST_KEPT + 20):
        finish(jobs, jobs.start({"number": number}), {"scores": np.zeros(10)})
    jobs.tick()
    assert len(jobs.jobs) == MOST_KEPT
    for number in range(3):
        finish(jobs, jobs.start({"number": number}), {"scores": np.zeros(100 * 2**20, np.uint8)})
    jobs.tick()
    assert sum(job.size for job in jobs.jobs.values()) <= 200 * 2**20


def test_a_job_that_nobody_asks_for_is_given_up(told):
    jobs = JobList(lambda worker, message: told.append(message["op"]), lambda: "cpu-0", lease=-1)
    jobs.start({"kind": "evaluate"})
    jobs.tick()
    assert told == ["job", "cancel"]


def test_jobs_wait_for_the_first_worker(told):
    workers = []
    jobs = JobList(lambda worker, message: told.append(message), lambda: workers[0] if workers else None)
    job = jobs.start({"kind": "evaluate"})
    assert not told and jobs.view(job).progress == 0
    workers.append("cpu-0")
    jobs.place_waiting()
    assert told[0]["job"] == job


ONE = estimate_memory(Experiment())


@pytest.fixture
def crowded(tmp_path):
    """Return a function that makes a table of runs and one of Jobs, with memory for so many default networks."""
    def make(room: float) -> tuple[Schedule, JobList]:
        schedule = Schedule(tmp_path, lambda worker, message: None, int(room * ONE))
        jobs = JobList(lambda worker, message: None, lambda: "cpu-0", room=JobRoom(schedule))
        schedule.admission.jobs_held = jobs.held
        schedule.worker_up("cpu-0", "cpu")
        return schedule, jobs
    return make


def test_a_job_holds_memory_that_a_training_then_waits_for(crowded):
    schedule, jobs = crowded(2.5 + LEAST / ONE)
    first = schedule.start(Experiment(), "me")
    job = jobs.start({"kind": "evaluate", "model": {"run": first, "step": 0}})
    assert jobs.held()[0].bytes == LEAST + ONE and not jobs.view(job).waits
    second = schedule.start(Experiment(), "me")
    assert schedule.view(second, 0).state == "queued"
    finish(jobs, job, {})
    schedule.tick()
    assert schedule.view(second, 0).state == "starting"


def test_a_job_waits_for_memory_and_begins_when_a_training_has_gone(crowded):
    schedule, jobs = crowded(2.1 + LEAST / ONE)
    first, second = (schedule.start(Experiment(), "me") for _ in range(2))
    job = jobs.start({"kind": "evaluate", "model": {"run": first, "step": 0}})
    assert jobs.view(job).waits and not jobs.held()
    schedule.report("cpu-0", {"run": second, "events": [], "state": "finished"})
    schedule.gone("cpu-0", second)
    jobs.tick()
    assert jobs.held() and not jobs.view(job).waits


def test_a_paused_training_leaves_memory_for_a_job(crowded):
    schedule, jobs = crowded(1.5 + LEAST / ONE)
    run = schedule.start(Experiment(), "me")
    schedule.pause(run, "me")
    job = jobs.start({"kind": "evaluate", "model": {"run": run, "step": 0}})
    assert jobs.view(job).waits and schedule.runs[run].leaving
    schedule.gone("cpu-0", run)
    jobs.tick()
    assert jobs.held()


def test_a_small_job_does_not_wait_until_trainings_have_ended(crowded):
    schedule, jobs = crowded(4.2 * LEAST / ONE)
    runs = [schedule.start(Experiment(), "me") for _ in range(9)]
    assert schedule.view(runs[-1], 0).state == "queued"
    short, more = (jobs.start({"kind": "glance", "path": "somewhere"}) for _ in range(2))
    assert not jobs.view(short).waits and jobs.view(more).waits


def test_a_job_that_can_never_have_its_memory_says_so(crowded):
    schedule, jobs = crowded(1.01)
    run = schedule.start(Experiment(), "me")
    assert "more than the" in str(jobs.view(jobs.start({"kind": "evaluate", "model": {"run": run}})).error)
