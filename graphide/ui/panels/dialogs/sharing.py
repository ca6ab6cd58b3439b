"""The dialog that shares a graph: what others will see, what goes with it, and what it would give away."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.camera import around
from graphide.editor.dialogs import CANCEL, Dialog, DialogButton
from graphide.editor.gestures_input import Key
from graphide.editor.sharing import SCALES, Form, Sharing
from graphide.editor.text.metrics import icon
from graphide.editor.views import CanvasView, Shape, Stroke
from graphide.errors import GraphideError
from graphide.ui import safe
from graphide.ui.colors import LOOKS
from graphide.ui.panels.dialogs.body import Body
from graphide.ui.shapes import Brush, draw

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_MARGIN: Final = 24.0
_SIDE: Final = 330.0
_NARROW: Final = 640.0
_MOST_WARNINGS: Final = 4
_FORMS: Final[tuple[tuple[Form, str, str], ...]] = (
    ("picture", "Picture with the graph in it", "image"), ("file", "Graph file", "file-json"),
)  # fmt: skip


class Share(Body):
    """What is shared on the left as it will look, how and where to on the right."""

    size = (920.0, 600.0)
    hint = "Ctrl+C copies the graph"

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self.sharing: Sharing = dialog.data or Sharing(self.session)
        self._options: safe.Item = 0
        self._preview: safe.Item = 0
        self._room = (100.0, 100.0)
        self._shown: object = None
        self._drawn: object = None
        self._problem = ""
        self._replacing = False

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        copy = DialogButton("copy", "Copy graph")
        if self.sharing.is_there and not self.sharing.replaces_own:
            return DialogButton("save", "Replace the file", "main" if self._replacing else "normal"), copy, CANCEL
        return DialogButton("save", "Save", "main"), copy, CANCEL

    def build(self) -> None:
        narrow = self.width < _NARROW
        self._room = (
            self.width if narrow else self.width - _SIDE - 16,
            min(150.0, 0.4 * self.height) if narrow else max(80.0, self.height - 24),
        )
        with dpg.group(horizontal=not narrow, horizontal_spacing=self.kit.px(16)):
            with self.kit.box("list", width=self._room[0], height=self._room[1]) as box:
                self.app.themes.bind(box, "bare")
                self._preview = dpg.add_drawlist(self.kit.px(self._room[0]), self.kit.px(self._room[1]))
            with self.kit.box("inside", height=-1, scrolls=True) as self._options:
                pass
        self._shown = self._drawn = None

    def update(self) -> None:
        sharing = self.sharing
        shown = (sharing.form, sharing.look, sharing.scale, self._problem)
        if shown != self._shown and dpg.does_item_exist(self._options):
            self._shown = shown
            safe.clear(self._options)
            dpg.push_container_stack(self._options)
            try:
                self._build_options()
            finally:
                dpg.pop_container_stack()
        drawn = (sharing.look, self._room, self.kit.fonts.scale)
        if drawn != self._drawn and dpg.does_item_exist(self._preview):
            self._drawn = drawn
            safe.clear(self._preview)
            self._draw_preview()

    def press(self, button_id: str) -> None:
        """Save or copy."""
        if button_id == "save":
            self._save()
        elif button_id == "copy":
            self._copy()
        else:
            super().press(button_id)

    def enter(self, field: safe.Item, *, held: bool) -> bool:
        """Let Enter in the path only take the path where a file would be replaced; a second one replaces it."""
        if self.sharing.is_there and not self.sharing.replaces_own and not self._replacing:
            self._replacing = True
            return True
        return False

    def key(self, key: Key, *, typing: bool) -> bool:
        """Copy the graph."""
        if key.chord != "ctrl+c" or typing:
            return False
        self._copy()
        return True

    # --- what it shows

    def _build_options(self) -> None:
        kit, sharing = self.kit, self.sharing
        for form, label, sign in _FORMS:
            kit.row(label, partial(self._take_form, form), sign=sign, on=form == sharing.form)
        if sharing.form == "picture":
            with kit.line(spacing=8):
                kit.choice(sharing.look.capitalize(), ("Dark", "Light"), self._take_look, width=110)
                sizes = tuple(f"{scale:g} ×" for scale in SCALES)
                kit.choice(f"{sharing.scale:g} ×", sizes, self._take_scale, width=90)
        kit.heading("File")
        self.first = kit.field(str(sharing.path), self._take_path, width=-1)
        kit.button("Choose a folder …", self._browse, "ghost", sign="folder", size=14)
        if self._problem:
            kit.text(self._problem, "bad", size=13, wrap=0)
        kit.heading("What goes with it")
        kit.text(sharing.included, "muted", size=13, wrap=0)
        warnings = sharing.warnings
        if warnings:
            kit.heading("Look at this first")
        for warning in warnings[:_MOST_WARNINGS]:
            kit.text(f"{icon('triangle-alert')}  {warning}", "bad", size=13, wrap=0)
        if len(warnings) > _MOST_WARNINGS:
            kit.text(f"and {len(warnings) - _MOST_WARNINGS} more", "bad", size=13)

    def _draw_preview(self) -> None:
        look = LOOKS[self.sharing.look]
        scale = self.kit.fonts.scale
        size = (self._room[0] * scale, self._room[1] * scale)
        dpg.draw_rectangle(
            (0, 0), size, color=look.color("border"), fill=look.color("canvas"), rounding=10, parent=self._preview
        )
        paint_view(self.sharing.view, size, self._preview, self.app.canvas.brush(1.0), look)

    # --- what happens

    def _take_form(self, form: Form) -> None:
        self.sharing.take_form(form)
        self._problem, self._replacing = "", False

    def _take_look(self, label: str) -> None:
        self.sharing.look = "light" if label == "Light" else "dark"

    def _take_scale(self, label: str) -> None:
        self.sharing.scale = float(label.split(maxsplit=1)[0])

    def _take_path(self, text: str) -> None:
        if text.strip():
            self.sharing.take_path(text)
        self._replacing = False
        self.app.wake()

    def _save(self) -> None:
        try:
            path = self.sharing.write(LOOKS[self.sharing.look].color)
        except GraphideError as error:
            self._problem = str(error)
            return
        self.session.popups.answer("ok", str(path))
        self.session.say(f"Saved {path}", "success")

    def _copy(self) -> None:
        try:
            self.session.clipboard.write(self.sharing.text())
        except GraphideError as error:
            self._problem = str(error)
            return
        self.session.say("The graph is in the clipboard: paste it into a window or a text", "success")
        self.session.popups.answer("ok")

    def _browse(self) -> None:
        def reply(choice: str, value: object) -> None:
            if choice == "ok" and value:
                self.sharing.take_path(str(Path(str(value)) / self.sharing.path.name))
            self.session.popups.ask(self.dialog)

        self.session.popups.ask(Dialog("folder", "Where to?", reply=reply))
        self.app.wake()


def paint_view(view: CanvasView, size: tuple[float, float], parent: safe.Item, brush: Brush, look: Any) -> None:
    """Draw a canvas in small into the middle of a size, in pixels of the screen."""
    area = around(group.box for group in (*view.frames, *view.nodes))
    if area is None:
        return
    room = (size[0] - 2 * _MARGIN, size[1] - 2 * _MARGIN)
    zoom = max(0.02, min(room[0] / max(area.width, 1), room[1] / max(area.height, 1), 1.0))
    small = Brush(look, brush.fonts, zoom)
    left = (size[0] - area.width * zoom) / 2 - area.x * zoom
    top = (size[1] - area.height * zoom) / 2 - area.y * zoom

    def put(shapes: Iterable[Shape], x: float, y: float) -> None:
        node = dpg.add_draw_node(parent=parent)
        dpg.apply_transform(node, dpg.create_translation_matrix((round(left + x * zoom), round(top + y * zoom), 0)))
        draw(shapes, node, small)

    for group in view.frames:
        put(group.shapes, group.x, group.y)
    for wire in view.wires:
        put([Stroke(curve, wire.color) for curve in wire.curves], 0, 0)
    for group in view.nodes:
        put(group.shapes, group.x, group.y)
