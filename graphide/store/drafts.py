"""What was written and not said yet: one text for each chat, or for whatever a new chat would be with."""

from __future__ import annotations

import sqlite3
from typing import Final

from graphide.store.database import Database

LONGEST: Final = 1_000_000
"""Characters of a draft that are kept."""


def draft(database: Database, key: str) -> str:
    """Return what was written under a key, "" for nothing; raises GraphideError."""
    rows = database.read("SELECT text FROM draft WHERE key = ?", (key,))
    return str(rows[0][0]) if rows else ""


def keep_draft(database: Database, key: str, text: str) -> None:
    """Keep what is written under a key, or nothing of it where it is blank; raises GraphideError."""

    def work(connection: sqlite3.Connection) -> None:
        if text.strip():
            connection.execute("INSERT OR REPLACE INTO draft (key, text) VALUES (?, ?)", (key, text[:LONGEST]))
        else:
            connection.execute("DELETE FROM draft WHERE key = ?", (key,))

    database.write(work)


def forget_drafts(database: Database) -> None:
    """Forget all drafts; raises GraphideError."""
    database.write(lambda connection: connection.execute("DELETE FROM draft"))
