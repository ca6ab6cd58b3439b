"""The title bar of a node: icon, title, the word for its state, and badges for what is to be known about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from graphide.editor.layout import Place
from graphide.editor.nodelook import STATE_WORDS, icon_of, own_color
from graphide.editor.noderows import Subject
from graphide.editor.nodesheet import PAD, Sheet
from graphide.editor.text.metrics import icon, shortened, width
from graphide.editor.views import Box, Hit, Rect, Text
from graphide.graph.model import Node

TITLE: Final = 36.0
SIZE: Final = 14.0
_GAP: Final = 6.0
_WORD_GAP: Final = 10.0
_ROUNDING: Final = 12.0
_LINE: Final = 0.7  # how much of the line around a node lies inside it
_LONGEST: Final = 400  # characters of a title that are looked at
_MOST_TOLD: Final = 6
_PLANNED: Final = {
    "cached": ("database-zap", "state_cached"), "runs": ("play", "state_running"),
    "skipped": ("skip-forward", "state_skipped"), "blocked": ("ban", "state_failed"),
}  # fmt: skip


class Badge(NamedTuple):
    """A small sign in the title bar."""

    name: str
    icon: str
    color: str
    tooltip: str
    number: str = ""

    @property
    def width(self) -> float:
        """How much room it takes, with the space on its left."""
        return SIZE + _GAP + (width(self.number, SIZE) + 2 if self.number else 0)


def title_of(node: Node) -> str:
    """Return what a node is called, on one line."""
    return " ".join(node.title[:_LONGEST].split()) or node.id


def title_needs(subject: Subject) -> float:
    """Return how wide a node has to be for its whole title bar."""
    word = _word(subject)
    worded = _WORD_GAP + width(word, SIZE) if word else 0.0
    badges = sum(badge.width for badge in badges_of(subject))
    return 2 * PAD + 2 * (SIZE + _GAP) + width(title_of(subject.node), SIZE, "medium") + worded + badges


def draw_title(sheet: Sheet, subject: Subject, place: Place) -> None:
    """Add the title bar to a sheet."""
    wide, high = sheet.width - 2 * _LINE, TITLE - (_LINE if sheet.height > TITLE else 2 * _LINE)
    bar = Rect(_LINE, _LINE, wide, high, fill=_fill(subject, place), rounding=_ROUNDING - _LINE)
    sheet.shapes.append(bar._replace(top_only=sheet.height > TITLE))
    sheet.hits.append(Hit("title", "", Box(0, 0, sheet.width, TITLE), tooltip=_tooltip(subject)))
    right = _draw_badges(sheet, subject, _draw_fold(sheet, place))
    top = (TITLE - SIZE) / 2
    color = "state_missing" if subject.spec is None else "text"
    sheet.shapes.append(Text(PAD, top, icon_of(subject.spec), SIZE, color))
    left = PAD + SIZE + _GAP
    word, title = _word(subject), title_of(subject.node)
    room = right - left - (_WORD_GAP + width(word, SIZE) if word else 0)
    if room < 40:  # a narrow node shows what it is called rather than how it fares, which its colours tell
        word, room = "", max(right - left, SIZE)
    shown = shortened(title, room, SIZE, "medium")
    sheet.shapes.append(Text(left, top, shown, SIZE, "text", "medium"))
    if word:
        at = left + width(shown, SIZE, "medium") + _WORD_GAP
        color = {"failed": "error", "changed": "state_stale"}.get(word, "muted")
        sheet.shapes.append(Text(at, top, word, SIZE, color))


def badges_of(subject: Subject) -> Iterator[Badge]:
    """Yield the badges of a node from right to left."""
    node, run = subject.node, subject.run
    problems = [problem for problem in subject.problems if problem.code != "unused-node"]
    if problems:
        color = "error" if any(problem.severity == "error" for problem in problems) else "warning"
        told = "\n".join(str(problem) for problem in problems[:_MOST_TOLD])
        more = f"\n… {len(problems) - _MOST_TOLD} more" if len(problems) > _MOST_TOLD else ""
        number = str(len(problems)) if len(problems) > 1 else ""
        yield Badge("problems", "circle-alert", color, told + more, number)
    if subject.spec is None:
        yield Badge("missing", "unplug", "state_missing", f'The node type "{node.type[:200]}" is not installed')
    if node.state == "muted":
        yield Badge("muted", "volume-x", "muted", "Muted: it does not run, nor does what depends on it")
    if node.state == "bypassed":
        yield Badge("bypassed", "corner-down-right", "state_bypassed", "Bypassed: what comes in is handed on")
    if subject.planned:
        yield from _plan_badge(subject)
    elif run is not None and (run.state == "cached" or (run.foreseen and not run.ended)):
        yield Badge("cached", "database-zap", "state_cached", "Taken from an earlier run with the same inputs")
    elif run is None and subject.plan is not None and subject.plan.state == "cached":
        yield Badge("cached", "database-zap", "state_cached", "A run would take it from an earlier one")


def _plan_badge(subject: Subject) -> Iterator[Badge]:
    """Yield what says at a glance what a run would do with a node."""
    step = subject.plan
    if step is None:
        if subject.spec is not None and not subject.spec.alone:
            yield Badge("plan", "circle-dashed", "faint", "A run does not need it: no output depends on it")
        return
    icon_name, color = _PLANNED[step.state]
    told = [f"Next run: {step.word}", step.why, step.gauge]
    yield Badge("plan", icon_name, color, "\n".join(line for line in told if line))


def _fill(subject: Subject, place: Place) -> str:
    state = subject.run.state if subject.run is not None else ""
    if subject.spec is None:
        return "card+state_missing@20"
    if state == "running":
        return "card+state_running@30"
    if state == "failed":
        return "card+state_failed@25"
    if subject.live:
        return "card+state_done@25"
    return f"card+{own_color(place.color, subject.spec)}@16"


def _word(subject: Subject) -> str:
    if subject.live:
        return STATE_WORDS["live"]
    if subject.run is None:
        return ""
    return STATE_WORDS["changed" if subject.changed and subject.run.ended else subject.run.state]


def _draw_fold(sheet: Sheet, place: Place) -> float:
    """Add the sign that collapses a node; return where it begins."""
    left = sheet.width - PAD - SIZE + 4
    name = "chevron-right" if place.collapsed else "chevron-down"
    sheet.shapes.append(Text(left, (TITLE - SIZE) / 2, icon(name), SIZE, "faint"))
    tooltip = "Show all of it" if place.collapsed else "Show only the title"
    box = Box(left - 3, (TITLE - SIZE) / 2 - 4, SIZE + 6, SIZE + 8)
    sheet.hits.append(Hit("fold", "", box, cursor="hand", tooltip=tooltip))
    return left - 3


def _draw_badges(sheet: Sheet, subject: Subject, right: float) -> float:
    """Add the badges to the left of a place; return where they begin."""
    top = (TITLE - SIZE) / 2
    for badge in badges_of(subject):
        left = right - badge.width
        if left < PAD + 3 * SIZE:
            break
        sheet.shapes.append(Text(left, top, icon(badge.icon), SIZE, badge.color))
        if badge.number:
            sheet.shapes.append(Text(left + SIZE + 2, top, badge.number, SIZE, badge.color))
        box = Box(left - 2, top - 3, badge.width - 2, SIZE + 6)
        sheet.hits.append(Hit("badge", badge.name, box, cursor="hand", tooltip=badge.tooltip))
        right = left
    return right


def _tooltip(subject: Subject) -> str:
    if subject.spec is None:
        return ""
    return f"{subject.spec.type}: {subject.spec.summary}"
