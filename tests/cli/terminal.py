"""The command in a pseudo-terminal: keys go in, and what a person would read comes out, without what moves the cursor."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from cli.command import Command

_STATUS = re.compile(rb"\x1b7.*?\x1b8", re.DOTALL)  # the line below an answer, which comes and goes
_CONTROL = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[78DM=>]|\x1b\][^\x07]*\x07|\r")
ENTER, NEW_LINE, CTRL_C, CTRL_D = "\r", "\x1b\r", "\x03", "\x04"
READY = "❯"
"""Stands in the text where the command begins to wait for a message; a terminal is then told how to paste."""


class Terminal:
    """A running command whose terminal is ours."""

    def __init__(self, command: Command, arguments: tuple[str, ...], width: int = 100) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self._own, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 30, width, 0, 0))
        self.process = subprocess.Popen(
            command.line(*arguments), cwd=command.folder, env=dict(command.env), stdin=other, stdout=other, stderr=other,
            start_new_session=True, preexec_fn=_take_terminal,  # noqa: PLW1509  # one system call
        )  # fmt: skip
        os.close(other)
        self.raw = b""
        self._read = 0

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._own)

    @property
    def text(self) -> str:
        """What was written so far."""
        return _plain(self.raw)

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._own, keys.encode())

    def say(self, text: str, until: str = READY) -> str:
        """Type a line, and return what came back, as far as `until` at least."""
        self.press(text + ENTER)
        return self.see(until)

    def see(self, until: str, within: float = 20) -> str:
        """Wait for a text, and return what was written since the last one that was waited for."""
        end = time.monotonic() + within
        while True:
            new = _plain(self.raw[self._read :])
            if until in new:
                self._read = len(self.raw)
                return new
            left = end - time.monotonic()
            assert left > 0, f"{until!r} did not come: {new!r}"
            assert self._more(left), f"it ended before {until!r}: {new!r}"

    def end(self, within: float = 20) -> int:
        """Wait for the end of the command and return its exit code."""
        end = time.monotonic() + within
        while self._more(max(0.0, end - time.monotonic())):
            assert time.monotonic() < end, self.text
        return self.process.wait(5)

    def kill(self) -> None:
        """End the command as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def _more(self, within: float) -> bool:
        if not select.select([self._own], [], [], within)[0]:
            return True
        try:
            piece = os.read(self._own, 65_536)
        except OSError:  # the other end is closed
            return False
        if b"\x1b[6n" in piece:  # where is the cursor?
            os.write(self._own, b"\x1b[1;1R")
        self.raw += piece
        return bool(piece)


@contextmanager
def terminal(command: Command, *arguments: str) -> Iterator[Terminal]:
    """Run the command in a terminal until the block ends, from when it waits for the first message."""
    with Terminal(command, arguments) as running:
        running.see(READY)
        yield running


def _plain(data: bytes) -> str:
    return _CONTROL.sub(b"", _STATUS.sub(b"", data).replace(b"\x1b[?2004h", READY.encode())).decode("utf-8", "replace")


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
