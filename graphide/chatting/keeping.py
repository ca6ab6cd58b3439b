"""Chats that are kept: where the user's store is, and one chat written into it as it goes on.

The window, the command line and the server open the store here. Whom a chat is with is in `partners`, what is in the
store in `graphide.store`. Nothing is written where the user does not want chats kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from graphide import paths
from graphide.chatting.graphs import ChatForm
from graphide.errors import GraphideError
from graphide.graph import file as graph_file
from graphide.graph.outline import outline
from graphide.settings import Settings
from graphide.spec.nodespec import NodeSpec
from graphide.store.chats import ChatElsewhere, Chats, MadeBy
from graphide.store.database import Database
from graphide.store.turns import Turns
from graphide.values import Json, to_json
from graphide.workspace import Document

SAVE_EVERY: Final = 2.0
"""Seconds after which an answer that is being written is saved again: more than that of it is never lost."""


def chats_file() -> Path:
    """Return the place of the user's store."""
    return paths.data_folder() / "chats.db"


def typed_file() -> Path:
    """Return the place of what was typed at the prompt of a terminal, which goes when all chats are deleted."""
    return paths.data_folder() / "typed.jsonl"


def open_chats(settings: Settings, path: Path | None = None) -> Chats:
    """Open the user's chats (`chats.database.close()` at the end), without those that are older than `chat_days`.

    Also for a user who keeps none: those of before are still there. Raises GraphideError.
    """
    chats = Chats(Database(path or chats_file()))
    if settings.chat_days > 0:
        with suppress(GraphideError):  # another process is writing: they go the next time
            chats.purge(settings.chat_days)
    return chats


class ChatRecord:
    """One chat in the store, begun with the first thing that is said; without `chats` nothing is kept.

    For one thread at a time. `id` is "" while there is nothing of it in the store.
    """

    def __init__(self, chats: Chats | None, subject: Mapping[str, Json], *, id: str = "", turns: Turns | None = None):
        """Take a chat of the store by `id` with the `turns` that were read there, or a new one."""
        self.id = id
        self._chats = chats
        self._subject = dict(subject)
        self._known = turns or Turns()
        self._title = ""

    @property
    def keeps(self) -> bool:
        """Whether what is said is kept."""
        return self._chats is not None

    def save(self, turns: Turns, made_by: MadeBy | None = None) -> None:
        """Bring the store to what was said by now; new answers are noted as given by `made_by`.

        Where the chat went on in another process meanwhile, both are kept: this one becomes a chat of its own. Raises
        UsageError where it was deleted there, after which nothing more is kept, and GraphideError.
        """
        if self._chats is None or (not self.id and not turns.turns):
            return
        if not self.id:
            self.id = self._chats.begin(self._subject, title=self._title).id
            self._known = Turns()
        try:
            self._chats.save(self.id, turns, made_by, known=self._known)
        except ChatElsewhere:
            self.id = self._chats.begin(self._subject, title=self._title).id
            self._chats.save(self.id, turns, made_by)
        except GraphideError:
            self._leave_when_gone()
            raise
        self._known = turns

    def rename(self, title: str) -> None:
        """Give the chat a title, now or when it begins."""
        self._title = title
        if self._chats is not None and self.id:
            self._chats.rename(self.id, title)

    def turn_to(self, subject: Mapping[str, Json]) -> None:
        """Note that the chat goes on with somebody else."""
        self._subject = dict(subject)
        if self._chats is not None and self.id:
            self._chats.turn_to(self.id, subject)

    def _leave_when_gone(self) -> None:
        """Keep nothing more of a chat that the user deleted elsewhere: it would be back at once."""
        assert self._chats is not None
        with suppress(GraphideError):
            if not self._chats.has(self.id):
                self._chats, self.id = None, ""


def record_for(chats: Chats, settings: Settings, subject: Mapping[str, Json], *, keep: bool = True) -> ChatRecord:
    """Return the record of a new chat, which writes nothing where the user keeps no chats or not this one."""
    return ChatRecord(chats if keep and settings.keep_chats else None, subject)


def made_by(
    document: Document, registry: Mapping[str, NodeSpec], form: ChatForm, inputs: Mapping[str, Json] | None = None
) -> MadeBy:
    """Return what gave an answer: the text of the graph, and its inputs besides message and conversation.

    `inputs` are values that were given beside those which the graph has itself.
    """
    own = {port.name: to_json(port.default) for port in outline(document.graph, registry).inputs}
    said = (form.message, form.conversation)
    values = {name: value for name, value in {**own, **(inputs or {})}.items() if name not in said}
    return MadeBy(graph_file.dumps(document.graph, registry).decode(), values)
