"""How far work on files is, on standard error: a bar that changes in place on a terminal, now and then a line elsewhere.

Both are told how many bytes of how many are done; what the work is, they do not know.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from graphide.cli import streams
from graphide.cli.progress import LINE_EVERY, SHOW_AFTER
from graphide.graph.quoting import printable
from graphide.models.wording import amount

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

Clock = Callable[[], float]

_FRAME = 0.1
_BAR = 30
_LONGEST_NAME = 44


class Bars(Protocol):
    """Shows how far something is."""

    def __enter__(self) -> Bars: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def show(self, name: str, done: int, total: int, note: str = "") -> None:
        """Show `done` of `total` bytes, and a note such as a speed."""
        ...

    def hide(self) -> None:
        """Take away whatever would be in the way of other output."""
        ...


class LineBars:
    """Writes a line now and then, for logs and pipes: `model.gguf 43.1 MB of 98.4 MB (44 %)`."""

    def __init__(self, write: Callable[[str], None] = streams.err, clock: Clock = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._last = clock()

    def __enter__(self) -> LineBars:
        return self

    def __exit__(self, *_: object) -> None:
        self.hide()

    def show(self, name: str, done: int, total: int, note: str = "") -> None:
        """Write a line, unless one was written a moment ago."""
        now = self._clock()
        if now - self._last >= LINE_EVERY:
            self._last = now
            self._write(f"{printable(name)} {amount(done, total)}{f', {note}' if note else ''}\n")

    def hide(self) -> None:
        """Do nothing: lines stay."""


class TerminalBars:
    """A bar that changes in place, and is gone when the work is done."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._drawn = 0.0
        self._live: Live | None = None

    def __enter__(self) -> TerminalBars:
        return self

    def __exit__(self, *_: object) -> None:
        self.hide()

    def show(self, name: str, done: int, total: int, note: str = "") -> None:
        """Draw the bar, unless it was drawn a moment ago."""
        now = self._clock()
        if now - self._began < SHOW_AFTER or now - self._drawn < _FRAME:
            return
        self._drawn = now
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True)
            self._live = Live(
                console=console, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
            )
            self._live.start()
        self._live.update(_view(name, done, total, note), refresh=True)

    def hide(self) -> None:
        """Take the bar away until something is shown again."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def chosen_bars() -> Bars:
    """Return the bars that fit where standard error goes."""
    return TerminalBars() if streams.err_is_terminal() else LineBars()


def _view(name: str, done: int, total: int, note: str) -> Table:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    shown = printable(name)
    shown = shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 1]}…"
    view = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=total or None, completed=done, width=_BAR)
    view.add_row(Text(shown), bar, Text(amount(done, total)), Text(note, style="dim"))
    return view
