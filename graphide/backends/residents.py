"""The models that worker processes hold: who is there, who uses them, who may come and who has to go.

A model comes when there is room for it, or when idle models make room; one that is used never goes. The figures for that
are in `memory`; what the program asks for, and when unused models are closed, is in `workers`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from graphide.backends.memory import VOCABULARY_NEED, Budget, giving_way, no_room, too_large
from graphide.errors import Cancelled
from graphide.inference.client import Worker
from graphide.inference.patience import TICK, CancelFlag
from graphide.inference.protocol import LoadOptions
from graphide.inference.spawn import Spawned


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model file to be held: its content's sha256 ("": not known), and whether its vocabulary is enough."""

    path: Path
    sha256: str = ""
    counting: bool = False

    @property
    def key(self) -> tuple[str, bool]:
        """What it is found by: the file itself, so that a link to it is the same model."""
        return os.path.realpath(self.path), self.counting

    def options(self, options: LoadOptions) -> LoadOptions:
        """Return the options of its load."""
        if self.counting:
            return replace(options, vocab_only=True, prefix_folder="", prefix_bytes=0, speculation="off")
        return replace(options, model_key=self.sha256)


@dataclass(slots=True, eq=False)
class Resident:
    """A worker that holds a model or is about to; `users` ask it now, `loading`: one of them wants to be alone for that.

    `options` are those it was aimed with; `need` is what it is expected to hold, in bytes; `since` and `used` (last) are times of the clock.
    """

    wanted: Wanted
    worker: Worker
    options: LoadOptions
    need: int
    since: float
    used: float
    users: int = 0
    loading: bool = False
    last_pid: int | None = None  # of one that leaves, until its memory is back

    @property
    def pid(self) -> int | None:
        """The id of the process, None while there is none."""
        return self.last_pid or self.worker.pid

    @property
    def loaded(self) -> bool:
        """Whether a process runs that holds the model."""
        return self.worker.info is not None and self.worker.pid is not None

    def open_to(self, alone: bool) -> bool:
        """Return whether one more may use it, who wants to be alone for its load or not."""
        return not self.loading and not (alone and self.users and not self.loaded)


