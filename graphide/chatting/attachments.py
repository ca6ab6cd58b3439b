"""Text files that go along with a message: read within limits, and put into it as blocks that carry their names.

Pictures, sound and programs are refused with a sentence that says why; a model would get nothing it can read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from graphide.errors import GraphideError, UsageError

LARGEST: Final = 1 << 20
"""The largest file that can be attached, in bytes; few models have room for a tenth of it."""
_FENCES: Final = re.compile(r"^[ \t]*(`{3,})", re.MULTILINE)
_HEAD: Final = re.compile(r"([^\n]+):\n(`{3,})\n")
_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Attachment(NamedTuple):
    """A file by its name, without its folder, and its text."""

    name: str
    text: str


def attachment(path: Path) -> Attachment:
    """Return a file to be attached; raises GraphideError that says why it cannot be."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise GraphideError(f"cannot be attached: {error.strerror}", where=str(path)) from error
    return attached_bytes(path.name, data)


def attached_bytes(name: str, data: bytes) -> Attachment:
    """Return what a file of that name holds; raises UsageError for one that is too large or no text."""
    if len(data) > LARGEST:
        raise UsageError(
            f"is larger than {LARGEST >> 20} MiB", where=name, hint="Attach the part of it that the question is about"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if _CONTROLS.search(text):
        raise UsageError("is no text in UTF-8", where=name, hint="Only text files can be attached")
    return Attachment(" ".join(name.split()), text.replace("\r\n", "\n"))


def with_attachments(message: str, files: Sequence[Attachment]) -> str:
    """Return a message with files before it, each as a fenced block under its name."""
    return "\n\n".join([*map(_block, files), message] if message.strip() else map(_block, files))


def split_attachments(text: str) -> tuple[str, tuple[Attachment, ...]]:
    """Return what a message says, and the files before it: what `with_attachments` put together."""
    files: list[Attachment] = []
    at = 0
    while head := _HEAD.match(text, at):
        closing = f"\n{head[2]}"
        end = text.find(closing, head.end() - 1)
        after = end + len(closing)
        if end < 0 or text[after : after + 2] not in ("", "\n\n"):
            break
        files.append(Attachment(head[1], text[head.end() : end]))
        at = min(after + 2, len(text))
    return text[at:], tuple(files)


def _block(file: Attachment) -> str:
    longest = max((len(found) for found in _FENCES.findall(file.text)), default=2)
    fence = "`" * (longest + 1)  # so that no line of the file ends the block
    return f"{file.name}:\n{fence}\n{file.text.rstrip()}\n{fence}"
