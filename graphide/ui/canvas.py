"""The canvas in the window: the painter, the map in its corner, and what the mouse and the keyboard do over it.

Characters come from an invisible field that has the keyboard while the session edits a text: DearPyGui tells them to
fields alone. What it contains means nothing; only what is added to it counts.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.actions import BY_KEY
from graphide.editor.gestures_input import Key, Mouse
from graphide.editor.gestures_text import PADDING
from graphide.editor.minimap import led_to
from graphide.editor.text.metrics import Weight, face
from graphide.editor.views import CanvasView, Rect
from graphide.editor.widgets import said_below
from graphide.ui import safe
from graphide.ui.colors import Look
from graphide.ui.inputs import Inputs
from graphide.ui.layout import Area
from graphide.ui.overview import SIZE as MAP, Overview
from graphide.ui.paint import Painter
from graphide.ui.shapes import Brush, draw
from graphide.ui.textpaint import Sheet, added_text, is_lit, paint, paint_trouble, until_blink

if TYPE_CHECKING:
    from graphide.ui.app import App

WEIGHTS: Final[tuple[Weight, ...]] = ("regular", "medium", "semibold", "mono")
_GAP: Final = 14.0


class Canvas:
    """The canvas of one window."""

    def __init__(self, app: App, box: safe.Item) -> None:
        self.app = app
        self.session = app.session
        self.box = box
        self.area = Area(0, 0, 1, 1)
        self._fonts: dict[Weight, Any] = {weight: app.fonts.of(weight) for weight in WEIGHTS}
        self._look = app.themes.look
        self.painter = Painter(box, self._look, self._fonts)
        # Above the stage of the painter: it has the mouse, and shows what is not zoomed.
        self.drawlist: Any = dpg.add_drawlist(10, 10, parent=box, pos=(0, 0))
        self._text: Any = dpg.add_draw_node(parent=self.drawlist)
        self._map = Overview(box, self.drawlist)
        self._mapped: tuple[object, ...] = ()
        self._edited: tuple[object, ...] = ()
        self._lit = False
        self.view = CanvasView()
        self._leading = False
        self._typed = ""
        self._catcher = self._make_catcher()
        self.inputs = Inputs(self.drawlist, self._mouse, self._key)
        self.inputs.blocked = self._is_blocked

    @property
    def due(self) -> float:
        """In how many seconds the picture is another one by itself; infinity when only events bring something new."""
        if self.painter.flowing or self.session.gestures.now:
            return 0.03
        return until_blink(time.monotonic()) if self.session.field is not None else math.inf

    @property
    def blinks(self) -> bool:
        """Whether the caret is to be shown, or hidden, without anything else having happened."""
        return bool(self._edited) and self._lit is not is_lit(time.monotonic())

    @property
    def shown_text(self) -> str:
        """The text under edit as it was painted last, "" without one."""
        return str(self._edited[0]) if self._edited else ""

    def look(self, look: Look) -> None:
        """Show it in another theme."""
        self._look = look
        self._mapped = ()
        self.painter.look(look)

    def brush(self, zoom: float) -> Brush:
        """Return what shapes are drawn with elsewhere in the window."""
        return Brush(self._look, self._fonts, zoom)

    def resize(self, area: Area) -> None:
        """Take another place in the window."""
        self.area = area
        dpg.configure_item(self.drawlist, width=area.width, height=area.height)

    def update(self) -> None:
        """Bring the picture to what the session says."""
        self.view = self.session.canvas_view((float(self.area.width), float(self.area.height)))
        self.painter.paint(self.view, (self.area.width, self.area.height))
        if self.painter.flowing:
            self.painter.animate(time.perf_counter())
            self.app.pacer.poke()
        if self.painter.behind:
            self.app.wake()
        self._paint_text()
        self._paint_map()
        self._catch()

    # --- the text that is edited

    def _paint_text(self) -> None:
        """Paint the text under edit above its node: the one thing on the canvas that is not part of the view."""
        field = self.session.field
        box = self.session.box_of_field()
        if field is None or box is None:
            if self._edited:
                dpg.delete_item(self._text, children_only=True)
                self._edited = ()
            return
        lit, edit = is_lit(time.monotonic()), field.edit
        edited = (edit.text, edit.caret, edit.selection, edit.top, box, lit, self._look, field.problem)
        if edited == self._edited:
            return
        self._edited, self._lit = edited, lit
        dpg.delete_item(self._text, children_only=True)
        zoom = self.session.tab.camera.zoom
        ground = Rect(*box, fill="field_active", outline="error" if field.problem else "accent", rounding=7 * zoom)
        said = said_below(field.problem, box, zoom) if field.problem else ()
        draw((ground, *said), self._text, self.brush(1.0))
        top = (
            box.y + (PADDING / 2) * zoom
            if field.many_lines
            else box.y + (box.height - edit.layout.setting.line_height * zoom) / 2
        )
        weight: Weight = "mono" if edit.layout.setting.face is face("mono") else "regular"
        sheet = Sheet(self._text, box.x + PADDING * zoom, top, zoom, self._look, self._fonts[weight])
        paint(edit, sheet, caret=lit, prompt=field.many_lines)
        if field.mark is not None:
            paint_trouble(edit, sheet, field.mark)

    # --- the map

    @property
    def _has_map(self) -> bool:
        return self.session.panel("minimap", True) is True

    def _map_place(self) -> tuple[float, float]:
        return self.area.width - MAP[0] - _GAP, self.area.height - MAP[1] - _GAP

    def _paint_map(self) -> None:
        view = self.view
        shown = self._has_map and bool(view.nodes)
        mapped = (shown, view.nodes, view.frames, view.camera, self.area, self._look)
        if len(mapped) == len(self._mapped) and all(
            one is other for one, other in zip(mapped, self._mapped, strict=True)
        ):
            return
        self._mapped = mapped
        if not shown:
            self._map.hide()
            return
        x, y = self._map_place()
        self._map.paint(view, (self.area.width, self.area.height), (round(x), round(y)), self.brush(1.0))

    def _on_map(self, mouse: Mouse) -> bool:
        """Lead the camera where the map is pressed; return whether the mouse was for the map."""
        x, y = mouse.x - self._map_place()[0], mouse.y - self._map_place()[1]
        over = self._has_map and bool(self.view.nodes) and 0 <= x < MAP[0] and 0 <= y < MAP[1]
        if mouse.kind == "up" and self._leading:
            self._leading = False
            return True
        if mouse.kind in ("down", "double") and mouse.button == "left" and over:
            self._leading = True
        if not self._leading:
            return over and mouse.kind in ("down", "double")
        size = (float(self.area.width), float(self.area.height))
        tab = self.session.tab
        tab.camera = led_to(self._map.map(self.view, size), tab.camera, (x, y), size)
        self.session.touch()
        return True

    # --- mouse and keys

    def _is_blocked(self) -> bool:
        return self.session.popups.dialog is not None

    def _mouse(self, mouse: Mouse) -> None:
        if not self._on_map(mouse):
            self.session.mouse(mouse)
        self.app.wake()

    def _key(self, key: Key) -> None:
        if key.down and key.chord in self.app.kit.kept:
            return
        if self.app.kit.typing() and not (key.down and self._is_shortcut(key)):
            return
        self.session.key(key)
        self.app.wake()

    def _is_shortcut(self, key: Key) -> bool:
        """Say whether a key means the same while a field is being typed into: saving, running, leaving a dialog."""
        if key.chord in ("ctrl+s", "ctrl+enter", "ctrl+shift+s", "escape"):
            return True
        action = BY_KEY.get(key.chord)
        return action is not None and action.menus == ("chat",)

    # --- characters

    def _make_catcher(self) -> safe.Item:
        with dpg.child_window(
            parent=self.box, pos=(0, 0), width=12, height=24, border=False, no_scrollbar=True, show=False
        ) as box:
            self._catcher_box = box
            self.app.themes.bind(box, "bare")
            item: safe.Item = dpg.add_input_text(
                multiline=True, width=12, height=24, no_undo_redo=True, callback=self._caught
            )
        return item

    def _catch(self) -> None:
        wanted = self.session.field is not None
        if wanted != bool(dpg.is_item_shown(self._catcher_box)):
            dpg.configure_item(self._catcher_box, show=wanted, pos=(0, max(0, self.area.height - 24)))
            self._typed = ""
            dpg.set_value(self._catcher, "")
            self.app.wake()
        if wanted and not safe.active(self._catcher) and not self.app.kit.typing():
            dpg.focus_item(self._catcher)
            self.app.wake()

    def _caught(self, _: Any, text: str) -> None:
        before, self._typed = self._typed, text
        added = added_text(before, text).replace("\n", "").replace("\r", "")
        held = self.inputs.modifiers()
        if added and not ("ctrl" in held and "alt" not in held):
            self.session.typed(added)
