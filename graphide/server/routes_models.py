"""Routes on the models of this machine: listed, explained, loaded and unloaded. How one is asked is not here."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator

from fastapi import APIRouter, Request
from starlette.responses import Response

from graphide.backends.memory import LoadedModel
from graphide.errors import Cancelled, InferenceFault
from graphide.inference.protocol import LoadProgress
from graphide.models.library import LibraryModel
from graphide.server.answers import Stream, answer
from graphide.server.errors import Refusal
from graphide.server.model_ids import ModelIds
from graphide.server.replies import gives, reply
from graphide.server.schemas import LoadBody, ModelBody
from graphide.server.sse import json_event
from graphide.server.state import ServerState
from graphide.server.views import loaded_json, model_json

JSON, EVENTS = "application/json", "text/event-stream"


def router(state: ServerState) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["models"])
    ids = ModelIds(state.workspace)
    _add_what_looks(routes, state, ids)
    _add_what_changes(routes, state, ids)
    return routes


def _add_what_looks(routes: APIRouter, state: ServerState, ids: ModelIds) -> None:
    @routes.get("/api/models", summary="List models", responses=gives("The models of this machine"))
    def listed() -> Response:
        """List the models of this machine, the broken ones with their problem, and the names that stand for some."""
        loaded = {model.path for model in state.workspace.loaded()}
        models = [model_json(model, model.path in loaded) for model in ids.scan().models]
        return reply({"models": models, "aliases": ids.aliases(), "servers": sorted(state.workspace.settings.servers)})

    @routes.get("/api/models/loaded", summary="List loaded models", responses=gives("The models in memory"))
    def loaded() -> Response:
        """List the models that are in memory now, with what they hold and when they are closed by themselves."""
        return reply({"models": [loaded_json(model) for model in state.workspace.loaded()]})

    @routes.get("/api/models/{id}/info", summary="Explain a model", responses=gives("What is known about it"))
    def info(id: str) -> Response:
        """Say what is known about a model from its file."""
        found = ids.find(id)
        here = next((each for each in state.workspace.loaded() if each.path == found.path), None)
        memory = loaded_json(here) if here is not None else None
        return reply({**model_json(found, here is not None), "memory": memory})


def _add_what_changes(routes: APIRouter, state: ServerState, ids: ModelIds) -> None:
    @routes.post("/api/models/load", summary="Load a model", responses=gives("What it holds", JSON, EVENTS))
    async def load(body: LoadBody, request: Request) -> Response:
        """Load a model into memory before it is asked; with `stream`, say how far that is."""
        if body.stream:
            return Stream(state, lambda cancel: _load_events(state, ids.find(body.model), body.anyway, cancel))

        def work(cancel: threading.Event) -> LoadedModel:
            return _ended(_loading(state, ids.find(body.model), body.anyway, cancel))

        return reply(loaded_json(await answer(state, request.receive, work)))

    @routes.post("/api/models/unload", summary="Unload a model", responses=gives("The bytes that this gave back"))
    def unload(body: ModelBody) -> Response:
        """Close a model that is in memory and say how many bytes that gave back: 0 when it was not there."""
        found = ids.find(body.model)
        try:
            return reply({"id": found.file, "freed": state.workspace.unload_model(str(found.path))})
        except InferenceFault as fault:
            if fault.kind == "bad_request":
                raise Refusal(409, f'the model "{found.file}" is in use. {fault.hint}', code="in_use") from None
            raise


def _ended(loading: Generator[LoadProgress, None, LoadedModel]) -> LoadedModel:
    while True:
        try:
            next(loading)
        except StopIteration as end:
            made: LoadedModel = end.value
            return made


def _loading(
    state: ServerState, model: LibraryModel, anyway: bool, cancel: threading.Event
) -> Generator[LoadProgress, None, LoadedModel]:
    loading = state.workspace.load_model(str(model.path), anyway=anyway)
    while True:
        try:
            progress = next(loading)
        except StopIteration as end:
            made: LoadedModel = end.value
            return made
        if cancel.is_set():
            loading.close()
            raise Cancelled("the load was stopped")
        yield progress


def _load_events(state: ServerState, model: LibraryModel, anyway: bool, cancel: threading.Event) -> Iterator[bytes]:
    loading = _loading(state, model, anyway, cancel)
    while True:
        try:
            progress = next(loading)
        except StopIteration as end:
            yield json_event({"loaded": loaded_json(end.value)})
            return
        yield json_event({"fraction": progress.fraction})
