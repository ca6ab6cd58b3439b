"""The status bar: how the run goes, what the graph is made of, and what is selected; where it is narrow, less of it."""

from __future__ import annotations

import time
from typing import Any

import dearpygui.dearpygui as dpg

from graphide.editor.commands import counted
from graphide.editor.text.metrics import icon
from graphide.ui import safe
from graphide.ui.panels.base import Panel
from graphide.ui.room import FACT, FACT_GAP, Fact, fitting
from graphide.ui.theme import StyleName

_STATES: dict[str, tuple[str, str, StyleName]] = {
    "idle": ("circle-check", "ready", "good"), "starting": ("loader-circle", "starting", "accent_text"),
    "running": ("loader-circle", "running", "accent_text"), "stopping": ("loader-circle", "stopping", "muted"),
    "ok": ("circle-check", "done", "good"), "partial": ("circle-alert", "done in part", "bad"),
    "failed": ("circle-x", "failed", "bad"), "cancelled": ("circle-stop", "stopped", "muted"),
    "refused": ("circle-x", "cannot run", "bad"),
}  # fmt: skip
_MARGIN = 28
_DOWNLOADS = icon("download")


class Status(Panel):
    """The status bar. While a run writes, its figures are changed in place."""

    def __init__(self, app: Any, item: safe.Item) -> None:
        super().__init__(app, item)
        self._texts: list[safe.Item] = []
        self._styles: tuple[StyleName, ...] = ()
        self._handlers: safe.Item = 0

    def key(self) -> object:
        tab, view = self.session.tab, self.session.tab.runs.view
        seconds = int(view.elapsed(time.monotonic()) * 2) if view.active else view.seconds
        run = (view.state, view.summary, seconds, view.tokens())
        serving = (self.session.serving.state, self.session.serving.under_way)
        downloads = str(self.session.downloading or "")
        document = (id(tab), tab.document.changed, tab.document.dirty)
        return run, serving, downloads, document, tab.selection, dpg.get_item_width(self.item)

    def build(self) -> None:
        facts = self._facts()
        self._styles = tuple(fact.style for fact in facts)
        with self.kit.line(spacing=FACT_GAP):
            self._texts = [self.kit.text(fact.text, fact.style, size=FACT) for fact in facts]
        for item, fact in zip(self._texts, facts, strict=True):
            if fact.text.startswith(_DOWNLOADS):
                self._leads_to_downloads(item)

    def follow(self) -> bool:
        facts = self._facts()
        if tuple(fact.style for fact in facts) != self._styles:
            return False
        for item, fact in zip(self._texts, facts, strict=True):
            if dpg.get_value(item) != fact.text:
                dpg.set_value(item, fact.text)
        return True

    def _facts(self) -> list[Fact]:
        room = dpg.get_item_width(self.item) / self.kit.fonts.scale - _MARGIN
        return fitting([*self._of_run(), *self._of_downloads(), *self._of_graph()], room)

    def _of_downloads(self) -> list[Fact]:
        total = self.session.downloading
        return [Fact(f"{_DOWNLOADS}  {total}", "accent_text", 9)] if total is not None else []

    def _leads_to_downloads(self, item: safe.Item) -> None:
        """Let a click on a text show the downloads."""

        def clicked() -> None:
            self.session.act("downloads")
            self.app.wake()

        safe.delete(self._handlers)
        with dpg.item_handler_registry() as self._handlers:
            dpg.add_item_clicked_handler(callback=clicked)
        dpg.bind_item_handler_registry(item, self._handlers)
        self.kit.tip(item, "Show the downloads")

    def _of_run(self) -> list[Fact]:
        view = self.session.tab.runs.view
        sign, word, style = _STATES[view.state]
        facts = [Fact(f"{icon(sign)}  {word}", style, 9)]
        if view.summary:
            facts.append(Fact(view.summary, "muted", 7))
        seconds = view.elapsed(time.monotonic())
        if seconds:
            facts.append(Fact(f"{seconds:.1f} s", "muted", 3))
        if tokens := view.tokens():
            facts.append(Fact(f"{tokens:,} tokens", "muted", 2))
            if seconds > 0:
                facts.append(Fact(f"{tokens / seconds:,.1f} tokens/s", "muted", 6))
        return facts

    def _of_graph(self) -> list[Fact]:
        tab, graph = self.session.tab, self.session.tab.document.graph
        facts = [Fact(f"{counted(len(graph.nodes), 'node')} · {counted(len(graph.edges), 'wire')}", "muted", 5)]
        if chosen := len(tab.selection.nodes):
            facts.append(Fact(f"{chosen} selected", "muted", 4))
        if self.session.serving.state == "on":
            count = self.session.serving.under_way
            facts.append(Fact(f"{icon('radio-tower')}  serving{f' {count}' if count else ''}", "accent_text", 5))
        return [*facts, Fact("edited" if tab.document.dirty else "saved", "faint", 8)]
