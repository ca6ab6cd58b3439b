"""models verify and rm: what happens to files, and what does not."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from cli.command import Command, Inside

from tests.support.gguf_builder import write_gguf, write_split


@pytest.fixture
def own(graphide_: Command) -> Path:
    folder = Path(graphide_.env["GRAPHIDE_HOME"]) / "models"
    folder.mkdir(parents=True)
    return folder


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def damage(path: Path) -> None:
    """Flip a byte, and leave no trace of it in size and time."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def downloaded(command: Command, *paths: Path) -> None:
    """Leave the record of a download that is done."""
    folder = Path(command.env["GRAPHIDE_HOME"]) / "data" / "downloads"
    folder.mkdir(parents=True)
    body = {
        "format": 1, "repo": "owner/repo", "commit": "c" * 40, "folder": str(paths[0].parent), "state": "done",
        "files": [{"path": path.name, "size": path.stat().st_size, "sha256": sha256(path)} for path in paths],
        "marks": [], "problem": "", "hint": "", "added": 1.0,
    }  # fmt: skip
    (folder / "x.json").write_text(json.dumps(body), encoding="utf-8")


# --- verify ---


def test_the_first_reading_is_remembered_and_the_next_one_compared(inside: Inside, own: Path) -> None:
    path = write_gguf(own / "a.gguf")
    assert inside("models", "verify", "a").out == (
        f"a.gguf  has the sha256 {sha256(path)}; there was nothing to compare it with\n"
    )
    assert inside("models", "verify", "a").out == "a.gguf  is what an earlier reading says\n"
    assert sha256(path) in inside("models", "info", "a").out


def test_a_damaged_file_is_found_though_size_and_time_are_the_same(inside: Inside, own: Path) -> None:
    path = write_gguf(own / "a.gguf")
    inside("models", "verify", "a")
    before = sha256(path)
    damage(path)
    for _ in range(2):
        ended = inside("models", "verify", "a", code=4)
        assert ended.out == f"a.gguf  DIFFERS: its sha256 is {sha256(path)}, and an earlier reading says {before}\n"


def test_a_download_is_compared_with_what_the_hub_promised(graphide_: Command, inside: Inside, own: Path) -> None:
    path = write_gguf(own / "a.gguf")
    downloaded(graphide_, path)
    assert inside("models", "verify", "a").out == "a.gguf  is what owner/repo at cccccccccccc says\n"
    damage(path)
    (found,) = inside("models", "verify", "a", "--format", "json", code=4).json["models"]
    assert (found["problem"], found["files"][0]["verdict"]) == ("", "differs")


def test_a_file_of_the_hubs_cache_is_compared_with_its_name(graphide_: Command, inside: Inside) -> None:
    hub = graphide_.folder / "hub"
    blob = write_gguf(hub / "models--o--r" / "blobs" / "later")
    blob = blob.rename(blob.with_name(sha256(blob)))
    link = hub / "models--o--r" / "snapshots" / "c" / "model.gguf"
    link.parent.mkdir(parents=True)
    link.symlink_to(blob)
    assert "is what o/r at c says" in inside("models", "verify", str(link)).out
    damage(blob)
    assert "DIFFERS" in inside("models", "verify", str(link), code=4).out


def test_a_hash_can_be_given(inside: Inside, own: Path) -> None:
    path = write_gguf(own / "a.gguf")
    assert "is what the one given says" in inside("models", "verify", "a", "--sha256", sha256(path).upper()).out
    assert "DIFFERS" in inside("models", "verify", "a", "--sha256", "ab" * 32, code=4).out
    assert "64 hexadecimal digits" in inside("models", "verify", "a", "--sha256", "ab", code=2).err
    assert "Name that model" in inside("models", "verify", "--sha256", "ab" * 32, code=2).err


def test_a_split_model_is_verified_as_one(inside: Inside, own: Path) -> None:
    parts = write_split(own, "big", 3)
    whole = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()
    assert whole in inside("models", "verify", "big").out
    assert "is what an earlier reading says" in inside("models", "verify", "big").out


