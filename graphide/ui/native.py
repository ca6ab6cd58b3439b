"""What the DearPyGui library contains and does not offer: the shape of the mouse pointer, files dropped onto the window.

Its functions are called through ctypes where the library exports them, as on Linux and macOS. Elsewhere the pointer
stays an arrow and no file can be dropped; a path can still be pasted, and Ctrl+O opens. For the thread that draws.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

Pointer = Literal["arrow", "text", "hand", "move", "corner", "sideways"]

_SHAPES: Final[dict[Pointer, int]] = {"arrow": 0, "text": 1, "move": 2, "sideways": 4, "corner": 6, "hand": 7}
"""The numbers of `ImGuiMouseCursor_`."""
_DROPPED: Final = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p))


class Native:
    """The functions that were found. Make one when the window is shown, and keep it as long as the window."""

    def __init__(self, library: Any = None) -> None:
        self._set_cursor: Callable[[int], object] | None = None
        self._keep: Any = None
        try:
            self._library = library or _library()
            self._set_cursor = self._library._ZN5ImGui14SetMouseCursorEi  # void ImGui::SetMouseCursor(int)
        except (AttributeError, ImportError, OSError):
            return

    def point(self, shape: Pointer) -> bool:
        """Give the mouse pointer a shape for the next frame and return whether that is possible."""
        if self._set_cursor is None:
            return False
        self._set_cursor(_SHAPES[shape])
        return True

    def on_files(self, dropped: Callable[[list[Path]], object]) -> bool:
        """Have files that are dropped onto the window told, and return whether that is possible."""
        try:
            current, listen = self._library.glfwGetCurrentContext, self._library.glfwSetDropCallback
        except AttributeError:
            return False
        current.restype = ctypes.c_void_p
        listen.argtypes, listen.restype = [ctypes.c_void_p, _DROPPED], ctypes.c_void_p

        def told(_window: object, count: int, names: Any) -> None:
            dropped([Path(os.fsdecode(names[number])) for number in range(count)])

        window = current()
        if not window:
            return False
        self._keep = _DROPPED(told)  # ctypes does not: without this the window would call what is gone
        listen(window, self._keep)
        return True


def _library() -> Any:
    import dearpygui._dearpygui as extension

    return ctypes.CDLL(extension.__file__)
