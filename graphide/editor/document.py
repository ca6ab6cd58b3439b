"""Document: one graph that is being edited, with its history, its file, and the journal that keeps it through a crash.

Everything goes through `do`, `undo` and `redo`; what an edit is, is in the commands. Selection, camera and runs are not
part of a document.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from graphide import workspace as opened
from graphide.editor.commands import Command
from graphide.editor.connect import Rules
from graphide.editor.home import Home
from graphide.editor.inside import KnownOutlines
from graphide.editor.journal import Journal, fingerprint, journal_folder
from graphide.editor.locks import Holder
from graphide.editor.outside import Outside, stamp_of
from graphide.editor.reading import read_document
from graphide.editor.recovery import Draft, discard
from graphide.editor.undo import History, same
from graphide.editor.unfinished import UnfinishedTexts
from graphide.editor.unplaced import with_places_of
from graphide.errors import GraphFileError, UsageError
from graphide.graph.model import Graph
from graphide.graph.problems import Problem

Clock = Callable[[], float]


class ChangedOutside(GraphFileError):
    """The file of a document is no longer what was read, so saving would lose what somebody else wrote."""


class OpenElsewhere(GraphFileError):
    """The file of a document was opened by another window first, and saving would change it under that one."""


class Document:
    """A graph that is being edited."""

    def __init__(
        self,
        workspace: opened.Workspace,
        source: opened.Document,
        *,
        clock: Clock = time.monotonic,
        folder: Path | None = None,
    ) -> None:
        """Begin with what was opened, taken as saved; `folder` is that of journals and claims (the user's)."""
        self._workspace = workspace
        self._clock = clock
        self._folder = folder or journal_folder()
        self._history = History(source.graph)
        self._saved: Graph | None = source.graph
        self._dirty = (-1, False)
        self.notes: tuple[Problem, ...] = source.notes
        self.changed = 0
        self.journal = Journal(self._folder)
        self.unfinished = UnfinishedTexts(lambda texts: self.journal.note(texts, self.graph, document=self.path))
        self._move(Home(self._folder, source.path, stamp_of(source.path) if source.path is not None else None))

    # --- where documents come from

    @classmethod
    def new(cls, workspace: opened.Workspace, *, clock: Clock = time.monotonic, folder: Path | None = None) -> Document:
        """Return an empty document without a file."""
        return cls(workspace, opened.Document(Graph()), clock=clock, folder=folder)

    @classmethod
    def open(
        cls, workspace: opened.Workspace, path: str | Path, *, clock: Clock = time.monotonic, folder: Path | None = None
    ) -> Document:
        """Open a file; raises GraphFileError. A picture, and a starter template by its name, give no file of its own."""
        source, stamp = read_document(workspace, Path(path))
        document = cls(workspace, source, clock=clock, folder=folder)
        document._home.seen(stamp)
        return document

    @classmethod
    def recover(
        cls, workspace: opened.Workspace, draft: Draft, *, clock: Clock = time.monotonic, folder: Path | None = None
    ) -> Document:
        """Return the document of a draft: its edits are one step after what the file says now, and not saved yet.

        Its journal is taken over. A file that is gone, or cannot be read, is none; the work then is not saved anywhere.
        """
        try:
            if draft.document is None:
                raise GraphFileError("has no file yet")
            document = cls.open(workspace, draft.document, clock=clock, folder=folder)
        except GraphFileError:
            document = cls.new(workspace, clock=clock, folder=folder)
            document._move(Home(document._folder, draft.document))
            document._saved = None
        document._go("Recover unsaved edits", draft.graph)
        if document.journal.kept is not None:
            discard(draft)
        return document

    def begin_with(self, graph: Graph) -> None:
        """Take `graph` as what was opened: it says the same, and only adds places for the window to draw nodes at."""
        if not self.undo_label and not self.dirty:
            self._history = History(graph)
            self._saved = graph
            self.changed += 1

    # --- what it is

    @property
    def graph(self) -> Graph:
        """The graph as it is now."""
        return self._history.graph

    @property
    def path(self) -> Path | None:
        """The file, None for a document that was never saved."""
        return self._home.path

    @property
    def name(self) -> str:
        """What a tab calls the document."""
        return self.path.name if self.path is not None else self.graph.title or "Untitled"

    @property
    def source(self) -> opened.Document:
        """The document as a workspace checks, previews and runs it."""
        return opened.Document(self.graph, self.path, self.notes)

    @property
    def rules(self) -> Rules:
        """What decides about edges and settings of this document; looks into the graphs beside its file."""
        return self._rules

    @property
    def dirty(self) -> bool:
        """Whether there is something to save: the graph is another one than the saved one, to the byte."""
        if self._dirty[0] != self.changed:
            self._dirty = (self.changed, self._saved is None or not same(self._saved, self.graph))
        return self._dirty[1]

    @property
    def elsewhere(self) -> bool:
        """Whether another window had the file open first; saving then needs another name, or `anyway`."""
        return self._home.holder is not None

    @property
    def holder(self) -> Holder | None:
        """Which other window had the file open first, None where no one had."""
        return self._home.holder

    @property
    def undo_label(self) -> str:
        """What undo would take back, "" for nothing."""
        return self._history.undo_label

    @property
    def redo_label(self) -> str:
        """What redo would do again, "" for nothing."""
        return self._history.redo_label

    # --- editing

    def do(self, command: Command, *, held: bool = False) -> bool:
        """Apply a command and return whether anything changed; raises UsageError, and then nothing has.

        An edit with the merge key of the one before, within a second of it or while a button is `held`, joins its step.
        """
        graph = command.apply(self.graph)
        if graph is self.graph:
            return False
        self._go(command.label, graph, command, held=held)
        return True

    def undo(self) -> str:
        """Take the last step back and return its label, "" when there is none."""
        return self._step("Undo", self._history.undo)

    def redo(self) -> str:
        """Do the step that was taken back last again and return its label, "" when there is none."""
        return self._step("Redo", self._history.redo)

    def seal(self) -> None:
        """Let no later edit join the last step: a field lost the focus, a button was let go."""
        self._history.seal()

    # --- the file

    def save(self, *, anyway: bool = False) -> None:
        """Write the file; raises UsageError without one, OpenElsewhere and ChangedOutside unless `anyway`, GraphFileError."""
        if self.path is None:
            raise UsageError("the graph has no file yet", hint="Choose where to save it")
        if not anyway:
            self._refuse_elsewhere(self._home)
            if self.outside() == "changed":
                hint = "Load it, save under another name, or save anyway"
                raise ChangedOutside("was changed by another program", where=str(self.path), hint=hint)
        self._write(self._home)

    def save_as(self, path: Path, *, anyway: bool = False) -> None:
        """Write another file, which is the document's from then on; raises OpenElsewhere unless `anyway`, GraphFileError."""
        home = self._home if path == self.path else Home(self._folder, path)
        try:
            if not anyway:
                self._refuse_elsewhere(home)
            self._write(home)
        except GraphFileError:
            if home is not self._home:
                home.leave()
            raise
        if home is not self._home:
            self._home.leave()
            self._move(home)

    def reset(self) -> bool:
        """Go back to the graph as it was saved, as a step that can be undone; return whether anything changed."""
        if self._saved is None or not self.dirty:
            return False
        self._go("Reset to saved", self._saved)
        return True

    def reload(self) -> None:
        """Take what the file says now, as a step that can be undone; raises UsageError and GraphFileError."""
        if self.path is None:
            raise UsageError("the graph has no file yet")
        source, stamp = read_document(self._workspace, self.path)
        graph = with_places_of(source.graph, self.graph)
        self.notes = source.notes
        self._home.seen(stamp)
        if not same(graph, self.graph):
            self._go("Load the changed file", graph)
        self.mark_saved()

    def outside(self) -> Outside:
        """Return what became of the file since it was read or written; cheap enough for once a second."""
        return self._home.look()

    def claim(self) -> bool:
        """Claim the file where another window had it open, and return whether it is free for this one."""
        return self._home.claim()

    def file_is_gone(self) -> None:
        """Take the work as saved nowhere, because somebody removed its file."""
        self._saved = None
        self._moved_on("The file is gone", self.graph)

    def mark_saved(self) -> None:
        """Take the graph as it is now as saved; no later edit joins the last step."""
        self._saved = self.graph
        self.changed += 1
        self._history.seal()
        self.journal.remove()
        if self.unfinished:
            self.unfinished.write()

    def take_notice(self) -> str:
        """Return, once, a sentence that the person should see, or ""."""
        return self.journal.take_notice()

    def close(self, *, keep: bool = False) -> None:
        """Let go of the file; what is not saved is forgotten, or with `keep` left for the next start."""
        if keep and (self.dirty or self.unfinished):
            self.journal.close()
        else:
            self.journal.remove()
        self._home.leave()

    def _go(self, label: str, graph: Graph, command: Command | None = None, *, held: bool = False) -> None:
        before = self.graph
        key = command.merge_key if command is not None else None
        self._history.add(label, graph, key=key, now=self._clock(), held=held)
        self._moved_on(label, before)

    def _step(self, verb: str, move: Callable[[], str]) -> str:
        before = self.graph
        label = move()
        if label:
            self._moved_on(f"{verb}: {label}", before)
        return label

    def _moved_on(self, label: str, before: Graph) -> None:
        self.changed += 1
        self.journal.write(label, before, self.graph, document=self.path)
        self.unfinished.follow(before, self.graph)

    def _refuse_elsewhere(self, home: Home) -> None:
        if not home.claim() and home.holder is not None:
            hint = "Save under another name, or save anyway"
            raise OpenElsewhere(f"is open {home.holder.describe()}", where=str(home.path), hint=hint)

    def _write(self, home: Home) -> None:
        assert home.path is not None
        try:
            self._workspace.save(self.source, home.path)
        except GraphFileError as error:
            kept = self.journal.kept
            where = f"The edits are kept in {kept}" if kept is not None else "The edits are in this window alone"
            error.hint = f"{error.hint}. {where}" if error.hint else where
            raise
        home.written()
        self.mark_saved()

    def _move(self, home: Home) -> None:
        """Have the document live in a file; another one is in another folder for the graphs that settings name."""
        self._home = home
        folder = home.path.parent if home.path is not None else None
        look = KnownOutlines(self._workspace.outlines(self.source), folder)
        self._rules = Rules(self._workspace.registry, look)


def is_outdated(draft: Draft, document: Document) -> bool:
    """Return whether the file of a draft says something else now than when the work began."""
    return document._saved is None or fingerprint(document._saved) != draft.base
