"""Which model a written name means: the rules, on models that were found already. Looking for them is `library`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graphide import paths
from graphide.errors import UsageError
from graphide.models.ollama import LATEST

if TYPE_CHECKING:
    from graphide.models.library import LibraryModel

_NAMES_SHOWN = 6


def by_name(name: str, models: Sequence[LibraryModel]) -> LibraryModel | None:
    """Return the model of a name: exact first, then without regard to case, then the only one that starts with it.

    Raises UsageError when several start with it.
    """
    stem = name.removesuffix(".gguf")
    for model in models:
        if model.file == name or stem in _names(model):
            return model
    folded = stem.casefold()
    for model in models:
        if folded in map(str.casefold, _names(model)):
            return model
    starting = {model.file: model for model in reversed(models) if model.file.casefold().startswith(name.casefold())}
    if len(starting) > 1:
        candidates = ", ".join(sorted(starting)[:_NAMES_SHOWN])
        raise UsageError(f'model "{name}" could be {candidates}', hint="Write more of the name")
    return next(iter(starting.values()), None)


def by_full_name(name: str, models: Sequence[LibraryModel]) -> LibraryModel | None:
    """Return the model that another program calls so, with all that stands before a slash."""
    return next((model for model in models if name in model.names or f"{name}{LATEST}" in model.names), None)


def _names(model: LibraryModel) -> tuple[str, ...]:
    """Return the names of a model without the ending of a file; where a tag is the usual one, also without it."""
    others = (name.rpartition("/")[2] for name in model.names)
    return (model.title, *(form for name in others for form in (name, name.removesuffix(LATEST))))


def what_is_there(models: Sequence[LibraryModel]) -> str:
    """Return which models there are to choose from, as a hint."""
    names = [model.file for model in models if model.runs]
    if not names:
        return f"The library is empty: put a GGUF file into {paths.models_folder()}, or give the path of one"
    shown = ", ".join(names[:_NAMES_SHOWN]) + (" …" if len(names) > _NAMES_SHOWN else "")
    return f'There is {shown}. Run "graphide models list", or give the path of a GGUF file'
