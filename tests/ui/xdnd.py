"""A program: drops files onto a window as a file manager does (the XDND protocol): `python xdnd.py WINDOW X Y FILE ...`.

X and Y are pixels of the screen. It ends with 0 when the window said that it took them.
"""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from typing import Any

_LONG = ctypes.c_long
_SELECTION_NOTIFY, _SELECTION_REQUEST, _CLIENT_MESSAGE = 31, 30, 33
_REPLACE = 0


class _Message(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("sent", ctypes.c_int), ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong), ("message", ctypes.c_ulong), ("format", ctypes.c_int), ("data", _LONG * 5),
    )  # fmt: skip


class _Request(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("sent", ctypes.c_int), ("display", ctypes.c_void_p),
        ("owner", ctypes.c_ulong), ("requestor", ctypes.c_ulong), ("selection", ctypes.c_ulong),
        ("target", ctypes.c_ulong), ("property", ctypes.c_ulong), ("time", ctypes.c_ulong),
    )  # fmt: skip


class _Notify(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("sent", ctypes.c_int), ("display", ctypes.c_void_p),
        ("requestor", ctypes.c_ulong), ("selection", ctypes.c_ulong), ("target", ctypes.c_ulong),
        ("property", ctypes.c_ulong), ("time", ctypes.c_ulong),
    )  # fmt: skip


class _Event(ctypes.Union):
    _fields_ = (("message", _Message), ("request", _Request), ("notify", _Notify), ("room", _LONG * 24))


class Source:
    """Where files are dragged from."""

    def __init__(self, target: int, files: list[str]) -> None:
        self.x11: Any = ctypes.CDLL("libX11.so.6")
        self.x11.XOpenDisplay.restype = ctypes.c_void_p
        self.x11.XInternAtom.restype = self.x11.XCreateSimpleWindow.restype = ctypes.c_ulong
        self.x11.XDefaultRootWindow.restype = ctypes.c_ulong
        self.display = ctypes.c_void_p(self.x11.XOpenDisplay(None))
        root = ctypes.c_ulong(self.x11.XDefaultRootWindow(self.display))
        self.window = self.x11.XCreateSimpleWindow(self.display, root, 0, 0, 1, 1, 0, 0, 0)
        self.target = target
        self.list = "".join(f"{Path(file).absolute().as_uri()}\r\n" for file in files).encode()

    def atom(self, name: str) -> int:
        """Return the number of a name."""
        return int(self.x11.XInternAtom(self.display, name.encode(), 0))

    def send(self, message: str, *data: int) -> None:
        """Tell the target something."""
        values = (_LONG * 5)(self.window, *data)
        event = _Event(message=_Message(_CLIENT_MESSAGE, 0, 1, None, self.target, self.atom(message), 32, values))
        self.x11.XSendEvent(self.display, ctypes.c_ulong(self.target), 0, _LONG(0), ctypes.byref(event))
        self.x11.XFlush(self.display)

    def drop(self, x: int, y: int) -> bool:
        """Go over the target, let go, hand the files over; return whether they were taken."""
        selection, kind = self.atom("XdndSelection"), self.atom("text/uri-list")
        self.x11.XSetSelectionOwner(self.display, ctypes.c_ulong(selection), ctypes.c_ulong(self.window), _LONG(0))
        self.send("XdndEnter", 5 << 24, kind, 0, 0)
        self.send("XdndPosition", 0, (x << 16) | y, 0, self.atom("XdndActionCopy"))
        event = _Event()
        while True:
            self.x11.XNextEvent(self.display, ctypes.byref(event))
            if event.message.type == _SELECTION_REQUEST:
                self.hand_over(event.request)
            elif event.message.type == _CLIENT_MESSAGE and event.message.message == self.atom("XdndStatus"):
                if not event.message.data[1] & 1:
                    return False
                self.send("XdndDrop", 0, 0, 0, 0)
            elif event.message.type == _CLIENT_MESSAGE and event.message.message == self.atom("XdndFinished"):
                return True

    def hand_over(self, asked: _Request) -> None:
        """Give the list of files to who asks for it."""
        whom, place = ctypes.c_ulong(asked.requestor), ctypes.c_ulong(asked.property)
        size = len(self.list)
        self.x11.XChangeProperty(
            self.display, whom, place, ctypes.c_ulong(asked.target), 8, _REPLACE, self.list, size
        )  # fmt: skip
        told = (asked.requestor, asked.selection, asked.target, asked.property, asked.time)
        event = _Event(notify=_Notify(_SELECTION_NOTIFY, 0, 1, None, *told))
        self.x11.XSendEvent(self.display, whom, 0, _LONG(0), ctypes.byref(event))
        self.x11.XFlush(self.display)


if __name__ == "__main__":
    window, x, y, *files = sys.argv[1:]
    sys.exit(0 if Source(int(window), files).drop(int(x), int(y)) else 1)
