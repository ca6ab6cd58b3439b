"""The mouse in a text field: a click puts the caret, two select a word, three a paragraph, and a drag goes on so.

Points are pixels from the top left corner of the field's window. Which clicks belong together is decided by the caller.
"""

from __future__ import annotations

from graphide.editor.text import moves
from graphide.editor.text.edit import NOTHING, Change, TextEdit
from graphide.editor.text.travel import place_at

_UNITS = {2: moves.word_around, 3: moves.paragraph_around}


class Pointer:
    """The button that is held down over one field."""

    def __init__(self, edit: TextEdit) -> None:
        self._edit = edit
        self._clicks = 0  # of the press that is going on
        self._first = (0, 0)  # the word or paragraph it began in

    def press(self, x: float, y: float, *, clicks: int = 1, shift: bool = False) -> Change:
        """Press the button: once for a place, twice for a word, three times for a paragraph."""
        edit = self._edit
        place = place_at(edit.layout, x, y + edit.top)
        self._clicks = min(max(clicks, 1), 3)
        if self._clicks == 1:
            return edit.place(place, select=shift)
        index = edit.layout.index_at(x, y + edit.top)
        self._first = _UNITS[self._clicks](edit.text, place.index if index is None else index)
        return edit.select(*self._first)

    def drag(self, x: float, y: float) -> Change:
        """Move with the button held: select from where it was pressed, by words or paragraphs after two or three clicks.

        Above or below the window this scrolls, a little with each call.
        """
        edit = self._edit
        if not self._clicks:
            return NOTHING
        place = place_at(edit.layout, x, y + edit.top)
        if self._clicks == 1:
            return edit.place(place, select=True)
        start, end = _UNITS[self._clicks](edit.text, place.index)
        first, last = self._first
        if start < first:
            return edit.select(last, start)
        return edit.select(first, max(end, last))

    def release(self) -> None:
        """Let the button go."""
        self._clicks = 0
