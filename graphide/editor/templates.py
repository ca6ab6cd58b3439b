"""The gallery of starter graphs: what a card shows of each, the packaged ones and the user's own, and new documents.

A card has a small picture as numbers: boxes and wires within a frame from (0, 0) to its width and height. How it is
painted is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from graphide.editor.short import short
from graphide.errors import GraphideError
from graphide.graph.model import Graph, Node
from graphide.graph.topology import order
from graphide.spec.registry import Registry
from graphide.templates import Origin, Templates, Unreadable, tags_of
from graphide.workspace import Document, Workspace

BOX_WIDTH, BOX_HEIGHT = 240.0, 160.0
"""The size of a box whose node says none."""
FOR_BEGINNERS = ("hello", "conversation", "rewrite_tone")
"""The packaged templates that come first, in this order; the others follow by title."""
_GAP = 60.0


class Box(NamedTuple):
    """A node in a picture; `category` colours it ("" for a type that is not there)."""

    node: str
    type: str
    category: str
    x: float
    y: float
    width: float
    height: float


class Wire(NamedTuple):
    """An edge in a picture: from the right side of one box to the left side of another, by their places in `boxes`."""

    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A graph in small, moved so that it begins at (0, 0)."""

    boxes: tuple[Box, ...] = ()
    wires: tuple[Wire, ...] = ()
    width: float = 0.0
    height: float = 0.0


class InputCard(NamedTuple):
    """An input of a template: its name, its kind, a line about it, and its default in short (None: it must be given)."""

    name: str
    kind: str
    help: str
    default: str | None


