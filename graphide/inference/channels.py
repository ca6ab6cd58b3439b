"""The worker's two pipes: commands in, read by a thread of its own, and reports out, written once a step.

Runs in the worker process. What commands do is in `engine`, the process itself is in `worker`.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from graphide.inference.llama import AbortFlag
from graphide.inference.protocol import Cancel, Command, Frame, FrameReader, Heartbeat, Piece, ProtocolError, encode

HEARTBEAT_SECONDS = 1.0
PIECE_SECONDS = 0.04  # text that grows 25 times a second flows; each piece wakes whoever is on its way to the reader
_CHUNK = 65536


@dataclass(slots=True)
class _Held:
    """Text of one request that is not sent yet, and when the last was."""

    text: str = ""
    tokens: int = 0
    sent: float = 0.0


class Outbox:
    """Gathers reports and writes them together; joins small pieces of text that follow each other quickly.

    Each write wakes the app's process, and on a machine whose cores are all computing that costs the engine more than
    the frames themselves. The first piece of a request goes at once; a later one waits for the next token if the last
    is younger than PIECE_SECONDS.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._held: dict[int, _Held] = {}
        self._ready = bytearray()

    def add(self, frame: Frame, request: int) -> None:
        """Take a frame, to be sent with the next `flush`; the text that is held goes before it."""
        held = self._held.get(request)
        if isinstance(frame, Piece):
            if held is None:
                held = self._held[request] = _Held()
            held.text += frame.text
            held.tokens += frame.tokens
            return
        if held is not None:
            self._release(held, request)
            del self._held[request]
        self._ready += encode(frame, request)

    def flush(self) -> None:
        """Write what is ready, and the text whose time has come."""
        now = time.perf_counter()
        for request, held in self._held.items():
            if held.tokens and now - held.sent >= PIECE_SECONDS:
                self._release(held, request)
                held.sent = now
        if self._ready:
            data, self._ready = self._ready, bytearray()
            self._write(data)

    def send(self, frame: Frame, request: int) -> None:
        """Write a frame at once, before what is gathered; safe in any thread."""
        self._write(encode(frame, request))

    def _release(self, held: _Held, request: int) -> None:
        if held.tokens:
            self._ready += encode(Piece(held.text, held.tokens), request)
            held.text, held.tokens = "", 0

    def _write(self, data: bytes | bytearray) -> None:
        view = memoryview(data)
        with self._lock:
            while view:
                view = view[os.write(self._descriptor, view) :]


class Inbox:
    """Reads commands in a thread of its own: they wait in a queue, and a cancel also stops the engine at once.

    When the app's end of the pipe closes the process ends on the spot, whatever the engine is doing.
    """

    def __init__(self, descriptor: int, abort: AbortFlag) -> None:
        self._descriptor = descriptor
        self._abort = abort
        self._commands: deque[tuple[Command, int]] = deque()
        self._changed = threading.Condition()
        self._cancelled: set[int] = set()
        self._guarded: Collection[int] = ()
        threading.Thread(target=self._read, name="graphide-commands", daemon=True).start()

    def take(self, *, wait: bool, seconds: float | None = None) -> list[tuple[Command, int]]:
        """Return the commands that have come; with `wait`, at least one, or none after so many `seconds`."""
        if not wait and not self._commands:
            return []  # looked at between two tokens, so without the lock
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._commands, seconds)
            commands = list(self._commands)
            self._commands.clear()
            self._cancelled.difference_update(request for command, request in commands if isinstance(command, Cancel))
        return commands

    @contextmanager
    def guard(self, requests: Collection[int]) -> Iterator[None]:
        """Let a cancel of one of these requests set the abort flag while the engine works on them."""
        with self._changed:
            self._guarded = requests
            if not self._cancelled.isdisjoint(requests):
                self._abort.set()
        try:
            yield
        finally:
            with self._changed:
                self._guarded = ()
                self._abort.clear()

    def _read(self) -> NoReturn:
        reader = FrameReader()
        while True:
            try:
                data = os.read(self._descriptor, _CHUNK)
            except OSError:
                data = b""
            if not data:
                os._exit(0)
            try:
                for frame, request in reader.feed(data):
                    self._put(frame, request)
            except ProtocolError as error:
                os.write(2, f"{error}\n".encode())
                os._exit(4)

    def _put(self, frame: Frame, request: int) -> None:
        with self._changed:
            self._commands.append((frame, request))  # type: ignore[arg-type]
            if isinstance(frame, Cancel):
                self._cancelled.add(request)
                if request in self._guarded:
                    self._abort.set()
            self._changed.notify()


class Heart(threading.Thread):
    """Beats while there is work, so that the app can tell a slow engine from a dead process."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__(name="graphide-heartbeat", daemon=True)
        self._outbox = outbox
        self._busy = threading.Event()

    def beat(self, busy: bool) -> None:
        """Begin to beat, or stop."""
        if busy != self._busy.is_set():
            (self._busy.set if busy else self._busy.clear)()

    def run(self) -> None:
        """Beat for ever; the thread dies with the process."""
        while True:
            self._busy.wait()
            time.sleep(HEARTBEAT_SECONDS)
            if self._busy.is_set():
                self._outbox.send(Heartbeat(), 0)
