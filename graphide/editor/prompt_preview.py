"""Final prompts worked out in the background: one thread for a session, of which only the newest request counts.

Before a run a prompt is made from what is known; after it, from what was run, and checked against what the model node
says it sent. What is seen of it is in `prompt_view`, how parts are found in `prompt_parts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from graphide.editor.latest import Latest
from graphide.editor.layout import places
from graphide.editor.prompt_parts import PartedMessage, PromptParts, Segment, measured, prompt_parts
from graphide.editor.prompt_view import PromptView, prompt_view
from graphide.errors import GraphideError
from graphide.executor.call import Values
from graphide.graph.model import Graph
from graphide.spec.nodespec import NodeSpec, Outlines
from graphide.values import Messages
from graphide.workspace import Document, Workspace

if TYPE_CHECKING:
    from graphide.editor.tabs import Tab


class Asked(NamedTuple):
    """A prompt that is wanted: of which node, of which document with which inputs, and what is known of its steps.

    `ran` says that it is that of a run; `sent` is what the node said it sent (None: it did not say, or not yet) and
    `dropped` what was left out of it because it was too long.
    """

    node: str
    document: Document
    inputs: Mapping[str, Any]
    known: Mapping[str, Values]
    outlines: Outlines | None = None
    ran: bool = False
    sent: Messages | None = None
    dropped: str = ""

    def is_like(self, other: Asked | None) -> bool:
        """Return whether another request would give the same prompt."""
        return (
            other is not None
            and self.node == other.node
            and self.document.graph is other.document.graph
            and self.document.path == other.document.path
            and (self.ran, self.sent) == (other.ran, other.sent)
            and self.inputs == other.inputs
            and self.known.keys() == other.known.keys()
            and all(values is other.known[node] for node, values in self.known.items())
        )


class Prompts:
    """Gives the prompts of model nodes; `wake` is called when one that was asked for is there. Close it at the end."""

    def __init__(self, workspace: Workspace, wake: Callable[[], None]) -> None:
        self._workspace = workspace
        self._asked: Asked | None = None
        self._seen: tuple[object, ...] = ()
        self._work: Latest[Asked, tuple[Asked, PromptView]] = Latest("graphide-prompt", self._made, wake)

    def of(self, tab: Tab, node_id: str) -> PromptView | None:
        """Return the prompt of a node as far as it is worked out, None where a node asks no model for an answer."""
        node = tab.document.graph.nodes.get(node_id)
        spec = self._workspace.registry.get(node.type) if node is not None else None
        if spec is None or not asks_a_model(spec):
            return None
        wanted = self._wanted(tab, node_id)
        if not wanted.is_like(self._asked):
            self._asked = wanted
            self._work.ask(wanted)
        latest = self._work.latest
        if latest is None or latest[0].node != node_id or latest[0].document.path != wanted.document.path:
            return PromptView(node_id, working=True)
        return latest[1] if latest[0].is_like(wanted) else replace(latest[1], working=True)

    def close(self) -> None:
        """End the thread."""
        self._work.close()

    def _wanted(self, tab: Tab, node_id: str) -> Asked:
        """Return what is to be worked out; while nothing happens, as in most frames, nothing is looked for."""
        seen = (tab, tab.document.graph, tab.runs.view, tab.runs.run, node_id, tab.document.path, dict(tab.inputs))
        same = len(seen) == len(self._seen) and all(
            now is before for now, before in zip(seen[:4], self._seen[:4], strict=True)
        )
        if self._asked is not None and same and seen[4:] == self._seen[4:]:
            return self._asked
        self._seen = seen
        return asked(tab, node_id)

    def _made(self, asked: Asked) -> tuple[Asked, PromptView]:
        return asked, self._view(asked)

    def _view(self, asked: Asked) -> PromptView:
        try:
            bound = self._workspace.bind(asked.document, asked.inputs)
        except GraphideError as error:
            return PromptView(asked.node, "known", problem=str(error))
        graph, registry = bound.graph, self._workspace.registry
        parts = prompt_parts(graph, registry, asked.node, asked.known, outlines=asked.outlines)
        if asked.sent is not None:
            parts = as_sent(parts, asked.sent)
        parts = measured(parts, self._workspace, bound)
        colors = {node: place.color for node, place in places(graph).items() if place.color}
        view = prompt_view(parts, titles_of(graph), colors, sent=asked.ran)
        return replace(view, dropped=asked.dropped)


def asks_a_model(spec: NodeSpec) -> bool:
    """Return whether nodes of a type ask a model for an answer, so that they have a prompt."""
    return bool(spec.model_settings) and spec.wants_context and spec.streams


def asked(tab: Tab, node_id: str) -> Asked:
    """Return what is to be worked out for a node: what was sent in the last run, or what would be sent now."""
    graph, runs = tab.document.graph, tab.runs
    changed = runs.changed(graph)
    run = runs.view.nodes.get(node_id)
    outlines = tab.document.rules.outlines
    if run is not None and runs.run is not None and node_id not in changed and run.state not in ("queued", "skipped"):
        known = {key: other.values for key, other in runs.view.nodes.items() if other.values}
        sent = run.values.get("messages")
        turns = sent[:-1] if isinstance(sent, tuple) else None
        dropped = run.usage.dropped if run.usage is not None else ""
        return Asked(node_id, runs.run.document, runs.run.inputs, known, outlines, True, turns, dropped)
    known = {
        key: other.values
        for key, other in runs.view.nodes.items()
        if other.values and key not in changed and key != node_id
    }
    return Asked(node_id, tab.document.source, dict(tab.inputs), known, outlines)


def as_sent(parts: PromptParts, sent: Messages) -> PromptParts:
    """Return the parts of what was sent: as they were found where they join to it, else each message as a whole."""
    found = [(message.role, message.content) for message in parts.messages]
    if found == [(turn.role, turn.content) for turn in sent]:
        return parts
    whole = tuple(PartedMessage(turn.role, (Segment(turn.content),)) for turn in sent)
    request = replace(parts.request, messages=sent) if parts.request is not None else None
    return replace(parts, messages=whole, request=request, waits_for=(), problem="" if request else parts.problem)


def titles_of(graph: Graph) -> dict[str, str]:
    """Return what the nodes of a graph are called."""
    return {node_id: " ".join(node.title[:200].split()) or node_id for node_id, node in graph.nodes.items()}
