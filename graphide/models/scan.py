"""Finding GGUF files below folders: which files there are, split files put together, and what could not be read.

Only names and sizes are looked at; headers are the business of `library`. Folders of other programs are read, never
written. Links are followed, loops of links end.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from graphide.models import ollama

MAX_DEPTH = 8  # folders below a scanned folder
MAX_ENTRIES = 200_000  # files and folders seen in one scanned folder
RECENT = 2_000_000_000  # nanoseconds; the coarsest clock of a file system that counts (FAT)

_SPLIT = re.compile(r"(?P<stem>.*)-(?P<part>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE | re.DOTALL)
# Of the hub's cache: what is not a model, and where the bytes lie that the named links lead to.
_NO_MODELS = ("datasets--", "spaces--")
_BLOBS, _REPOSITORY = "blobs", "models--"
# Jan calls every model the same, in a folder that has the name of the model.
_NAMELESS, _NAMED = "model.gguf", {"model.yml", "model.yaml"}


class FoundFile(NamedTuple):
    """A GGUF file, or the parts of a split one: sizes in bytes, `problem` when it is incomplete or unreadable.

    `inode` is the device and number of the first part: two names with the same one are one file. `names` are what another
    program calls a file whose own name says nothing, and `projector` the file that this program keeps with it.
    """

    path: Path
    parts: tuple[Path, ...]
    sizes: tuple[int, ...]
    mtimes_ns: tuple[int, ...]
    problem: str = ""
    inode: tuple[int, int] = (0, 0)
    names: tuple[str, ...] = ()
    projector: Path | None = None


class SkippedFolder(NamedTuple):
    """A folder that could not be looked at, and why."""

    path: Path
    reason: str


class FolderState(NamedTuple):
    """What shows later whether names came or went: when the folder was changed, and its names where that is recent.

    Two changes within one tick of the file system's clock look like one, so a recent time alone says too little.
    """

    mtime_ns: int
    names: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What lies below a folder: the GGUF files by name, what was skipped, and the state of every folder looked into."""

    files: list[FoundFile] = field(default_factory=list)
    skipped: list[SkippedFolder] = field(default_factory=list)
    folders: dict[str, FolderState] = field(default_factory=dict)


def gguf_files(folder: Path) -> Found:
    """Return the GGUF files below a folder, sorted by name, and the folders that were seen and skipped.

    A folder that does not exist is empty: it is not a problem.
    """
    found = Found()
    found.files.extend(_once(_whole(_walk(folder, found))))
    return found


def gguf_file(path: Path) -> FoundFile:
    """Return the GGUF file at a path, with all parts when it is one part of a split file."""
    split = _SPLIT.fullmatch(path.name)
    if split is None:
        return _found(path)
    try:
        names = [other.name for other in path.parent.iterdir() if _same_split(other.name, split)]
    except OSError:
        names = [path.name]
    return next(iter(_whole(_found(path.with_name(name)) for name in names)), _found(path))


def is_later_part(path: Path) -> bool:
    """Return whether a file is a part of a split file other than the first, which alone has the metadata."""
    split = _SPLIT.fullmatch(path.name)
    return split is not None and int(split["part"]) != 1


def unsplit(stem: str) -> str:
    """Return the name of a split model without its part: "big" of "big-00001-of-00003"; other names as they are."""
    split = _SPLIT.fullmatch(f"{stem}.gguf")
    return split["stem"] if split else stem


def _same_split(name: str, split: re.Match[str]) -> bool:
    other = _SPLIT.fullmatch(name)
    return other is not None and (other["stem"], other["count"]) == (split["stem"], split["count"])


def _walk(root: Path, found: Found) -> Iterator[FoundFile]:
    waiting, seen, left = [(str(root), 0)], set[tuple[int, int]](), MAX_ENTRIES
    while waiting:
        folder, depth = waiting.pop()
        try:
            entries = _entries(folder, seen, found)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            found.skipped.append(SkippedFolder(Path(folder), getattr(error, "strerror", None) or str(error)))
            continue
        left -= len(entries)
        if left < 0:
            found.skipped.append(SkippedFolder(Path(folder), f"more than {MAX_ENTRIES:,} files in {root}"))
            return
        repository = os.path.basename(folder).startswith(_REPOSITORY)
        names = {entry.name for entry in entries}
        store = ollama.is_store(names)
        if store:
            yield from _stored(folder, seen, found)
        for entry in entries:
            name = entry.name
            if name.lower().endswith(".gguf") and not _is_folder(entry):
                file = _found(Path(entry.path))
                yield file._replace(names=(os.path.basename(folder),)) if name == _NAMELESS and _NAMED & names else file
            elif _may_hold_models(name, repository or store) and _is_folder(entry):
                if depth < MAX_DEPTH:
                    waiting.append((entry.path, depth + 1))
                else:
                    found.skipped.append(SkippedFolder(Path(entry.path), f"more than {MAX_DEPTH} folders deep"))


