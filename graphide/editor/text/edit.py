"""A wrapped text field without a window: text, caret, selection, undo, scrolling. Keys and mouse are elsewhere.

Every operation returns a `Change` that says what the window has to do again. Nothing here ever goes back to an older
text except `undo`: leaving the field keeps what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from graphide.editor.text import moves
from graphide.editor.text.history import History, Kind
from graphide.editor.text.replaced import Replaced, difference, shifted
from graphide.editor.text.travel import VERTICAL, Move, travel
from graphide.editor.text.wrap import Box, Layout, Line, Place, Setting, wrap

INDENT = "    "


class Change(NamedTuple):
    """What an operation did: `replaced` some text, `moved` caret or selection, `scrolled`.

    `copied` is text for the clipboard, `pasting` asks for the clipboard's text to be given to `paste`, `left` says
    that the person is done with the field.
    """

    replaced: Replaced | None = None
    moved: bool = False
    scrolled: bool = False
    copied: str | None = None
    pasting: bool = False
    left: bool = False


NOTHING = Change()


class TextEdit:
    """One text field with its caret; `height` is what is seen of it, in pixels, and `clock` gives seconds."""

    def __init__(
        self, text: str, setting: Setting, height: float, *, clock: Callable[[], float], read_only: bool = False
    ) -> None:
        self.layout: Layout = wrap(text, setting)
        self.height = height
        self.read_only = read_only
        self.caret = Place(len(text))
        self.anchor = len(text)
        self.top = 0.0
        self._history = History(clock)
        self._goal: float | None = None  # where up and down would like the caret to be, in pixels from the left

    @property
    def text(self) -> str:
        """The text as it is now."""
        return self.layout.text

    @property
    def selection(self) -> tuple[int, int]:
        """Start and end of what is selected; both are the caret when nothing is."""
        return min(self.anchor, self.caret.index), max(self.anchor, self.caret.index)

    @property
    def selected(self) -> str:
        """The selected text."""
        start, end = self.selection
        return self.text[start:end]

    # --- changing the text

    def insert(self, text: str, kind: Kind = "type") -> Change:
        """Put text at the caret, in place of the selection."""
        return self.replace(*self.selection, moves.clean(text), kind)

    def replace(self, start: int, end: int, text: str, kind: Kind = "other") -> Change:
        """Replace a part of the text and put the caret behind it."""
        if self.read_only or (start == end and not text):
            return NOTHING
        before, done = (self.anchor, self.caret.index), Replaced(start, self.text[start:end], text)
        return self._carried_out(done, start + len(text), kind, before)

    def delete(self, to: Move) -> Change:
        """Delete the selection, else from the caret to where `to` leads: "left" is backspace, "word_right" is Ctrl+Del."""
        start, end = self.selection
        kind: Kind = "other"
        if start == end:
            target = self._target(to).index
            start, end = sorted((self.caret.index, target))
            kind = "backspace" if target < self.caret.index else "delete"
        return self.replace(start, end, "", kind)

    def indent(self, *, less: bool = False) -> Change:
        """Move the selected paragraphs in by four spaces or back; without a selection, put spaces at the caret."""
        start, end = self.selection
        if start == end and not less:
            return self.insert(INDENT[(start - moves.paragraph_around(self.text, start)[0]) % len(INDENT) :], "other")
        first, last = moves.paragraph_around(self.text, start)[0], moves.paragraph_around(self.text, end)[1]
        old = self.text[first:last]
        new = "\n".join(_indented(line, less=less) for line in old.split("\n"))
        if new == old or self.read_only:
            return NOTHING
        change = self.replace(first, last, new)
        if start != end:
            self.anchor = first
        return change

    def undo(self) -> Change:
        """Take the last step back."""
        step = None if self.read_only else self._history.undo()
        return NOTHING if step is None else self._restored(step.done.reversed(), step.before)

    def redo(self) -> Change:
        """Do the step again that was taken back last."""
        step = None if self.read_only else self._history.redo()
        return NOTHING if step is None else self._restored(step.done, step.after)

    def set_text(self, text: str) -> Change:
        """Take a text from outside, such as after an undo of the document; the caret stays with the words around it."""
        if text == self.text:
            return NOTHING
        done = difference(self.text, text)
        anchor, caret = shifted(self.anchor, done), shifted(self.caret.index, done)
        self._history.clear()
        followed = self.top >= self._lowest() - 1
        self.layout = wrap(text, self.layout.setting, self.layout)
        self.anchor, self.caret, self._goal = anchor, Place(caret), None
        scrolled = self._scroll_to(self._lowest() if self.read_only and followed else self.top)
        return Change(replaced=done, moved=True, scrolled=scrolled)

    def append(self, text: str) -> Change:
        """Add streamed text at the end; a read-only field that shows its end goes on showing it."""
        return self.set_text(self.text + text)

    # --- caret and selection

    def move(self, to: Move, *, select: bool = False) -> Change:
        """Move the caret; with `select` the selection grows, else left and right first go to its ends."""
        start, end = self.selection
        if start != end and not select and to in ("left", "right"):
            return self.place(Place(start if to == "left" else end))
        goal = self.layout.x_of(self.caret) if self._goal is None else self._goal
        change = self.place(self._target(to), select=select)
        self._goal = goal if to in VERTICAL else None
        return change

    def place(self, place: Place, *, select: bool = False) -> Change:
        """Put the caret at a place; with `select` the anchor stays where it is."""
        before = (self.anchor, self.caret)
        self._history.seal()
        self._goal = None
        index = min(max(place.index, 0), len(self.text))
        self.caret = place if place.index == index else Place(index)
        if not select:
            self.anchor = self.caret.index
        return Change(moved=before != (self.anchor, self.caret), scrolled=self._reveal())

    def select(self, start: int, end: int) -> Change:
        """Select from `start` to `end`, where the caret will be."""
        before = (self.anchor, self.caret)
        change = self.place(Place(end), select=True)
        self.anchor = min(max(start, 0), len(self.text))
        return change._replace(moved=before != (self.anchor, self.caret))

    def select_all(self) -> Change:
        """Select the whole text, without scrolling to its end."""
        top = self.top
        change = self.select(0, len(self.text))
        self.top = top
        return change._replace(scrolled=False)

    # --- window

    def scroll(self, by: float) -> Change:
        """Scroll down by pixels."""
        return Change(scrolled=self._scroll_to(self.top + by))

    def resize(self, setting: Setting, height: float) -> Change:
        """Set the text anew; what stood at the top stays there."""
        first = self.layout.line(int(self.top // self.layout.setting.line_height)).start
        rest = self.top % self.layout.setting.line_height
        self.layout, self.height, self._goal = wrap(self.text, setting, self.layout), height, None
        return Change(moved=True, scrolled=self._scroll_to(self.layout.point(Place(first))[1] + rest))

    def caret_box(self) -> Box:
        """Return the caret in pixels from the top left corner of the window, kept within its width."""
        x, y = self.layout.point(self.caret)
        return Box(min(x, self.layout.setting.width), y - self.top, 1, self.layout.setting.line_height)

    def visible_lines(self) -> list[tuple[float, Line]]:
        """Return the lines that can be seen, each with its y in the window."""
        step = self.layout.setting.line_height
        return [(number * step - self.top, line) for number, line in self.layout.visible(self.top, self.height)]

    def visible_boxes(self, start: int, end: int) -> list[Box]:
        """Return the rectangles of a part of the text in the window, as for a selection."""
        step = self.layout.setting.line_height
        first, last = int(self.top // step), int((self.top + self.height) // step) + 1
        return [box._replace(y=box.y - self.top) for box in self.layout.boxes(start, end, first, last)]

    # --- inside

    def _target(self, to: Move) -> Place:
        page = max(1, int(self.height // self.layout.setting.line_height) - 1)
        return travel(self.layout, self.caret, to, page=page, goal=self._goal)

    def _carried_out(self, done: Replaced, caret: int, kind: Kind, before: tuple[int, int]) -> Change:
        self._history.add(done, kind, before, (caret, caret))
        return self._restored(done, (caret, caret))

    def _restored(self, done: Replaced, carets: tuple[int, int]) -> Change:
        self.layout = wrap(done.apply(self.text), self.layout.setting, self.layout)
        self.anchor, self.caret, self._goal = carets[0], Place(carets[1]), None
        return Change(replaced=done, moved=True, scrolled=self._reveal())

    def _lowest(self) -> float:
        return max(0.0, self.layout.height - self.height)

    def _scroll_to(self, top: float) -> bool:
        before, self.top = self.top, min(max(top, 0.0), self._lowest())
        return self.top != before

    def _reveal(self) -> bool:
        """Scroll so that the caret is seen; say whether that was needed."""
        _, y = self.layout.point(self.caret)
        return self._scroll_to(min(max(self.top, y + self.layout.setting.line_height - self.height), y))


def _indented(line: str, *, less: bool) -> str:
    if not less:
        return INDENT + line if line else line
    if line.startswith("\t"):
        return line[1:]
    return line[min(len(INDENT), len(line) - len(line.lstrip(" "))) :]
