"""The server's table of Jobs, with a worker that is only pretended."""

import numpy as np
import pytest

from dlcore.engine.joblist import MOST_KEPT, JobList


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
    jobs.worker_up()
    assert told[0]["job"] == job
