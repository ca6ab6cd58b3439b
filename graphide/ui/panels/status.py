"""The status bar: how the run goes, what the graph is made of, and what is selected."""

from __future__ import annotations

import time

from graphide.editor.text.metrics import icon
from graphide.ui.panels.base import Panel
from graphide.ui.theme import StyleName

_STATES: dict[str, tuple[str, str, StyleName]] = {
    "idle": ("circle-check", "ready", "good"), "starting": ("loader-circle", "starting", "accent_text"),
    "running": ("loader-circle", "running", "accent_text"), "stopping": ("loader-circle", "stopping", "muted"),
    "ok": ("circle-check", "done", "good"), "partial": ("circle-alert", "done in part", "bad"),
    "failed": ("circle-x", "failed", "bad"), "cancelled": ("circle-stop", "stopped", "muted"),
    "refused": ("circle-x", "cannot run", "bad"),
}  # fmt: skip


class Status(Panel):
    """The status bar."""

    def key(self) -> object:
        tab, view = self.session.tab, self.session.tab.runs.view
        seconds = int(view.elapsed(time.monotonic()) * 2) if view.active else view.seconds
        return view.state, view.summary, seconds, view.tokens(), tab.document.changed, tab.document.dirty, tab.selection

    def build(self) -> None:
        view, graph = self.session.tab.runs.view, self.session.tab.document.graph
        sign, word, style = _STATES[view.state]
        with self.kit.line(spacing=18):
            self.kit.text(f"{icon(sign)}  {word}", style, size=13)
            for text in self._facts():
                self.kit.text(text, "muted", size=13)
            self.kit.text(f"{len(graph.nodes)} nodes · {len(graph.edges)} wires", "muted", size=13)
            if chosen := len(self.session.tab.selection.nodes):
                self.kit.text(f"{chosen} selected", "muted", size=13)
            self.kit.text("edited" if self.session.tab.document.dirty else "saved", "faint", size=13)

    def _facts(self) -> list[str]:
        view = self.session.tab.runs.view
        facts = [view.summary] if view.summary else []
        seconds = view.elapsed(time.monotonic())
        if seconds:
            facts.append(f"{seconds:.1f} s")
        if tokens := view.tokens():
            facts.append(f"{tokens} tokens")
            if seconds > 0:
                facts.append(f"{tokens / seconds:.1f} tokens/s")
        return facts
