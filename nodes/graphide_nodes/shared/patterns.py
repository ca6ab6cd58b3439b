"""Regular expressions from graphs: the `regex` library, with a time limit against patterns that backtrack for ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from graphide.api import GraphideError

SECONDS = 2.0


def compiled(pattern: str, *, ignore_case: bool = False, multiline: bool = False, dot_all: bool = False) -> Any:
    """Return the compiled pattern; raises GraphideError with the place when it is not a valid one."""
    import regex

    flags = (regex.IGNORECASE * ignore_case) | (regex.MULTILINE * multiline) | (regex.DOTALL * dot_all)
    try:
        return regex.compile(pattern, flags)
    except regex.error as error:
        reason = str(error).replace("at position", "at character")
        raise GraphideError(
            f'the pattern "{pattern}" is not a regular expression: {reason}',
            hint="Write a backslash before a character that is meant literally, such as \\( or \\[",
        ) from error


def pattern_problem(pattern: str) -> str | None:
    """Say what is wrong with a pattern, or None."""
    try:
        compiled(pattern)
    except GraphideError as error:
        return str(error)
    return None


def found(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Return whether the pattern matches somewhere in the text."""
    with in_time(pattern):
        return compiled(pattern, ignore_case=ignore_case).search(text, timeout=SECONDS) is not None


@contextmanager
def in_time(pattern: str) -> Iterator[None]:
    """Turn the time limit of a match into an error that says what to do."""
    try:
        yield
    except TimeoutError as error:
        raise GraphideError(
            f'the pattern "{pattern}" took longer than {SECONDS:g} seconds on this text',
            hint="It tries too many ways to match; avoid repeats inside repeats, such as (a+)+",
        ) from error
