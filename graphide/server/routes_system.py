"""Routes on the system: whether the server is there, what its machine has, and what its routes are."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from graphide import __version__
from graphide.server.machine import machine
from graphide.server.reference import page
from graphide.server.replies import gives, reply
from graphide.server.state import ServerState


class Health(BaseModel):
    """That the server is there."""

    status: str = "ok"
    version: str = __version__


def router(state: ServerState) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["system"])

    @routes.get("/api/system/health", summary="Say that the server is there")
    async def health() -> Health:
        """Say that the server is there; needs no key."""
        return Health()

    @routes.get("/api/system/info", summary="Describe the machine", responses=gives("What the machine has"))
    def info() -> Response:
        """Say what the machine has for running models, and how busy the server is; sizes are in bytes."""
        places = {"waiting": state.admission.waiting, "under_way": len(state.under_way)}
        return reply({**machine(state.workspace.library.folders), "requests": places})

    @routes.get("/docs", include_in_schema=False)
    def docs(request: Request) -> Response:
        """List the routes, for people; needs no network and no key."""
        headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
        return Response(page(request.app.openapi()), media_type="text/html", headers=headers)

    return routes
