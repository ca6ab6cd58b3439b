"""Prefixes whose computed state is kept on disk, so that a restarted worker need not compute them again.

Holds which prefixes there are, which of them serves a prompt, and which must go when the room is used up. It is given the
states as bytes and gives them back as bytes: making and using them is the engine's business. What goes wrong on the disk
costs only time, so it is never raised: it is told once, in `notices`.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from graphide.inference import prefix_file, prefix_folder
from graphide.inference.prefix_file import SUFFIX, DamagedFile, Header, OtherFormat
from graphide.inference.prefix_folder import Size
from graphide.values import dumps

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

RETRY_SECONDS = 60
_SETTLED = 2_000_000_000  # ns: coarser than the time stamps of any file system in use
_AGAIN = "its prompt is computed again"


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved prefix of `tokens` tokens, the first `common` of which are those of the prompt it was found for."""

    path: Path
    tokens: int
    common: int
    state_bytes: int


class PrefixStore:
    """The saved prefixes of one model in a folder that all models share, at most `budget` bytes together (0: off).

    `key` is everything a state depends on: the model's hash, the engine's version, the type of the cache and so on. The
    state of a `trimmable` model serves for any first part of its tokens, that of others (recurrent ones) only whole.
    Safe between threads and between processes. `bytes_written` and `bytes_read` count states and headers since the
    start. `clock` gives nanoseconds and tells which prefix was used last.
    """

    def __init__(
        self,
        folder: Path,
        key: Mapping[str, str | int],
        budget: int,
        *,
        trimmable: bool = True,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.folder = folder
        self.budget = budget
        self.trimmable = trimmable
        self.bytes_written = 0
        self.bytes_read = 0
        self._key = dumps(dict(key))
        self._start = f"{hashlib.sha256(self._key).hexdigest()[:16]}-"
        self._clock = clock
        self._lock = threading.RLock()
        self._index: dict[str, Header | None] = {}  # by file name; None for a file that is of no use
        self._listed = 0  # the folder's time stamp when the index was made
        self._paused_until = 0
        self._notices: dict[str, str] = {}

    @property
    def notices(self) -> list[str]:
        """Return what went wrong so far, a sentence each: what, which file, and what happens now."""
        with self._lock:
            return list(self._notices.values())

    def longest(self, tokens: Sequence[int]) -> Saved | None:
        """Return the saved prefix that shares the most first tokens with these; of equal ones the smallest.

        A state gives no logits, so a caller that needs those of its last token asks for all tokens but that.
        """
        if self.budget <= 0:
            return None
        wanted = prefix_file.pack(tokens)
        best: Saved | None = None
        for name, header in self._usable():
            common = prefix_file.common(header.tokens, wanted)
            if not common or not (self.trimmable or common == len(header.tokens)):
                continue
            found = Saved(self.folder / name, len(header.tokens) // 4, common // 4, header.state_bytes)
            if best is None or (found.common, -found.state_bytes) > (best.common, -best.state_bytes):
                best = found
        return best

    def load(self, saved: Saved, into: WriteableBuffer) -> bool:
        """Fill the first `saved.state_bytes` of a buffer with a state; False when it is no more to be had.

        After False the buffer holds garbage, and `longest` does not offer this file again: ask for the next one. A new
        buffer costs as much as the reading, one kept from the last load nothing. Raises ValueError when the
        buffer is too small.
        """
        if prefix_file.flat(into).nbytes < saved.state_bytes:
            raise ValueError(f"the buffer is smaller than the state of {saved.state_bytes:,} bytes")
        with self._lock:
            header = self._index.get(saved.path.name)
        if header is None:
            return False
        try:
            whole = prefix_file.read_state(saved.path, into, key=self._key, tokens=header.tokens)
        except (OSError, DamagedFile, OtherFormat) as error:
            self._give_up(saved.path, error)
            return False
        if not whole:
            self._forget(saved.path)
            return False
        self._touch(saved.path)
        with self._lock:
            self.bytes_read += header.file_bytes
        return True

    def save(self, tokens: Sequence[int], state: ReadableBuffer) -> bool:
        """Keep the state of these tokens, in place of the prefixes it covers; return whether they are saved now.

        Nothing is written when a saved prefix covers these tokens already; it counts as used. Blocks for the writing:
        a thread of its own may call it while others ask for prefixes.
        """
        view = prefix_file.flat(state)
        if self.budget <= 0 or not len(tokens) or not view.nbytes:
            return False
        wanted = prefix_file.pack(tokens)
        if self._covers(wanted):
            return True
        header = Header(self._key, wanted, view.nbytes, 0)
        if header.file_bytes > self.budget:
            text = f"{self.folder}: a prefix of {header.file_bytes:,} bytes is over the budget of {self.budget:,} bytes"
            self._say("budget", f"{text} and was not saved; after a restart {_AGAIN}, unless the budget is raised")
            return False
        if self._clock() < self._paused_until:
            return False
        return self._write(header, view)

    def size(self) -> Size:
        """Return how much all models' prefixes take."""
        return prefix_folder.size(self.folder)

    def clear(self) -> int:
        """Remove all models' prefixes; return the bytes that were freed."""
        return prefix_folder.clear(self.folder)

    def _write(self, header: Header, state: memoryview) -> bool:
        path = self.folder / f"{self._start}{hashlib.sha256(header.tokens).hexdigest()[:32]}{SUFFIX}"
        replaced = [self.folder / name for name, old in self._usable() if self._replaces(header.tokens, old.tokens)]
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            prefix_folder.make_room(self.folder, self.budget - header.file_bytes, first=replaced)
            prefix_file.write(path, state, key=self._key, tokens=header.tokens, used=self._clock())
        except OSError as error:
            self._paused_until = self._clock() + RETRY_SECONDS * 1_000_000_000
            text = f"{self.folder}: a prefix could not be saved ({_reason(error)}); it is tried again after a minute"
            self._say("save", f"{text}, and until then {_AGAIN} after a restart")
            return False
        self._set(path, header)
        with self._lock:
            self.bytes_written += header.file_bytes
        for old in replaced:
            prefix_folder.remove(old)
        with suppress(OSError):
            prefix_folder.make_room(self.folder, self.budget)  # another process may have written as well
        return True

    def _covers(self, wanted: bytes) -> bool:
        for name, header in self._usable():
            same = header.tokens.startswith(wanted) if self.trimmable else header.tokens == wanted
            if same and self._touch(self.folder / name):
                return True
        return False

    def _replaces(self, new: bytes, old: bytes) -> bool:
        # A state that serves only whole is no substitute for a shorter one.
        return self.trimmable and len(old) < len(new) and new.startswith(old)

    def _usable(self) -> list[tuple[str, Header]]:
        """Return this model's prefixes by file name, after a look at whether the folder has changed."""
        with self._lock:
            self._refresh()
            return [(name, header) for name, header in self._index.items() if header is not None]

    def _refresh(self) -> None:
        try:
            changed = os.stat(self.folder).st_mtime_ns
            if changed == self._listed:
                return
            names = os.listdir(self.folder)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                self._say(
                    "folder", f"{self.folder}: the saved prefixes cannot be read ({_reason(error)}); none is used"
                )
            self._index.clear()
            self._listed = 0
            return
        prefix_folder.clean(self.folder, names)
        ours = {name for name in names if name.startswith(self._start) and name.endswith(SUFFIX)}
        for gone in self._index.keys() - ours:
            del self._index[gone]
        for name in sorted(ours - self._index.keys()):
            self._read(self.folder / name)
        # A change within one tick of the file system's clock would not be seen by the time stamp.
        self._listed = changed if time.time_ns() - changed > _SETTLED else 0

    def _read(self, path: Path) -> None:
        try:
            header = prefix_file.read_header(path)
        except (OSError, DamagedFile, OtherFormat) as error:
            self._give_up(path, error)
            return
        if header.key != self._key:
            self._say(path.name, f"{path}: this prefix was saved with another model or other settings; it is not used")
        self._set(path, header if header.key == self._key else None)

    def _give_up(self, path: Path, error: Exception) -> None:
        """Use a file no more; one that is damaged is removed, one that another process removed is no news."""
        if isinstance(error, FileNotFoundError):
            self._forget(path)
            return
        self._set(path, None)
        if isinstance(error, DamagedFile):
            end = "removed" if prefix_folder.remove(path) else "not used"
            self._say(path.name, f"{path}: this saved prefix is damaged ({error}); it is {end}, and {_AGAIN}")
        elif isinstance(error, OtherFormat):
            self._say(path.name, f"{path}: another version of graphide saved this prefix ({error}); it is not used")
        else:
            text = f"{path}: this saved prefix cannot be read ({_reason(error)})"
            self._say(path.name, f"{text}; it is not used, and {_AGAIN}")

    def _set(self, path: Path, header: Header | None) -> None:
        with self._lock:
            self._index[path.name] = header

    def _forget(self, path: Path) -> None:
        """Look at a file anew, if it is still there, when the next prefix is asked for."""
        with self._lock:
            self._index.pop(path.name, None)
            self._listed = 0

    def _touch(self, path: Path) -> bool:
        """Mark a file as used now; False when it is gone."""
        now = self._clock()
        try:
            os.utime(path, ns=(now, now))
        except FileNotFoundError:
            return False
        except OSError:
            return True  # in a folder that may only be read it is still there
        return True

    def _say(self, about: str, sentence: str) -> None:
        with self._lock:
            self._notices.setdefault(about, sentence)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
