"""Deleting the files of a model from the disk. Whether the user means it is asked elsewhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from graphide.errors import FileRefused, GraphideError
from graphide.models.download_job import delete_record, read_records, records_folder
from graphide.models.library import Library, LibraryModel
from graphide.models.ollama import sha256_in_name


def is_own(library: Library, model: LibraryModel) -> bool:
    """Return whether a model lies in graphide's own folder, not only below a link in it."""
    own = library.folders[0].resolve()
    return all(own in part.parent.resolve().parents or own == part.parent.resolve() for part in model.parts)


def remove(library: Library, model: LibraryModel, *, anywhere: bool = False) -> int:
    """Delete a model with all its parts, and return the bytes that this gave back; of a link, only the link goes.

    Folders that are empty afterwards go too, below our own. Raises FileRefused where it is outside our own folder and not
    `anywhere`, or in the store of Ollama, and GraphideError where a file cannot be deleted.
    """
    own = is_own(library, model)
    if sha256_in_name(model.path):  # other names and models may lead to the same bytes
        hint = f"Delete it with: ollama rm {model.names[0]}" if model.names else "Delete it with Ollama"
        raise FileRefused("is in the store of Ollama", where=f'model "{model.file}"', hint=hint)
    if not own and not anywhere:
        raise FileRefused(
            f"is not in graphide's own folder but in {model.path.parent}",
            where=f'model "{model.file}"',
            hint="Delete it in the program that it belongs to, or add --force",
        )
    freed = sum(_delete(part) for part in model.parts)
    library.cache.forget([*map(str, model.parts), str(model.path.resolve())])
    _forget_downloads(model.parts)
    if own:
        _prune(model.path.parent, library.folders[0])
    return freed


def _forget_downloads(parts: Sequence[Path]) -> None:
    """Drop the records of downloads of which nothing is left."""
    for job in read_records(records_folder()):
        targets = job.request.targets
        if job.state == "done" and not set(parts).isdisjoint(targets) and not any(map(os.path.lexists, targets)):
            delete_record(records_folder(), job.id)


def _delete(path: Path) -> int:
    size = 0
    with suppress(OSError):
        found = path.lstat()
        size = found.st_size if found.st_nlink == 1 and not path.is_symlink() else 0
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise GraphideError(f"cannot be deleted: {error.strerror}", where=f'model file "{path.name}"') from error
    return size


def _prune(folder: Path, top: Path) -> None:
    """Remove folders that are empty now, up to `top`, which stays."""
    with suppress(OSError):
        while folder != top and top in folder.parents:
            folder.rmdir()
            folder = folder.parent
