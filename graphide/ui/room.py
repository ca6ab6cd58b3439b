"""What has room beside each other in the bars above and below the canvas. Pure arithmetic, pixels at scale 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from graphide.editor.text.metrics import icon, width

if TYPE_CHECKING:
    from graphide.ui.theme import StyleName

ICON: Final = 35.0  # an icon with the space beside it
ZOOM: Final = 54.0
FACT: Final = 13  # the size of the letters
FACT_GAP: Final = 18
TAB: Final = 110.0  # the least room for a tab among others
_TITLE: Final = 150.0  # so much is kept for titles before buttons are shown
_ICONS: Final = ("undo", "redo", "save", "fit", "plan", "zoom_out", "zoom_in")
"""The buttons beside Run, the last one makes way first."""


def buttons_in(room: float, *, besides: int = 0) -> tuple[str, ...]:
    """Return which buttons a bar shows that is `room` pixels wide at scale 1; `besides`: icons that it has to show."""
    room -= 28 + _TITLE + run_width("Stopping") + besides * ICON
    shown = []
    for name in _ICONS:
        room -= ICON + (ZOOM if name == "zoom_in" else 0)
        if room < 0:
            break
        shown.append(name)
    return tuple(shown[:-1] if shown[-1:] == ["zoom_out"] else shown)  # nobody zooms out alone


def run_width(label: str) -> float:
    """Return how wide the button that runs or stops is, with its label."""
    return width(f"{icon('play')}   {label}", 15, "medium") + 28 + 12


class Fact(NamedTuple):
    """One thing that is said; the ones of a lower weight make way first."""

    text: str
    style: StyleName
    weight: int


def fitting(facts: list[Fact], room: float) -> list[Fact]:
    """Return the facts that have room beside each other, in pixels at scale 1; the first one always."""
    shown = list(facts)
    while len(shown) > 1 and sum(width(fact.text, FACT) + FACT_GAP for fact in shown) > room:
        shown.remove(min(shown[1:], key=lambda fact: fact.weight))
    return shown
