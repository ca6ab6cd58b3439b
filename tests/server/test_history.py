"""The chats that are kept, over HTTP: paged, searched, read and deleted; with another process writing meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from server.serving import Served

from graphide.store.chats import Chats
from graphide.store.database import Database
from graphide.store.turns import ROOT, Answer, Turns


@pytest.fixture
def chats(server: Served) -> Iterator[Chats]:
    """The store of the server, as another program has it open."""
    store = Chats(Database(server.home / "data" / "chats.db"))
    for head in store.listed():
        store.delete(head.id)
    yield store
    store.database.close()


def said(*texts: str) -> Turns:
    turns = Turns()
    for number, text in enumerate(texts):
        answer = Answer(model="/home/me/models/small.gguf", tokens=3) if number % 2 else None
        turns = turns.added(turns.leaf or ROOT, "assistant" if number % 2 else "user", text, answer=answer)
    return turns


def test_chats_are_listed_a_page_at_a_time(server: Served, chats: Chats) -> None:
    ids = [chats.begin({"model": "echo"}, turns=said(f"question {number}", "answer")).id for number in range(5)]
    first = server.get("/api/chat/history?limit=2").json()
    second = server.get(f"/api/chat/history?limit=2&offset={first['next']}").json()
    third = server.get(f"/api/chat/history?limit=2&offset={second['next']}").json()
    assert [chat["id"] for page in (first, second, third) for chat in page["chats"]] == ids[::-1]
    assert third["next"] is None
    assert first["chats"][0]["with"] == {"kind": "model", "name": "echo"} and first["chats"][0]["turns"] == 2


def test_words_are_found(server: Served, chats: Chats) -> None:
    wanted = chats.begin({"model": "echo"}, turns=said("tell me of tides", "the moon does it")).id
    chats.begin({"model": "echo"}, turns=said("tell me of volcanoes", "they are hot"))
    body = server.get("/api/chat/history", params={"q": "moon"}).json()
    assert [chat["id"] for chat in body["chats"]] == [wanted]
    assert body["chats"][0]["snippet"] == "the moon does it"
    assert server.get("/api/chat/history", params={"q": '"( OR *'}).json()["chats"] == []


def test_a_chat_is_read_on_its_chosen_way(server: Served, chats: Chats) -> None:
    turns = said("question", "first answer")
    turns = turns.added(1, "assistant", "second answer")
    id = chats.begin({"graph": "/home/me/graphs/helper.json"}, turns=turns).id
    answer = server.get(f"/api/chat/history/{id}")
    body = answer.json()
    assert [(each["role"], each["content"]) for each in body["messages"]] == [
        ("user", "question"),
        ("assistant", "second answer"),
    ]
    assert body["messages"][1]["siblings"] == [2, 3]
    assert [each["content"] for each in body["all"]] == ["question", "first answer", "second answer"]
    assert body["with"] == {"kind": "graph", "name": "helper"}
    assert "/home/me" not in answer.text


def test_a_chat_is_deleted(server: Served, chats: Chats) -> None:
    id = chats.begin({"model": "echo"}, turns=said("question", "answer")).id
    assert server.client.delete(f"/api/chat/history/{id}").json() == {"id": id, "deleted": True}
    assert server.get(f"/api/chat/history/{id}").status_code == 404
    assert server.client.delete(f"/api/chat/history/{id}").status_code == 404
    assert chats.listed() == ()


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "offset=-1", "limit=x", f"q={'x' * 501}"])
def test_odd_pages_are_refused(server: Served, query: str) -> None:
    assert server.get(f"/api/chat/history?{query}").status_code == 400
