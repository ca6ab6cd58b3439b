"""`graphide nodes`: the node types of this machine, listed and explained. All of it comes from their declarations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from graphide.cli import completion, opening, streams
from graphide.cli.render import field_kind, table
from graphide.cli.report import dumps
from graphide.errors import EXIT_OK, UsageError
from graphide.graph.problems import nearest
from graphide.graph.quoting import quoted
from graphide.spec.nodespec import NodeSpec, Port, Setting
from graphide.values import to_json
from graphide.workspace import Workspace

_CACHE: Mapping[str, str] = {
    "always": "results are kept",
    "when_seeded": "results are kept when there is a seed, or at temperature 0",
    "never": "runs every time",
    "settings": "depends on the settings",
}
_format = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How it is printed."
)


@click.group(short_help="List and explain the node types of this machine.")
def nodes() -> None:
    """List and explain the node types of this machine."""


@nodes.command("list", short_help="List the node types by category.")
@_format
def list_(format_: str) -> int:
    """List the node types by category; plugins that could not be loaded are named on standard error."""
    with Workspace() as workspace:
        specs = sorted(workspace.registry.values(), key=lambda spec: (spec.category, spec.type))
        if format_ == "json":
            streams.out(dumps([_summary(spec) for spec in specs]) + "\n")
        else:
            streams.out(table([(spec.category, spec.type, spec.summary) for spec in specs]))
        opening.say_plugin_problems(workspace)
    return EXIT_OK


@nodes.command("show", short_help="Explain a node type.")
@click.argument("type_", metavar="TYPE", shell_complete=completion.node_types)
@_format
def show(type_: str, format_: str) -> int:
    """Explain the node type TYPE: what it does, its inputs, outputs and settings with their ranges and defaults."""
    with Workspace() as workspace:
        spec = workspace.registry.get(type_)
        if spec is None:
            opening.say_plugin_problems(workspace)
            raise UsageError(f'there is no node type "{type_}"', hint=nearest(type_, workspace.registry))
        streams.out(dumps(_whole(spec)) + "\n" if format_ == "json" else _page(spec))
    return EXIT_OK


def _page(spec: NodeSpec) -> str:
    lines = [f"{spec.type}  ({spec.category}, version {spec.version})", "", spec.doc.strip() or spec.summary, ""]
    text = "\n".join(lines)
    text += _section("Inputs", (_input_row(port) for port in spec.inputs), more=spec.more_inputs is not None)
    text += _section("Outputs", (_output_row(port) for port in spec.outputs), more=spec.more_outputs is not None)
    text += _section("Settings", (_setting_row(setting) for setting in spec.settings.values()), more=False)
    effects = f"\nEffects: {', '.join(sorted(spec.effects))}" if spec.effects else ""
    source = f"\nSource: {spec.source}" if spec.source else ""
    return f"{text}\nCache: {_CACHE[_cache(spec)]}{effects}{source}\n"


def _cache(spec: NodeSpec) -> str:
    return "settings" if callable(spec.cache) else spec.cache


def _section(title: str, rows: Iterable[tuple[str, ...]], *, more: bool) -> str:
    text = table(rows, indent="  ")
    text += "  and those that follow from its settings\n" if more and text else ""
    text += "  those that follow from its settings\n" if more and not text else ""
    return f"\n{title}\n{text}" if text else ""


def _input_row(port: Port) -> tuple[str, ...]:
    need = "several edges" if port.many else "required" if port.required else "optional"
    return port.name, " or ".join(port.wires), need, port.help


def _output_row(port: Port) -> tuple[str, ...]:
    return port.name, " or ".join(port.wires), port.help


def _setting_row(setting: Setting) -> tuple[str, ...]:
    default = quoted(to_json(setting.default), 40)
    return setting.name, field_kind(setting.field), f"default: {default}", setting.field.help


def _summary(spec: NodeSpec) -> dict[str, Any]:
    return {
        "type": spec.type, "category": spec.category, "version": spec.version, "summary": spec.summary,
        "source": spec.source,
    }  # fmt: skip


def _whole(spec: NodeSpec) -> dict[str, Any]:
    settings = [
        {
            "name": each.name,
            "kind": each.field.kind,
            "default": to_json(each.default),
            "json_schema": each.field.schema(),
        }
        for each in spec.settings.values()
    ]
    return {
        **_summary(spec), "doc": spec.doc, "inputs": [_port(port) for port in spec.inputs],
        "outputs": [_port(port) for port in spec.outputs], "settings": settings, "cache": _cache(spec),
        "effects": sorted(spec.effects), "more_inputs": spec.more_inputs is not None,
        "more_outputs": spec.more_outputs is not None,
    }  # fmt: skip


def _port(port: Port) -> dict[str, Any]:
    return {
        "name": port.name, "wires": list(port.wires), "help": port.help, "required": port.required, "many": port.many,
    }  # fmt: skip
