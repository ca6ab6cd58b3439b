"""Which model file a graph means: its `models` entry (file, size, sha256, hub) looked up on this machine.

The entry comes from a file that a stranger may have written: it can name files in the library, never a path.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import replace

from graphide import paths
from graphide.errors import GraphideError, ModelMismatch, ModelMissing, UsageError
from graphide.graph.model import ModelRef
from graphide.models.identity import hash_steps
from graphide.models.library import Library, LibraryModel

_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLAIN = re.compile(r"[A-Za-z0-9_][\w.+-]*\.gguf", re.ASCII | re.IGNORECASE)
_SHOWN = 12  # digits of a hash that tell files apart


def checked(ref: ModelRef) -> ModelRef:
    """Return a reference that can be looked up, its hash in small letters; raises UsageError where it cannot."""
    file = ref.file
    if not file.strip() or len(file) > 255 or not file.isprintable():
        raise UsageError("a model entry needs the name of a file", hint='Write "file": "name.gguf"')
    if "/" in file or "\\" in file or file in (".", ".."):
        raise UsageError(f'a model entry names a file, not the path "{file}"', hint="Write the file name only")
    if ref.sha256 and not _SHA256.fullmatch(ref.sha256.lower()):
        raise UsageError(f'the sha256 of the model file "{file}" is not one', hint="It has 64 hexadecimal digits")
    if ref.size < 0:
        raise UsageError(f'the size of the model file "{file}" is below 0', hint="Write it in bytes")
    return replace(ref, sha256=ref.sha256.lower())


def resolve_steps(
    library: Library, ref: ModelRef, *, allow_mismatch: bool = False
) -> Generator[int, None, LibraryModel]:
    """Yield bytes hashed so far, and return the model file that a graph means.

    A file of that name with the right hash comes first, then any file with the right hash; files of another size are
    not hashed. Raises ModelMissing, or ModelMismatch when only a file with another hash or size has the name;
    `allow_mismatch` takes that file. Close the generator to cancel.
    """
    ref = checked(ref)
    models = library.list()
    named = [model for model in models if model.file.casefold() == ref.file.casefold()]
    right_size = [model for model in (*named, *models) if not ref.size or model.size == ref.size]
    if ref.sha256:
        found = yield from _by_hash(library, ref, right_size if ref.size else named)
    else:
        found = next((model for model in right_size if model in named), None)
    if found is None and named and allow_mismatch:
        found = named[0]
    if found is not None:
        return found
    if named:
        raise (yield from _mismatch(library, ref, named[0]))
    raise ModelMissing(f'model file "{ref.file}" is not on this machine', hint=_how_to_get(ref))


def resolve(library: Library, ref: ModelRef, *, allow_mismatch: bool = False) -> LibraryModel:
    """Return the model file that a graph means; `resolve_steps` without the steps."""
    steps = resolve_steps(library, ref, allow_mismatch=allow_mismatch)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: LibraryModel = end.value
            return found


def _by_hash(
    library: Library, ref: ModelRef, models: Sequence[LibraryModel]
) -> Generator[int, None, LibraryModel | None]:
    done = set()
    for model in models:
        if model.path in done:
            continue
        done.add(model.path)
        try:
            found = yield from hash_steps(model.parts, library.cache)
        except GraphideError:
            continue  # an unreadable file is not the one
        if found == ref.sha256:
            return model
    return None


def _mismatch(library: Library, ref: ModelRef, model: LibraryModel) -> Generator[int, None, ModelMismatch]:
    if ref.sha256:
        found = yield from hash_steps(model.parts, library.cache)
        shown = _SHOWN if found[:_SHOWN] != ref.sha256[:_SHOWN] else 64
        what = f"has the hash {found[:shown]}, the graph asks for {ref.sha256[:shown]}"
    else:
        what = f"has {model.size:,} bytes, the graph asks for {ref.size:,}"
    return ModelMismatch(
        f'the model file "{ref.file}" on this machine {what}',
        hint=f"{_how_to_get(ref)}. Or use the file that is here with --allow-model-mismatch",
    )


def _how_to_get(ref: ModelRef) -> str:
    """Return what to do; a name that a shell would act on is not repeated, because people paste commands."""
    if not _HUB.fullmatch(ref.hub):
        return "Ask the author of the graph for the file, or choose another with --model NAME"
    file = f":{ref.file}" if _PLAIN.fullmatch(ref.file) else ""
    sha256 = f" --sha256 {ref.sha256[:_SHOWN]}" if ref.sha256 else ""
    if not file and not sha256:
        return f'Download "{ref.file}" from the Hugging Face repository {ref.hub} into {paths.models_folder()}'
    return f"Get it with: graphide models pull {ref.hub}{file}{sha256}, or let the run do so with --pull"
