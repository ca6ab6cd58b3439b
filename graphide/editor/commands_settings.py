"""Commands that edit the settings of nodes. A value that does not fit its field never becomes part of the graph.

What a person is typing, fitting or not, is held by whoever shows it; the sentence of the refusal stands beside it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace

from graphide.editor.commands import Command, node_of, storable, with_nodes
from graphide.editor.commands_nodes import same_edges
from graphide.editor.connect import Rules
from graphide.errors import UsageError
from graphide.graph.canonical import document_of
from graphide.graph.model import Graph, Node
from graphide.graph.problems import nearest, place
from graphide.spec.fields import Field
from graphide.values import Json

_VALUES = "values"
"""The setting in which a node keeps the values of inputs that nothing is connected to."""

INPUT = "values."
"""What the name of an input begins with where a setting of its node has the same name: `values.text`."""


@dataclass(frozen=True, slots=True)
class SetSetting(Command):
    """Change one setting, or the value of an input that has a widget; a default is left out, as files want it."""

    node: str
    name: str
    value: Json
    rules: Rules

    @property
    def label(self) -> str:
        """`Change temperature of style`."""
        return f"Change {self.name.removeprefix(INPUT)} of {self.node}"

    @property
    def merge_key(self) -> Hashable:
        """Typing in one field merges."""
        return ("setting", self.node, self.name)

    def apply(self, graph: Graph) -> Graph:
        """Set the value; raises UsageError with the sentence of its field when it does not fit."""
        node = node_of(graph, self.node)
        field = field_of(graph, self.node, self.name, self.rules)
        if sentence := field.problem(self.value):
            raise UsageError(sentence, where=f"{self.node}.{self.name}")
        storable(self.value, f"{self.node}.{self.name}")
        if self.name in self.rules.registry[node.type].settings:
            return _with_setting(graph, node, self.name, self.value, self.rules)
        values = {**_values(node), self.name.removeprefix(INPUT): self.value}
        return _with_setting(graph, node, _VALUES, values, self.rules)


@dataclass(frozen=True, slots=True)
class ResetSetting(Command):
    """Take a setting back to its default; one that the node type does not know is removed."""

    node: str
    name: str
    rules: Rules

    @property
    def label(self) -> str:
        """`Reset temperature of style`."""
        return f"Reset {self.name.removeprefix(INPUT)} of {self.node}"

    def apply(self, graph: Graph) -> Graph:
        """Remove the value."""
        node = node_of(graph, self.node)
        if self.name in node.settings:
            rest = {name: value for name, value in node.settings.items() if name != self.name}
            return with_nodes(graph, [replace(node, settings=rest)])
        values, own = _values(node), self.name.removeprefix(INPUT)
        if own not in values:
            return graph
        rest = {name: value for name, value in values.items() if name != own}
        if rest:
            return _with_setting(graph, node, _VALUES, rest, self.rules)
        return ResetSetting(self.node, _VALUES, self.rules).apply(graph)


@dataclass(frozen=True, slots=True)
class SetExposed(Command):
    """Promote a setting to an input, or make it a setting again, without the edges into that input."""

    node: str
    name: str
    exposed: bool
    rules: Rules

    @property
    def label(self) -> str:
        """`Show temperature of style as an input`."""
        return f"{'Show' if self.exposed else 'Hide'} {self.name} of {self.node} as an input"

    def apply(self, graph: Graph) -> Graph:
        """Change it; raises UsageError for a setting that is not there or has the name of another input."""
        node = node_of(graph, self.node)
        if self.exposed == (self.name in node.exposed):
            return graph
        if not self.exposed:
            rest = tuple(name for name in node.exposed if name != self.name)
            graph = with_nodes(graph, [replace(node, exposed=rest)])
            if self.name in self.rules.ports(graph, self.node).inputs and node.type in self.rules.registry:
                return graph  # another input of this name: the edges are its
            edges = tuple(edge for edge in graph.edges if (edge.target, edge.input) != (self.node, self.name))
            return same_edges(graph, edges) if node.type in self.rules.registry else graph
        spec = self.rules.registry.get(node.type)
        if spec is None or self.name not in spec.settings:
            known = spec.settings if spec is not None else ()
            raise UsageError(f'{place(node)} has no setting "{self.name}"', hint=nearest(self.name, known))
        if self.name in self.rules.ports(graph, self.node).inputs:
            raise UsageError(f'{place(node)} has an input "{self.name}" already')
        return with_nodes(graph, [replace(node, exposed=(*node.exposed, self.name))])


def field_of(graph: Graph, node_id: str, name: str, rules: Rules) -> Field:
    """Return the field of a setting, or of an input with a widget; raises UsageError where there is none."""
    node = node_of(graph, node_id)
    spec = rules.registry.get(node.type)
    if spec is None:
        raise UsageError(f"{place(node)}: its node type is not installed, so its settings cannot be changed")
    if name in spec.settings:
        return spec.settings[name].field
    port = rules.ports(graph, node_id).inputs.get(name.removeprefix(INPUT))
    if port is None or port.field is None or _VALUES not in spec.settings:
        raise UsageError(f'{place(node)} has no setting "{name}"', hint=nearest(name, spec.settings))
    return port.field


def value_of(graph: Graph, node_id: str, name: str, rules: Rules) -> Json:
    """Return the value that a setting, or an input with a widget, has now, its default where nothing is set."""
    node = node_of(graph, node_id)
    spec = rules.registry.get(node.type)
    if name in node.settings or spec is None:
        return node.settings.get(name)
    if name in spec.settings:
        return spec.settings[name].default
    values, name = _values(node), name.removeprefix(INPUT)
    if name in values:
        return values[name]
    port = rules.ports(graph, node_id).inputs.get(name)
    return port.default if port is not None else None


def _with_setting(graph: Graph, node: Node, name: str, value: Json, rules: Rules) -> Graph:
    changed = replace(node, settings={**node.settings, name: value})
    if name not in document_of(Graph({node.id: changed}), rules.registry)["nodes"][node.id]:
        changed = replace(node, settings={key: old for key, old in node.settings.items() if key != name})
    if name in node.settings and name in changed.settings and _same(node.settings[name], value):
        return graph
    return graph if name not in node.settings and name not in changed.settings else with_nodes(graph, [changed])


def _same(old: Json, new: Json) -> bool:
    return type(old) is type(new) and bool(old == new) and repr(old) == repr(new)


def _values(node: Node) -> Mapping[str, Json]:
    values = node.settings.get(_VALUES)
    return values if isinstance(values, Mapping) else {}
