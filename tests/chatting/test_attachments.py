"""Text files in messages: what is taken, what is refused and why, and that nothing in a file ends its block."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphide.chatting.attachments import LARGEST, Attachment, attached_bytes, attachment, with_attachments
from graphide.errors import GraphideError, UsageError


def test_a_file_goes_before_the_message_under_its_name(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes("\ufeffone\r\ntwo\r\n".encode())
    text = with_attachments("Sum it up", [attachment(path)])
    assert text == "notes.txt:\n```\none\ntwo\n```\n\nSum it up"
    assert with_attachments(" ", [attachment(path)]) == "notes.txt:\n```\none\ntwo\n```"
    assert with_attachments("Hi", []) == "Hi"


def test_a_fence_in_a_file_does_not_end_its_block() -> None:
    text = with_attachments("", [Attachment("a.md", "```py\n1\n```\n  ````\nx\n````")])
    assert text.startswith("a.md:\n`````\n```py") and text.endswith("\n````\n`````")


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"\x89PNG\r\n\x1a\n\0", "no text"), (b"a\0b", "no text"), ("ü".encode("latin-1"), "no text"),
     (b"x" * (LARGEST + 1), "larger than 1 MiB")],
)  # fmt: skip
def test_what_is_no_text_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        attached_bytes("file.bin", data)
    assert attached_bytes("full.txt", b"x" * LARGEST).text[-1] == "x"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(GraphideError, match="No such file"):
        attachment(tmp_path / "gone.txt")
    with pytest.raises(GraphideError, match="directory"):
        attachment(tmp_path)
