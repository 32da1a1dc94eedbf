"""Who computes where: memory, queue and threads, as pure functions."""

import itertools

import pytest

from dlcore.engine.placement import (
    FALLBACK,
    Held,
    Seat,
    choose_worker,
    count_threads,
    fits,
    free_memory,
    memory_budget,
    who_gives_way,
    worker_names,
)

GIB = 2**30


def test_there_is_one_worker_a_core_and_one_an_accelerator():
    assert worker_names(2, ["cpu", "cuda:0"]) == [("cpu-0", "cpu"), ("cpu-1", "cpu"), ("cuda-0", "cuda:0")]


def test_the_worker_with_least_to_do_takes_the_run():
    seats = [Seat("cpu-0", "cpu", 2), Seat("cpu-1", "cpu", 1), Seat("cuda-0", "cuda:0", 0)]
    assert choose_worker(seats, "cpu") == "cpu-1"
    assert choose_worker(seats, "cuda:0") == "cuda-0"
    assert choose_worker(seats, "cuda:1") is None


def test_a_run_fits_while_the_sum_is_within_the_budget():
    held = [Held("a", "cpu", 4 * GIB), Held("b", "cuda:0", 40 * GIB)]
    assert fits(6 * GIB, "cpu", held, 10 * GIB)
    assert not fits(6 * GIB + 1, "cpu", held, 10 * GIB)


@pytest.mark.parametrize("need", range(1, 10))
def test_no_more_runs_give_way_than_must(need):
    """Checked against every subset: those that leave suffice, and without the last of them it would not."""
    held = [Held("old", "cpu", 2, idle=1.0), Held("older", "cpu", 3, idle=0.5), Held("busy", "cpu", 4)]
    leaving = who_gives_way(need, "cpu", held, 10)
    possible = [names for size in range(3) for names in itertools.combinations(("older", "old"), size)
                if fits(need, "cpu", [share for share in held if share.run not in names], 10)]
    if not possible or not possible[0]:
        assert leaving == []
    else:
        assert "busy" not in leaving and leaving[0] == "older"
        assert fits(need, "cpu", [share for share in held if share.run not in leaving], 10)
        assert not fits(need, "cpu", [share for share in held if share.run not in leaving[:-1]], 10)


def test_two_threads_are_for_one_run_that_is_alone():
    assert count_threads(1, 0, cores=2) == 2
    assert count_threads(1, 0, cores=1) == 1
    assert count_threads(1, 1, cores=2) == count_threads(2, 0, cores=2) == count_threads(0, 1, cores=2) == 1


def test_free_memory_is_what_the_machine_has_or_what_its_group_is_left(tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal: 4194304 kB\nMemAvailable: 2097152 kB\n")
    assert free_memory(tmp_path / "meminfo", tmp_path) == 2 * GIB
    (tmp_path / "memory.max").write_text(f"{3 * GIB}\n")
    (tmp_path / "memory.current").write_text(f"{2 * GIB}\n")
    assert free_memory(tmp_path / "meminfo", tmp_path) == GIB
    assert free_memory(tmp_path / "nothing", tmp_path) == FALLBACK


def test_the_budget_is_given_or_told_or_a_share_of_what_is_free(monkeypatch):
    monkeypatch.delenv("DERIN_MEMORY_BUDGET", raising=False)
    assert memory_budget(5) == 5
    assert 0 < memory_budget() < free_memory() * 0.9
    monkeypatch.setenv("DERIN_MEMORY_BUDGET", "123456")
    assert memory_budget() == 123456
