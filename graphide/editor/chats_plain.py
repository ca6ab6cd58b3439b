"""Chats with a model and nothing else: their graph is made of a few choices, and the choices are read from it again.

As long as a graph is nothing but such a chat, a window may show it as a chat alone. What a chat is, is in `chat`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, cast

from graphide.chatting.graphs import ANSWER, model_chat
from graphide.chatting.partners import OVERFLOWS, ModelChoices
from graphide.editor.commands import Command
from graphide.graph.model import Graph, Node
from graphide.spec.generation import Overflow
from graphide.spec.nodespec import NodeSpec

_PERSONA, _SAMPLING = "persona", "sampling"


def graph_of_choices(choices: ModelChoices) -> Graph:
    """Return the graph of a chat with a model."""
    own = {field.name: getattr(choices, field.name) for field in fields(choices) if field.name != "model"}
    return model_chat(choices.model, **own)


def choices_of_graph(graph: Graph, registry: Mapping[str, NodeSpec]) -> ModelChoices | None:
    """Return what a graph was made of, None where it is more than a chat with a model."""
    answer = graph.nodes.get(ANSWER)
    if answer is None or answer.type != "model" or "model" not in registry or not 5 <= len(graph.nodes) <= 7:
        return None
    own = registry["model"].full(answer.settings)
    if own.get("overflow") not in OVERFLOWS:
        return None
    choices = ModelChoices(
        model=str(own["model"]), system=_system(graph.nodes.get(_PERSONA)), max_tokens=own["max_tokens"],
        overflow=cast(Overflow, own["overflow"]), sampling=_settings(graph.nodes.get(_SAMPLING)),
        ref=graph.models.get(str(own["model"])),
    )  # fmt: skip
    return choices if _alike(graph_of_choices(choices), graph, registry) else None


@dataclass(frozen=True, slots=True)
class Choose(Command):
    """Make another choice in a chat with a model; `field` is the one that was changed, for the menu and for merging."""

    choices: ModelChoices
    field: str
    registry: Mapping[str, NodeSpec]

    @property
    def label(self) -> str:
        """`Change the model`."""
        names = {"system": "the system prompt", "max_tokens": "the longest reply", "overflow": "what does not fit"}
        return f"Change {names.get(self.field, f'the {self.field}')}"

    @property
    def merge_key(self) -> str:
        """Typing in one field is one step."""
        return f"choose {self.field}"

    def apply(self, graph: Graph) -> Graph:
        """Make the graph anew, with the places that its nodes have."""
        made = graph_of_choices(self.choices)
        return (
            graph
            if _alike(made, graph, self.registry)
            else replace(made, view=graph.view, extra=graph.extra, about=graph.about)
        )


def _alike(one: Graph, other: Graph, registry: Mapping[str, NodeSpec]) -> bool:
    """Whether two graphs do the same under the same names, defaults written out or not."""
    return (
        one.nodes.keys() == other.nodes.keys()
        and all(_what(node, registry) == _what(other.nodes[node_id], registry) for node_id, node in one.nodes.items())
        and set(one.edges) == set(other.edges)
        and dict(one.models) == dict(other.models)
    )


def _what(node: Node, registry: Mapping[str, NodeSpec]) -> tuple[object, ...]:
    spec = registry.get(node.type)
    settings = spec.full(node.settings) if spec is not None else node.settings
    return node.type, dict(settings), node.state, node.exposed


def _system(node: Node | None) -> str:
    values: Any = node.settings.get("values") if node is not None else None
    text = values.get(_PERSONA) if isinstance(values, Mapping) else ""
    return text if isinstance(text, str) else ""


def _settings(node: Node | None) -> dict[str, Any]:
    return dict(node.settings) if node is not None else {}