def _stored(store: str, seen: set[tuple[int, int]], found: Found) -> Iterator[FoundFile]:
    """Yield the models in a store of Ollama, each file once with all of its names, the most exact first."""
    root = os.path.join(store, ollama.MANIFESTS)
    named: dict[str, list[str]] = {}
    projectors: dict[str, Path] = {}
    waiting: list[tuple[str, tuple[str, ...]]] = [(root, ())]
    while waiting:
        folder, place = waiting.pop()
        try:
            entries = _entries(folder, seen, found)
        except OSError as error:
            found.skipped.append(SkippedFolder(Path(folder), error.strerror or str(error)))
            continue
        for entry in entries:
            here = (*place, entry.name)
            if _is_folder(entry):
                waiting += [(entry.path, here)] if len(here) <= ollama.DEEPEST else []
            elif len(here) > 1 and (manifest := ollama.read_manifest(Path(entry.path))) is not None:
                named.setdefault(manifest.model, []).append(ollama.model_name(here))
                if manifest.projector:
                    projectors[manifest.model] = ollama.blob(Path(store), manifest.projector)
    for model, names in named.items():
        names.sort(key=lambda name: (name.endswith(ollama.LATEST), name))
        file = _found(ollama.blob(Path(store), model))
        yield file._replace(names=tuple(names), projector=projectors.get(model))


def _entries(folder: str, seen: set[tuple[int, int]], found: Found) -> list[os.DirEntry[str]]:
    state = os.stat(folder)  # before the names: what comes in between shows as a later change
    if (state.st_dev, state.st_ino) in seen:
        return []
    seen.add((state.st_dev, state.st_ino))
    with os.scandir(folder) as listing:
        entries = list(listing)
    recent = time.time_ns() - state.st_mtime_ns < RECENT
    names = frozenset(entry.name for entry in entries) if recent else None
    found.folders[folder] = FolderState(state.st_mtime_ns, names)
    return entries


def _may_hold_models(name: str, beside_blobs: bool) -> bool:
    return not (name.startswith((".", *_NO_MODELS)) or (beside_blobs and name in (_BLOBS, ollama.MANIFESTS)))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _found(path: Path) -> FoundFile:
    try:
        state = os.stat(path)
    except (OSError, ValueError) as error:
        reason = "is not there" if isinstance(error, FileNotFoundError) else "cannot be read"
        if isinstance(error, FileNotFoundError) and path.is_symlink():
            reason = "is a link to a file that is not there"
        return FoundFile(path, (path,), (0,), (0,), reason)
    problem = "" if stat.S_ISREG(state.st_mode) else "is not a file"
    inode = (state.st_dev, state.st_ino)
    return FoundFile(path, (path,), (state.st_size,), (state.st_mtime_ns,), problem, inode)


def _once(files: Iterable[FoundFile]) -> Iterator[FoundFile]:
    """Yield files sorted by name; one that several folders show under one name comes once.

    The hub's cache has a folder for each revision, and a file that did not change is linked into each of them.
    """
    seen = set[tuple[str, tuple[int, int]]]()
    for file in sorted(files, key=lambda file: (_shown(file).casefold(), str(file.path))):
        key = (_shown(file), file.inode)
        if key not in seen or not file.inode[1]:
            seen.add(key)
            yield file


def _shown(file: FoundFile) -> str:
    return file.names[0] if file.names else file.path.name


def _whole(files: Iterable[FoundFile]) -> Iterator[FoundFile]:
    """Yield files, with the parts of split files put together."""
    splits: dict[tuple[Path, str, int], dict[int, FoundFile]] = {}
    for file in files:
        name = file.path.name
        split = _SPLIT.fullmatch(name) if "-of-" in name.lower() else None
        if split is None:
            yield file
        else:
            group = splits.setdefault((file.path.parent, split["stem"], int(split["count"])), {})
            group[int(split["part"])] = file
    for (_, _, count), group in splits.items():
        yield _joined(group, count)


def _joined(group: dict[int, FoundFile], count: int) -> FoundFile:
    present = [group[number] for number in sorted(group)]
    missing = next((number for number in range(1, count + 1) if number not in group), 0)
    problem = next((file.problem for file in present if file.problem), "")
    if missing:
        problem = f"is incomplete: part {missing} of {count} is missing"
    return present[0]._replace(
        parts=tuple(file.path for file in present),
        sizes=tuple(file.sizes[0] for file in present),
        mtimes_ns=tuple(file.mtimes_ns[0] for file in present),
        problem=problem,
    )
