"""When to draw: at full speed while something happens, not at all while nothing does.

On Linux and macOS the functions of GLFW that the DearPyGui library contains are called to wait for the window system; on
Windows its own; where neither can be found the loop sleeps and looks ten times a second.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from typing import Final, Literal

_LINGER: Final = 0.35  # seconds of drawing after somebody did something: Dear ImGui settles over a few frames
_LINGER_CALM: Final = 0.1  # and after something happened by itself
_IDLE: Final = 1.0
_QS_ALLINPUT, _INPUT_AVAILABLE = 0x04FF, 0x0004


class Pacer:
    """Says when the next frame is due. `poke` may be called from any thread, the rest from the one that draws.

    What happens by itself, such as a text that is written by a model, is drawn `calm_frames` times a second, which is
    all that can be read; what a person does is followed at full speed.
    """

    def __init__(
        self,
        frames_per_second: float = 60.0,
        *,
        calm_frames: float = 16.0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._interval = 1 / frames_per_second
        self._calm_interval = 1 / calm_frames
        self._clock = clock
        self._hot_until = clock() + _LINGER
        self._calm_until = 0.0
        self._last = 0.0  # when the last frame was due
        self._posted = False
        self._closed = False
        self.mode: Literal["glfw", "windows", "sleep"] = "sleep"
        self._wait_for_events: Callable[[float], bool] = self._sleep
        self._post: Callable[[], object] = _nothing
        self._find_functions()

    def poke(self) -> None:
        """Have frames drawn from now on for a moment: something happened by itself."""
        now = self._clock()
        is_awake = now < self._calm_until or now < self._hot_until
        self._calm_until = now + _LINGER_CALM
        if not (is_awake or self._closed):
            self._posted = True
            self._post()

    def hurry(self) -> None:
        """Have frames drawn at full speed for a moment: somebody did something. From any thread too."""
        now = self._clock()
        is_awake, self._hot_until = now < self._hot_until, now + _LINGER
        if not (is_awake or self._closed):
            self._post()

    def close(self) -> None:
        """Wake nobody any more: the window is about to go."""
        self._closed = True

    def wait(self, longest: float = _IDLE) -> bool:
        """Wait until a frame is due and return whether one is; after `longest` seconds without news, False."""
        now = self._clock()
        if now < self._hot_until:
            if self._last + self._interval > now:
                time.sleep(self._last + self._interval - now)
            self._last = max(self._clock(), self._last + self._interval)
            return True
        due = self._last + self._calm_interval if now < self._calm_until else now + min(longest, _IDLE)
        is_news = due <= now or self._is_woken(due - now) or self._clock() < self._calm_until
        if is_news:
            self._last, self._posted = self._clock(), False  # the frame takes in all events there are
        return is_news

    def _is_woken(self, seconds: float) -> bool:
        """Wait for something to happen and return whether it did; what a person does is followed at full speed."""
        self._posted = self._posted and self._clock() < self._calm_until
        if not self._wait_for_events(max(0.001, seconds)):
            return False
        if not self._posted:
            self._hot_until = self._clock() + _LINGER
        return True

    # --- how each system waits

    def _find_functions(self) -> None:
        try:
            if sys.platform == "win32":
                self._use_windows()
            else:
                self._use_glfw()
        except (AttributeError, ImportError, OSError):
            self.mode = "sleep"

    def _use_glfw(self) -> None:
        import dearpygui._dearpygui as extension

        library = ctypes.CDLL(extension.__file__)
        wait, post = library.glfwWaitEventsTimeout, library.glfwPostEmptyEvent
        wait.argtypes = [ctypes.c_double]

        def wait_for_events(seconds: float) -> bool:
            began = self._clock()
            wait(seconds)
            return self._clock() - began < seconds * 0.95

        self._wait_for_events, self._post, self.mode = wait_for_events, post, "glfw"

    def _use_windows(self) -> None:
        user32 = getattr(ctypes, "windll").user32  # noqa: B009  # only there on Windows

        def wait_for_events(seconds: float) -> bool:
            arguments = (0, None, int(seconds * 1000), _QS_ALLINPUT, _INPUT_AVAILABLE)
            return self._clock() < self._hot_until or user32.MsgWaitForMultipleObjectsEx(*arguments) == 0

        self._wait_for_events, self.mode = wait_for_events, "windows"

    def _sleep(self, seconds: float) -> bool:
        time.sleep(min(seconds, 0.1))
        self._posted = True  # nobody knows what happened; if a person did something, the frame will find out
        return True


def _nothing() -> None:
    return None
