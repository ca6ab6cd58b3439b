"""What a person sees while a graph runs, on standard error: a live view on a terminal, now and then a line in a pipe.

Both are fed with events and know nothing else. Neither costs anything for a run that is over at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from graphide.cli import streams
from graphide.executor.events import (
    Event,
    NodeChunk,
    NodeFailed,
    NodeFinished,
    NodeProgress,
    NodeSkipped,
    NodeStarted,
    PlanMade,
)
from graphide.graph.quoting import printable

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

Clock = Callable[[], float]

LINE_EVERY = 2.0
"""Seconds between two lines in a pipe."""
SHOW_AFTER = 0.3
"""Seconds after which a run is worth a live view."""
_FRAME = 0.08
_BAR = 24
_MOST_ROWS = 8


class Progress(Protocol):
    """Shows how a run goes."""

    def see(self, event: Event) -> None:
        """Take in an event and show what follows from it."""
        ...

    def stop(self) -> None:
        """Take away whatever would be in the way of other output."""
        ...


class Nothing:
    """Shows nothing."""

    def see(self, event: Event) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""


class Lines:
    """Writes a line now and then, for logs and pipes: `answer: loading model 40 %`."""

    def __init__(self, write: Callable[[str], None] = streams.err, clock: Clock = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._last = clock()

    def see(self, event: Event) -> None:
        """Write how far a node is, unless a line was written a moment ago."""
        now = self._clock()
        if isinstance(event, NodeProgress) and now - self._last >= LINE_EVERY:
            self._last = now
            self._write(f"{printable(event.node)}: {_how_far(event)}\n")

    def stop(self) -> None:
        """Do nothing: lines stay."""


@dataclass(slots=True)
class _Row:
    """A node at work: what it is doing, since when, and how many pieces of text it made since the first."""

    state: str
    share: float | None
    pieces: int = 0
    first: float = 0.0


class Terminal:
    """A view of the nodes at work that changes in place and is gone when the run ends."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._drawn = 0.0
        self._rows: dict[str, _Row] = {}
        self._steps = self._done = 0
        self._live: Live | None = None
        self._stopped = False

    def see(self, event: Event) -> None:
        """Take in an event; draw when something was not drawn for a moment."""
        if self._stopped:
            return
        self._take(event)
        now = self._clock()
        if now - self._began >= SHOW_AFTER and now - self._drawn >= _FRAME:
            self._drawn = now
            self._draw(now)

    def stop(self) -> None:
        """Take the view away for good."""
        self._stopped = True
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _take(self, event: Event) -> None:
        match event:
            case PlanMade():
                self._steps = len(event.steps)
            case NodeStarted():
                self._rows[event.node] = _Row("working", None)
            case NodeProgress():
                row = self._rows.setdefault(event.node, _Row("", None))
                row.state, row.share = event.label, event.done / event.total if event.total else None
            case NodeChunk():
                row = self._rows.setdefault(event.node, _Row("", None))
                row.state, row.share, row.pieces = "writing", None, row.pieces + 1
                row.first = row.first or self._clock()
            case NodeFinished() | NodeFailed() | NodeSkipped():
                self._rows.pop(event.node, None)
                self._done += "/" not in event.node
            case _:
                pass

    def _draw(self, now: float) -> None:
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True)
            self._live = Live(
                console=console, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
            )
            self._live.start()
        self._live.update(self._view(now), refresh=True)

    def _view(self, now: float) -> Table:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        view = Table.grid(padding=(0, 2))
        for node, row in list(self._rows.items())[:_MOST_ROWS]:
            bar = ProgressBar(total=1, completed=row.share, width=_BAR) if row.share is not None else Text("")
            view.add_row(Text(printable(node)), Text(row.state, style="dim"), bar, Text(_detail(row, now), style="dim"))
        rest = len(self._rows) - _MOST_ROWS
        more = f", and {rest} more" if rest > 0 else ""
        view.add_row(Text(f"{self._done} of {self._steps} steps{more}", style="dim"))
        return view


def chosen(*, quiet: bool) -> Progress:
    """Return the progress that fits where standard error goes."""
    if quiet:
        return Nothing()
    return Terminal() if streams.err_is_terminal() else Lines()


def _detail(row: _Row, now: float) -> str:
    if row.share is not None:
        return f"{row.share:.0%}"
    if row.pieces > 1 and now > row.first:
        return f"{row.pieces:,} tokens, {(row.pieces - 1) / (now - row.first):.1f}/s"
    return ""


def _how_far(event: NodeProgress) -> str:
    label = printable(event.label)
    return f"{label} {100 * event.done / event.total:.0f} %" if event.total else label
