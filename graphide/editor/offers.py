"""What the palette offers, and what happens when an offer is taken. How offers are found by letters is in `palette`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from graphide.editor.commands import Command, Composite
from graphide.editor.commands_edges import Connect
from graphide.editor.commands_nodes import AddNodes
from graphide.editor.layout import Place, Point
from graphide.editor.names import new_node
from graphide.editor.palette import Palette, PaletteItem, Wanted, node_items, search
from graphide.editor.selection import Selection
from graphide.editor.snapping import GRID
from graphide.graph.model import Edge
from graphide.templates import Templates

if TYPE_CHECKING:
    from graphide.editor.session import Session

_MOST_RECENT = 12


class Offers:
    """The offers of one session, and which were taken last."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._recent: list[str] = []

    def used(self, key: str) -> None:
        """Remember that something was used."""
        self._recent = [key, *(other for other in self._recent if other != key)][:_MOST_RECENT]

    def opened(self, at: tuple[float, float], wire: Wanted | None) -> Palette:
        """Return a palette; with the loose end of a wire only node types that fit it."""
        alone = self._session.tab.alone  # then there is no graph to be seen that something could be added to
        offers = () if alone else node_items(self._session.workspace.registry, wire)
        if wire is None:
            offers = (*offers, *_templates(self._session), *self._actions())
        return self.searched(Palette(at, wire=wire, offers=offers), "")

    def searched(self, palette: Palette, query: str) -> Palette:
        """Return the palette with what fits a query."""
        return replace(palette, query=query, items=tuple(search(palette.offers, query, self._recent)), lit=0)

    def take(self, palette: Palette, item: PaletteItem) -> None:
        """Do what an offer says: add the node, open the template, do the action."""
        session = self._session
        self.used(item.key)
        if item.kind == "action":
            session.act(item.id)
        elif item.kind == "template":
            session.new_from(Path(item.id))
        else:
            self._add(palette, item)

    def _add(self, palette: Palette, item: PaletteItem) -> None:
        session = self._session
        at = session.tab.camera.to_world(*palette.at)
        command, node_id = adding(session, item, at, palette.wire)
        if session.do(command):
            session.select(Selection((node_id,)))

    def _actions(self) -> tuple[PaletteItem, ...]:
        from graphide.editor import actions

        return actions.palette_items(self._session)


def adding(
    session: Session, item: PaletteItem, at: tuple[float, float], wire: Wanted | None = None
) -> tuple[Command, str]:
    """Return the command that adds a node at a place, connected to a loose end, and the id that it gets."""
    node = new_node(session.graph, item.id, session.workspace.registry, item.settings)
    place = Point(*(round(side / GRID) * GRID for side in at))
    add = AddNodes((node,), {node.id: Place(at=place)})
    if wire is None or not item.port:
        return add, node.id
    ends = (wire.node, wire.port, node.id, item.port) if wire.output else (node.id, item.port, wire.node, wire.port)
    return Composite(add.label, (add, Connect(Edge(*ends), session.rules))), node.id


def _templates(session: Session) -> tuple[PaletteItem, ...]:
    own = session.folder / "templates"
    return tuple(
        PaletteItem(
            "template", str(path), id.replace("_", " "), "Your template" if path.parent == own else "Starter graph",
            "layout-template", "accent", words=f"template new {id}",
        )
        for id, path in sorted(Templates(own).ids().items())
    )  # fmt: skip
