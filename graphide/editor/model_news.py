"""What a session says of models by itself: downloads that ended, and models that graphs name and this machine lacks."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from graphide.editor.model_asked import Asked
from graphide.editor.model_machine import MachineState
from graphide.editor.model_missing import (
    NamedModel,
    finding,
    is_on_the_hub,
    lacks_a_model,
    missing,
    named_in,
    named_inside,
    sentence,
)
from graphide.editor.model_tasks import Tasks
from graphide.models.download_job import Job
from graphide.models.library import DEFAULT

if TYPE_CHECKING:
    from graphide.editor.runview import RunView
    from graphide.editor.session import Session
    from graphide.editor.tabs import Tab

_MISSING = "missing"


class News:
    """Says what happened to models. `asked` are those who wait for a download, by its id; `ready` what they can use."""

    def __init__(self, session: Session, tasks: Tasks, machine: MachineState) -> None:
        self._session = session
        self._tasks = tasks
        self._machine = machine
        self._missing: dict[Tab, tuple[NamedModel, ...]] = {}
        self._seen: RunView | None = None
        self.asked: dict[str, Asked] = {}
        self.ready: tuple[str, str] = ("", "")

    # --- downloads

    def finished(self, job: Job) -> None:
        """Say that a download is here, and offer it to who asked for it."""
        asked = self.asked.get(job.id)
        for_whom = f" and can be used for {asked.label}" if asked is not None and asked.label else ""
        if asked is not None and not asked.gone(self._session):
            self.ready = (job.id, job.request.targets[0].name)
        action = "use_model" if self.ready[0] == job.id else "models"
        text = f"The model {job.name} is here, and is what the hub promised{for_whom}"
        self._session.say(text, "success", action=action)
        self._machine.look()
        for tab in tuple(self._missing):
            self.look_for_missing(tab, quiet=True)

    def broke(self, job: Job) -> None:
        """Say that a download ended without the file."""
        self._session.say(f"The download of {job.name} {job.state}: {job.problem}", "error", action="downloads")

    def went_on(self, count: int) -> None:
        """Say that downloads of the last session go on."""
        if count:
            what = "A download goes on" if count == 1 else f"{count} downloads go on"
            self._session.say(f"{what} where the last session ended", action="downloads")

    def can_use(self, job_id: str) -> bool:
        """Return whether somebody who is still there waits for a download."""
        asked = self.asked.get(job_id)
        return asked is not None and not asked.gone(self._session)

    def use(self, job_id: str, file: str) -> None:
        """Give a downloaded model to who asked for it."""
        asked = self.asked.pop(job_id, None)
        if self.ready[0] == job_id:
            self.ready = ("", "")
        if asked is None or asked.gone(self._session):
            self._session.say("The graph that asked for the model is closed")
            return
        self._session.popups.dialog = None
        asked.take(self._session, file)

    # --- models that graphs lack

    def lacked_by(self, tab: Tab) -> tuple[NamedModel, ...]:
        """Return the models that the graph of a tab lacks, as far as that is known."""
        return self._missing.get(tab, ())

    def look_for_missing(self, tab: Tab, *, quiet: bool = False) -> None:
        """Find out what the graph of a tab lacks, and say so unless `quiet`."""
        workspace, document = self._session.workspace, tab.document.source
        named = named_in(self._session, document.graph)

        def work(_: threading.Event) -> tuple[NamedModel, ...]:
            return missing((*named, *named_inside(workspace, document, named)), workspace.library)

        self._tasks.begin(_MISSING, work, partial(self._found, tab, quiet), lambda _: None)

    def find(self, node: str = "") -> None:
        """Open the dialog that looks for a model that the graph that is shown lacks: that of a node, else the first."""
        lacked = self.lacked_by(self._session.tab) or (NamedModel(DEFAULT, "", ()),)
        found = next((each for each in lacked if node in each.nodes), lacked[0])
        self._session.popups.ask(finding(self._session, found))

    def follow(self) -> None:
        """Look at a run that ended: what it lacked is offered."""
        view = self._session.tab.runs.view
        if view is not self._seen:
            self._seen = view
            if lacks_a_model(view):
                self.look_for_missing(self._session.tab)

    def _found(self, tab: Tab, quiet: bool, found: tuple[NamedModel, ...]) -> None:
        if tab not in self._session.tabs:
            return
        self._missing = {other: lacked for other, lacked in self._missing.items() if other in self._session.tabs}
        self._missing[tab] = found
        if found and not quiet:
            action = "get_model" if is_on_the_hub(found[0]) else "find_model"
            self._session.say(sentence(tab.title, found), "warning", action=action)
