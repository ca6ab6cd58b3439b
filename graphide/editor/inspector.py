"""The inspector: what the panel on the right says of the selection, as plain values. Nothing is edited here.

One node has all its settings, ports with the values of the last run, timings, errors and problems; several have the
settings that they share. The parts of a final prompt are asked for by themselves, because they may take a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from graphide.editor.faces import Widget, widget_of
from graphide.editor.layout import Frame, frames
from graphide.editor.nodelook import category_color, icon_name
from graphide.editor.noderun import NodeError, NodeRun
from graphide.editor.planning import PlanStep
from graphide.editor.prompt_parts import PromptParts, prompt_parts
from graphide.editor.short import short, usage_line
from graphide.graph.model import Edge, Graph, State
from graphide.graph.problems import Problem
from graphide.graph.topology import links
from graphide.spec.fields import Field
from graphide.spec.nodespec import NodeSpec, Port
from graphide.values import Json
from graphide.workspace import Workspace

if TYPE_CHECKING:
    from graphide.editor.tabs import Tab

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting: `set` says that it is not the default, `exposed` that it is an input, `mixed` that nodes differ."""

    name: str
    field: Field
    value: Json
    default: Json = None
    set: bool = False
    exposed: bool = False
    wired: bool = False
    problem: str = ""
    mixed: bool = False

    @property
    def help(self) -> str:
        """What the setting is for."""
        return self.field.help


@dataclass(frozen=True, slots=True)
class PortRow:
    """One port: its type, the edges there, and the value that it had in the last run, in short."""

    name: str
    wires: tuple[str, ...]
    help: str = ""
    required: bool = False
    edges: tuple[Edge, ...] = ()
    value: str = ""


