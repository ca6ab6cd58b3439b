"""Runs of the templates and examples with the echo backend, as event streams, for tests of what looks at events."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

from graphide.executor.events import Event
from graphide.plugins import discover
from graphide.spec.registry import Registry
from graphide.workspace import Document, Workspace

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = tuple(sorted((ROOT / "graphs").glob("*.json")))
EXAMPLES = tuple(
    path
    for path in sorted((ROOT / "examples").glob("0*/*.json"))
    if path.parent.name[:2] not in ("06", "07") and path.stem != "inputs"
)
"""Those that need no node types of their own."""


@cache
def builtin() -> Registry:
    """Return the built-in node types."""
    registry = Registry()
    assert discover(registry, entry_points=False) == ()
    return registry


def opened(workspace: Workspace, path: Path, folder: Path) -> tuple[Document, dict[str, Any]]:
    """Return the document of a graph file, copied with what lies beside it, and the inputs that it needs."""
    copied = folder / path.parent.name
    if not copied.exists():
        shutil.copytree(path.parent, copied)
    (copied / "notes.txt").write_text("Tides follow the Moon.")
    document = workspace.load(copied / path.name)
    return document, {port.name: _sample(port) for port in workspace.inputs(document) if port.required}


def echo_events(path: Path, folder: Path) -> list[Event]:
    """Return the events of a run of a graph file with the echo backend, without a cache."""
    with Workspace(model="echo", cache=False, registry=builtin()) as workspace:
        document, inputs = opened(workspace, path, folder)
        return list(workspace.run(document, inputs=inputs, seed=7))


def _sample(port: Any) -> Any:
    if port.field is not None and port.field.kind == "file":
        return "notes.txt"
    return ["one", "two"] if "list" in port.wires else "some text"