def test_of_a_split_model_that_was_downloaded_the_damaged_part_is_named(
    graphide_: Command, inside: Inside, own: Path
) -> None:
    parts = write_split(own, "big", 3)
    downloaded(graphide_, *parts)
    lines = inside("models", "verify", "big").out.splitlines()
    assert lines == [f"{part.name}  is what owner/repo at cccccccccccc says" for part in parts]
    damage(parts[1])
    lines = inside("models", "verify", "big", code=4).out.splitlines()
    assert ["DIFFERS" in line for line in lines] == [False, True, False]


def test_without_names_all_are_verified_and_broken_ones_are_told(inside: Inside, own: Path) -> None:
    path = write_gguf(own / "a.gguf")
    (own / "cut.gguf").write_bytes(path.read_bytes()[:-40])
    (own / "gone.gguf").symlink_to(own / "nowhere")
    lines = inside("models", "verify", code=4).out.splitlines()
    assert any(line.startswith("a.gguf  has the sha256") for line in lines)
    assert any(line.startswith("cut.gguf  is truncated") for line in lines)
    assert any(line.startswith("gone.gguf  model file") for line in lines)


# --- rm ---


def test_a_model_is_deleted_with_its_parts_and_empty_folders(inside: Inside, own: Path) -> None:
    parts = write_split(own / "owner" / "repo", "big", 3)
    write_gguf(own / "a.gguf")
    said = inside("models", "rm", "big", "--yes").err
    assert said.startswith(f"deleted {parts[0]} and 2 more files, ")
    assert [path.name for path in own.iterdir()] == ["a.gguf"]


def test_without_anybody_to_ask_nothing_is_deleted(inside: Inside, own: Path) -> None:
    path = write_gguf(own / "a.gguf")
    assert "Add --yes" in inside("models", "rm", "a", code=2).err
    assert path.exists()


def test_a_file_of_another_program_is_not_deleted(graphide_: Command, inside: Inside, own: Path) -> None:
    own_file = write_gguf(own / "a.gguf")
    path = write_gguf(graphide_.folder / "other" / "b.gguf")
    inside("models", "scan", "other", "--add")
    said = inside("models", "rm", "a", "b", "--yes", code=1).err
    assert "is not in graphide's own folder" in said and "--force" in said
    assert path.exists() and own_file.exists()
    inside("models", "rm", "b", "--yes", "--force")
    assert not path.exists() and path.parent.exists()


def test_a_folder_that_only_seems_to_be_our_own_is_not(graphide_: Command, inside: Inside, own: Path) -> None:
    path = write_gguf(graphide_.folder / "other" / "b.gguf")
    (own / "link").symlink_to(path.parent)
    assert "own folder" in inside("models", "rm", "b", "--yes", code=1).err
    assert path.exists()


def test_of_a_link_only_the_link_goes(graphide_: Command, inside: Inside, own: Path) -> None:
    path = write_gguf(graphide_.folder / "b.gguf")
    (own / "b.gguf").symlink_to(path)
    assert inside("models", "rm", "b", "--yes").err == f"deleted {own / 'b.gguf'}, 0 B are free again\n"
    assert path.exists() and not (own / "b.gguf").exists()


def test_broken_files_can_be_deleted_too(inside: Inside, own: Path) -> None:
    (own / "broken.gguf").write_bytes(b"GGUF")
    (own / "dangling.gguf").symlink_to(own / "nowhere")
    inside("models", "rm", "broken.gguf", "dangling", "--yes")
    assert list(own.iterdir()) == []


def test_what_is_left_behind_is_said(inside: Inside, own: Path) -> None:
    write_gguf(own / "a.gguf")
    write_gguf(own / "mmproj-F16.gguf", {"general.type": "mmproj"})
    inside("models", "alias", "mine", "a")
    said = inside("models", "rm", "mine", "--yes").err.splitlines()
    assert said[1:] == ['the alias "mine" leads nowhere now', "its projector mmproj-F16.gguf is still there"]
    inside("models", "rm", "mmproj-F16.gguf", "--yes")
    assert list(own.iterdir()) == []


def test_a_model_that_is_not_there_cannot_be_deleted(inside: Inside, own: Path) -> None:
    path = write_gguf(own / "a.gguf")
    assert "is not in the library" in inside("models", "rm", "a", "nothing", "--yes", code=4).err
    assert path.exists()
