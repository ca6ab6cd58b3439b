"""Chat text as blocks: what models write is shown as meant, streamed or whole, and nothing hostile costs much."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings, strategies as st

from graphide.editor.text.blocks import (
    Block,
    Code,
    Heading,
    Item,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
)
from graphide.editor.text.markdown import MAX_BLOCK, Stream, parse
from graphide.editor.text.markdown_blocks import MAX_INLINE

LINES = [
    *(
        "",
        " ",
        "a",
        "b c",
        "# h",
        "#",
        "- a",
        "-",
        "  - b",
        "1. x",
        "2) y",
        "> q",
        ">",
        "```",
        "```py",
        "~~~",
        "---",
        "***",
    ),
    *(
        "===",
        "| a | b |",
        "|-|-|",
        "| - | :-: |",
        "    code",
        "\ttab",
        "**b",
        "b**",
        "`c",
        "[a](https://x.y)",
        "<p>",
        "a  ",
    ),
    *("[1]: https://x.y", "[1]", "   a", "\\", "&amp;", "+ ", "* * *", "a|b", "-|-", "<!--", "-->", "![i](http://x)"),
]
TEXTS = st.lists(st.sampled_from(LINES), max_size=14).map("\n".join) | st.text(
    st.sampled_from("a -*_`#>|\n\r\t1.[]()~=<!:\\&"), max_size=60
)


def text(*words: str) -> Paragraph:
    return Paragraph(tuple(Span(word) for word in words))


def test_every_kind_of_block_and_span_is_read() -> None:
    source = """\
# Notes on **0.4**

A `node` and *one* ~~two~~ [site](https://x.y/z), ![a cat](https://x.y/cat.png)
goes on\\
here.

- a
  1. deep
- [x] done
- [ ] open

3. three

> said

| name | n |
|:-----|--:|
| *a*  | 1 |

```python title=x
if a:
    b
```
---
"""
    assert parse(source) == (
        Heading(1, (Span("Notes on "), Span("0.4", bold=True))),
        Paragraph(
            (
                Span("A "),
                Span("node", code=True),
                Span(" and "),
                Span("one", italic=True),
                Span(" "),
                Span("two", struck=True),
                Span(" "),
                Span("site", link="https://x.y/z"),
                Span(", "),
                Span("a cat", link="https://x.y/cat.png"),
                Span(" goes on\nhere."),
            )
        ),
        Listing(
            (
                Item(None, (text("a"), Listing((Item(1, (text("deep"),)),)))),
                Item(None, (text("done"),), checked=True),
                Item(None, (text("open"),), checked=False),
            )
        ),
        Listing((Item(3, (text("three"),)),)),
        Quote((text("said"),)),
        Table(
            ("left", "right"),
            (((Span("name"),), (Span("n"),)), ((Span("a", italic=True),), (Span("1"),))),
        ),
        Code("python", "if a:\n    b"),
        Rule(),
    )


@pytest.mark.parametrize(
    ("source", "blocks"),
    [
        ("", ()),
        ("<b>x</b> <script>alert(1)</script>", (text("<b>x</b> <script>alert(1)</script>"),)),
        ("<div>\n\nx", (text("<div>"), text("x"))),
        ("a\r\nb\r\rc", (text("a b"), text("c"))),
        ("```\nunfinished", (Code("", "unfinished"),)),
        ("    a\n\n    b", (Code("", "a\n\nb"),)),
        ("[1]: https://x.y", (Paragraph((Span("[1]: "), Span("https://x.y", link="https://x.y"))),)),
        (
            "see https://x.y/a_b_c.",
            (Paragraph((Span("see "), Span("https://x.y/a_b_c", link="https://x.y/a_b_c"), Span("."))),),
        ),
    ],
)
def test_what_is_not_quite_markdown_is_shown_as_it_is_meant(source: str, blocks: tuple[Block, ...]) -> None:
    assert parse(source) == blocks


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "//x.y", "x.md", "HTTP"]
)
def test_only_addresses_for_a_browser_are_links(address: str) -> None:
    for source in (f"[a]({address})", f"![a]({address})", f"<{address}>"):
        assert not any(span.link for block in parse(source) if isinstance(block, Paragraph) for span in block.spans)


@given(TEXTS, st.data())
@settings(max_examples=200)
@example("a\n***b", None)
@example("a\n| b |\n|-|c", None)
@example("a\r\nb", None)
def test_streaming_gives_the_blocks_of_the_whole_text(source: str, data: st.DataObject | None) -> None:
    stream, at = Stream(), 0
    while at < len(source):
        size = 1 if data is None else data.draw(st.integers(1, 5))
        before = stream.blocks
        first = stream.feed(source[at : at + size])
        at += size
        assert stream.blocks == parse(source[:at])
        assert stream.blocks[:first] == before[:first]


@given(st.text(st.sampled_from("*_`~[]()!<>&\\# \n-|"), max_size=200))
def test_anything_can_be_parsed_and_no_span_is_empty(source: str) -> None:
    spans = [span for block in parse(source) if isinstance(block, Paragraph) for span in block.spans]
    assert all(span.text for span in spans)


def test_only_the_last_blocks_of_a_stream_change() -> None:
    stream = Stream()
    changed = [stream.feed(f"Paragraph {number}.\n\n") for number in range(50)]
    assert all(first >= number - 2 for number, first in enumerate(changed))
    assert len(stream.blocks) == 50


N = 12_000
HOSTILE = {
    "brackets": "[" * N,
    "stars": "a**b" * (N // 4),
    "images": "![" * (N // 2),
    "links": "[a](" * (N // 4),
    "ticks": "`a``b```c" * (N // 9),
    "a long list": "- a\n" * (N // 4),
    "a long paragraph": "a\n" * (N // 2),
    "a long table": "|a|b|\n|-|-|\n" + "|x|y|\n" * (N // 6),
    "a wide table": "|a" * 1000 + "|\n" + "|-" * 1000 + "|\n" + "|a\n" * 3000,
    "deep quotes": "> " * 500 + "\n" + ">" * N,
    "deep lists": "- " * N,
    "deep emphasis": "**" * 500 + "a" + "**" * 500,
    "a long code block": "```\n" + "x = 1\n" * (N // 6),
    "entities": "&" * N,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_parsed_in_bounded_time(name: str) -> None:
    """A few tenths of a second on a machine at rest; without the bounds some of these take minutes."""
    start = time.process_time()
    assert parse(HOSTILE[name])
    assert time.process_time() - start < 8


def test_a_block_without_end_is_cut_and_too_long_a_paragraph_is_shown_as_it_is() -> None:
    long = parse("word " * (MAX_INLINE // 5 + 1))
    assert [type(block) for block in long] == [Paragraph]
    cut = parse("- item\n" * (MAX_BLOCK // 2))
    assert len(cut) > 1 and {type(block) for block in cut} == {Listing}
    assert sum(len(block.items) for block in cut if isinstance(block, Listing)) == MAX_BLOCK // 2
    code = parse("```\n" + "x = 1\n" * MAX_BLOCK)
    assert [type(block) for block in code] == [Code]


def test_a_long_answer_streams_quickly() -> None:
    answer = "".join(f"## Part {n}\n\nSome **words** and `code` that go on.\n\n- one\n- two\n\n" for n in range(200))
    stream = Stream()
    start = time.process_time()
    pieces = [answer[at : at + 4] for at in range(0, len(answer), 4)]
    for piece in pieces:
        stream.feed(piece)
    assert (time.process_time() - start) / len(pieces) < 0.005
