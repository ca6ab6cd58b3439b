"""What the inspector shows, as plain values: rows of settings and ports, and the parts for a node, a frame, a graph.

How they are found in a document is in `inspector`; widgets for them are made by the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from graphide.editor.commands_settings import INPUT
from graphide.editor.layout import Frame
from graphide.editor.noderun import NodeError, NodeRun
from graphide.editor.planning import PlanState, PlanStep
from graphide.graph.model import Edge, State
from graphide.graph.problems import Problem
from graphide.spec.fields import Field
from graphide.spec.nodespec import ABSENT
from graphide.values import Json

_WORDS = {"json": "JSON", "gbnf": "GBNF", "id": "ID"}
_KEPT = frozenset(["n"])  # first words of names that are known as they are: n_ctx
MOST_LINES = 60
"""Nodes that are listed one by one where many are selected."""
RowState = PlanState | Literal["unneeded"]


class NodeLine(NamedTuple):
    """A node in a list: what is needed to show it on one line and to select it."""

    id: str
    title: str
    icon: str
    color: str


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting: `set` says that it is not the default, `exposed` that it is an input, `mixed` that nodes differ.

    `placeholder` marks the value of a placeholder of the node's own text, `main` what people look for first. `sources` are
    the nodes that it comes from where it is wired.
    """

    name: str
    field: Field
    value: Json
    default: Json = None
    set: bool = False
    exposed: bool = False
    wired: bool = False
    problem: str = ""
    mixed: bool = False
    placeholder: bool = False
    main: bool = True
    sources: tuple[NodeLine, ...] = ()

    @property
    def help(self) -> str:
        """What the setting is for."""
        return self.field.help

    @property
    def label(self) -> str:
        """What it is called."""
        words = self.name.removeprefix(INPUT).split("_")
        if words[0] in _KEPT:
            return "_".join(words)
        return " ".join([_WORDS.get(words[0], words[0].capitalize()), *(_WORDS.get(word, word) for word in words[1:])])


@dataclass(frozen=True, slots=True)
class PortRow:
    """One port: its type, the edges there with the nodes at their other `ends`, and its value in the last run.

    `value` is that in short, `raw` as it is.
    """

    name: str
    wires: tuple[str, ...]
    help: str = ""
    required: bool = False
    edges: tuple[Edge, ...] = ()
    ends: tuple[NodeLine, ...] = ()
    value: str = ""
    raw: Any = field(default=ABSENT, compare=False, repr=False)


class PlanRow(NamedTuple):
    """What a run would do with one node: the state in a word, why it does not run, the tokens of its prompt in words."""

    node: NodeLine
    state: RowState
    word: str
    why: str = ""
    gauge: str = ""
    overflows: bool = False


@dataclass(frozen=True, slots=True)
class NodePart:
    """One node as the inspector shows it."""

    id: str
    type: str
    title: str
    summary: str
    doc: str
    icon: str
    color: str
    state: State
    settings: tuple[SettingRow, ...] = ()
    inputs: tuple[PortRow, ...] = ()
    outputs: tuple[PortRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    run: NodeRun | None = None
    stale: bool = False
    figures: tuple[tuple[str, str], ...] = ()
    plan: PlanStep | None = None

    @property
    def error(self) -> NodeError | None:
        """Why it failed in the last run, with its inputs and what to do."""
        return self.run.error if self.run is not None else None


class InputRow(NamedTuple):
    """An input of the graph: its node, its kind, and the value that it has in short ("": none)."""

    node: NodeLine
    kind: str
    value: str = ""
    required: bool = False


class ModelRow(NamedTuple):
    """A model of the graph: the name that nodes use, and the file that it means."""

    name: str
    file: str
    size: int = 0
    hub: str = ""


@dataclass(frozen=True, slots=True)
class GraphPart:
    """The graph as a whole; `trouble` says why its inputs and outputs cannot be told. The plan is made when looked at."""

    title: str = ""
    about: str = ""
    inputs: tuple[InputRow, ...] = ()
    outputs: tuple[NodeLine, ...] = ()
    models: tuple[ModelRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    plan: Sequence[PlanRow] = ()
    summary: str = ""
    refusal: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Inspector:
    """What is said of the selection: of one node, of several with the settings they share, of a frame, or of the graph.

    `lines` are the nodes that are selected, `MOST_LINES` at the most, or those that lie in the frame.
    """

    nodes: tuple[str, ...] = ()
    node: NodePart | None = None
    shared: tuple[SettingRow, ...] = ()
    frame: tuple[str, Frame] | None = None
    title: str = ""
    about: str = ""
    problems: tuple[Problem, ...] = ()
    lines: tuple[NodeLine, ...] = ()
    graph: GraphPart | None = None


def error_text(node: NodePart) -> str:
    """Return why a node failed as a text to be copied: the message, what to do, and what it was given."""
    error = node.error
    if error is None:
        return ""
    given = [f"{name}: {value}" for name, value in error.inputs]
    return "\n".join([f'node "{node.id}" ({node.type}): {error.message}', error.to_do, *given])
