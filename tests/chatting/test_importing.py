"""Exports of other programs read from a file: JSON, the archive of ChatGPT, and what is neither."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from graphide.chatting.importing import read_export
from graphide.errors import GraphideError

MESSAGE = {"author": {"role": "user"}, "content": {"parts": ["What is a tide?"]}}
EXPORT = json.dumps([{"title": "Tides", "mapping": {"a": {"message": MESSAGE, "parent": None}}}])


def test_a_file_of_json_and_an_archive_give_the_same_chats(tmp_path: Path) -> None:
    plain, archive = tmp_path / "conversations.json", tmp_path / "export.zip"
    plain.write_text(EXPORT)
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("user.json", "{}")
        writer.writestr("export/conversations.json", EXPORT)
    assert read_export(plain) == read_export(archive)
    assert [chat.title for chat in read_export(plain).chats] == ["Tides"]


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"no json", "is not JSON"), (b"[]", "holds no chats"), (b'{"a": 1}', "its form is not known"), (b"\xff\xfe", "is not JSON")],
)  # fmt: skip
def test_what_is_no_export_says_so(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(GraphideError, match=why):
        read_export(path)


def test_an_archive_without_chats_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as writer:
        writer.writestr("user.json", "{}")
    with pytest.raises(GraphideError, match=r"has no conversations\.json"):
        read_export(path)
    with pytest.raises(GraphideError, match="cannot be read"):
        read_export(tmp_path / "gone.json")
