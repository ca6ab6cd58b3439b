"""Ctrl-C and SIGTERM while a graph runs: the first one stops the run in good order, the second one ends the process."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from graphide.errors import EXIT_INTERRUPTED

_SHOW_CURSOR = b"\x1b[?25h"


@contextmanager
def interruptible(cancel: threading.Event) -> Iterator[None]:
    """Set `cancel` at the first Ctrl-C or SIGTERM within the block; a second one ends the process at once."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's business
        return
    pressed: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        if pressed:
            leave()
        pressed.append(number)
        # In a thread: the interrupted code may hold the lock of `cancel`, and a handler must not wait for it.
        threading.Thread(target=cancel.set, name="graphide-cancel", daemon=True).start()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave() -> None:
    """End the process at once, with the cursor where a terminal shows it."""
    with suppress(OSError, ValueError, AttributeError):
        if sys.stderr.isatty():
            os.write(sys.stderr.fileno(), _SHOW_CURSOR + b"\n")
    os._exit(EXIT_INTERRUPTED)
