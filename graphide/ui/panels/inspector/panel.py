"""The inspector of what is selected: which parts it has, what they show, and how the keyboard goes through their fields."""

from __future__ import annotations

from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.inspector_parts import Inspector as Shown
from graphide.ui import safe
from graphide.ui.panels.base import Panel
from graphide.ui.panels.inspector.head import Head
from graphide.ui.panels.inspector.node import Settings
from graphide.ui.panels.inspector.pane import Part
from graphide.ui.panels.inspector.plan import Plan
from graphide.ui.panels.inspector.problems import Failure, Problems
from graphide.ui.panels.inspector.prompt import Prompt
from graphide.ui.panels.inspector.several import FramePart, GraphHead, GraphPart, Several
from graphide.ui.panels.inspector.values import Figures, Values
from graphide.ui.textbox import TextBox

_MARGINS: Final = 42.0  # of the panel, with its scrollbar
# Problems come and go while a text is typed: above the fields they would push them away under the hand.
_NODE: Final = (Head, Failure, Settings, Problems, Prompt, Values, Figures)
_SEVERAL: Final = (Several, Settings)
_FRAME: Final = (FramePart,)
_GRAPH: Final = (GraphHead, Problems, Plan, GraphPart)
_TICKS: Final = 4.0  # how often a second the figures of a running node are read


class Inspector(Panel):
    """The inspector of one window."""

    def __init__(self, app: Any, item: safe.Item) -> None:
        super().__init__(app, item)
        self.parts: list[Part] = []
        self._seen: tuple[object, ...] = ()
        self._said = Shown()
        self._last: TextBox | None = None
        self._scrolls = True
        with dpg.handler_registry() as self._handlers:
            dpg.add_key_press_handler(dpg.mvKey_Tab, callback=self._tab)

    def close(self) -> None:
        """Stop listening."""
        for part in self.parts:
            part.close()
        safe.delete(self._handlers)
        self.kit.kept = frozenset()

    def key(self) -> object:
        chosen = self.session.tab.selection
        return id(self.session.tab), chosen.nodes, chosen.frames[:1] if not chosen.nodes else (), self._width()

    def build(self) -> None:
        for part in self.parts:
            part.close()
        dpg.set_y_scroll(self.item, 0.0)
        chosen = self.session.tab.selection
        kinds: tuple[type[Part], ...] = _GRAPH
        if chosen.nodes:
            kinds = _NODE if len(chosen.nodes) == 1 else _SEVERAL
        elif chosen.frames:
            kinds = _FRAME
        self._last, self._seen = None, ()
        self.parts = [kind(self.app, self._width()) for kind in kinds]

    def update(self) -> None:
        if not dpg.does_item_exist(self.item):
            return
        super().update()
        shown = self._inspected()
        for part in self.parts:
            part.show(shown)
        boxes = self.boxes
        self._give_keys(boxes)
        active = next((box for box in boxes if box.was_active), None)
        self._last = active or (self._last if self.kit.typing() else None)
        # Esc leaves the field that is typed into, and does nothing else.
        self.kit.kept = frozenset(["escape"] if active is not None else [])
        self._give_wheel(boxes)

    @property
    def boxes(self) -> list[TextBox]:
        """The text fields, from top to bottom."""
        return [box for part in self.parts for box in part.boxes]

    def _width(self) -> float:
        panel = dpg.get_item_parent(self.item)
        width = dpg.get_item_width(panel) if panel is not None else None
        return max(160.0, round((width or 320) / self.kit.fonts.scale - _MARGINS))

    def _inspected(self) -> Shown:
        """Return what is said of the selection, found anew when something about it changed."""
        session, tab = self.session, self.session.tab
        run: object = None
        if tab.selection.nodes:
            view = tab.runs.view
            own = view.nodes.get(tab.selection.nodes[-1])
            ticking = own is not None and own.state == "running"
            # What a node is writing is another value with each piece: that is looked at now and then.
            run = (int(session.clock() * _TICKS) if ticking else own, len(view.nodes), view.ended)
        seen = (tab, tab.document.changed, tab.selection, tab.problems, tab.plan, run, len(tab.inputs), tab.runs.run)
        if len(seen) != len(self._seen) or any(
            now is not before and now != before for now, before in zip(seen, self._seen, strict=True)
        ):
            self._seen, self._said = seen, session.inspector()
        return self._said

    def _give_keys(self, boxes: list[TextBox]) -> None:
        """Give the keyboard to the first field that is typed into, where that was asked for."""
        texts = self.session.panel_texts
        writable = [box for box in boxes if not box.edit.read_only]
        if texts.wants_keys and writable:
            texts.wants_keys = False
            self.app.after_frames(2, writable[0].focus)

    def _give_wheel(self, boxes: list[TextBox]) -> None:
        """Let the wheel turn either the text under the mouse or the panel, not both."""
        scrolls = not any(box.scrolls and box.hovered for box in boxes)
        if scrolls is not self._scrolls:
            self._scrolls = scrolls
            dpg.configure_item(self.item, no_scroll_with_mouse=not scrolls)

    def _tab(self) -> None:
        """Go to the next field, or with Shift to the one before; DearPyGui's own way ends in each field."""
        boxes = [box for box in self.boxes if not box.edit.read_only]
        if self._last not in boxes:
            return
        back = "shift" in self.app.canvas.inputs.modifiers()
        at = boxes.index(self._last) + (-1 if back else 1)
        target = boxes[at % len(boxes)]
        target.focus()
        self._last = target
        self.app.wake()
