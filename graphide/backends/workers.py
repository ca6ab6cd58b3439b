"""The worker processes of a program: one per loaded model, as many as fit into the memory budget.

A model that nobody uses gives way to another one, and is closed after a while; one that is used stays. Who comes and goes
is decided in `residents`; what is asked of a model is in `local`; how a process is talked to is in
`graphide.inference.client`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graphide.backends.memory import (
    Budget,
    Limit,
    LoadedModel,
    Measure,
    Needs,
    automatic_limit,
    expected_bytes,
    held_bytes,
)
from graphide.backends.residents import Resident, Residents, Wanted
from graphide.errors import InferenceFault
from graphide.inference.client import Worker
from graphide.inference.patience import CancelFlag, Limits
from graphide.inference.protocol import (
    Completion,
    Counts,
    Embeddings,
    GenerateRequest,
    LoadOptions,
    LoadProgress,
    ModelInfo,
    Notice,
    Piece,
    PrefillProgress,
    Share,
)
from graphide.inference.spawn import Spawned

OptionsOf = Callable[[LoadOptions, Path], LoadOptions]
"""Gives the options of a model file, from the usual ones."""
KEEP_ALIVE = 300.0
"""Seconds that an unused model stays loaded."""


class Workers:
    """The worker processes of a program, one per loaded model. Owns them; `close` ends them. Safe between threads."""

    def __init__(
        self,
        options: LoadOptions | None = None,
        *,
        memory_budget: int = 0,
        keep_alive: float = KEEP_ALIVE,
        patience: float = Limits().turn,
        needs: Needs = expected_bytes,
        measure: Measure = held_bytes,
        limit: Limit = automatic_limit,
        clock: Callable[[], float] = time.monotonic,
        spawned: Spawned | None = None,
    ) -> None:
        """Start nothing yet; `spawned` is a worker process that was started already, for the first model.

        All models together may hold `memory_budget` bytes, or what `limit` says where that is 0. An unused model is
        closed after `keep_alive` seconds (0: at once, below 0: never). A request waits up to `patience` seconds for
        models in use that are in its way.
        """
        self.options = options or LoadOptions()
        self._keep_alive, self._patience, self._clock = keep_alive, patience, clock
        budget = Budget(bytes=memory_budget, needs=needs, measure=measure, limit=limit)
        self._own_options: OptionsOf = _usual
        self._residents = Residents(self.options_of, budget, clock=clock, spawned=spawned)
        self._closer: threading.Thread | None = None

    # --- how models are loaded

    def options_of(self, path: Path) -> LoadOptions:
        """Return how a model file is loaded at its next load."""
        return self._own_options(self.options, path)

    def use(self, options: LoadOptions, own: OptionsOf | None = None) -> None:
        """Take other options, and `own` ones of single files; a model that has others is loaded anew at its next use."""
        self.options = options
        self._own_options = own or _usual

    # --- use

    def expect(self) -> None:
        """Start a worker process now, so that it is there when the first model is asked for."""
        self._residents.expect()

    def get(self, path: Path, sha256: str = "") -> LocalModel:
        """Return a model file to be asked; its first request loads it, and idle models may give way to it."""
        return LocalModel(self, path, sha256)

    def counter(self, path: Path, sha256: str = "") -> LocalModel:
        """Return a model file to be asked for what needs no weights: they are not loaded for that."""
        return LocalModel(self, path, sha256)

    @contextmanager
    def hold(
        self, path: Path, sha256: str = "", *, counting: bool = False, cancel: CancelFlag | None = None
    ) -> Iterator[Worker]:
        """Give the worker of a model file, which stays while it is held; its first request loads the model.

        With `counting` it may be one that has only the vocabulary. Waits for models in use that are in the way: a graph
        that asks two models at a time is right, and takes longer. So who holds one model should not ask for another.
        Raises Cancelled, and InferenceFault (oom) where there is no room, or none in time.
        """
        resident = self._residents.take(Wanted(path, sha256, counting), cancel=cancel, patience=self._patience)
        try:
            yield resident.worker
        finally:
            self._give_back(resident)

    # --- what is loaded

    def load(
        self, path: Path, sha256: str = "", *, anyway: bool = False, cancel: CancelFlag | None = None
    ) -> Generator[LoadProgress, None, LoadedModel]:
        """Load a model now, yielding progress. It does not wait for room: whoever asks is there to make some.

        `anyway` loads it also where it does not fit once all idle models are closed. Raises what `hold` raises, and the
        faults of a load.
        """
        wanted = Wanted(path, sha256)
        resident = self._residents.take(wanted, cancel=cancel, alone=True, anyway=anyway)
        try:
            if not resident.loaded:
                yield from resident.worker.load(str(path), resident.options, cancel=cancel)
            resident.used = self._clock()
            return self._seen(resident, users=resident.users - 1)
        finally:
            self._give_back(resident)

    def unload(self, path: Path) -> int:
        """Close a model and return the bytes that this gave back, measured before and after; 0 when it was not loaded.

        Raises InferenceFault (bad_request) while it is in use.
        """
        residents, key = self._residents, Wanted(path).key[0]
        with residents.changed:
            found = [resident for resident in residents.by_use() if resident.wanted.key[0] == key]
            if any(resident.users for resident in found):
                where, hint = f'model "{path.name}"', "Wait for its answers or stop them first"
                raise InferenceFault("bad_request", "it is in use", where=where, hint=hint)
            residents.dismiss(found)
        before = sum(map(residents.held, found))
        residents.end(found)
        return before - sum(map(residents.held, found))

    def loaded(self) -> tuple[LoadedModel, ...]:
        """Return the models that processes hold now, the one used longest ago first."""
        with self._residents.changed:
            return tuple(self._seen(found, users=found.users) for found in self._residents.by_use() if found.loaded)

    def info(self, path: Path) -> ModelInfo | None:
        """Return what a loaded model is, None while it is not loaded."""
        with self._residents.changed:
            resident = self._residents.find(Wanted(path))
            return resident.worker.info if resident and resident.loaded else None

    # --- closing

    def close_idle(self) -> tuple[Path, ...]:
        """Close the models that nobody used for as long as they are kept, and return their files."""
        with self._residents.changed:
            expired = [found for found in self._residents.by_use() if self._left(found, found.users) == 0]
            self._residents.dismiss(expired)
        self._residents.end(expired)
        return tuple(resident.wanted.path for resident in expired)

    def close(self) -> None:
        """End all workers; requests that run or wait are cancelled. Safe to call twice."""
        self._residents.close()
        with self._residents.changed:
            closer = self._closer
        if closer is not None:
            closer.join()

    def _give_back(self, resident: Resident) -> None:
        with self._residents.changed:
            self._residents.give_back(resident)
            if self._closer is None and self._keep_alive >= 0 and not self._residents.closed:
                self._closer = threading.Thread(target=self._keep_closing, name="graphide-keep-alive", daemon=True)
                self._closer.start()

    def _keep_closing(self) -> None:
        """Close unused models in time, until none is left; runs in a thread of its own."""
        residents = self._residents
        while True:
            self.close_idle()
            with residents.changed:
                here = residents.by_use()
                if residents.closed or not here:
                    self._closer = None
                    return
                left = [left for found in here if (left := self._left(found, found.users)) is not None]
                if 0 not in left:
                    residents.changed.wait(min(left, default=None))  # a use that ends wakes it too

    def _left(self, resident: Resident, users: int) -> float | None:
        """Return the seconds until a model is closed by itself, None when it is not."""
        if users or self._keep_alive < 0:
            return None
        return max(0.0, resident.used + self._keep_alive - self._clock())

    def _seen(self, resident: Resident, users: int) -> LoadedModel:
        info, now = resident.worker.info, self._clock()
        return LoadedModel(
            path=resident.wanted.path,
            bytes=self._residents.held(resident),
            n_ctx=info.n_ctx if info else 0,
            age=now - resident.since,
            idle=0.0 if users else now - resident.used,
            busy=users > 0,
            unload_in=self._left(resident, users),
            counting=resident.wanted.counting,
        )


def _usual(options: LoadOptions, _: Path) -> LoadOptions:
    return options


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model file as its users see it: asked through whichever process holds it, and loaded again where none does."""

    _workers: Workers
    path: Path
    sha256: str = ""

    @property
    def info(self) -> ModelInfo | None:
        """What the model is, None while it is not loaded."""
        return self._workers.info(self.path)

    def generate(
        self, request: GenerateRequest, *, cancel: CancelFlag | None = None
    ) -> Generator[Piece | PrefillProgress | LoadProgress | Notice, None, Completion]:
        """Answer a request like `Worker.generate`; raises also what `Workers.hold` raises."""
        with self._workers.hold(self.path, self.sha256, cancel=cancel) as worker:
            return (yield from worker.generate(request, cancel=cancel))

    def embed(self, texts: Sequence[str], *, cancel: CancelFlag | None = None) -> Embeddings:
        """Turn texts into vectors like `Worker.embed`; raises also what `Workers.hold` raises."""
        with self._workers.hold(self.path, self.sha256, cancel=cancel) as worker:
            return worker.embed(texts, cancel=cancel)

    def count(self, request: GenerateRequest, *, cancel: CancelFlag | None = None) -> Counts:
        """Count the tokens of a prompt like `Worker.count`, without loading the weights for it."""
        with self._workers.hold(self.path, self.sha256, counting=True, cancel=cancel) as worker:
            return worker.count(request, cancel=cancel)

    def compare(self, requests: Sequence[GenerateRequest], *, cancel: CancelFlag | None = None) -> tuple[Share, ...]:
        """Say how much of prompts is the same like `Worker.compare`, without loading the weights for it."""
        with self._workers.hold(self.path, self.sha256, counting=True, cancel=cancel) as worker:
            return worker.compare(requests, cancel=cancel)
