"""A store in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.store.chats import Chats
from graphide.store.database import Database


@pytest.fixture
def chats(tmp_path: Path) -> Iterator[Chats]:
    database = Database(tmp_path / "chats.db")
    yield Chats(database)
    database.close()
