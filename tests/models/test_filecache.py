"""What is known about files: asked for some, asked for all, and forgotten."""

from __future__ import annotations

from pathlib import Path

from graphide.models.filecache import FileCache, FileKey


def filled(path: Path) -> FileCache:
    cache = FileCache(path)
    for name in ("a", "b", "c"):
        cache.remember_sha256(FileKey(name, 1, 2), name * 64)
    cache.remember_facts([(FileKey(name, 1, 2), f"facts of {name}") for name in ("a", "b", "c")])
    return cache


def test_facts_are_given_of_all_paths_or_of_some(tmp_path: Path) -> None:
    cache = filled(tmp_path / "models.sqlite")
    assert cache.all_facts() == {name: (1, 2, f"facts of {name}") for name in ("a", "b", "c")}
    assert cache.facts_of(["b", "none", "\udcff"]) == {"b": (1, 2, "facts of b")}
    assert FileCache(None).facts_of(["b"]) == {}


def test_what_is_forgotten_is_unknown_and_the_rest_is_not(tmp_path: Path) -> None:
    cache = filled(tmp_path / "models.sqlite")
    cache.forget(["a", "none", "\udcff"])
    assert [cache.sha256(FileKey(name, 1, 2)) for name in ("a", "b")] == [None, "b" * 64]
    assert set(cache.all_facts()) == {"b", "c"}


def test_forgetting_needs_no_cache(tmp_path: Path) -> None:
    FileCache(None).forget(["a"])
    FileCache(tmp_path / "file" / "below").forget([])
    (tmp_path / "file").write_text("")
    FileCache(tmp_path / "file" / "below").forget(["a"])