@dataclass(frozen=True, slots=True)
class TemplateCard:
    """A template in the gallery. `needs_model` says whether a run of it asks a model."""

    name: str
    path: Path
    origin: Origin
    title: str
    about: str
    picture: Picture
    inputs: tuple[InputCard, ...]
    outputs: tuple[str, ...]
    node_types: tuple[str, ...]
    needs_model: bool
    tags: tuple[str, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether it is one of the user's own, which can be changed and deleted."""
        return self.origin == "user"

    def fits(self, query: str) -> bool:
        """Return whether every word of a search is somewhere on the card."""
        words = (
            self.name,
            self.title,
            self.about,
            *self.tags,
            *self.node_types,
            *(given.name for given in self.inputs),
        )
        text = " ".join(words).casefold()
        return all(word in text for word in query.casefold().split())


class Gallery(NamedTuple):
    """The cards, packaged ones first, each group by title; and the files that could not be read."""

    cards: tuple[TemplateCard, ...]
    unreadable: tuple[Unreadable, ...] = ()


def gallery(workspace: Workspace, folder: Path | None = None) -> Gallery:
    """Return all templates there are: the packaged ones, and those in `folder` (the user's own)."""
    listed = Templates(folder, workspace.registry).listed()
    cards: list[TemplateCard] = []
    unreadable = list(listed.unreadable)
    for template in listed.templates:
        try:
            cards.append(card(workspace, template.path, template.origin))
        except GraphideError as error:
            unreadable.append(Unreadable(template.path, str(error)))
    return Gallery(tuple(sorted(cards, key=_order)), tuple(unreadable))


def _order(card: TemplateCard) -> tuple[bool, int, str, str]:
    is_first = card.origin == "packaged" and card.name in FOR_BEGINNERS
    place = FOR_BEGINNERS.index(card.name) if is_first else len(FOR_BEGINNERS)
    return card.origin == "user", place, card.title.casefold(), card.name


def card(workspace: Workspace, path: Path, origin: Origin) -> TemplateCard:
    """Return the card of a template file; raises GraphideError when it cannot be read."""
    document = workspace.load(path)
    graph, registry = document.graph, workspace.registry
    types = dict.fromkeys(node.type for _, node in sorted(graph.nodes.items()))
    inputs = tuple(
        InputCard(
            port.name,
            port.field.kind if port.field is not None else port.wires[0],
            port.help,
            None if port.required else short(port.default, 60),
        )
        for port in workspace.inputs(document)
    )
    return TemplateCard(
        path.stem, path, origin, graph.title or path.stem, graph.about, picture(graph, registry), inputs,
        workspace.outputs(document), tuple(types), needs_model(graph, registry), tags_of(graph),
    )  # fmt: skip


def new_document(workspace: Workspace, card: TemplateCard) -> Document:
    """Return a new document like a template: with no place on disk yet; raises GraphideError."""
    return workspace.load(card.path)._replace(path=None)


def needs_model(graph: Graph, registry: Registry) -> bool:
    """Return whether a run of a graph asks a model other than the echo, inside its nodes too."""
    return any(_asks(node.type, node.settings, registry) for node in graph.nodes.values() if node.state == "active")


def picture(graph: Graph, registry: Registry) -> Picture:
    """Return a graph in small; nodes without a place stand in a row below the others."""
    ids = sorted(graph.nodes)
    places = {node_id: _place(graph.view.get(node_id)) for node_id in ids}
    placed = [place for place in places.values() if place is not None]
    left = min((place[0] for place in placed), default=0.0)
    top = min((place[1] for place in placed), default=0.0)
    below = max((place[1] + place[3] + _GAP for place in placed), default=top)
    boxes: dict[str, Box] = {}
    column = left
    rest = [node_id for node_id in order(graph) if places[node_id] is None]
    for node_id in [*(node_id for node_id in ids if places[node_id] is not None), *rest]:
        place = places[node_id]
        if place is None:
            place = (column, below, BOX_WIDTH, BOX_HEIGHT)
            column += BOX_WIDTH + _GAP
        x, y, width, height = place
        boxes[node_id] = _box(graph.nodes[node_id], registry, (x - left, y - top, width, height))
    return _framed(graph, boxes)


def _box(node: Node, registry: Registry, place: tuple[float, float, float, float]) -> Box:
    spec = registry.get(node.type)
    return Box(node.id, node.type, spec.category if spec is not None else "", *place)


def _framed(graph: Graph, boxes: Mapping[str, Box]) -> Picture:
    numbers = {node_id: number for number, node_id in enumerate(boxes)}
    pairs = ((edge.source, edge.target) for edge in graph.edges)
    wires = dict.fromkeys(
        Wire(numbers[source], numbers[target]) for source, target in pairs if {source, target} <= boxes.keys()
    )
    return Picture(
        tuple(boxes.values()),
        tuple(wires),
        max((box.x + box.width for box in boxes.values()), default=0.0),
        max((box.y + box.height for box in boxes.values()), default=0.0),
    )


def _place(view: Any) -> tuple[float, float, float, float] | None:
    """Return (x, y, width, height) of the view of a node in a graph file, or None where it has no place."""
    at, size = (view.get("at"), view.get("size")) if isinstance(view, Mapping) else (view, None)
    if not _is_pair(at):
        return None
    width, height = size if _is_pair(size) and min(size) > 0 else (BOX_WIDTH, BOX_HEIGHT)
    return float(at[0]), float(at[1]), float(width), float(height)


def _is_pair(value: Any) -> TypeGuard[Sequence[float]]:
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(isinstance(item, int | float) and not isinstance(item, bool) for item in value)
    )


def _asks(type: str, settings: Mapping[str, Any], registry: Registry) -> bool:
    spec = registry.get(type)
    if spec is None:
        return False
    full = spec.full(settings)
    if any(full[name] and full[name] != "echo" for name in spec.model_settings):
        return True
    inside = full.get("graph")
    nodes = inside.get("nodes") if isinstance(inside, Mapping) else inside
    if isinstance(nodes, Mapping):
        inner = (node for node in nodes.values() if isinstance(node, Mapping))
        return any(_asks(str(node.get("type", "")), node, registry) for node in inner)
    return bool(nodes)  # a graph in a file of its own: better to say that it may
