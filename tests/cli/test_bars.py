"""How far work is: lines now and then in a pipe, amounts that can be read, names that cannot repaint the screen."""

from __future__ import annotations

from graphide.cli.bars import LineBars, amount
from graphide.cli.progress import LINE_EVERY
from graphide.cli.pulling import duration


def test_in_a_pipe_there_is_a_line_now_and_then() -> None:
    said: list[str] = []
    now = [0.0]
    with LineBars(said.append, lambda: now[0]) as bars:
        for step in range(10):
            now[0] = step * LINE_EVERY / 2
            bars.show("a\x1b.gguf", step * 10_000_000, 100_000_000, "5 MB/s" if step > 4 else "")
    assert said == [
        "a\\u001b.gguf 20 MB of 100 MB (20 %)\n",
        "a\\u001b.gguf 40 MB of 100 MB (40 %)\n",
        "a\\u001b.gguf 60 MB of 100 MB (60 %), 5 MB/s\n",
        "a\\u001b.gguf 80 MB of 100 MB (80 %), 5 MB/s\n",
    ]


def test_without_a_total_only_what_is_done_is_said() -> None:
    assert (amount(5_000, 0), amount(0, 10)) == ("5 kB", "0 B of 10 B (0 %)")


def test_times_are_said_as_people_do() -> None:
    assert [duration(seconds) for seconds in (0, 4.4, 99, 100, 3000, 7500)] == [
        "0 s", "4 s", "99 s", "2 min", "50 min", "2 h 5 min",
    ]  # fmt: skip
