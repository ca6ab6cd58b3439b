"""The models to choose from: what the library has, as lines with size, quantisation, context and whether each fits.

The library is looked through in a thread of its own, because folders may be slow. A line says whether a model fits from
its header and the free memory alone, so it is an estimate; `graphide models fit` measures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from graphide.editor.latest import Latest
from graphide.errors import GraphideError
from graphide.models.facts import ModelFacts
from graphide.models.fit import HOST, Pool, Verdict, verdict
from graphide.models.library import DEFAULT, LibraryModel
from graphide.models.memory import host_memory
from graphide.workspace import Workspace

ECHO = "echo"
_USUAL_CONTEXT = 4096  # what a load takes at most where the settings say nothing
_BYTES_OF_KV = 2  # a number in an f16 cache


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One line: `name` is what a model field gets, `means` the file behind a name that stands for another."""

    name: str
    title: str
    means: str = ""
    size: int = 0
    quantisation: str = ""
    parameters: int = 0
    context: int = 0
    folder: str = ""
    fits: Verdict | None = None
    needs: int = 0
    problem: str = ""
    about: str = ""


class ModelSource(Protocol):
    """Where lines come from: the library of this machine now, a hub to download from beside it later."""

    @property
    def rows(self) -> tuple[ModelRow, ...] | None:
        """The lines, None while they are looked for."""
        ...

    def look(self) -> None:
        """Look again."""
        ...

    def close(self) -> None:
        """End what goes on."""
        ...


class OnThisMachine:
    """The models of the library, with "default" and "echo" before them."""

    def __init__(self, workspace: Workspace, wake: Callable[[], None]) -> None:
        self._workspace = workspace
        self._found: Latest[int, tuple[ModelRow, ...]] = Latest("graphide-models", self._rows, wake)
        self.look()

    @property
    def rows(self) -> tuple[ModelRow, ...] | None:
        """The lines, None while the library is looked through for the first time."""
        return self._found.latest

    def look(self) -> None:
        """Look through the library again."""
        self._found.ask(0)

    def close(self) -> None:
        """End the look."""
        self._found.close()

    def _rows(self, _: int) -> tuple[ModelRow, ...]:
        library = self._workspace.library
        free = host_memory().free
        models = library.scan().models
        row = partial(row_of, free=free, n_ctx=self._workspace.settings.n_ctx)
        usable = [row(model) for model in models if model.facts is None or model.facts.kind == "model"]
        try:
            default = library.find(DEFAULT)
            first = ModelRow(DEFAULT, "The default model", means=default.file, about="What graphs mean by “default”")
        except GraphideError as error:
            first = ModelRow(DEFAULT, "The default model", problem=str(error))
        echo = ModelRow(ECHO, "Echo", about="Answers with the prompt at once: to try a graph without a model")
        aliases = [
            ModelRow(name, name, means=target, about="A name of yours")
            for name, target in sorted(library.aliases.items())
            if name != DEFAULT
        ]
        return (first, echo, *aliases, *sorted(usable, key=lambda each: (bool(each.problem), each.title.casefold())))


class ModelChoice:
    """A list that is searched, with one line `lit`."""

    def __init__(self, source: ModelSource, *, chosen: str = "") -> None:
        self.source = source
        self.query = ""
        self.lit = 0
        self._chosen = chosen

    @property
    def rows(self) -> tuple[ModelRow, ...]:
        """The lines that fit the search."""
        return fitting(self.source.rows or (), self.query)

    @property
    def looking(self) -> bool:
        """Whether the first look is still under way."""
        return self.source.rows is None

    @property
    def is_empty(self) -> bool:
        """Whether there is no model on this machine that could answer."""
        return not self.looking and not any(row.size and not row.problem for row in self.source.rows or ())

    @property
    def row(self) -> ModelRow | None:
        """The line that is lit, None in an empty list."""
        rows = self.rows
        if self._chosen and rows and not self.query:
            at = next((number for number, row in enumerate(rows) if row.name == self._chosen), 0)
            self.lit, self._chosen = at, ""
        return rows[min(self.lit, len(rows) - 1)] if rows else None

    def type(self, query: str) -> None:
        """Search."""
        self.query, self.lit, self._chosen = query, 0, ""

    def step(self, by: int) -> None:
        """Light another line, without going around the end."""
        self.lit = min(max(self.lit + by, 0), max(0, len(self.rows) - 1))


def row_of(model: LibraryModel, free: int, n_ctx: int = 0) -> ModelRow:
    """Return the line of a model of the library; `free` memory in bytes, `n_ctx` as in the settings."""
    facts = model.facts
    if facts is None or model.problem:
        return ModelRow(
            model.file, model.path.stem, size=model.size, folder=str(model.path.parent), problem=model.problem
        )  # fmt: skip
    needs = model.size + kv_bytes(facts, n_ctx)
    return ModelRow(
        name_of(model), model.path.stem, size=model.size, quantisation=facts.quantisation, parameters=facts.parameters,
        context=facts.context_length, folder=str(model.path.parent), fits=verdict([Pool(HOST, needs, free)]),
        needs=needs, about=facts.name if facts.name != model.path.stem else "",
    )  # fmt: skip


def name_of(model: LibraryModel) -> str:
    """Return what a graph calls a model of the library."""
    return model.file


def kv_bytes(facts: ModelFacts, n_ctx: int = 0) -> int:
    """Return about how much the cache of a context takes, in bytes: keys and values of every layer, 16 bits each."""
    tokens = n_ctx or min(facts.context_length or _USUAL_CONTEXT, _USUAL_CONTEXT)
    head = facts.embedding_length / facts.heads if facts.heads else facts.embedding_length
    return round(2 * _BYTES_OF_KV * tokens * facts.layers * (facts.heads_kv or facts.heads or 1) * head)


def fitting(rows: Iterable[ModelRow], query: str) -> tuple[ModelRow, ...]:
    """Return the lines in which every word of a search is."""
    words = query.casefold().split()

    def text(row: ModelRow) -> str:
        return f"{row.name} {row.title} {row.means} {row.quantisation} {row.about} {Path(row.folder).name}".casefold()

    return tuple(row for row in rows if all(word in text(row) for word in words))


def size_text(size: int) -> str:
    """Return a size for people, in powers of ten as disks are sold: `98 MB`, `4.7 GB`."""
    for unit, length in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= length:
            return f"{size / length:.1f} {unit}" if unit == "GB" else f"{size / length:.0f} {unit}"
    return f"{size} B"


def count_text(number: int) -> str:
    """Return a number of parameters or tokens for people: `135M`, `7.2B`, `8k`."""
    if number >= 1e9:
        return f"{number / 1e9:.1f}B"
    if number >= 1e6:
        return f"{number / 1e6:.0f}M"
    return f"{number / 1024:.0f}k" if number >= 1024 else str(number)
