"""Chat text laid out: lines within a width, links, code with a copy, tables, lists, and selecting across all of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from graphide.editor.text.blocks import Code, Span
from graphide.editor.text.markdown import parse
from graphide.editor.text.page import BODY, Part, part_of, with_caret
from graphide.editor.text.picking import Mark, Picked, copied, lit, mark_at, word_at
from graphide.editor.text.typeset import Style, set_spans, width_of
from graphide.editor.views import Rect, Stroke, Text

WIDTH = 240.0
EVERYTHING = """# Title

Some **bold** and `code` words with a [link](https://example.org/a) that go on for more than one line.

- one
  1. inner
- two

> quoted

| name | n |
|:-----|--:|
| a    | 1 |

```python
print("hello world")
```

---
"""


def parts(source: str, width: float = WIDTH) -> list[Part]:
    return [part_of(block, width) for block in parse(source)]


def texts(part: Part) -> list[str]:
    return [shape.text for shape in part.shapes if isinstance(shape, Text)]


@given(st.text(st.sampled_from("ab c-/中、é\n\u00a0😀"), max_size=120), st.integers(20, 400))
@settings(max_examples=150)
def test_lines_keep_every_character_and_stay_within_the_width(source: str, width: int) -> None:
    spans = tuple(Span(piece, bold=number % 2 == 1) for number, piece in enumerate(source.split("b")) if piece)
    lines = set_spans(spans, width, BODY)
    assert "".join(line.text + line.end for line in lines) == "".join(span.text for span in spans) + "\n"
    for line in lines:
        assert line.width <= max(width, BODY.size) + 0.1 or len(line.text.rstrip(" \u3000")) <= 1


def test_a_word_longer_than_a_line_is_broken_and_one_with_several_looks_stays_together() -> None:
    lines = set_spans((Span("x" * 200),), 100, BODY)
    assert len(lines) > 10 and all(line.width <= 100.1 for line in lines)
    two = (Span("they all go along "), Span("un", bold=True), Span("believable"))
    assert [line.text for line in set_spans(two, width_of(two, BODY), BODY)] == ["they all go along unbelievable"]
    narrow = width_of((Span("they all go along un"),), BODY)
    assert [line.text for line in set_spans(two, narrow, BODY)] == ["they all go along ", "unbelievable"]


def test_looks_have_faces_and_colours() -> None:
    (line,) = set_spans(
        (Span("a"), Span("b", bold=True), Span("c", italic=True), Span("d", code=True), Span("e", link="https://x.y")),
        500, Style(),
    )  # fmt: skip
    assert [run.weight for run in line.runs] == ["regular", "semibold", "medium", "mono", "regular"]
    assert line.runs[-1].color == "link"


def test_every_kind_of_block_has_a_height_and_stays_within_its_width() -> None:
    for width in (60.0, WIDTH, 860.0):
        for part in parts(EVERYTHING, width):
            assert part.height > 0
            for shape in part.shapes:
                if isinstance(shape, Rect):
                    assert shape.x >= -3 and shape.x + shape.width <= width + 4
            for line in part.lines:
                assert line.y + line.height <= part.height


def test_a_link_answers_to_a_click_and_is_underlined() -> None:
    part = parts(EVERYTHING, 600)[1]
    (spot,) = part.spots
    assert (spot.act, spot.value) == ("link", "https://example.org/a")
    inside = (spot.box.x + 2, spot.box.y + 2)
    assert part.spot_at(*inside) is spot and part.spot_at(0, 0) is None
    assert any(isinstance(shape, Stroke) for shape in part.shapes)


def test_code_has_its_language_a_copy_and_the_line_ends_of_the_writer() -> None:
    code = "for each in range(10):\n\tprint('a line that is far too long for the width')"
    part = part_of(Code("python", code), WIDTH)
    assert "python" in texts(part)
    assert [spot.value for spot in part.spots if spot.act == "copy_text"] == [code]
    assert len(part.lines) > 2
    whole = Picked(Mark(0, 0, 0), Mark(0, len(part.lines) - 1, 999))
    assert copied([part], whole) == code.replace("\t", "    ")


def test_lists_have_signs_and_are_indented() -> None:
    (part,) = parts("9. nine\n10. ten\n    - [x] done\n    - [ ] open")
    assert [text for text in texts(part) if text in ("9.", "10.", "☑", "☐")] == ["9.", "10.", "☑", "☐"]
    left = {line.text: line.x for line in part.lines}
    assert left["nine"] == left["ten"] < left["done"]


def test_a_table_gives_narrow_columns_what_they_want_and_one_with_too_many_is_written_in_rows() -> None:
    (part,) = parts("| n | text |\n|--:|---|\n| 1 | " + "word " * 40 + "|")
    one = next(line for line in part.lines if line.text == "1")
    assert one.x + one.width < 60 and len(part.lines) > 5
    (wide,) = parts("|" + "a|" * 30 + "\n|" + "-|" * 30 + "\n|" + "b|" * 30)
    assert all(line.width <= WIDTH for line in wide.lines) and "·" in wide.lines[0].text


def test_a_link_in_a_cell_is_clicked_where_it_is_drawn() -> None:
    (part,) = parts("| a column that is wide |\n|--:|\n| [x](https://x.y) |")
    line = next(line for line in part.lines if line.text == "x")
    (spot,) = part.spots
    assert (spot.box.x, spot.box.y) == pytest.approx((line.x, line.y)) and line.x > 60


def test_the_caret_of_a_stream_is_behind_the_last_line() -> None:
    (part,) = parts("some words")
    caret = with_caret(part).shapes[-1]
    assert isinstance(caret, Rect) and caret.x > part.lines[-1].width and with_caret(Part(10)).shapes == ()


def test_a_selection_across_blocks_is_lit_and_copied_as_it_reads() -> None:
    made = parts("# Head\n\nfirst words\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |", 600)
    whole = Picked(Mark(3, 3, 1), Mark(0, 0, 0))
    assert copied(made, whole) == "Head\n\nfirst words\n\n• one\n• two\n\na\tb\n1\t2"
    assert {number for number, _ in lit(made, whole)} == {0, 1, 2, 3}
    assert copied(made, Picked(Mark(1, 0, 0), Mark(1, 0, 5))) == "first"
    assert not Picked(Mark(1, 0, 2), Mark(1, 0, 2))


def test_the_place_under_the_mouse_is_the_nearest_character() -> None:
    made = parts("first words", 600)
    line = made[0].lines[0]
    assert mark_at(made, 0, -50, 4) == Mark(0, 0, 0)
    assert mark_at(made, 0, 5000, 400) == Mark(0, 0, len("first words"))
    middle = line.width * 0.75
    mark = mark_at(made, 0, middle, 5)
    assert mark is not None and copied(made, word_at(made, mark)) == "words"
    assert mark_at([Part(5)], 0, 1, 1) is None
    assert mark_at([Part(5), *made, Part(5)], 0, 1, 1) == Mark(1, 0, 0), "what has no text begins at the next that has"
    assert mark_at([*made, Part(5)], 1, 1, 1) == Mark(0, 0, len("first words"))


@pytest.mark.parametrize("source", ["", "\n\n", "```", "|a|\n|-|", "- ", "> ", "#", "**", "[a](", "`" * 50])
def test_half_written_markdown_is_laid_out(source: str) -> None:
    for end in range(len(source) + 1):
        for part in parts(source[:end]):
            assert part.height >= 0
