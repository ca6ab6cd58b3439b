"""A tab: one open document with everything that belongs to looking at it. What happens in it is in `session`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphide.editor.arrange import first_places
from graphide.editor.chat import ChatSession
from graphide.editor.document import Document
from graphide.editor.hittest import HitIndex
from graphide.editor.journal import Journal
from graphide.editor.latest import Latest
from graphide.editor.planning import PlanView
from graphide.editor.run_history import RunHistory
from graphide.editor.runs import RunControl, Seeds
from graphide.editor.runview import RunView
from graphide.editor.selection import Selection
from graphide.editor.viewmodel import CanvasBuilder
from graphide.editor.views import Camera, CanvasView
from graphide.graph.model import Graph
from graphide.graph.problems import Problem
from graphide.spec.nodespec import Port
from graphide.workspace import Document as Source, Workspace

QUIET = 0.25
"""Seconds without an edit before a document is checked and planned."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with a graph."""

    graph: Graph = field(default_factory=Graph)
    problems: tuple[Problem, ...] = ()


class Tab:
    """One open document: its selection, camera, runs, plan, problems and chat.

    `inside` is the tab and the node whose inner graph this is; saving then writes into that node. `alone` says that the
    chat is shown without the graph, which then is nothing but a chat with a model.
    """

    def __init__(
        self,
        document: Document,
        workspace: Workspace,
        *,
        wake: Callable[[], None],
        clock: Callable[[], float],
        history: RunHistory,
        inside: tuple[Tab, str] | None = None,
    ) -> None:
        self.document = document
        self.inside = inside
        self.alone = False
        self.selection = Selection()
        self.camera = Camera()
        self.is_fitted = False
        self.builder = CanvasBuilder()
        self.index = HitIndex()
        self.seeds = Seeds()
        self.inputs: dict[str, Any] = {}
        self.ports_seen: tuple[object, object, tuple[Port, ...]] = (None, None, ())
        self.runs = RunControl(workspace, wake, clock=clock, history=history)
        self.chat: ChatSession | None = None
        self.outside = "same"
        self.notice = 0
        self.checks: Latest[Source, Checked] = Latest(
            "graphide-check", lambda source: _checked(workspace, source, document.journal), wake
        )
        self._asked_at = -1
        self._seen_at = -1
        self._edited = clock()
        self._view: RunView = self.runs.view
        self._plan: PlanView | None = None
        self._checked: Checked | None = None
        self._sorted: tuple[tuple[Problem, ...], Mapping[str, tuple[Problem, ...]]] = ((), {})

    @property
    def title(self) -> str:
        """What the tab is called."""
        if self.inside is not None:
            return f"{self.inside[0].title} › {self.inside[1]}"
        if self.alone:
            return self.chat.title if self.chat is not None and self.chat.turns.turns else "New chat"
        return self.document.name

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the document, as far as it was looked at."""
        checked = self.checks.latest
        return checked.problems if checked is not None else ()

    @property
    def plan(self) -> PlanView | None:
        """What a run would do, None while that is not known for the graph as it is."""
        plan = self.runs.planned
        return plan if plan is not None and plan.graph is self.document.graph else None

    def problems_of(self) -> Mapping[str, tuple[Problem, ...]]:
        """Return the problems by the node that they are about, the same object for as long as they are the same."""
        problems = self.problems
        if problems is not self._sorted[0]:
            found: dict[str, tuple[Problem, ...]] = {}
            for problem in problems:
                found[problem.node] = (*found.get(problem.node, ()), problem)
            self._sorted = (problems, found)
        return self._sorted[1]

    def tick(self, now: float) -> bool:
        """Take in what threads have left, ask for what is due, and return whether something is to be seen of it."""
        document = self.document
        if document.changed != self._seen_at:
            self._seen_at, self._edited = document.changed, now
            self.selection = self.selection.within(document.graph)
            if self.alone and document.dirty:
                document.mark_saved()  # what is chosen in a chat is kept with the chat
        if document.changed != self._asked_at and now - self._edited >= QUIET:
            self._asked_at = document.changed
            self.checks.ask(document.source)
            if document.graph.nodes:
                self.runs.plan(document.source, inputs=self.inputs)
        view = self.runs.update()
        changed = (
            view is not self._view or self.runs.planned is not self._plan or self.checks.latest is not self._checked
        )
        self._view, self._plan, self._checked = view, self.runs.planned, self.checks.latest
        return (self.chat is not None and self.chat.see(view)) or changed

    def place(self, view: CanvasView) -> bool:
        """Give the nodes that have no place yet one beside each other, as large as they are drawn; return whether any had none."""
        graph = self.document.graph
        placed = first_places(graph, {group.key: (group.width, group.height) for group in view.nodes})
        self.document.begin_with(placed)
        return placed is not graph

    @property
    def due(self) -> float:
        """When the document is to be checked, infinity when it was."""
        return self._edited + QUIET if self.document.changed != self._asked_at else float("inf")

    def close(self, *, keep: bool = False) -> None:
        """End its threads and let go of the file; with `keep`, what is not saved is there at the next start."""
        self.runs.close()
        self.checks.close()
        self.document.close(keep=keep)


def _checked(workspace: Workspace, source: Source, journal: Journal) -> Checked:
    journal.settle()  # nobody waits here for the disk
    return Checked(source.graph, workspace.check(source))
