"""A model on a line: its size, quantisation, context, and whether it fits. What the lines are of is `model_here`.

A line says whether a model fits from its header and the free memory alone, so it is an estimate; `graphide models fit`
measures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from graphide.models.facts import ModelFacts
from graphide.models.fit import HOST, Pool, Verdict, verdict
from graphide.models.library import LibraryModel
from graphide.models.wording import short_size

size_text = short_size
"""Sizes as the window writes them."""

_USUAL_CONTEXT = 4096  # what a load takes at most where the settings say nothing
_BYTES_OF_KV = 2  # a number in an f16 cache


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One line: `name` is what a model field gets, `means` the file behind a name that stands for another.

    `key` is the path of a file, "" for a name; `names` are those that stand for it.
    """

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
    key: str = ""
    names: tuple[str, ...] = ()


def row_of(model: LibraryModel, free: int, n_ctx: int = 0) -> ModelRow:
    """Return the line of a model of the library; `free` memory in bytes, `n_ctx` as in the settings."""
    facts = model.facts
    if facts is None or model.problem:
        return ModelRow(
            model.file, model.path.stem, size=model.size, folder=str(model.path.parent), problem=model.problem,
            key=str(model.path),
        )  # fmt: skip
    needs = model.size + kv_bytes(facts, n_ctx)
    return ModelRow(
        name_of(model), model.path.stem, size=model.size, quantisation=facts.quantisation, parameters=facts.parameters,
        context=facts.context_length, folder=str(model.path.parent), fits=verdict([Pool(HOST, needs, free)]),
        needs=needs, about=facts.name if facts.name != model.path.stem else "", key=str(model.path),
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
        return f"{row.name} {row.title} {row.means} {row.quantisation} {row.about} {Path(row.folder).name} {' '.join(row.names)}".casefold()

    return tuple(row for row in rows if all(word in text(row) for word in words))
