"""What graphide keeps on this machine, where and how much of it, and deleting it: chats, runs, caches, unsaved work.

Each is measured when it is asked for. What is deleted here is gone: whoever offers it asks before.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from graphide import paths
from graphide.editor.dialogs import CANCEL, Dialog, DialogButton, ask_between
from graphide.editor.model_list import size_text
from graphide.errors import GraphideError
from graphide.executor.disk_cache import DiskCache
from graphide.store.drafts import forget_drafts

if TYPE_CHECKING:
    from graphide.editor.session import Session
    from graphide.store.chats import Chats

ThingId = Literal["chats", "runs", "caches", "drafts"]
_CACHES: Final = ("results.sqlite", "prefixes", "hub")
_TYPED: Final = "typed.jsonl"
"""What was typed into chats of the terminal, to be typed again."""
_PAGE: Final = 500


class Thing(NamedTuple):
    """Something that is kept: what it is, where, how many bytes, and what deleting it is called ("": it cannot be)."""

    id: ThingId
    label: str
    about: str
    place: Path
    size: int
    delete: str = ""
    question: str = ""

    @property
    def amount(self) -> str:
        """How much there is."""
        return size_text(self.size) if self.size else "nothing"


def kept(session: Session) -> tuple[Thing, ...]:
    """Return what is kept for a session, measured now."""
    chats, runs, caches = session.folder / "chats.db", session.folder / "runs.jsonl", paths.cache_folder()
    return (
        Thing(
            "chats", "Chats", "What you said and what was answered, with the graph that answered", chats,
            _size([*_with_log(chats), session.folder / _TYPED]), "Delete all chats …", "All chats are deleted, also those that are pinned or open.",
        ),
        Thing(
            "runs", "Runs", "The last runs of each graph with their inputs and outputs", runs, _size([runs]),
            "Delete run history …", "The runs of all graphs are deleted, with their inputs and outputs.",
        ),
        Thing(
            "caches", "Caches", "Results of nodes, beginnings of prompts, answers of the hub; all can be made again",
            caches, _size(caches / name for name in _all_caches()), "Clear caches …",
            "Results, beginnings of prompts and answers of the hub are deleted. The next runs take longer.",
        ),
        Thing(
            "drafts", "Unsaved work", "Every edit is written down at once, so that nothing is lost in a crash; gone when the file is saved",
            session.drafts, _size([session.drafts]),
        ),
    )  # fmt: skip


def ask_to_delete(session: Session, thing: Thing, then: Callable[[], object] = lambda: None) -> None:
    """Ask whether something is to be deleted, in front of the dialog that is open; after a yes delete it, `then` go on."""
    text = f"{thing.question} There is {thing.amount} of them. This cannot be undone."
    question = Dialog(
        "ask", thing.delete.removesuffix(" …") + "?", text, buttons=(DialogButton("delete", "Delete", "danger"), CANCEL)
    )
    ask_between(session, question, "delete", lambda: delete(session, thing.id, then))


def delete(session: Session, id: ThingId, then: Callable[[], object] = lambda: None) -> None:
    """Delete all that is kept of something; that it was, or why not, is shown. Chats take a moment, before `then`."""
    try:
        _DELETE[id](session, then)
    except (GraphideError, OSError) as error:
        session.say(f"Not everything could be deleted: {error}", "error")


def _delete_chats(session: Session, then: Callable[[], object]) -> None:
    chats = session.chats
    (session.folder / _TYPED).unlink(missing_ok=True)
    for tab in session.tabs:
        if tab.chat is not None:
            tab.chat.stop()
            chats.keeping.forget(tab.chat)
            tab.chat = None
    chats.deleted = ()

    def done(_: object) -> None:
        chats.list.changed()
        session.say("All chats are deleted", "success")
        then()

    chats.shelf.ask(_forget_all, done, session.fail)


def _forget_all(chats: Chats) -> None:
    chats.purge(-1)
    while pinned := chats.listed(_PAGE):
        for head in pinned:
            chats.delete(head.id)
    forget_drafts(chats.database)
    chats.database.read("VACUUM")  # gives the room on the disk back
    chats.tidy()


def _delete_runs(session: Session, then: Callable[[], object]) -> None:
    session.history.forget_all()
    if session.history.problem:
        raise GraphideError(session.history.problem)
    session.say("The run history is deleted", "success")
    then()


def _clear_caches(session: Session, then: Callable[[], object]) -> None:
    folder = paths.cache_folder()
    results = folder / "results.sqlite"
    if results.exists():
        cache = DiskCache(results)
        cache.clear()
        cache.close()
    for name in _CACHES[1:]:
        shutil.rmtree(folder / name, ignore_errors=True)
    session.say("The caches are empty", "success")
    then()


_DELETE: Final[dict[ThingId, Callable[[Session, Callable[[], object]], None]]] = {
    "chats": _delete_chats, "runs": _delete_runs, "caches": _clear_caches, "drafts": lambda _, then: None,
}  # fmt: skip


def _all_caches() -> tuple[str, ...]:
    return (*_CACHES, *(f"{_CACHES[0]}{end}" for end in ("-wal", "-shm")))


def _with_log(database: Path) -> list[Path]:
    return [database, *(database.with_name(database.name + end) for end in ("-wal", "-shm"))]


def _size(places: Iterable[Path]) -> int:
    """Return the bytes of files and of all files in folders; what is not there or may not be read counts nothing."""
    total = 0
    for place in places:
        with suppress(OSError):
            total += place.stat().st_size if not place.is_dir() else 0
        for folder, _, names in os.walk(place):
            for name in names:
                with suppress(OSError):
                    total += (Path(folder) / name).stat().st_size
    return total
