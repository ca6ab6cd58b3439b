"""The command that makes a node one of another type, and what would be lost by it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from graphide.editor.commands import Command, node_of, with_nodes
from graphide.editor.commands_nodes import same_edges
from graphide.editor.connect import Rules, why_not
from graphide.errors import UsageError
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.problems import nearest
from graphide.graph.topology import links


@dataclass(frozen=True, slots=True)
class Fit:
    """What a node would be as one of another type: the graph, and what has no place in it, as sentences."""

    graph: Graph
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplaceType(Command):
    """Make a node one of another type, keeping its id, its title, and every setting and edge that fits."""

    node: str
    type: str
    rules: Rules

    @property
    def label(self) -> str:
        """`Make reply a template`."""
        return f"Make {self.node} a {self.type}"

    def apply(self, graph: Graph) -> Graph:
        """Replace it; raises UsageError for a type that is not installed."""
        if node_of(graph, self.node).type == self.type:
            return graph
        return fit(graph, self.node, self.type, self.rules).graph


def fit(graph: Graph, node_id: str, type: str, rules: Rules) -> Fit:
    """Return the graph with a node of another type, and what is lost; raises UsageError for an unknown type."""
    node = node_of(graph, node_id)
    spec = rules.registry.get(type)
    if spec is None:
        raise UsageError(f'there is no node type "{type}"', hint=nearest(type, rules.registry))
    kept = {
        name: value
        for name, value in node.settings.items()
        if name in spec.settings and spec.settings[name].field.problem(value) is None
    }
    exposed = tuple(name for name in node.exposed if name in spec.settings)
    changed = Node(node_id, type, kept, spec.version, node.title, node.state, exposed)
    lost = [f'the setting "{name}"' for name in node.settings if name not in kept]
    joined = links(graph)
    around = (*joined.incoming(node_id), *joined.outgoing(node_id))
    bare = replace(graph, edges=tuple(edge for edge in graph.edges if edge not in around))
    bare = with_nodes(bare, [changed])
    new: dict[Edge, Edge] = {}
    for edge in (*_by_name_first(bare, around, rules),):
        way = _way(bare, edge, node_id, rules)
        if way is None:
            lost.append(f"the edge {edge}")
            continue
        new[edge] = way
        bare = replace(bare, edges=(*bare.edges, way))
    edges = tuple(new.get(edge, edge) for edge in graph.edges if edge in new or edge not in around)
    return Fit(same_edges(with_nodes(graph, [changed]), edges), tuple(lost))


def _by_name_first(graph: Graph, around: tuple[Edge, ...], rules: Rules) -> list[Edge]:
    # What keeps its port comes first, so that no other edge takes that port.
    return sorted(around, key=lambda edge: why_not(graph, edge, rules) is not None)


def _way(graph: Graph, edge: Edge, node_id: str, rules: Rules) -> Edge | None:
    ports = rules.ports(graph, node_id)
    if edge.target == node_id:
        taken = {other.input for other in graph.edges if other.target == node_id}
        names = [name for name, port in ports.inputs.items() if port.many or name not in taken]
        ways = [edge._replace(input=name) for name in dict.fromkeys([edge.input, *names]) if name in names]
    else:
        ways = [edge._replace(output=name) for name in dict.fromkeys([edge.output, *ports.outputs])]
    return next((way for way in ways if why_not(graph, way, rules) is None), None)
