"""The one text that is edited on the canvas: a setting in a node, the title of a node or of a frame.

What is typed goes into the document as long as it fits; what does not fit stays in the field, with the reason beside it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from graphide.editor.commands import Command
from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.commands_settings import SetSetting
from graphide.editor.commands_view import SetFrame
from graphide.editor.faces import Widget, widget_of
from graphide.editor.gestures_input import Key, Mouse
from graphide.editor.layout import frames
from graphide.editor.text.edit import Change, TextEdit
from graphide.editor.text.keys import paste, press
from graphide.editor.text.metrics import Weight, face
from graphide.editor.text.pointer import Pointer
from graphide.editor.text.wrap import Setting
from graphide.editor.typed_text import place_in
from graphide.editor.views import Box
from graphide.editor.widgets import text_of
from graphide.errors import UsageError
from graphide.spec.fields import Field
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.editor.session import Session

Kind = Literal["setting", "title", "frame"]
PADDING = 8.0
_SIZE, _LINE = 13.0, 19.0
_MOST_LINES = 8
_HIGH = frozenset(["longtext", "json", "list"])


class TextField:
    """A text under edit: `id` is its node or frame, `name` its setting, `box` where it is on the canvas.

    `problem` says why the text as it is now is not part of the document, `mark` at which character it goes wrong.
    """

    def __init__(self, session: Session, kind: Kind, id: str, name: str, box: Box) -> None:
        self._session = session
        self.kind: Kind = kind
        self.id = id
        self.name = name
        self.box = box
        self.problem = ""
        self.mark: int | None = None
        widget = widget_of(session.graph, id, name, session.rules) if kind == "setting" else None
        self._field: Field | None = widget.field if widget is not None else None
        self.many_lines = self._field is not None and self._field.kind in _HIGH
        weight: Weight = "mono" if self._field is not None and self._field.kind == "json" else "regular"
        wide = box.width - 2 * PADDING if self.many_lines else 1e6
        setting = Setting(face(weight), _SIZE, _LINE, max(20.0, wide))
        self._written = self._text_now()
        self.edit = TextEdit(self._written, setting, max(_LINE, box.height - PADDING), clock=session.clock)
        self._least = box.height
        self._pointer = Pointer(self.edit)
        self._grow()
        if not self.many_lines:
            self.edit.select_all()

    def type(self, text: str) -> None:
        """Put characters at the caret."""
        if not self.many_lines:
            text = text.replace("\n", " ")
        self._took(self.edit.insert(text))

    def key(self, key: Key) -> bool:
        """Take a key and return whether it meant something here."""
        shift, ctrl = "shift" in key.modifiers, "ctrl" in key.modifiers
        if key.name in ("enter", "tab", "escape") and (not self.many_lines or ctrl or key.name != "enter"):
            self._session.leave_text()
            return True
        change = press(self.edit, key.name, shift=shift, control=ctrl)
        self._took(change)
        if change.copied is not None:
            self._session.clipboard.write(change.copied)
        if change.pasting:
            self._took(paste(self.edit, self._session.clipboard.read()))
        return ctrl or key.name != "escape"

    def mouse(self, mouse: Mouse, x: float, y: float) -> None:
        """Take the mouse at a place of the canvas: the caret goes there, a drag selects, the wheel scrolls."""
        inside = (x - self.box.x - PADDING, y - self.box.y - PADDING / 2)
        if mouse.kind in ("down", "double"):
            self._pointer.press(*inside, clicks=2 if mouse.kind == "double" else 1, shift=mouse.shift)
        elif mouse.kind == "move":
            self._pointer.drag(*inside)
        elif mouse.kind == "up":
            self._pointer.release()
        else:
            self.edit.scroll(-mouse.wheel[1] * 3 * _LINE)

    def follow(self) -> bool:
        """Take what the document says now where it was changed elsewhere; return whether there is still such a text."""
        try:
            now = self._text_now()
        except (KeyError, UsageError):
            return False
        if now != self._written:
            self._written, self.problem = now, ""
            self.edit.set_text(now)
        return True

    def left(self) -> None:
        """Leave the field; what does not fit is not kept, and that is said."""
        if self.problem:
            self._session.say(f"{self.name} stays as it was: {self.problem}", "warning")
        self._session.tab.document.unfinished.drop(self.id, self.name)
        self._session.tab.document.seal()

    def _grow(self) -> None:
        """Be as high as the text needs, up to some lines: what lies below on the canvas is covered meanwhile."""
        if not self.many_lines:
            return
        setting = self.edit.layout.setting
        needed = min(self.edit.layout.height, _MOST_LINES * _LINE) + PADDING
        height = max(self._least, needed)
        if height != self.box.height:
            self.box = self.box._replace(height=height)
            self.edit.resize(setting, height - PADDING)

    def _took(self, change: Change) -> None:
        if change.replaced is None:
            return
        self._grow()
        try:
            command = self._command(self.edit.text)
            if command is not None:
                self._session.tab.document.do(command)
                self._session.touch()
            self._written, self.problem, self.mark = self._text_now(), "", None
            self._session.tab.document.unfinished.drop(self.id, self.name)
        except UsageError as error:
            self.problem, self.mark = error.message, place_in(error, self.edit.text)
            if self.kind == "setting":
                self._session.tab.document.unfinished.keep(self.id, self.name, self.edit.text)

    def _command(self, text: str) -> Command | None:
        if self.kind == "title":
            return SetNodeTitle(self.id, text.strip())
        if self.kind == "frame":
            return SetFrame(self.id, replace(frames(self._session.graph)[self.id], title=text))
        if self._field is None:
            return None
        value: Json = text if self._field.wire == "text" else self._field.parse(text)
        return SetSetting(self.id, self.name, value, self._session.rules)

    def _text_now(self) -> str:
        graph = self._session.graph
        if self.kind == "title":
            return graph.nodes[self.id].title
        if self.kind == "frame":
            return frames(graph)[self.id].title
        widget = widget_of(graph, self.id, self.name, self._session.rules)
        if widget is None:
            raise UsageError(f'there is no setting "{self.name}" any more')
        return _text(widget)


def _text(widget: Widget) -> str:
    """Return the value of a widget as the text that a person edits."""
    if widget.field.kind in ("json", "list") and not isinstance(widget.value, str) and widget.set:
        return json.dumps(widget.value, ensure_ascii=False, indent=2)
    return text_of(widget.field, widget.value)
