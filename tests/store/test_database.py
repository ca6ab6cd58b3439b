"""The file of the store: other processes, kills, damage, newer versions, full disks and backups."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from graphide.errors import GraphideError
from graphide.store.chats import Chats
from graphide.store.database import Database
from graphide.store.schema import STEPS
from graphide.store.turns import ROOT, Turns

WRITER = """
import sys
from pathlib import Path
from graphide.store.chats import Chats
from graphide.store.database import Database
from graphide.store.turns import ROOT, Turns

chats = Chats(Database(Path(sys.argv[1])))
head = chats.begin({"model": "default"}, title=sys.argv[2])
turns, last = Turns(), ROOT
for number in range(int(sys.argv[3])):
    turns = turns.added(last, "user" if number % 2 == 0 else "assistant", f"turn {number}")
    last = turns.leaf
    chats.save(head.id, turns)
    print(number, flush=True)
"""


def test_what_was_committed_outlives_a_kill_in_the_middle_of_writing(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    command = [sys.executable, "-c", WRITER, str(path), "killed", "100000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        told = [int(writer.stdout.readline()) for _ in range(20)][-1]
        writer.send_signal(signal.SIGKILL)
        told = max([told, *(int(line) for line in writer.stdout.read().split("\n")[:-1] if line)])
    database = Database(path)
    chats = Chats(database)
    turns = chats.turns(chats.listed()[0].id)
    assert len(turns.path) >= told + 1
    assert [turn.text for turn in turns.path] == [f"turn {number}" for number in range(len(turns.path))]
    assert database.read("PRAGMA integrity_check") == [("ok",)] and database.set_aside is None
    database.close()


def test_two_processes_write_at_the_same_time_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name, "60"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for name in ("one", "two")
    ]
    for writer in writers:
        assert writer.communicate(timeout=100)[1] == b"" and writer.returncode == 0
    database = Database(path)
    chats = Chats(database)
    assert {head.title: head.turns for head in chats.listed()} == {"one": 60, "two": 60}
    database.close()


@pytest.mark.parametrize("garbage", [b"this is no database " * 100, STEPS[0].encode() * 3])
def test_a_damaged_file_is_moved_aside_and_a_new_one_begun(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "chats.db"
    path.write_bytes(garbage)
    database = Database(path)
    assert database.set_aside is not None and database.set_aside.read_bytes() == garbage
    assert Chats(database).listed() == ()
    database.close()


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(GraphideError, match="newer graphide"):
        Database(path)
    with closing(sqlite3.connect(path)) as newer:
        assert newer.execute("PRAGMA user_version").fetchone() == (99,)


def test_a_file_of_an_older_version_is_brought_up_to_date_or_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    old = Database(path)
    head = Chats(old).begin({}, title="kept")
    old.close()
    with pytest.raises(GraphideError, match="cannot open"):
        Database(path, steps=(*STEPS, "CREATE TABLE extra (a); SELECT nonsense FROM nowhere;"))
    newer = Database(path, steps=(*STEPS, "ALTER TABLE chat ADD COLUMN extra TEXT;"))
    assert newer.read("SELECT title, extra FROM chat") == [("kept", None)]
    assert newer.read("PRAGMA user_version") == [(len(STEPS) + 1,)]
    assert Chats(newer).head(head.id).title == "kept"
    newer.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    Database(tmp_path / "chats.db").close()
    assert (tmp_path / "chats.db").stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "chats.db").mkdir()
    with pytest.raises(GraphideError, match="cannot open the store of chats"):
        Database(tmp_path / "chats.db")


def test_a_full_disk_loses_nothing_that_was_there(tmp_path: Path) -> None:
    database = Database(tmp_path / "chats.db")
    chats = Chats(database)
    head = chats.begin({}, title="here before")
    pages = database.read("PRAGMA page_count")[0][0]
    database.read(f"PRAGMA max_page_count = {pages + 4}")  # what SQLite says then is what it says of a full disk
    with pytest.raises(GraphideError, match="disk") as caught:
        chats.save(head.id, Turns().added(ROOT, "user", "much " * 50_000))
    assert "Make room" in caught.value.hint
    assert chats.head(head.id).turns == 0
    chats.save(head.id, Turns().added(ROOT, "user", "little"))
    assert chats.head(head.id).turns == 1
    database.close()


def test_a_backup_is_a_whole_store(chats: Chats, tmp_path: Path) -> None:
    head = chats.begin({"model": "x"}, turns=Turns().added(ROOT, "user", "Remember this"))
    target = tmp_path / "elsewhere" / "copy.db"
    chats.database.backup(target)
    copy = Database(target)
    assert Chats(copy).turns(head.id).path[0].text == "Remember this"
    assert os.listdir(target.parent) == ["copy.db", "copy.db-shm", "copy.db-wal"] or "copy.db" in os.listdir(
        target.parent
    )
    assert not [name for name in os.listdir(target.parent) if name.endswith(".tmp")]
    copy.close()
