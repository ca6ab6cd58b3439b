"""The models of this machine as the browser shows them: lines with details, what is in memory, and what deleting one means.

Looking is for a thread; the rest is pure. Choosing among them for a field is `model_list`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from graphide.backends.memory import LoadedModel
from graphide.editor.model_list import ModelRow, row_of, size_text
from graphide.errors import GraphideError
from graphide.models.identity import known_sha256
from graphide.models.library import DEFAULT, Library, LibraryModel, Scan
from graphide.models.memory import host_memory
from graphide.models.origins import Origin, origins_of
from graphide.models.removal import is_own
from graphide.models.verify import Verified
from graphide.models.wording import quantity
from graphide.workspace import Workspace

_MOST_USES = 4

Owner = Literal["own", "elsewhere", "package"]
"""Whose file it is: `own` lies in graphide's folder, `elsewhere` in one that another program may use too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnModel:
    """A model file: what it says of itself, where it came from, and the memory that it holds (None: not loaded).

    `row.names` are the names that lead to it; `sha256` is "" where nobody has computed it yet.
    """

    model: LibraryModel
    row: ModelRow
    owner: Owner
    origin: Origin | None = None
    is_default: bool = False
    sha256: str = ""
    loaded: LoadedModel | None = None

    @property
    def key(self) -> str:
        """What names it among all: its path."""
        return str(self.model.path)

    @property
    def can_load(self) -> bool:
        """Whether it can be loaded by itself, and is not yet."""
        return self.model.runs and self.loaded is None

    @property
    def details(self) -> tuple[tuple[str, str], ...]:
        """What there is to know about it, as labels and values; what is not known is left out."""
        return tuple((label, value) for label, value in _details(self) if value)

    def before_deleting(self, uses: tuple[str, ...] = ()) -> str:
        """Return what to say before it is deleted; `uses` are the nodes of open graphs that name it."""
        count = len(self.model.parts)
        what = self.key if count == 1 else f"{self.key} and {count - 1} more file{'s' if count > 2 else ''}"
        said = [f"{what} ({size_text(self.model.size)}, {self.model.size:,} bytes) will be deleted from the disk."]
        if self.model.path.is_symlink():
            said.append("It is a link: the file that it leads to stays.")
        elif self.owner == "elsewhere":
            said.append("It is not in graphide's own folder: other programs may use it, too.")
        if self.origin is not None:
            said.append(f"It can be downloaded again from {self.origin.repo}.")
        if self.is_default:
            said.append("Graphs that ask for “default” will get another model.")
        names = [name for name in self.row.names if name != DEFAULT]
        if names:
            said.append(f"{'Your name' if len(names) == 1 else 'Your names'} {', '.join(names)} will lead nowhere.")
        if uses:
            more = f" and {len(uses) - _MOST_USES} more" if len(uses) > _MOST_USES else ""
            said.append(f"It is used by {', '.join(uses[:_MOST_USES])}{more}.")
        return " ".join(said)


@dataclass(frozen=True, slots=True)
class Machine:
    """What a look gave: models, folders that could not be looked at, and the memory that is free, in bytes."""

    models: tuple[OwnModel, ...]
    problems: tuple[str, ...]
    free: int
    total: int

    @property
    def loaded(self) -> tuple[OwnModel, ...]:
        """The models that are in memory."""
        return tuple(model for model in self.models if model.loaded is not None)

    @property
    def held(self) -> int:
        """The bytes of memory that all models hold."""
        return sum(model.loaded.bytes for model in self.models if model.loaded is not None)

    def at(self, key: str) -> OwnModel | None:
        """Return the model of a key, None where it is gone."""
        return next((model for model in self.models if model.key == key), None)


