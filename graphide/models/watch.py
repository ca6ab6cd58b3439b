"""Whether something changed in scanned folders since they were scanned: a look that costs a fraction of a scan.

There is no thread and no wake-up here: whoever shows the library asks now and then. Polling works on every system and
on network drives, where messages of the kernel do not arrive.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from graphide.models.scan import FolderState, FoundFile

FILES_A_LOOK = 256
"""How many files a look checks beside all folders: the rest has its turn in the next looks."""


class Watch:
    """Remembers what a scan saw, and says whether it is still so.

    Names that come and go change their folder, so all folders are looked at each time. A file that changes in place does
    not: the unfinished ones are looked at each time, the others in turn.
    """

    def __init__(
        self, folders: Mapping[str, FolderState | None], files: Sequence[FoundFile], unfinished: Sequence[FoundFile]
    ) -> None:
        """Remember `folders` (None: it was not there) and `files`; `unfinished` are those that may still be written."""
        self._folders = folders
        self._files = files
        self._unfinished = unfinished
        self._next = 0
        self._changed = False

    def changed(self) -> bool:
        """Return whether something differs from what was remembered; once it does, it stays so."""
        if not self._changed:
            files = (*self._unfinished, *self._turn())
            self._changed = any(_folder_differs(*item) for item in self._folders.items()) or any(
                map(_file_differs, files)
            )
        return self._changed

    def _turn(self) -> Sequence[FoundFile]:
        """Return the files whose turn it is."""
        start, self._next = self._next, self._next + FILES_A_LOOK
        if self._next >= len(self._files):
            self._next = 0
        return self._files[start : start + FILES_A_LOOK]


def _folder_differs(path: str, was: FolderState | None) -> bool:
    try:
        mtime_ns = os.stat(path).st_mtime_ns
        if was is None or mtime_ns != was.mtime_ns:
            return True
        return was.names is not None and was.names != frozenset(os.listdir(path))
    except (OSError, ValueError):
        return was is not None


def _file_differs(file: FoundFile) -> bool:
    return any(_part_differs(*part) for part in zip(file.parts, file.sizes, file.mtimes_ns, strict=True))


def _part_differs(path: Path, size: int, mtime_ns: int) -> bool:
    try:
        state = os.stat(path)
    except (OSError, ValueError):
        return bool(size or mtime_ns)  # a link that led nowhere still does
    return (state.st_size, state.st_mtime_ns) != (size, mtime_ns)
