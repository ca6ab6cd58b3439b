"""The choice of threads, on a simulated machine whose clock and load are exact: how soon, how often and how well."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings, strategies as st

from graphide.inference.threads import ThreadControl, physical_cores, seconds_of_others, used_in_stat

Neighbours = Callable[[float], float]


@dataclass
class Machine:
    """`cpus` cores; `neighbours(second)` of them are taken. A thread without a core of its own holds up the others."""

    cpus: int
    neighbours: Neighbours = lambda second: 0.0
    work: float = 0.02  # seconds a token with one thread, alone
    serial: float = 0.2  # the share that more threads do not shorten
    jitter: float = 0.0
    tells_load: bool = True
    now: float = 0.0
    used: float = 0.0
    reads: int = 0
    seed: int = 0
    steps: list[tuple[float, int, float]] = field(default_factory=list)  # began, threads, seconds

    def others(self) -> float | None:
        self.reads += 1
        return self.used if self.tells_load else None

    def seconds(self, threads: int) -> float:
        """How long a token takes from now on, with neighbours as they are now."""
        missing = max(0.0, threads + self.neighbours(self.now) - self.cpus)
        return (
            self.work * (self.serial + (1 - self.serial) / threads) * (1 + (3 if threads > 1 else 1) * min(1, missing))
        )

    def step(self, threads: int, noise: random.Random) -> float:
        seconds = self.seconds(threads) * (1 + self.jitter * noise.uniform(-1, 1))
        for _ in range(4):
            self.used += self.neighbours(self.now) * seconds / 4
            self.now += seconds / 4
        self.steps.append((self.now - seconds, threads, seconds))
        return seconds

    def run(self, until: float, choose: Callable[[], int], took: Callable[[int, float], None]) -> Machine:
        noise = random.Random(self.seed)
        while self.now < until:
            threads = choose()
            took(threads, self.step(threads, noise))
        return self

    def adaptive(self, until: float, *, most: int | None = None, tokens: int = 1) -> Machine:
        control = ThreadControl(most or self.cpus, cpus=self.cpus, clock=lambda: self.now, others=self.others)
        return self.run(
            until, lambda: control.choose(tokens), lambda threads, seconds: control.took(threads, tokens, seconds)
        )

    def fixed(self, until: float, threads: int) -> Machine:
        return self.run(until, lambda: threads, lambda threads, seconds: None)

    def threads_at(self, second: float) -> int:
        """The count that was in use."""
        return next(threads for began, threads, seconds in self.steps if began <= second < began + seconds)

    def switches(self) -> int:
        return sum(one[1] != other[1] for one, other in zip(self.steps, self.steps[1:], strict=False))

    def speed(self) -> float:
        return len(self.steps) / self.now


def ratio_to_best(make: Callable[[], Machine], until: float) -> float:
    """The speed of the adaptive run over that of the best fixed count on the same machine."""
    best = max(make().fixed(until, threads).speed() for threads in range(1, make().cpus + 1))
    return make().adaptive(until).speed() / best


def between(begin: float, end: float, cores: float = 1.0) -> Neighbours:
    return lambda second: cores if begin <= second < end else 0.0


@pytest.mark.parametrize("cpus", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("work", [0.002, 0.02, 0.5, 3.0])
def test_a_quiet_machine_uses_its_cores_and_loses_little_to_trials(cpus: int, work: float) -> None:
    until = max(5.0, 300 * work)
    assert ratio_to_best(lambda: Machine(cpus, work=work), until) >= 0.97


def test_a_trial_that_is_clearly_slower_ends_after_two_steps() -> None:
    machine = Machine(2).adaptive(20.0)
    assert 0 < sum(threads == 1 for _, threads, _ in machine.steps) <= 2 * machine.switches() / 2


def test_a_long_prompt_is_not_slowed_by_trials() -> None:
    machine = Machine(2, work=4.0).adaptive(60.0, tokens=512)
    assert {threads for _, threads, _ in machine.steps} == {2}


@pytest.mark.parametrize("cpus", [2, 4, 8])
@pytest.mark.parametrize("arrives", [2.0, 2.03, 2.07, 2.11])
def test_a_neighbour_that_comes_or_goes_is_heeded_within_three_tenths_of_a_second(cpus: int, arrives: float) -> None:
    machine = Machine(cpus, between(arrives, arrives + 2)).adaptive(arrives + 4)
    assert machine.threads_at(arrives - 0.01) == cpus
    assert machine.threads_at(arrives + 0.3) == cpus - 1
    assert machine.threads_at(arrives + 2.3) == cpus


@pytest.mark.parametrize("work", [0.5, 3.0])
def test_a_slow_model_heeds_a_neighbour_once_a_step_has_passed_beside_it(work: float) -> None:
    arrives = 10 * work
    machine = Machine(2, between(arrives, 1e9), work=work).adaptive(arrives + 40 * work)
    late = [threads for began, threads, seconds in machine.steps if began > arrives + 3 * 4 * work]
    assert late.count(1) >= 0.9 * len(late)


def test_time_that_the_host_takes_away_counts_as_a_neighbour() -> None:
    assert used_in_stat("cpu 9 9\ncpu0 1 2 3 100 200 4 5 6 7 8\ncpu1 10 0 0 50 0 0 0 30 0 0\nintr 5\n", {0, 1}) == 61
    assert used_in_stat("cpu0 1 2 3 100 200 4 5 6 7 8\ncpu1 10 0 0 50 0 0 0 30 0 0\n", {1}) == 40


@given(
    cpus=st.sampled_from([2, 3, 4, 8]),
    taken=st.floats(0, 1),
    jitter=st.floats(0, 0.3),
    work=st.floats(0.02, 0.1),
    seed=st.integers(0, 999),
)
@settings(max_examples=30, deadline=None)
def test_beside_any_steady_load_it_is_nearly_as_quick_as_the_best_fixed_count(
    cpus: int, taken: float, jitter: float, work: float, seed: int
) -> None:
    load = taken * (cpus - 1)
    ratio = ratio_to_best(lambda: Machine(cpus, lambda second: load, work, jitter=jitter, seed=seed), 20.0)
    assert ratio >= 0.85


@given(load=st.floats(0, 2), jitter=st.floats(0, 0.3), seed=st.integers(0, 999))
@settings(max_examples=25, deadline=None)
def test_a_steady_load_leaves_the_count_alone_but_for_rare_trials(load: float, jitter: float, seed: int) -> None:
    machine = Machine(2, lambda second: load, jitter=jitter, seed=seed).adaptive(60.0)
    assert machine.switches() <= 24


def test_a_load_that_wavers_around_a_limit_does_not_make_the_count_waver() -> None:
    noise = random.Random(3)
    waver = [0.25 + noise.uniform(-0.1, 0.1) for _ in range(2000)]
    machine = Machine(2, lambda second: waver[int(second * 20)]).adaptive(60.0)
    assert machine.switches() <= 30


@given(
    changes=st.lists(st.floats(1.5, 5.0), min_size=2, max_size=8), jitter=st.floats(0, 0.2), seed=st.integers(0, 999)
)
@settings(max_examples=25, deadline=None)
def test_beside_a_neighbour_that_comes_and_goes_it_beats_every_fixed_count_or_nearly(
    changes: list[float], jitter: float, seed: int
) -> None:
    times = [sum(changes[: index + 1]) for index in range(len(changes))]

    def neighbours(second: float) -> float:
        return float(sum(time <= second for time in times) % 2)

    assert ratio_to_best(lambda: Machine(2, neighbours, jitter=jitter, seed=seed), times[-1] + 2) >= 0.9


def test_where_the_system_does_not_tell_the_load_trials_find_the_count() -> None:
    machine = Machine(2, lambda second: 1.0, tells_load=False).adaptive(10.0)
    assert machine.threads_at(2.0) == 1 and machine.speed() >= 0.85 * Machine(2, lambda s: 1.0).fixed(10.0, 1).speed()


def test_fewer_threads_are_found_where_more_only_cost() -> None:
    """As under a quota of processor time, which no list of cores shows."""

    class Quota(Machine):
        def seconds(self, threads: int) -> float:
            return self.work * max(0.5, 0.2 * threads)

    machine = Quota(8).adaptive(60.0)
    assert machine.threads_at(59.9) <= 3


def test_a_neighbour_on_the_other_hardware_threads_costs_no_core() -> None:
    machine = Machine(8, lambda second: 3.0).adaptive(5.0, most=4)
    assert {threads for began, threads, _ in machine.steps if began < 0.4} == {4}
    assert machine.threads_at(4.9) == 4


def test_the_load_is_read_at_most_twenty_times_a_second() -> None:
    machine = Machine(2, work=0.001).adaptive(10.0)
    assert machine.reads <= 201 and len(machine.steps) > 5000


def test_one_core_leaves_nothing_to_choose_or_to_read() -> None:
    machine = Machine(1).adaptive(5.0)
    assert machine.switches() == 0 and machine.reads == 0


def test_prefill_and_decoding_learn_apart() -> None:
    """Here prefill gains from a second thread beside a neighbour and decoding loses; each gets its own count."""
    machine, noise = Machine(2, lambda second: 1.0), random.Random(0)
    control = ThreadControl(2, cpus=2, clock=lambda: machine.now, others=machine.others)
    prefills, decodes = [], []
    for _ in range(60):
        threads = control.choose(256)
        seconds = 0.2 if threads == 2 else 0.3
        machine.now, machine.used = machine.now + seconds, machine.used + seconds
        control.took(threads, 256, seconds)
        prefills.append(threads)
        for _ in range(10):
            threads = control.choose(1)
            control.took(threads, 1, machine.step(threads, noise))
            decodes.append(threads)
    assert prefills[30:].count(2) >= 25 and decodes[300:].count(1) >= 285


def test_the_work_of_other_processes_is_counted_and_our_own_is_not_trusted_to_be_theirs() -> None:
    before = seconds_of_others()
    burn = "import time\nwhile time.process_time() < 0.4: pass"
    subprocess.run([sys.executable, "-c", burn], check=True, timeout=60)
    after = seconds_of_others()
    assert before is not None and after is not None and after - before >= 0.3


def test_there_is_at_least_one_core() -> None:
    assert physical_cores() >= 1
