"""What a window tells the editor: mouse, keys and typed text as plain values. What they do is in `gestures`.

Places are pixels from the upper left corner of the canvas. Keys are named by what is on them, in small letters ("a",
"left", "page_up", "enter", "escape", "delete", "f2", "="). Characters come a second time, as text. On a Mac, "ctrl" is ⌘.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Modifier = Literal["shift", "ctrl", "alt"]
Button = Literal["left", "middle", "right", ""]

_NONE: frozenset[Modifier] = frozenset()


class Mouse(NamedTuple):
    """Something that the mouse did; the second press of a double click is `double`, after or instead of its `down`.

    `wheel` are notches to the right and up, for kind `wheel` only.
    """

    kind: Literal["down", "up", "move", "wheel", "double"]
    button: Button = ""
    x: float = 0.0
    y: float = 0.0
    modifiers: frozenset[Modifier] = _NONE
    wheel: tuple[float, float] = (0.0, 0.0)

    @property
    def shift(self) -> bool:
        """Whether Shift is held."""
        return "shift" in self.modifiers

    @property
    def ctrl(self) -> bool:
        """Whether Ctrl, on a Mac ⌘, is held."""
        return "ctrl" in self.modifiers

    @property
    def alt(self) -> bool:
        """Whether Alt is held."""
        return "alt" in self.modifiers

    def apart(self, other: Mouse) -> float:
        """Return how far two places are from each other, in pixels, along the longer axis."""
        return max(abs(self.x - other.x), abs(self.y - other.y))


class Key(NamedTuple):
    """A key that went down or up; `repeat` where it is held and the system sends it again."""

    name: str
    down: bool = True
    modifiers: frozenset[Modifier] = _NONE
    repeat: bool = False

    @property
    def chord(self) -> str:
        """The key with its modifiers as shortcuts are written: `ctrl+shift+z`."""
        held = [modifier for modifier in ("ctrl", "alt", "shift") if modifier in self.modifiers]
        return "+".join([*held, self.name])


class Typed(NamedTuple):
    """Characters that were typed."""

    text: str
