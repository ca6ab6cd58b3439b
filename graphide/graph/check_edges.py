"""Checks of edges and of what reaches each input, muted and bypassed nodes included. Nodes are in `check_nodes`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from graphide.graph.model import Edge, Node
from graphide.graph.ports import Looked, passes
from graphide.graph.problems import Problem, nearest, place, problem
from graphide.graph.topology import order
from graphide.spec.fields import LongText
from graphide.spec.nodespec import NodeSpec, Port


def about_edges(looked: Looked) -> Iterator[Problem]:
    """Yield what is wrong with each edge: its ends, its types, and whether it is there twice."""
    for edge, count in Counter(looked.graph.edges).items():
        if count > 1:
            message = f"the edge {edge} is there {count} times"
            yield problem("duplicate-edge", message, node=edge.target, port=edge.input, edge=str(edge), hint="Keep one")
        source, target = looked.graph.nodes.get(edge.source), looked.graph.nodes.get(edge.target)
        if source is None or target is None:
            yield _without_node(edge, looked)
            continue
        yield from _about_ends(edge, source, target, looked)


def about_inputs(looked: Looked) -> Iterator[Problem]:
    """Yield what is wrong with each input: several edges where one fits, or no value where one is needed."""
    for node_id, node in looked.graph.nodes.items():
        ports = looked.ports[node_id]
        feeding: dict[str, list[Edge]] = {}
        for edge in looked.links.incoming(node_id):
            feeding.setdefault(edge.input, []).append(edge)
        for name, port in ports.inputs.items():
            edges = feeding.get(name, [])
            if len(edges) > 1 and not port.many:
                sources = " and ".join(f"{edge.source}.{edge.output}" for edge in edges)
                message = f'{place(node)}: the input "{name}" takes one edge, and {sources} are connected to it'
                hint = 'Remove all but one, or join them with a "join" node'
                yield problem("input-taken", message, node=node_id, port=name, edge=str(edges[1]), hint=hint)
            if port.required and not edges and node.state == "active":
                yield _unfed(node, port, looked.registry[node.type])


def about_silence(looked: Looked) -> Iterator[Problem]:
    """Yield what muted and bypassed nodes do to the nodes after them: some are not run, some cannot be bridged."""
    nodes = looked.graph.nodes
    if all(node.state == "active" for node in nodes.values()):
        return
    quiet: dict[tuple[str, str], str] = {}  # (node, output) that gives nothing -> the muted node that is why
    for node_id in order(looked.graph):
        node = nodes[node_id]
        outputs = {edge.output: edge for edge in reversed(looked.links.outgoing(node_id))}
        if node.state == "bypassed":
            for output, edge in outputs.items():
                bridge = passes(looked, node_id, output)
                if bridge is not None and (mute := quiet.get((bridge.source, bridge.output))):
                    quiet[node_id, output] = mute
                elif bridge is None and output in looked.ports[node_id].outputs:
                    yield _no_bridge(node, edge)
            continue
        mute = node_id if node.state == "muted" else _needed_mute(node_id, looked, quiet)
        if mute:
            quiet |= {(node_id, output): mute for output in outputs}
        if mute and mute != node_id:
            message = f'{place(node)}: is not run, because it needs the muted node "{mute}"'
            yield problem("muted-upstream", message, node=node_id, hint=f'Unmute "{mute}"')


def _needed_mute(node_id: str, looked: Looked, quiet: Mapping[tuple[str, str], str]) -> str:
    inputs = looked.ports[node_id].inputs
    for edge in looked.links.incoming(node_id):
        port = inputs.get(edge.input)
        if port is not None and port.required and not port.tolerant and (edge.source, edge.output) in quiet:
            return quiet[edge.source, edge.output]
    return ""


def _no_bridge(node: Node, edge: Edge) -> Problem:
    message = f'{place(node)}: is bypassed, but no connected input can stand in for its output "{edge.output}"'
    hint = "Connect an input of the same type, or mute the node instead"
    return problem("bypass", message, node=node.id, port=edge.output, edge=str(edge), hint=hint)


def _without_node(edge: Edge, looked: Looked) -> Problem:
    nodes = looked.graph.nodes
    missing = edge.source if edge.source not in nodes else edge.target
    present = next((end for end in (edge.target, edge.source) if end in nodes), "")
    port = "" if not present else edge.input if present == edge.target else edge.output
    message = f'the edge {edge} needs a node "{missing}", which is not there'
    close = nearest(missing, nodes)
    hint = close if close.startswith("Did") else "Remove the edge or add the node"
    return problem("missing-node", message, node=present, port=port, edge=str(edge), hint=hint)


def _about_ends(edge: Edge, source: Node, target: Node, looked: Looked) -> Iterator[Problem]:
    gives, takes = looked.ports[source.id], looked.ports[target.id]
    output, port = gives.outputs.get(edge.output), takes.inputs.get(edge.input)
    if output is None and gives.certain:
        message = f'{place(source)}: there is no output "{edge.output}"'
        hint = nearest(edge.output, gives.outputs)
        yield problem("unknown-output", message, node=source.id, port=edge.output, edge=str(edge), hint=hint)
    if port is None and takes.certain:
        message = f'{place(target)}: there is no input "{edge.input}"'
        hint = nearest(edge.input, takes.inputs)
        yield problem("unknown-input", message, node=target.id, port=edge.input, edge=str(edge), hint=hint)
    refusal = port.refusal(output.wires[0]) if port is not None and output is not None else None
    if refusal is not None:
        reason, _, advice = refusal.reason.partition("; ")
        message = f'{place(target)}: {edge.source}.{edge.output} cannot feed "{edge.input}": {reason}'
        hint = advice[:1].upper() + advice[1:]
        yield problem("type-mismatch", message, node=target.id, port=edge.input, edge=str(edge), hint=hint)


def _unfed(node: Node, port: Port, spec: NodeSpec) -> Problem:
    declared = any(own.name == port.name for own in spec.inputs)
    from_text = any(isinstance(own.field, LongText) and own.field.placeholders for own in spec.settings.values())
    if from_text and not declared:
        message = f"{place(node)}: nothing gives the placeholder {{{{ {port.name} }}}} a value"
        hint = f'Connect a node to the input "{port.name}", for example a variable'
    else:
        message = f'{place(node)}: the input "{port.name}" needs a value'
        hint = f"Connect a node that gives {' or '.join(port.wires)}"
    return problem("required-input", message, node=node.id, port=port.name, hint=hint)
