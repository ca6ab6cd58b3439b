"""Ports of one node in its graph: what its type declares, what follows from its settings, what a bypass lets through.

Worked out once per node and then passed on. Judging the edges that meet the ports is in `check_edges`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from graphide.errors import GraphideError
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.topology import Links, links
from graphide.spec.nodespec import Port
from graphide.values import Json, accepts

if TYPE_CHECKING:
    from graphide.spec.nodespec import NodeSpec, Outlines

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a node by name, in declared order.

    `certain` is False where they are only what can be told: the node type is unknown, a setting is bad, or `trouble`
    says why the rest cannot be worked out. `bad` has a sentence for each setting whose value does not fit, `rule` the
    one about settings that do not fit together, `clashes` the names that two ports share.
    """

    inputs: Mapping[str, Port]
    outputs: Mapping[str, Port]
    certain: bool = True
    trouble: GraphideError | None = None
    bad: Mapping[str, str] = field(default_factory=dict)
    rule: str = ""
    clashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """A graph with what there is to know about it: the node types, the links, and the ports of each node by its id."""

    graph: Graph
    registry: Mapping[str, NodeSpec]
    links: Links
    ports: Mapping[str, Ports]


def ports_of(graph: Graph, node: Node, registry: Mapping[str, NodeSpec], outlines: Outlines | None = None) -> Ports:
    """Return the ports of a node; those of an unknown type are the ones that edges name.

    Never raises for what a graph says: a bad setting counts as its default, and an error of the node type is `trouble`.
    """
    spec = registry.get(node.type)
    if spec is None:
        return _named_by_edges(graph, node)
    bad = bad_settings(node, spec)
    settings = {name: value for name, value in node.settings.items() if name not in bad} if bad else node.settings
    inputs, trouble = asked(
        lambda: spec.inputs_for(settings, outlines, node.exposed),
        lambda: replace(spec, more_inputs=None).inputs_for(settings, outlines, node.exposed),
    )
    outputs, second = spec.outputs, None
    if spec.more_outputs is not None:
        outputs, second = asked(lambda: spec.outputs_for(settings, outlines), lambda: spec.outputs)
    rule = "" if bad else _rule(spec, settings)
    computed = spec.more_inputs is not None or spec.more_outputs is not None
    by_name, of_outputs = _by_name(inputs), _by_name(outputs)
    return Ports(
        inputs=by_name,
        outputs=of_outputs,
        certain=not (trouble or second or ((bad or rule) and computed)),
        trouble=trouble or second,
        bad=bad,
        rule=rule,
        clashes=_twice(inputs, by_name) + _twice(outputs, of_outputs),
    )


def look(graph: Graph, registry: Mapping[str, NodeSpec], outlines: Outlines | None = None) -> Looked:
    """Return what checks and plans look at, with the ports of every node worked out once."""
    known = dict(registry)  # looked into for every node, and a dict does that several times faster
    ports = {node_id: ports_of(graph, node, known, outlines) for node_id, node in graph.nodes.items()}
    return Looked(graph, known, links(graph), ports)


def bad_settings(node: Node, spec: NodeSpec) -> dict[str, str]:
    """Return a sentence for each setting whose value does not fit its field, by the name of the setting."""
    found = {}
    for name, value in node.settings.items():
        setting = spec.settings.get(name)
        sentence = setting.field.problem(value) if setting is not None else None
        if sentence is not None:
            found[name] = sentence
    return found


def passes(looked: Looked, node_id: str, output: str) -> Edge | None:
    """Return the edge whose value a bypassed node hands on as `output`, or None when none of its inputs fits.

    It is the first edge of the first connected input, in declared order, that takes a type which fits the output.
    """
    own = looked.ports[node_id]
    wanted = own.outputs.get(output)
    if wanted is None:
        return None
    fed: dict[str, Edge] = {}
    for edge in looked.links.incoming(node_id):
        fed.setdefault(edge.input, edge)
    for name, port in own.inputs.items():
        if name in fed and any(accepts(wire, wanted.wires[0]) is None for wire in port.wires):
            return fed[name]
    return None


def asked(call: Callable[[], _T], otherwise: Callable[[], _T]) -> tuple[_T, GraphideError | None]:
    """Return what code of a node type says; when it fails, what `otherwise` says and the error.

    The code may come from any package and runs at every edit, so that its faults must not end a check or an editor.
    """
    try:
        return call(), None
    except GraphideError as error:
        return otherwise(), error
    except Exception as error:  # noqa: BLE001
        return otherwise(), GraphideError(f"its node type failed: {type(error).__name__}: {error}")


def _rule(spec: NodeSpec, settings: Mapping[str, Json]) -> str:
    check = spec.check
    if check is None:
        return ""
    sentence, fault = asked(lambda: check(spec.full(settings)) or "", lambda: "")
    return str(fault).rstrip(".") if fault is not None else sentence.rstrip(".")


def _named_by_edges(graph: Graph, node: Node) -> Ports:
    joined = links(graph)
    inputs = (Port(name=edge.input, wires=("any",), many=True) for edge in joined.incoming(node.id))
    outputs = (Port(name=edge.output, wires=("any",)) for edge in joined.outgoing(node.id))
    return Ports({port.name: port for port in inputs}, {port.name: port for port in outputs}, certain=False)


def _by_name(ports: tuple[Port, ...]) -> dict[str, Port]:
    found: dict[str, Port] = {}
    for port in ports:
        found.setdefault(port.name, port)
    return found


def _twice(ports: tuple[Port, ...], found: Mapping[str, Port]) -> tuple[str, ...]:
    if len(found) == len(ports):
        return ()
    return tuple(sorted({port.name for port in ports if found[port.name] is not port}))
