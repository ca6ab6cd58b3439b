"""Document: one graph that is being edited, with its history, its file, and the journal that keeps it through a crash.

Everything goes through `do`, `undo` and `redo`; what an edit is, is in the commands. Selection, camera and runs are not
part of a document.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from graphide import paths, workspace as opened
from graphide.editor.commands import Command
from graphide.editor.connect import Rules
from graphide.editor.inside import KnownOutlines
from graphide.editor.journal import Journal, fingerprint, journal_folder
from graphide.editor.locks import Claim
from graphide.editor.outside import Outside, Stamp, compared, stamp_of
from graphide.editor.recovery import Draft, discard
from graphide.editor.undo import History, same
from graphide.errors import GraphFileError, UsageError
from graphide.graph.model import Graph
from graphide.graph.problems import Problem

Clock = Callable[[], float]


class ChangedOutside(GraphFileError):
    """The file of a document is no longer what was read, so saving would lose what somebody else wrote."""


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
        self._path: Path | None = None
        self._stamp: Stamp | None = None
        self._claim: Claim | None = None
        self._rules = Rules(workspace.registry)
        self._dirty = (-1, False)
        self.notes: tuple[Problem, ...] = source.notes
        self.changed = 0
        self.journal = Journal(self._folder)
        self._at_home(source.path)

    # --- where documents come from

    @classmethod
    def new(cls, workspace: opened.Workspace, *, clock: Clock = time.monotonic, folder: Path | None = None) -> Document:
        """Return an empty document without a file."""
        return cls(workspace, opened.Document(Graph()), clock=clock, folder=folder)

    @classmethod
    def open(
        cls, workspace: opened.Workspace, path: str | Path, *, clock: Clock = time.monotonic, folder: Path | None = None
    ) -> Document:
        """Open a file, or a starter template by its name, which gets no file of its own; raises GraphFileError."""
        # Looked at before it is read: what is written in between is found later, not missed.
        stamp = stamp_of(Path(path))
        source = workspace.load(path)
        if source.path is not None and source.path.parent == paths.templates_folder():
            return cls(workspace, source._replace(path=None), clock=clock, folder=folder)
        document = cls(workspace, source, clock=clock, folder=folder)
        document._stamp = stamp
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
            document._at_home(draft.document)
            document._stamp = None
            document._saved = None
        document._go("Recover unsaved edits", draft.graph)
        if document.journal.path is not None:
            discard(draft)
        return document

    # --- what it is

    @property
    def graph(self) -> Graph:
        """The graph as it is now."""
        return self._history.graph

    @property
    def path(self) -> Path | None:
        """The file, None for a document that was never saved."""
        return self._path

    @property
    def name(self) -> str:
        """What a tab calls the document."""
        return self._path.name if self._path is not None else self.graph.title or "Untitled"

    @property
    def source(self) -> opened.Document:
        """The document as a workspace checks, previews and runs it."""
        return opened.Document(self.graph, self._path, self.notes)

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
        """Whether another window had the file open first."""
        return self._claim is not None and self._claim.elsewhere

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
        """Write the file; raises UsageError without one, ChangedOutside unless `anyway`, and GraphFileError."""
        if self._path is None:
            raise UsageError("the graph has no file yet", hint="Choose where to save it")
        if not anyway and self.outside() == "changed":
            hint = "Load it, save under another name, or save anyway"
            raise ChangedOutside("was changed by another program", where=str(self._path), hint=hint)
        self._write(self._path)

    def save_as(self, path: Path) -> None:
        """Write another file, which is the document's from then on; raises GraphFileError."""
        self._write(path)
        stamp = self._stamp
        self._at_home(path)
        self._stamp = stamp

    def reset(self) -> bool:
        """Go back to the graph as it was saved, as a step that can be undone; return whether anything changed."""
        if self._saved is None or not self.dirty:
            return False
        self._go("Reset to saved", self._saved)
        return True

    def reload(self) -> None:
        """Take what the file says now, as a step that can be undone; raises UsageError and GraphFileError."""
        if self._path is None:
            raise UsageError("the graph has no file yet")
        stamp = stamp_of(self._path)
        source = self._workspace.load(self._path)
        self.notes, self._stamp = source.notes, stamp
        if not same(source.graph, self.graph):
            self._go("Load the changed file", source.graph)
        self._is_saved(self.graph)

    def outside(self) -> Outside:
        """Return what became of the file since it was read or written; cheap enough for once a second."""
        if self._path is None:
            return "same"
        state, self._stamp = compared(self._path, self._stamp)
        return state

    def take_notice(self) -> str:
        """Return, once, a sentence that the person should see, or ""."""
        return self.journal.take_notice()

    def close(self, *, keep: bool = False) -> None:
        """Let go of the file; what is not saved is forgotten, or with `keep` left for the next start."""
        if keep and self.dirty:
            self.journal.close()
        else:
            self.journal.remove()
        if self._claim is not None:
            self._claim.release()

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
        self.journal.write(label, before, self.graph, document=self._path)

    def _write(self, path: Path) -> None:
        try:
            self._workspace.save(self.source, path)
        except GraphFileError as error:
            if self.journal.path is not None:
                kept = f"The edits are kept in {self.journal.path}"
                error.hint = f"{error.hint}. {kept}" if error.hint else kept
            raise
        self._stamp = stamp_of(path)
        self._is_saved(self.graph)

    def _is_saved(self, graph: Graph) -> None:
        self._saved = graph
        self.changed += 1
        self._history.seal()
        self.journal.remove()

    def _at_home(self, path: Path | None) -> None:
        if self._claim is not None:
            self._claim.release()
        self._path = path
        self._claim = Claim(self._folder / "open", path) if path is not None else None
        self._stamp = stamp_of(path) if path is not None else None
        # Another file is another folder for the graphs that settings name.
        look = self._workspace._outlines(self.source)
        self._rules = Rules(self._workspace.registry, KnownOutlines(look, path.parent if path is not None else None))


def is_outdated(draft: Draft, document: Document) -> bool:
    """Return whether the file of a draft says something else now than when the work began."""
    return document._saved is None or fingerprint(document._saved) != draft.base
