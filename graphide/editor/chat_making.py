"""Why a graph cannot be talked with, and the edit that adds what is missing. Which graphs can is in `graphide.chatting.graphs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from graphide.chatting.graphs import CONVERSATION, MESSAGE, chat_form, model_chat
from graphide.editor.commands import Command
from graphide.editor.commands_nodes import AddNodes
from graphide.editor.layout import Place, Point, place
from graphide.editor.names import free_name, taken_ids
from graphide.errors import GraphideError, UsageError
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.outline import INPUT_TYPE, OUTPUT_TYPE, outline
from graphide.graph.topology import links
from graphide.spec.nodespec import NodeSpec
from graphide.values import accepts

_MODEL, _TURNS = "model", "conversation"
_COLUMN, _ROW = 300.0, 190.0


class ChatTrouble(NamedTuple):
    """Why a graph cannot be talked with, what would help (the label of a button), and the nodes to look at for that.

    Without nodes the help is the edit `AddChat`.
    """

    why: str
    offer: str
    nodes: tuple[str, ...] = ()


def why_not(graph: Graph, registry: Mapping[str, NodeSpec]) -> ChatTrouble | None:
    """Return why a graph cannot be talked with, None when it can be."""
    if not graph.nodes:
        return ChatTrouble("The graph is empty. A chat needs a message, a model and a reply.", "Add a chat")
    try:
        seen = outline(graph, registry)
    except GraphideError as error:
        return ChatTrouble(f"An input of the graph is not right: {error}", "Show the inputs", _variables(graph))
    if chat_form(graph, registry, seen) is not None:
        return None
    inputs = {port.name: port for port in seen.inputs}
    message = inputs.get(MESSAGE)
    if message is None and MESSAGE in graph.nodes:
        return ChatTrouble("The node “message” is not an input that is switched on, so nothing can be said to the graph.",
                           "Show the node", (MESSAGE,))  # fmt: skip
    if message is not None and accepts("text", message.wires[0]) is not None:
        return ChatTrouble(
            "The input “message” is no text. Change its kind to “longtext”.", "Show the node", (MESSAGE,)
        )
    if message is None or not [name for name in seen.outputs if name != CONVERSATION]:
        missing = "no input “message” for what you say" if message is None else "no output for the reply"
        return ChatTrouble(f"The graph has {missing}.", "Add what is missing")
    others = tuple(port.name for port in seen.inputs if port.required and port.name not in (MESSAGE, CONVERSATION))
    named = ", ".join(f"“{name}”" for name in others)
    return ChatTrouble(f"The graph needs more than a message: give {named} a value.", "Show what needs a value", others)


@dataclass(frozen=True, slots=True)
class AddChat(Command):
    """Add what a graph lacks to be talked with: a message, the conversation so far, a model, a reply.

    What the prompt of the model was so far becomes its context; a conversation there gets the message as its last turn.
    """

    registry: Mapping[str, NodeSpec]

    @property
    def label(self) -> str:
        """What it is called in the menu."""
        return "Add a chat"

    def apply(self, graph: Graph) -> Graph:
        """Add it; raises UsageError where a node has the name of an input and is none."""
        for name in (MESSAGE, CONVERSATION):
            if name in graph.nodes and graph.nodes[name].type != INPUT_TYPE:
                raise UsageError(f'the name "{name}" belongs to a node that is no input', hint="Rename that node (F2)")
        model = _model_of(graph)
        return _with_model(graph) if model is None else _around(graph, model, self.registry)


def _with_model(graph: Graph) -> Graph:
    """Return a graph without a model with a whole chat beside what there is."""
    made = model_chat("default")
    names = {
        name: name if name in (MESSAGE, CONVERSATION) else free_name(name, taken_ids(graph)) for name in made.nodes
    }
    top = max((own.at.y for node_id in graph.nodes if (own := place(graph, node_id)).at is not None), default=-_ROW)
    columns = {CONVERSATION: (0, 0), MESSAGE: (0, 1), "talk": (1, 0), "answer": (2, 0), "reply": (3, 0)}
    nodes = tuple(replace(node, id=names[node.id]) for node in made.nodes.values() if names[node.id] not in graph.nodes)
    places = {
        names[name]: Place(Point(40 + column * _COLUMN, top + _ROW + 40 + row * _ROW))
        for name, (column, row) in columns.items()
        if names[name] not in graph.nodes
    }
    edges = tuple(edge._replace(source=names[edge.source], target=names[edge.target]) for edge in made.edges)
    added = AddNodes(nodes, places, edges).apply(graph)
    return added if added.title or graph.nodes else replace(added, title="Chat")


def _around(graph: Graph, model: str, registry: Mapping[str, NodeSpec]) -> Graph:
    """Return a graph with a message and a conversation before a model, and a reply behind it where there is no output."""
    free = _FreeRoom(graph, model)
    nodes: list[Node] = []
    edges: list[Edge] = []
    places: dict[str, Place] = {}

    def add(node: Node, at: Point) -> str:
        nodes.append(node)
        places[node.id] = Place(at)
        return node.id

    if MESSAGE not in graph.nodes:
        before = next((edge for edge in links(graph).incoming(model) if edge.input == "prompt"), None)
        talk = before.source if before is not None and graph.nodes[before.source].type == _TURNS else ""
        if not talk:
            talk = add(Node(free_name("talk", taken_ids(graph)), _TURNS), free.above(-1, 0))
            edges.append(Edge(talk, "messages", model, "prompt"))
            if before is not None:
                graph = replace(graph, edges=tuple(edge for edge in graph.edges if edge != before))
                edges += _as_context(graph, before, registry)
        if CONVERSATION not in graph.nodes:
            add(Node(CONVERSATION, INPUT_TYPE, {"kind": "list", "value": []}), free.above(-2, 0))
            edges.append(Edge(CONVERSATION, "value", talk, "turns"))
        add(Node(MESSAGE, INPUT_TYPE, {"kind": "longtext", "value": ""}), free.above(-2, 1))
        edges.append(Edge(MESSAGE, "value", talk, "turns"))
    if not any(node.type == OUTPUT_TYPE and node.state == "active" for node in graph.nodes.values()):
        reply = add(Node(free_name("reply", taken_ids(graph)), OUTPUT_TYPE, {"name": "reply"}), free.behind())
        edges.append(Edge(model, "text", reply, "value"))
    return AddNodes(tuple(nodes), places, tuple(edges)).apply(graph)


class _FreeRoom:
    """Where nothing lies: in columns before a model, above all other nodes, and in a column behind them."""

    def __init__(self, graph: Graph, model: str) -> None:
        known = [at for node_id in graph.nodes if (at := place(graph, node_id).at) is not None]
        self._model = place(graph, model).at or Point(2 * _COLUMN, 40)
        self._top = min((at.y for at in known), default=self._model.y)
        self._right = max((at.x for at in known), default=self._model.x)

    def above(self, column: int, row: int) -> Point:
        """Return a place in the two rows above everything; column -1 is that before the model."""
        return Point(self._model.x + column * _COLUMN, self._top - (2 - row) * _ROW)

    def behind(self) -> Point:
        """Return a place in the column behind everything, beside the model."""
        return Point(self._right + _COLUMN, self._model.y)


def _as_context(graph: Graph, before: Edge, registry: Mapping[str, NodeSpec]) -> list[Edge]:
    """Return the edge that gives a model as context what was its prompt, if that is a text."""
    spec = registry.get(graph.nodes[before.source].type)
    port = next((port for port in spec.outputs if port.name == before.output), None) if spec is not None else None
    is_text = port is None or "text" in port.wires
    return [before._replace(input="context")] if is_text else []


def _model_of(graph: Graph) -> str | None:
    """Return the model that a chat would be with: one whose text is given out, else the last one of the file."""
    models = [node.id for node in graph.nodes.values() if node.type == _MODEL and node.state == "active"]
    for edge in graph.edges:
        if edge.source in models and graph.nodes[edge.target].type == OUTPUT_TYPE:
            return edge.source
    return models[-1] if models else None


def _variables(graph: Graph) -> tuple[str, ...]:
    return tuple(node.id for node in graph.nodes.values() if node.type == INPUT_TYPE)
