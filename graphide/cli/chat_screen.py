"""How an answer is seen: as plain text in a pipe; in a terminal with a line below it that says how it goes.

The line is drawn below the text while it grows and is gone at its end. It uses what every terminal of the last decades
knows: a cursor that goes down, is saved and comes back.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Final, Protocol

from graphide.chatting.answers import Doing, Piece, Wrote
from graphide.chatting.talk import Gauge, Talk
from graphide.cli import streams
from graphide.cli.render import for_terminal, terminal_width
from graphide.graph.quoting import printable
from graphide.store.turns import Answer

_BELOW: Final = "\x1bD\x1b[A\x1b7\x1b[B\r"  # makes sure that there is a line below, and goes there
_BACK: Final = "\x1b[K\x1b8"
_WIPE: Final = "\x1b7\x1b[B\r\x1b[2K\x1b8"
_EVERY: Final = 0.1


class Screen(Protocol):
    """Shows one answer."""

    def see(self, piece: Piece) -> None:
        """Show a piece of it, or what goes on."""
        ...

    def end(self) -> None:
        """Take away what is not the answer, and end its last line."""
        ...


class Plain:
    """Writes the text and nothing else."""

    def __init__(self, write: Callable[[str], None] | None = None) -> None:
        self._write = write or (lambda text: streams.out(text, flush=True))
        self._last = "\n"

    def see(self, piece: Piece) -> None:
        """Write a piece of text."""
        if isinstance(piece, Wrote):
            self._write(piece.text)
            self._last = piece.text[-1:] or self._last

    def end(self) -> None:
        """End the last line."""
        if self._last != "\n":
            self._write("\n")


class Terminal:
    """Writes the text with a line of status below it; `talk` tells how fast it comes and how full the context is."""

    def __init__(
        self,
        talk: Talk,
        *,
        width: Callable[[], int] = terminal_width,
        clock: Callable[[], float] = time.monotonic,
        write: Callable[[str], None] | None = None,
    ) -> None:
        self._talk = talk
        self._width = width
        self._clock = clock
        self._write = write or (lambda text: streams.out(text, flush=True))
        self._before = talk.gauge()
        self._line = ""
        self._last: type[Piece] | None = None
        self._drawn = -1.0
        self._shown = False
        self._column = 0

    def see(self, piece: Piece) -> None:
        """Write a piece of text, or what goes on before the first."""
        now = self._clock()
        if now - self._drawn >= _EVERY or type(piece) is not self._last:
            self._line, self._drawn, self._last = self._status(piece), now, type(piece)
        text = self._wiped()
        if isinstance(piece, Wrote):
            shown = for_terminal(piece.text)
            text += shown
            self._advance(shown)
        self._write(text + self._below())

    def end(self) -> None:
        """Wipe the line and end the text."""
        self._write(self._wiped() + ("\n" if self._column else ""))

    def _status(self, piece: Piece) -> str:
        if isinstance(piece, Doing):
            share = f" {piece.share:.0%}".replace("%", " %") if piece.share is not None else "…"
            return f"{printable(piece.label)}{share}"
        so_far = self._talk.so_far
        count, speed = (so_far.pieces, so_far.speed) if so_far is not None else (0, 0.0)
        parts = [f"{count:,} tokens", *([f"{speed:.1f} tokens/s"] if speed else [])]
        if self._before is not None:
            parts.append(context_text(self._before._replace(used=self._before.used + count)))
        return " · ".join([*parts, "Ctrl-C stops"])

    def _wiped(self) -> str:
        shown, self._shown = self._shown, False
        return _WIPE if shown else ""

    def _below(self) -> str:
        width = self._width()
        if self._column >= width:
            return ""  # the cursor waits at the end of a full line, where saving it is not the same everywhere
        self._shown = True
        return f"{_BELOW}{dim(self._line[: width - 1])}{_BACK}"

    def _advance(self, text: str) -> None:
        """Follow the cursor, as a terminal moves it: what does not fit into a line any more begins the next one."""
        from rich.cells import cell_len

        width = self._width()
        if "\n" in text:
            self._column, text = 0, text.rpartition("\n")[2]
        for char in text:
            cells = 8 - self._column % 8 if char == "\t" else cell_len(char)
            self._column = self._column + cells if self._column + cells <= width else cells


def screen_for(talk: Talk) -> Screen:
    """Return the screen that fits where standard output goes."""
    if not streams.out_is_terminal() or os.environ.get("TERM", "") == "dumb" or _is_old_console():
        return Plain(None if not streams.out_is_terminal() else _shown)
    return Terminal(talk)


def context_text(gauge: Gauge) -> str:
    """Return how full the context is: `context 554 of 4,096`."""
    return f"context {gauge.used:,} of {gauge.room:,}" if gauge.room else f"context {gauge.used:,}"


def figures(answer: Answer, gauge: Gauge | None) -> str:
    """Return what an answer cost, in one line."""
    parts = []
    if answer.tokens:
        parts.append(f"{answer.tokens:,} token{'' if answer.tokens == 1 else 's'}")
    parts.append(f"{answer.seconds:.1f} s")
    if answer.tokens_per_second:
        parts.append(f"{answer.tokens_per_second:.1f} tokens/s")
    if answer.cached_tokens:
        parts.append(f"{answer.cached_tokens:,} of {answer.prompt_tokens:,} cached")
    if gauge is not None:
        parts.append(context_text(gauge))
    return " · ".join(parts)


def dim(text: str) -> str:
    """Return a text that a terminal shows faintly, unless the user wants no colours."""
    return text if os.environ.get("NO_COLOR") else f"\x1b[2m{text}\x1b[22m"


def _shown(text: str) -> None:
    streams.out(for_terminal(text), flush=True)


def _is_old_console() -> bool:
    return sys.platform == "win32" and not os.environ.get("WT_SESSION")
