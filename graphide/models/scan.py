"""Finding GGUF files below folders: which files there are, split files put together, and what could not be read.

Only names and sizes are looked at; headers are the business of `library`. Folders of other programs are read, never
written. Links are followed, loops of links end.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

MAX_DEPTH = 8  # folders below a scanned folder
MAX_ENTRIES = 200_000  # files and folders seen in one scanned folder

_SPLIT = re.compile(r"(?P<stem>.*)-(?P<part>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A GGUF file, or the parts of a split one: sizes in bytes, `problem` when it is incomplete or unreadable."""

    path: Path
    parts: tuple[Path, ...]
    sizes: tuple[int, ...]
    mtimes_ns: tuple[int, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SkippedFolder:
    """A folder that could not be looked at, and why."""

    path: Path
    reason: str


def gguf_files(folder: Path) -> tuple[list[FoundFile], list[SkippedFolder]]:
    """Return the GGUF files below a folder, sorted by name, and the folders that were skipped.

    A folder that does not exist is empty: it is not a problem.
    """
    skipped: list[SkippedFolder] = []
    files = _whole(_walk(folder, skipped))
    return sorted(files, key=lambda file: (file.path.name.casefold(), str(file.path))), skipped


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


def _same_split(name: str, split: re.Match[str]) -> bool:
    other = _SPLIT.fullmatch(name)
    return other is not None and (other["stem"], other["count"]) == (split["stem"], split["count"])


def _walk(root: Path, skipped: list[SkippedFolder]) -> Iterator[FoundFile]:
    waiting, seen, left = [(str(root), 0)], set[tuple[int, int]](), MAX_ENTRIES
    while waiting:
        folder, depth = waiting.pop()
        try:
            entries = _entries(folder, seen)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            skipped.append(SkippedFolder(Path(folder), getattr(error, "strerror", None) or str(error)))
            continue
        left -= len(entries)
        if left < 0:
            skipped.append(SkippedFolder(Path(folder), f"more than {MAX_ENTRIES:,} files in {root}"))
            return
        for entry in entries:
            if entry.name.lower().endswith(".gguf") and not _is_folder(entry):
                yield _found(Path(entry.path))
            elif not entry.name.startswith(".") and _is_folder(entry):
                if depth < MAX_DEPTH:
                    waiting.append((entry.path, depth + 1))
                else:
                    skipped.append(SkippedFolder(Path(entry.path), f"more than {MAX_DEPTH} folders deep"))


def _entries(folder: str, seen: set[tuple[int, int]]) -> list[os.DirEntry[str]]:
    state = Path(folder).stat()
    if (state.st_dev, state.st_ino) in seen:
        return []
    seen.add((state.st_dev, state.st_ino))
    with os.scandir(folder) as entries:
        return list(entries)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _found(path: Path) -> FoundFile:
    try:
        state = path.stat()
    except (OSError, ValueError) as error:
        reason = "is not there" if isinstance(error, FileNotFoundError) else "cannot be read"
        if isinstance(error, FileNotFoundError) and path.is_symlink():
            reason = "is a link to a file that is not there"
        return FoundFile(path, (path,), (0,), (0,), reason)
    problem = "" if stat.S_ISREG(state.st_mode) else "is not a file"
    return FoundFile(path, (path,), (state.st_size,), (state.st_mtime_ns,), problem)


def _whole(files: Iterable[FoundFile]) -> Iterator[FoundFile]:
    """Yield files, with the parts of split files put together."""
    splits: dict[tuple[Path, str, int], dict[int, FoundFile]] = {}
    for file in files:
        split = _SPLIT.fullmatch(file.path.name)
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
    return replace(
        present[0],
        parts=tuple(file.path for file in present),
        sizes=tuple(file.sizes[0] for file in present),
        mtimes_ns=tuple(file.mtimes_ns[0] for file in present),
        problem=problem,
    )
