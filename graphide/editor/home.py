"""The home of a document: its file as the document knows it, what others make of that file, and who else has it open."""

from __future__ import annotations

from pathlib import Path

from graphide.editor.locks import Claim, Holder
from graphide.editor.outside import Outside, Stamp, compared, stamp_of


class Home:
    """The file of one document, or that it has none; claimed until it is left."""

    def __init__(self, folder: Path, path: Path | None = None, stamp: Stamp | None = None) -> None:
        """Claim `path` with a lock in `folder`; `stamp` is what the file was when it was read, None for one never read."""
        self.path = path
        self._stamp = stamp
        self._claim = Claim(folder / "open", path) if path is not None else None

    @property
    def holder(self) -> Holder | None:
        """Which other window had the file open first, None where no one had."""
        return self._claim.holder if self._claim is not None else None

    def look(self) -> Outside:
        """Return what became of the file since it was read or written; cheap enough for once a second."""
        if self.path is None:
            return "same"
        state, self._stamp = compared(self.path, self._stamp)
        return state

    def seen(self, stamp: Stamp | None) -> None:
        """Take what the file is now as known."""
        self._stamp = stamp

    def written(self) -> None:
        """Take what was just written to the file as known."""
        if self.path is not None:
            self._stamp = stamp_of(self.path)

    def claim(self) -> bool:
        """Claim the file again where another window had it, and return whether it is free for this one."""
        return self._claim is None or self._claim.again()

    def leave(self) -> None:
        """Let go of the file, so that another window may have it."""
        if self._claim is not None:
            self._claim.release()
