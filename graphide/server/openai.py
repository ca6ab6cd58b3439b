"""OpenAI's routes: models, chats, texts and embeddings, for clients that exist. The routes only; the rest is in `openai_*`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Literal

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from graphide.backends.remote_link import AGENT_NAME
from graphide.server.answers import Stream, answer
from graphide.server.openai_making import streamed, whole
from graphide.server.openai_models import Names
from graphide.server.openai_schemas import ChatBody, EmbeddingsBody, TextBody
from graphide.server.openai_wanted import Wanted, chat_wanted, refused, text_wanted, texts_wanted
from graphide.server.openai_wire import Reply, dumps, embeddings
from graphide.server.replies import gives
from graphide.server.state import ServerState


def router(state: ServerState) -> APIRouter:
    """Return the routes; what a name means is looked up in the workspace and among the served graphs of `state`."""
    routes = APIRouter(tags=["openai"])
    names = Names(state.workspace, state.served)

    @routes.get("/v1/models", summary="List models and graphs", responses=gives("The list"))
    async def models(request: Request) -> Response:
        """List every name that can be asked: models of this machine, graphs as graph/NAME, models of other servers."""
        # Two that have each other in their settings, or one that has itself, would ask in circles.
        is_alike = request.headers.get("user-agent", "").startswith(AGENT_NAME)
        found = await run_in_threadpool(names.list, of_servers=not is_alike)
        return _json(dumps({"object": "list", "data": [one.to_json() for one in found]}))

    @routes.get("/v1/models/{name:path}", summary="Show one model or graph", responses=gives("The model"))
    async def model(name: str) -> Response:
        """Show one of the names that can be asked."""
        return _json(dumps((await run_in_threadpool(names.find, name)).to_json()))

    @routes.post("/v1/chat/completions", summary="Answer a conversation", responses=_ANSWERS)
    @routes.post("/api/chat/completions", summary="Answer a conversation", responses=_ANSWERS)
    async def chat(body: ChatBody, request: Request) -> Response:
        """Answer a conversation by a model or a graph, whole or, with `stream`, as server-sent events."""
        return await _answered(state, names, "chat", chat_wanted(body), request)

    @routes.post("/v1/completions", summary="Go on with a text", responses=_ANSWERS)
    @routes.post("/api/completions", summary="Go on with a text", responses=_ANSWERS)
    async def completions(body: TextBody, request: Request) -> Response:
        """Go on with a text, without a chat template; or run a graph of one text."""
        return await _answered(state, names, "text", text_wanted(body), request)

    @routes.post("/v1/embeddings", summary="Turn texts into vectors", responses=gives("The vectors"))
    async def vectors(body: EmbeddingsBody, request: Request) -> Response:
        """Turn texts into vectors of length 1."""
        texts = texts_wanted(body)
        return _json(await answer(state, request.receive, lambda cancel: _embedded(names, body, texts, cancel)))

    return routes


async def _answered(
    state: ServerState, names: Names, kind: Literal["chat", "text"], wanted: Wanted, request: Request
) -> Response:
    reply = Reply(
        kind, wanted.model, include_usage=wanted.include_usage, top=wanted.logprobs, per_prompt=wanted.answers
    )

    def pieces(cancel: threading.Event) -> Iterator[bytes]:
        return streamed(names.answerer(wanted.model), wanted, reply, state.threads, cancel)

    if wanted.stream:
        return Stream(state, pieces)

    def work(cancel: threading.Event) -> bytes:
        return whole(names.answerer(wanted.model), wanted, reply, state.threads, cancel)

    return _json(await answer(state, request.receive, work))


def _embedded(names: Names, body: EmbeddingsBody, texts: tuple[str, ...], cancel: threading.Event) -> bytes:
    made = names.answerer(body.model).embed(texts, cancel)
    width = len(made.vectors[0])
    if body.dimensions not in (None, width):
        raise refused("dimensions", f"the vectors of this model have {width} numbers", hint="Leave it out")
    return embeddings(body.model, made.vectors, made.tokens, packed=body.encoding_format == "base64")


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


_ANSWERS = gives("The answer, or its pieces with `stream`", "application/json", "text/event-stream")
