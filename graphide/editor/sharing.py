"""Sharing a graph with others: as a picture that opens as the graph, as a graph file, or by the clipboard.

What goes with it is the graph's own JSON and nothing else: no runs, no answers, no chats, no settings of this machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from graphide.disk import write_atomically
from graphide.editor.giveaways import Giveaway, giveaways
from graphide.editor.picture import Colors
from graphide.editor.share import canvas_of, shared
from graphide.editor.views import CanvasView
from graphide.errors import GraphFileError, UsageError
from graphide.graph.file import dumps
from graphide.paths import written_path

if TYPE_CHECKING:
    from graphide.editor.session import Session

Form = Literal["picture", "file"]
SUFFIXES: Mapping[Form, str] = {"picture": ".png", "file": ".json"}
SCALES = (1.0, 1.5, 2.0)


class Sharing:
    """What is shared, how, and where to: `form`, `look` and `scale` (of the picture), and `path`."""

    def __init__(self, session: Session, *, folder: Path | None = None) -> None:
        document = session.tab.document
        self._session = session
        self.graph = session.graph
        self.rules = session.rules
        self.form: Form = "picture"
        self.look: Literal["dark", "light"] = session.look
        self.scale = 1.0
        base = document.path.parent if document.path is not None else folder or _pictures()
        name = document.path.stem if document.path is not None else _file_name(self.graph.title)
        self.path = base / f"{name}.png"

    def take_form(self, form: Form) -> None:
        """Share as something else; the name of the file follows."""
        self.form = form
        self.path = self.path.with_suffix(SUFFIXES[form])
        if self.replaces_own:
            self.path = self.path.with_stem(f"{self.path.stem}_copy")

    def take_path(self, text: str) -> None:
        """Take a path that was typed or chosen; a name alone is in the same folder, the ending is that of the form."""
        path = written_path(text.strip())
        path = path if path.is_absolute() else self.path.parent / path
        wanted = SUFFIXES[self.form]
        self.path = path if path.suffix.lower() == wanted else path.with_name(path.name + wanted)

    @cached_property
    def view(self) -> CanvasView:
        """The picture as shapes."""
        return canvas_of(self.graph, self.rules)

    @cached_property
    def warnings(self) -> tuple[Giveaway, ...]:
        """What the graph would give away."""
        return giveaways(self.graph)

    @cached_property
    def included(self) -> str:
        """What goes with it, as a sentence."""
        nodes, edges, models = len(self.graph.nodes), len(self.graph.edges), len(self.graph.models)
        named = f", the name and the hash of {models} {'model' if models == 1 else 'models'}" if models else ""
        return (
            f"{nodes} {'node' if nodes == 1 else 'nodes'} and {edges} {'edge' if edges == 1 else 'edges'} with all their "
            f"settings and texts{named}. No answers, runs, chats or settings of this machine."
        )

    @property
    def is_there(self) -> bool:
        """Whether there is a file already, which would be replaced."""
        return self.path.exists()

    @property
    def replaces_own(self) -> bool:
        """Whether it would be written over the file of the document itself."""
        own = self._session.tab.document.path
        return own is not None and own == self.path

    def text(self) -> str:
        """Return the graph as the text of its file; raises GraphFileError."""
        return dumps(self.graph, self.rules.registry).decode()

    def write(self, colors: Colors) -> Path:
        """Write the file, drawn in some colours, and return it; raises GraphFileError and UsageError."""
        if self.replaces_own:
            hint = "Save it, or choose another name"
            raise UsageError("is the file of the graph itself", where=str(self.path), hint=hint)
        data = shared(self.graph, self.rules, colors, self.scale) if self.form == "picture" else self.text().encode()
        try:
            write_atomically(self.path, data)
        except OSError as error:
            raise GraphFileError(
                f"cannot be written: {error.strerror}", where=str(self.path), hint="Choose another folder"
            ) from error
        return self.path


def _pictures() -> Path:
    found = Path.home() / "Pictures"
    return found if found.is_dir() else Path.home()


def _file_name(title: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in title.lower()).strip("_")[:60] or "graph"
