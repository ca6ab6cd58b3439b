"""The traps of DearPyGui 2.3.1, each wrapped once: what crashes or hangs in it is reached only through here.

Calls before `create_context` and after `destroy_context` end the process, so a window is open only inside `context`.
Nothing here knows graphs.
"""

from __future__ import annotations

import ctypes
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import dearpygui.dearpygui as dpg

Item = int | str
Report = Callable[[BaseException], None]

SMALLEST: Final = (1024, 640)
_GLFW_MAXIMIZED: Final = 0x00020008


@contextmanager
def context() -> Iterator[None]:
    """Have DearPyGui ready, with callbacks that wait in a queue: its own thread for them loses some (#2269)."""
    dpg.create_context()
    dpg.configure_app(manual_callback_management=True)
    try:
        yield
    finally:
        dpg.destroy_context()


def run_callbacks(report: Report) -> int:
    """Run the callbacks that wait and return how many; one that raises is reported and does not keep back the others."""
    jobs = dpg.get_callback_queue() or ()
    for callback, *arguments in jobs:
        if callback is None:
            continue
        with suppress_into(report):
            callback(*arguments[: _wanted(callback)])
    return len(jobs)


@contextmanager
def suppress_into(report: Report) -> Iterator[None]:
    """Report what goes wrong inside instead of ending the window."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # the fence of the window: one broken handler must not close it
        report(error)


def delete(item: Item) -> None:
    """Delete an item that may be gone already."""
    if item and dpg.does_item_exist(item):
        dpg.delete_item(item)


def clear(item: Item) -> None:
    """Delete what is inside an item."""
    if dpg.does_item_exist(item):
        dpg.delete_item(item, children_only=True)


def focus(item: Item) -> None:
    """Give an item the keyboard, if it is there."""
    if item and dpg.does_item_exist(item):
        dpg.focus_item(item)


def active(item: Item) -> bool:
    """Return whether an item has the keyboard; one that is gone has not."""
    return bool(item) and dpg.does_item_exist(item) and bool(dpg.is_item_active(item))


def reverted() -> bool:
    """Return whether the field whose callback runs was left with Esc: its text is then that of when it got the focus."""
    return bool(dpg.is_key_pressed(dpg.mvKey_Escape))


def hovered(item: Item) -> bool:
    """Return whether the mouse is over an item that is there."""
    return bool(item) and dpg.does_item_exist(item) and bool(dpg.is_item_hovered(item))


def rectangle(item: Item) -> tuple[float, float, float, float]:
    """Return where an item is in the window: left, top, width, height; zeros before it was first drawn."""
    if not dpg.does_item_exist(item):
        return 0.0, 0.0, 0.0, 0.0
    state = dpg.get_item_state(item)
    left, top = state.get("rect_min", (0.0, 0.0))
    width, height = state.get("rect_size", (0.0, 0.0))
    return left, top, width, height


def mouse() -> tuple[float, float]:
    """Return where the mouse is in the window, in pixels."""
    x, y = dpg.get_mouse_pos(local=False)
    return float(x), float(y)


def clipboard() -> str:
    """Return the text of the clipboard, "" without one.

    DearPyGui itself ends the process when there is none, so GLFW is asked first, where the library lets it be.
    """
    read = _clipboard_reader()
    if read is None:
        return str(dpg.get_clipboard_text() or "")
    found = read(None)
    return found.decode("utf-8", "replace") if found else ""


@cache
def _clipboard_reader() -> Callable[[None], bytes | None] | None:
    import dearpygui._dearpygui as extension

    try:
        read = ctypes.CDLL(extension.__file__).glfwGetClipboardString
    except (AttributeError, OSError):
        return None
    read.argtypes, read.restype = [ctypes.c_void_p], ctypes.c_char_p
    return read


def on_close(do: Callable[[], object]) -> None:
    """Have the close button of the window told, which a viewport made with `disable_close` does not obey by itself."""
    dpg.set_exit_callback(lambda: do())  # noqa: PLW0108  # what has defaults would be given arguments


def maximized() -> bool:
    """Return whether the window is maximized, as far as the library lets that be asked. For the thread that draws."""
    ask = _maximized_reader()
    return ask is not None and ask()


@cache
def _maximized_reader() -> Callable[[], bool] | None:
    import dearpygui._dearpygui as extension

    try:
        library = ctypes.CDLL(extension.__file__)
        current, attribute = library.glfwGetCurrentContext, library.glfwGetWindowAttrib
    except (AttributeError, OSError):
        return None
    current.restype, attribute.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]

    def ask() -> bool:
        window = current()
        return bool(window) and attribute(window, _GLFW_MAXIMIZED) == 1

    return ask


def copy(text: str) -> None:
    """Put a text into the clipboard."""
    dpg.set_clipboard_text(text)


def _wanted(callback: Any) -> int:
    try:
        parameters = inspect.signature(callback).parameters.values()
    except (TypeError, ValueError):
        return 3
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return 3
    return sum(
        parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD) for parameter in parameters
    )
