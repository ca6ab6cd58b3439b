"""The pacer: what a person does is followed at full speed, what happens by itself calmly, and nothing draws nothing."""

from __future__ import annotations

from graphide.ui.pacer import Pacer


class Time:
    """A clock that only waiting moves on; `events` are when the window system has something to tell."""

    def __init__(self, pacer: Pacer | None = None) -> None:
        self.now = 100.0
        self.events: list[float] = []
        self.posted = 0

    def wait(self, seconds: float) -> bool:
        due = [at for at in self.events if at <= self.now + seconds]
        if not due:
            self.now += seconds
            return False
        self.now = max(self.now, due[0])
        self.events.remove(due[0])
        return True

    def post(self) -> None:
        self.posted += 1
        self.events.append(self.now)


def paced() -> tuple[Pacer, Time]:
    """Return a pacer at rest whose time passes as the test wants."""
    time = Time()
    pacer = Pacer(clock=lambda: time.now)
    pacer._wait_for_events, pacer._post = time.wait, time.post
    time.now += 10
    return pacer, time


def test_nothing_is_drawn_while_nothing_happens() -> None:
    pacer, time = paced()
    assert [pacer.wait(1.0) for _ in range(5)] == [False] * 5
    assert time.now == 115.0


def test_what_happens_by_itself_is_drawn_calmly_and_at_once() -> None:
    pacer, time = paced()
    start, drawn = time.now, 0
    while time.now < start + 1.0:
        pacer.poke()
        drawn += pacer.wait(1.0)
        time.events.clear()  # drawing takes in what was posted
    assert 14 <= drawn <= 18
    assert time.posted <= drawn  # a thread that tells of every token does not wake the window for each


def test_a_poke_while_the_window_rests_has_a_frame_drawn_at_once() -> None:
    pacer, time = paced()

    def poked(seconds: float) -> bool:
        time.now += 0.4
        pacer.poke()
        return time.posted == 1

    pacer._wait_for_events = poked
    assert pacer.wait(1.0) and time.now == 110.4
    assert time.now > pacer._hot_until


def test_an_event_of_the_window_system_is_followed_at_full_speed_for_a_moment() -> None:
    pacer, time = paced()
    time.events.append(time.now + 0.25)
    assert pacer.wait(1.0) and time.now == 110.25
    assert time.now < pacer._hot_until
    time.now += 1
    assert not pacer.wait(1.0)


def test_an_event_interrupts_the_wait_for_the_next_calm_frame() -> None:
    pacer, time = paced()
    pacer.poke()
    assert pacer.wait(1.0)
    time.events = [time.now + 0.01]
    assert pacer.wait(1.0) and time.now < 110.02
    assert time.now < pacer._hot_until