def look(workspace: Workspace) -> Machine:
    """Look through the folders and at what is loaded; for a thread, because folders may be slow."""
    library, memory = workspace.library, host_memory()
    scan = library.scan()
    try:
        default = library.find(DEFAULT, scan).path
    except GraphideError:
        default = None
    origins = origins_of([model.path for model in scan.models])
    names = _names(library, scan)
    owners: dict[Path, Owner] = {
        model.path: "package" if model.path == library.bundled else "own" if is_own(library, model) else "elsewhere"
        for model in scan.models
    }
    models = tuple(
        OwnModel(
            model=model, owner=owners[model.path], origin=origin, is_default=model.path == default,
            row=replace(row_of(model, memory.free, workspace.settings.n_ctx), names=names.get(model.path, ())),
            sha256=_sha256(library, model, origin),
        )
        for model, origin in zip(scan.models, origins, strict=True)
    )  # fmt: skip
    problems = tuple(f"{skipped.path}: {skipped.reason}" for skipped in scan.skipped)
    return with_loaded(Machine(models, problems, memory.free, memory.total), workspace)


def _names(library: Library, scan: Scan) -> Mapping[Path, tuple[str, ...]]:
    """Return the user's own names of each file."""
    found: dict[Path, tuple[str, ...]] = {}
    for name in sorted(library.aliases):
        with suppress(GraphideError):
            path = library.find(name, scan).path
            found[path] = (*found.get(path, ()), name)
    return found


def _sha256(library: Library, model: LibraryModel, origin: Origin | None) -> str:
    with suppress(GraphideError):
        return known_sha256(model.parts, library.cache) or (origin.sha256 if origin and len(model.parts) == 1 else "")
    return ""


def with_loaded(machine: Machine, workspace: Workspace) -> Machine:
    """Return the same with what is in memory now; costs no look through folders."""
    found: Mapping[Path, LoadedModel] = {each.path: each for each in workspace.loaded() if not each.counting}
    memory = host_memory()
    models = tuple(replace(each, loaded=found.get(each.model.path)) for each in machine.models)
    return replace(machine, models=models, free=memory.free)


def memory_text(loaded: LoadedModel) -> str:
    """Return what a loaded model holds and how long it will: `312 MB · context 4,096 · closes in 4 min`."""
    parts = [size_text(loaded.bytes), f"context {loaded.n_ctx:,}"]
    if loaded.busy:
        parts.append("answering")
    elif loaded.unload_in is not None:
        left = loaded.unload_in
        parts.append(f"closes in {left:.0f} s" if left < 99.5 else f"closes in {left / 60:.0f} min")
    return " · ".join(parts)


def verified_text(found: tuple[Verified, ...]) -> str:
    """Return what reading all bytes of a model gave, and what to do where they are not what they should be."""
    bad = [each for each in found if each.verdict == "differs"]
    if bad:
        names = ", ".join(each.path.name for each in bad)
        return f"{names} is damaged: its bytes are not those of {bad[0].source}. Delete it and download it again"
    if any(each.verdict == "first" for each in found):
        return "Nothing was known to compare it with; its hash is remembered from now on"
    return f"Every byte is what it should be, by {found[0].source}" if found else "There is nothing to read"


def _details(own: OwnModel) -> Iterator[tuple[str, str]]:
    model, facts = own.model, own.model.facts
    yield "Problem", model.problem
    yield "File", own.key
    if len(model.parts) > 1:
        yield "Parts", ", ".join(part.name for part in model.parts[:8]) + (" …" if len(model.parts) > 8 else "")
    yield "Called", ", ".join(own.row.names)
    yield "Size", size_text(model.size) + (f" in {len(model.parts)} files" if len(model.parts) > 1 else "")
    if facts is not None:
        yield "Name", facts.name
        yield "Kind", facts.kind if facts.kind != "model" else ""
        yield "Architecture", facts.architecture
        yield "Parameters", quantity(facts.parameters) if facts.parameters and facts.split_count == 1 else ""
        yield "Quantisation", facts.quantisation
        yield "Trained context", f"{facts.context_length:,} tokens" if facts.context_length else ""
        yield "Chat template", "yes" if facts.has_chat_template else "none: it completes texts"
        yield "Licence", facts.licence
    yield "Projector", model.projector.name if model.projector else ""
    yield "From", str(own.origin) if own.origin else ""
    yield "Memory", f"about {size_text(own.row.needs)}: {own.row.fits} now" if own.row.needs else ""
    yield "Loaded", memory_text(own.loaded) if own.loaded else ""
    yield "SHA-256", own.sha256
