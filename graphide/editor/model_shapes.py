"""Lines of the model dialog as they look: a model file, a card of the hub, a form of a repository. Pixels at scale 1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from graphide.editor.model_cards import Card, card_facts
from graphide.editor.model_list import ModelRow, size_text
from graphide.editor.model_offers import Form
from graphide.editor.text.blocks import Span
from graphide.editor.text.metrics import icon, shortened, width as text_width
from graphide.editor.text.page import Part, Sheet
from graphide.editor.text.typeset import Style
from graphide.editor.views import Rect, Shape, Text
from graphide.models.fit import Verdict
from graphide.models.wording import context, quantity

ROW: Final = 54.0
FORM: Final = 36.0
FITS: Final[Mapping[Verdict, str]] = {"fits": "ok", "tight": "warning", "does not fit": "error"}
_LEFT: Final = 40.0
_NAMED: Final = {"default": "star", "echo": "message-square"}
_SIGN_OF_FORM: Final = 32.0
_VALUE: Final = 112.0  # where the values of facts begin
_FACT: Final = Style(13, 18, "muted")


def chip(right: float, y: float, text: str, color: str) -> tuple[float, tuple[Shape, ...]]:
    """Return how wide a small label is whose right end is given, and its shapes."""
    width = text_width(text, 12, "medium") + 16
    left = right - width
    ground = Rect(left, y, width, 20, fill=f"{color}@16", rounding=10)
    return width, (ground, Text(left + 8, y + 4, text, 12, color, "medium"))


def row_shapes(row: ModelRow, width: float, *, held: int = 0, is_default: bool = False) -> Iterator[Shape]:
    """Yield the line of a model of this machine; `held` are the bytes of memory that it holds."""
    sign = _NAMED.get(row.name, "tag") if not row.key else "file-warning" if row.problem else "box"
    color = "ok" if held else "error" if row.problem else "muted"
    yield Text(12, 17, icon(sign), 18, color)
    end = width - 12.0
    labels: list[tuple[str, str]] = []
    if row.fits is not None and not held:
        labels.append((row.fits, FITS[row.fits]))
    if held:
        labels.append((f"loaded · {size_text(held)}", "ok"))
    if is_default:
        labels.append(("default", "accent"))
    labels += [(name, "slate") for name in row.names if name != "default"][:2]
    for text, chip_color in labels:
        if end - _LEFT < 190:
            break
        used, shapes = chip(end, 8, text, chip_color)
        yield from shapes
        end -= used + 6
    title = shortened(row.title, max(40.0, end - _LEFT - 6), 15, "medium")
    yield Text(_LEFT, 8, title, 15, "faint" if row.problem else "text", "medium")
    below = row.problem or _about(row)
    yield Text(_LEFT, 30, shortened(below, width - _LEFT - 12, 13), 13, "error" if row.problem else "faint")


def card_shapes(card: Card, width: float, *, here: bool = False) -> Iterator[Shape]:
    """Yield the line of a repository of the hub; `here`: one of its files is on this machine."""
    yield Text(12, 17, icon("lock" if card.gated else "package"), 18, "warning" if card.gated else "muted")
    end = width - 12.0
    if card.fit is not None:
        about = "" if width < 330 else f" · about {size_text(card.fit.needed)}"
        used, shapes = chip(end, 8, f"{card.fit.verdict}{about}", FITS[card.fit.verdict])
        yield from shapes
        end -= used + 6
    if here:
        used, shapes = chip(end, 8, "here", "accent")
        yield from shapes
        end -= used + 6
    yield Text(_LEFT, 8, shortened(card.title, max(40.0, end - _LEFT - 6), 15, "medium"), 15, "text", "medium")
    below = card.about or "  ·  ".join(card_facts(card))
    yield Text(_LEFT, 30, shortened(below, width - _LEFT - 12, 13), 13, "faint")


def form_shapes(form: Form, width: float, *, lit: bool, here: bool = False) -> Iterator[Shape]:
    """Yield the line of a quantisation with its size and whether it fits, with numbers."""
    yield Text(11, 10, icon("circle-check" if lit else "circle"), 15, "accent" if lit else "faint")
    name = shortened(form.name, width * 0.36, 14, "medium")
    yield Text(_SIGN_OF_FORM, 9, name, 14, "text", "medium")
    at = _SIGN_OF_FORM + text_width(name, 14, "medium") + 10
    fit, color = form.label.short, FITS[form.label.verdict]
    size = size_text(form.chosen.size)
    tight = width < 430
    fit_width = text_width(fit, 12.5)
    if tight:
        fit = fit.removeprefix("estimate: ").partition(",")[0]
        fit = fit if form.label.exact else f"{fit} (estimate)"
        fit_width = text_width(fit, 12.5)
    size_right = width - 12 - max(fit_width, 60.0) - 14
    yield Text(width - 12 - fit_width, 10, fit, 12.5, color)
    yield Text(size_right - text_width(size, 13), 10, size, 13, "muted")
    room = size_right - text_width(size, 13) - 10 - at
    for text, chip_color in _marks(form, here):
        if text_width(text, 12, "medium") + 16 > room:
            break
        used, shapes = chip(at + text_width(text, 12, "medium") + 16, 8, text, chip_color)
        yield from shapes
        at, room = at + used + 6, room - used - 6


def facts_part(facts: Iterable[tuple[str, str]], width: float) -> Part:
    """Return labels with their values beside them, laid out at a width."""
    sheet = Sheet()
    for label, value in facts:
        sheet.back.append(Text(0, sheet.y + 2, label, 13, "faint"))
        top = sheet.y
        sheet.text((Span(value),), _VALUE, width - _VALUE, _FACT)
        sheet.y = max(sheet.y, top + _FACT.line_height) + 5
    return sheet.part()


def _marks(form: Form, here: bool) -> Iterator[tuple[str, str]]:
    if form.take:
        yield "recommended", "accent"
    if here:
        yield "here", "ok"


def _about(row: ModelRow) -> str:
    if row.means:
        return f"now {row.means}"
    if not row.size:
        return row.about
    tokens = f"{context(row.context)} context" if row.context else ""
    needs = f"needs about {size_text(row.needs)}" if row.needs else ""
    facts = (row.quantisation, quantity(row.parameters), tokens, size_text(row.size), needs)
    return "  ·  ".join(fact for fact in facts if fact)
