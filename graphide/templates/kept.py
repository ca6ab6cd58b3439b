"""Templates: the packaged starter graphs and the user's own beside them, found by an id, kept, renamed and removed.

An id is looked up in the list of what there is and never joined into a path. How one is filled in is in `blanks`; what a
gallery shows of a template, and how one is put into a graph, is the business of the editor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, NamedTuple

from graphide import paths
from graphide.disk import write_atomically
from graphide.errors import GraphFileError, GraphideError, UsageError
from graphide.graph import file as graph_file
from graphide.graph.model import Graph
from graphide.graph.problems import nearest
from graphide.spec.nodespec import NodeSpec

Origin = Literal["packaged", "user"]

EMPTY: Final = "empty"
"""The name of no template: a graph without nodes."""
LONGEST_NAME: Final = 80
_MOST_TAGS: Final = 12
_TAGS: Final = "tags"
# File names that Windows keeps for devices.
_DEVICES: Final = frozenset(["con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))])


@dataclass(frozen=True, slots=True)
class Template:
    """A graph to begin with: its id, its file, and the graph; "user" ones are the user's own."""

    id: str
    origin: Origin
    path: Path
    graph: Graph = field(repr=False)

    @property
    def title(self) -> str:
        """What it is called."""
        return self.graph.title or self.id

    @property
    def about(self) -> str:
        """What it is for."""
        return self.graph.about

    @property
    def tags(self) -> tuple[str, ...]:
        """Words that it is found by."""
        return tags_of(self.graph)


class Unreadable(NamedTuple):
    """A file in a folder of templates that is none, and why."""

    path: Path
    problem: str


class Listed(NamedTuple):
    """The templates by title, packaged ones first, and the files that could not be read."""

    templates: tuple[Template, ...]
    unreadable: tuple[Unreadable, ...] = ()


class Removed(NamedTuple):
    """A template that was removed, with all that is needed to put it back."""

    template: Template
    data: bytes