@dataclass(frozen=True, slots=True)
class NodePart:
    """One node as the inspector shows it."""

    id: str
    type: str
    title: str
    summary: str
    doc: str
    icon: str
    color: str
    state: State
    settings: tuple[SettingRow, ...] = ()
    inputs: tuple[PortRow, ...] = ()
    outputs: tuple[PortRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    run: NodeRun | None = None
    stale: bool = False
    figures: tuple[tuple[str, str], ...] = ()
    plan: PlanStep | None = None

    @property
    def error(self) -> NodeError | None:
        """Why it failed in the last run, with its inputs and what to do."""
        return self.run.error if self.run is not None else None


@dataclass(frozen=True, slots=True)
class Inspector:
    """What is said of the selection: of one node, of several with the settings they share, of a frame, or of the graph."""

    nodes: tuple[str, ...] = ()
    node: NodePart | None = None
    shared: tuple[SettingRow, ...] = ()
    frame: tuple[str, Frame] | None = None
    title: str = ""
    about: str = ""
    problems: tuple[Problem, ...] = ()


def inspected(tab: Tab, workspace: Workspace, now: float) -> Inspector:
    """Return what the inspector says of the selection of a tab; `now` is of its clock."""
    graph, chosen = tab.document.graph, tab.selection.within(tab.document.graph)
    known = frames(graph)
    frame = (chosen.frames[0], known[chosen.frames[0]]) if chosen.frames and not chosen.nodes else None
    if not chosen.nodes:
        return Inspector(frame=frame, title=graph.title, about=graph.about, problems=tab.problems)
    if len(chosen.nodes) > 1:
        return Inspector(chosen.nodes, shared=shared_settings(tab, chosen.nodes), title=graph.title)
    return Inspector(chosen.nodes, node_part(tab, chosen.nodes[0], workspace, now), title=graph.title)


def node_part(tab: Tab, node_id: str, workspace: Workspace, now: float) -> NodePart:
    """Return one node as the inspector shows it; raises KeyError for one that is not there."""
    graph = tab.document.graph
    node, run = graph.nodes[node_id], tab.runs.view.nodes.get(node_id)
    spec: NodeSpec | None = workspace.registry.get(node.type)
    ports = tab.document.rules.ports(graph, node_id)
    return NodePart(
        id=node_id, type=node.type, title=node.title or node_id, icon=icon_name(spec), color=category_color(spec),
        summary=spec.summary if spec is not None else "This node type is not installed", state=node.state,
        doc=spec.doc if spec is not None else "",
        settings=settings_of(tab, node_id),
        inputs=tuple(_input_row(graph, node_id, port, tab.runs.view.nodes) for port in ports.inputs.values()),
        outputs=tuple(_output_row(graph, node_id, port, run) for port in ports.outputs.values()),
        problems=tuple(problem for problem in tab.problems if problem.node == node_id),
        run=run, stale=node_id in tab.runs.changed(graph), figures=_figures(run, now),
        plan=tab.plan.steps.get(node_id) if tab.plan is not None else None,
    )  # fmt: skip


def settings_of(tab: Tab, node_id: str) -> tuple[SettingRow, ...]:
    """Return every setting of a node, then the inputs that have a widget of their own."""
    graph, rules = tab.document.graph, tab.document.rules
    node = graph.nodes[node_id]
    spec: NodeSpec | None = rules.registry.get(node.type)
    if spec is None:
        return ()
    wired = {edge.input for edge in links(graph).incoming(node_id)}
    inputs = [name for name, port in rules.ports(graph, node_id).inputs.items() if port.field is not None]
    rows = []
    for name in dict.fromkeys((*spec.settings, *inputs)):
        widget = widget_of(graph, node_id, name, rules)
        if widget is not None and not (name == "values" and name in spec.settings):
            default = spec.settings[name].default if name in spec.settings else None
            rows.append(_setting_row(widget, default, exposed=name in node.exposed, wired=name in wired))
    return tuple(rows)


def shared_settings(tab: Tab, nodes: tuple[str, ...]) -> tuple[SettingRow, ...]:
    """Return the settings that several nodes have in common, by name and kind; `mixed` where their values differ."""
    first, *others = ({row.name: row for row in settings_of(tab, node_id)} for node_id in nodes)
    rows = []
    for name, row in first.items():
        same = [other[name] for other in others if name in other and other[name].field.kind == row.field.kind]
        if len(same) == len(others):
            mixed = any(other.value != row.value for other in same)
            rows.append(
                SettingRow(
                    name, row.field, row.value, row.default, any(each.set for each in (row, *same)),
                    wired=any(each.wired for each in (row, *same)), problem=row.problem, mixed=mixed,
                )
            )  # fmt: skip
    return tuple(rows)


def final_prompt(tab: Tab, node_id: str, workspace: Workspace) -> PromptParts:
    """Return the prompt of a model node, part by part with where each comes from; it may look into files."""
    known = {key: run.values for key, run in tab.runs.view.nodes.items() if run.values}
    rules = tab.document.rules
    return prompt_parts(tab.document.graph, workspace.registry, node_id, known, outlines=rules.outlines)


def _setting_row(widget: Widget, default: Json, *, exposed: bool, wired: bool) -> SettingRow:
    return SettingRow(
        widget.name, widget.field, widget.value, default, widget.set, exposed, wired, widget.problem
    )  # fmt: skip


def _input_row(graph: Graph, node_id: str, port: Port, runs: Mapping[str, NodeRun]) -> PortRow:
    edges = tuple(edge for edge in links(graph).incoming(node_id) if edge.input == port.name)
    values = [runs[edge.source].values[edge.output] for edge in edges if _gave(runs, edge)]
    value = short(values[0] if len(values) == 1 else values) if values else ""
    return PortRow(port.name, port.wires, port.help, port.required, edges, value)


def _output_row(graph: Graph, node_id: str, port: Port, run: NodeRun | None) -> PortRow:
    edges = tuple(edge for edge in links(graph).outgoing(node_id) if edge.output == port.name)
    value = short(run.values[port.name]) if run is not None and port.name in run.values else ""
    return PortRow(port.name, port.wires, port.help, edges=edges, value=value)


def _gave(runs: Mapping[str, NodeRun], edge: Edge) -> bool:
    return edge.source in runs and edge.output in runs[edge.source].values


def _figures(run: NodeRun | None, now: float) -> tuple[tuple[str, str], ...]:
    """Return what a run says of a node in names and figures."""
    if run is None:
        return ()
    found: list[tuple[str, str]] = [("State", run.state)]
    if run.elapsed(now):
        found.append(("Time", f"{run.elapsed(now):.2f} s"))
    if run.first_chunk and run.started:
        found.append(("First piece after", f"{max(0.0, run.first_chunk - run.started):.2f} s"))
    if run.usage is not None:
        found.append(("Tokens", usage_line(run.usage)))
    elif speed := run.tokens_per_second(now):
        found.append(("Speed", f"{speed:.1f} pieces/s"))
    if run.why_skipped:
        found.append(("Skipped", run.why_skipped))
    return tuple(found)
