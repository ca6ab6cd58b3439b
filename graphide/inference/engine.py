"""What a worker can do, as commands in and reports out: load a model, then count and generate with it.

No process and no pipes here (see `worker`). What happens with a loaded model is in `session`.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphide.errors import Cancelled, InferenceFault
from graphide.inference.llama import AbortFlag, EngineLog
from graphide.inference.model import load_model
from graphide.inference.protocol import (
    Command,
    Completion,
    Count,
    Counts,
    Entered,
    Generate,
    Load,
    Loaded,
    LoadProgress,
    Piece,
    PrefillProgress,
    Report,
)

if TYPE_CHECKING:
    from graphide.inference.session import Session

_PROGRESS_STEP = 0.02


class Engine:
    """The engine of one worker: at most one model at a time."""

    def __init__(self, library: Any, log: EngineLog, abort: AbortFlag) -> None:
        self._lib = library
        self._log = log
        self._abort = abort
        self._session: Session | None = None

    def run(
        self, command: Command, report: Callable[[Report], None]
    ) -> Generator[Entered | PrefillProgress | Piece, None, Loaded | Completion | Counts]:
        """Run a command: yields progress, returns its result; `report` takes progress from inside engine calls.

        Raises Cancelled when the abort flag is set, InferenceFault for everything the user can act on.
        """
        self._log.clear()
        match command:
            case Load():
                yield Entered("load")
                return self._load(command, report)
            case Count(request):
                yield Entered("prepare")
                return self._loaded().count(request)
            case Generate(request):
                return (yield from self._loaded().generate(request))
            case _:
                raise InferenceFault("bad_request", f"unknown command {type(command).__name__}")

    def _load(self, load: Load, report: Callable[[Report], None]) -> Loaded:
        if self._session:
            self._session.close()
            self._session = None
        # The engine needs no Python while it loads, so the rest of ours is imported meanwhile.
        importing = threading.Thread(target=_import_rest, name="graphide-import", daemon=True)
        importing.start()
        began, last = time.perf_counter(), -1.0

        def on_progress(fraction: float) -> None:
            nonlocal last
            if fraction - last >= _PROGRESS_STEP or fraction >= 1.0 > last:
                last = fraction
                report(LoadProgress(fraction))

        model = load_model(self._lib, load.path, load.options, log=self._log, abort=self._abort, progress=on_progress)
        importing.join()
        if model is None:
            raise Cancelled("the load was stopped")
        from graphide.inference.session import Session

        session = Session(model, self._abort)
        try:
            info = session.prepare()
            if self._abort:
                raise Cancelled("the load was stopped")
        except BaseException:
            session.close()
            raise
        self._session = session
        return Loaded(replace(info, load_seconds=time.perf_counter() - began))

    def _loaded(self) -> Session:
        if self._session is None:
            raise InferenceFault("bad_request", "no model is loaded", hint="Load one first")
        return self._session


def _import_rest() -> None:
    for name in ("graphide.inference.session", "jinja2.sandbox", "jinja2.ext"):
        importlib.import_module(name)
