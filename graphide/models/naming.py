"""Which model a written name means: the rules, on models that were found already. Looking for them is `library`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graphide import paths
from graphide.errors import UsageError

if TYPE_CHECKING:
    from graphide.models.library import LibraryModel

_NAMES_SHOWN = 6


def by_name(name: str, models: Sequence[LibraryModel]) -> LibraryModel | None:
    """Return the model of a name: exact first, then without regard to case, then the only one that starts with it.

    Raises UsageError when several start with it.
    """
    stem = name.removesuffix(".gguf")
    folded = name.casefold().removesuffix(".gguf")
    for model in models:
        if model.file == name or model.path.stem == stem:
            return model
    for model in models:
        if model.path.stem.casefold() == folded:
            return model
    starting = {model.file: model for model in reversed(models) if model.file.casefold().startswith(name.casefold())}
    if len(starting) > 1:
        candidates = ", ".join(sorted(starting)[:_NAMES_SHOWN])
        raise UsageError(f'model "{name}" could be {candidates}', hint="Write more of the name")
    return next(iter(starting.values()), None)


def what_is_there(models: Sequence[LibraryModel]) -> str:
    """Return which models there are to choose from, as a hint."""
    names = [model.file for model in models if model.runs]
    if not names:
        return f"The library is empty: put a GGUF file into {paths.models_folder()}, or give the path of one"
    shown = ", ".join(names[:_NAMES_SHOWN]) + (" …" if len(names) > _NAMES_SHOWN else "")
    return f'There is {shown}. Run "graphide models list", or give the path of a GGUF file'
