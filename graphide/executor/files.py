"""Which files a node may touch: the one rule, and reading and writing under it.

A graph may come from a stranger. So a node reads and writes only below the folder of its graph file and below folders
that the user named; nothing hidden (a part that starts with a dot), nothing through a link that leads outside; and the
graph file itself is never written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from graphide.disk import write_atomically
from graphide.errors import FileRefused

RULE = (
    "A node reads and writes only below the folder of its graph file, nothing hidden, and below folders that you allow "
    'with "--allow DIR"'
)
_MAX_VISITED = 20_000


@dataclass(frozen=True, slots=True)
class FileAccess:
    """The folder that paths start from, the folders below which files may be touched, and a file that is never written.

    `folder` None: a graph without a file; then only allowed folders can be touched.
    """

    folder: Path | None = None
    allowed: tuple[Path, ...] = ()
    protected: Path | None = None

    def within(self, folder: Path) -> FileAccess:
        """Return the access of a graph file in `folder`, which must be allowed here; what may be touched stays the same."""
        roots = self.allowed if self.folder is None else (self.folder, *self.allowed)
        return replace(self, folder=folder, allowed=roots)

    def resolve(self, path: str) -> Path:
        """Return the real path that `path` stands for; raises FileRefused, with the rule, when it may not be touched."""
        if "\0" in path:
            raise FileRefused("the file name has a NUL character")
        given = Path(path)
        base = self.folder or (self.allowed[0] if self.allowed else None)
        if base is None:
            raise FileRefused(f'"{path}" cannot be read: this graph has no folder', hint=f"Save it first. {RULE}")
        real = Path(os.path.realpath(base / given))
        for root in (base, *self.allowed):
            below = _below(real, Path(os.path.realpath(root)))
            if below is not None and not any(part.startswith(".") for part in below.parts):
                return real
        raise FileRefused(f'"{path}" may not be touched by a node', hint=RULE)

    def read_text(self, path: str, *, limit: int) -> str:
        """Return the text of a file of at most `limit` bytes; raises FileRefused with what is wrong and what to do."""
        real = self.resolve(path)
        try:
            if not real.is_file():
                reason = (
                    "is a folder" if real.is_dir() else "does not exist" if not real.exists() else "is not a plain file"
                )
                raise FileRefused(f'"{path}" {reason}', hint="Paths start at the folder of the graph file")
            with real.open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise FileRefused(f'"{path}" cannot be read: {error.strerror}') from error
        if len(data) > limit:
            raise FileRefused(f'"{path}" has {real.stat().st_size:,} bytes, more than the limit of {limit:,}')
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise FileRefused(f'"{path}" is not UTF-8 text (byte {error.start})', hint="Convert it first") from error

    def find(self, pattern: str, *, limit: int) -> list[str]:
        """Return at most `limit` readable files that a glob matches, sorted, relative to the folder where possible.

        Raises FileRefused when there are more, or when too many files would have to be looked at.
        """
        if not any(char in pattern for char in "*?["):
            self.resolve(pattern)
            return [pattern]
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts or self.folder is None:
            raise FileRefused(f'the pattern "{pattern}" leaves the folder of the graph file', hint=RULE)
        found: list[str] = []
        for visited, path in enumerate(self._glob(pattern)):
            if visited > _MAX_VISITED:
                raise FileRefused(
                    f'the pattern "{pattern}" looks at more than {_MAX_VISITED:,} files', hint="Narrow it"
                )
            relative = path.relative_to(self.folder)
            if path.is_file() and not any(part.startswith(".") for part in relative.parts):
                self.resolve(str(relative))
                found.append(relative.as_posix())
        if len(found) > limit:
            raise FileRefused(
                f'the pattern "{pattern}" matches {len(found):,} files, more than {limit:,}', hint="Narrow it"
            )
        return sorted(found)

    def write_text(self, path: str, text: str) -> str:
        """Write `text`, whole or not at all, and return the real path; raises FileRefused."""
        real = self.resolve(path)
        if self.protected is not None and real == Path(os.path.realpath(self.protected)):
            raise FileRefused(f'"{path}" is the graph file itself; a node does not overwrite it')
        try:
            real.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(real, text.encode("utf-8", "surrogatepass"))
        except OSError as error:
            raise FileRefused(f'"{path}" cannot be written: {error.strerror}') from error
        return str(real)

    def _glob(self, pattern: str) -> Iterator[Path]:
        assert self.folder is not None
        try:
            yield from self.folder.glob(pattern)
        except (ValueError, OSError, NotImplementedError) as error:
            raise FileRefused(f'the pattern "{pattern}" cannot be used: {error}') from error


def _below(path: Path, root: Path) -> Path | None:
    try:
        return path.relative_to(root)
    except ValueError:
        return None
