"""Where the parts of the inspector are added: a column of a width, with fields that are followed frame by frame.

A part is a group of its own, made anew when what it shows is another value, but not while somebody types in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import dearpygui.dearpygui as dpg

from graphide.editor.inspector_parts import Inspector, NodeLine
from graphide.editor.text.metrics import icon, shortened, width as text_width
from graphide.editor.viewing import show_node
from graphide.editor.views import Disc
from graphide.ui import safe
from graphide.ui.panels.base import Panel
from graphide.ui.shapes import draw
from graphide.ui.textbox import TextBox


class Field(Protocol):
    """Something in a part that is looked after in every frame."""

    def update(self) -> None:
        """Bring it to what it shows."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class Part(Panel):
    """One part of the inspector in a group of its own; `width` is its room in pixels at scale 1."""

    is_held_while_typing = False

    def __init__(self, app: Any, width: float) -> None:
        super().__init__(app, dpg.add_group())
        self.width = width
        self.shown = Inspector()
        self.fields: list[Field] = []

    @property
    def boxes(self) -> list[TextBox]:
        """The text fields of the part, from top to bottom."""
        return [box for field in self.fields for box in boxes_of(field)]

    def show(self, shown: Inspector) -> None:
        """Bring the part to what is said of the selection."""
        self.shown = shown
        self.update()

    def update(self) -> None:
        if not (self.is_held_while_typing and self.fields and self._is_in_use()):
            super().update()
        for field in self.fields:
            field.update()

    def build(self) -> None:
        self.close()
        self.fill()
        # A group without anything in it would still keep its distance.
        dpg.configure_item(self.item, show=bool(dpg.get_item_children(self.item, 1)))

    def fill(self) -> None:
        """Add its widgets."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of its fields."""
        for field in self.fields:
            field.close()
        self.fields = []

    def add(self, field: Field) -> None:
        """Look after a field."""
        self.fields.append(field)

    def _is_in_use(self) -> bool:
        return bool(self.kit.typing() or dpg.is_mouse_button_down(0))

    # --- what parts are made of

    def section(self, key: str, label: str, *, first: bool = True, note: str = "") -> bool:
        """Add the head of a section that can be folded, and return whether it is open; how it was left is remembered."""
        is_open = self.is_open(key, first=first)
        sign = "chevron-down" if is_open else "chevron-right"
        with self.kit.line(spacing=6):
            self.kit.button(
                label, lambda: self._fold(key, is_open=is_open), "fold", sign=sign, size=14, weight="medium"
            )  # fmt: skip
            if note:
                self.kit.text(note, "faint", size=13)
        return is_open

    def is_open(self, key: str, *, first: bool = True) -> bool:
        """Return whether a section is open."""
        folded = self.session.panel("inspector", {})
        return bool(folded.get(key, first)) if isinstance(folded, Mapping) else first

    def _fold(self, key: str, *, is_open: bool) -> None:
        folded = self.session.panel("inspector", {})
        kept = dict(folded) if isinstance(folded, Mapping) else {}
        self.session.set_panel("inspector", {**kept, key: not is_open})
        self.app.wake()

    def right(self, used: float, buttons: float) -> None:
        """Leave room, so that what follows in the line ends at the right edge."""
        dpg.add_spacer(width=self.kit.px(max(1.0, self.width - used - buttons)))

    def tiny(self, sign: str, do: Callable[[], object], tip: str, *, on: bool = False, off: bool = False) -> safe.Item:
        """Add a small icon beside a text; `on` lights it, `off` leaves its place empty."""
        item = self.kit.button("", do, "tiny_off" if off else "tiny_on" if on else "tiny", sign=sign, size=13, tip=tip)
        dpg.configure_item(item, height=self.kit.px(19))
        return item

    def dot(self, color: str) -> safe.Item:
        """Add a dot in a colour by its name."""
        item: safe.Item = dpg.add_drawlist(self.kit.px(11), self.kit.px(20))
        draw((Disc(5, 11, 4, color),), item, self.app.canvas.brush(self.kit.fonts.scale))
        return item

    def node_button(self, line: NodeLine, *, room: float = 0) -> safe.Item:
        """Add a node as a line that selects it."""
        label = f"{icon(line.icon)}   {shortened(line.title, (room or self.width) - 48, 14)}"
        return self.kit.button(label, lambda: self.go_to(line.id), "row", width=room or -1, size=14)

    def go_to(self, node_id: str) -> None:
        """Select a node and bring it into the view."""
        if node_id in self.session.graph.nodes:
            show_node(self.session, node_id)
            self.app.wake()

    def copy_button(self, text: Callable[[], str], *, tip: str = "Copy") -> None:
        """Add a button that puts a text into the clipboard and says so."""

        def copy() -> None:
            self.session.clipboard.write(text())
            self.session.say("Copied", "success")
            self.app.wake()

        self.tiny("copy", copy, tip)

    def text_width(self, text: str, size: float) -> float:
        """Return how wide a text is."""
        return text_width(text, size)


def boxes_of(field: Field) -> list[TextBox]:
    """Return the text fields in a field."""
    if isinstance(field, TextBox):
        return [field]
    return list(getattr(field, "boxes", ()))
