"""What tells nodes apart at a glance: the icon and colour of a node type, the colour of a wire type, words for states.

Names only, the colours of `graphide.ui.colors` and the icons of Lucide. Shapes are made in `nodeshape`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from graphide.editor.text.metrics import icon

if TYPE_CHECKING:
    from graphide.spec.nodespec import NodeSpec, Port

COLORS: Final = (
    "blue", "indigo", "violet", "purple", "pink", "red", "orange", "amber", "yellow", "lime", "green", "teal", "cyan",
    "slate", "grey",
)  # fmt: skip
"""The colours that a person may give to nodes and frames."""

_CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "input": "variable", "prompt": "file-text", "model": "cpu", "output": "arrow-right-from-line", "data": "braces",
        "flow": "split", "judge": "scale", "look": "sticky-note",
    }
)  # fmt: skip
_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "variable": "variable", "system": "settings", "context": "file-text", "template": "text-cursor-input",
        "message": "message-square", "conversation": "messages-square", "parameters": "sliders-horizontal",
        "model": "cpu", "output": "arrow-right-from-line", "join": "combine", "split": "list", "regex": "regex",
        "parse_json": "braces", "json_path": "target", "filter": "funnel", "zip": "table-2", "if": "split",
        "switch": "git-fork", "map": "layers", "loop": "repeat", "fallback": "shield-alert", "subgraph": "workflow",
        "score": "scale", "note": "sticky-note",
    }
)  # fmt: skip

STATE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "queued": "queued", "running": "running", "live": "live", "done": "done", "cached": "cached",
        "failed": "failed", "skipped": "skipped", "changed": "changed",
    }
)  # fmt: skip


def icon_name(spec: NodeSpec | None) -> str:
    """Return the Lucide name of the icon of a node type; None: a type that is not installed."""
    if spec is None:
        return "puzzle"
    return _TYPES.get(spec.type) or _CATEGORIES.get(spec.category, "box")


def icon_of(spec: NodeSpec | None) -> str:
    """Return the icon of a node type as a character."""
    return icon(icon_name(spec))


def category_color(spec: NodeSpec | None) -> str:
    """Return the colour name of what a node type is for."""
    if spec is None:
        return "state_missing"
    return f"category_{spec.category}" if spec.category in _CATEGORIES else "category_other"


def own_color(color: str, spec: NodeSpec | None) -> str:
    """Return the colour that a person gave to a node, else that of its type."""
    return color if color in COLORS else category_color(spec)


def wire_color(wire: str) -> str:
    """Return the colour name of a wire type."""
    return f"wire_{wire}"


def wire_of_port(port: Port | None) -> str:
    """Return the type that a pin stands for: the only one, else "any" for an input that takes several."""
    if port is None or len(port.wires) != 1:
        return "any"
    return port.wires[0]
