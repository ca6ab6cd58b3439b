"""Frames and notes as shapes: a titled box behind nodes, and a piece of paper with a text that takes no part in a run."""

from __future__ import annotations

import math
from typing import Final

from graphide.editor.detail import tiny
from graphide.editor.folds import Print, count, head
from graphide.editor.layout import Frame, Place, Point
from graphide.editor.nodelook import COLORS
from graphide.editor.noderows import LINE, Subject
from graphide.editor.nodetitle import title_of
from graphide.editor.text.metrics import shortened
from graphide.editor.views import Box, Group, Hit, Rect, Shape, Text

BAR: Final = 34.0
PAD: Final = 14.0
CORNER: Final = 18.0
NOTE_SIZE: Final = Point(240, 120)
"""A note without a size of its own is this wide, and at least this high."""
_SIZE: Final = 16.0
_SIZE_FAR: Final = 30.0
_NOTE_PRINT: Final = 14.0
_MOST_LINES: Final = 24
_LEAST: Final = 60.0
_LARGEST: Final = 100_000.0
_LONGEST: Final = 400


def frame_group(key: str, frame: Frame, *, selected: bool = False) -> Group:
    """Return a frame as it is drawn; its key is the id of the frame with a "$" before it, which no node has."""
    color = frame.color if frame.color in COLORS else "slate"
    wide, high = (min(max(side, _LEAST), _LARGEST) for side in frame.size)
    outline, thickness = ("selection", 2.0) if selected else (f"{color}@55", 1.4)
    ground = Rect(0, 0, wide, high, fill=f"{color}@8", outline=outline, thickness=thickness, rounding=12)
    bar = Rect(0, 0, wide, BAR, fill=f"canvas+{color}@24", rounding=12, top_only=True)
    title = " ".join(frame.title[:_LONGEST].split())
    far = (ground, _title(title, wide, _SIZE_FAR, _SIZE_FAR + 12, "text"))
    return Group(
        key=f"${key}",
        x=frame.at.x,
        y=frame.at.y,
        width=wide,
        height=high,
        shapes=(
            ground,
            bar,
            ground._replace(fill=""),
            _title(title or "Frame", wide, _SIZE, BAR, "text" if title else "muted"),
        ),
        shapes_far=far,
        hits=(
            Hit("frame_corner", key, Box(wide - CORNER, high - CORNER, CORNER, CORNER), cursor="resize"),
            Hit("frame_title", key, Box(0, 0, wide, BAR), cursor="hand"),
        ),
        selected=selected,
        shapes_tiny=tiny(far),
    )


def frame_id(key: str) -> str:
    """Return the id of a frame from the key of its group."""
    return key.removeprefix("$")


def is_note(subject: Subject) -> bool:
    """Return whether a node is only there to be read: it makes sense alone, has no pins, and a text."""
    spec = subject.spec
    return spec is not None and spec.alone and not (spec.inputs or spec.outputs) and "text" in spec.settings


def note_group(subject: Subject, place: Place) -> Group:
    """Return a note as it is drawn."""
    text = subject.node.settings.get("text", "")
    text = text if isinstance(text, str) else str(text)
    wide = float(round(min(max(place.size.x, 2 * _LEAST), _LARGEST))) if place.size else NOTE_SIZE.x
    title = _note_title(subject)
    top = BAR if title else PAD
    needed = top + PAD + LINE * min(count(text, Print(_NOTE_PRINT, wide - 2 * PAD)), _MOST_LINES)
    high = float(round(min(max(place.size.y, top + PAD + LINE), _LARGEST))) if place.size else math.ceil(needed)
    high = BAR if place.collapsed else high if place.size else max(high, NOTE_SIZE.y)
    color = place.color if place.color in COLORS else "amber"
    ground = Rect(0, 0, wide, high, f"card+{color}@18", f"border+{color}@35", 1.2, rounding=8, shadow="shadow")
    ring = Rect(0, 0, wide, high, outline="selection", thickness=2.0, rounding=8)
    shapes: list[Shape] = [ground]
    if title:
        shapes.append(_title(title, wide, _NOTE_PRINT, BAR, "text"))
    body = Box(PAD, top, wide - 2 * PAD, max(high - top - PAD, 0.0))
    if not place.collapsed:
        shapes += _note_lines(text, body)
    hits = [] if place.collapsed else [
        Hit("corner", "", Box(wide - CORNER, high - CORNER, CORNER, CORNER), cursor="resize"),
        Hit("widget", "text", body, cursor="text"),
    ]  # fmt: skip
    whole = Box(0, 0, wide, high)
    hits += [Hit("title", "", whole._replace(height=top)), Hit("body", "", whole)]
    at = place.at or Point(0, 0)
    return Group(
        subject.node.id, at.x, at.y, wide, float(high), tuple(shapes), (ground,), tuple(hits), marks=(ring,),
        marks_far=(ring._replace(thickness=4.0),),
    )  # fmt: skip


def _note_title(subject: Subject) -> str:
    return title_of(subject.node) if subject.node.title.strip() else ""


def _note_lines(text: str, body: Box) -> list[Shape]:
    print_ = Print(_NOTE_PRINT, body.width)
    if not text.strip():
        return [Text(body.x, body.y, "Empty note", _NOTE_PRINT, "faint")]
    folded = head(text, print_, max(int(body.height // LINE), 1))
    shapes: list[Shape] = []
    for number, line in enumerate(folded.lines):
        shapes.append(Text(body.x, body.y + number * LINE, line, _NOTE_PRINT, "text"))
    if folded.hidden and (len(folded.spans) + 1) * LINE <= body.height:
        more = f"… {folded.hidden:,} more line{'' if folded.hidden == 1 else 's'}"
        shapes.append(Text(body.x, body.y + len(folded.spans) * LINE, more, _NOTE_PRINT, "faint"))
    return shapes


def _title(text: str, wide: float, size: float, bar: float, color: str) -> Text:
    return Text(PAD, (bar - size) / 2, shortened(text, wide - 2 * PAD, size, "semibold"), size, color, "semibold")
