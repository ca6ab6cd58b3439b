"""How far work is: lines now and then in a pipe, and names that cannot repaint the screen."""

from __future__ import annotations

from graphide.cli.bars import LineBars
from graphide.cli.progress import LINE_EVERY


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
