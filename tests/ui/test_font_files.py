"""The fonts that come with graphide hold everything that is written with them, and their licences come along."""

from __future__ import annotations

import ast
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from graphide.editor.text.metrics import FONTS, Weight, face, icons

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS: list[Weight] = ["regular", "medium", "semibold", "mono"]
# What the window itself shows, whoever draws it.
NEEDED = """
play square pause undo-2 redo-2 zoom-in zoom-out maximize save settings search plus minus x check copy clipboard-paste
scissors trash-2 pencil folder folder-open file file-text file-plus download upload refresh-cw rotate-cw history clock
message-square send paperclip mic bot user cpu hard-drive memory-stick gauge thermometer sliders-horizontal sun moon
chevron-down chevron-right chevron-left chevron-up arrow-left arrow-right arrow-up arrow-down corner-down-left
circle-alert triangle-alert circle-check circle-x info circle-help loader-circle panel-left panel-right panel-bottom
layout-grid grid-3x3 group ungroup workflow git-branch merge split filter repeat variable braces brackets regex list
table image type hash toggle-left eye eye-off lock unlock pin star bookmark link unlink external-link share-2 tag
sticky-note frame box layers align-start-vertical align-center-vertical align-end-vertical align-start-horizontal
align-horizontal-distribute-center align-vertical-distribute-center sparkles wand-sparkles zap zap-off ban
skip-forward circle-dot circle-stop keyboard mouse-pointer-2 move hand ellipsis ellipsis-vertical menu home house bell
bug terminal code database cloud globe shield languages book-open graduation-cap scroll-text notebook-text package
plug target crosshair map minimize-2 maximize-2
"""


def parts(weight: Weight) -> TTFont:
    return TTFont(face(weight).path)


def named_icons() -> Iterator[str]:
    """Yield the icons that our code names: the argument `icon=`, or that of the function `icon`."""
    for path in sorted([*(ROOT / "graphide").rglob("*.py"), *(ROOT / "nodes").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            values = [keyword.value for keyword in node.keywords if keyword.arg == "icon"]
            if getattr(node.func, "id", getattr(node.func, "attr", "")) == "icon":
                values += node.args
            yield from (value.value for value in values if isinstance(value, ast.Constant) and value.value)


@pytest.mark.parametrize("weight", ["regular", "medium", "semibold"])
def test_every_icon_in_use_is_in_the_proportional_fonts(weight: Weight) -> None:
    there = parts(weight).getBestCmap()
    assert {name for name in [*NEEDED.split(), *named_icons()] if name not in icons()} == set()
    assert {name for name, char in icons().items() if ord(char) not in there} == set()


@pytest.mark.parametrize("weight", WEIGHTS)
def test_latin_greek_cyrillic_and_signs_are_in_every_font(weight: Weight) -> None:
    there = parts(weight).getBestCmap()
    blocks = [
        (0x20, 0x17F),
        (0x370, 0x3E1),
        (0x3F0, 0x3FF),
        (0x400, 0x4FF),
        (0x1E00, 0x1EFF),
        (0x2190, 0x22FF),
        (0x2500, 0x25FF),
    ]
    wanted = [code for first, last in blocks for code in range(first, last + 1)]
    printed = {code for code in wanted if unicodedata.category(chr(code)) not in ("Cc", "Cn")}
    assert {chr(code) for code in printed - set(there)} == set()
    assert {char for char in "–—…“”‘’•·✓✗✅❌🚀😀👍💡\ufe0f\u200d\ufffd" if ord(char) not in there} == set()


@pytest.mark.parametrize("weight", WEIGHTS)
def test_the_metrics_are_those_of_the_font(weight: Weight) -> None:
    font, ours = parts(weight), face(weight)
    line = font["hhea"]
    height = line.ascent - line.descent
    assert ours.ascent == pytest.approx(line.ascent / height)
    assert {chr(code) for code in font.getBestCmap() if not ours.advances.has(chr(code))} == set()
    off = {
        chr(code): font["hmtx"][name][0]
        for code, name in font.getBestCmap().items()
        if chr(code) not in "\t\n\r" and abs(ours.advances[chr(code)] * height - font["hmtx"][name][0]) > 0.01
    }
    assert off == {}


def test_icons_stand_in_the_middle_of_capitals() -> None:
    font = parts("regular")
    names, glyphs = font.getBestCmap(), font["glyf"]
    capital = glyphs[names[ord("H")]]
    icon = glyphs[names[ord(icons()["square"])]]
    assert (icon.yMin + icon.yMax) / 2 == pytest.approx((capital.yMin + capital.yMax) / 2, abs=4)


@pytest.mark.parametrize("weight", WEIGHTS)
def test_fonts_are_renamed_and_small(weight: Weight) -> None:
    font = parts(weight)
    family = "Graphide Mono" if weight == "mono" else "Graphide Sans"
    assert font["name"].getDebugName(16) == family
    assert str(font["name"].getDebugName(4)).startswith(family)
    assert "Open Font License" in str(font["name"].getDebugName(13))
    assert face(weight).path.stat().st_size <= 1_400_000


def test_licences_are_beside_the_fonts_and_named_in_the_list() -> None:
    listed = (ROOT / "THIRD_PARTY_LICENSES.md").read_text("utf-8")
    texts = sorted(path.name for path in FONTS.glob("*.txt"))
    assert len(texts) == 7
    for name in texts:
        assert f"`{name}`" in listed
        licence = (FONTS / name).read_text("utf-8")
        assert ("SIL OPEN FONT LICENSE" if name.startswith("OFL") else "ISC License") in licence
    assert sorted(json.loads((FONTS / "icons.json").read_text("utf-8"))) == sorted(icons())
