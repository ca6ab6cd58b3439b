"""The widths that the editor reckons with are those of a real window."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from graphide.editor.text.metrics import Weight, face, icons
from tests.ui.window import run_in_window

WEIGHTS: list[Weight] = ["regular", "medium", "semibold", "mono"]
SIZES = [10, 11, 12, 13, 13.5, 14, 15, 16, 17, 18, 20, 22, 23, 24, 27, 30]


def texts() -> list[str]:
    chance = random.Random(7)
    known = [char for char in map(chr, range(32, 0x1FB00)) if face("regular").advances.has(char)] + list("\t\r日😀")
    anything = ["".join(chance.choices(known, k=200)) for _ in range(20)]
    same = [char * 200 for char in "aiW .,0é→∑█жλ\ufe0f"]
    icon_row = "".join(list(icons().values())[:200])
    prose = "The quick brown fox: “jumps”, over 1,234 lazy dogs — AVATAR To. Ya? fi ffl {{ name }} | \t end. "
    return [prose * 3, *anything, *same, icon_row, "", "x"]


@pytest.mark.parametrize("weight", WEIGHTS)
def test_widths_agree_with_dear_imgui_to_half_a_pixel_in_a_hundred_characters(weight: Weight) -> None:
    """A window rounds the width of a text up to whole pixels, so at 200 characters it may be 1 pixel wider.

    One window for each face: all glyphs of all faces at all sizes do not fit into one texture.
    """
    asked = {"weights": [weight], "sizes": SIZES, "texts": texts()}
    found = json.loads(run_in_window(Path(__file__).with_name("text_sizes.py"), json.dumps(asked)))
    assert len(found) == len(SIZES) * len(texts())
    off = []
    for _, size, text, width, height in found:
        ours = face(weight).width(text, size)
        if not (-0.05 <= width - ours <= 1.05 and abs(height - size) < 0.01):
            off.append((size, text[:20], width, ours, height))
    assert off == []
