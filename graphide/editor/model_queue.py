"""Downloads as a page: the lines of all of them with one lit, what can be done with it, and how fast all may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphide.editor import preferences
from graphide.editor.dialogs import Dialog, DialogButton, ask_between
from graphide.editor.gestures_input import Key
from graphide.editor.model_asked import Asked
from graphide.editor.model_download_rows import DownloadDo, DownloadRow
from graphide.editor.model_here import STEPS
from graphide.models.wording import speed

if TYPE_CHECKING:
    from graphide.editor.session import Session

_RATES: Final = (0, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000)
LABELS: Final[dict[DownloadDo, tuple[str, str]]] = {
    "pause": ("Pause", "pause"), "resume": ("Resume", "play"), "cancel": ("Cancel", "x"),
    "remove": ("Take it off the list", "x"),
}  # fmt: skip
"""What can be done with a download, in words and as an icon."""


class QueuePage:
    """The lines, with one `lit`. `asked` is who can use what is done; a download of earlier has its own."""

    def __init__(self, session: Session, asked: Asked | None) -> None:
        self._session = session
        self._models = session.models
        self._asked = asked
        self.lit = 0
        self.problem = ""

    @property
    def rows(self) -> tuple[DownloadRow, ...]:
        """All downloads: what is under way first, in the order of the queue, what is done last, the newest before."""
        rows = self._models.downloads.rows or ()
        done = [row for row in rows if row.state == "done"]
        running = [row for row in rows if row.busy and not row.place]
        waiting = sorted((row for row in rows if row.place), key=lambda row: row.place)
        rest = [row for row in rows if row.state in ("paused", "failed")]
        return (*running, *waiting, *rest, *reversed(done))

    @property
    def row(self) -> DownloadRow | None:
        """The line that is lit."""
        rows = self.rows
        return rows[min(self.lit, len(rows) - 1)] if rows else None

    def light(self, number: int) -> None:
        """Light a line."""
        self.lit, self.problem = min(max(number, 0), max(0, len(self.rows) - 1)), ""

    def light_id(self, job_id: str) -> None:
        """Light the line of a download."""
        self.light(next((number for number, row in enumerate(self.rows) if row.id == job_id), 0))

    def can_use(self, row: DownloadRow) -> bool:
        """Return whether somebody waits for what a line brought."""
        return row.state == "done" and (self._asked is not None or self._models.news.can_use(row.id))

    def can_go_first(self, row: DownloadRow) -> bool:
        """Return whether a line can be moved to the front of the queue."""
        return row.place > 0

    # --- how fast

    @property
    def rates(self) -> tuple[str, ...]:
        """The limits to choose from, in words."""
        known = {*_RATES, self._session.workspace.settings.download_rate}
        return tuple(rate_text(rate) for rate in sorted(known))

    @property
    def rate(self) -> str:
        """The limit of all downloads together, in words."""
        return rate_text(self._session.workspace.settings.download_rate)

    def limit(self, text: str) -> None:
        """Keep to another limit, now and from now on."""
        known = {*_RATES, self._session.workspace.settings.download_rate}
        rate = next((rate for rate in known if rate_text(rate) == text), 0)
        self.problem = preferences.choose(self._session, download_rate=rate)

    # --- what can be done

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        """The buttons below: what the lit line is for comes first."""
        row, close = self.row, DialogButton("cancel", "Cancel" if self._asked else "Close")
        if row is None:
            return (close._replace(kind="main"),)
        if self.can_use(row):
            return DialogButton("use", "Choose" if self._asked else "Use it", "main"), close
        if row.state == "done":
            return DialogButton("show", "Show it", "main"), close
        label = "Try again" if row.state == "failed" else LABELS[row.can[0]][0]
        return DialogButton(row.can[0], label, "main"), DialogButton("stop", "Cancel download"), close

    def press(self, button: str) -> bool:
        """Do what a button says with the lit line, and return whether it is one of this page."""
        row = self.row
        if row is None:
            return False
        if button == "use":
            self.use(row)
        elif button == "stop":
            self.do("cancel", row)
        elif button == "first":
            self._models.downloads.first(row.id)
        elif button in ("pause", "resume", "remove"):
            self.do(button, row)  # type: ignore[arg-type]
        else:
            return False
        return True

    def do(self, what: DownloadDo, row: DownloadRow) -> None:
        """Pause, resume or forget a download, or cancel it after it was said what is lost."""
        if what != "cancel" or not row.fraction:
            self._models.downloads.do(what, row.id)
            return
        buttons = (DialogButton("cancel_it", "Cancel the download", "danger"), DialogButton("cancel", "Keep it"))
        text = f"What is here of {row.title} is deleted: {row.said}."
        question = Dialog("ask", "Cancel the download?", text, buttons=buttons)
        ask_between(self._session, question, "cancel_it", lambda: self._models.downloads.do("cancel", row.id))

    def use(self, row: DownloadRow) -> None:
        """Give what a line brought to who asked for it."""
        if self._asked is not None:
            self._session.popups.answer("ok", row.file)
        else:
            self._models.news.use(row.id, row.file)

    def key(self, key: Key, *, typing: bool) -> bool:
        """Go through the lines; Space pauses and resumes, Delete cancels or forgets, Ctrl+Up moves to the front."""
        row = self.row
        if key.name in STEPS and not key.modifiers:
            self.light(min(self.lit, max(0, len(self.rows) - 1)) + STEPS[key.name])
        elif row is None or typing:
            return False
        elif key.chord == "space" and row.can[0] in ("pause", "resume"):
            self.do(row.can[0], row)
        elif key.chord == "delete":
            self.do(row.can[-1], row)
        elif key.chord == "ctrl+up" and self.can_go_first(row):
            self._models.downloads.first(row.id)
        else:
            return False
        return True


def rate_text(rate: int) -> str:
    """Return a limit in words."""
    return f"At most {speed(rate)}" if rate else "No speed limit"
