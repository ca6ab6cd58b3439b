"""Whether folders changed since a scan: what a look notices, and what it costs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from graphide.models import watch
from graphide.models.library import Library
from graphide.models.scan import FolderState, FoundFile, gguf_files
from graphide.models.watch import FILES_A_LOOK, Watch
from tests.support.gguf_builder import gguf_bytes, write_gguf


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_gguf(tmp_path / "models" / "a.gguf")
    write_gguf(tmp_path / "models" / "below" / "b.gguf")
    return tmp_path / "models"


def age(folder: Path, seconds: int = 100) -> None:
    """Make folders look as if nothing happened in them for a while."""
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        when = path.stat().st_mtime_ns - seconds * 10**9
        os.utime(path, ns=(when, when))


def scanned(folder: Path) -> Library:
    library = Library([folder])
    library.scan()
    assert not library.changed()
    return library


@pytest.mark.parametrize("old", [True, False])
def test_files_and_folders_that_come_go_or_move_are_noticed(folder: Path, old: bool) -> None:
    changes = [
        lambda: write_gguf(folder / "below" / "c.gguf"),
        (folder / "below" / "c.gguf").unlink,
        lambda: (folder / "a.gguf").rename(folder / "d.gguf"),
        (folder / "new").mkdir,
        lambda: write_gguf(folder / "new" / "e.gguf"),
        lambda: shutil.rmtree(folder / "new"),
        lambda: shutil.rmtree(folder),
        lambda: write_gguf(folder / "f.gguf"),
    ]
    for number, change in enumerate(changes):
        if old and folder.exists():
            age(folder)
        library = scanned(folder)
        change()
        assert library.changed(), number


def test_a_change_within_one_tick_of_the_clock_is_noticed(folder: Path) -> None:
    before = folder.stat()
    library = scanned(folder)
    write_gguf(folder / "c.gguf")
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert folder.stat().st_mtime_ns == before.st_mtime_ns
    assert library.changed()


def test_only_folders_that_changed_lately_keep_their_names(folder: Path) -> None:
    age(folder / "below")
    states = gguf_files(folder).folders
    assert states[str(folder)].names == {"a.gguf", "below"}
    assert states[str(folder / "below")].names is None


def test_a_file_that_is_still_being_written_is_noticed_at_once(folder: Path) -> None:
    data = gguf_bytes()
    (folder / "part.gguf").write_bytes(data[:-8])
    age(folder)
    library = scanned(folder)
    (folder / "part.gguf").write_bytes(data)
    assert library.changed()


def test_a_file_that_changes_in_place_is_noticed_in_its_turn(tmp_path: Path) -> None:
    for number in range(2 * FILES_A_LOOK):
        (tmp_path / f"{number:05d}.gguf").write_bytes(gguf_bytes())
    age(tmp_path)
    library = scanned(tmp_path)
    path = tmp_path / "00000.gguf"
    path.write_bytes(path.read_bytes()[:-1])
    assert [library.changed() for _ in range(3)] == [False, True, True]


def test_a_look_asks_for_a_bounded_number_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_gguf(tmp_path / "a.gguf")
    files = [FoundFile(path, (path,), (1,), (1,))] * 10_000
    asked: list[Path] = []

    def count(path: Path) -> os.stat_result:
        asked.append(path)
        return os.stat_result((0, 0, 0, 0, 0, 0, 1, 0, 0, 0), {"st_mtime_ns": 1})

    monkeypatch.setattr(watch.os, "stat", count)
    assert not Watch({}, files, files[:3]).changed()
    assert len(asked) == 3 + FILES_A_LOOK


def test_a_link_that_leads_nowhere_is_not_a_change_until_it_leads_somewhere(folder: Path) -> None:
    (folder / "link.gguf").symlink_to(folder.parent / "later")
    library = scanned(folder)
    assert not library.changed()
    write_gguf(folder.parent / "later")
    assert library.changed()


def test_a_folder_that_was_not_there_is_noticed_when_it_comes(tmp_path: Path) -> None:
    library = Library([tmp_path / "own", tmp_path / "disk"])
    library.scan()
    assert not library.changed()
    (tmp_path / "disk").mkdir()
    assert library.changed()


def test_what_cannot_be_looked_at_is_a_change_only_once(tmp_path: Path) -> None:
    state = FolderState(1, None)
    assert Watch({str(tmp_path / "gone"): state}, [], []).changed()
    assert not Watch({str(tmp_path / "gone"): None, "\0": None}, [], []).changed()
