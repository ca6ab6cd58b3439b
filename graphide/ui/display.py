"""Whether this machine can show a window, told before DearPyGui is imported: where it cannot, it would end the process.

On Linux that is asked of the X server and its OpenGL through their own libraries, in the way in which the window will.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

_PACKAGES: Final = "apt-get install libgl1 libgl1-mesa-dri"
_VERSION: Final = (3, 0)
"""The least OpenGL that DearPyGui draws with."""
_DOUBLE_BUFFERED: Final = (5, 1, 0)  # GLX_DOUBLEBUFFER
_MAJOR, _MINOR = 0x2091, 0x2092  # GLX_CONTEXT_MAJOR_VERSION_ARB, GLX_CONTEXT_MINOR_VERSION_ARB
_ON_ERROR: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


def why_no_window() -> str:
    """Return why no window can be opened here, as a sentence with what to do next, or "" when one can."""
    if not sys.platform.startswith("linux"):
        return ""
    if not os.environ.get("DISPLAY"):
        if os.environ.get("WAYLAND_DISPLAY"):
            return (
                "the window needs X11, and this session has Wayland alone (DISPLAY is not set). "
                "Install XWayland (on Debian: apt-get install xwayland) and log in again, or set DISPLAY to a running one"
            )
        return (
            "there is no screen: DISPLAY is not set. Start it in a desktop session, over ssh with ssh -X, "
            "or on a screen that nobody sees: xvfb-run graphide edit"
        )
    gl = ctypes.util.find_library("GL")
    if gl is None:
        return f"OpenGL is missing: libGL.so.1 was not found. On Debian: {_PACKAGES}"
    try:
        x11, glx = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6"), ctypes.CDLL(gl)
    except OSError as error:
        return f"a library of the screen cannot be loaded: {error}. On Debian: apt-get install libx11-6 libgl1"
    return _trouble_with_x(x11, glx)


def why_not_loaded() -> str:
    """Return why DearPyGui cannot be loaded, as a sentence with what to do next, or "" when it is; call this last."""
    try:
        import dearpygui.dearpygui  # noqa: F401
    except ImportError as error:
        again = "pip install --force-reinstall dearpygui"
        return f"the library that draws the window cannot be loaded: {error}. Install it again: {again}"
    return ""


def _trouble_with_x(x11: Any, glx: Any) -> str:
    """Ask the X server whether it is there and can draw."""
    screen = os.environ["DISPLAY"]
    x11.XOpenDisplay.restype = ctypes.c_void_p
    opened = x11.XOpenDisplay(None)
    if not opened:
        return f"the screen {screen} cannot be opened. Check that DISPLAY names a running X server that you may use"
    display = ctypes.c_void_p(opened)
    try:
        event = ctypes.c_int()
        if not glx.glXQueryExtension(display, ctypes.byref(event), ctypes.byref(event)):
            return f"the screen {screen} cannot draw with OpenGL (it has no GLX). Use a screen that can"
        with _errors_ignored(x11):
            drawn = _has_context(x11, glx, display)
        if not drawn:
            version = ".".join(map(str, _VERSION))
            return (
                f"the graphics driver of the screen {screen} gives no OpenGL {version}. "
                f"On Debian, to draw without one: {_PACKAGES}; then LIBGL_ALWAYS_SOFTWARE=1 graphide edit"
            )
        return ""
    finally:
        x11.XCloseDisplay(display)


def _has_context(x11: Any, glx: Any, display: ctypes.c_void_p) -> bool:
    """Make an OpenGL context as GLFW makes that of the window, and return whether there was one."""
    number, screen = ctypes.c_int(), x11.XDefaultScreen(display)
    glx.glXChooseFBConfig.restype = ctypes.POINTER(ctypes.c_void_p)
    configs = glx.glXChooseFBConfig(display, screen, (ctypes.c_int * 3)(*_DOUBLE_BUFFERED), ctypes.byref(number))
    glx.glXGetProcAddressARB.restype = ctypes.c_void_p
    address = glx.glXGetProcAddressARB(b"glXCreateContextAttribsARB")
    if not (configs and number.value and address):
        return False
    pointer = ctypes.c_void_p
    make = ctypes.CFUNCTYPE(pointer, pointer, pointer, pointer, ctypes.c_int, ctypes.POINTER(ctypes.c_int))(address)
    wanted = (ctypes.c_int * 5)(_MAJOR, _VERSION[0], _MINOR, _VERSION[1], 0)
    context = make(display, configs[0], None, True, wanted)
    x11.XSync(display, False)
    x11.XFree(configs)
    if context:
        glx.glXDestroyContext(display, ctypes.c_void_p(context))
    return bool(context)


@contextmanager
def _errors_ignored(x11: Any) -> Iterator[None]:
    """Have Xlib go on after an error: by itself it ends the process."""
    ignore = _ON_ERROR(lambda _display, _event: 0)
    x11.XSetErrorHandler.restype = ctypes.c_void_p
    before = x11.XSetErrorHandler(ignore)
    try:
        yield
    finally:
        x11.XSetErrorHandler(ctypes.c_void_p(before))
