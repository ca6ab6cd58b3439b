"""The face of a node: which of its settings and unconnected inputs are edited on the canvas, and with which field.

A long list of settings belongs into the inspector, so a node shows the few that people change, and every other one
that is changed. Drawing is in `nodeshape` and `widgets`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphide.editor.commands_settings import INPUT
from graphide.editor.connect import Rules
from graphide.graph.model import Graph, Node
from graphide.graph.ports import Ports
from graphide.spec.fields import Choice, Field, Number, Toggle
from graphide.spec.nodespec import ABSENT, NodeSpec, Port

if TYPE_CHECKING:
    from graphide.graph.topology import Links

MOST: Final = 4
"""So many settings does a node type show that is not in the table below, and has no say in it."""

VALUES: Final = "values"
"""The setting in which a node keeps the values of inputs that nothing is connected to."""


class Face(NamedTuple):
    """What nodes of a type show: these settings always, and the changed ones too where `changed` says so."""

    settings: tuple[str, ...]
    changed: bool = True


_FACES: Mapping[str, Face] = MappingProxyType(
    {
        "variable": Face(("value",), changed=False),
        "context": Face(("text",)),
        "message": Face(("role", "text")),
        "parameters": Face(("temperature", "top_p", "min_p")),
        "model": Face(("model", "max_tokens")),
        "output": Face(("name",)),
        "join": Face(("marks",)),
        "split": Face(("by",)),
        "regex": Face(("mode", "pattern")),
        "filter": Face(("condition", "to")),
        "if": Face(("condition", "to")),
        "map": Face(("graph",)),
        "loop": Face(("graph", "max_rounds")),
        "score": Face(("how", "threshold")),
    }
)


_ALSO: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"variable": ("kind", "label", "choices", "low", "high"), "output": ("file",), "message": ("role", "text")}
)
"""What people look for first in a node beside what its face shows."""
_FEW: Final = 3
"""So few settings are not put away."""


class Widget(NamedTuple):
    """One value as it is edited: its name, its field, what it is now, and what to write beside it ("": nothing).

    `problem` says why the value does not fit. `set` is False where the value is the default.
    """

    name: str
    field: Field
    value: Any
    label: str = ""
    problem: str = ""
    set: bool = False


def settings_shown(node: Node, spec: NodeSpec, ports: Ports) -> tuple[Widget, ...]:
    """Return the widgets of a node for its settings, in declared order; those that are inputs now are left out."""
    names = _shown(node, spec)
    bare = _bare(names, spec)
    return tuple(
        setting_widget(node, spec, name, ports, label="" if name == bare else name.replace("_", " ")) for name in names
    )


def main_settings(node: Node, spec: NodeSpec) -> frozenset[str]:
    """Return the settings that are looked for first: those on the face of a node, and those that somebody changed."""
    names = {*_shown(node, spec), *_ALSO.get(spec.type, ()), *node.settings, *node.exposed}
    rest = [name for name in spec.settings if name not in names and name != VALUES]
    return frozenset(spec.settings) if len(rest) <= _FEW else frozenset(names)


def setting_widget(node: Node, spec: NodeSpec, name: str, ports: Ports, *, label: str = "") -> Widget:
    """Return the widget of one setting; where an output of that name knows what fits, it is that output's field."""
    setting = spec.settings[name]
    output = ports.outputs.get(name)
    field = output.field if output is not None and output.field is not None else setting.field
    value = node.settings.get(name, setting.default)
    return Widget(name, field, value, label, ports.bad.get(name, ""), name in node.settings)


def input_widget(node: Node, spec: NodeSpec, port: Port) -> Widget | None:
    """Return the widget that gives an input its value while nothing is connected, None where it has none.

    A placeholder with the name of a setting is called `values.name`: under the bare name the setting is edited.
    """
    if port.field is None:
        return None
    label = port.name.replace("_", " ")
    if port.name in node.exposed and port.name in spec.settings:
        setting = spec.settings[port.name]
        value = node.settings.get(port.name, setting.default)
        return Widget(port.name, port.field, value, label, port.field.problem(value) or "", port.name in node.settings)
    if VALUES not in spec.settings:
        return None
    name = f"{INPUT}{port.name}" if port.name in spec.settings else port.name
    values = node.settings.get(VALUES)
    if isinstance(values, Mapping) and port.name in values:
        value = values[port.name]
        return Widget(name, port.field, value, label, port.field.problem(value) or "", True)
    return Widget(name, port.field, _natural(port), label)


def widget_of(graph: Graph, node_id: str, name: str, rules: Rules) -> Widget | None:
    """Return the widget that edits a setting or an input on the canvas, None where there is none of that name."""
    node = graph.nodes.get(node_id)
    spec = rules.registry.get(node.type) if node is not None else None
    if node is None or spec is None:
        return None
    ports = rules.ports(graph, node_id)
    if name in spec.settings:
        return setting_widget(node, spec, name, ports, label=name.replace("_", " "))
    port = ports.inputs.get(name.removeprefix(INPUT))
    return input_widget(node, spec, port) if port is not None else None


def wired_inputs(links: Links, node_id: str) -> frozenset[str]:
    """Return the inputs of a node that edges end at."""
    return frozenset(edge.input for edge in links.incoming(node_id))


def _shown(node: Node, spec: NodeSpec) -> tuple[str, ...]:
    face = _FACES.get(spec.type)
    always: Collection[str]
    if face is None:
        always, changed = list(islice(_editable(spec), MOST)), True
    else:
        always, changed = face.settings, face.changed
    names = [name for name in always if name in spec.settings]
    if changed:
        names += [name for name in node.settings if name in spec.settings and name not in always and name != VALUES]
    wanted = set(names) - set(node.exposed)
    return tuple(name for name in spec.settings if name in wanted)


def _editable(spec: NodeSpec) -> Iterator[str]:
    return (name for name in spec.settings if name != VALUES)


def _bare(names: Collection[str], spec: NodeSpec) -> str:
    """Return the setting that needs no name beside it: the main text, the value or the model of a node."""
    for name in names:
        if spec.settings[name].field.kind in ("longtext", "model") or name == "value":
            return name
    return ""


def _natural(port: Port) -> Any:
    """Return what a widget shows before anybody touched it; None where it shows nothing."""
    if port.default is not ABSENT and port.default is not None:
        return port.default
    match port.field:
        case Toggle():
            return False
        case Choice(choices=choices) if choices:
            return choices[0]
        case Number(low=low) if low is not None:
            return low
        case _:
            return None
