"""The node type `redact`."""

import re
from typing import Annotated, Any, NamedTuple

from graphide.api import Help, Line, Text, node

_EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_NUMBER = r"\+?\d[\d ()/-]{5,}\d"


class Redacted(NamedTuple):
    """The text without private data, and what was taken out, by the mark that stands for it."""

    text: Text
    secrets: dict[str, Any]


@node("redact", category="privacy")
def redact(
    text: Annotated[Text, Help("What is going to be sent to a model")],
    *,
    emails: bool = True,
    numbers: bool = True,
    mark: Annotated[str, Line("Word in the marks: [private 1], [private 2]")] = "private",
) -> Redacted:
    """Replace e-mail addresses and long numbers by marks.

    The same address gets the same mark everywhere. Give `secrets` to a `restore` node to put them back.
    """
    patterns = [pattern for pattern, wanted in ((_EMAIL, emails), (_NUMBER, numbers)) if wanted]
    if not patterns:
        return Redacted(text, {})
    marks: dict[str, str] = {}

    def replaced(match: re.Match[str]) -> str:
        return marks.setdefault(match[0], f"[{mark} {len(marks) + 1}]")

    clean = re.sub("|".join(patterns), replaced, text)
    return Redacted(clean, {mark: secret for secret, mark in marks.items()})
