"""The runs of a document: a list on the left, and of the one that is lit everything that was kept, on the right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import Dialog, DialogButton, ask_between
from graphide.editor.gestures_input import Key
from graphide.editor.run_history import Kept
from graphide.editor.run_list import RunList, RunRow, shown
from graphide.editor.text.metrics import icon, shortened, width as text_width
from graphide.editor.views import Shape, Text
from graphide.ui import safe
from graphide.ui.panels.dialogs.body import Body
from graphide.ui.panels.dialogs.lists import DrawnList

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_ROW: Final = 50.0
_LIST: Final = 330.0
_NARROW: Final = 680.0
_LONGEST: Final = 6_000
_SIGNS: Final[Mapping[str, tuple[str, str]]] = {
    "done": ("circle-check", "ok"), "failed": ("circle-x", "error"), "stopped": ("circle-stop", "warning"),
}  # fmt: skip
_CLOSE: Final = DialogButton("cancel", "Close")


class History(Body):
    """The runs of the document that is shown."""

    size = (940.0, 640.0)

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self.runs: RunList = dialog.data or RunList(self.session)
        self._list = DrawnList(self.app, _ROW, self._look, self._light, self._take)
        self._details: safe.Item = 0
        self._detailed: object = None
        self._problem = ""

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        if not self.runs.rows:
            return (DialogButton("cancel", "Close", "main"),)
        return (
            DialogButton("again", "Run again", "main"), DialogButton("delete", "Delete", "normal"),
            DialogButton("delete_all", "Delete all"), _CLOSE,
        )  # fmt: skip

    @property
    def hint(self) -> str:  # type: ignore[override]  # of the base it is a constant
        return "Ctrl+C copies the output" if self.runs.rows else ""

    def build(self) -> None:
        narrow = self.width < _NARROW
        width = self.width if narrow else _LIST
        with dpg.group(horizontal=not narrow, horizontal_spacing=self.kit.px(14)):
            with dpg.group():
                self._list.build(width, self.height * 0.4 if narrow else self.below(38))
                self.kit.toggle("Keep runs for the next start", self.runs.keep, self.runs.take_keep)
            with self.kit.box("inside", height=-1, scrolls=True) as self._details:
                pass
        self._detailed = None

    def update(self) -> None:
        runs = self.runs
        self._list.update(len(runs.rows), runs.lit, runs.rows)
        detailed = (runs.rows, runs.lit, self._problem)
        if detailed != self._detailed and dpg.does_item_exist(self._details):
            self._detailed = detailed
            safe.clear(self._details)
            dpg.push_container_stack(self._details)
            try:
                self._detail(runs.chosen)
            finally:
                dpg.pop_container_stack()

    def leave(self) -> None:
        """Let go of the list."""
        self._list.close()

    def press(self, button_id: str) -> None:
        """Run again, or delete after a question."""
        if button_id == "again":
            self._again()
        elif button_id == "delete":
            self.runs.delete()
        elif button_id == "delete_all":
            self._ask_delete_all()
        else:
            super().press(button_id)

    def key(self, key: Key, *, typing: bool) -> bool:
        """Go through the runs, delete one, copy what it gave."""
        steps = {"up": -1, "down": 1, "page_up": -8, "page_down": 8, "home": -1_000, "end": 1_000}
        if key.name in steps and not key.modifiers:
            self.runs.step(steps[key.name])
        elif key.chord == "delete":
            self.runs.delete()
        elif key.chord == "ctrl+c":
            self._copy(self.runs.outputs_text())
        else:
            return False
        self._problem = ""
        return True

    # --- what it shows

    def _look(self, number: int, width: float) -> Iterator[Shape]:
        row = self.runs.rows[number]
        sign, color = _SIGNS[row.state]
        yield Text(10, 9, icon(sign), 15, color)
        yield Text(34, 8, row.when, 14, "text", "medium")
        yield Text(width - 10 - text_width(row.duration, 13), 9, row.duration, 13, "faint")
        first = row.first or row.models or row.state
        yield Text(34, 28, shortened(first, width - 44, 13), 13, "muted")

    def _detail(self, row: RunRow | None) -> None:
        kit = self.kit
        if row is None:
            kit.text("No run of this graph was kept yet.", weight="medium", wrap=0)
            kit.text(
                "Run it (Ctrl+Enter), and what it gave is here, to read, to copy and to run again.", "muted", wrap=0
            )
            return
        if self._problem:
            kit.text(f"{icon('triangle-alert')}  {self._problem}", "bad", size=14, wrap=0)
        sign, _ = _SIGNS[row.state]
        with kit.line(spacing=8):
            kit.text(icon(sign), "good" if row.state == "done" else "bad")
            kit.text(f"{row.state.capitalize()} at {row.when}, in {row.duration}", weight="semibold")
        self._facts(row)
        for name, kept in row.record.outputs.items():
            self._value(name, kept)
        if not row.record.outputs:
            kit.text("It gave no output.", "muted", size=14)
        for name, kept in row.record.inputs.items():
            self._value(f"{name} (input)", kept, strong=False)

    def _facts(self, row: RunRow) -> None:
        same = "the graph is still the same" if row.same_graph else "the graph was changed since"
        facts = [
            ("Model", row.models or "none was asked"), ("Tokens", row.tokens or "none"), ("Seed", str(row.record.seed)),
            ("Graph", same),
        ]  # fmt: skip
        with dpg.group() as group:
            self.app.themes.bind(group, "tight")
            for what, value in facts:
                with self.kit.line(spacing=8):
                    self.kit.text(what, "faint", size=13)
                    self.kit.text(value, "muted", size=13, wrap=0)
        if self.runs.problem:
            self.kit.text(self.runs.problem, "bad", size=13, wrap=0)

    def _value(self, name: str, kept: Kept, *, strong: bool = True) -> None:
        kit = self.kit
        kit.space(4)
        with kit.line(spacing=8):
            kit.text(name, "muted", size=13, weight="medium")
            kit.button("Copy", partial(self._copy, kept.text), "ghost", sign="copy", size=13)
        text = shown(kept)
        cut = f"{text[:_LONGEST]}\n…" if len(text) > _LONGEST else text
        with kit.box("code", grow=True, width=-12):
            kit.text(cut, None if strong else "muted", size=14, wrap=0)

    # --- what happens

    def _again(self) -> None:
        self._problem = self.runs.again()
        if not self._problem:
            super().press("ok")

    def _ask_delete_all(self) -> None:
        buttons = (DialogButton("delete", "Delete all", "danger"), DialogButton("cancel", "Cancel"))
        text = f"All {len(self.runs.rows)} runs of this graph are forgotten, with what they gave."
        question = Dialog("ask", "Delete all runs?", text, buttons=buttons)
        ask_between(self.session, question, "delete", self.runs.delete_all)

    def _copy(self, text: str) -> None:
        if text:
            self.session.clipboard.write(text)
            self.session.say("Copied", "success")

    def _light(self, number: int) -> None:
        self.runs.lit, self._problem = number, ""

    def _take(self, number: int) -> None:
        self.runs.lit = number
        self.press("again")
