"""`graphide system`: what this machine has for running models. What the engine knows is asked of a worker process."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphide.cli import streams
from graphide.cli.models_shown import format_option
from graphide.cli.processor import processor_features, processor_name
from graphide.cli.render import table
from graphide.cli.report import dumps
from graphide.cli.version import version
from graphide.errors import EXIT_OK, InferenceFault
from graphide.graph.quoting import printable
from graphide.models.wording import size
from graphide.workspace import Workspace

if TYPE_CHECKING:
    from graphide.inference.protocol import DeviceInfo, Surveyed

SCHEMA = 1
_PACKAGES = ("dearpygui", "huggingface_hub")


@click.command(short_help="Show what this machine has for running models.")
@format_option
@click.option("--json", "as_json", is_flag=True, help="The same as --format json; sizes are in bytes.")
def system(as_json: bool, format_: str) -> int:
    """Show processor, memory, the devices that the engine can use, disks of the model folders, and versions."""
    from graphide.inference.measure import survey

    engine, problem = None, ""
    try:
        engine = survey()
    except InferenceFault as fault:
        problem = str(fault)
    with Workspace() as workspace:
        found = _found(engine, problem, workspace.library.folders)
    if problem:
        streams.err(f"warning: the engine does not start: {printable(problem)}\n")
    streams.out(dumps(found) + "\n" if as_json or format_ == "json" else _as_text(found))
    return EXIT_OK


def _found(engine: Surveyed | None, problem: str, folders: Iterable[Path]) -> dict[str, Any]:
    from graphide.models.machine import machine_facts

    facts = machine_facts(engine, folders)
    name = _processor(engine.devices if engine else ())
    return {
        "schema": SCHEMA,
        **facts,
        "cpu": {"name": name, "features": list(processor_features()), **facts["cpu"]},
        "versions": {"graphide": version(), **facts["versions"], **_packages()},
        "engine": {
            "gpu_support": bool(engine and engine.gpu_support),
            "flags": engine.flags if engine else "",
            "problem": problem,
        },
    }


def _processor(devices: Iterable[DeviceInfo]) -> str:
    """Return the name of the processor: what the engine calls it, else the system."""
    named = (device.description for device in devices if device.kind == "cpu")
    return next(named, "") or processor_name() or platform.processor() or platform.machine()


def _packages() -> dict[str, str]:
    """Return the versions of the packages whose faults look like ours, "" where one is not installed."""
    from importlib import metadata

    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    return found


def _as_text(found: dict[str, Any]) -> str:
    cpu, ram, versions, engine = found["cpu"], found["ram"], found["versions"], found["engine"]
    rows = [
        ("processor", f"{cpu['name']}, {cpu['physical_cores']} cores ({cpu['logical_cores']} logical)"),
        ("memory", f"{size(ram['available'])} of {size(ram['total'])} free"),
    ]
    rows += [("instruction sets", ", ".join(cpu["features"]))] if cpu["features"] else []
    rows += [("device", _device_text(device)) for device in found["devices"] if device["kind"] != "cpu"]
    if not engine["problem"]:
        rows.append(
            ("GPU support", "yes" if engine["gpu_support"] else "no: this build of the engine uses the CPU only")
        )
    rows += [
        ("disk", f"{size(disk['free'])} of {size(disk['total'])} free: {disk['folder']}") for disk in found["disks"]
    ]
    rows += [("graphide", versions["graphide"]), ("engine", versions["engine"] or "does not start")]
    rows += [("engine flags", engine["flags"].replace(" = 1", ""))] if engine["flags"] else []
    rows += [(name, versions[name] or "not installed") for name in _PACKAGES]
    rows += [("Python", versions["python"]), ("system", versions["os"])]
    return table(rows)


def _device_text(device: dict[str, Any]) -> str:
    room = f", {size(device['free'])} of {size(device['total'])} free" if device["total"] else ""
    return f"{device['name']} ({device['kind']}): {device['description']}{room}"
