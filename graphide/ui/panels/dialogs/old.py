"""The dialogs that the session asks for, each in a window in the middle: questions, files, templates, settings, the sheet."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import Dialog, DialogButton
from graphide.editor.templates import Picture, TemplateCard, gallery
from graphide.editor.text.metrics import shortened
from graphide.editor.views import Rect, Shape, Stroke
from graphide.ui.panels.base import Panel
from graphide.ui.shapes import draw
from graphide.ui.theme import StyleName

_BUTTONS: Final[dict[str, StyleName]] = {"normal": "ghost", "main": "primary", "danger": "danger"}
_WIDE: Final = frozenset(["templates", "shortcuts", "first_run", "open", "save_as", "file"])
_CARD: Final = (274.0, 214.0)
_PICTURE: Final = 76.0


class Dialogs(Panel):
    """The dialog that is open, if one is."""

    def __init__(self, app: Any) -> None:
        with dpg.window(
            show=False, modal=True, no_title_bar=True, no_move=True, no_resize=True, no_collapse=True,
            no_saved_settings=True, no_scrollbar=True,
        ) as item:  # fmt: skip
            pass
        app.themes.bind(item, "dialog")
        super().__init__(app, item)
        self._folder = Path.cwd()
        self._name = ""
        self._value: Any = None

    def key(self) -> object:
        return self.session.dialog, self._folder, dpg.get_viewport_client_width(), dpg.get_viewport_client_height()

    def build(self) -> None:
        dialog = self.session.dialog
        if dialog is None:
            dpg.configure_item(self.item, show=False)
            return
        size = self._size(dialog)
        left = (dpg.get_viewport_client_width() - size[0]) / 2
        top = max(20.0, (dpg.get_viewport_client_height() - size[1]) / 2.4)
        dpg.configure_item(self.item, show=True, width=int(size[0]), height=int(size[1]), pos=(int(left), int(top)))
        self.kit.text(dialog.title, size=19, weight="semibold")
        if dialog.text:
            self.kit.text(dialog.text, "muted", wrap=size[0] / self.kit.fonts.scale - 44)
        kinds: dict[str, Callable[[Dialog], None]] = {
            "open": self._files, "file": self._files, "save_as": self._files, "templates": self._templates,
            "first_run": self._first_run, "shortcuts": self._shortcuts, "settings": self._settings,
            "models": self._models,
        }  # fmt: skip
        kinds.get(dialog.what, self._plain)(dialog)

    def _size(self, dialog: Dialog) -> tuple[float, float]:
        scale = self.kit.fonts.scale
        width, height = (900.0, 620.0) if dialog.what in _WIDE else (480.0, 210.0 + 18 * dialog.text.count("\n"))
        if dialog.what in ("settings", "models"):
            width, height = 560.0, 480.0
        return (
            min(width * scale, dpg.get_viewport_client_width() - 40),
            min(height * scale, dpg.get_viewport_client_height() - 40),
        )

    def _answer(self, choice: str, value: Any = None) -> None:
        self.session.answer(choice, value)
        self.app.wake()

    def _buttons(self, buttons: tuple[DialogButton, ...], value: Callable[[], Any] = lambda: None) -> None:
        self.kit.space(8)
        with self.kit.line():
            for button in buttons:
                self.kit.button(button.label, partial(self._answer, button.id, value()), _BUTTONS[button.kind])

    def _plain(self, dialog: Dialog) -> None:
        self._buttons(dialog.buttons or (DialogButton("cancel", "Close", "main"),))

    # --- files

    def _files(self, dialog: Dialog) -> None:
        saving = dialog.what == "save_as"
        if saving and not self._name and dialog.data:
            proposed = Path(str(dialog.data))
            self._name = proposed.name
            if proposed.is_absolute() and proposed.parent.is_dir():
                self._folder = proposed.parent
        with self.kit.line():
            self.kit.button("", lambda: self._go(self._folder.parent), "icon", sign="arrow-up", tip="The folder above")
            self.kit.field(str(self._folder), self._typed_folder, on_enter=True)
        with self.kit.box("card", height=-104 if saving else -58, scrolls=True):
            for path in _entries(self._folder, graphs=dialog.what != "file"):
                if path.is_dir():
                    self.kit.row(path.name, partial(self._go, path), sign="folder")
                else:
                    self.kit.row(path.name, partial(self._took, path, saving=saving), sign="file-json")
        if saving:
            self.kit.field(self._name, self._named, hint="Name of the file")
            buttons: tuple[DialogButton, ...] = (DialogButton("ok", "Save", "main"), DialogButton("cancel", "Cancel"))
        else:
            buttons = (DialogButton("cancel", "Cancel"),)
        self._buttons(buttons, self._path)

    def _path(self) -> str:
        path, self_name = self._folder / self._name, self._name
        self._name = ""
        return str(path) if self_name else ""

    def _named(self, text: str) -> None:
        self._name = text

    def _go(self, folder: Path) -> None:
        self._folder = folder
        self.app.wake()

    def _typed_folder(self, text: str) -> None:
        path = Path(text).expanduser()
        if path.is_dir():
            self._go(path)
        elif path.is_file():
            self._answer("ok", str(path))

    def _took(self, path: Path, *, saving: bool) -> None:
        if saving:
            self._name = path.name
            self.forget()
            self.app.wake()
        else:
            self._answer("ok", str(path))

    # --- templates and the first start

    def _templates(self, dialog: Dialog) -> None:
        self._cards(1000)
        self._buttons((DialogButton("cancel", "Cancel"),))

    def _first_run(self, dialog: Dialog) -> None:
        self.kit.text(
            "Choose a graph to begin with, and press Run: the bundled model answers on this machine.", "muted", wrap=840
        )
        self._cards(6)
        self._buttons((DialogButton("cancel", "Begin with an empty canvas"),))

    def _cards(self, most: int) -> None:
        cards = gallery(self.session.workspace).cards[:most]
        with self.kit.box("inside", height=-58, scrolls=True):
            for start in range(0, len(cards), 3):
                with self.kit.line(spacing=10):
                    for card in cards[start : start + 3]:
                        self._card(card)

    def _card(self, card: TemplateCard) -> None:
        with self.kit.box("card", width=_CARD[0], height=_CARD[1], border=True):
            self.kit.text(card.title, size=15, weight="semibold")
            self.kit.text(shortened(card.about, 430, 13), "muted", size=13, wrap=_CARD[0] - 30)
            drawlist = dpg.add_drawlist(self.kit.px(_CARD[0] - 30), self.kit.px(_PICTURE))
            draw(
                picture_shapes(card.picture, (_CARD[0] - 30, _PICTURE)),
                drawlist,
                self.app.canvas.brush(self.kit.fonts.scale),
            )
            self.kit.button("Use it", lambda: self._use(card), "primary", size=14)

    def _use(self, card: TemplateCard) -> None:
        dialog = self.session.dialog
        if dialog is not None and dialog.what == "first_run":
            self._answer("cancel")
            self.session.new_from(str(card.path))
        else:
            self._answer("ok", str(card.path))

    # --- settings and the sheet

    def _settings(self, dialog: Dialog) -> None:
        kit, session = self.kit, self.session
        kit.heading("Theme")
        kit.choice(session.look, ("dark", "light"), lambda look: session.set_panel("look", look), width=200)
        kit.heading("Size of everything")
        sizes = ("75 %", "90 %", "100 %", "110 %", "125 %", "150 %", "200 %")
        kit.choice(
            f"{session.ui_scale:.0%}".replace("%", " %"), sizes,
            lambda text: session.set_panel("scale", int(text.split()[0]) / 100), width=200,
        )  # fmt: skip
        kit.toggle(
            "Show the minimap", session.panel("minimap", True) is True, lambda on: session.set_panel("minimap", on)
        )
        kit.heading("Models")
        kit.text("Folders and limits of models are in config.json of the user folder.", "muted", size=14, wrap=500)
        self._buttons((DialogButton("cancel", "Done", "main"),))

    def _shortcuts(self, dialog: Dialog) -> None:
        from graphide.editor.actions import sheet

        with self.kit.box("panel", height=-58, scrolls=True), self.kit.line(spacing=28):
            groups = sheet()
            for column in (groups[:2], groups[2:-1], groups[-1:]):
                with dpg.group():
                    for title, lines in column:
                        self.kit.heading(title)
                        for what, keys in lines:
                            self._shortcut(what, keys)
        self._buttons((DialogButton("cancel", "Close", "main"),))

    def _shortcut(self, what: str, keys: str) -> None:
        with self.kit.line(spacing=8):
            self.kit.text(keys, "accent_text", size=13)
            self.kit.text(what, size=13)

    def _models(self, dialog: Dialog) -> None:
        def reply(name: str) -> None:
            self._answer("ok", name)

        with self.kit.box("panel", height=-58, scrolls=True):
            for name in ("default", "echo"):
                self.kit.row(name, partial(reply, name), sign="cpu")
            for model in self.session.workspace.library.list():
                self.kit.row(model.file, partial(reply, model.file), sign="hard-drive")
        self._buttons((DialogButton("cancel", "Cancel"),))


def _entries(folder: Path, *, graphs: bool) -> list[Path]:
    """Return folders and files to choose from, folders first; a folder that cannot be read has none."""
    try:
        found = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError:
        return []
    kept = [path for path in found if path.is_dir() or not graphs or path.suffix == ".json"]
    return sorted(kept, key=lambda path: (not path.is_dir(), path.name.casefold()))[:500]


def picture_shapes(picture: Picture, size: tuple[float, float]) -> tuple[Shape, ...]:
    """Return a graph in small, drawn into a size."""
    if not picture.boxes:
        return ()
    scale = min(size[0] / max(picture.width, 1.0), size[1] / max(picture.height, 1.0), 0.2)
    shapes: list[Shape] = []
    for wire in picture.wires:
        source, target = picture.boxes[wire.source], picture.boxes[wire.target]
        start = ((source.x + source.width) * scale, (source.y + source.height / 2) * scale)
        end = (target.x * scale, (target.y + target.height / 2) * scale)
        bend = max(6.0, (end[0] - start[0]) / 2)
        shapes.append(Stroke((start, (start[0] + bend, start[1]), (end[0] - bend, end[1]), end), "faint", 1.0))
    for box in picture.boxes:
        color = f"category_{box.category}" if box.category else "state_missing"
        place = (box.x * scale, box.y * scale, box.width * scale, box.height * scale)
        shapes.append(Rect(*place, fill=f"field+{color}@35", outline=f"{color}@70", rounding=3))
    return tuple(shapes)
