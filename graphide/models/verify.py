"""Whether the bytes of a model are still those that they should be: hashed anew, and compared with what is known.

What is known is the hash that the hub promised, or that a file is called after, else the one that was computed here
earlier. Reading a hash that is remembered would prove nothing, so the remembered one is only compared with.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from graphide.models.filecache import FileCache
from graphide.models.identity import NO_CACHE, file_key, hash_steps, known_sha256
from graphide.models.ollama import sha256_in_name
from graphide.models.origins import origins_of

Verdict = Literal["same", "differs", "first"]
"""`first`: nothing was known to compare with; the hash is remembered from now on."""


class Verified(NamedTuple):
    """The hash of one or more files, the one it should be ("" where none is known), and where that one comes from."""

    path: Path
    sha256: str
    expected: str
    source: str
    verdict: Verdict


class _Unit(NamedTuple):
    """Files that are hashed as one: each file of a model alone where the hub named a hash for each, else all of them."""

    paths: Sequence[Path]
    expected: str
    source: str


def verify_steps(
    parts: Sequence[Path], cache: FileCache, wanted: str = ""
) -> Generator[int, None, tuple[Verified, ...]]:
    """Yield the number of bytes read so far, and return what was found.

    `wanted` is the hash that the user expects of all parts together. Close the generator to cancel. Raises GraphideError
    where a file cannot be read.
    """
    found, done = [], 0
    for unit in _units(parts, cache, wanted):
        steps, read = hash_steps(unit.paths, NO_CACHE), 0
        while True:
            try:
                read = next(steps)
                yield done + read
            except StopIteration as end:
                sha256 = str(end.value)
                break
        done += read
        verdict: Verdict = "same" if sha256 == unit.expected else "differs" if unit.expected else "first"
        if verdict != "differs" and len(unit.paths) == len(parts):
            # Not where it differs: the remembered hash is what shows that the file is damaged.
            cache.remember_sha256(file_key(parts), sha256)
        found.append(Verified(unit.paths[0], sha256, unit.expected, unit.source, verdict))
    return tuple(found)


def _units(parts: Sequence[Path], cache: FileCache, wanted: str) -> Iterator[_Unit]:
    origins = origins_of(parts)
    if wanted:
        yield _Unit(parts, wanted, "the one given")
    elif all(origin is not None and origin.sha256 for origin in origins):
        for path, origin in zip(parts, origins, strict=True):
            assert origin is not None
            yield _Unit([path], origin.sha256, str(origin))
    elif len(parts) == 1 and (named := sha256_in_name(parts[0])):
        yield _Unit(parts, named, "the name of its file")
    else:
        known = known_sha256(parts, cache)
        yield _Unit(parts, known or "", "an earlier reading" if known else "")
