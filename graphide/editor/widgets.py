"""Widgets on the canvas: what each kind of field looks like, how high it is, and what a press or a drag does to its value.

One table, from the kind of a field. Pure: a press says what is to happen (a new value, a list to open, a text to edit);
opening and editing is for whoever asked. Which widgets a node has is in `faces`, numbers and positions in `sliders`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from graphide.editor.faces import Widget
from graphide.editor.folds import Print, head
from graphide.editor.short import short
from graphide.editor.sliders import figure, is_slider, position_of, value_at
from graphide.editor.text.metrics import icon, shortened, width
from graphide.editor.views import Box, Disc, Hit, Rect, Shape, Text
from graphide.spec.fields import Choice, Field, Kind, Number
from graphide.spec.nodespec import ABSENT
from graphide.values import Json

ROW: Final = 26.0
"""The height of a widget of one line."""
PAD: Final = 9.0
SIZE: Final = 13.0
GRAB: Final = 11.0
ROUNDING: Final = 7.0
_NOTE: Final = 220.0  # the least width of what is said below a text
_NOTE_LINES: Final = 4
_LONGEST: Final = 300  # characters of a value that are looked at; a widget never shows as many

Deed = Literal["set", "slide", "drag", "choose", "edit", "file", "model"]


class Press(NamedTuple):
    """What pressing on a widget does.

    "set": `value` is the new one at once. "slide": so it is, and following the mouse goes on with `sliders.value_at`.
    "drag": following the mouse goes on with `sliders.dragged`, a mere click edits `text`. "choose" opens `options`,
    "edit" edits `text` in place (`lines`: it may have several), "file" and "model" open what finds one.
    """

    deed: Deed
    value: Json = None
    options: tuple[str, ...] = ()
    text: str = ""
    lines: bool = False


def widget_shapes(widget: Widget, box: Box, *, enabled: bool = True) -> tuple[Shape, ...]:
    """Return a widget of one line, drawn into a box; the text of a long text is drawn by its node."""
    outline = "state_failed" if widget.problem else ""
    ground = Rect(*box, fill="field" if enabled else "field@50", outline=outline, rounding=ROUNDING)
    return (ground, *_DRAWN[_look(widget)](widget, box))


def widget_hit(widget: Widget, box: Box) -> Hit:
    """Return where a widget answers to the mouse."""
    kind = widget.field.kind
    cursor: Literal["text", "hand", "resize"] = "text" if _is_text(widget.field) else "hand"
    if kind in ("number", "integer"):
        cursor = "resize"
    return Hit("widget", widget.name, box, cursor=cursor, tooltip=widget.problem or widget.field.help)


def pressed(widget: Widget, box: Box, x: float) -> Press:
    """Return what a press at `x` does, in the units of the box."""
    field, value = widget.field, widget.value
    match field.kind:
        case "toggle":
            return Press("set", value is not True)
        case "number" | "integer":
            assert isinstance(field, Number)
            if is_slider(field):
                return Press("slide", value_at(field, box, x), text=text_of(field, value))
            return Press("drag", value, text=text_of(field, value))
        case "choice" if isinstance(field, Choice) and field.choices:
            return Press("choose", value, options=field.choices)
        case "file":
            return Press("file", value, text=text_of(field, value))
        case "model":
            return Press("model", value, text=text_of(field, value))
        case kind:
            return Press("edit", value, text=text_of(field, value), lines=kind in ("longtext", "json", "list"))


def said_below(sentence: str, box: Box, zoom: float) -> tuple[Shape, ...]:
    """Return what is wrong with a text under edit as a note below its box; `box` is in pixels, as are the shapes."""
    wide = max(box.width, _NOTE * zoom)
    text = sentence[:1].upper() + sentence[1:]
    folded = head(text, Print(SIZE, wide / zoom - 2 * PAD), _NOTE_LINES)
    line, size = 17.0 * zoom, SIZE * zoom
    top = box.y + box.height + 4 * zoom
    ground = Rect(
        box.x, top, wide, len(folded.spans) * line + PAD * zoom, "raised", "error", rounding=ROUNDING * zoom
    )  # fmt: skip
    lines = (
        Text(
            box.x + PAD * zoom, top + PAD * zoom / 2 + number * line, folded.text[span.start : span.end], size, "error"
        )
        for number, span in enumerate(folded.spans)
    )
    return ground, *lines


def text_of(field: Field, value: Json) -> str:
    """Return a value as it is typed; `field.parse` reads it again."""
    if isinstance(value, str):
        return value
    if value is None or value is ABSENT:
        return ""
    if isinstance(field, Number) and isinstance(value, int | float) and not isinstance(value, bool):
        return figure(field, value)
    from graphide.values import dumps

    return dumps(value).decode()


def _look(widget: Widget) -> Kind | Literal["slider"]:
    field = widget.field
    fits = isinstance(widget.value, int | float) and not isinstance(widget.value, bool)
    if isinstance(field, Number) and is_slider(field) and fits:
        return "slider"
    return field.kind


def _is_text(field: Field) -> bool:
    return field.kind in ("text", "longtext", "json", "list") or (isinstance(field, Choice) and not field.choices)


def _slider(widget: Widget, box: Box) -> tuple[Shape, ...]:
    assert isinstance(widget.field, Number)
    left = box.x + position_of(widget.field, widget.value) * (box.width - GRAB)
    grab = Rect(round(left), box.y + 4, GRAB, box.height - 8, fill="accent", rounding=GRAB / 2)
    text = shortened(_slider_text(widget, widget.field), box.width - 2 * PAD, SIZE)
    return grab, Text(round(box.x + (box.width - width(text, SIZE)) / 2), _text_y(box), text, SIZE)


def _slider_text(widget: Widget, field: Number) -> str:
    value = figure(field, widget.value)
    return f"{widget.label}  {value}" if widget.label else value


def _value(widget: Widget, box: Box) -> tuple[Shape, ...]:
    return _labelled(widget, box, _line(widget))


def _number(widget: Widget, box: Box) -> tuple[Shape, ...]:
    value = widget.value
    fits = isinstance(value, int | float) and not isinstance(value, bool) and isinstance(widget.field, Number)
    return _labelled(widget, box, figure(widget.field, value) if fits else _line(widget))  # type: ignore[arg-type]


def _opened(widget: Widget, box: Box) -> tuple[Shape, ...]:
    arrow = Text(box.x + box.width - PAD - SIZE, _text_y(box), icon("chevron-down"), SIZE, "muted")
    inner = Box(box.x, box.y, box.width - SIZE - 4, box.height)
    return (*_labelled(widget, inner, _line(widget)), arrow)


def _found(widget: Widget, box: Box) -> tuple[Shape, ...]:
    sign = Text(box.x + PAD, _text_y(box), icon("folder" if widget.field.kind == "file" else "cpu"), SIZE, "muted")
    inner = Box(box.x + SIZE + 5, box.y, box.width - SIZE - 5, box.height)
    if widget.field.kind == "model":
        return (sign, *_opened(widget, inner))
    return (sign, *_labelled(widget, inner, _line(widget)))


def _toggle(widget: Widget, box: Box) -> tuple[Shape, ...]:
    on = widget.value is True
    track = Rect(box.x + box.width - PAD - 26, box.y + (box.height - 14) / 2, 26, 14, rounding=7)
    track = track._replace(fill="accent" if on else "border")
    knob = Disc(track.x + (19 if on else 7), box.y + box.height / 2, 5, "on_accent" if on else "muted")
    label = shortened(widget.label or widget.field.help, max(box.width - 2 * PAD - 34, 0), SIZE)
    return track, knob, Text(box.x + PAD, _text_y(box), label, SIZE)


def _labelled(widget: Widget, box: Box, value: str) -> tuple[Shape, ...]:
    """Return the label on the left and the value on the right, or the value alone on the left."""
    room = box.width - 2 * PAD
    color = "text" if value else "faint"
    if not widget.label:
        shown = value or widget.field.help or "empty"
        return (Text(box.x + PAD, _text_y(box), shortened(shown, room, SIZE), SIZE, color),)
    label = shortened(widget.label, room * 0.6, SIZE)
    rest = room - width(label, SIZE) - PAD
    shown = shortened(value or "–", rest, SIZE)
    at = box.x + box.width - PAD - width(shown, SIZE)
    return Text(box.x + PAD, _text_y(box), label, SIZE, "muted"), Text(at, _text_y(box), shown, SIZE, color)


def _line(widget: Widget) -> str:
    """Return a value on one line; "" where there is nothing to show."""
    value = widget.value
    if value is None or value is ABSENT or value in ("", [], {}, ()):
        return ""
    if isinstance(value, str):
        return " ".join(value[:_LONGEST].split()) or repr(value[:_LONGEST])[1:-1]
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value[:20]):
        return ", ".join(" ".join(item[:80].split()) or repr(item[:80])[1:-1] for item in value[:20])
    return short(value, _LONGEST)


def _text_y(box: Box) -> float:
    return box.y + (box.height - SIZE) / 2


_DRAWN: Mapping[Kind | Literal["slider"], Callable[[Widget, Box], tuple[Shape, ...]]] = MappingProxyType(
    {
        "slider": _slider,
        "number": _number,
        "integer": _number,
        "text": _value,
        "longtext": _value,
        "toggle": _toggle,
        "choice": _opened,
        "list": _value,
        "json": _value,
        "file": _found,
        "model": _found,
    }
)
