"""What colour names look like, in the dark and in the light theme. Pure tables: no window.

A name may be mixed and thinned where it is used: `accent@40` is the accent at 40 % opacity, `card+model@16` is the card with
16 % of the model's colour in it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

Color = tuple[int, int, int, int]
LookName = Literal["dark", "light"]

CLEAR: Final[Color] = (0, 0, 0, 0)

_DARK: Final[Mapping[str, str]] = {
    "background": "#171717", "sidebar": "#0f0f10", "panel": "#171717", "canvas": "#131315", "dot": "#2c2c31",
    "card": "#212124", "raised": "#28282c", "border": "#34343a", "text": "#ececee", "muted": "#a2a2ab",
    "faint": "#74747e", "field": "#2a2a2e", "field_active": "#323237", "hover": "#232327", "pressed": "#2f2f34",
    "accent": "#7c7cf8", "accent_active": "#8f8ffb", "on_accent": "#ffffff", "bubble": "#2a2a2e", "code": "#0d0d0f",
    "ok": "#34d399", "error": "#f87171", "warning": "#fbbf24", "info": "#60a5fa", "shadow": "#000000",
    "purple": "#a78bfa", "teal": "#2dd4bf", "amber": "#fbbf24", "slate": "#94a3b8", "blue": "#60a5fa",
    "green": "#4ade80", "red": "#f87171", "pink": "#f472b6", "orange": "#fb923c", "cyan": "#22d3ee",
    "lime": "#a3e635", "yellow": "#facc15", "grey": "#8b8b95", "violet": "#c084fc", "indigo": "#818cf8",
}  # fmt: skip
_LIGHT: Final[Mapping[str, str]] = {
    "background": "#ffffff", "sidebar": "#f7f7f8", "panel": "#ffffff", "canvas": "#fafafb", "dot": "#dcdce2",
    "card": "#ffffff", "raised": "#f6f6f8", "border": "#e0e0e6", "text": "#18181b", "muted": "#5f5f68",
    "faint": "#8e8e98", "field": "#f3f3f5", "field_active": "#ebebef", "hover": "#efeff2", "pressed": "#e4e4e9",
    "accent": "#5b5bd6", "accent_active": "#4f4fc9", "on_accent": "#ffffff", "bubble": "#f1f1f3", "code": "#f6f6f8",
    "ok": "#059669", "error": "#dc2626", "warning": "#b45309", "info": "#2563eb", "shadow": "#16162a",
    "purple": "#7c3aed", "teal": "#0d9488", "amber": "#d97706", "slate": "#64748b", "blue": "#2563eb",
    "green": "#16a34a", "red": "#dc2626", "pink": "#db2777", "orange": "#ea580c", "cyan": "#0891b2",
    "lime": "#65a30d", "yellow": "#a16207", "grey": "#71717a", "violet": "#9333ea", "indigo": "#4f46e5",
}  # fmt: skip

# What flows, what a node is for, and how it fares, in terms of the colours above.
_ROLES: Final[Mapping[str, str]] = {
    "wire_text": "blue", "wire_messages": "purple", "wire_message": "purple", "wire_number": "amber",
    "wire_integer": "amber", "wire_boolean": "pink", "wire_json": "teal", "wire_list": "orange",
    "wire_sampling": "slate", "wire_image": "green", "wire_reply": "blue", "wire_any": "grey", "wire_none": "grey",
    "wire_model": "indigo", "wire_file": "cyan", "wire_rows": "orange", "wire_usage": "slate",
    "category_prompt": "purple", "category_input": "amber", "category_model": "blue", "category_output": "green",
    "category_data": "teal", "category_flow": "orange", "category_judge": "pink", "category_look": "slate",
    "category_other": "slate",
    "state_active": "border", "state_idle": "border", "state_queued": "slate", "state_waiting": "slate",
    "state_running": "info", "state_stopping": "warning", "state_done": "ok", "state_cached": "teal",
    "state_failed": "error", "state_skipped": "faint", "state_muted": "faint", "state_bypassed": "purple",
    "state_missing": "error", "state_selected": "accent", "state_stale": "warning", "state_flowing": "info",
    "selection": "accent", "caret": "accent", "link": "info", "placeholder": "amber", "title": "text",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One theme: a colour for every name."""

    name: LookName
    base: Mapping[str, str]
    known: dict[str, Color] = field(default_factory=dict)

    def color(self, name: str) -> Color:
        """Return the colour of a name, of a mixture or of a thinned one; "" is clear, an unknown name a loud pink."""
        found = self.known.get(name)
        if found is None:
            found = self.known[name] = self._color(name)
        return found

    def _color(self, name: str) -> Color:
        if not name:
            return CLEAR
        below, mixed, above = name.rpartition("+")
        if mixed:
            color, _, percent = above.partition("@")
            return mix(self.color(below), self.color(color), float(percent or 50) / 100)
        plain, thinned, percent = name.partition("@")
        if thinned:
            red, green, blue, alpha = self.color(plain)
            return red, green, blue, round(alpha * float(percent) / 100)
        if name in self.base:
            return parsed(self.base[name])
        if name in _ROLES:
            return self.color(_ROLES[name])
        logging.getLogger(__name__).warning("no colour is called %r", name)
        return 255, 0, 170, 255


def parsed(text: str) -> Color:
    """Return the colour of `#rrggbb`."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16), 255


def mix(first: Color, second: Color, share: float) -> Color:
    """Return a colour with `share` (0 to 1) of the second in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first[:3], second[:3], strict=True))
    return red, green, blue, first[3]


LOOKS: Final[Mapping[LookName, Look]] = MappingProxyType({"dark": Look("dark", _DARK), "light": Look("light", _LIGHT)})
