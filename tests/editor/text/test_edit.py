"""The text field: it does to its text what a person expects, and every edit can be taken back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from graphide.editor.text import keys
from graphide.editor.text.edit import NOTHING, Change, TextEdit
from graphide.editor.text.metrics import face
from graphide.editor.text.moves import clean
from graphide.editor.text.pointer import Pointer
from graphide.editor.text.replaced import Replaced
from graphide.editor.text.travel import VERTICAL, Move
from graphide.editor.text.wrap import Place, Setting, wrap

MONO = face("mono")
WIDE = MONO.width("x", 16)
MOVES: tuple[Move, ...] = get_args(Move)
TEXTS = st.text(st.sampled_from("ab .\t\n日é\u0301👩\u200d😀"), max_size=30)


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def field(text: str = "", columns: int = 20, rows: int = 5, **more: bool) -> TextEdit:
    setting = Setting(MONO, size=16, line_height=20, width=columns * WIDE + 0.01)
    return TextEdit(text, setting, rows * 20, clock=Clock(), **more)


def press(edit: TextEdit, *names: str) -> None:
    """Press keys written as "ctrl+shift+left"."""
    for name in names:
        *held, key = name.split("+")
        keys.press(edit, key, shift="shift" in held, control="ctrl" in held)


class Editing(RuleBasedStateMachine):
    """Any operations, beside a plain str that has done the same."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.edit = TextEdit("start\nof it", Setting(MONO, 16, 20, 7 * WIDE), 60, clock=self.clock)
        self.plain = self.edit.text

    def _did(self, change: Change, expected: str) -> None:
        assert self.edit.text == expected
        if change.replaced is not None:
            assert change.replaced.apply(self.plain) == expected
        else:
            assert self.plain == expected
        self.plain = expected

    @rule(text=TEXTS)
    def types(self, text: str) -> None:
        start, end = self.edit.selection
        self._did(self.edit.insert(text), self.plain[:start] + clean(text) + self.plain[end:])

    @rule(text=TEXTS)
    def pastes(self, text: str) -> None:
        start, end = self.edit.selection
        self._did(keys.paste(self.edit, text), self.plain[:start] + clean(text) + self.plain[end:])

    @rule(to=st.sampled_from([move for move in MOVES if move not in VERTICAL]))
    def deletes(self, to: Move) -> None:
        start, end = self.edit.selection
        if start == end:
            probe = TextEdit(self.plain, self.edit.layout.setting, 60, clock=self.clock)
            probe.place(self.edit.caret)
            probe.move(to)
            start, end = sorted([start, probe.caret.index])
        self._did(self.edit.delete(to), self.plain[:start] + self.plain[end:])

    @rule(to=st.sampled_from(MOVES), select=st.booleans())
    def moves(self, to: Move, select: bool) -> None:
        self._did(self.edit.move(to, select=select), self.plain)

    @rule(x=st.floats(-20, 200), y=st.floats(-50, 150), clicks=st.integers(1, 3), to=st.floats(-20, 200))
    def drags(self, x: float, y: float, clicks: int, to: float) -> None:
        pointer = Pointer(self.edit)
        pointer.press(x, y, clicks=clicks)
        pointer.drag(to, y + 30)
        pointer.release()
        assert self.edit.text == self.plain

    @rule(less=st.booleans())
    def indents(self, less: bool) -> None:
        change = self.edit.indent(less=less)
        self._did(change, self.edit.text)

    @rule(seconds=st.floats(0, 2))
    def waits(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def leaves_with_escape(self) -> None:
        assert keys.press(self.edit, "escape") == Change(left=True)
        assert self.edit.text == self.plain

    @rule()
    def undoes(self) -> None:
        change = self.edit.undo()
        self._did(change, self.edit.text)

    @rule()
    def undoes_all_and_does_it_all_again(self) -> None:
        while self.edit.redo() != NOTHING:
            pass
        newest = self.edit.text
        while self.edit.undo() != NOTHING:
            pass
        assert self.edit.text == "start\nof it"
        while self.edit.redo() != NOTHING:
            pass
        assert self.edit.text == newest
        self.plain = newest

    @invariant()
    def caret_and_layout_fit_the_text(self) -> None:
        edit = self.edit
        assert 0 <= edit.caret.index <= len(edit.text) and 0 <= edit.anchor <= len(edit.text)
        fresh = wrap(edit.text, edit.layout.setting)
        assert (fresh.breaks, fresh.starts) == (edit.layout.breaks, edit.layout.starts)
        assert 0 <= edit.top <= max(0, edit.layout.height - edit.height)
        assert list(edit.visible_lines())


TestEditing = Editing.TestCase


def test_the_caret_is_always_seen_after_typing_and_moving() -> None:
    edit = field(rows=3)
    for number in range(50):
        edit.insert(f"line {number}\n")
        assert 0 <= edit.caret_box().y <= 40
    press(edit, "ctrl+home")
    assert (edit.top, edit.caret_box().y) == (0, 0)


def test_typing_within_a_second_is_one_step_and_a_move_ends_it() -> None:
    clock = Clock()
    edit = TextEdit("", field().layout.setting, 100, clock=clock)
    for char in "one":
        edit.insert(char)
        clock.now += 0.5
    clock.now += 1
    for char in "two":
        edit.insert(char)
    press(edit, "left", "right")
    edit.insert("!")
    texts = [edit.text]
    while edit.undo() != NOTHING:
        texts.append(edit.text)
    assert texts == ["onetwo!", "onetwo", "one", ""]


@pytest.mark.parametrize("key", ["backspace", "delete"])
def test_deleting_in_one_direction_is_one_step(key: str) -> None:
    edit = field("abcdef")
    edit.place(Place(3))
    press(edit, key, key)
    assert edit.text == ("adef" if key == "backspace" else "abcf")
    edit.undo()
    assert (edit.text, edit.caret) == ("abcdef", Place(3))


def test_undo_brings_the_selection_back_that_was_typed_over() -> None:
    edit = field("one two")
    edit.select(0, 3)
    edit.insert("x")
    assert edit.undo() == Change(replaced=Replaced(0, "x", "one"), moved=True)
    assert (edit.text, edit.selection) == ("one two", (0, 3))


def test_a_letter_with_marks_and_a_joined_emoji_are_one_character() -> None:
    edit = field("ae\u0301👩\u200d💻b")
    press(edit, "left", "backspace")
    assert edit.text == "ae\u0301b"
    press(edit, "left")
    assert edit.caret.index == 1
    press(edit, "delete")
    assert edit.text == "ab"


def test_words_are_walked_and_deleted() -> None:
    edit = field("one two, three")
    press(edit, "ctrl+left")
    assert edit.caret.index == 9
    press(edit, "ctrl+backspace", "ctrl+left")
    assert (edit.text, edit.caret.index) == ("one twothree", 4)
    press(edit, "ctrl+home", "ctrl+right")
    assert edit.caret.index == 4
    press(edit, "ctrl+delete")
    assert edit.text == "one "


def test_up_and_down_keep_the_column_over_a_short_line() -> None:
    edit = field("abcdef\nxy\nabcdef")
    edit.place(Place(5))
    press(edit, "down")
    assert edit.caret.index == 9
    press(edit, "down")
    assert edit.caret.index == 15
    press(edit, "up", "up")
    assert edit.caret.index == 5


def test_home_and_end_stay_on_the_wrapped_line() -> None:
    edit = field("one two three", columns=8)
    edit.place(Place(5))
    press(edit, "end")
    assert (edit.caret, edit.caret_box().y) == (Place(8, trailing=True), 0)
    press(edit, "end", "home")
    assert edit.caret == Place(0)
    edit.place(Place(9))
    press(edit, "home")
    assert (edit.caret, edit.caret_box().y) == (Place(8), 20)


def test_the_caret_stays_within_the_width_behind_hanging_spaces() -> None:
    edit = field("word          ", columns=5)
    assert edit.caret_box().x == pytest.approx(5 * WIDE, abs=0.1)


def test_shift_selects_and_left_goes_to_the_start_of_the_selection() -> None:
    edit = field("abcdef")
    press(edit, "shift+left", "shift+left")
    assert (edit.selection, edit.selected) == ((4, 6), "ef")
    press(edit, "left")
    assert edit.selection == (4, 4)


def test_two_clicks_select_a_word_and_a_drag_goes_on_by_words() -> None:
    edit = field("one two three", columns=30)
    pointer = Pointer(edit)
    pointer.press(5 * WIDE + 1, 5, clicks=2)
    assert edit.selected == "two"
    pointer.drag(9 * WIDE, 5)
    assert edit.selected == "two three"
    pointer.drag(1, 5)
    assert (edit.selected, edit.caret.index) == ("one two", 0)
    pointer.release()
    assert pointer.drag(9 * WIDE, 5) == NOTHING


def test_three_clicks_select_a_paragraph() -> None:
    edit = field("one two three\nfour", columns=6)
    Pointer(edit).press(1, 25, clicks=3)
    assert edit.selected == "one two three"


def test_shift_and_a_click_extend_the_selection() -> None:
    edit = field("abcdef")
    edit.place(Place(2))
    Pointer(edit).press(4 * WIDE, 5, shift=True)
    assert edit.selection == (2, 4)


def test_dragging_below_the_window_scrolls() -> None:
    edit = field("\n".join(map(str, range(30))), rows=3)
    press(edit, "ctrl+home")
    pointer = Pointer(edit)
    pointer.press(1, 1)
    for _ in range(5):
        assert pointer.drag(1, 65).scrolled
    assert edit.top > 60


def test_the_clipboard_gets_and_gives_text() -> None:
    edit = field("one two")
    edit.select(0, 4)
    assert keys.press(edit, "c", control=True) == Change(copied="one ")
    assert keys.press(edit, "x", control=True) == Change(replaced=Replaced(0, "one ", ""), moved=True, copied="one ")
    assert keys.press(edit, "v", control=True) == Change(pasting=True)
    keys.paste(edit, "a\r\nb\0\ud800")
    assert edit.text == "a\nbtwo"
    edit.place(Place(0))
    assert keys.press(edit, "c", control=True) == NOTHING == keys.press(edit, "x", control=True)


def test_a_read_only_field_is_selected_and_copied_but_never_changed() -> None:
    edit = field("one two", read_only=True)
    press(edit, "ctrl+a")
    assert keys.press(edit, "x", control=True) == Change(copied="one two")
    for name in ("backspace", "delete", "enter", "ctrl+v", "ctrl+z", "tab"):
        press(edit, name)
    assert (edit.insert("x"), edit.text, edit.selected) == (NOTHING, "one two", "one two")


def test_streamed_text_is_followed_only_by_who_is_at_its_end() -> None:
    edit = field("a\n" * 20, rows=3, read_only=True)
    edit.scroll(10_000)
    assert edit.append("b\n").scrolled
    edit.scroll(-100)
    top = edit.top
    assert not edit.append("c\n").scrolled and edit.top == top


def test_a_text_from_outside_leaves_the_caret_with_its_word() -> None:
    edit = field("one two three")
    edit.place(Place(8))
    change = edit.set_text("one and two three")
    assert (change.replaced, edit.caret.index) == (Replaced(4, "", "and "), 12)
    assert edit.set_text("one and two three") == NOTHING == edit.undo()


def test_tab_indents_only_where_it_is_wanted() -> None:
    edit = field("a\nb\n\nc")
    assert keys.press(edit, "tab") == NOTHING
    edit.select(0, 4)
    keys.press(edit, "tab", tab_indents=True)
    assert edit.text == "    a\n    b\n\nc"
    keys.press(edit, "tab", tab_indents=True, shift=True)
    assert edit.text == "a\nb\n\nc"
    edit.place(Place(1))
    keys.press(edit, "tab", tab_indents=True)
    assert edit.text == "a   \nb\n\nc"


def test_a_narrower_window_keeps_its_first_words() -> None:
    edit = field(" ".join(f"word{n}" for n in range(200)), columns=40, rows=4)
    edit.scroll(-10_000)
    edit.scroll(200)
    first = edit.visible_lines()[0][1].start
    edit.resize(edit.layout.setting._replace(width=20 * WIDE), 80)
    shown = edit.visible_lines()[0][1]
    assert shown.start <= first < shown.end


def test_page_keys_move_by_what_is_seen() -> None:
    edit = field("\n".join("x" * 20), rows=5)
    press(edit, "ctrl+home", "page_down")
    assert edit.layout.line_of(edit.caret) == 4
    press(edit, "page_up")
    assert edit.caret.index == 0


def test_unknown_keys_are_for_others() -> None:
    edit = field("x")
    assert keys.press(edit, "f5") == NOTHING == keys.press(edit, "s", control=True)


@given(st.text(), st.data())
def test_the_difference_of_two_texts_makes_the_one_of_the_other(old: str, data: st.DataObject) -> None:
    new = data.draw(st.one_of(st.text(), st.just(old[:1] + "x" + old[1:]), st.just(old[::2])))
    edit = field(old)
    change = edit.set_text(new)
    assert edit.text == new
    assert change.replaced is None or change.replaced.apply(old) == new
    assert change.replaced is None or change.replaced.reversed().apply(new) == old


def test_an_edit_of_a_long_text_is_quick() -> None:
    edit = field("\n".join(f"paragraph {n} with some words" for n in range(6000)), columns=30)

    def seconds(work: Callable[[], object]) -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    edit.place(Place(90_000))
    assert min(seconds(lambda: edit.insert("x")) for _ in range(10)) < 0.020
