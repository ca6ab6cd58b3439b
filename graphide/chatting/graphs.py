"""Graphs to talk with: which ones can be, by which inputs and output, and one made around nothing but a model."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from graphide.graph.model import Edge, Graph, ModelRef, Node
from graphide.graph.outline import OUTPUT_TYPE, output_name
from graphide.graph.topology import links
from graphide.spec.generation import Overflow
from graphide.spec.nodespec import NodeSpec, Outline
from graphide.values import Json, accepts

MESSAGE, CONVERSATION, ANSWER = "message", "conversation", "answer"
MAX_TOKENS = 1024
_NOTHING: Mapping[str, Json] = MappingProxyType({})
_REPLIES = ("reply", "answer", "text", "result")


class ChatForm(NamedTuple):
    """How a graph is talked with: the input of the message, that of the conversation ("": none), and its reply.

    `streamed_by` is the node whose text the reply is while it is written ("": none, it comes at the end).
    """

    message: str
    conversation: str
    reply: str
    streamed_by: str = ""


def chat_form(graph: Graph, registry: Mapping[str, NodeSpec], outline: Outline) -> ChatForm | None:
    """Return how a graph is talked with, or None when it cannot be: no text input `message`, no output, other inputs."""
    inputs = {port.name: port for port in outline.inputs}
    message = inputs.get(MESSAGE)
    if message is None or accepts("text", message.wires[0]) is not None:
        return None
    if any(port.required and port.name not in (MESSAGE, CONVERSATION) for port in outline.inputs):
        return None
    conversation = CONVERSATION if CONVERSATION in inputs and "list" in inputs[CONVERSATION].wires else ""
    replies = [name for name in outline.outputs if name != CONVERSATION]
    if not replies:
        return None
    reply = next((name for name in _REPLIES if name in replies), replies[0])
    return ChatForm(MESSAGE, conversation, reply, _streamed_by(graph, registry, reply))


def model_chat(
    model: str,
    *,
    system: str = "",
    max_tokens: int = MAX_TOKENS,
    ref: ModelRef | None = None,
    overflow: Overflow = "drop_oldest",
    sampling: Mapping[str, Json] = _NOTHING,
) -> Graph:
    """Return a graph to talk with a model and nothing else; `ref` says what file the name `model` means.

    `sampling` are settings of a parameters node, `overflow` is what happens when the conversation does not fit.
    """
    nodes = {
        MESSAGE: Node(MESSAGE, "variable", {"kind": "longtext", "value": ""}),
        CONVERSATION: Node(CONVERSATION, "variable", {"kind": "list", "value": []}),
        "talk": Node("talk", "conversation"),
        ANSWER: Node(ANSWER, "model", {"model": model, "max_tokens": max_tokens, "overflow": overflow}),
        "reply": Node("reply", "output", {"name": "reply"}),
    }
    edges = [
        Edge(CONVERSATION, "value", "talk", "turns"),
        Edge(MESSAGE, "value", "talk", "turns"),
        Edge("talk", "messages", ANSWER, "prompt"),
        Edge(ANSWER, "text", "reply", "value"),
    ]
    if system.strip():
        # As a value, braces in it mean nothing.
        nodes["persona"] = Node("persona", "system", {"text": "{{ persona }}", "values": {"persona": system}})
        edges.append(Edge("persona", "text", ANSWER, "system"))
    if sampling:
        nodes["sampling"] = Node("sampling", "parameters", dict(sampling))
        edges.append(Edge("sampling", "sampling", ANSWER, "sampling"))
    return Graph(nodes, tuple(edges), title=f"Chat with {model}", models={model: ref} if ref is not None else {})


def _streamed_by(graph: Graph, registry: Mapping[str, NodeSpec], reply: str) -> str:
    for node in graph.nodes.values():
        if node.type == OUTPUT_TYPE and node.state == "active" and output_name(node, registry) == reply:
            edges = links(graph).incoming(node.id)
            source = graph.nodes.get(edges[0].source) if edges else None
            spec = registry.get(source.type) if source is not None else None
            # Chunks are the text of a node: of its first output, and of that only where it is a text.
            if spec is not None and spec.streams and spec.outputs and spec.outputs[0].name == edges[0].output:
                return edges[0].source if spec.outputs[0].wires == ("text",) else ""
    return ""
