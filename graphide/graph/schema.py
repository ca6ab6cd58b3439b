"""Schema: the JSON Schema (draft 2020-12) of graph files, made from the node types, for editors and other tools.

It admits what graphide reads: unknown node types, settings and keys too. Edges that lead nowhere and the like are what
`check` is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from graphide.graph.migrate import FORMAT
from graphide.graph.model import LONGEST_NAME, STATES
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.spec.nodespec import NodeSpec

# As JavaScript reads patterns: letters of any script, so only what is certainly no letter is excluded.
_START = r"[^\s.,;:!?'\"\\/<>(){}\[\]|&*+=#$%@^~`0-9\-]"
_REST = r"[^\s.,;:!?'\"\\/<>(){}\[\]|&*+=#$%@^~`]"
_NAME = f"{_START}{_REST}{{0,{LONGEST_NAME - 1}}}"


def schema(registry: Mapping[str, NodeSpec]) -> dict[str, Json]:
    """Return the schema of a graph file whose node types are those of the registry."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "graphide graph",
        "description": f"A prompt graph, format {FORMAT}.",
        "type": "object",
        "required": ["graphide"],
        "properties": {
            "graphide": {"const": FORMAT, "description": "The number of the format."},
            "title": {"type": "string"},
            "about": {"type": "string"},
            "nodes": {
                "type": "object",
                "propertyNames": {"pattern": f"^{_NAME}$"},
                "additionalProperties": {"$ref": "#/$defs/node"},
            },
            "edges": {"type": "array", "items": {"$ref": "#/$defs/edge"}},
            "models": {"type": "object", "additionalProperties": {"$ref": "#/$defs/model"}},
            "view": {"type": "object", "description": "Places and frames; without effect on a run."},
        },
        "$defs": {
            "edge": {
                "type": "string",
                "pattern": rf"^{_NAME}\.{_NAME} -> {_NAME}\.{_NAME}$",
                "description": "node.output -> node.input",
            },
            "model": _model(),
            "node": _node(registry),
            **{f"settings of {type}": _settings(registry[type]) for type in sorted(registry)},
        },
    }


def _model() -> dict[str, Json]:
    return {
        "type": "object",
        "properties": {
            "file": {"type": "string"},
            "hub": {"type": "string", "description": "A Hugging Face repository."},
            "sha256": {"type": "string"},
            "size": {"type": "integer", "minimum": 0, "description": "In bytes."},
        },
    }


def _node(registry: Mapping[str, NodeSpec]) -> dict[str, Json]:
    return {
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": {"type": "string", "minLength": 1, "examples": sorted(registry)},
            "version": {"type": "integer", "minimum": 1, "default": 1},
            "title": {"type": "string"},
            "state": {"enum": list(STATES), "default": "active"},
            "exposed": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "uniqueItems": True,
                "description": "Settings that are promoted to inputs.",
            },
        },
        "allOf": [
            {
                "if": {"properties": {"type": {"const": type}}, "required": ["type"]},
                "then": {"$ref": f"#/$defs/settings%20of%20{_pointer(type)}"},
            }
            for type in sorted(registry)
        ],
    }


def _settings(spec: NodeSpec) -> dict[str, Json]:
    properties = {
        name: {**setting.field.schema(), "default": setting.default} for name, setting in sorted(spec.settings.items())
    }
    return {"description": spec.summary, "properties": properties}


def _pointer(type: str) -> str:
    from urllib.parse import quote

    return quote(type.replace("~", "~0").replace("/", "~1"))
