"""What each key does in a text field: one table of moves and one of deletions, and the keys with Control.

Keys are named by what is on them ("left", "page_up", "a"). Characters that are typed come as text, to `TextEdit.insert`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from graphide.editor.text.edit import NOTHING, Change, TextEdit
from graphide.editor.text.travel import Move

_MOVES: Final[Mapping[tuple[str, bool], Move]] = {  # key, with Control
    ("left", False): "left",
    ("right", False): "right",
    ("up", False): "up",
    ("down", False): "down",
    ("home", False): "line_start",
    ("end", False): "line_end",
    ("page_up", False): "page_up",
    ("page_down", False): "page_down",
    ("left", True): "word_left",
    ("right", True): "word_right",
    ("home", True): "start",
    ("end", True): "end",
}
_DELETIONS: Final[Mapping[tuple[str, bool], Move]] = {
    ("backspace", False): "left",
    ("delete", False): "right",
    ("backspace", True): "word_left",
    ("delete", True): "word_right",
}


def press(edit: TextEdit, key: str, *, shift: bool = False, control: bool = False, tab_indents: bool = False) -> Change:
    """Do what a key does; a key that means nothing to the field changes nothing, and is for others to handle.

    Esc leaves the field with its text as it is. Tab belongs to the field only with `tab_indents`.
    """
    if (key, control) in _MOVES:
        return edit.move(_MOVES[key, control], select=shift)
    if (key, control) in _DELETIONS:
        return edit.delete(_DELETIONS[key, control])
    if control:
        return _SHORTCUTS.get((key, shift), _nothing)(edit)
    if key == "enter":
        return edit.insert("\n", "other")
    if key == "tab" and tab_indents:
        return edit.indent(less=shift)
    return Change(left=True) if key == "escape" else NOTHING


def copy(edit: TextEdit) -> Change:
    """Give the selected text to the clipboard; without a selection the clipboard stays as it is."""
    return Change(copied=edit.selected) if edit.selected else NOTHING


def cut(edit: TextEdit) -> Change:
    """Give the selected text to the clipboard and delete it; a read-only text stays."""
    copied = copy(edit)
    return edit.replace(*edit.selection, "")._replace(copied=copied.copied) if copied.copied else NOTHING


def paste(edit: TextEdit, text: str) -> Change:
    """Put the text of the clipboard in place of the selection, as an undo step of its own."""
    return edit.insert(text, "other")


def _nothing(edit: TextEdit) -> Change:
    return NOTHING


def _ask_for_clipboard(edit: TextEdit) -> Change:
    return NOTHING if edit.read_only else Change(pasting=True)


_SHORTCUTS: Final[Mapping[tuple[str, bool], Callable[[TextEdit], Change]]] = {  # key, with Shift
    ("a", False): TextEdit.select_all,
    ("c", False): copy,
    ("x", False): cut,
    ("v", False): _ask_for_clipboard,
    ("z", False): TextEdit.undo,
    ("z", True): TextEdit.redo,
    ("y", False): TextEdit.redo,
}
