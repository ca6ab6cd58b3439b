"""Graph files: bytes to a Graph and back, strictly read and written whole or not at all.

Opening a file executes nothing and asks the network nothing. Which document is a graph is in `shape`, how one is
written in `canonical`; a picture that carries one is opened like a file, by `picture`.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from graphide.disk import write_atomically
from graphide.errors import GraphFileError
from graphide.graph.canonical import DEPTH, canonical
from graphide.graph.model import Graph
from graphide.graph.picture import graph_in, is_picture
from graphide.graph.shape import graph_of, shown
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.spec.nodespec import NodeSpec

LARGEST = 32 * 1024 * 1024
"""The largest graph file, in bytes."""

_REASONS: Mapping[int, tuple[str, str]] = {
    errno.ENOENT: ("there is no such file", ""),
    errno.ENOTDIR: ("there is no such folder", ""),
    errno.EACCES: ("may not be opened", "Check the permissions of the file and its folder"),
    errno.EPERM: ("may not be opened", "Check the permissions of the file and its folder"),
    errno.EROFS: ("is on a disk that cannot be written", "Save it somewhere else"),
    errno.EISDIR: ("is a folder or a device, not a file", ""),
    errno.ENOSPC: ("cannot be saved, the disk is full", "Make room; the file is as it was before"),
    errno.EDQUOT: ("cannot be saved, the disk quota is used up", "Make room; the file is as it was before"),
    errno.EFBIG: ("cannot be saved, it would be too large for the disk", "The file is as it was before"),
}  # fmt: skip


def loads(data: bytes | str, *, name: str = "") -> Graph:
    """Return the graph in the bytes or text of a graph file; `name` begins the place in errors.

    Raises GraphFileError for anything but one strict JSON document of a graph: at most LARGEST bytes, UTF-8, no
    duplicate keys, no NaN, at most DEPTH levels. The bytes may be those of a picture that has a graph in it.
    """
    if isinstance(data, bytes) and is_picture(data) and len(data) <= LARGEST:
        data = graph_in(data, LARGEST, name=name)
    return graph_of(parse(data, name=name), name=name)


def dumps(graph: Graph, registry: Mapping[str, NodeSpec] | None = None) -> bytes:
    """Return the canonical bytes of a graph; with a registry, settings equal to their default are left out.

    Raises GraphFileError for a graph that could not be read back: values that are not JSON, names that are none.
    """
    try:
        return canonical(graph, registry).encode()
    except UnicodeEncodeError as error:
        piece = error.object[max(0, error.start - 20) : error.start]
        message = f"cannot be saved: there is half a character after {shown(piece)}"
        raise GraphFileError(message, hint="Remove the character that cannot be shown") from error


def load(path: str | os.PathLike[str]) -> Graph:
    """Return the graph of a file; raises GraphFileError when it cannot be read or is not a graph."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise _refused(error, path) from error
    return loads(data, name=os.fspath(path))


def save(graph: Graph, path: str | os.PathLike[str], registry: Mapping[str, NodeSpec] | None = None) -> None:
    """Write a graph file, whole or not at all: after a crash or a full disk the old file is still there.

    A symbolic link stays one, the permissions of an existing file stay. Raises GraphFileError.
    """
    if os.fspath(path).lower().endswith(".png"):  # what shows a picture must not become text
        hint = "Save it as .json; a picture is made by: graphide share"
        raise GraphFileError("is the name of a picture", where=os.fspath(path), hint=hint)
    try:
        write_atomically(path, dumps(graph, registry))
    except (OSError, ValueError) as error:
        raise _refused(error, path) from error
    except GraphFileError as error:
        error.where = ", ".join(part for part in (os.fspath(path), error.where) if part)
        raise


def parse(data: bytes | str, *, name: str = "") -> Json:
    """Return the JSON document in `data`, read as strictly as graph files are; see `loads` for limits and errors."""
    if len(data) > LARGEST:
        raise GraphFileError(f"is larger than {LARGEST // 1024**2} MiB, the most that a graph may have", where=name)
    text = data if isinstance(data, str) else _decoded(data, name)
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise GraphFileError("is empty", where=name, hint="A new graph is made with: graphide new")
    try:
        # Twice: orjson is strict where json is not (NaN, half characters, depth), json keeps long numbers exact and
        # shows duplicate keys.
        _shallow(orjson.loads(text), name)
        return json.loads(text, object_pairs_hook=lambda pairs: _unique(pairs, name))
    except json.JSONDecodeError as error:
        where = ", ".join(part for part in (name, f"line {error.lineno}, column {error.colno}") if part)
        raise GraphFileError(f"is not JSON: {error.msg}", where=where) from error
    except ValueError as error:
        raise GraphFileError(f"is not JSON: {error}", where=name) from error


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        where = ", ".join(part for part in (name, f"line {line}") if part)
        message = f"is not UTF-8 text: byte {error.start} is 0x{data[error.start]:02x}"
        raise GraphFileError(message, where=where, hint="Save it as UTF-8, or choose a graph file") from error


def _shallow(document: Json, name: str) -> None:
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(DEPTH):
        inner = (outer.values() if isinstance(outer, dict) else outer for outer in level)
        level = [item for items in inner for item in items if isinstance(item, dict | list)]
        if not level:
            return
    if level:
        raise GraphFileError(f"is nested more than {DEPTH} levels deep", where=name)


def _unique(pairs: list[tuple[str, Any]], name: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        hint = "Keep the one that is meant and remove the other"
        raise GraphFileError(f"has the key {shown(twice)} twice in one object", where=name, hint=hint)
    return found


def _refused(error: OSError | ValueError, path: str | os.PathLike[str]) -> GraphFileError:
    where = os.fspath(path)
    if not isinstance(error, OSError):
        return GraphFileError(f"is not a file name: {error}", where=where)
    message, hint = _REASONS.get(error.errno or 0, (error.strerror or str(error), ""))
    return GraphFileError(message, where=where, hint=hint)
