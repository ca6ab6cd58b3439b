"""The prompt of a model node as it would be sent, each part with the node that it comes from, and its tokens.

Made from the graph as it is and from what the last run gave; nothing is run here. The parts always join to the very
messages of the request. How they are found is in `prompt_tracing`, how they look in the inspector's view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from graphide.editor.prompt_tracing import Tracing
from graphide.errors import GraphideError
from graphide.executor.call import Values
from graphide.executor.plan import make_plan
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.topology import order
from graphide.spec.generation import ModelRequest, TokenCounts
from graphide.spec.nodespec import Outlines
from graphide.spec.registry import Registry
from graphide.values import Message, Role
from graphide.workspace import Document, Workspace

Count = Callable[[ModelRequest, Sequence[str]], Sequence[int] | None]
"""Counts texts in tokens, with the model of a request; None where that cannot be told."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Segment(NamedTuple):
    """A part of a message and the node that wrote it; None: the model node itself, which put the parts together.

    `unknown` marks a stand-in for what is not known before the run.
    """

    text: str
    source: str | None = None
    tokens: int | None = None
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class PartedMessage:
    """One message of a request; its segments join to its content."""

    role: Role
    segments: tuple[Segment, ...]

    @property
    def content(self) -> str:
        """The message as it is sent."""
        return "".join(segment.text for segment in self.segments)

    @property
    def tokens(self) -> int | None:
        """The tokens of its segments together; None while they are not counted."""
        counts = [segment.tokens for segment in self.segments]
        return None if None in counts else sum(count or 0 for count in counts)


@dataclass(frozen=True, slots=True)
class PromptParts:
    """The prompt of the node `node`. `waits_for` are the nodes whose answers are not known, `problem` why there is none.

    `overflow` is the place (message, segment) at which the context is full; None: all fits, or nothing was counted.
    `size` is the length of the whole prompt with the template of the model, `uncounted` why that is not known.
    """

    node: str
    messages: tuple[PartedMessage, ...] = ()
    request: ModelRequest | None = None
    waits_for: tuple[str, ...] = ()
    problem: str = ""
    overflow: tuple[int, int] | None = None
    size: TokenCounts | None = None
    uncounted: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """The nodes that parts come from, in order of appearance."""
        found = (segment.source for message in self.messages for segment in message.segments)
        return tuple(dict.fromkeys(source for source in found if source is not None))


def prompt_parts(
    graph: Graph,
    registry: Registry,
    node: str,
    known: Mapping[str, Values] = _NOTHING,
    *,
    outlines: Outlines | None = None,
) -> PromptParts:
    """Return the prompt of a model node, made from the graph as it is and from `known` values of earlier runs by node.

    Never raises for what a graph says: `problem` has the sentence.
    """
    if node in graph.nodes and node not in order(graph):
        return PromptParts(node, problem="there is no prompt: it is on a cycle, or after one")
    try:
        plan = make_plan(graph, registry, targets=[node], outlines=outlines)
        traced = Tracing(plan, known).of(node)
    except GraphideError as error:
        return PromptParts(node, problem=str(error))
    messages = tuple(
        PartedMessage(
            message.role, tuple(Segment(text, source, unknown=source in traced.guessed) for text, source in parts)
        )
        for message, parts in zip(traced.request.messages, traced.parts, strict=True)
    )
    return PromptParts(node, messages, traced.request, traced.guessed)


def counted(parts: PromptParts, count: Count, n_ctx: int = 0) -> PromptParts:
    """Return the parts with the tokens of each segment, and the place where a context of `n_ctx` is full (0: none is)."""
    if parts.request is None:
        return parts
    flat = [segment.text for message in parts.messages for segment in message.segments]
    numbers = count(parts.request, flat)
    if numbers is None:
        return parts
    left = iter(numbers)
    messages, overflow, total = [], None, 0
    for row, message in enumerate(parts.messages):
        segments = []
        for column, segment in enumerate(message.segments):
            segments.append(segment._replace(tokens=next(left)))
            total += segments[-1].tokens or 0
            if n_ctx and total > n_ctx and overflow is None:
                overflow = (row, column)
        messages.append(replace(message, segments=tuple(segments)))
    return replace(parts, messages=tuple(messages), overflow=overflow)


def measured(parts: PromptParts, workspace: Workspace, document: Document) -> PromptParts:
    """Return the parts with the tokens of each segment and of the whole prompt, by the models of a document.

    It may load a vocabulary, so it belongs into a thread. Stand-ins are not counted: what they stand for is not known.
    """
    if parts.request is None:
        return parts
    size, problem = _size(workspace, document, parts.request)
    told = counted(parts, token_counter(workspace, document), size.n_ctx if size is not None else 0)
    messages = tuple(
        replace(
            message,
            segments=tuple(each._replace(tokens=None) if each.unknown else each for each in message.segments),
        )
        for message in told.messages
    )
    return replace(told, messages=messages, size=size, uncounted=problem)


def token_counter(workspace: Workspace, document: Document) -> Count:
    """Return what counts texts with the models of a document; it loads a vocabulary, so it belongs into a thread.

    The texts become turns of one conversation in a graph of its own, which is previewed and not run. Turns alternate and
    end with the user, because templates of some models refuse anything else.
    """

    def count(request: ModelRequest, texts: Sequence[str]) -> Sequence[int] | None:
        roles: tuple[Role, Role] = ("user", "assistant")
        turns = [Message(roles[number % 2], text) for number, text in enumerate(texts)]
        if turns and turns[-1].role != "user":
            turns.append(Message("user", "."))
        size, _ = _size(workspace, document, replace(request, messages=tuple(turns)))
        told = size is not None and len(size.messages) == len(turns)
        return size.messages[: len(texts)] if size is not None and told else None

    return count


def _size(workspace: Workspace, document: Document, request: ModelRequest) -> tuple[TokenCounts | None, str]:
    """Return how long the prompt of a request is, or None and why that cannot be told."""
    turns = [{"role": turn.role, "content": turn.content} for turn in request.messages]
    nodes = (
        Node("turns", "variable", {"kind": "list", "value": turns}),
        Node("talk", "conversation"),
        Node("model", "model", {"model": request.model, "n_ctx": request.n_ctx}),
    )
    edges = (Edge("turns", "value", "talk", "turns"), Edge("talk", "messages", "model", "prompt"))
    graph = Graph({node.id: node for node in nodes}, edges, models=document.graph.models)
    try:
        steps = workspace.preview(Document(graph, document.path), targets=["model"]).steps
    except GraphideError as error:
        return None, str(error)
    step = next(step for step in steps if step.id == "model")
    return step.tokens, step.problem
