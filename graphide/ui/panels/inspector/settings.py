"""Fields by kind: a label with what can be done to the setting, and below it the widget that its field asks for.

Values are followed in place; what a typed text means is in `graphide.editor.typed_text`, where a slider leads to in
`graphide.editor.sliders`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.commands_settings import ResetSetting, SetExposed
from graphide.editor.inspector_parts import SettingRow
from graphide.editor.lists import is_rows, rows_of
from graphide.editor.sliders import is_slider
from graphide.editor.text.metrics import icon, shortened
from graphide.editor.typed_text import Typed, put_setting, setting_text
from graphide.spec.fields import Choice, Number
from graphide.ui import safe
from graphide.ui.panels.inspector.list_field import ListField
from graphide.ui.panels.inspector.numbers import DragGrip, Slider
from graphide.ui.panels.inspector.pane import Part
from graphide.ui.panels.inspector.switch import Switch
from graphide.ui.panels.inspector.typed_box import TypedBox
from graphide.values import Json

_FIGURE: Final = 88.0  # the width of a typed number beside its slider
_GRIP: Final = 34.0
_BROWSE: Final = 92.0
_WIRED: Final = "Comes from a wire"


class SettingField:
    """One setting in a part: label, widget, reset. `nodes` are those it is changed in."""

    def __init__(self, part: Part, nodes: tuple[str, ...], row: SettingRow) -> None:
        self._part = part
        self._kit = part.kit
        self._session = part.session
        self._nodes = nodes
        self.row = row
        self._boxes: list[TypedBox] = []
        self._inner: list[Any] = []
        self._reset: safe.Item = 0
        self._label()
        if row.wired:
            self._wired()
        else:
            self._widget()

    @property
    def boxes(self) -> list[TypedBox]:
        """Its text fields, from top to bottom."""
        return [*self._boxes, *(box for inner in self._inner for box in getattr(inner, "boxes", ()))]

    def follow(self, row: SettingRow) -> None:
        """Take the value that the setting has now."""
        self.row = row
        if self._reset and dpg.does_item_exist(self._reset):
            self._kit.style(self._reset, "tiny" if row.set else "tiny_off")
        for inner in self._inner:
            inner.follow(row)

    def update(self) -> None:
        """Bring it to what it shows."""
        for box in self._boxes:
            box.update()
        for inner in self._inner:
            inner.update()

    def close(self) -> None:
        """Stop listening."""
        for box in self._boxes:
            box.close()
        for inner in self._inner:
            inner.close()

    def _wired(self) -> None:
        """Say where the value comes from."""
        if not self.row.sources:
            self._kit.text(f"{icon('plug')}  {_WIRED}", "faint", size=13)
        for line in self.row.sources:
            label = f"{icon('arrow-left')}  {shortened(line.title, self._part.width - 60, 13)}"
            self._kit.button(
                label, partial(self._part.go_to, line.id), "quiet", size=13, tip=f"{_WIRED}: select its node"
            )  # fmt: skip

    # --- the label

    def _label(self) -> None:
        kit, row = self._kit, self.row
        with kit.line(spacing=2):
            label = kit.text(row.label, "muted", size=13)
            kit.tip(label, row.help)
            used = self._part.text_width(row.label, 13) + 26.0
            tip = f"Back to the default: {_shown(row.default)}"
            self._reset = self._part.tiny("rotate-ccw", self._back, tip, off=not row.set)
            if row.mixed:
                kit.text("  differs", "faint", size=12)
                used += self._part.text_width("  differs", 12)
            self._part.right(used, 26.0)
            if len(self._nodes) == 1 and not row.placeholder:
                tip = "An input of the node: press to make it a setting" if row.exposed else "Show as an input"
                self._part.tiny("plug", self._expose, tip, on=row.exposed)

    def _back(self) -> None:
        session = self._session
        for node in self._nodes:
            session.do(ResetSetting(node, self.row.name, session.rules))
        self._part.app.wake()

    def _expose(self) -> None:
        session, row = self._session, self.row
        session.do(SetExposed(self._nodes[0], row.name, not row.exposed, session.rules))
        self._part.app.wake()

    # --- the widget

    def _widget(self) -> None:
        field, row = self.row.field, self.row
        match field.kind:
            case "toggle":
                self._inner.append(Switch(self._part, row.help or row.label, row, self._put))
            case "number" | "integer" if isinstance(field, Number):
                self._number(field)
            case "choice" if isinstance(field, Choice) and field.choices:
                self._choice(field)
            case "list" if is_rows(row.value) and not row.mixed:
                self._inner.append(ListField(self._part, self._nodes, row, self._put))
            case "file":
                self._with_button(
                    "Browse …", "folder-open", lambda: self._session.popups.ask_file(self._nodes[0], row.name)
                )
            case "model":
                self._with_button("Choose …", "cpu", lambda: self._session.popups.ask_model(self._nodes[0], row.name))
            case kind:
                self._text(one_line=kind not in ("longtext", "json", "list"), mono=kind in ("json", "list"))

    def _text(self, *, one_line: bool, mono: bool) -> None:
        self._box(self._part.width, one_line=one_line, mono=mono).explain()

    def _box(self, width: float, *, one_line: bool = True, mono: bool = False) -> TypedBox:
        row = self.row
        typed = self._typed()
        hint = "differs" if row.mixed else "" if row.field.kind in ("number", "integer") else _hint(row)
        box = TypedBox(
            self._part.app, typed, width=width, weight="mono" if mono else "regular", one_line=one_line, hint=hint,
            prompt=bool(getattr(row.field, "placeholders", False)), least=1 if mono else 2,
        )  # fmt: skip
        self._boxes.append(box)
        return box

    def _typed(self) -> Typed:
        return setting_text(self._session, self._nodes, self.row.name)

    def _number(self, field: Number) -> None:
        width, slides = self._part.width, is_slider(field)
        with self._kit.line(spacing=8):
            if slides:
                self._inner.append(Slider(self._part, field, self.row, self._put, width - _FIGURE - 8))
                box = self._box(_FIGURE)
            else:
                box = self._box(width - _GRIP - 8)
                self._inner.append(DragGrip(self._part, field, self.row, self._put, _GRIP))
        box.explain()

    def _choice(self, field: Choice) -> None:
        value = "" if self.row.mixed else str(self.row.value)
        item = self._kit.choice(value, field.choices, self._put, width=self._part.width)
        self._inner.append(_Followed(item, lambda row: "" if row.mixed else str(row.value)))

    def _with_button(self, label: str, sign: str, ask: Callable[[], None]) -> None:
        with self._kit.line(spacing=8):
            box = self._box(self._part.width - _BROWSE - 8)

            def pressed() -> None:
                ask()
                self._part.app.wake()

            self._kit.button(label, pressed, "field_button", width=_BROWSE, size=14, tip="", sign="")
        box.explain()

    def _put(self, value: Json) -> None:
        problem = put_setting(self._session, self._nodes, self.row.name, value)
        if problem.sentence:
            self._session.say(problem.sentence, "warning")
        self._part.app.wake()


class _Followed:
    """A widget of DearPyGui that shows a value."""

    def __init__(self, item: safe.Item, value: Callable[[SettingRow], Any]) -> None:
        self._item = item
        self._value = value

    def follow(self, row: SettingRow) -> None:
        """Show the value that the setting has now."""
        value = self._value(row)
        if dpg.does_item_exist(self._item) and not safe.active(self._item) and dpg.get_value(self._item) != value:
            dpg.set_value(self._item, value)

    def update(self) -> None:
        """Do nothing: DearPyGui draws it."""

    def close(self) -> None:
        """Do nothing: it goes with its part."""


def shape_of(row: SettingRow) -> object:
    """Return what of a setting asks for other widgets, rather than for another value in them."""
    length = len(rows_of(row.value)) if row.field.kind == "list" and is_rows(row.value) else -1
    return row.name, row.field, row.exposed, row.wired, row.mixed, length, row.placeholder, row.main, row.sources


def _hint(row: SettingRow) -> str:
    if row.field.kind == "json":
        return "null"
    return row.help[:60] if not row.placeholder else "empty"


def _shown(default: Json) -> str:
    return "empty" if default in (None, "", [], {}) else str(default)[:60]
