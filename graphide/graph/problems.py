"""Problems: what a check finds, as values, and the table of their codes. Finding them is in `check` and its neighbours.

A problem is an error (what it is about cannot run) or a warning. An error stops the whole run unless its code is in
`RUNS_AROUND`: then only the node it names is left out, with everything that depends on it, and the other branches run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Literal

from graphide.graph.model import Node

Severity = Literal["error", "warning"]

CODES: Mapping[str, str] = MappingProxyType(
    {
        "unreadable": "The file cannot be read as a graph; given by commands that list problems of files.",
        "cycle": "Nodes wait for each other in a circle, so none of them can start.",
        "missing-node": "An edge starts or ends at a node that is not in the graph.",
        "unknown-type": "No installed package brings this node type. The node is kept; other branches run.",
        "newer-version": "The node was saved by a newer version of its node type. It is kept; other branches run.",
        "older-version": "The node was saved by an older version of its node type and is not migrated yet.",
        "bad-setting": "The value of a setting does not fit the setting.",
        "bad-settings": "Settings of a node do not fit together.",
        "unknown-setting": "The node type has no such setting. The value is kept and has no effect.",
        "unknown-exposed": "A setting is promoted to an input, but the node type has no such setting.",
        "ports-unknown": "What the inputs or outputs of a node are cannot be told from its settings.",
        "port-clash": "Two inputs or two outputs of a node have the same name.",
        "bad-port-name": "The name of an input or output cannot be written in an edge.",
        "unknown-output": "An edge starts at an output that the node does not have.",
        "unknown-input": "An edge ends at an input that the node does not have.",
        "type-mismatch": "What an output gives does not fit the input it is connected to.",
        "duplicate-edge": "The same edge is in the graph twice; it counts once.",
        "input-taken": "Several edges end at an input that takes one.",
        "required-input": "Nothing gives a value to an input that needs one.",
        "bypass": "A bypassed node has no input that can stand in for the output that is used.",
        "muted-upstream": "A node does not run because a node it needs is muted.",
        "duplicate-output": "Two outputs of the graph have the same name.",
        "no-outputs": "The graph has no output node, so it shows nothing.",
        "unused-node": "Nothing that the graph shows depends on this node.",
        "unknown-model": "A node names a model that looks like a misspelt one of the graph's models.",
        "duplicate-model": "Two names in the graph's models mean the same file.",
        "unused-model": "No node uses this one of the graph's models.",
        "migrated": "A node was saved by an older version of its node type and has been migrated.",
        "migration-failed": "A node of an older version cannot be migrated; it is kept as it was.",
        "broken-by-migration": "An edge ends at a port that the newer version of the node type does not have.",
    }
)  # fmt: skip
"""Every code with one sentence on what it means, in the order in which problems of one node are listed."""

RUNS_AROUND: frozenset[str] = frozenset(["unknown-type", "newer-version"])
"""Codes that cost a run only the node they name and what depends on it."""

_WARNINGS = frozenset(
    [
        "older-version", "unknown-setting", "bad-port-name", "duplicate-edge", "muted-upstream", "no-outputs",
        "unused-node", "unknown-model", "duplicate-model", "unused-model", "migrated",
    ]
)  # fmt: skip
_RANK = {code: rank for rank, code in enumerate(CODES)}


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: a code of `CODES`, a sentence without a full stop, and where it is.

    `node`, `port` and `edge` (in file form) are "" where they do not apply; `hint` says what to do.
    """

    code: str
    severity: Severity
    message: str
    node: str = ""
    port: str = ""
    edge: str = ""
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.message}. {self.hint}" if self.hint else self.message


def problem(code: str, message: str, *, node: str = "", port: str = "", edge: str = "", hint: str = "") -> Problem:
    """Return a problem with the severity that its code has; raises KeyError for a code that is not in `CODES`."""
    severity: Severity = "warning" if code in _WARNINGS else "error"
    _RANK[code]
    return Problem(code, severity, message, node, port, edge, hint)


def place(node: Node) -> str:
    """Return how messages name a node: `node "reply" (model)`."""
    return f'node "{node.id}" ({node.type})'


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the hint for a misspelt name: the nearest known one, else what is known, else ""."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"Known are: {', '.join(names[:12])}{' …' if len(names) > 12 else ''}" if names else ""


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return problems in the order they are shown: errors first, then by node, code and place."""
    return tuple(
        sorted(problems, key=lambda p: (p.severity, p.node, _RANK[p.code], p.port, p.edge, p.message))
    )  # fmt: skip


def blocking(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the errors that keep the whole graph from running."""
    return tuple(p for p in problems if p.severity == "error" and p.code not in RUNS_AROUND)


def left_out(problems: Iterable[Problem]) -> dict[str, Problem]:
    """Return, by node, the errors that a run goes around; what depends on such a node cannot run either."""
    return {p.node: p for p in problems if p.severity == "error" and p.code in RUNS_AROUND}
