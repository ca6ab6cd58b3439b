"""The hash of a model file: computed once, cancelable, and never in the way when its cache is broken."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from graphide.errors import GraphideError
from graphide.models.filecache import FileCache, FileKey
from graphide.models.identity import file_key, hash_steps, known_sha256, sha256_of

DATA = bytes(range(256)) * 12_000  # about 3 MB: three steps


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(DATA)
    return path


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_hash_comes_with_its_progress(model: Path) -> None:
    steps = list(hash_steps(model))
    assert steps == [1 << 20, 2 << 20, len(DATA)]
    assert sha256_of(model) == sha(DATA)


def test_a_known_hash_needs_no_reading(model: Path, tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache" / "models.sqlite")
    assert known_sha256(model, cache) is None
    assert sha256_of(model, cache) == sha(DATA)
    assert known_sha256(model, cache) == sha(DATA)
    assert list(hash_steps(model, cache)) == []
    link = tmp_path / "link.gguf"
    link.symlink_to(model)
    assert list(hash_steps(link, cache)) == []


def test_a_changed_file_is_hashed_again(model: Path, tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "models.sqlite")
    sha256_of(model, cache)
    model.write_bytes(DATA[::-1])
    os.utime(model, ns=(1, 1))
    assert sha256_of(model, cache) == sha(DATA[::-1])


def test_a_closed_generator_keeps_nothing(model: Path, tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "models.sqlite")
    steps = hash_steps(model, cache)
    next(steps)
    steps.close()
    assert known_sha256(model, cache) is None


def test_a_file_that_grows_meanwhile_is_an_error(model: Path, tmp_path: Path) -> None:
    steps = hash_steps(model, FileCache(tmp_path / "models.sqlite"))
    next(steps)
    with model.open("ab") as file:
        file.write(b"more")
    with pytest.raises(GraphideError, match=r'model file "model.gguf": changed while it was being read'):
        list(steps)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(GraphideError, match=r'model file "none.gguf": cannot be read: No such file'):
        sha256_of(tmp_path / "none.gguf")


def test_the_hash_of_a_split_model_is_that_of_its_parts_in_order(tmp_path: Path) -> None:
    parts = [tmp_path / "a", tmp_path / "b"]
    for part, data in zip(parts, (b"first", b"second"), strict=True):
        part.write_bytes(data)
    cache = FileCache(tmp_path / "models.sqlite")
    assert sha256_of(parts, cache) == sha(b"firstsecond") == known_sha256(parts, cache)
    parts[1].write_bytes(b"other part")
    assert sha256_of(parts, cache) == sha(b"firstother part")


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_corrupt_cache_is_replaced(model: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "models.sqlite"
    path.write_bytes(content)
    cache = FileCache(path)
    assert sha256_of(model, cache) == sha(DATA)
    assert known_sha256(model, cache) == sha(DATA)


def test_a_cache_of_another_version_is_replaced(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "models.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE hashes (something TEXT)")
        database.execute("PRAGMA user_version = 99")
    database.close()
    cache = FileCache(path)
    sha256_of(model, cache)
    assert known_sha256(model, cache) == sha(DATA)


def test_an_unusable_cache_is_no_cache(model: Path, tmp_path: Path) -> None:
    for place in (
        model / "below a file",
        tmp_path,
        Path("/proc/none/models.sqlite"),
        tmp_path / ("x" * 300),
        Path("\0"),
    ):
        cache = FileCache(place)
        assert sha256_of(model, cache) == sha(DATA)
        assert known_sha256(model, cache) is None
        assert cache.all_facts() == {}


def test_a_locked_cache_is_no_cache(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "models.sqlite"
    cache = FileCache(path)
    cache.remember_sha256(file_key([model]), sha(b"other"))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert sha256_of(model, cache) == sha(DATA)
    holder.execute("ROLLBACK")
    holder.close()
    assert known_sha256(model, cache) == sha(b"other")


def test_strange_keys_are_kept(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "models.sqlite")
    key = FileKey("/models/ü\n'x", 2**62, -5, 2**64 - 1)
    cache.remember_sha256(key, "a" * 64)
    assert cache.sha256(key) == "a" * 64
    cache.remember_sha256(FileKey("\udcff", 1, 1, 1), "b" * 64)
    assert cache.sha256(FileKey("\udcff", 1, 1, 1)) is None


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from graphide.models.filecache import FileCache, FileKey\n"
        "cache = FileCache(Path(sys.argv[1]))\n"
        "for i in range(60):\n"
        "    cache.remember_sha256(FileKey(f'{sys.argv[2]}-{i}', i, i, i), 'a' * 64)\n"
        "    cache.remember_facts([(FileKey(f'{sys.argv[2]}-{i}', i, i), '{}')])\n"
    )
    path = tmp_path / "cache" / "models.sqlite"
    writers = [subprocess.Popen([sys.executable, "-c", code, path, name]) for name in "ab"]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    rows = FileCache(path).all_facts()
    assert len(rows) >= 60  # a writer that waits too long for the other gives up, and that is fine


def test_a_killed_writer_leaves_a_usable_cache(tmp_path: Path) -> None:
    code = (
        "import itertools, sys; from pathlib import Path; from graphide.models.filecache import FileCache, FileKey\n"
        "cache = FileCache(Path(sys.argv[1])); print('ready', flush=True)\n"
        "for i in itertools.count():\n"
        "    cache.remember_facts([(FileKey(f'{i}-{j}', i, i), 'x' * 500) for j in range(50)])\n"
        "    i == 3 and print('writing', flush=True)\n"
    )
    path = tmp_path / "models.sqlite"
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        assert [writer.stdout.readline() for _ in range(2)][1] == b"writing\n"
        writer.kill()
        writer.wait()
        writer.stdout.close()
        cache = FileCache(path)
        cache.remember_sha256(FileKey("after", 1, 1), "c" * 64)
        assert cache.sha256(FileKey("after", 1, 1)) == "c" * 64
        assert len(cache.all_facts()) % 50 == 0
