"""What a window manager does to the window of this process, on a screen that has none: presses its close button, maximizes it.

Messages and properties are those of the Inter-Client Communication Conventions and the Extended Window Manager Hints.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p
from typing import Any

_ATOM, _WINDOW = 4, 33  # XA_ATOM, XA_WINDOW
_CLIENT_MESSAGE = 33


class ClientMessage(ctypes.Structure):
    _fields_ = [
        ("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p), ("window", c_ulong),
        ("message_type", c_ulong), ("format", c_int), ("data", c_long * 5), ("room", c_long * 24),
    ]  # fmt: skip


class WindowManager:
    """Make it before the window is opened: programs look for a manager when they start."""

    def __init__(self) -> None:
        self._x: Any = ctypes.CDLL("libX11.so.6")
        x = self._x
        x.XOpenDisplay.restype, x.XInternAtom.restype = c_void_p, c_ulong
        x.XDefaultRootWindow.restype, x.XCreateSimpleWindow.restype = c_ulong, c_ulong
        x.XDefaultRootWindow.argtypes = x.XFlush.argtypes = [c_void_p]
        x.XInternAtom.argtypes = [c_void_p, c_char_p, c_int]
        x.XCreateSimpleWindow.argtypes = [c_void_p, c_ulong, c_int, c_int, c_uint, c_uint, c_uint, c_ulong, c_ulong]
        x.XChangeProperty.argtypes = [c_void_p, c_ulong, c_ulong, c_ulong, c_int, c_int, c_void_p, c_int]
        x.XSendEvent.argtypes = [c_void_p, c_ulong, c_int, c_long, c_void_p]
        self._display = x.XOpenDisplay(os.environ["DISPLAY"].encode())
        root = x.XDefaultRootWindow(self._display)
        own = x.XCreateSimpleWindow(self._display, root, 0, 0, 1, 1, 0, 0, 0)
        self._maximized = [self._atom(f"_NET_WM_STATE_MAXIMIZED_{way}") for way in ("VERT", "HORZ")]
        for window in (own, root):
            self._put(window, "_NET_SUPPORTING_WM_CHECK", _WINDOW, own)
        self._put(root, "_NET_SUPPORTED", _ATOM, self._atom("_NET_WM_STATE"), *self._maximized)

    def maximize(self, *, back: bool = False) -> None:
        """Say that the window is maximized, or (`back`) no more; its size stays."""
        self._put(self._window(), "_NET_WM_STATE", _ATOM, *([] if back else self._maximized))

    def press_close_button(self) -> None:
        """Ask the window to close."""
        window = self._window()
        data = (c_long * 5)(self._atom("WM_DELETE_WINDOW"), 0, 0, 0, 0)
        message = ClientMessage(_CLIENT_MESSAGE, 0, 1, None, window, self._atom("WM_PROTOCOLS"), 32, data)
        assert self._x.XSendEvent(self._display, window, 0, 0, ctypes.byref(message))
        self._x.XFlush(self._display)

    def _window(self) -> int:
        return int(os.popen("xdotool search --onlyvisible --name graphide").read().split()[-1])

    def _atom(self, name: str) -> int:
        return int(self._x.XInternAtom(self._display, name.encode(), 0))

    def _put(self, window: int, name: str, kind: int, *values: int) -> None:
        data = (c_ulong * len(values))(*values)
        self._x.XChangeProperty(self._display, window, self._atom(name), kind, 32, 0, data, len(values))
        self._x.XFlush(self._display)
