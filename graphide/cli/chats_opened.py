"""The store of chats as commands open it, and the option that they share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from graphide import settings as settings_file
from graphide.cli import streams
from graphide.graph.quoting import printable

if TYPE_CHECKING:
    from graphide.store.chats import ChatHead, Chats

json_option = click.option("--json", is_flag=True, help="Print JSON.")
_PAGE = 500


@contextmanager
def the_store() -> Iterator[Chats]:
    """Give the user's chats within the block; raises GraphideError where they cannot be opened."""
    from graphide.chatting.keeping import open_chats

    settings = settings_file.load()
    if settings.problem:
        streams.err(f"warning: {printable(settings.problem)}\n")
    chats = open_chats(settings)
    try:
        if chats.database.set_aside is not None:
            streams.err(f"warning: the store of chats was damaged; it is now {chats.database.set_aside}\n")
        yield chats
    finally:
        chats.database.close()


def all_heads(chats: Chats) -> Iterator[ChatHead]:
    """Yield the heads of all chats, as a list has them."""
    start = 0
    while heads := chats.listed(_PAGE, start):
        yield from heads
        start += len(heads)


def counted(count: int) -> str:
    """Return `1 chat`, `2 chats`."""
    return f"{count:,} chat{'' if count == 1 else 's'}"


def confirmed(question: str, *, yes: bool) -> None:
    """Ask on a terminal; elsewhere `--yes` has to be given. Raises click.Abort, and UsageError."""
    import sys

    from graphide.errors import UsageError

    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked", hint="Say --yes")
    click.confirm(question, abort=True, err=True)
