"""The routes as one page of HTML, made from their OpenAPI description: no script, nothing from elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}"
    "h2{margin-top:2.5rem}code{font:0.95em ui-monospace,monospace}section{border-top:1px solid #8885;padding:.6rem 0}"
    "table{border-collapse:collapse;margin:.4rem 0}td{padding:.15rem .8rem .15rem 0;vertical-align:top}h3{margin:.2rem 0}"
)


def page(description: Mapping[str, Any]) -> str:
    """Return the page for an OpenAPI description."""
    info = description["info"]
    head = f'<title>{escape(info["title"])}</title><meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
    body = "".join(_rooms(description))
    intro = (
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info.get('description', ''))} Every route but "
        "the health asks for <code>Authorization: Bearer KEY</code>. The same as OpenAPI: "
        '<a href="/openapi.json">/openapi.json</a>.</p>'
    )
    return f'<!doctype html><html lang="en"><head><meta charset="utf-8">{head}</head><body>{intro}{body}</body></html>'


def _rooms(description: Mapping[str, Any]) -> Iterator[str]:
    rooms: dict[str, list[str]] = {}
    for path, methods in description["paths"].items():
        for method, route in methods.items():
            room = route.get("tags", ["other"])[0]
            rooms.setdefault(room, []).append(_route(method, path, route, description))
    for room, routes in rooms.items():
        yield f"<h2>{escape(room)}</h2>{''.join(routes)}"


def _route(method: str, path: str, route: Mapping[str, Any], description: Mapping[str, Any]) -> str:
    about = escape(route.get("description", ""))
    rows = [(item["name"], item.get("schema", {}), item.get("required", False)) for item in route.get("parameters", [])]
    rows += _fields(route, description)
    table = "".join(map(_row, rows))
    shown = f"<table>{table}</table>" if table else ""
    return f"<section><h3><code>{method.upper()} {escape(path)}</code></h3><p>{about}</p>{shown}</section>"


def _fields(route: Mapping[str, Any], description: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any], bool]]:
    schema = route.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    schema = _resolved(schema, description)
    required = schema.get("required", [])
    return [(name, field, name in required) for name, field in schema.get("properties", {}).items()]


def _resolved(schema: Mapping[str, Any], description: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = description["components"]["schemas"][name] if name else schema
    return found


def _row(row: tuple[str, Mapping[str, Any], bool]) -> str:
    name, schema, required = row
    need = "" if required else " (optional)"
    return f"<tr><td><code>{escape(name)}</code></td><td>{escape(_kind(schema))}{need}</td><td>{escape(schema.get('description', ''))}</td></tr>"


def _kind(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    return str(schema.get("type", "") or schema.get("$ref", "").rpartition("/")[2] or "any")
