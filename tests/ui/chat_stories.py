"""Stories of the chat panel: talking with a graph by mouse and keys. The echo backend answers, unless a model is given.

`python chat_stories.py --model FILE` plays the story with a real model instead of the others.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg

from graphide.editor.chat import ChatSession
from graphide.editor.text.metrics import icon
from graphide.editor.text.page import Act
from graphide.store.turns import Answer, Turns
from graphide.ui import safe
from graphide.ui.panels.chat import Chat
from graphide.ui.panels.chat_sheet import ChatSheet
from graphide.ui.panels.composer import Composer
from tests.ui.driving import Driver
from tests.ui.playing import ARTIFACTS, play

_LONG = "\n\n".join(f"Paragraph {number} of an **answer** that goes on for a while." for number in range(40))


def _panel(driver: Driver) -> Chat:
    side: Any = next(part for part in driver.app._parts if type(part).__name__ == "Side")
    assert isinstance(side._inside, Chat)
    return side._inside


def _sheet(driver: Driver) -> ChatSheet:
    sheet = _panel(driver).sheet
    assert sheet is not None
    return sheet


def _composer(driver: Driver) -> Composer | None:
    card = _panel(driver).card
    return card.composer if card is not None else None


def _chat(driver: Driver) -> ChatSession:
    chat = driver.session.tab.chat
    assert chat is not None
    return chat


def _said(driver: Driver) -> list[str]:
    return [turn.text for turn in _chat(driver).path]


def _begin(driver: Driver) -> None:
    """Open a graph to talk with, and its chat by the keyboard."""
    driver.fresh("conversation")
    driver.key("ctrl+t")
    driver.until(driver.app.kit.typing)
    driver.frames(3)


def _show(driver: Driver, turns: Turns) -> None:
    driver.session.touch()
    _chat(driver).turns = turns
    driver.frames(5)


def _answered(driver: Driver) -> None:
    driver.until(lambda: not _chat(driver).answering)
    driver.frames(4)


def _ask(driver: Driver, text: str) -> None:
    driver.type(text)
    driver.key("Return")
    _answered(driver)


def _press(driver: Driver, act: Act, number: int = 0) -> None:
    """Click on what does something on the page."""
    sheet = _sheet(driver)
    box, _ = list(sheet.page.spots(act))[number]
    driver.click(*sheet.place_of(box))
    driver.frames(3)


# --- with the echo backend


def a_message_is_said_with_enter_and_answered_where_it_stands(driver: Driver) -> None:
    _begin(driver)
    _ask(driver, "hello there")
    assert _said(driver) == ["hello there", "hello there"]
    assert _chat(driver).draft == "" and driver.app.kit.typing(), "the next message can be written at once"
    node = driver.session.tab.runs.view.nodes["answer"]
    assert node.state == "done" and node.text == "hello there", "the canvas shows the same run"
    _ask(driver, "and again")
    assert _said(driver)[2:] == ["and again", "and again"]


def shift_enter_begins_a_line_and_ctrl_enter_says_it_once(driver: Driver) -> None:
    _begin(driver)
    composer = _composer(driver)
    assert composer is not None
    before = composer.high
    driver.type("one")
    driver.key("shift+Return")
    driver.type("two")
    assert _chat(driver).draft == "one\ntwo" and composer.high > before
    driver.key("ctrl+Return")
    _answered(driver)
    assert [turn.text for turn in _chat(driver).path if turn.role == "user"] == ["one\ntwo"]
    assert driver.said() == "" and driver.session.popups.dialog is None, "the graph was not run a second time"
    assert composer.high == before


def an_answer_is_made_again_and_ways_are_switched(driver: Driver) -> None:
    _begin(driver)
    _ask(driver, "one")
    first = _chat(driver).path[-1].id
    _press(driver, "again")
    _answered(driver)
    again = _chat(driver).path[-1].id
    assert again != first and _chat(driver).turns.siblings(first) == (first, again)
    _press(driver, "way")
    assert _chat(driver).path[-1].id == first
    _press(driver, "way")
    assert _chat(driver).path[-1].id == again


def a_message_is_edited_and_makes_a_branch(driver: Driver) -> None:
    _begin(driver)
    _ask(driver, "one")
    _press(driver, "edit")
    driver.until(driver.app.kit.typing)
    assert _chat(driver).draft == "one"
    driver.key("Escape")
    assert _chat(driver).draft == "" and _said(driver) == ["one", "one"]
    _press(driver, "edit")
    driver.until(driver.app.kit.typing)
    driver.frames(3)
    _ask(driver, " more")
    assert _said(driver) == ["one more", "one more"] and len(_chat(driver).turns.turns) == 4
    driver.picture(ARTIFACTS / "chat_branch.png")


def what_was_said_is_copied_by_click_and_by_selection(driver: Driver) -> None:
    _begin(driver)
    turns = Turns().added(0, "user", "hello").added(1, "assistant", "some words\n\n```py\nx = 1\n```", answer=Answer())
    _show(driver, turns)
    _press(driver, "copy_text")
    assert safe.clipboard() == "x = 1"
    _press(driver, "copy")
    assert safe.clipboard() == "hello"
    sheet = _sheet(driver)
    number, part = next((n, p) for n, p in enumerate(sheet.page.parts) if p.lines and p.lines[0].text == "some words")
    left, top, _, _ = safe.rectangle(sheet.painter.drawlist)
    y = top + (sheet.page.tops[number] + 10) * sheet.painter.scale
    driver.drag((left + 1, y), (left + part.lines[0].width + 20, y))
    assert sheet.selected == "some words"
    driver.key("ctrl+c")
    assert safe.clipboard() == "some words"
    driver.click(left + 200, y + 3)
    assert sheet.selected == ""


def the_end_is_followed_until_somebody_scrolls_up(driver: Driver) -> None:
    _begin(driver)
    panel, sheet = _panel(driver), _sheet(driver)
    turns = Turns().added(0, "user", "hello").added(1, "assistant", _LONG, answer=Answer(state="writing"))
    _show(driver, turns)
    driver.until(lambda: dpg.get_y_scroll(panel._scroll) > 0)
    driver.frames(4)
    assert dpg.get_y_scroll(panel._scroll) >= dpg.get_y_scroll_max(panel._scroll) - 6
    _show(driver, turns.with_turn(turns[2]._replace(text=f"{_LONG}\n\nThe end is here.\n\nAnd more of it.")))
    driver.frames(4)
    assert dpg.get_y_scroll(panel._scroll) >= dpg.get_y_scroll_max(panel._scroll) - 6
    left, top, _, _ = safe.rectangle(sheet.painter.drawlist)
    driver.move(left + 120, top + dpg.get_y_scroll(panel._scroll) + 120)
    driver.wheel(3)
    driver.frames(4)
    at = dpg.get_y_scroll(panel._scroll)
    assert not sheet.follows and at < dpg.get_y_scroll_max(panel._scroll) - 20
    _show(driver, turns.with_turn(turns[2]._replace(text=f"{_LONG}\n\n{_LONG}")))
    assert dpg.get_y_scroll(panel._scroll) == at, "what is read stays where it is"
    driver.key("ctrl+alt+t")  # another theme makes everything anew
    driver.key("ctrl+alt+t")
    driver.frames(6)
    panel, sheet = _panel(driver), _sheet(driver)
    assert abs(dpg.get_y_scroll(panel._scroll) - at) <= 1 and not sheet.follows
    driver.click(*driver.label(icon("arrow-down")))
    driver.frames(6)
    assert dpg.get_y_scroll(panel._scroll) >= dpg.get_y_scroll_max(panel._scroll) - 6


def only_what_is_new_is_painted_while_an_answer_streams(driver: Driver) -> None:
    _begin(driver)
    turns = Turns().added(0, "user", "hello").added(1, "assistant", _LONG, answer=Answer())
    turns = turns.added(2, "user", "next").added(3, "assistant", "", answer=Answer(state="writing"))
    _show(driver, turns)
    painter, text = _sheet(driver).painter, ""
    driver.frames(4)
    before = painter.painted
    for number in range(40):
        text += f"word{number} "
        _chat(driver).turns = turns.with_turn(turns[4]._replace(text=text))
        driver.frames(1)
    assert painter.painted - before <= 3 * 40


def a_graph_that_cannot_be_talked_with_gets_what_is_missing_by_one_button(driver: Driver) -> None:
    driver.fresh("hello")
    driver.key("ctrl+t")
    driver.frames(4)
    before = driver.session.graph
    driver.click(*driver.label("Add what is missing"))
    driver.until(lambda: _composer(driver) is not None)
    assert "message" in driver.session.graph.nodes
    driver.until(driver.app.kit.typing)
    driver.frames(3)
    _ask(driver, "hi")
    assert _said(driver)[0] == "hi" and _chat(driver).path[-1].answer is not None
    driver.session.act("undo")
    driver.frames(4)
    assert driver.session.graph == before
    assert _said(driver)[0] == "hi" and _composer(driver) is None, "what was said stays to be read"


def an_open_chat_costs_nothing_while_nothing_happens(driver: Driver) -> None:
    _begin(driver)
    _ask(driver, "one")
    _chat(driver).read_at = 500.0  # somebody read farther down than the page is long now
    driver.key("ctrl+alt+t")
    driver.key("ctrl+alt+t")
    driver.frames(60)
    pacer = driver.app.pacer
    driver.until(lambda: not pacer.wait(0.001))
    woken = [pacer.wait(0.2) for _ in range(5)]
    assert not all(woken)


def a_new_chat_is_asked_about_where_the_old_one_is_not_kept(driver: Driver) -> None:
    _begin(driver)
    _ask(driver, "one")
    driver.key("ctrl+shift+t")
    driver.until(lambda: not _chat(driver).path)
    driver.until(driver.app.kit.typing)
    driver.frames(3)
    _ask(driver, "one")
    old = _chat(driver)
    driver.session.act("chat_private")
    driver.session.act("new_chat")
    driver.frames(3)
    assert driver.session.popups.dialog is not None and driver.session.popups.dialog.what == "ask"
    driver.session.popups.answer("cancel")
    assert driver.session.tab.chat is old
    driver.session.act("new_chat")
    driver.session.popups.answer("new")
    driver.until(driver.app.kit.typing)
    assert _chat(driver) is not old and not _chat(driver).path


def a_failure_is_tried_again_by_click(driver: Driver) -> None:
    _begin(driver)
    failed = Answer(state="failed", problem="the model was killed", hint="Run it again", node="answer")
    _show(driver, Turns().added(0, "user", "hello").added(1, "assistant", "", answer=failed))
    _press(driver, "retry")
    _answered(driver)
    assert _said(driver) == ["hello", "hello"] and len(_chat(driver).turns.turns) == 2


def every_width_and_both_themes_are_painted(driver: Driver) -> None:
    _begin(driver)
    turns = Turns().added(0, "user", "a long message " * 20)
    turns = turns.added(1, "assistant", f"# Title\n\n- one\n- two\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n```py\nx\n```\n\n{'x' * 300}",
                        answer=Answer(model="some-model.gguf", tokens=12, seconds=1.5, prompt_tokens=300))  # fmt: skip
    for width in (280, 372, 720):
        driver.session.set_panel("right_width", width)
        _show(driver, turns)
        composer = _composer(driver)
        assert composer is not None
        left, top, wide, high = safe.rectangle(composer.field)
        assert left > dpg.get_viewport_client_width() - width and left + wide < dpg.get_viewport_client_width() - 20
        assert dpg.get_viewport_client_height() - 90 < top + high < dpg.get_viewport_client_height() - 30
        page = safe.rectangle(_sheet(driver).painter.drawlist)
        assert page[0] + page[2] <= left + wide + 20 and page[2] > width - 80
        assert driver.said() == ""
        driver.key("ctrl+alt+t")
        driver.frames(4)
    driver.session.set_panel("right_width", 372)


# --- with a real model


def _talk_with_a_model(driver: Driver) -> None:
    _begin(driver)
    driver.session.set_setting(("answer",), "max_tokens", 16)
    driver.frames(3)
    driver.type("Say hello.")
    driver.key("Return")
    driver.until(lambda: not _chat(driver).answering, 60)
    driver.frames(3)
    answer = _chat(driver).path[-1].answer
    assert answer is not None and answer.state == "done", answer
    assert _said(driver)[1] and 0 < answer.tokens <= 16 and answer.tokens_per_second > 0
    assert answer.model.endswith(".gguf") and _chat(driver).context > 0
    driver.session.set_setting(("answer",), "max_tokens", 2000)
    driver.frames(3)
    driver.type("Count to a thousand.")
    driver.key("Return")
    driver.until(lambda: len(_said(driver)) == 4 and len(_said(driver)[-1]) > 8, 60)
    assert driver.session.tab.runs.view.nodes["answer"].state == "running", "the node shows the same"
    driver.picture(ARTIFACTS / "chat_streaming.png")
    driver.key("Escape")
    driver.until(lambda: not _chat(driver).answering, 60)
    stopped = _chat(driver).path[-1]
    assert stopped.text and stopped.answer is not None and stopped.answer.state == "stopped"


def _with_a_model(model: str) -> None:
    from tests.ui.driving import window

    with tempfile.TemporaryDirectory() as folder, window(Path(folder), model=model) as driver:
        _talk_with_a_model(driver)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--model"]:
        _with_a_model(sys.argv[2])
    else:
        play(globals())
