"""Chats that leave and chats that come: Markdown, JSON, and the exports of other programs."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from graphide.errors import GraphideError
from graphide.store.chats import Chats
from graphide.store.imports import Import, read
from graphide.store.transcript import as_json, from_export, markdown
from graphide.store.turns import ROOT, Answer, Turns, to_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "mapping",
                    "chat",
                    "history",
                    "messages",
                    "graphide_chat",
                    "parent",
                    "message",
                    "content",
                    "turns",
                    "a",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


def test_markdown_has_the_chosen_way_with_models_and_figures(chats: Chats) -> None:
    turns = Turns().added(ROOT, "user", "Hello")
    turns = turns.added(1, "assistant", "**Hi**", answer=Answer(model="tiny.gguf", tokens=1200))
    turns = turns.added(1, "assistant", "Other", answer=Answer(model="tiny.gguf", state="stopped")).switched(2)
    head = chats.begin({"model": "tiny.gguf"}, turns=turns)
    text = markdown(head, turns)
    assert text.startswith("# Hello\n") and "## You\n\nHello\n" in text
    assert "## tiny.gguf · 1,200 tokens\n\n**Hi**\n" in text and "Other" not in text


def test_an_export_comes_back_whole(chats: Chats) -> None:
    turns = (
        Turns()
        .added(ROOT, "user", "Hello")
        .added(1, "assistant", "Hi", answer=Answer(seed=4))
        .added(ROOT, "user", "Ho")
    )
    head = chats.begin({"graph": "g.json"}, title="A talk", turns=turns)
    exported = as_json(head, turns)
    title, subject, back = from_export(exported)
    assert (title, subject, to_json(back)) == ("A talk", {"graph": "g.json"}, to_json(turns))
    assert read([exported]).chats[0].turns == back


def chatgpt() -> dict[str, object]:
    """Return a conversation in the form of ChatGPT's export: an edited question, a system message, a picture."""

    def node(parent: str | None, role: str, parts: list[object], model: str = "") -> dict[str, object]:
        message = {
            "author": {"role": role},
            "content": {"content_type": "text", "parts": parts},
            "create_time": 1700000000.5,
            "metadata": {"model_slug": model},
        }
        return {"parent": parent, "message": message}

    return {
        "title": "Blue",
        "create_time": 1700000000.0,
        "current_node": "a1",
        "mapping": {
            "root": {"parent": None, "message": None},
            "sys": node("root", "system", [""]),
            "q1": node("sys", "user", ["Why is the sky blue?", {"content_type": "image_asset_pointer"}]),
            "a1": node("q1", "assistant", ["Rayleigh."], "gpt-4o"),
            "q2": node("sys", "user", ["Why is the sea blue?"]),
            "a2": node("q2", "assistant", ["Absorption."], "gpt-4o"),
        },
    }


def test_chatgpt_branches_models_times_and_the_way_that_was_shown_are_kept() -> None:
    (chat,) = read([chatgpt()]).chats
    assert (chat.title, chat.created) == ("Blue", "2023-11-14T22:13:20.000+00:00")
    assert [turn.text for turn in chat.turns.path] == ["Why is the sky blue?\n\n[image asset pointer]", "Rayleigh."]
    assert len(chat.turns.turns) == 4 and len(chat.turns.siblings(1)) == 2
    answer = chat.turns.path[1].answer
    assert answer is not None and answer.model == "gpt-4o"


def test_open_webui_chats_are_read() -> None:
    messages = {
        "m1": {"id": "m1", "parentId": None, "role": "user", "content": "Hi", "timestamp": 1700000000},
        "m2": {"id": "m2", "parentId": "m1", "role": "assistant", "content": "Hello", "model": "llama3:8b"},
        "m3": {"id": "m3", "parentId": "m1", "role": "assistant", "content": "Again", "model": "llama3:8b"},
    }
    chat = {"title": "Greeting", "history": {"messages": messages, "currentId": "m2"}}
    (made,) = read([{"id": "x", "title": "Greeting", "chat": chat, "created_at": 1700000000}]).chats
    assert [turn.text for turn in made.turns.path] == ["Hi", "Hello"] and len(made.turns.turns) == 3
    assert made.turns.path[0].at.startswith("2023-11-14")


def test_a_chat_that_cannot_be_read_does_not_keep_the_others_out() -> None:
    round_and_round = {"mapping": {"a": {"parent": "b", "message": None}, "b": {"parent": "a", "message": None}}}
    found = read([{"mapping": 3}, chatgpt(), round_and_round, {"what": "ever"}])
    assert len(found.chats) == 1 and len(found.refused) == 3
    assert "circle" in found.refused[1] and "not known" in found.refused[2]


@pytest.mark.parametrize("data", [[], {}, 3, None, [{"graphide_chat": 99}], "text"])
def test_a_file_without_chats_says_which_files_can_be_read(data: object) -> None:
    with pytest.raises(GraphideError, match=r"conversations\.json"):
        read(data)


@given(st.lists(JSON, max_size=3))
def test_no_file_breaks_the_import(data: list[object]) -> None:
    try:
        assert isinstance(read(data), Import)
    except GraphideError:
        return
