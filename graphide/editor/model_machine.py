"""The models of this machine and what is done with them: loaded, closed, verified, deleted, each in a thread of its own.

What they are is `model_library`; here is what goes on, how far it is, and what came of it.
"""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Literal

from graphide.editor.model_library import Machine, OwnModel, look, verified_text, with_loaded
from graphide.editor.model_list import size_text
from graphide.editor.model_tasks import Tasks, Work
from graphide.errors import Cancelled, GraphideError
from graphide.models.removal import remove
from graphide.models.verify import Verified, verify_steps
from graphide.workspace import Workspace

Doing = Literal["loading", "unloading", "verifying", "deleting"]
_LOOK = "look"
_STEP = 0.01  # of the whole: what is worth drawing


@dataclass(frozen=True, slots=True)
class Going:
    """What is being done with a model, and how far it is, 0 to 1 (0 where that is not known)."""

    doing: Doing
    fraction: float = 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """What came of something that was done with a model; `good` False: it went wrong."""

    text: str
    good: bool = True


class MachineState:
    """The models, None before the first look; `going` and `said` are by the key of a model."""

    def __init__(self, workspace: Workspace, tasks: Tasks) -> None:
        self._workspace = workspace
        self._tasks = tasks
        self.now: Machine | None = None
        self.problem = ""
        self.going: dict[str, Going] = {}
        self.said: dict[str, Said] = {}

    @property
    def looking(self) -> bool:
        """Whether the folders are being looked through."""
        return self._tasks.busy(_LOOK)

    def look(self) -> None:
        """Look through the folders again."""
        self._tasks.begin(_LOOK, lambda _: look(self._workspace), self._looked, self._look_failed, newest=True)

    def look_at_memory(self) -> None:
        """Look again at what is loaded, and not through the folders; for a window that is open, every second or so."""
        if (now := self.now) is not None and not self.looking:
            self._tasks.begin(
                _LOOK, lambda _: with_loaded(now, self._workspace), self._looked, self._look_failed, newest=True
            )

    def load(self, own: OwnModel) -> None:
        """Load a model into memory."""

        def work(stop: threading.Event) -> Said:
            with closing(self._workspace.load_model(own.key)) as steps:
                while True:
                    try:
                        progress = next(steps)
                    except StopIteration as end:
                        return Said(f"Loaded; it holds {size_text(end.value.bytes)}")
                    if stop.is_set():
                        raise Cancelled("the load was stopped")
                    self._note(own.key, Going("loading", progress.fraction))

        self._begin(own, "loading", work)

    def unload(self, own: OwnModel) -> None:
        """Close a loaded model."""

        def work(_: threading.Event) -> Said:
            return Said(f"{size_text(self._workspace.unload_model(own.key))} of memory are free again")

        self._begin(own, "unloading", work)

    def verify(self, own: OwnModel) -> None:
        """Read all bytes of a model and compare them with what they should be."""

        def work(stop: threading.Event) -> Said:
            found = self._verified(own, stop)
            return Said(verified_text(found), all(each.verdict != "differs" for each in found))

        self._begin(own, "verifying", work)

    def delete(self, own: OwnModel) -> None:
        """Delete the files of a model; the user was asked (`OwnModel.before_deleting`). One in memory is closed first."""

        def work(_: threading.Event) -> Said:
            if own.owner == "package":
                raise GraphideError(
                    "came with a package", where=f'model "{own.model.file}"', hint="Uninstall that package with pip"
                )
            if any(each.path == own.model.path for each in self._workspace.loaded()):
                self._workspace.unload_model(own.key)
            return Said(f"{size_text(remove(self._workspace.library, own.model, anywhere=True))} are free again")

        self._begin(own, "deleting", work)

    def stop(self, own: OwnModel) -> None:
        """Stop loading or verifying a model."""
        self._tasks.stop(own.key)

    # --- inside

    def _verified(self, own: OwnModel, stop: threading.Event) -> tuple[Verified, ...]:
        shown = 0.0
        with closing(verify_steps(own.model.parts, self._workspace.library.cache)) as steps:
            while True:
                try:
                    fraction = next(steps) / max(1, own.model.size)
                except StopIteration as end:
                    found: tuple[Verified, ...] = end.value
                    return found
                if stop.is_set():
                    raise Cancelled("the verification was stopped")
                if fraction - shown >= _STEP:
                    shown = fraction
                    self._note(own.key, Going("verifying", fraction))

    def _begin(self, own: OwnModel, doing: Doing, work: Work[Said]) -> None:
        if own.key in self.going:
            return
        self.going[own.key] = Going(doing)
        self.said.pop(own.key, None)
        self._tasks.begin(
            own.key, work, partial(self._ended, own.key), lambda sentence: self._ended(own.key, Said(sentence, False))
        )

    def _note(self, key: str, going: Going) -> None:
        def put() -> None:
            if key in self.going:
                self.going[key] = going

        self._tasks.post(put, key=("going", key))

    def _ended(self, key: str, said: Said) -> None:
        del self.going[key]
        if said.text:
            self.said[key] = said
        self.look()

    def _looked(self, machine: Machine) -> None:
        self.now, self.problem = machine, ""

    def _look_failed(self, sentence: str) -> None:
        self.problem = sentence
