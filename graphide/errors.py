"""The one error tree: what went wrong, where, and what to do next.

Every error that a user can meet is a `GraphideError` (or a leaf of it) and carries the exit code that the command
line ends with. Findings of a check are values (`graphide.graph.check.Problem`), not errors; an `InvalidGraph` carries them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

EXIT_OK = 0
EXIT_NODE_FAILED = 1
EXIT_USAGE = 2
EXIT_INVALID_GRAPH = 3
EXIT_MODEL = 4
EXIT_SOME_FAILED = 5
EXIT_INTERRUPTED = 130


class GraphideError(Exception):
    """Something that graphide cannot do, said so that the reader knows what to do next.

    `message` is one sentence without a full stop, `where` names the place ('node "reply" (model)', 'graph.json line 3'),
    `hint` is what to do about it. `str()` joins the three.
    """

    exit_code = EXIT_NODE_FAILED

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}. {self.hint}" if self.hint else head

    def at(self, where: str) -> GraphideError:
        """Return this error with its place set, keeping a more precise place that it already has."""
        if not self.where:
            self.where = where
        return self


class UsageError(GraphideError):
    """The caller asked for something that does not exist or cannot be parsed: an input, an option, a node name."""

    exit_code = EXIT_USAGE


class GraphFileError(GraphideError):
    """A graph file cannot be read or written: not JSON, too large, too deep, no such file."""

    exit_code = EXIT_INVALID_GRAPH


class InvalidGraph(GraphideError):
    """A graph has problems that keep it from running; `problems` lists them all."""

    exit_code = EXIT_INVALID_GRAPH

    def __init__(self, message: str, *, problems: Sequence[Any], where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.problems = tuple(problems)


class ModelMissing(GraphideError):
    """A model that a graph names is not on this machine."""

    exit_code = EXIT_MODEL


class ModelMismatch(GraphideError):
    """The model file found has another hash than the graph file asks for."""

    exit_code = EXIT_MODEL


class FileRefused(GraphideError):
    """A node wanted a file outside what it may read or write."""


class DeclarationError(GraphideError):
    """A node type is declared wrongly; raised when it is registered, never while a graph runs."""


FaultKind = Literal[
    "oom",
    "corrupt_file",
    "unsupported_arch",
    "context_overflow",
    "killed",
    "engine_abort",
    "stalled",
    "bad_request",
    "cancelled",
]


class InferenceFault(GraphideError):
    """The engine or its worker process could not do what was asked.

    `kind` says which class of fault it is, `engine_lines` are the engine's own last lines, newest last.
    """

    def __init__(
        self, kind: FaultKind, message: str, *, engine_lines: Sequence[str] = (), where: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.kind: FaultKind = kind
        self.engine_lines = tuple(engine_lines)


class Cancelled(GraphideError):
    """The user stopped the work; not a failure, and never shown as one."""

    exit_code = EXIT_INTERRUPTED
