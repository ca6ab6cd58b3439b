"""Stories of the chats that are kept, by mouse and keys. The echo backend answers.

`python chats_stories.py NAME FOLDER` plays one with the state that another window left in a folder.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from graphide.backends.echo import EchoBackend
from graphide.editor import talking
from graphide.editor.chat import ChatSession
from graphide.store.chats import ChatHead
from graphide.ui import safe
from graphide.ui.panels.chat import Chat
from graphide.ui.panels.chats import ChatsPane
from tests.ui.driving import Driver, window
from tests.ui.playing import ARTIFACTS

FIRST, SECOND = "Why is the sea salty", "Name a boat"
_LEFT: Final = 60.0  # from the left edge of a row


def two_chats_are_begun_and_one_branches(driver: Driver) -> None:
    """Talk with a graph and, in a new chat, again; then close the window."""
    driver.session.new_from("conversation")
    driver.frames(4)
    driver.key("ctrl+t")
    driver.until(driver.app.kit.typing)
    _ask(driver, FIRST)
    sheet = _panel(driver).sheet
    assert sheet is not None
    box, _ = next(iter(sheet.page.spots("again")))
    driver.click(*sheet.place_of(box))
    _answered(driver)
    driver.key("ctrl+shift+t")
    driver.until(lambda: not _chat(driver).turns.turns)
    driver.until(driver.app.kit.typing)
    driver.frames(3)
    _ask(driver, SECOND)
    driver.until(lambda: bool(_chat(driver).id))


def they_are_found_opened_and_changed(driver: Driver) -> None:
    """Find the chats of another window by keys and mouse, with their branches; rename, pin, export, delete."""
    session = driver.session
    driver.key("ctrl+shift+h")
    driver.until(driver.app.kit.typing)
    driver.until(lambda: _titles(driver) == ["[Today]", SECOND, FIRST])
    driver.frames(4)
    driver.type("salt")
    driver.until(lambda: bool(session.chats.list.rows) and bool(session.chats.list.rows[0].pieces))
    hits = session.chats.list.rows
    assert {row.chat.title for row in hits if row.chat} == {FIRST}
    assert all([piece.text for piece in row.pieces if piece.hit] == ["salty"] for row in hits)
    driver.frames(3)
    driver.picture(ARTIFACTS / "chats_found.png")
    driver.key("Return")
    driver.until(lambda: session.tab.chat is not None and bool(session.tab.chat.turns.turns))
    driver.frames(6)
    assert [turn.text for turn in _chat(driver).path] == [FIRST, FIRST]
    assert len(_chat(driver).turns.siblings(_chat(driver).path[-1].id)) == 2, "its branches are there"
    _search(driver, "")
    driver.until(lambda: _titles(driver) == ["[Today]", SECOND, FIRST])
    _rename(driver)
    _pin_and_export(driver)
    _delete_and_have_back(driver)
    _talk_with_a_model(driver)


def what_was_said_before_the_kill_is_there(driver: Driver) -> None:
    """Find the chat of a window that was killed while it answered, and its draft."""
    session = driver.session
    session.chats.list.look()
    session.set_panel("left_tab", "chats")
    driver.until(lambda: "Tell me everything" in _titles(driver))
    _click_row(driver, "Tell me everything")
    driver.until(lambda: session.tab.chat is not None and bool(session.tab.chat.turns.turns))
    question, answer = _chat(driver).path
    assert question.text == "Tell me everything" and answer.text.startswith("word word")
    assert answer.answer is not None and answer.answer.state == "stopped"
    driver.until(lambda: _chat(driver).draft == "and then")


def an_answer_never_ends(driver: Driver) -> None:
    """Ask something that is answered for ever, write on meanwhile, and say when both are in the store."""
    session = driver.session
    session.new_from("conversation")
    driver.frames(4)
    driver.key("ctrl+t")
    driver.until(driver.app.kit.typing)
    driver.type("Tell me everything")
    driver.key("Return")
    driver.until(lambda: len(_chat(driver).path) == 2 and _chat(driver).path[-1].text.startswith("word word"))
    driver.frames(4)
    driver.type("and then")
    chat = _chat(driver)
    kept: list[str] = []

    def look() -> bool:
        if chat.id:
            session.chats.shelf.ask(lambda chats: kept.append(chats.turns(chat.id).last.text), key="look")
            query = "SELECT text FROM draft WHERE key = ?"
            session.chats.shelf.ask(
                lambda chats: kept.extend(str(row[0]) for row in chats.database.read(query, (chat.id,)))
            )
        return any(text.startswith("word word") for text in kept) and "and then" in kept

    driver.until(look)
    print("now", flush=True)
    threading.Event().wait(60)  # until it is killed


# --- parts of stories


def _rename(driver: Driver) -> None:
    x, y = _row(driver, FIRST)
    driver.click(x, y, button=3)
    driver.until(lambda: driver.session.popups.menu is not None)
    driver.frames(6)
    driver.click(*driver.label("Rename"))
    driver.until(driver.app.kit.typing)
    driver.frames(4)
    driver.key("ctrl+a")
    driver.type("Salt")
    driver.picture(ARTIFACTS / "chats_rename.png")
    driver.key("Return")
    driver.until(lambda: "Salt" in _titles(driver))


def _pin_and_export(driver: Driver) -> None:
    driver.click(*_row(driver, "Salt"), button=3)
    driver.until(lambda: driver.session.popups.menu is not None)
    driver.frames(6)
    driver.click(*driver.label("Pin"))
    driver.until(lambda: _titles(driver)[:2] == ["[Pinned]", "Salt"])
    driver.frames(3)
    driver.click(*_row(driver, "Salt"), button=3)
    driver.until(lambda: driver.session.popups.menu is not None)
    driver.frames(6)
    driver.click(*driver.label("Export as Markdown …"))
    driver.until(lambda: driver.session.popups.dialog is not None)
    driver.frames(6)
    target = Path(tempfile.mkdtemp()) / "salt.md"
    driver.session.popups.answer("ok", str(target))
    driver.until(target.is_file)
    assert FIRST in target.read_text("utf-8")


def _delete_and_have_back(driver: Driver) -> None:
    driver.click(*_row(driver, SECOND), button=3)
    driver.until(lambda: driver.session.popups.menu is not None)
    driver.frames(6)
    driver.click(*driver.label("Delete"))
    driver.until(lambda: SECOND not in _titles(driver))
    driver.frames(6)
    driver.click(*driver.label("Undo"))
    driver.until(lambda: SECOND in _titles(driver))


def _talk_with_a_model(driver: Driver) -> None:
    """Begin a chat without a graph, as the keyboard does it, and see that nothing of a graph is in the way."""
    session = driver.session
    driver.key("ctrl+alt+n")
    driver.until(lambda: session.popups.dialog is not None)
    session.popups.answer("ok", "echo")
    driver.until(lambda: session.tab.alone)
    driver.until(driver.app.kit.typing)
    driver.frames(4)
    _ask(driver, "hello model")
    assert [turn.text for turn in _chat(driver).path] == ["hello model", "hello model"]
    assert not driver.app.canvas.inputs.over()
    driver.key("ctrl+alt+s")
    driver.until(lambda: _panel(driver).setup is not None)
    driver.frames(6)
    driver.picture(ARTIFACTS / "chats_alone.png")
    driver.click(*driver.label("Show as graph"))
    driver.until(lambda: not session.tab.alone)
    driver.frames(6)
    assert session.surface.group("answer") is not None


# --- where things are


def _panel(driver: Driver) -> Chat:
    side: Any = next(part for part in driver.app._parts if type(part).__name__ == "Side")
    assert isinstance(side._inside, Chat)
    return side._inside


def _pane(driver: Driver) -> ChatsPane:
    sidebar: Any = next(part for part in driver.app._parts if type(part).__name__ == "Sidebar")
    pane: ChatsPane = sidebar._chats
    return pane


def _chat(driver: Driver) -> ChatSession:
    chat = driver.session.tab.chat
    assert chat is not None
    return chat


def _ask(driver: Driver, text: str) -> None:
    driver.type(text)
    driver.key("Return")
    _answered(driver)


def _answered(driver: Driver) -> None:
    driver.until(lambda: bool(_chat(driver).path) and not _chat(driver).answering)
    driver.frames(4)


def _heads(driver: Driver) -> list[ChatHead]:
    return [row.chat for row in driver.session.chats.list.rows if row.chat is not None]


def _titles(driver: Driver) -> list[str]:
    rows = driver.session.chats.list.rows
    return [row.chat.title if row.chat is not None else f"[{row.heading}]" for row in rows]


def _row(driver: Driver, title: str) -> tuple[float, float]:
    """Return a place on the row of a chat."""
    driver.frames(3)
    pane = _pane(driver)
    number = next(n for n, row in enumerate(pane.rows.rows) if row.chat is not None and row.chat.title == title)
    left, top, _, _ = safe.rectangle(pane._drawlist)
    return left + _LEFT, top + (pane.rows.tops[number] + 16) * driver.app.fonts.scale


def _click_row(driver: Driver, title: str) -> None:
    driver.frames(4)
    driver.click(*_row(driver, title))


def _search(driver: Driver, text: str) -> None:
    driver.session.chats.list.search(text)
    driver.session.touch()
    driver.frames(4)


def _words_for_ever(self: EchoBackend, request: Any, cancel: Any) -> Any:
    from graphide.errors import Cancelled
    from graphide.spec.generation import Chunk

    pause = threading.Event()
    while not cancel.is_set():
        yield Chunk("word ")
        pause.wait(0.05)
    raise Cancelled("stopped")


if __name__ == "__main__":
    if sys.argv[1] == "an_answer_never_ends":
        EchoBackend.generate = _words_for_ever  # type: ignore[method-assign]
    with window(Path(sys.argv[2])) as at_the_window:
        story: Callable[[Driver], None] = globals()[sys.argv[1]]
        try:
            story(at_the_window)
        except Exception:
            at_the_window.picture(ARTIFACTS / f"failed_{sys.argv[1]}.png")
            print(json.dumps([_titles(at_the_window), at_the_window.said(), talking.SIDE]), file=sys.stderr)
            raise
