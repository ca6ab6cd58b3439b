"""A chat laid out: bubbles, answers with what they cost, tools, ways between siblings, and what a streamed word costs."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from graphide.editor.chat_page import ChatPage
from graphide.editor.chat_parts import display_name, facts_of
from graphide.editor.views import Box, Rect, Text
from graphide.store.turns import ROOT, Answer, Turns

WIDTH = 340.0
DONE = Answer(model="folder/tiny.Q4.gguf", tokens=412, seconds=9.8, tokens_per_second=41.7, prompt_tokens=500)


def talk(*texts: str, answer: Answer = DONE) -> Turns:
    turns = Turns()
    for number, text in enumerate(texts):
        role = "assistant" if number % 2 else "user"
        turns = turns.added(turns.leaf, role, text, answer=answer if number % 2 else None)  # type: ignore[arg-type]
    return turns


def page_of(turns: Turns, width: float = WIDTH, edited: int = ROOT) -> ChatPage:
    page = ChatPage()
    assert page.show(turns, width, edited)
    return page


def words(page: ChatPage) -> str:
    return "\n".join(shape.text for part in page.parts for shape in part.shapes if isinstance(shape, Text))


def middle(box: Box) -> tuple[float, float]:
    return box.x + box.width / 2, box.y + box.height / 2


def test_a_message_is_a_bubble_at_the_right_and_an_answer_has_its_model_and_cost() -> None:
    page = page_of(talk("hello", "## Hi\n\nthere"))
    bubble = next(shape for shape in page.parts[0].shapes if isinstance(shape, Rect))
    assert bubble.fill == "bubble" and bubble.x + bubble.width == pytest.approx(WIDTH) and bubble.x > WIDTH / 2
    said = words(page)
    assert "tiny.Q4" in said and "412 tokens" in said and "9.8 s" in said and "41.7 tokens/s" in said
    assert "folder" not in said and ".gguf" not in said


def test_messages_are_shown_as_they_were_written_and_answers_as_markdown() -> None:
    said = words(page_of(talk("**not bold**\nsecond line", "**bold**")))
    assert "**not bold**" in said and "second line" in said
    assert "bold" in said.split("\n") and "**bold**" not in said


@pytest.mark.parametrize("width", [228.0, 340.0, 860.0])
def test_everything_is_within_the_width(width: float) -> None:
    failed = Answer(state="failed", problem="no room " * 20, hint="do this " * 10, node="answer")
    turns = talk("word " * 60 + "x" * 300, "an `answer` " * 30 + "y" * 300)
    turns = turns.added(turns.leaf, "user", "again").added(3, "assistant", "half", answer=failed)
    for part in page_of(turns, width).parts:
        for line in part.lines:
            assert line.x >= 0 and line.x + line.width <= width + 1
        for spot in part.spots:
            assert spot.box.x >= -6 and spot.box.x + spot.box.width <= width + 1


def test_tools_are_found_where_they_are_drawn() -> None:
    page = page_of(talk("hello", "there\n\n```py\nx = 1\n```"))
    for act, turn, value in (("copy", 1, "hello"), ("edit", 1, "hello"), ("again", 2, None), ("copy_text", 0, "x = 1")):
        box, spot = next(page.spots(act))  # type: ignore[arg-type]
        found = page.spot_at(*middle(box))
        assert found is not None and found[1] is spot and spot.turn == turn
        assert value is None or spot.value == value
    assert page.spot_at(-50, -50) is None and ChatPage().spot_at(1, 1) is None


def test_siblings_have_a_way_to_each_other() -> None:
    turns = talk("hello", "one").added(1, "assistant", "two", answer=DONE)
    page = page_of(turns)
    assert "2 / 2" in words(page)
    assert [spot.turn for _, spot in page.spots("way")] == [2]
    page.show(turns.switched(2), WIDTH)
    assert "1 / 2" in words(page) and [spot.turn for _, spot in page.spots("way")] == [3]


def test_a_failure_says_why_and_what_to_do_and_can_be_tried_again() -> None:
    failed = Answer(state="failed", problem="the model was killed", hint="Choose a smaller model", node="answer")
    page = page_of(talk("hello", "half a", answer=failed))
    said = words(page)
    assert "The model was killed" in said and "Choose a smaller model" in said and "half a" in said
    assert [spot.turn for _, spot in page.spots("retry")] == [2]
    assert [spot.value for _, spot in page.spots("inspect")] == ["answer"]
    assert not list(page.spots("again"))


def test_what_was_cut_is_said() -> None:
    page = page_of(talk("hello", "there", answer=replace(DONE, dropped="left out 3 turns", stop_reason="length")), 900)
    said = words(page).replace("\n", " ")
    assert "left out 3 turns" in said and "max_tokens" in said
    assert "Stopped" in words(page_of(talk("hello", "the", answer=replace(DONE, state="stopped"))))


def test_while_an_answer_is_written_it_has_no_tools_and_a_caret() -> None:
    writing = Answer(state="writing", tokens_per_second=12.0)
    page = page_of(talk("hello", "the begin", answer=writing))
    assert "writing…" in words(page) and "12.0 tokens/s" in words(page)
    assert not list(page.spots("again"))
    assert any(isinstance(shape, Rect) and shape.fill == "accent" for shape in page.parts[-1].shapes)
    assert facts_of(Answer(state="waiting", doing="loading model 40 %")) == ("loading model 40 %",)


def test_only_the_last_blocks_change_while_an_answer_streams() -> None:
    turns = talk("q", "old **answer**\n\nwith blocks", "next", "", answer=DONE)
    writing = Answer(state="writing")
    page = ChatPage()
    text = ""
    for number in range(60):
        text += f"word{number} " if number % 12 else "\n\nNew paragraph "
        before = page.parts
        turns = turns.with_turn(turns[4]._replace(text=text, answer=writing))
        assert page.show(turns, WIDTH)
        kept = sum(part in page.parts for part in before)
        assert len(before) - kept <= 4, "the line above the answer, its last two blocks and the caret"
    assert not page.show(turns, WIDTH), "nothing is new"


@given(
    st.lists(st.sampled_from(["# h", "- a", "  - b", "1. x", "> q", "```", "```py", "| a | b |", "|-|-|", "", "**b", "[a](", "---", "x" * 90]),
             max_size=12).map("\n".join),
    st.data(),
)  # fmt: skip
def test_a_stream_looks_in_the_end_as_if_it_had_come_at_once(source: str, data: st.DataObject) -> None:
    turns, streamed, at = talk("hello", ""), ChatPage(), 0
    while at < len(source):
        at += data.draw(st.integers(1, 9))
        streamed.show(turns.with_turn(turns[2]._replace(text=source[:at])), WIDTH)
    final = turns.with_turn(turns[2]._replace(text=source))
    streamed.show(final, WIDTH)
    whole = page_of(final)
    assert [part.shapes for part in streamed.parts] == [part.shapes for part in whole.parts]
    assert streamed.tops == whole.tops


def test_a_streamed_token_is_laid_out_in_well_under_its_time() -> None:
    """At 200 tokens a second there are 5 ms for each; the layout may take a small part of that, in a long chat too."""
    turns = talk(*["a question", "an answer\n\n" + "with words " * 40] * 100, "next", "")
    page, text, last = ChatPage(), "", turns.leaf
    page.show(turns, WIDTH)
    start = time.process_time()
    for number in range(400):
        text += f"word{number} " if number % 50 else "\n\nNew paragraph "
        turns = turns.with_turn(turns[last]._replace(text=text, answer=Answer(state="writing")))
        page.show(turns, WIDTH)
    assert (time.process_time() - start) / 400 < 0.0025


def test_what_is_seen_of_a_long_chat_is_little_of_it() -> None:
    page = page_of(talk(*["a question", "an answer\n\n" + "with words " * 40] * 50))
    seen = page.seen(page.height / 2, 600)
    assert 2 < len(seen) < 25 and page.tops[seen[0]] <= page.height / 2
    assert page.number_at(-10) == 0 and page.number_at(page.height + 10) == len(page.parts) - 1
    assert len(ChatPage().seen(0, 100)) == 0


def test_a_text_that_is_not_a_longer_one_than_before_is_laid_out_anew() -> None:
    turns = talk("hello", "first version of it")
    page = page_of(turns)
    page.show(turns.with_turn(turns[2]._replace(text="second")), WIDTH)
    assert "second" in words(page) and "first" not in words(page)


def test_a_message_under_edit_is_marked() -> None:
    page = page_of(talk("hello", "there"), edited=1)
    assert any(isinstance(shape, Rect) and shape.outline == "accent" for shape in page.parts[0].shapes)


def test_models_are_named_without_folder_and_ending() -> None:
    assert display_name("C:\\m\\tiny.Q4.gguf, echo") == "tiny.Q4, echo" and display_name("") == ""
