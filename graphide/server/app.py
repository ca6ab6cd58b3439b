"""The app: the routers of all routes behind one fence, with one form of errors. It listens nowhere; that is `running`."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from graphide import __version__
from graphide.errors import GraphideError
from graphide.server import (
    openai,
    page,
    routes_graphs,
    routes_history,
    routes_models,
    routes_prompts,
    routes_runs,
    routes_system,
)
from graphide.server.config import ServerConfig, checked
from graphide.server.errors import Refusal, refusal_of
from graphide.server.safety import Fence
from graphide.server.state import ServerState, new_state
from graphide.workspace import Workspace

ROUTERS: tuple[Callable[[ServerState], APIRouter], ...] = (
    openai.router,
    page.router,
    routes_models.router,
    routes_history.router,
    routes_prompts.router,
    routes_graphs.router,
    routes_runs.router,
    routes_system.router,
)  # fmt: skip
"""What makes the routes of each room, one line each."""


def make_app(workspace: Workspace, config: ServerConfig) -> FastAPI:
    """Return the app of a server; its state is `app.state.server`. Raises UsageError for an unsafe configuration."""
    state = new_state(workspace, checked(config))
    app = FastAPI(
        title="graphide",
        version=__version__,
        description="Models, prompt graphs, chats and templates of one machine.",
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.state.server = state
    for make in ROUTERS:
        app.include_router(make(state))
    for kind in (Refusal, GraphideError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _refuse)
    app.add_middleware(Fence, state=state)
    return app


async def _refuse(request: Request, error: Exception) -> Response:
    refusal = _of_fastapi(error) if isinstance(error, HTTPException | RequestValidationError) else refusal_of(error)
    headers = dict(refusal.headers)
    return Response(refusal.body(), refusal.status, headers=headers, media_type="application/json")


def _of_fastapi(error: HTTPException | RequestValidationError) -> Refusal:
    if isinstance(error, HTTPException):
        messages = {404: "there is no such route", 405: "the route has no such method"}
        message = messages.get(error.status_code, str(error.detail))
        return Refusal(error.status_code, message, headers=error.headers or {})
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    message = f'"{where}": {first["msg"]}' if where else f"the request: {first['msg']}"
    return Refusal(400, message, code="bad_value", param=where)
