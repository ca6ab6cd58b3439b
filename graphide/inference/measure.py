"""Questions to a worker process that lives for them only: what a load would take, what the engine can compute on.

The app's side. A header from a stranger may end the process it is read in, so no loaded model shares one with it.
"""

from __future__ import annotations

import itertools
import queue
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from graphide.errors import Cancelled
from graphide.inference import faults
from graphide.inference.patience import TICK, CancelFlag
from graphide.inference.process import WorkerProcess
from graphide.inference.protocol import (
    Command,
    Failed,
    Fit,
    Fitted,
    LoadOptions,
    Phase,
    Report,
    Survey,
    Surveyed,
    encode,
)
from graphide.inference.spawn import spawn

SECONDS = 60.0
"""How long one question may take, the start of the process included."""


class Measurer:
    """A worker process that measures one model file; made by `measuring`."""

    def __init__(self, process: WorkerProcess, path: str, options: LoadOptions, cancel: CancelFlag | None) -> None:
        self._ask = _Asking(process, cancel, f'model "{Path(path).name}"')
        self._path, self._options = path, options

    def __call__(self, sizes: Sequence[int], *, seconds: float = SECONDS) -> Fitted:
        """Return what a load takes for requests of each of `sizes` tokens (0: as the options say).

        Raises Cancelled, or InferenceFault: corrupt_file, unsupported_arch, bad_request, engine_abort, killed, stalled.
        """
        answer = self._ask(Fit(self._path, self._options, tuple(sizes)), seconds)
        assert isinstance(answer, Fitted)
        return answer


@contextmanager
def measuring(path: str, options: LoadOptions | None = None, *, cancel: CancelFlag | None = None) -> Iterator[Measurer]:
    """Start a process that measures a model file, and end it; raises OSError when the system cannot start one."""
    with _process() as process:
        yield Measurer(process, path, options or LoadOptions(), cancel)


def survey(*, cancel: CancelFlag | None = None, seconds: float = SECONDS) -> Surveyed:
    """Return what the engine of this machine is; raises Cancelled, or InferenceFault where it does not even start."""
    with _process() as process:
        answer = _Asking(process, cancel, "")(Survey(), seconds)
    assert isinstance(answer, Surveyed)
    return answer


@contextmanager
def _process() -> Iterator[WorkerProcess]:
    process = WorkerProcess(spawn())
    try:
        yield process
    finally:
        process.kill()  # nothing in it is worth waiting for
        process.end()


class _Asking:
    """One question after the other to one process; any fault is the end of it."""

    def __init__(self, process: WorkerProcess, cancel: CancelFlag | None, where: str) -> None:
        self._process, self._cancel, self._where = process, cancel, where
        self._ids = itertools.count(1)

    def __call__(self, command: Command, seconds: float) -> Report:
        process, request, began = self._process, next(self._ids), time.monotonic()
        process.forget_errors()
        replies = process.listen(request)
        process.send(encode(command, request))
        while True:
            if self._cancel and self._cancel.is_set():
                raise Cancelled("stopped")
            if time.monotonic() - began > seconds:
                process.kill()
                raise faults.stalled(self._phase(), seconds, process.error_lines(), where=self._where)
            try:
                frame = replies.next(TICK)
            except queue.Empty:
                continue
            if frame is None:
                code = process.exit_code()
                raise faults.from_exit(code, self._phase(), process.error_lines(), where=self._where)
            if isinstance(frame, Failed):
                raise faults.from_frame(frame, process.error_lines())
            if isinstance(frame, Fitted | Surveyed):
                return frame

    def _phase(self) -> Phase:
        return "load" if self._process.greeted else "start"
