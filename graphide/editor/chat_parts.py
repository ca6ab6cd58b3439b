"""The pieces of a chat as they look: a message in its bubble, the line above an answer, and what stands below it.

The text of an answer is laid out by `graphide.editor.text.page`, the whole chat by `chat_page`. Pixels at scale 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from graphide.chatting.attachments import Attachment, split_attachments
from graphide.editor.text.blocks import Span
from graphide.editor.text.metrics import icon, shortened, width as text_width
from graphide.editor.text.page import Act, Part, Sheet, Spot
from graphide.editor.text.typeset import Style, set_spans
from graphide.editor.views import Box, Rect, Text
from graphide.store.turns import ROOT, Answer, Turn

_SAID: Final = Style(15, 21)
_SMALL: Final = Style(13.5, 19, "muted")
_FACTS: Final = Style(13, 19, "faint")
_BUBBLE_PAD: Final = (15.0, 11.0)
_BUBBLE_SHARE: Final = 0.82
_TOOL: Final = 26.0
_SIGN: Final = 15.0
_BUTTON: Final = 29.0
_FILE: Final = 31.0
_LONGEST_NAME: Final = 0.55  # of the width


class Place(NamedTuple):
    """A turn among those at the same place: which one of how many, and its neighbours (0: none)."""

    number: int = 1
    total: int = 1
    before: int = 0
    after: int = 0


# --- what was asked


def message_part(turn: Turn, place: Place, width: float, *, edited: bool) -> Part:
    """Return a message in its bubble at the right, the files that went along above it, its tools below."""
    sheet = Sheet()
    said, files = split_attachments(turn.text)
    sheet.y = 14.0
    for file in files:
        _file(sheet, file, width)
    if said.strip() or not files:
        _bubble(sheet, said, width, edited=edited)
    sheet.y += 3
    tools: list[_Tool] = [("copy", "copy", "Copy the message"), ("edit", "pencil", "Say something else here")]
    _tools(sheet, turn, place, tools, width, right=True)
    return sheet.part(6)


def _bubble(sheet: Sheet, said: str, width: float, *, edited: bool) -> None:
    pad, high = _BUBBLE_PAD
    lines = set_spans((Span(said.replace("\t", "    ")),), max(80.0, width * _BUBBLE_SHARE - 2 * pad), _SAID)
    inner = max(line.width for line in lines)
    left, top = width - inner - 2 * pad, sheet.y
    height = len(lines) * _SAID.line_height + 2 * high
    outline = "accent" if edited else ""
    sheet.back.append(Rect(left, top, inner + 2 * pad, height, fill="bubble", outline=outline, rounding=16))
    sheet.lines += [line.moved(left + pad, top + high) for line in lines]
    sheet.y = top + height


def _file(sheet: Sheet, file: Attachment, width: float) -> None:
    """Add a file that went along; a click copies what was in it."""
    name = shortened(file.name, width * _BUBBLE_SHARE - 60, 13.5)
    wide = text_width(name, 13.5) + 44
    left = width - wide
    sheet.back.append(Rect(left, sheet.y, wide, _FILE, fill="field_active", rounding=9))
    sheet.back.append(Text(left + 12, sheet.y + 9, icon("file-text"), 14, "muted"))
    sheet.back.append(Text(left + 33, sheet.y + 8, name, 13.5, "text"))
    tip = f"{file.name}: {len(file.text):,} characters. Click to copy them"
    sheet.spots.append(Spot(Box(left, sheet.y, wide, _FILE), "copy_text", file.text, tip=tip))
    sheet.y += _FILE + 5


# --- what was answered


def head_part(answer: Answer, width: float, name: str) -> Part:
    """Return the line above an answer: who gave it (`name` while that is not known), and what it cost."""
    sheet = Sheet()
    sheet.y = 6.0
    name = shortened(display_name(answer.model) or name or "answer", width * _LONGEST_NAME, 14.5, "semibold")
    sheet.back.append(Text(0, sheet.y + 3, icon("sparkles"), 15, "accent"))
    sheet.back.append(Text(25, sheet.y + 3, name, 14.5, "text", "semibold"))
    used = 25 + text_width(name, 14.5, "semibold") + 12
    facts = "  ·  ".join(facts_of(answer))
    if facts and used + text_width(facts, 13) <= width:
        sheet.back.append(Text(used, sheet.y + 4, facts, 13, "faint"))
        sheet.y += 29
    else:
        sheet.y += 25
        if facts:
            rows = set_spans((Span(facts),), width, _FACTS)
            sheet.lines = [row.moved(0, sheet.y) for row in rows]
            sheet.y += len(rows) * _FACTS.line_height + 6
    return sheet.part()


def tail_part(turn: Turn, place: Place, width: float) -> Part:
    """Return what stands below an answer: why it failed, what was left out, and its tools."""
    sheet, answer = Sheet(), turn.answer or Answer()
    if answer.state == "failed":
        _failure(sheet, turn, answer, width)
    for sign, note in _notes(answer):
        _note(sheet, sign, note, width)
    tools: list[_Tool] = [("copy", "copy", "Copy the answer")] if turn.text else []
    if answer.state != "failed":
        tools.append(("again", "refresh-cw", "Have it answered again"))
    tools.append(("details", "info", "Details of the answer"))
    _tools(sheet, turn, place, tools, width)
    return sheet.part(10)


def _failure(sheet: Sheet, turn: Turn, answer: Answer, width: float) -> None:
    top, pad, left = sheet.y, 13.0, 38.0
    inner = width - left - pad
    problem = answer.problem[:1].upper() + answer.problem[1:]
    sheet.y += pad
    sheet.text((Span(problem),), left, inner, Style(14, 20, "text", "medium"))
    if answer.hint:
        sheet.y += 2
        sheet.text((Span(answer.hint),), left, inner, _SMALL)
    sheet.y += 9
    x = left
    retry: tuple[tuple[str, str, Act], ...] = (
        ("refresh-cw", "Retry", "retry"),
        ("crosshair", "Show the node", "inspect"),
    )
    for sign, label, act in retry if answer.node else retry[:1]:
        if x > left and x + _button_width(sign, label) > width - pad:
            x, sheet.y = left, sheet.y + _BUTTON + 6
        x += _button(sheet, x, sign, label, Spot(Box(0, 0, 0, 0), act, answer.node, turn.id)) + 8
    sheet.y += _BUTTON + pad
    box = Rect(0, top, width, sheet.y - top, fill="error@10", outline="error@35", rounding=12)
    sheet.back.insert(0, box)
    sheet.back.append(Text(pad, top + pad + 2, icon("triangle-alert"), 16, "error"))
    sheet.y += 6


def _button(sheet: Sheet, x: float, sign: str, label: str, spot: Spot) -> float:
    """Add a small button and return its width."""
    wide = _button_width(sign, label)
    sheet.back.append(Rect(x, sheet.y, wide, _BUTTON, fill="field_active", rounding=8))
    sheet.back.append(Text(x + 11, sheet.y + 8, f"{icon(sign)}  {label}", 13.5, "text", "medium"))
    sheet.spots.append(spot._replace(box=Box(x, sheet.y, wide, _BUTTON), tip=label))
    return wide


def _button_width(sign: str, label: str) -> float:
    return text_width(f"{icon(sign)}  {label}", 13.5, "medium") + 22


def _notes(answer: Answer) -> Iterator[tuple[str, str]]:
    """Yield what a reader has to know of an answer beside its text, each with an icon."""
    if answer.dropped:
        yield "scissors", f"The conversation was cut to fit into the context: {answer.dropped}"
    if answer.state == "stopped":
        yield "circle-stop", "Stopped"
    elif answer.stop_reason == "length":
        yield "scissors", "The answer ends here because it reached the longest reply (max_tokens)"


def _note(sheet: Sheet, sign: str, text: str, width: float) -> None:
    sheet.back.append(Text(0, sheet.y + 2, icon(sign), 14, "warning" if sign == "scissors" else "faint"))
    sheet.text((Span(text),), 22, width - 22, _FACTS._replace(color="muted"))
    sheet.y += 6


# --- tools

_Tool = tuple[Act, str, str]


def _tools(
    sheet: Sheet, turn: Turn, place: Place, tools: Sequence[_Tool], width: float, *, right: bool = False
) -> None:
    """Add a row of icons that answer to a click, and the way to the siblings of a turn."""
    label = f"{place.number} / {place.total}"
    ways = _TOOL * 2 + text_width(label, 13) + 4 if place.total > 1 else 0.0
    x = width - len(tools) * _TOOL - ways if right else -5.0
    for act, sign, tip in tools:
        _tool(sheet, x, sign, Spot(Box(0, 0, 0, 0), act, turn.text, turn.id, tip), "faint" if right else "muted")
        x += _TOOL
    if place.total > 1:
        _tool(sheet, x, "chevron-left", Spot(Box(0, 0, 0, 0), "way", "", place.before, "The one before"))
        sheet.back.append(Text(x + _TOOL + 2, sheet.y + 6, label, 13, "muted"))
        x += _TOOL + text_width(label, 13) + 4
        _tool(sheet, x, "chevron-right", Spot(Box(0, 0, 0, 0), "way", "", place.after, "The next one"))
    sheet.y += _TOOL


def _tool(sheet: Sheet, x: float, sign: str, spot: Spot, color: str = "muted") -> None:
    dead = spot.act == "way" and spot.turn == ROOT
    inset = (_TOOL - _SIGN) / 2
    sheet.back.append(Text(x + inset, sheet.y + inset, icon(sign), _SIGN, "border" if dead else color))
    if not dead:
        sheet.spots.append(spot._replace(box=Box(x, sheet.y, _TOOL, _TOOL)))


# --- words


def display_name(model: str) -> str:
    """Return the name of a model as people say it: without the folder and the ending of its file."""
    return ", ".join(
        name.replace("\\", "/").rpartition("/")[2].removesuffix(".gguf") for name in model.split(", ") if name
    )


def facts_of(answer: Answer) -> tuple[str, ...]:
    """Return what an answer cost in words: tokens, time, speed, and what came from the cache."""
    speed = f"{answer.tokens_per_second:.1f} tokens/s" if answer.tokens_per_second > 0 else ""
    if answer.state in ("waiting", "writing"):
        doing = "writing…" if answer.state == "writing" else answer.doing or "waiting…"
        return tuple(fact for fact in (doing, speed) if fact)
    tokens = f"{answer.tokens:,} {'token' if answer.tokens == 1 else 'tokens'}" if answer.tokens else ""
    seconds = f"{answer.seconds:.1f} s" if answer.seconds >= 0.05 else ""
    cached = f"{answer.cached_tokens:,} of {answer.prompt_tokens:,} cached" if answer.cached_tokens else ""
    return tuple(fact for fact in (tokens, seconds, speed, cached) if fact)
