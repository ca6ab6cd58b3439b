"""JSON responses, and how they are described in OpenAPI."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from graphide.values import Json, dumps


def reply(body: Json, status: int = 200) -> Response:
    """Return a JSON response."""
    return Response(dumps(body), status, media_type="application/json")


def gives(description: str, *kinds: str, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """Return the description of a response for OpenAPI: JSON, or other kinds of content."""
    content: dict[str, Any] = {kind: {} for kind in kinds or ("application/json",)}
    return {status: {"description": description, "content": content}}
