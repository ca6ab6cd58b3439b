"""Routes on runs: one is begun and its events or its result are sent; those under way can be looked at and stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from graphide.executor.events import Event, NodeFailed, RunFinished, RunStarted, to_line
from graphide.server.answers import Stream, answer
from graphide.server.errors import Refusal, without_folders
from graphide.server.replies import gives, reply
from graphide.server.runs import Run
from graphide.server.schemas import GraphGiven, RunBody
from graphide.server.sse import event as sse_event
from graphide.server.state import ServerState
from graphide.values import Json, to_json
from graphide.workspace import Document

EVENT_STREAM = "text/event-stream"


def router(state: ServerState) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["runs"])

    @routes.post(
        "/api/runs",
        summary="Run a graph",
        responses=gives("The result, or with `stream` the events of the run", "application/json", EVENT_STREAM),
    )
    async def begin(body: RunBody, request: Request) -> Response:
        """Run a graph and answer with its result or, with `stream`, with its events; a client that leaves stops it."""
        if body.stream or EVENT_STREAM in request.headers.get("accept", ""):
            return Stream(state, lambda cancel: (sse_event(to_line(event)) for event in _events(state, body, cancel)))
        return reply(await answer(state, request.receive, lambda cancel: _result(_events(state, body, cancel))))

    @routes.get("/api/runs", summary="List runs", responses=gives("The runs under way, and some that have ended"))
    async def listed() -> Response:
        """List the runs under way and the last ones that have ended, the newest first; nothing of what they make."""
        return reply({"runs": [run.to_json() for run in state.runs.listed()]})

    @routes.get("/api/runs/{id}", summary="Show a run", responses=gives("Where the run stands"))
    async def show(id: str) -> Response:
        """Show where a run stands; what it makes goes to the client that began it, and is kept by nobody else."""
        return reply(_there(state.runs.get(id)).to_json())

    @routes.delete("/api/runs/{id}", summary="Stop a run", responses=gives("Where the run stands"))
    async def stop(id: str) -> Response:
        """Stop a run; its client gets what was made so far."""
        return reply(_there(state.runs.stop(id)).to_json())

    return routes


def document_of(state: ServerState, graph: GraphGiven) -> Document:
    """Return the graph of a request: served under a name, or sent; raises Refusal and GraphFileError."""
    return state.served.named(graph) if isinstance(graph, str) else state.served.sent(graph)


def _events(state: ServerState, body: RunBody, cancel: threading.Event) -> Iterator[Event]:
    """Run, and yield the events as clients see them."""
    document = document_of(state, body.graph)
    events = state.workspace.run(document, inputs=body.inputs, targets=body.targets, seed=body.seed, cancel=cancel)
    run = ""
    with closing(events):  # type: ignore[type-var]  # it is a generator
        try:
            for event in events:
                run = state.runs.see(run, event, cancel)
                yield _clean(event)
        finally:
            state.runs.lost(run)


def _clean(event: Event) -> Event:
    if isinstance(event, NodeFailed):
        return event._replace(message=without_folders(event.message), hint=without_folders(event.hint))
    return event


def _result(events: Iterator[Event]) -> dict[str, Json]:
    """Return how a run ended."""
    body: dict[str, Any] = {}
    failures = []
    for event in events:
        if isinstance(event, RunStarted):
            body = {"run": event.run, "mode": event.mode}
        elif isinstance(event, NodeFailed):
            names = ("node", "type", "message", "hint", "kind", "partial")
            failures.append({name: getattr(event, name) for name in names})
        elif isinstance(event, RunFinished):
            body |= {name: to_json(getattr(event, name)) for name in event._fields}
    return {**body, "failures": failures}


def _there(run: Run | None) -> Run:
    if run is None:
        raise Refusal(404, "there is no such run, or it ended long ago", code="run_not_found")
    return run
