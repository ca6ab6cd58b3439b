"""Routes on prompts: templates listed, kept, shown and removed, and prompts built of templates or texts without a model."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from graphide.errors import GraphideError
from graphide.graph.canonical import document_of as graph_json
from graphide.graph.problems import nearest
from graphide.prompt_text import placeholders, render
from graphide.server.errors import Refusal, without_folders
from graphide.server.replies import gives, reply
from graphide.server.routes_graphs import outside
from graphide.server.routes_runs import document_of
from graphide.server.schemas import BuildBody, Component, TemplateBody
from graphide.server.state import ServerState
from graphide.templates import Template
from graphide.values import Json, Message, to_json
from graphide.workspace import Document


def router(state: ServerState) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["prompts"])
    _add_templates(routes, state)
    _add_building(routes, state)
    return routes


def _add_templates(routes: APIRouter, state: ServerState) -> None:
    @routes.get("/api/prompts/templates", summary="List templates", responses=gives("The templates"))
    def listed() -> Response:
        """List the templates: the packaged ones, and those of the user."""
        found = state.templates.listed()
        broken = [{"id": each.path.stem, "problem": without_folders(each.problem)} for each in found.unreadable]
        return reply({"templates": [_summary(template) for template in found.templates], "unreadable": broken})

    @routes.post(
        "/api/prompts/templates",
        summary="Keep a template",
        status_code=201,
        responses=gives("The template", status=201),
    )
    def keep(body: TemplateBody) -> Response:
        """Keep a graph as a template of the user."""
        graph = document_of(state, body.graph).graph
        made = state.templates.save(graph, body.name, about=body.about, tags=body.tags, anew=body.replace)
        return reply(_summary(made), 201)

    @routes.get("/api/prompts/templates/{id}", summary="Show a template", responses=gives("The template"))
    def show(id: str) -> Response:
        """Give a template: its graph, and what it asks for."""
        template = _there(state, id)
        document = state.served.sent(graph_json(template.graph, state.workspace.registry))
        graph = graph_json(document.graph, state.workspace.registry)
        return reply({**_summary(template), **outside(state, document), "graph": graph})

    @routes.delete("/api/prompts/templates/{id}", summary="Remove a template", responses=gives("That it is gone"))
    def remove(id: str) -> Response:
        """Remove a template of the user; the packaged ones stay."""
        if _there(state, id).origin == "packaged":
            raise Refusal(403, "the packaged templates stay", code="packaged", param="id")
        state.templates.remove(id)
        return reply({"id": id, "deleted": True})


def _add_building(routes: APIRouter, state: ServerState) -> None:
    @routes.post("/api/prompts/build", summary="Build a prompt", responses=gives("The prompt, as text and as messages"))
    def build(body: BuildBody) -> Response:
        """Fill in a text, components or a template, and give the prompt; no model is asked."""
        given = [name for name in ("template", "text", "components") if getattr(body, name) is not None]
        if len(given) != 1:
            raise Refusal(400, "give exactly one of template, text and components", code="bad_value", param="template")
        try:
            return reply(_built(state, body))
        except GraphideError as error:
            if type(error) is not GraphideError:
                raise
            raise Refusal(400, without_folders(str(error)), code="bad_prompt") from None  # the text is the client's


def _built(state: ServerState, body: BuildBody) -> dict[str, Json]:
    if body.template is not None:
        document = state.served.sent(graph_json(_there(state, body.template).graph, state.workspace.registry))
        return _of_template(state, state.workspace.bind(document, body.values))
    parts = body.components if body.components is not None else [Component(text=body.text or "")]
    messages = [Message(part.role, render(part.text, body.values)) for part in parts]
    names = dict.fromkeys(hole.name for part in parts for hole in placeholders(part.text))
    return {**_prompt(messages), "placeholders": list(names)}


def _of_template(state: ServerState, document: Document) -> dict[str, Json]:
    seen = state.workspace.prompts(document)
    prompts = {node: _prompt(request.messages) for node, request in seen.requests.items()}
    first: dict[str, Any] = next(iter(prompts.values()), {"text": "", "messages": []})
    return {**first, "prompts": prompts, "results": to_json(seen.results), "waiting": list(seen.waiting)}


def _prompt(messages: Any) -> dict[str, Json]:
    said = [{"role": message.role, "content": message.content} for message in messages]
    return {"text": "\n\n".join(message.content for message in messages), "messages": said}


def _summary(template: Template) -> dict[str, Json]:
    own = {"id": template.id, "origin": template.origin, "title": template.title}
    return {**own, "about": template.about, "tags": list(template.tags)}


def _there(state: ServerState, id: str) -> Template:
    ids = state.templates.ids()
    if id not in ids:
        hint = nearest(id, ids)
        raise Refusal(404, f"there is no such template. {hint}".strip(), code="template_not_found", param="id")
    return state.templates.load(id)
