"""What the window remembers: written whole, read whatever a file holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphide.editor.remembered import MOST_RECENT, Remembered, Window, load, save


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "new" / "window.json"
    own = Remembered(("/a.json",), ("/b.json",), Window(1000, 700, 5, 6, True, {"left": 240}), {"later": 1})
    assert save(own, path) == ""
    assert load(path) == own


def test_the_newest_file_is_first_and_the_list_is_short(tmp_path: Path) -> None:
    own = Remembered()
    for number in range(30):
        own = own.with_recent(tmp_path / f"{number}.json")
    own = own.with_recent(tmp_path / "20.json")
    assert len(own.recent) == MOST_RECENT and own.recent[:2] == (str(tmp_path / "20.json"), str(tmp_path / "29.json"))
    assert own.without_recent(tmp_path / "20.json").recent[0] == str(tmp_path / "29.json")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"recent": 3, "window": []}',
        json.dumps({"window": {"width": 1, "x": "a"}}).encode(),
    ],
)
def test_a_broken_file_is_as_on_the_first_start(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "window.json"
    path.write_bytes(data)
    assert load(path) == Remembered()


def test_a_file_that_cannot_be_written_is_a_reason_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "file" in save(Remembered(), tmp_path / "file" / "window.json")
