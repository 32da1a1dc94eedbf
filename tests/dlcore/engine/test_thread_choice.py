"""One thread or two: whichever is faster on a machine that we make up."""

from dlcore.engine.thread_choice import ThreadChoice


class Machine:
    """Trains so many pictures a second with one thread and with two, and counts the seconds."""

    def __init__(self, one: float, two: float):
        self.speed, self.now = {1: one, 2: two}, 0.0
        self.choice = ThreadChoice(clock=lambda: self.now)

    def train(self, seconds: float, allowed: int = 2) -> float:
        """Return the share of the time that was spent with two threads."""
        end, both = self.now + seconds, 0.0
        while self.now < end:
            threads = self.choice.choose(allowed)
            spent = max(0.03, 64 / self.speed[threads])
            self.now += spent
            both += spent * (threads == 2)
            self.choice.note(threads, round(self.speed[threads] * spent), spent)
        return both / seconds


def test_two_threads_are_taken_where_they_are_faster():
    assert Machine(one=5639, two=7591).train(20) > 0.85


def test_one_thread_is_kept_where_a_second_gains_nothing_or_costs():
    assert Machine(one=5639, two=5700).train(20) < 0.15
    assert Machine(one=5639, two=560).train(20) < 0.15


def test_a_neighbour_that_begins_to_compute_is_noticed():
    machine = Machine(one=5639, two=7591)
    machine.train(5)
    machine.speed = {1: 4000, 2: 400}
    machine.train(3)
    assert machine.train(20) < 0.15


def test_a_neighbour_that_has_gone_is_noticed():
    machine = Machine(one=4000, two=400)
    machine.train(5)
    machine.speed = {1: 5639, 2: 7591}
    machine.train(20)
    assert machine.train(20) > 0.85


def test_a_second_thread_is_never_taken_where_it_is_not_allowed():
    machine = Machine(one=5639, two=7591)
    machine.train(5)
    assert machine.train(5, allowed=1) == 0
