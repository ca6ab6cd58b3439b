"""The inspector: what the panel on the right says of the selection, found in a document. Nothing is edited here.

One node has all its settings, ports with the values of the last run, timings, errors and problems; several have the
settings that they share; nothing selected is the graph, with what its next run would do. What the parts are is in
`inspector_parts`; final prompts, which may take a while, are in `prompt_preview`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from graphide.editor.commands_settings import INPUT
from graphide.editor.faces import VALUES, Widget, input_widget, main_settings, setting_widget
from graphide.editor.inspector_parts import (
    MOST_LINES,
    GraphPart,
    InputRow,
    Inspector,
    ModelRow,
    NodeLine,
    NodePart,
    PlanRow,
    PortRow,
    SettingRow,
)
from graphide.editor.later import Later
from graphide.editor.layout import color_of, frames, nodes_inside
from graphide.editor.nodelook import category_color, icon_name, own_color
from graphide.editor.noderun import NodeRun
from graphide.editor.short import short, usage_line
from graphide.errors import GraphideError
from graphide.graph.model import Edge, Graph
from graphide.graph.outline import OUTPUT_TYPE
from graphide.graph.topology import links
from graphide.spec.nodespec import ABSENT, NodeSpec, Port
from graphide.values import Json
from graphide.workspace import Workspace

if TYPE_CHECKING:
    from graphide.editor.tabs import Tab


def inspected(tab: Tab, workspace: Workspace, now: float) -> Inspector:
    """Return what the inspector says of the selection of a tab; `now` is of its clock."""
    graph, chosen = tab.document.graph, tab.selection.within(tab.document.graph)
    known = frames(graph)
    if chosen.frames and not chosen.nodes:
        frame_id = chosen.frames[0]
        inside = lines_of(graph, nodes_inside(graph, frame_id), workspace)
        return Inspector(frame=(frame_id, known[frame_id]), title=graph.title, lines=inside)
    if not chosen.nodes:
        part = graph_part(tab, workspace)
        return Inspector(title=graph.title, about=graph.about, problems=tab.problems, graph=part)
    if len(chosen.nodes) > 1:
        shared = shared_settings(tab, chosen.nodes)
        lines = lines_of(graph, chosen.nodes[:MOST_LINES], workspace)
        return Inspector(chosen.nodes, shared=shared, title=graph.title, lines=lines)
    return Inspector(chosen.nodes, node_part(tab, chosen.nodes[0], workspace, now), title=graph.title)


def node_part(tab: Tab, node_id: str, workspace: Workspace, now: float) -> NodePart:
    """Return one node as the inspector shows it; raises KeyError for one that is not there.

    An input whose value is typed is among the settings, not among the inputs.
    """
    graph = tab.document.graph
    node, run = graph.nodes[node_id], tab.runs.view.nodes.get(node_id)
    spec: NodeSpec | None = workspace.registry.get(node.type)
    ports = tab.document.rules.ports(graph, node_id)
    inputs = [_input_row(tab, node_id, port, workspace) for port in ports.inputs.values()]
    return NodePart(
        id=node_id, type=node.type, title=node.title or node_id, icon=icon_name(spec), color=category_color(spec),
        summary=spec.summary if spec is not None else "This node type is not installed", state=node.state,
        doc=spec.doc if spec is not None else "",
        settings=tuple(_with_sources(tab, node_id, row, workspace) for row in settings_of(tab, node_id)),
        inputs=tuple(row for row in inputs if row.edges or ports.inputs[row.name].field is None),
        outputs=tuple(_output_row(tab, node_id, port, workspace) for port in ports.outputs.values()),
        problems=tuple(problem for problem in tab.problems if problem.node == node_id),
        run=run, stale=node_id in tab.runs.changed(graph), figures=_figures(run, now),
        plan=tab.plan.steps.get(node_id) if tab.plan is not None else None,
    )  # fmt: skip


def settings_of(tab: Tab, node_id: str, wanted: Collection[str] | None = None) -> tuple[SettingRow, ...]:
    """Return every setting of a node, then the inputs that have a widget of their own; only those `wanted` by name."""
    graph, rules = tab.document.graph, tab.document.rules
    node = graph.nodes[node_id]
    spec: NodeSpec | None = rules.registry.get(node.type)
    if spec is None:
        return ()
    ports = rules.ports(graph, node_id)
    wired = {edge.input for edge in links(graph).incoming(node_id)}
    main = main_settings(node, spec)
    rows = []
    for name, setting in spec.settings.items():
        if (name == VALUES and spec.more_inputs is not None) or (wanted is not None and name not in wanted):
            continue  # its values are rows of their own below
        exposed = name in node.exposed
        widget = setting_widget(node, spec, name, ports)
        row = _setting_row(widget, setting.default, exposed=exposed, wired=exposed and name in wired)
        rows.append(row if name in main or row.problem else replace(row, main=False))
    for name, port in ports.inputs.items():
        own = input_widget(node, spec, port) if name not in node.exposed else None
        if own is not None and (wanted is None or own.name in wanted):
            rows.append(_setting_row(own, None, wired=name in wired, placeholder=True))
    return tuple(rows)


def shared_settings(tab: Tab, nodes: tuple[str, ...]) -> tuple[SettingRow, ...]:
    """Return the settings that several nodes have in common, by name and kind; `mixed` where their values differ.

    No node is looked at after one that leaves nothing in common, and of the others only what may still be.
    """
    first = {row.name: row for row in settings_of(tab, nodes[0])}
    shared = {name: [row] for name, row in first.items()}
    for node_id in nodes[1:]:
        own = {row.name: row for row in settings_of(tab, node_id, shared)}
        shared = {
            name: [*rows, own[name]]
            for name, rows in shared.items()
            if name in own and own[name].field.kind == rows[0].field.kind
        }
        if not shared:
            break
    return tuple(_in_common(rows) for rows in shared.values())


def _in_common(rows: Sequence[SettingRow]) -> SettingRow:
    """Return the same setting of several nodes as one."""
    row = rows[0]
    return SettingRow(
        row.name, row.field, row.value, row.default, any(each.set for each in rows),
        wired=any(each.wired for each in rows), problem=row.problem, mixed=any(each.value != row.value for each in rows),
    )  # fmt: skip


def graph_part(tab: Tab, workspace: Workspace) -> GraphPart:
    """Return the graph as a whole: its inputs, outputs and models, its problems, and what its next run would do."""
    graph, trouble = tab.document.graph, ""
    inputs: tuple[InputRow, ...] = ()
    try:
        ports = _inputs(tab, workspace)
        lines = lines_of(graph, (port.name for port in ports), workspace)
        inputs = tuple(_graph_input(tab, port, line) for port, line in zip(ports, lines, strict=True))
    except GraphideError as error:
        trouble = str(error)
    outputs = [node.id for node in graph.nodes.values() if node.type == OUTPUT_TYPE and node.state == "active"]
    models = tuple(ModelRow(name, ref.file, ref.size, ref.hub) for name, ref in graph.models.items())
    plan = tab.plan
    refusal = plan.refusal if plan is not None else None
    return GraphPart(
        title=graph.title, about=graph.about, inputs=inputs, outputs=lines_of(graph, outputs, workspace), models=models,
        problems=tab.problems, plan=Later(lambda: tuple(plan_rows(tab, workspace))), summary=plan.summary if plan is not None else "",
        refusal=f"{refusal.message}. {refusal.hint}".rstrip(". ") if refusal is not None else "", trouble=trouble,
    )  # fmt: skip


def _inputs(tab: Tab, workspace: Workspace) -> tuple[Port, ...]:
    """Return the inputs of the graph, looked for again when its nodes are others; raises GraphideError."""
    graph = tab.document.graph
    nodes, registry, ports = tab.ports_seen
    if nodes is not graph.nodes or registry is not workspace.registry:
        ports = workspace.inputs(tab.document.source)
        tab.ports_seen = (graph.nodes, workspace.registry, ports)
    return ports


def plan_rows(tab: Tab, workspace: Workspace) -> Iterator[PlanRow]:
    """Yield what the next run would do, node by node in its order, then the nodes that it does not need."""
    plan, graph = tab.plan, tab.document.graph
    if plan is None or plan.refusal is not None:
        return
    steps = [step for step in plan.steps.values() if step.id in graph.nodes]
    for line, step in zip(lines_of(graph, (step.id for step in steps), workspace), steps, strict=True):
        yield PlanRow(line, step.state, step.word, step.why, step.gauge, step.overflows)
    registry = workspace.registry
    rest = [
        node.id
        for node in graph.nodes.values()
        if node.id not in plan.steps and ((spec := registry.get(node.type)) is None or not spec.alone)
    ]
    for line in lines_of(graph, rest, workspace):
        yield PlanRow(line, "unneeded", "not needed", "No output of the graph depends on it")


def lines_of(graph: Graph, nodes: Iterable[str], workspace: Workspace) -> tuple[NodeLine, ...]:
    """Return nodes as lines of a list."""
    found = []
    for node_id in nodes:
        node = graph.nodes[node_id]
        spec: NodeSpec | None = workspace.registry.get(node.type)
        title = " ".join(node.title[:200].split()) or node_id
        found.append(NodeLine(node_id, title, icon_name(spec), own_color(color_of(graph, node_id), spec)))
    return tuple(found)


def _with_sources(tab: Tab, node_id: str, row: SettingRow, workspace: Workspace) -> SettingRow:
    """Return a setting that is wired with the nodes that it comes from."""
    if not row.wired:
        return row
    graph, name = tab.document.graph, row.name.removeprefix(INPUT)
    ids = [edge.source for edge in links(graph).incoming(node_id) if edge.input == name and edge.source in graph.nodes]
    return replace(row, sources=lines_of(graph, dict.fromkeys(ids), workspace))


def _graph_input(tab: Tab, port: Port, line: NodeLine) -> InputRow:
    value = tab.inputs.get(port.name, port.default)
    kind = port.field.kind if port.field is not None else port.wires[0]
    missing = port.required and port.name not in tab.inputs
    return InputRow(line, kind, "" if missing or value is ABSENT or value is None else short(value), missing)


def _setting_row(
    widget: Widget, default: Json, *, exposed: bool = False, wired: bool = False, placeholder: bool = False
) -> SettingRow:
    return SettingRow(
        widget.name, widget.field, widget.value, default, widget.set, exposed, wired, widget.problem,
        placeholder=placeholder,
    )  # fmt: skip


def _input_row(tab: Tab, node_id: str, port: Port, workspace: Workspace) -> PortRow:
    graph, runs = tab.document.graph, tab.runs.view.nodes
    edges = tuple(edge for edge in links(graph).incoming(node_id) if edge.input == port.name)
    ends = lines_of(graph, (edge.source for edge in edges if edge.source in graph.nodes), workspace)
    values = [runs[edge.source].values[edge.output] for edge in edges if _gave(runs, edge)]
    raw = ABSENT if not values else values[0] if len(values) == 1 else values
    value = short(raw) if values else ""
    return PortRow(port.name, port.wires, port.help, port.required, edges, ends, value, raw)


def _output_row(tab: Tab, node_id: str, port: Port, workspace: Workspace) -> PortRow:
    graph, run = tab.document.graph, tab.runs.view.nodes.get(node_id)
    edges = tuple(edge for edge in links(graph).outgoing(node_id) if edge.output == port.name)
    ends = lines_of(graph, (edge.target for edge in edges if edge.target in graph.nodes), workspace)
    raw = run.values.get(port.name, ABSENT) if run is not None else ABSENT
    value = short(raw) if raw is not ABSENT else ""
    return PortRow(port.name, port.wires, port.help, edges=edges, ends=ends, value=value, raw=raw)


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
