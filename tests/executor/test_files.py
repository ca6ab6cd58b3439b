"""What a node may read and write: below its graph's folder, nothing hidden, nothing through links that lead out."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphide.errors import FileRefused
from graphide.executor.files import RULE, FileAccess


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "project"
    (home / "notes").mkdir(parents=True)
    (home / "notes" / "a.txt").write_text("first")
    (home / "notes" / "b.txt").write_text("second")
    (home / ".env").write_text("secret")
    (home / "graph.json").write_text("{}")
    (tmp_path / "outside.txt").write_text("not yours")
    return home


def test_files_below_the_folder_are_read(home: Path) -> None:
    assert FileAccess(home).read_text("notes/a.txt", limit=100) == "first"


@pytest.mark.parametrize("path", ["../outside.txt", "/etc/passwd", ".env", "notes/../../outside.txt", "notes/../.env"])
def test_files_elsewhere_and_hidden_files_are_refused_with_the_rule(home: Path, path: str) -> None:
    with pytest.raises(FileRefused) as refused:
        FileAccess(home).read_text(path, limit=100)
    assert refused.value.hint == RULE
    assert path in refused.value.message


def test_a_link_that_leads_out_is_refused(home: Path) -> None:
    (home / "innocent.txt").symlink_to(home.parent / "outside.txt")
    with pytest.raises(FileRefused):
        FileAccess(home).read_text("innocent.txt", limit=100)
    with pytest.raises(FileRefused):
        FileAccess(home).find("*.txt", limit=100)


def test_an_allowed_folder_is_read_by_its_path(home: Path) -> None:
    access = FileAccess(home, (home.parent,))
    assert access.read_text(str(home.parent / "outside.txt"), limit=100) == "not yours"


def test_a_graph_without_a_file_reads_nothing(home: Path) -> None:
    with pytest.raises(FileRefused, match="has no folder"):
        FileAccess(None).read_text("notes/a.txt", limit=100)


def test_a_glob_finds_readable_files_in_order(home: Path) -> None:
    assert FileAccess(home).find("notes/*.txt", limit=10) == ["notes/a.txt", "notes/b.txt"]
    assert FileAccess(home).find("**/*", limit=10) == ["graph.json", "notes/a.txt", "notes/b.txt"]


@pytest.mark.parametrize("pattern", ["../*.txt", "/etc/*"])
def test_a_glob_stays_below_the_folder(home: Path, pattern: str) -> None:
    with pytest.raises(FileRefused, match="leaves the folder"):
        FileAccess(home).find(pattern, limit=10)


def test_a_glob_with_too_many_files_says_how_many(home: Path) -> None:
    with pytest.raises(FileRefused, match="matches 2 files, more than 1"):
        FileAccess(home).find("notes/*", limit=1)


def test_a_file_over_the_limit_says_its_size(home: Path) -> None:
    with pytest.raises(FileRefused, match="has 5 bytes, more than the limit of 4"):
        FileAccess(home).read_text("notes/a.txt", limit=4)


def test_what_is_not_text_or_not_a_file_is_said(home: Path) -> None:
    (home / "x.bin").write_bytes(b"ab\xff")
    with pytest.raises(FileRefused, match="is not UTF-8 text \\(byte 2\\)"):
        FileAccess(home).read_text("x.bin", limit=100)
    with pytest.raises(FileRefused, match="is a folder"):
        FileAccess(home).read_text("notes", limit=100)
    with pytest.raises(FileRefused, match="does not exist"):
        FileAccess(home).read_text("notes/c.txt", limit=100)
    with pytest.raises(FileRefused, match="NUL"):
        FileAccess(home).read_text("notes\0", limit=100)


def test_a_result_is_written_whole_with_its_folders(home: Path) -> None:
    FileAccess(home).write_text("out/deep/result.md", "done")
    assert (home / "out/deep/result.md").read_text() == "done"


def test_the_graph_file_and_hidden_files_are_never_written(home: Path) -> None:
    access = FileAccess(home, protected=home / "graph.json")
    with pytest.raises(FileRefused, match="the graph file itself"):
        access.write_text("graph.json", "x")
    with pytest.raises(FileRefused):
        access.write_text(".bashrc", "x")
    assert (home / "graph.json").read_text() == "{}"


def test_a_folder_in_the_way_is_said_and_nothing_is_lost(home: Path) -> None:
    with pytest.raises(FileRefused, match="cannot be written"):
        FileAccess(home).write_text("notes", "x")
    assert (home / "notes" / "a.txt").read_text() == "first"


def test_an_inner_graph_reads_beside_itself_and_still_not_outside(home: Path) -> None:
    inner = FileAccess(home).within(home / "notes")
    assert inner.read_text("a.txt", limit=100) == "first"
    assert inner.read_text("../graph.json", limit=100) == "{}"
    with pytest.raises(FileRefused):
        inner.read_text("../../outside.txt", limit=100)
