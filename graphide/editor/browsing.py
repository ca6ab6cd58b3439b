"""Looking for a file or a folder: what is in a folder, places to begin at, and which line is lit. No window is needed.

Files whose names begin with a dot are never shown. What cannot be read is empty and says why.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from graphide.editor.dialogs import CANCEL, Dialog, DialogButton, ask_between
from graphide.editor.file_names import name_problem, with_ending
from graphide.editor.model_list import size_text
from graphide.paths import written_path

if TYPE_CHECKING:
    from graphide.editor.session import Session

Purpose = Literal["open", "save_as", "file", "folder"]
GRAPHS = (".json", ".png")
_MOST = 2_000


class Line(NamedTuple):
    """One line of a folder: `about` is the size of a file."""

    path: Path
    is_folder: bool
    about: str = ""

    @property
    def name(self) -> str:
        """The name."""
        return self.path.name


class Place(NamedTuple):
    """Somewhere to begin: a folder, or a file that was used lately."""

    path: Path
    label: str
    icon: str


@dataclass(frozen=True, slots=True)
class Folder:
    """What is in a folder, folders first; `problem` says why it cannot be read, `more` how many lines were left out."""

    path: Path
    lines: tuple[Line, ...] = ()
    problem: str = ""
    more: int = 0


class Browser:
    """Where a person looks: the folder, a search in it, the line that is lit (-1: none), and the name to save under."""

    def __init__(self, purpose: Purpose, folder: Path, *, name: str = "", endings: tuple[str, ...] = GRAPHS) -> None:
        self.purpose = purpose
        self.name = name
        self.query = ""
        self.lit = -1
        self.all_files = purpose == "file"
        self._endings = endings
        self.folder = Folder(folder)
        self.go(folder if folder.is_dir() else Path.home())

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines that fit the search."""
        words = self.query.casefold().split()
        return tuple(line for line in self.folder.lines if all(word in line.name.casefold() for word in words))

    @property
    def line(self) -> Line | None:
        """The line that is lit."""
        lines = self.lines
        return lines[self.lit] if 0 <= self.lit < len(lines) else None

    def go(self, folder: Path, *, light: str = "") -> None:
        """Look into another folder; the line with the name `light` is lit."""
        self.folder = looked(folder, None if self.all_files else self._endings, files=self.purpose != "folder")
        self.query = ""
        self.lit = next((number for number, line in enumerate(self.folder.lines) if line.name == light), -1)

    def up(self) -> None:
        """Look into the folder above; the one left is lit."""
        self.go(self.folder.path.parent, light=self.folder.path.name)

    def again(self) -> None:
        """Look into the folder again."""
        line = self.line
        self.go(self.folder.path, light=line.name if line is not None else "")

    def show_all(self, all_files: bool) -> None:
        """Show every file, or those only that are likely graphs."""
        self.all_files = all_files
        self.again()

    def search(self, query: str) -> None:
        """Show only what has some words in its name, and light the first of them."""
        self.query = query
        self.lit = 0 if query.strip() and self.lines else -1

    def step(self, by: int) -> None:
        """Light another line, without going around the end."""
        lines = self.lines
        if lines:
            first = 0 if by > 0 else len(lines) - 1
            self.light(min(max(self.lit + by, 0), len(lines) - 1) if self.lit >= 0 else first)

    def light(self, number: int) -> None:
        """Light a line; where a file is saved, its name is proposed."""
        self.lit = number
        if self.purpose == "save_as" and self.line is not None and not self.line.is_folder:
            self.name = self.line.name

    def typed_path(self, text: str) -> Path | None:
        """Take a path that was typed: a folder is gone to, a file is returned, anything else changes nothing."""
        path = written_path(text.strip())
        path = path if path.is_absolute() else self.folder.path / path
        if path.is_dir():
            self.go(path)
        elif path.is_file() and self.purpose != "folder":
            return path
        return None

    def make_folder(self, name: str) -> str:
        """Make a folder, go there and return "", or why it cannot be made."""
        name = name.strip()
        if problem := name_problem(name):
            return problem
        path = self.folder.path / name
        try:
            path.mkdir()
        except FileExistsError:
            return f"there is a {name} already"
        except OSError as error:
            return f"cannot be made: {error.strerror}"
        self.go(path)
        return ""

    def result(self) -> Path | None:
        """Return what is chosen when Enter is pressed, None where nothing is, or a folder was gone into instead."""
        line = self.line
        if self.purpose == "save_as":
            return self._to_save()
        if line is not None and line.is_folder:
            self.go(line.path)
            return None
        if self.purpose == "folder":
            return self.folder.path
        return line.path if line is not None else None

    def problem(self) -> str:
        """Return why a file cannot be saved under the name that is typed, "" when it can."""
        if self.purpose != "save_as":
            return ""
        return name_problem(self.name.strip()) or (
            "" if os.access(self.folder.path, os.W_OK) else "the folder is read-only"
        )

    def _to_save(self) -> Path | None:
        typed = written_path(self.name.strip())
        if typed.is_absolute():
            self.go(typed if typed.is_dir() else typed.parent)
            self.name = "" if typed.is_dir() else typed.name
        name = self.name.strip()
        if self.problem():
            return None
        return with_ending(self.folder.path / name)


