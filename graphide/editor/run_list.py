"""The runs of the document that is shown, as a list to look through: what each was, gave and cost, and doing it again.

What is kept of a run is in `run_history`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from graphide.editor import running
from graphide.editor.run_history import Kept, RunRecord, graph_hash
from graphide.errors import GraphideError

if TYPE_CHECKING:
    from graphide.editor.session import Session

State = Literal["done", "failed", "stopped"]
_STATES: Mapping[str, State] = {"ok": "done", "failed": "failed", "cancelled": "stopped"}


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run on a line: `first` is the beginning of its first output, `same_graph` whether the graph is still that one."""

    record: RunRecord
    when: str
    state: State
    duration: str
    models: str
    tokens: str
    first: str
    same_graph: bool


class RunList:
    """The runs of one document, newest first, and which one is `lit`."""

    def __init__(self, session: Session, now: datetime | None = None) -> None:
        self._session = session
        self._key = str(session.tab.document.path or "")
        self._now = now or datetime.now().astimezone()
        self.lit = 0
        self.rows: tuple[RunRow, ...] = ()
        self._read()

    @property
    def chosen(self) -> RunRow | None:
        """The run that is lit."""
        return self.rows[self.lit] if self.rows else None

    @property
    def keep(self) -> bool:
        """Whether runs are written down, so that they are there at the next start."""
        return self._session.workspace.settings.keep_runs

    @property
    def problem(self) -> str:
        """Why the file of runs could not be used, "" when it could."""
        return self._session.history.problem

    def take_keep(self, keep: bool) -> None:
        """Write runs down from now on, or no more; what is written stays until it is deleted."""
        self._session.choose(keep_runs=keep)

    def step(self, by: int) -> None:
        """Light another run, without going around the end."""
        self.lit = min(max(self.lit + by, 0), max(0, len(self.rows) - 1))

    def again(self) -> str:
        """Run the document with the inputs and the seed of the run that is lit; return "", or why not."""
        if self.chosen is None:
            return "there is no run yet"
        if self._session.tab.runs.view.active:
            return "a run is under way: stop it first"
        try:
            running.again(self._session, self.chosen.record)
        except GraphideError as error:
            return str(error)
        self._session.touch()
        return ""

    def delete(self) -> None:
        """Forget the run that is lit."""
        if self.chosen is not None:
            self._session.history.remove(self.chosen.record)
            self._read()

    def delete_all(self) -> None:
        """Forget all runs of the document."""
        self._session.history.clear(self._key)
        self._read()

    def outputs_text(self) -> str:
        """Return all outputs of the run that is lit as one text, each under its name where there are several."""
        outputs = self.chosen.record.outputs if self.chosen is not None else {}
        if len(outputs) == 1:
            return next(iter(outputs.values())).text
        return "\n\n".join(f"{name}:\n{kept.text}" for name, kept in outputs.items())

    def _read(self) -> None:
        current = graph_hash(self._session.graph, self._session.workspace.registry)
        runs = self._session.history.of(self._key)
        self.rows = tuple(_row(record, current, self._now) for record in runs)
        self.step(0)


def shown(kept: Kept) -> str:
    """Return a value of a run as text, with a line about what was left out of it."""
    more = f"\n… {kept.size:,} bytes in all; only the beginning was kept" if kept.cut else ""
    return kept.text + more


def _row(record: RunRecord, current: str, now: datetime) -> RunRow:
    first = next(iter(record.outputs.values()), None)
    return RunRow(
        record, when(record.at, now), _STATES.get(record.status, "failed"), _duration(record.seconds),
        _models(record.models), _tokens(record.usage), " ".join(first.text[:200].split()) if first is not None else "",
        bool(record.graph) and record.graph == current,
    )  # fmt: skip


def when(at: str, now: datetime) -> str:
    """Return a moment (ISO 8601) as people say it: the time alone for today, else the day too; "" for none."""
    try:
        moment = datetime.fromisoformat(at).astimezone(now.tzinfo)
    except ValueError:
        return ""
    if moment.date() == now.date():
        return f"{moment:%H:%M:%S}"
    return f"{moment:%d %b %H:%M}" if moment.year == now.year else f"{moment:%Y-%m-%d}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def _models(models: Mapping[str, Any]) -> str:
    files = [str(model.get("file", name)) if isinstance(model, Mapping) else name for name, model in models.items()]
    return ", ".join(dict.fromkeys(file.removesuffix(".gguf") for file in files))


def _tokens(usage: Mapping[str, Any]) -> str:
    read, written = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not isinstance(read, int) or not isinstance(written, int) or not (read or written):
        return ""
    return f"{read:,} read, {written:,} written"
