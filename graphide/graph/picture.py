"""Pictures that carry a graph: its canonical JSON in a compressed text chunk of a PNG (iTXt, keyword "graphide").

A picture may come from anybody, so nothing here decodes one: chunks are walked by their lengths, and the text is
inflated up to a limit. Chunks are those of the PNG specification, third edition, sections 5 and 11.3.3. Drawing is elsewhere.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from graphide.errors import GraphFileError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"graphide"
_MOST_CHUNKS = 100_000


def is_picture(data: bytes | str) -> bool:
    """Return whether a file begins as a PNG does."""
    return isinstance(data, bytes) and data.startswith(SIGNATURE)


def with_graph(png: bytes, graph: bytes) -> bytes:
    """Return a PNG with the bytes of a graph file in it, in the place of those it had."""
    body = KEYWORD + b"\0\x01\0\0\0" + zlib.compress(graph, 9)
    kept = [(kind, content) for kind, content in _chunks(png, "picture") if not _is_ours(kind, content)]
    kept.insert(1, (b"iTXt", body))  # behind the header: some programs drop what follows the pixels
    return SIGNATURE + b"".join(_chunk(kind, content) for kind, content in kept)


def graph_in(png: bytes, most: int, *, name: str = "") -> bytes:
    """Return the bytes of the graph file in a PNG, `most` at the most.

    Raises GraphFileError for a picture that is cut off or damaged, that has no graph in it, or several.
    """
    found = [content for kind, content in _chunks(png, name) if _is_ours(kind, content)]
    if not found:
        hint = "Pictures made by graphide share have one; a screenshot, and what some sites make of a picture, does not"
        raise GraphFileError("is a picture without a graph in it", where=name, hint=hint)
    if len(found) > 1:
        raise GraphFileError(f"is a picture with {len(found)} graphs in it, and one is expected", where=name)
    return _text(found[0], most, name)


def _is_ours(kind: bytes, content: bytes) -> bool:
    return kind == b"iTXt" and content.startswith(KEYWORD + b"\0")


def _text(content: bytes, most: int, name: str) -> bytes:
    """Return the text of an iTXt chunk: keyword, compressed or not, method, language, translated keyword, text."""
    rest = content[len(KEYWORD) + 1 :]
    flags, (_, ends, tail) = rest[:2], rest[2:].partition(b"\0")
    _, again, text = tail.partition(b"\0")
    if len(flags) < 2 or not (ends and again) or flags not in (b"\0\0", b"\x01\0"):
        raise _damaged("the text that holds the graph is not whole", name)
    if flags == b"\0\0":
        return text
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(text, most + 1)
    except zlib.error as error:
        raise _damaged(str(error), name) from error
    if len(inflated) > most:
        raise GraphFileError(f"has a graph of more than {most // 1024**2} MiB in it", where=name)
    if not inflater.eof:
        raise _damaged("the text that holds the graph is cut off", name)
    return inflated


def _chunks(png: bytes, name: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and content of each chunk up to the end of the picture."""
    at = len(SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(png):
            raise _damaged("it is cut off", name)
        length, kind = struct.unpack_from(">I4s", png, at)
        end = at + 12 + length
        if end > len(png):
            raise _damaged("it is cut off", name)
        content = png[at + 8 : end - 4]
        if zlib.crc32(kind + content) != int.from_bytes(png[end - 4 : end]):
            raise _damaged(f"the checksum at byte {at} is wrong", name)
        yield kind, content
        if kind == b"IEND":
            return
        at = end
    raise _damaged("it has too many parts", name)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _damaged(what: str, name: str) -> GraphFileError:
    return GraphFileError(f"is a damaged picture: {what}", where=name, hint="Ask for it again, or for the graph file")