def looked(folder: Path, endings: tuple[str, ...] | None, *, files: bool = True) -> Folder:
    """Return what is in a folder: its folders, and with `files` those files that end so (None: all)."""
    folder = Path(os.path.abspath(folder))
    try:
        with os.scandir(folder) as entries:
            found = [line for entry in entries if (line := _line(entry, endings, files=files)) is not None]
    except OSError as error:
        return Folder(folder, problem=f"cannot be read: {error.strerror}")
    found.sort(key=lambda line: (not line.is_folder, line.name.casefold(), line.name))
    return Folder(folder, tuple(found[:_MOST]), more=max(0, len(found) - _MOST))


def places(recent: Iterable[str], folder: Path | None = None) -> tuple[Place, ...]:
    """Return where to begin: the folder of the graph, the usual folders of the user that are there, those of recent files."""
    home = Path.home()
    usual = [
        Place(home, "Home", "house"), Place(home / "Desktop", "Desktop", "monitor"),
        Place(home / "Documents", "Documents", "folder"), Place(home / "Downloads", "Downloads", "download"),
        Place(home / "Pictures", "Pictures", "image"), Place(Path(home.anchor), "Computer", "hard-drive"),
    ]  # fmt: skip
    own = [Place(folder, folder.name or str(folder), "folder-open")] if folder is not None else []
    lately = [Place(Path(name).parent, Path(name).parent.name, "folder") for name in recent]
    found: dict[Path, Place] = {}
    for place in (*own, *usual, *lately):
        if place.path.is_dir():
            found.setdefault(place.path, place)
    return tuple(found.values())[:12]


def recent_files(recent: Iterable[str], most: int = 8) -> tuple[Place, ...]:
    """Return the files that were used lately and are still there."""
    there = [Path(name) for name in recent if Path(name).is_file()]
    return tuple(
        Place(path, path.name, "image" if path.suffix.lower() == ".png" else "file-json") for path in there[:most]
    )


def save_here(session: Session, path: Path) -> None:
    """Answer the dialog that asks where to save; a file that is there is asked about first."""
    own = session.tab.document.path
    if not path.exists() or path == own:
        session.popups.answer("ok", str(path))
        return
    buttons = (DialogButton("replace", "Replace", "danger"), CANCEL)
    text = f"There is a file of that name in {path.parent}. Its contents would be lost."
    question = Dialog("ask", f"Replace {path.name}?", text, data=path, buttons=buttons)
    ask_between(session, question, "replace", lambda: session.popups.answer("ok", str(path)))


def _line(entry: os.DirEntry[str], endings: tuple[str, ...] | None, *, files: bool) -> Line | None:
    if entry.name.startswith("."):
        return None
    try:
        if entry.is_dir():
            return Line(Path(entry.path), True)
        if files and entry.is_file() and (endings is None or entry.name.lower().endswith(endings)):
            return Line(Path(entry.path), False, size_text(entry.stat().st_size))
    except OSError:
        return None
    return None
