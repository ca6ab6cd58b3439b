"""What the headers of model files say, read once and then remembered while the files stay the same.

Finding files is `scan`, what a header holds `gguf`, what of it is kept `facts`, where it is kept `filecache`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import orjson

from graphide.errors import GraphideError
from graphide.models.facts import ModelFacts, facts_of
from graphide.models.filecache import FileCache, FileKey
from graphide.models.gguf import read_header
from graphide.models.gguf_check import check, check_structure
from graphide.models.scan import FoundFile, is_later_part

_FORM = 4
"""Which facts there are, and what counts as a problem: raised when either changes, so that older ones are read anew."""

_TYPES = tuple(type(value) for value in ModelFacts())

Known = Mapping[str, tuple[int, int, str]]
"""Size in bytes, time of change and facts as text, by path."""


class Headers:
    """Reads headers, remembering in the cache what it read; `save` when done."""

    def __init__(self, cache: FileCache, known: Known) -> None:
        self._cache = cache
        self._known = known
        self._new: dict[str, tuple[FileKey, str]] = {}

    def of(self, file: FoundFile) -> tuple[ModelFacts | None, str]:
        """Return the facts of a model file, None where they cannot be read, and what is wrong with it ("": nothing)."""
        if len(file.parts) == 1:
            facts, problem = self._part(file.path, file.sizes[0], file.mtimes_ns[0])
            return facts, file.problem or problem
        read = [self._part(*part) for part in zip(file.parts, file.sizes, file.mtimes_ns, strict=True)]
        facts = read[0][0]
        if facts is not None:
            facts = facts._replace(parameters=sum(part.parameters for part, _ in read if part))
        return facts, file.problem or next((problem for _, problem in read if problem), "")

    def is_new(self, path: Path) -> bool:
        """Return whether the header of a file was read just now, because nothing was known of it."""
        return str(path) in self._new

    def save(self) -> None:
        """Keep what was read."""
        self._cache.remember_facts(self._new.values())

    def _part(self, path: Path, size: int, mtime_ns: int) -> tuple[ModelFacts | None, str]:
        place = str(path)
        known = self._known.get(place)
        if known is not None and known[0] == size and known[1] == mtime_ns:
            decoded = _decode(known[2])
            if decoded is not None:
                return decoded
        facts, problem = _read(path, size)
        if facts is not None or size:
            text = orjson.dumps([_FORM, list(facts) if facts else None, problem]).decode()
            self._new[place] = (FileKey(place, size, mtime_ns), text)
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
        form, facts, problem = orjson.loads(text)
        if form != _FORM or (facts is not None and tuple(map(type, facts)) != _TYPES):
            return None
        return ModelFacts(*facts) if facts else None, str(problem)
    except (TypeError, ValueError):
        return None
