"""From a scene to the canvas: every node, wire and frame as shapes, those that did not change as the same objects.

`CanvasBuilder` remembers what each of them was made from, by identity: graphs, runs and problems are frozen, so what is
the same object looks the same. What a node looks like is in `nodeshape`, a wire in `wireshape`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from operator import is_, is_not
from typing import Any, Final

from graphide.editor.camera import seen
from graphide.editor.connect import Pin as PinName, Rules
from graphide.editor.frameshape import frame_group, is_note, note_group
from graphide.editor.later import Later
from graphide.editor.layout import FRAMES, REROUTES, Frame, Place, Point, frames, place, reroutes
from graphide.editor.nodelook import wire_color
from graphide.editor.noderows import Subject
from graphide.editor.noderun import NodeRun
from graphide.editor.nodeshape import node_group
from graphide.editor.nodesheet import DrawnRows
from graphide.editor.nodetitle import TITLE
from graphide.editor.planning import PlanStep, PlanView
from graphide.editor.scene import Scene
from graphide.editor.unplaced import spots
from graphide.editor.views import CanvasView, Disc, Group, Shape, Wire
from graphide.editor.wireshape import state_of, wire
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.ports import Ports
from graphide.graph.problems import Problem
from graphide.graph.topology import Links, links

_TICKS: Final = 2.0
"""How often a second the figures of a running node are made anew while nothing else happens to it."""
_NO_WIRES: frozenset[str] = frozenset()
_NEVER: Final = object()


@dataclass(slots=True)
class _Kept:
    """A node as it was drawn, and what that was made from."""

    node: Node
    entry: Any
    subject: Subject
    place: Place
    tick: int
    group: Group
    rows: DrawnRows


class CanvasBuilder:
    """Makes canvas views of the scenes of one document, one after the other."""

    def __init__(self) -> None:
        self._scene: Scene | None = None
        self._view = CanvasView()
        self._kept: dict[str, _Kept] = {}
        self._groups: dict[str, Group] = {}
        self._order: tuple[str, ...] = ()
        self._wires: dict[Edge, Wire] = {}
        self._frames: dict[str, tuple[Frame, Group]] = {}
        self._edges: object = _NEVER
        self._links = Links({}, {})
        self._wired: dict[str, frozenset[str]] = {}
        self._spots: dict[str, Point] = {}
        self._reroutes: dict[Edge, tuple[Point, ...]] = {}
        self._refused: frozenset[str] = frozenset()
        self._chosen: frozenset[str] = frozenset()
        self._chosen_edges: frozenset[Edge] = frozenset()
        self._plan: PlanView | None = None

    def forget(self) -> None:
        """Make everything anew the next time: a file that a setting names has changed, or the node types have."""
        self._scene, self._view, self._edges = None, CanvasView(), _NEVER
        self._kept, self._groups, self._wires, self._frames = {}, {}, {}, {}
        self._plan = None

    def build(self, scene: Scene) -> CanvasView:
        """Return the canvas of a scene; what looks as it did in the last one is the same object."""
        if self._scene is not None and not _same_rules(self._scene.rules, scene.rules):
            self.forget()
        scene = self._with_plan(scene)
        before, graph = self._scene, scene.graph
        if graph.edges is not self._edges:
            self._see_edges(graph)
        self._chosen, self._chosen_edges = frozenset(scene.selection.nodes), frozenset(scene.selection.edges)
        moved = self._moved(scene, before)
        dirty = self._dirty(scene, before)
        changed = [node_id for node_id in dirty if self._draw(node_id, scene)]
        changed += [node_id for node_id in moved - frozenset(dirty) if self._move(node_id, scene)]
        if before is not None and scene.selection is not before.selection:
            self._mark(set(scene.selection.nodes) ^ set(before.selection.nodes))
        if before is None or graph.nodes is not before.graph.nodes:
            self._drop_nodes(graph)
        self._see_wires(scene, before, changed)
        self._scene = scene
        nodes = self._in_order(scene, before, changed)
        self._view = CanvasView(
            frames=self._frames_of(scene, before),
            wires=self._wires_in_order(),
            nodes=nodes,
            overlay=scene.overlay,
            camera=scene.camera,
            cursor=scene.cursor,
            tooltip=scene.tooltip,
            halos=self._halos(scene, before, nodes),
        )
        return self._view

    def _with_plan(self, scene: Scene) -> Scene:
        """Return a scene with the last plan until there is one of the graph as it is: most steps will be the same."""
        if scene.plan is not None:
            self._plan = scene.plan
        return scene if scene.plan is self._plan else replace(scene, plan=self._plan)

    # --- nodes

    def _moved(self, scene: Scene, before: Scene | None) -> frozenset[str]:
        """Return the nodes that lie elsewhere, or in another way."""
        if before is None or scene.graph.view is before.graph.view:
            return frozenset()
        view, old = scene.graph.view, before.graph.view
        return frozenset(node_id for node_id in scene.graph.nodes if view.get(node_id) is not old.get(node_id))

    def _dirty(self, scene: Scene, before: Scene | None) -> Collection[str]:
        """Return the nodes that may look different now, but for those that were only moved."""
        graph = scene.graph
        if before is None or _planned(scene) is not _planned(before):
            return tuple(graph.nodes)
        found: dict[str, None] = {}
        if graph is not before.graph:
            old = before.graph.nodes
            if graph.nodes is not old:
                found.update((node_id, None) for node_id, node in graph.nodes.items() if old.get(node_id) is not node)
            if graph.edges is not before.graph.edges:
                found.update(dict.fromkeys(self._rewired(graph)))
        self._mark_runs(found, scene, before)
        if scene.problems is not before.problems:
            names = scene.problems.keys() | before.problems.keys()
            found.update((name, None) for name in names if scene.problems.get(name) != before.problems.get(name))
        found |= dict.fromkeys(scene.changed ^ before.changed)
        if scene.plan is not before.plan:
            found.update((node_id, None) for node_id in graph.nodes if _step(scene, node_id) != _step(before, node_id))
        return [node_id for node_id in found if node_id in graph.nodes]

    def _mark_runs(self, found: dict[str, None], scene: Scene, before: Scene) -> None:
        """Add the nodes whose run went on, and the outputs that show what those are writing."""
        runs, old = scene.run.nodes, before.run.nodes
        moved: list[str] = []
        if runs is not old:
            if list(runs) == list(old):  # so it is while a run goes on, and this is as quick as can be
                moved = list(compress(runs, map(is_not, runs.values(), old.values())))
            else:
                moved = [key for key in {**old, **runs} if runs.get(key) is not old.get(key)]
        if math.floor(scene.now * _TICKS) != math.floor(before.now * _TICKS):
            moved += [node_id for node_id, run in runs.items() if run.state == "running"]
        for node_id in moved:
            found[node_id] = None
            found.update((edge.target, None) for edge in self._links.outgoing(node_id))

    def _rewired(self, graph: Graph) -> Iterable[str]:
        """Return the nodes whose inputs are fed differently, and those whose ports are told by edges alone."""
        for node_id, kept in self._kept.items():
            if (
                kept.subject.wired != self._wired.get(node_id, _NO_WIRES)
                or kept.subject.spec is None
                or kept.subject.spec.category == "output"
            ):
                yield node_id

    def _move(self, node_id: str, scene: Scene) -> bool:
        """Put a node that is the same elsewhere; return whether its group is another one."""
        kept, own = self._kept[node_id], place(scene.graph, node_id)
        if own.at is None or _way(own) != _way(kept.place):
            return self._draw(node_id, scene)
        kept.entry, kept.place, group = scene.graph.view.get(node_id), own, kept.group
        if (group.x, group.y) == own.at:
            return False
        kept.group = self._groups[node_id] = group._replace(x=own.at.x, y=own.at.y)
        return True

    def _draw(self, node_id: str, scene: Scene) -> bool:
        """Make the group of a node, or find that it looks as before; return whether it, or its run, is another one."""
        kept, node = self._kept.get(node_id), scene.graph.nodes[node_id]
        subject = self._subject(node, scene, kept)
        entry = scene.graph.view.get(node_id)
        own = (
            kept.place
            if kept is not None and kept.entry is entry and entry is not None
            else place(scene.graph, node_id)
        )
        if own.at is None:
            own = replace(own, at=self._spot(node_id, scene.graph))
        rows: DrawnRows = kept.rows if kept is not None else {}
        tick = math.floor(scene.now * _TICKS) if subject.run is not None and subject.run.state == "running" else 0
        if kept is not None and kept.tick == tick and kept.subject == subject and _way(kept.place) == _way(own):
            assert own.at is not None
            moved = (kept.group.x, kept.group.y) != own.at
            group = kept.group._replace(x=own.at.x, y=own.at.y) if moved else kept.group
        else:
            group = note_group(subject, own) if is_note(subject) else node_group(subject, own, rows)
            group = _reusing(kept.group, group, written=_is_written(subject)) if kept is not None else group
        group = _chosen(group, node_id in self._chosen)
        self._kept[node_id] = _Kept(node, entry, subject, own, tick, group, rows)
        self._groups[node_id] = group
        return kept is None or kept.group is not group or kept.subject.run is not subject.run

    def _mark(self, node_ids: Iterable[str]) -> None:
        """Show which nodes are selected; nothing else of them is another."""
        for node_id in node_ids:
            kept = self._kept.get(node_id)
            if kept is not None:
                kept.group = self._groups[node_id] = _chosen(kept.group, node_id in self._chosen)

    def _subject(self, node: Node, scene: Scene, kept: _Kept | None) -> Subject:
        spec = scene.rules.registry.get(node.type)
        ports: Ports
        if kept is not None and kept.node is node and spec is not None:
            ports = kept.subject.ports
        else:
            ports = scene.rules.ports(scene.graph, node.id)
        run = scene.run.nodes.get(node.id)
        return Subject(
            node=node,
            spec=spec,
            ports=ports,
            wired=self._wired.get(node.id, _NO_WIRES),
            run=run,
            feed=self._feed(node.id, scene) if spec is not None and spec.category == "output" else None,
            plan=_step(scene, node.id) if run is None or scene.show_plan else None,
            planned=_planned(scene),
            problems=scene.problems.get(node.id, ()),
            changed=node.id in scene.changed,
            now=scene.now,
        )

    def _feed(self, node_id: str, scene: Scene) -> NodeRun | None:
        """Return the run of what an output node shows while that is being written, None otherwise."""
        own = scene.run.nodes.get(node_id)
        if own is None or own.ended:
            return None
        for edge in self._links.incoming(node_id):
            source = scene.run.nodes.get(edge.source)
            if source is not None and source.state == "running" and source.pieces:
                return source
        return None

    def _spot(self, node_id: str, graph: Graph) -> Point:
        """Return where a node without a place is drawn; it stays there."""
        found = self._spots.get(node_id)
        if found is None:
            placed = {other: at for other in graph.nodes if (at := place(graph, other).at) is not None}
            known = {other: at for other, at in self._spots.items() if other in graph.nodes and other not in placed}
            self._spots = {**known, **spots(graph, {**placed, **known})}
            found = self._spots[node_id]
        return found

    def _drop_nodes(self, graph: Graph) -> None:
        for node_id in self._kept.keys() - graph.nodes.keys():
            del self._kept[node_id], self._groups[node_id]

    def _in_order(self, scene: Scene, before: Scene | None, changed: Collection[str]) -> tuple[Group, ...]:
        """Return the groups as they are drawn: what is selected lies above."""
        same = before is not None and scene.graph.nodes is before.graph.nodes and scene.selection is before.selection
        if same and not changed:
            return self._view.nodes
        if not same:
            below = [node_id for node_id in scene.graph.nodes if node_id not in self._chosen]
            above = [node_id for node_id in scene.selection.nodes if node_id in scene.graph.nodes]
            self._order = (*below, *above)
        found = tuple(map(self._groups.__getitem__, self._order))
        return self._view.nodes if _identical(found, self._view.nodes) else found

    # --- wires

    def _see_edges(self, graph: Graph) -> None:
        self._edges, self._links = graph.edges, links(graph)
        self._wired = {
            node_id: frozenset(edge.input for edge in edges) for node_id, edges in self._links.by_target.items()
        }

    def _see_wires(self, scene: Scene, before: Scene | None, changed: Collection[str]) -> None:
        graph = scene.graph
        same = before is not None and scene.problems is before.problems
        refused = self._refused if same else _refused_edges(scene.problems)
        whole = (
            before is None
            or graph.edges is not before.graph.edges
            or scene.selection.edges != before.selection.edges
            or graph.view.get(REROUTES) is not before.graph.view.get(REROUTES)
            or refused != self._refused
        )
        self._refused = refused
        if whole:
            self._reroutes = reroutes(graph)
            drawn = {edge: self._wire(edge, scene) for edge in dict.fromkeys(graph.edges)}
            self._wires = {edge: made for edge, made in drawn.items() if made is not None}
            return
        links = self._links
        touched: Iterable[Edge] = tuple(self._wires)
        if len(changed) < len(graph.nodes) // 2:  # with more of them nearly every wire is touched, some of them twice
            near = (edge for node_id in changed for edge in (*links.incoming(node_id), *links.outgoing(node_id)))
            touched = dict.fromkeys(near)
        for edge in touched:
            made = self._wire(edge, scene)
            if made is not None:
                self._wires[edge] = made

    def _wire(self, edge: Edge, scene: Scene) -> Wire | None:
        """Return an edge as it is drawn, None where one of its nodes is not there."""
        source, target = self._groups.get(edge.source), self._groups.get(edge.target)
        if source is None or target is None:
            return None
        start, end = source.pin(edge.output, output=True), target.pin(edge.input, output=False)
        first = (source.x + (start.x if start else source.width), source.y + (start.y if start else TITLE / 2))
        last = (target.x + (end.x if end else 0.0), target.y + (end.y if end else TITLE / 2))
        type = start.wire if start is not None and start.wire != "any" else end.wire if end is not None else "any"
        state = state_of(scene.run.nodes.get(edge.source), scene.run.nodes.get(edge.target))
        if start is None or end is None or (self._refused and str(edge) in self._refused):
            state = "refused"
        nodes = scene.graph.nodes
        resting = nodes[edge.source].state == "muted" or nodes[edge.target].state == "muted"
        made = wire(
            edge, first, last, type, points=self._reroutes.get(edge, ()), state=state,
            selected=edge in self._chosen_edges, dimmed=resting,
        )  # fmt: skip
        old = self._wires.get(edge)
        return old if old == made else made

    def _wires_in_order(self) -> tuple[Wire, ...]:
        found = tuple(self._wires.values())
        return self._view.wires if _identical(found, self._view.wires) else found

    # --- frames, and what lies above all

    def _frames_of(self, scene: Scene, before: Scene | None) -> tuple[Group, ...]:
        graph = scene.graph
        if (
            before is not None
            and graph.view.get(FRAMES) is before.graph.view.get(FRAMES)
            and scene.selection.frames == before.selection.frames
        ):
            return self._view.frames
        known, self._frames = self._frames, {}
        for key, frame in frames(graph).items():
            old = known.get(key)
            selected = key in scene.selection.frames
            same = old is not None and old[0] == frame and old[1].selected == selected
            self._frames[key] = old if same and old is not None else (frame, frame_group(key, frame, selected=selected))
        found = tuple(group for _, group in self._frames.values())
        return self._view.frames if _identical(found, self._view.frames) else found

    def _halos(self, scene: Scene, before: Scene | None, nodes: tuple[Group, ...]) -> tuple[Shape, ...]:
        """Return what says which pins the wire that is drawn can reach, as far as they are in sight."""
        if not scene.verdicts:
            return ()
        same = before is not None and before.verdicts is scene.verdicts and nodes is self._view.nodes
        if before is not None and same and (before.camera, before.size) == (scene.camera, scene.size):
            return self._view.halos
        in_sight = seen(scene.camera, scene.size)
        groups = (group for group in self._groups.values() if group.box.meets(in_sight))
        return tuple(halo for group in groups for halo in _verdicts(group, scene))


def _verdicts(group: Group, scene: Scene) -> Iterable[Shape]:
    """Yield a halo for each pin of a node that can be reached, and a hollow where it cannot."""
    for pin in group.pins:
        name: PinName = (group.key, pin.name)
        if pin.output == scene.to_outputs and name in scene.verdicts:
            x, y = group.x + pin.x, group.y + pin.y
            if scene.verdicts[name] is None:
                yield Disc(x, y, 10.0, f"{wire_color(pin.wire)}@30")
            else:
                yield Disc(x, y, 6.0, "card", "border")


def _way(place: Place) -> tuple[object, ...]:
    """Return all of a place but where it is."""
    return place.size, place.collapsed, place.color


def _chosen(group: Group, selected: bool) -> Group:
    return group if group.selected == selected else group._replace(selected=selected)


def _is_written(subject: Subject) -> bool:
    """Return whether a text on the node is another one with each piece, so that it does not look as before."""
    return subject.live or (subject.run is not None and subject.run.state == "running" and bool(subject.run.pieces))


def _reusing(old: Group, new: Group, *, written: bool) -> Group:
    """Return a node that is made anew with what of the old one was drawn and looks the same, so that it stays drawn.

    One that is being `written` is not looked at near by.
    """
    far = _is_made(old.shapes_far) and old.shapes_far == new.shapes_far
    if far:
        new = new._replace(shapes_far=old.shapes_far, shapes_tiny=old.shapes_tiny)
    if written or not _is_made(old.shapes) or (old.shapes, old.hits) != (new.shapes, new.hits):
        return new
    same = (old.x, old.y, old.width, old.height, old.pins, old.state) == (
        new.x, new.y, new.width, new.height, new.pins, new.state,
    )  # fmt: skip
    return old if same and (far or not _is_made(old.shapes_far)) else new._replace(shapes=old.shapes, hits=old.hits)


def _is_made(shapes: Sequence[Shape]) -> bool:
    return not isinstance(shapes, Later) or shapes.is_made


def _same_rules(one: Rules, other: Rules) -> bool:
    return one is other or (one.registry is other.registry and one.outlines is other.outlines)


def _step(scene: Scene, node_id: str) -> PlanStep | None:
    """Return what a run would do with a node, None where the plan is not about the node as it is shown."""
    plan, node = scene.plan, scene.graph.nodes.get(node_id)
    return plan.steps.get(node_id) if plan is not None and plan.graph.nodes.get(node_id) is node else None


def _planned(scene: Scene) -> bool:
    """Return whether nodes say what a run would do with them."""
    return scene.show_plan and scene.plan is not None and scene.plan.refusal is None


def _refused_edges(problems: Mapping[str, tuple[Problem, ...]]) -> frozenset[str]:
    return frozenset(
        problem.edge for found in problems.values() for problem in found if problem.edge and problem.severity == "error"
    )


def _identical(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return len(one) == len(other) and all(map(is_, one, other))
