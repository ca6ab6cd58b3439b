"""Texts that are typed in a panel: what stands in the field, what of it is in the document, and why the rest is not.

What does not fit stays in the field until it fits or the document says something else, so that nothing that was typed is
lost by looking elsewhere. Caret and keys are in `text.edit`; a text on the canvas is in `gestures_text`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, NamedTuple

from graphide.editor.commands import Command, Composite
from graphide.editor.commands_settings import SetSetting
from graphide.editor.faces import Widget, widget_of
from graphide.editor.widgets import text_of
from graphide.errors import UsageError
from graphide.spec.fields import Field
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.editor.session import Session

_MOST_KEPT = 100


class Problem(NamedTuple):
    """Why a text does not fit, and the character where it goes wrong (None: all of it)."""

    sentence: str = ""
    at: int | None = None


FITS = Problem()


class Typed:
    """One field: `read` says what the document has, `write` puts a text into it or says why it does not fit."""

    def __init__(self, read: Callable[[], str], write: Callable[[str], Problem], seal: Callable[[], None]) -> None:
        self._read = read
        self._write = write
        self._seal = seal
        self._known = read()
        self.text = self._known
        self.problem = FITS

    @property
    def is_kept(self) -> bool:
        """Whether it holds something that the document does not."""
        return bool(self.problem.sentence) and self._read() == self._known

    def type(self, text: str) -> None:
        """Take the text of the field as it is now."""
        self.text = text
        self.problem = self._write(text)
        self._known = self._read()

    def follow(self) -> bool:
        """Take what the document says where it was changed elsewhere; return whether the field shows another text."""
        now = self._read()
        if now == self._known:
            return False
        self._known, self.problem = now, FITS
        changed, self.text = self.text != now, now
        return changed

    def enter(self) -> None:
        """Begin to edit: what is typed from now on is one step of undo."""
        self._seal()

    def leave(self) -> None:
        """Leave the field; what does not fit is kept in it."""
        self._seal()


class TypedTexts:
    """The fields of one window, so that a field made anew shows what was typed into the one before and does not fit.

    `wants_keys` asks for the keyboard in the first of them.
    """

    def __init__(self) -> None:
        self.wants_keys = False
        self._known: dict[Hashable, Typed] = {}

    def of(self, key: Hashable, make: Callable[[], Typed]) -> Typed:
        """Return the field of a key: the one that holds something unfinished, else a new one."""
        old = self._known.get(key)
        if old is not None and old.is_kept:
            return old
        for oldest in list(self._known)[: 1 - _MOST_KEPT]:
            del self._known[oldest]
        self._known[key] = made = make()
        return made


def setting_text(session: Session, nodes: tuple[str, ...], name: str) -> Typed:
    """Return the field of one setting of some nodes; all keystrokes until it is left are one step of undo."""
    tab = session.tab

    def make() -> Typed:
        return Typed(
            lambda: setting_now(session, nodes, name), lambda text: type_setting(session, nodes, name, text),
            tab.document.seal,
        )  # fmt: skip

    return session.panel_texts.of((id(tab), nodes, name), make)


def command_text(session: Session, key: Hashable, read: Callable[[], str], command: Callable[[str], Command]) -> Typed:
    """Return the field of a text that a command sets: a title, what a graph is about."""
    tab = session.tab

    def write(text: str) -> Problem:
        try:
            tab.document.do(command(text), held=True)
        except UsageError as error:
            return Problem(error.message)
        session.touch()
        return FITS

    return session.panel_texts.of((id(tab), key), lambda: Typed(read, write, tab.document.seal))


def setting_now(session: Session, nodes: tuple[str, ...], name: str) -> str:
    """Return a setting of some nodes as text, "" where they differ or it is not there any more."""
    found = [widget_of(session.graph, node, name, session.rules) for node in nodes]
    texts = {as_text(widget) if widget is not None else "" for widget in found}
    return texts.pop() if len(texts) == 1 else ""


def type_setting(session: Session, nodes: tuple[str, ...], name: str, text: str) -> Problem:
    """Change one setting of some nodes to what a typed text stands for, or say why it does not fit and where."""
    widget = widget_of(session.graph, nodes[0], name, session.rules) if nodes else None
    if widget is None:
        return Problem("There is no such setting any more")
    unfinished = session.tab.document.unfinished
    try:
        value = value_of(widget.field, text)
    except UsageError as error:
        unfinished.keep(nodes[0], name, text)  # a crash must not lose it either
        return Problem(error.message, place_in(error, text))
    problem = put_setting(session, nodes, name, value)
    if problem.sentence:
        unfinished.keep(nodes[0], name, text)
    else:
        unfinished.drop(nodes[0], name)
    return problem


def put_setting(session: Session, nodes: tuple[str, ...], name: str, value: Json) -> Problem:
    """Change one setting of some nodes, joined with what was done in the same field just before."""
    commands = tuple(SetSetting(node, name, value, session.rules) for node in nodes)
    try:
        command = commands[0] if len(commands) == 1 else SetTogether(f"Change {name} of {len(nodes)} nodes", commands)
        session.tab.document.do(command, held=True)
    except UsageError as error:
        return Problem(error.message)
    session.touch()
    return FITS


class SetTogether(Composite):
    """One setting of several nodes, of which the edits in one field are one step."""

    @property
    def merge_key(self) -> Hashable:
        """The same setting of the same nodes."""
        return tuple(command.merge_key for command in self.commands)


def value_of(field: Field, text: str) -> Json:
    """Return what a typed text stands for; raises UsageError."""
    value: Json = text if field.wire == "text" and not field.optional else field.parse(text)
    if sentence := field.problem(value):
        raise UsageError(sentence)
    return value


def as_text(widget: Widget) -> str:
    """Return the value of a widget as the text that a person edits: JSON on lines of its own."""
    if widget.field.kind in ("json", "list") and isinstance(widget.value, dict | list | tuple) and widget.value:
        return json.dumps(widget.value, ensure_ascii=False, indent=2)
    return text_of(widget.field, widget.value)


def place_in(error: UsageError, text: str) -> int | None:
    """Return the character at which JSON goes wrong, None for what is not about JSON."""
    cause = error.__cause__
    at = getattr(cause, "pos", None)
    return min(at, len(text)) if isinstance(at, int) else None
