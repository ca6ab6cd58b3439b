"""Graphs to chat with, and the chats that the command kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli.command import Command

from graphide.store.chats import Chats
from graphide.store.database import Database


def chat_graph(graphide_: Command, name: str, type: str = "slow", **settings: Any) -> Path:
    """Write a graph in which one node answers the message."""
    nodes = {
        "message": {"type": "variable", "kind": "longtext", "value": ""},
        "answer": {"type": type, **settings},
        "reply": {"type": "output", "name": "reply"},
    }
    return graphide_.graph(name, nodes, ["message.value -> answer.text", "answer.text -> reply.value"], title="Slow")


@contextmanager
def the_chats(graphide_: Command) -> Iterator[Chats]:
    """Give the chats of the command's user."""
    chats = Chats(Database(Path(graphide_.env["GRAPHIDE_HOME"]) / "data" / "chats.db"))
    try:
        yield chats
    finally:
        chats.database.close()


def kept(graphide_: Command) -> list[list[str]]:
    """Return what was said in each chat, on its chosen way, the newest chat first."""
    with the_chats(graphide_) as chats:
        return [[turn.text for turn in chats.turns(head.id).path] for head in chats.listed()]
