"""How models look: lines that fit their width, facts, and READMEs without the HTML that the hub would draw."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest

from graphide.editor.model_cards import Card
from graphide.editor.model_list import ModelRow
from graphide.editor.model_readme import ReadmePage, readable
from graphide.editor.model_shapes import card_shapes, facts_part, form_shapes, row_shapes
from graphide.editor.text.metrics import width as text_width
from graphide.editor.views import Shape, Text
from graphide.models.hub_files import HubFile, Quantisation
from graphide.models.hub_fit import FitLabel
from graphide.models.hub_offer import Form

LONG = "a-model-with-a-name-that-is-much-longer-than-any-line-could-be-in-a-window-of-any-width-Q4_K_M"
FIT = FitLabel(verdict="fits", needed=5_000_000_000, free=8_100_000_000, n_ctx=4096, exact=False)


def texts(shapes: Iterable[Shape], width: float) -> list[str]:
    """Return the texts of a line, none of which may leave it."""
    found = [shape for shape in shapes if isinstance(shape, Text)]
    for text in found:
        assert text.x >= 0 and text.x + text_width(text.text, text.size, text.weight) <= width + 1, text
    return [text.text for text in found]


@pytest.mark.parametrize("width", [240.0, 340.0, 620.0])
def test_lines_keep_to_their_width(width: float) -> None:
    row = ModelRow(LONG, LONG, size=5_000_000_000, quantisation="Q4_K_M", fits="tight", needs=6 * 10**9, key="/m",
                   names=("fast", "default"))  # fmt: skip
    texts(row_shapes(row, width, held=312_000_000, is_default=True), width)
    texts(
        card_shapes(Card(repo=f"ada/{LONG}", title=LONG, downloads=10**7, fit=FIT, gated=True), width, here=True), width
    )
    form = Form(Quantisation("Q4_K_M", (HubFile(f"{LONG}.gguf", 4_700_000_000),)), FIT, take=True)
    texts(form_shapes(form, width, lit=True, here=True), width)


def test_a_line_says_what_counts() -> None:
    row = ModelRow("a.gguf", "a", size=98_000_000, quantisation="Q8_0", parameters=135_000_000, context=8192, key="/m",
                   fits="fits", needs=193_000_000, names=("fast",))  # fmt: skip
    said = texts(row_shapes(row, 620, is_default=True), 620)
    assert {"default", "fast", "fits"} <= set(said)
    assert "Q8_0  ·  135M  ·  8k context  ·  98 MB  ·  needs about 193 MB" in said
    assert "loaded · 312 MB" in texts(row_shapes(row, 620, held=312_000_000), 620)
    broken = ModelRow("b.gguf", "b", size=5, problem="is truncated", key="/b")
    assert "is truncated" in texts(row_shapes(broken, 620), 620)
    form = Form(Quantisation("Q4_K_M", (HubFile("m.gguf", 4_700_000_000),)), FIT, take=True)
    said = texts(form_shapes(form, 540, lit=False), 540)
    assert "estimate: fits, leaves 3.1 GB" in said and "recommended" in said and "4.7 GB" in said
    narrow = texts(form_shapes(form, 300, lit=False), 300)
    assert "fits (estimate)" in narrow, "an estimate is called one also where there is little room"


def test_facts_stand_beside_their_labels_and_long_values_take_more_lines() -> None:
    part = facts_part([("File", "/home/ada/" + "models/" * 30), ("Size", "98 MB")], 340)
    assert len(part.lines) > 3 and all(line.x == 112 and line.x + line.width <= 341 for line in part.lines)


def test_a_readme_is_read_without_html_pictures_and_comments() -> None:
    text = '<p align="center"><img src="x"></p>\n\n<!-- hidden -->\n[![b](u)](v)\n\n# Title\n\n2 < 3 and `<b>`\n\n```html\n<p>kept</p>\n```\n'
    plain = readable(text)
    assert plain.startswith("# Title") and "2 < 3" in plain and "<p>kept</p>" in plain and "hidden" not in plain
    began = time.monotonic()
    for hostile in ("<!--" * 10_000, "<b " * 13_000, "[![" * 13_000, "![](" * 10_000, "```" * 13_000):
        readable(hostile)
    assert time.monotonic() - began < 2, "strangers write these texts"
    assert readable("x" * 50_000).endswith("…") and len(readable("x" * 50_000)) < 21_000


def test_a_page_of_a_readme_knows_what_is_seen_and_where_links_are() -> None:
    page = ReadmePage("\n\n".join(["para [here](https://example.org)"] * 50), 400)
    assert page.parts == () and page.grow(0.0) and len(page.parts) == 1, "piece by piece"
    assert not page.grow() and page.height == page.tops[-1] and len(page.parts) == 50
    assert list(page.seen(0, 30)) == [0] and page.seen(page.height - 1, 10).stop == 50
    spot = page.parts[3].spots[0]
    found = page.spot_at(spot.box.x + 2, page.tops[3] + spot.box.y + 2)
    assert found is not None and (found.act, found.value) == ("link", "https://example.org")
    assert page.spot_at(1, page.height + 5) is None and not ReadmePage("", 300).grow()
