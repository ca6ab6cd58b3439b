"""Routes on the chats that are kept: listed, searched, read and deleted. Nothing is said in one from here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from graphide.server.errors import Refusal
from graphide.server.replies import gives, reply
from graphide.server.state import ServerState
from graphide.server.views import chat_json, turn_json
from graphide.store.chats import ChatHead, Chats
from graphide.store.search import CLOSES, OPENS, found
from graphide.values import Json

MOST = 200
_FARTHEST = 100_000
Limit = Annotated[int, Query(ge=1, le=MOST)]
Offset = Annotated[int, Query(ge=0, le=_FARTHEST)]
Words = Annotated[str, Query(max_length=500)]


def router(state: ServerState) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["chats"])

    @routes.get("/api/chat/history", summary="List chats", responses=gives("Chats, and where the next ones begin"))
    def listed(q: Words = "", limit: Limit = 50, offset: Offset = 0) -> Response:
        """List the chats that are kept, pinned ones first, then the newest; with `q`, where its words stand."""
        chats = state.chats()
        rows = _hits(chats, q, limit, offset) if q.strip() else _heads(chats, limit, offset)
        return reply({"chats": rows[:limit], "next": offset + limit if len(rows) > limit else None})

    @routes.get("/api/chat/history/{id}", summary="Show a chat", responses=gives("What was said"))
    def show(id: str) -> Response:
        """Give what was said in a chat on its chosen way; `siblings` of a turn are other ways, `all` has them all."""
        chats = state.chats()
        head = _there(chats, id)
        turns = chats.turns(id)
        said = [turn_json(turn, turns.siblings(turn.id)) for turn in turns.path]
        every = [{**turn_json(turn, ()), "after": turn.parent} for turn in turns.turns.values()]
        return reply({**chat_json(head), "messages": said, "all": every if len(every) > len(said) else []})

    @routes.delete("/api/chat/history/{id}", summary="Delete a chat", responses=gives("That it is gone"))
    def delete(id: str) -> Response:
        """Delete a chat and everything that was said in it."""
        chats = state.chats()
        _there(chats, id)
        chats.delete(id)
        return reply({"id": id, "deleted": True})

    return routes


def _heads(chats: Chats, limit: int, offset: int) -> list[dict[str, Json]]:
    return [chat_json(head) for head in chats.listed(limit + 1, offset)]


def _hits(chats: Chats, words: str, limit: int, offset: int) -> list[dict[str, Json]]:
    if offset > MOST * 10:
        raise Refusal(400, "a search is not told that far", code="bad_value", param="offset")
    hits = found(chats, words, offset + limit + 1)[offset:]
    rows: list[dict[str, Any]] = []
    for hit in hits:
        snippet = hit.snippet.replace(OPENS, "").replace(CLOSES, "")
        rows.append({**chat_json(hit.chat), "turn": hit.turn, "snippet": snippet})
    return rows


def _there(chats: Chats, id: str) -> ChatHead:
    if not chats.has(id):
        raise Refusal(404, "there is no such chat", code="chat_not_found", param="id")
    return chats.head(id)