class Residents:
    """The table of residents. Everything in it changes under `changed`; ending processes takes time, so that is outside."""

    def __init__(
        self,
        options_of: Callable[[Path], LoadOptions],
        budget: Budget,
        *,
        clock: Callable[[], float],
        spawned: Spawned | None,
    ) -> None:
        """Begin with nobody; `options_of` says how a file is to be loaded now, `spawned` is a process for the first one."""
        # Reentrant: a forgotten answer is closed, and gives its model free, wherever the garbage collector runs.
        self.changed = threading.Condition(threading.RLock())
        self.closed = False
        self._options_of, self._budget, self._clock = options_of, budget, clock
        self._here: dict[tuple[str, bool], Resident] = {}
        self._leaving: list[Resident] = []
        self._spare = Worker(spawned=spawned) if spawned else None

    def expect(self) -> None:
        """Start a worker process now, for whoever comes first."""
        with self.changed:
            if self._spare is None and not self._here and not self.closed:
                self._spare = Worker()
                self._spare.start()

    def by_use(self) -> list[Resident]:
        """Return all, the one used longest ago first."""
        return sorted(self._here.values(), key=lambda resident: resident.used)

    def find(self, wanted: Wanted) -> Resident | None:
        """Return who has a model or loads it: for counting its tokens the one with the weights, where they are loaded."""
        if wanted.counting:
            whole = self._here.get(replace(wanted, counting=False).key)
            if whole is not None and whole.loaded:
                return whole
        found = self._here.get(wanted.key)
        return found if found is not None and (found.users or found.loaded) else None

    def take(
        self,
        wanted: Wanted,
        *,
        cancel: CancelFlag | None = None,
        patience: float = 0.0,
        alone: bool = False,
        anyway: bool = False,
    ) -> Resident:
        """Return the resident of a model, made where there is none, and count the caller among its users.

        Waits up to `patience` seconds for users of others that are in the way. `alone`: where the model is not loaded yet,
        nobody else uses it until the caller gives it back. `anyway`: it comes even where it does not fit. Raises
        Cancelled, and InferenceFault (oom).
        """
        need, deadline = self._need(wanted), time.monotonic() + patience
        while True:
            with self.changed:
                if self.closed or (cancel is not None and cancel.is_set()):
                    raise Cancelled("the models were closed" if self.closed else "stopped while waiting for the model")
                leaving = self._outdated(wanted)
                resident = None if leaving else self.find(wanted)
                if not leaving and not resident:
                    leaving = self._in_the_way(wanted, need, anyway=anyway)
                if leaving:
                    self.dismiss(leaving)
                elif leaving is None:
                    self._wait_for_room(wanted, need, deadline)
                else:
                    resident = resident or self._enter(wanted, need)
                    if resident.open_to(alone):
                        return self._let_in(resident, alone=alone)
                    self.changed.wait(TICK)
            self.end(leaving or ())

    def give_back(self, resident: Resident) -> None:
        """Count the caller among the users of a resident no longer."""
        with self.changed:
            resident.users -= 1
            resident.loading = False
            resident.used = self._clock()
            self.changed.notify_all()

    def dismiss(self, residents: Sequence[Resident]) -> None:
        """Take residents out of the table; `end` them after that, without the lock."""
        for resident in residents:
            resident.last_pid = resident.worker.pid
            del self._here[resident.wanted.key]
            self._leaving.append(resident)

    def end(self, residents: Sequence[Resident]) -> None:
        """End the processes of residents that were dismissed; they count until their memory is back."""
        for resident in residents:
            try:
                resident.worker.close()
            finally:
                with self.changed:
                    self._leaving.remove(resident)
                    self.changed.notify_all()

    def close(self) -> None:
        """End everybody; requests that run or wait are cancelled."""
        with self.changed:
            self.closed = True
            everyone, spare, self._spare = self.by_use(), self._spare, None
            self.dismiss(everyone)
            self.changed.notify_all()
        if spare:
            spare.close()
        self.end(everyone)

    def held(self, resident: Resident) -> int:
        """Return the bytes of a resident: measured, but what it is expected to hold while it is on its way there."""
        held = self._budget.measure(resident.pid) if resident.pid is not None else 0
        return max(held, resident.need) if resident.users and not resident.loaded else held

    def _outdated(self, wanted: Wanted) -> list[Resident] | None:
        """Return whom to close because the user wants the model loaded in another way since; one in use stays as it is."""
        found = self.find(wanted)
        if found is None or found.users or found.options == found.wanted.options(self._options_of(wanted.path)):
            return []
        return [found]

    def _in_the_way(self, wanted: Wanted, need: int, *, anyway: bool) -> list[Resident] | None:
        """Return whom to close before a model can come, None when it has to be waited; raises InferenceFault (oom)."""
        limit = self._limit()
        if need > limit and not anyway:
            raise too_large(wanted.path, need, limit)
        others = [other for other in self.by_use() if other.wanted.key != wanted.key]
        idle = [other for other in others if not other.users]
        excess = sum(map(self.held, others)) + need - limit
        count = giving_way([self.held(other) for other in idle], excess)
        if count is None:
            return idle if anyway else None
        soon = sum(map(self.held, self._leaving))
        return None if count == 0 and soon and excess + soon > 0 else idle[:count]

    def _wait_for_room(self, wanted: Wanted, need: int, deadline: float) -> None:
        if not self._leaving and time.monotonic() >= deadline:
            raise no_room(
                wanted.path, need, self._limit(), [(other.wanted.path, self.held(other)) for other in self.by_use()]
            )
        self.changed.wait(TICK)

    def _enter(self, wanted: Wanted, need: int) -> Resident:
        now, old = self._clock(), self._here.get(wanted.key)
        if old is not None:  # its load failed, or its process died: the worker starts again by itself
            worker = old.worker
        else:
            worker, self._spare = self._spare or Worker(), None
        options = wanted.options(self._options_of(wanted.path))
        worker.aim(str(wanted.path), options)
        resident = self._here[wanted.key] = Resident(wanted, worker, options, need, now, now)
        return resident

    @staticmethod
    def _let_in(resident: Resident, *, alone: bool) -> Resident:
        resident.users += 1
        resident.loading = alone and not resident.loaded
        return resident

    def _need(self, wanted: Wanted) -> int:
        return VOCABULARY_NEED if wanted.counting else self._budget.needs(wanted.path)

    def _limit(self) -> int:
        """Return the bytes that all together may hold now."""
        everyone = (*self._here.values(), *self._leaving)
        pids = [resident.pid for resident in everyone if resident.pid is not None]
        return self._budget.bytes or self._budget.limit(pids)
