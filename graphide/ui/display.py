"""Whether this machine can show a window, told before DearPyGui is imported: where it cannot, it would end the process."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys
from typing import Any

_PACKAGES = "apt-get install libgl1 libgl1-mesa-dri"


def why_no_window() -> str:
    """Return why no window can be opened here, as a sentence with what to do next, or "" when one can."""
    if not sys.platform.startswith("linux"):
        return ""
    if not os.environ.get("DISPLAY"):
        if os.environ.get("WAYLAND_DISPLAY"):
            return "the window needs X11, and this session has Wayland alone: start XWayland, which sets DISPLAY"
        return "there is no screen: DISPLAY is not set"
    gl = ctypes.util.find_library("GL")
    if gl is None:
        return f"OpenGL is missing: libGL.so.1 was not found. On Debian: {_PACKAGES}"
    return _trouble_with_x(gl)


def _trouble_with_x(gl: str) -> str:
    """Ask the X server whether it is there and can draw; "" where that cannot be found out."""
    try:
        x11, glx = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6"), ctypes.CDLL(gl)
    except OSError:
        return ""
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = x11.XOpenDisplay(None)
    if not display:
        return f"the screen {os.environ['DISPLAY']} cannot be opened: check DISPLAY and who may use it"
    try:
        if not _has_glx(glx, ctypes.c_void_p(display)):
            return f"the screen {os.environ['DISPLAY']} cannot draw with OpenGL. On Debian: {_PACKAGES}"
        return ""
    finally:
        x11.XCloseDisplay(ctypes.c_void_p(display))


def _has_glx(glx: Any, display: ctypes.c_void_p) -> bool:
    event = ctypes.c_int()
    return bool(glx.glXQueryExtension(display, ctypes.byref(event), ctypes.byref(event)))
