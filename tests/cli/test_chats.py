"""`graphide chats`: kept chats listed, read, searched, written to files, taken in, renamed, deleted and copied."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cli.chatting import kept, the_chats
from cli.command import Command, Inside

CHATGPT: dict[str, Any] = {
    "title": "Volcanoes",
    "create_time": 1_700_000_000.5,
    "current_node": "c",
    "mapping": {
        "a": {"id": "a", "message": None, "parent": None},
        "b": {"id": "b", "parent": "a", "message": {"author": {"role": "user"}, "create_time": 1_700_000_000.5,
              "content": {"content_type": "text", "parts": ["What is lava?"]}}},
        "c": {"id": "c", "parent": "b", "message": {"author": {"role": "assistant"}, "create_time": 1_700_000_009.5,
              "metadata": {"model_slug": "gpt-x"}, "content": {"content_type": "text", "parts": ["Molten rock."]}}},
    },
}  # fmt: skip
OPEN_WEBUI: dict[str, Any] = {
    "title": "Tides",
    "created_at": 1_700_000_000,
    "chat": {"title": "Tides", "history": {"currentId": "2", "messages": {
        "1": {"id": "1", "parentId": None, "role": "user", "content": "Why tides?", "timestamp": 1_700_000_000},
        "2": {"id": "2", "parentId": "1", "role": "assistant", "content": "The moon.", "timestamp": 1_700_000_001,
              "model": "llama"}}}},
}  # fmt: skip


@pytest.fixture
def three(inside: Inside, graphide_: Command) -> list[str]:
    """Three chats; their ids, the oldest first."""
    for text in ("about volcanoes", "about tides", "about foxes"):
        inside("chat", "echo", "-m", text)
    with the_chats(graphide_) as chats:
        return [head.id for head in reversed(chats.listed())]


def write(graphide_: Command, name: str, data: Any) -> str:
    (graphide_.folder / name).write_text(json.dumps(data), encoding="utf-8")
    return name


def test_chats_are_listed_pinned_ones_first(inside: Inside, three: list[str]) -> None:
    inside("chats", "pin", three[0][:8])
    lines = inside("chats", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == [three[0][:8], three[2][:8], three[1][:8]]
    assert lines[0].endswith("2 turns  echo  * about volcanoes")
    found = inside("chats", "list", "--json", "-n", "1").json
    assert [(head["id"], head["pinned"], head["turns"], head["subject"]) for head in found] == [
        (three[0], True, 2, {"model": "echo"}),
    ]  # fmt: skip
    inside("chats", "pin", three[0], "--off")
    assert inside("chats", "list", "--all").out.split()[0] == three[2][:8]


def test_without_chats_it_is_said_how_to_begin(inside: Inside) -> None:
    ended = inside("chats", "list")
    assert (ended.out, ended.err) == ("", "There are no chats yet. Begin one: graphide chat\n")
    assert inside("chats", "list", "--json").json == []


def test_a_chat_is_printed_and_named_by_the_beginning_of_its_id(inside: Inside, three: list[str]) -> None:
    text = inside("chats", "show", three[1][:9].upper()).out
    assert text.startswith("# about tides\n") and "## You\n\nabout tides\n\n## echo · 2 tokens\n\nabout tides" in text
    body = inside("chats", "show", three[1], "--json").json
    assert body["id"] == three[1] and [turn["role"] for turn in body["turns"]] == ["user", "assistant"]
    for wrong in ("zzz", ""):
        assert "there is no chat" in inside("chats", "show", wrong, code=2).err


def test_words_are_found_in_all_chats(inside: Inside, three: list[str]) -> None:
    lines = inside("chats", "search", "volc").out.splitlines()
    assert lines[0].startswith(three[0][:8]) and lines[1] == "    about volcanoes"
    hits = inside("chats", "search", "about", "fox", "--json").json
    assert {(hit["chat"], hit["snippet"]) for hit in hits} == {(three[2], "about foxes")}
    ended = inside("chats", "search", "nothing-of-it")
    assert (ended.out, ended.err) == ("", "Nothing was found\n")


def test_chats_are_renamed_and_deleted(inside: Inside, graphide_: Command, three: list[str]) -> None:
    inside("chats", "rename", three[0], "Fire")
    assert "Fire" in inside("chats", "list").out
    inside("chats", "rename", three[0], "")
    assert "about volcanoes" in inside("chats", "list").out
    assert inside("chats", "rm", three[0][:8], three[0]).err == "deleted 1 chat\n"
    assert "nobody is there to be asked" in inside("chats", "rm", "--all", code=2).err
    assert "which chats" in inside("chats", "rm", code=2).err
    assert inside("chats", "rm", "--older", "3", "--yes").err == "deleted 0 chats\n"
    typed = Path(graphide_.env["GRAPHIDE_HOME"]) / "data" / "typed.jsonl"
    typed.write_text('"about volcanoes"', encoding="utf-8")
    assert inside("chats", "rm", "--all", "--yes").err == "deleted 2 chats\n"
    assert not typed.exists()
    assert kept(graphide_) == []
    store = (Path(graphide_.env["GRAPHIDE_HOME"]) / "data" / "chats.db").read_bytes()
    assert b"volcanoes" not in store


def test_one_chat_is_written_as_markdown_or_json(inside: Inside, graphide_: Command, three: list[str]) -> None:
    assert inside("chats", "export", three[0]).out.startswith("# about volcanoes\n")
    inside("chats", "export", three[0], "-o", "one.md")
    assert (graphide_.folder / "one.md").read_text("utf-8").startswith("# about volcanoes\n")
    assert "is there already" in inside("chats", "export", three[1], "-o", "one.md", code=2).err
    inside("chats", "export", three[1], "-o", "one.md", "--force")
    assert (graphide_.folder / "one.md").read_text("utf-8").startswith("# about tides\n")
    assert inside("chats", "export", three[0], "--format", "json").json[0]["title"] == "about volcanoes"


def test_all_chats_are_written_to_a_folder_and_come_back_from_json(
    inside: Inside, graphide_: Command, three: list[str]
) -> None:
    assert inside("chats", "export", "--all", "-o", "made/here").err == "wrote 3 chats to made/here\n"
    names = sorted(path.name for path in (graphide_.folder / "made" / "here").iterdir())
    assert [name[10:] for name in names] == sorted(
        f"-about-{word}-{own[:8]}.md" for word, own in zip(("volcanoes", "tides", "foxes"), three, strict=True)
    )
    assert "folder" in inside("chats", "export", "--all", code=2).err
    assert "which chats" in inside("chats", "export", code=2).err
    inside("chats", "export", "--all", "-o", "all.json")
    before = kept(graphide_)
    inside("chats", "rm", "--all", "--yes")
    assert inside("chats", "import", "all.json").err == "took in 3 chats\n"
    assert kept(graphide_) == before
    assert inside("chat", "--continue", "-m", "and more").out == "and more\n"


def test_chats_of_other_programs_are_taken_in_at_their_time(inside: Inside, graphide_: Command) -> None:
    inside("chats", "import", write(graphide_, "gpt.json", [CHATGPT, {"nonsense": 1}]))
    inside("chats", "import", write(graphide_, "webui.json", [OPEN_WEBUI]))
    with zipfile.ZipFile(graphide_.folder / "export.zip", "w") as archive:
        archive.writestr("conversations.json", json.dumps([CHATGPT]))
    taken = inside("chats", "import", "export.zip", "--json").json
    assert len(taken["imported"]) == 1 and taken["refused"] == []
    assert sorted(kept(graphide_)) == [
        ["What is lava?", "Molten rock."], ["What is lava?", "Molten rock."], ["Why tides?", "The moon."],
    ]  # fmt: skip
    found = inside("chats", "list", "--json").json
    assert {head["created"][:10] for head in found} == {head["changed"][:10] for head in found} == {"2023-11-14"}
    assert {head["subject"]["from"] for head in found} == {"ChatGPT", "Open WebUI"}


def test_what_cannot_be_taken_in_is_said(inside: Inside, graphide_: Command) -> None:
    ended = inside("chats", "import", write(graphide_, "some.json", [CHATGPT, {"nonsense": 1}]))
    assert ended.err.startswith("left out: chat 2 cannot be read") and ended.err.endswith("took in 1 chat\n")
    (graphide_.folder / "broken.json").write_text("{", encoding="utf-8")
    for name, says in (
        ("broken.json", "JSON"),
        ("gone.json", "No such file"),
        (write(graphide_, "e.json", []), "no chats"),
    ):
        assert says in inside("chats", "import", name, code=None).err
    assert len(kept(graphide_)) == 1


def test_the_whole_store_is_copied(inside: Inside, graphide_: Command, three: list[str]) -> None:
    inside("chats", "backup", "copy.db")
    copy = sqlite3.connect(graphide_.folder / "copy.db")
    assert {row[0] for row in copy.execute("SELECT id FROM chat")} == set(three)
    copy.close()
    assert "is there already" in inside("chats", "backup", "copy.db", code=2).err
    inside("chats", "backup", "copy.db", "--force")


def test_a_chat_that_begins_with_a_file_is_called_by_what_was_said(inside: Inside, graphide_: Command) -> None:
    (graphide_.folder / "a.md").write_text("```\ncode\n```\n", encoding="utf-8")
    inside("chat", "echo", "--attach", "a.md", "--attach", "a.md", "-m", "What is this?")
    inside("chat", "echo", "-m", "```\nno file\n```\n\nWhat?")
    assert [head["title"] for head in inside("chats", "list", "--json").json] == ["```", "What is this?"]


def test_what_a_chat_holds_does_nothing_to_a_terminal(inside: Inside, graphide_: Command) -> None:
    evil = {**CHATGPT, "title": "\x1b]0;owned\x07title"}
    inside("chats", "import", write(graphide_, "evil.json", [evil]))
    assert "\x1b" not in inside("chats", "list").out + inside("chats", "search", "title").out