class Templates:
    """The templates of this machine; the user's own are in `folder` (None: the user's), where a change is on disk at once."""

    def __init__(self, folder: Path | None = None, registry: Mapping[str, NodeSpec] | None = None) -> None:
        """Look for nothing yet; with a registry, what is saved is as short as a saved graph."""
        self.folder = own_folder() if folder is None else folder
        self._registry = registry

    def listed(self) -> Listed:
        """Return all there are; an own one takes the place of a packaged one with its id."""
        found: dict[str, Template] = {}
        unreadable: list[Unreadable] = []
        places: tuple[tuple[Origin, Path], ...] = (("packaged", paths.templates_folder()), ("user", self.folder))
        for origin, folder in places:
            for path in sorted(folder.glob("*.json")):
                try:
                    found[path.stem] = Template(path.stem, origin, path, graph_file.load(path))
                except GraphideError as error:
                    unreadable.append(Unreadable(path, str(error)))
        ordered = sorted(found.values(), key=lambda each: (each.origin, each.title.casefold(), each.id))
        return Listed(tuple(ordered), tuple(unreadable))

    def load(self, id: str) -> Template:
        """Return a template; raises UsageError with the nearest id for one that is not there, and GraphFileError."""
        path, origin = self._path(id)
        return Template(id, origin, path, graph_file.load(path))

    def save(
        self, graph: Graph, name: str, *, about: str = "", tags: Sequence[str] = (), anew: bool = False
    ) -> Template:
        """Keep a graph among the user's own templates under a name, and return it.

        Its id is made from the name; with `anew` it takes the place of an own one with that id. Raises UsageError for a
        name that is taken or none, and GraphideError where it cannot be written.
        """
        id = id_of(name)
        if not anew and id in self._paths():
            raise UsageError(
                f'there is a template "{id}" already', hint="Choose another name, or delete that one first"
            )
        made = described(graph, name, about, tags)
        path = paths.ensure(self.folder) / f"{id}.json"
        graph_file.save(made, path, self._registry)
        return Template(id, "user", path, made)

    def describe(self, id: str, name: str, *, about: str, tags: Sequence[str]) -> Template:
        """Give one of the user's own another name, description and tags, and return it as it is then; raises as `save`."""
        old, new = self._own(id), id_of(name)
        if new != id and new in self._paths():
            raise UsageError(f'there is a template "{new}" already', hint="Choose another name")
        made = self.save(old.graph, name, about=about, tags=tags, anew=True)
        if new != id and not _is_same(made.path, old.path):
            _unlink(old.path)
        return made

    def remove(self, id: str) -> Removed:
        """Remove one of the user's own and return it; raises UsageError for others, GraphideError where that fails."""
        path = self._own(id, readable=False).path
        try:
            data = path.read_bytes()
        except OSError as error:
            raise GraphFileError(f"cannot be removed: {error.strerror}", where=str(path)) from error
        graph = Graph()
        with suppress(GraphideError):  # one that cannot be read can still be removed
            graph = graph_file.loads(data)
        _unlink(path)
        return Removed(Template(id, "user", path, graph), data)

    def put_back(self, removed: Removed) -> None:
        """Undo a removal; raises UsageError where the place is taken by now."""
        path = removed.template.path
        if path.exists():
            raise UsageError(f'there is a template "{removed.template.id}" again already')
        paths.ensure(path.parent)
        try:
            write_atomically(path, removed.data)
        except OSError as error:
            raise GraphFileError(f"cannot be written: {error.strerror}", where=str(path)) from error

    def ids(self) -> dict[str, Path]:
        """Return the ids of all there are with their files, unread."""
        return {id: path for id, (path, _) in self._paths().items()}

    def _paths(self) -> dict[str, tuple[Path, Origin]]:
        found: dict[str, tuple[Path, Origin]] = {
            path.stem: (path, "packaged") for path in sorted(paths.templates_folder().glob("*.json"))
        }
        return found | {path.stem: (path, "user") for path in sorted(self.folder.glob("*.json"))}

    def _path(self, id: str) -> tuple[Path, Origin]:
        found = self._paths()
        if id not in found:
            raise UsageError(f'there is no template "{id}"', hint=nearest(id, sorted(found)))
        return found[id]

    def _own(self, id: str, *, readable: bool = True) -> Template:
        path, origin = self._path(id)
        if origin == "packaged":
            hint = "Save a copy under another name, and change that"
            raise UsageError(f'"{id}" belongs to graphide, and stays as it is', hint=hint)
        return Template(id, origin, path, graph_file.load(path) if readable else Graph())


def own_folder() -> Path:
    """Return the folder of the user's own templates."""
    return paths.data_folder() / "templates"


def id_of(name: str) -> str:
    """Return the id of a template with a name: its letters and digits, others as "_". Raises UsageError without any."""
    name = name.strip()
    words = re.findall(r"[^\W_]+", name.casefold())
    if not words or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(
            f'"{name[:LONGEST_NAME]}" cannot be the name of a template', hint="Use a few words of letters and digits"
        )
    id = "_".join(words)
    return f"{id}_" if id in _DEVICES or id == EMPTY else id


def tags_of(graph: Graph) -> tuple[str, ...]:
    """Return the tags of a graph; what is none is left out."""
    tags = graph.extra.get(_TAGS)
    return tuple(tag for tag in tags if isinstance(tag, str) and tag) if isinstance(tags, list | tuple) else ()


def described(graph: Graph, name: str, about: str = "", tags: Sequence[str] = ()) -> Graph:
    """Return a graph with a name, and with a description and tags where there are some; raises UsageError for too many."""
    chosen = list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
    if len(chosen) > _MOST_TAGS or any(len(tag) > LONGEST_NAME or not tag.isprintable() for tag in chosen):
        raise UsageError(f"these cannot be tags: at most {_MOST_TAGS} words, each of at most {LONGEST_NAME} characters")
    extra = {key: value for key, value in graph.extra.items() if key != _TAGS}
    if chosen:
        extra[_TAGS] = chosen
    return replace(graph, title=name.strip(), about=about.strip(), extra=extra)


def _is_same(first: Path, second: Path) -> bool:
    # On a disk that takes "A.json" and "a.json" for the same file, a rename must not remove what it has just written.
    try:
        return first.samefile(second)
    except OSError:
        return False


def _unlink(path: Path) -> None:
    try:
        path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise GraphFileError(f"cannot be removed: {error.strerror}", where=str(path)) from error
