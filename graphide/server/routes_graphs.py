"""Routes on graphs and node types: which are served, what each asks for, how it looks, and what is wrong with one."""

from __future__ import annotations

import threading
from io import BytesIO
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from graphide.chatting.graphs import chat_form
from graphide.errors import GraphideError
from graphide.graph.file import dumps
from graphide.graph.outline import outline
from graphide.graph.problems import problem
from graphide.server.errors import Refusal, problem_json, without_folders
from graphide.server.replies import gives, reply
from graphide.server.routes_runs import document_of
from graphide.server.schemas import CheckBody
from graphide.server.served import Entry
from graphide.server.state import ServerState
from graphide.server.views import node_json, port_json
from graphide.values import Json
from graphide.workspace import Document

Look = Literal["dark", "light"]
Kind = Literal["png", "svg"]
_DRAWING = threading.Lock()  # a large picture takes hundreds of megabytes while it is drawn
Scale = Annotated[float, Query(ge=0.1, le=4)]


def router(state: ServerState) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["graphs"])

    @routes.get("/api/graphs", summary="List graphs", responses=gives("Graphs and templates by name"))
    def listed() -> Response:
        """List the graphs and templates that are served, with their inputs and outputs."""
        entries = state.served.entries().values()
        return reply({"graphs": [_about(state, entry) for entry in sorted(entries)]})

    @routes.post("/api/graphs/check", summary="Check a graph", responses=gives("What is wrong with it"))
    def check(body: CheckBody) -> Response:
        """Say everything that is wrong, or looks wrong, with a graph, and what it asks for; nothing is run."""
        return reply(_checked(state, body))

    @routes.get("/api/graphs/{name}", summary="Show a graph", responses=gives("The graph, as its file has it"))
    def show(name: str) -> Response:
        """Give a graph as its file has it."""
        body = dumps(state.served.named(name).graph, state.workspace.registry)
        return Response(body, media_type="application/json")

    @routes.get(
        "/api/graphs/{name}/picture",
        summary="Draw a graph",
        responses=gives("The picture", "image/png", "image/svg+xml"),
    )
    def picture(name: str, look: Look = "dark", format: Kind = "png", scale: Scale = 1.0) -> Response:
        """Draw a graph, as a PNG, or as an SVG whose colours follow the look of who shows it."""
        return _picture(state, state.served.named(name), look, format, scale)

    @routes.get("/api/nodes", summary="List node types", responses=gives("The node types"))
    def nodes() -> Response:
        """List the node types of this server."""
        specs = sorted(state.workspace.registry.values(), key=lambda spec: (spec.category, spec.type))
        return reply({"nodes": [node_json(spec) for spec in specs]})

    return routes


def outside(state: ServerState, document: Document) -> dict[str, Json]:
    """Return what a graph asks for and gives, and whether one can talk with it."""
    graph, registry = document.graph, state.workspace.registry
    found = outline(graph, registry)
    return {
        "inputs": [port_json(port) for port in found.inputs],
        "outputs": list(found.outputs),
        "chat": chat_form(graph, registry, found) is not None,
    }


def _about(state: ServerState, entry: Entry) -> dict[str, Json]:
    body: dict[str, Any] = {"name": entry.name, "source": entry.source, "title": "", "about": "", "problem": ""}
    try:
        document = state.served.read(entry)
        body |= {"title": document.graph.title, "about": document.graph.about, **outside(state, document)}
    except GraphideError as error:
        body |= {"problem": without_folders(str(error)), "inputs": [], "outputs": [], "chat": False}
    return body


def _checked(state: ServerState, body: CheckBody) -> dict[str, Json]:
    try:
        document = document_of(state, body.graph)
        problems = [*document.notes, *state.workspace.check(document, body.targets)]
        about = outside(state, document)
    except GraphideError as error:
        problems, about = [problem("unreadable", str(error))], {"inputs": [], "outputs": [], "chat": False}
    ok = not any(found.severity == "error" for found in problems)
    return {"ok": ok, "problems": [problem_json(found) for found in problems], **about}


def _picture(state: ServerState, document: Document, look: Look, format: Kind, scale: float) -> Response:
    from graphide.editor.connect import Rules
    from graphide.editor.picture import drawn
    from graphide.editor.share import canvas_of
    from graphide.server.drawing import svg_of

    rules = Rules(state.workspace.registry, state.workspace.outlines(document))
    if format == "svg":
        return Response(svg_of(document.graph, rules), media_type="image/svg+xml")
    colors = state.config.pictures.get(look)
    if colors is None:
        raise Refusal(404, "this server draws no such pictures", code="no_pictures", param="format")
    image = BytesIO()
    with _DRAWING:
        drawn(canvas_of(document.graph, rules), colors, scale).save(image, "PNG")
    return Response(image.getvalue(), media_type="image/png")
