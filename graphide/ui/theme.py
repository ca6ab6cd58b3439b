"""The themes of widgets: named styles made of colour names, so that dark and light switch live, and scale with the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

import dearpygui.dearpygui as dpg

from graphide.ui.colors import Look

StyleName = Literal[
    "window", "sidebar", "panel", "bar", "status", "canvas", "primary", "ghost", "icon", "nav", "nav_on", "muted",
    "faint", "bad", "good", "accent_text", "bubble", "code", "card", "composer", "plain", "chip", "round", "popup",
    "dialog", "danger", "tab", "tab_on", "toast", "invisible", "row", "row_on", "row_off", "tree", "heading", "bare", "bare_line", "fold", "quiet", "tiny", "tiny_on", "tiny_off", "slider",
    "grip", "field_button", "warn", "problem", "notice", "inside", "title",
    "list", "card_on", "tight", "danger_on", "file", "icon_on",
]  # fmt: skip


class Style(NamedTuple):
    """Colours by the name of DearPyGui's constant, and numbers (x, or x and y) by that of its style variable."""

    colors: Mapping[str, str] = MappingProxyType({})
    numbers: Mapping[str, tuple[float, ...]] = MappingProxyType({})


def _button(rest: str, hover: str = "hover", active: str = "pressed", text: str = "") -> dict[str, str]:
    colors = {"Button": rest, "ButtonHovered": hover, "ButtonActive": active}
    return {**colors, "Text": text} if text else colors


def _field(rest: str, hover: str, active: str) -> dict[str, str]:
    return {"FrameBg": rest, "FrameBgHovered": hover, "FrameBgActive": active}


_GLOBAL: Final = Style(
    {
        "WindowBg": "background", "ChildBg": "", "PopupBg": "raised", "Border": "border", "Text": "text",
        "TextDisabled": "faint", **_field("field", "field_active", "field_active"),
        **_button("field", "field_active", "pressed"), "Header": "hover", "HeaderHovered": "hover",
        "HeaderActive": "pressed", "CheckMark": "accent", "SliderGrab": "accent", "SliderGrabActive": "accent_active",
        "ScrollbarBg": "", "ScrollbarGrab": "border", "ScrollbarGrabHovered": "faint", "ScrollbarGrabActive": "faint",
        "Separator": "border", "PlotHistogram": "accent", "TextSelectedBg": "accent@35", "NavCursor": "",
        "DragDropTarget": "accent", "ModalWindowDimBg": "shadow@45", "TitleBg": "raised", "TitleBgActive": "raised",
        "InputTextCursor": "accent", "ResizeGrip": "", "ResizeGripHovered": "border", "ResizeGripActive": "border",
        "TableHeaderBg": "field", "TableBorderLight": "border", "TableBorderStrong": "border",
    },
    {
        "WindowPadding": (0, 0), "FramePadding": (10, 6), "ItemSpacing": (8, 8), "ItemInnerSpacing": (8, 6),
        "FrameRounding": (8,), "ChildRounding": (0,), "PopupRounding": (10,), "WindowRounding": (12,),
        "GrabRounding": (8,), "GrabMinSize": (12,), "ScrollbarSize": (8,), "ScrollbarRounding": (9,),
        "WindowBorderSize": (0,), "ChildBorderSize": (1,), "FrameBorderSize": (0,), "PopupBorderSize": (1,),
        "ButtonTextAlign": (0.5, 0.5), "IndentSpacing": (14,),
    },
)  # fmt: skip
_NO_BORDER: Final = {"ChildBorderSize": (0.0,)}
_LEFT: Final = {"ButtonTextAlign": (0.0, 0.5)}
_LOW: Final = {"FramePadding": (5.0, 1.0), "ButtonTextAlign": (0.5, 0.85)}  # icons sit high in their line
_HIDDEN: Final = {
    **_field("", "", ""), "Text": "", "TextSelectedBg": "", "Border": "", "ChildBg": "", "InputTextCursor": "",
    "ScrollbarGrab": "", "ScrollbarGrabHovered": "", "ScrollbarGrabActive": "",
}  # fmt: skip
_STYLES: Final[Mapping[StyleName, Style]] = {
    "window": Style({}, {"ItemSpacing": (0, 0), "WindowPadding": (0, 0), **_NO_BORDER, "WindowRounding": (0,)}),
    "sidebar": Style({"ChildBg": "sidebar"}, {"WindowPadding": (12, 12), "ItemSpacing": (6, 3), **_NO_BORDER}),
    "panel": Style({"ChildBg": "panel"}, {"WindowPadding": (16, 12), "ItemSpacing": (8, 8), **_NO_BORDER}),
    "inside": Style({}, {"WindowPadding": (0, 8), "ItemSpacing": (8, 8), **_NO_BORDER}),
    "bar": Style({"ChildBg": "panel"}, {"WindowPadding": (14, 9), "ItemSpacing": (4, 0), **_NO_BORDER}),
    "status": Style({"ChildBg": "sidebar"}, {"WindowPadding": (14, 6), "ItemSpacing": (16, 4), **_NO_BORDER}),
    "canvas": Style({"ChildBg": "canvas"}, {"WindowPadding": (0, 0), "ItemSpacing": (0, 0), **_NO_BORDER}),
    "primary": Style(
        {**_button("accent", "accent_active", "accent", "on_accent")}, {"FramePadding": (14, 7)}
    ),
    "danger": Style({**_button("error@20", "error@30", "error@40", "error")}, {"FramePadding": (14, 7)}),
    "danger_on": Style(_button("error", "error@85", "error@70", "on_accent"), {"FramePadding": (14, 7)}),
    "ghost": Style(_button("", text="muted"), {"FramePadding": (9, 6)}),
    "icon": Style(_button("", text="muted"), {"FramePadding": (7, 6)}),
    "icon_on": Style(_button("field_active", "field_active", text="accent"), {"FramePadding": (7, 6)}),
    "nav": Style(_button(""), {**_LEFT, "FramePadding": (10, 7)}),
    "nav_on": Style(_button("field_active", "field_active"), {**_LEFT, "FramePadding": (10, 7)}),
    "row": Style(_button(""), {**_LEFT, "FramePadding": (10, 6), "FrameRounding": (7,)}),
    "tree": Style({}, {"WindowPadding": (0, 4), "ItemSpacing": (6, 3), **_NO_BORDER}),
    "row_off": Style(_button("", text="faint"), {**_LEFT, "FramePadding": (10, 6), "FrameRounding": (7,)}),
    "row_on": Style(_button("accent@22", "accent@30", "accent@35"), {**_LEFT, "FramePadding": (10, 6)}),
    "tab": Style(_button("", text="muted"), {"FramePadding": (10, 5)}),
    "title": Style(_button("")),
    "tab_on": Style(_button("field_active", "field_active"), {"FramePadding": (10, 5)}),
    "muted": Style({"Text": "muted"}),
    "faint": Style({"Text": "faint"}),
    "bad": Style({"Text": "error"}),
    "good": Style({"Text": "ok"}),
    "accent_text": Style({"Text": "accent"}),
    "heading": Style({"Text": "text"}),
    "bubble": Style({"ChildBg": "bubble", "Border": ""}, {"WindowPadding": (14, 10), "ChildRounding": (16,)}),
    "code": Style({"ChildBg": "code"}, {"WindowPadding": (12, 9), "ChildRounding": (10,), "ItemSpacing": (8, 4)}),
    "card": Style({"ChildBg": "card", "Border": "border"}, {"ChildBorderSize": (1,), "WindowPadding": (14, 12), "ChildRounding": (12,), "ItemSpacing": (8, 6)}),
    "list": Style({"ChildBg": "card", "Border": "border"}, {"WindowPadding": (6, 6), "ChildRounding": (10,), "ChildBorderSize": (1,)}),
    "card_on": Style({"ChildBg": "card+accent@10", "Border": "accent"}, {"ChildBorderSize": (1,), "WindowPadding": (14, 12), "ChildRounding": (12,), "ItemSpacing": (8, 6)}),
    "tight": Style({}, {"ItemSpacing": (8, 3)}),
    "composer": Style({"ChildBg": "field"}, {"WindowPadding": (12, 10), "ChildRounding": (16,)}),
    "plain": Style(_field("", "", ""), {"FramePadding": (2, 3)}),
    "bare": Style({**_HIDDEN}, {"WindowPadding": (0, 0), "FramePadding": (0, 0), **_NO_BORDER}),
    "fold": Style(_button("", "", ""), {**_LEFT, "FramePadding": (0, 4)}),
    "quiet": Style(_button("", "", "", "faint"), {**_LEFT, "FramePadding": (0, 4)}),
    "tiny": Style(_button("", text="faint"), _LOW),
    "tiny_off": Style({**_button("", "", ""), "Text": ""}, _LOW),
    "tiny_on": Style(_button("", text="accent"), _LOW),
    "slider": Style({}, {"FramePadding": (3, 8), "GrabMinSize": (11,), "GrabRounding": (6,)}),
    "grip": Style({"Text": "muted"}, {"FramePadding": (3, 8)}),
    "field_button": Style(_button("field", "field_active"), {"FramePadding": (8, 8)}),
    "problem": Style(
        {"ChildBg": "error@12"}, {"WindowPadding": (12, 9), "ChildRounding": (10,), "ItemSpacing": (8, 5), **_NO_BORDER}
    ),
    "notice": Style(
        {"ChildBg": "warning@12"}, {"WindowPadding": (12, 9), "ChildRounding": (10,), "ItemSpacing": (8, 5), **_NO_BORDER}
    ),
    "warn": Style({"Text": "warning"}),
    "bare_line": Style({**_HIDDEN}, {"FramePadding": (9, 8)}),
    "chip": Style(_button("", text="muted"), {"FrameRounding": (20,), "FramePadding": (10, 5)}),
    "round": Style(_button("text", "muted", "muted", "background"), {"FrameRounding": (20,), "FramePadding": (9, 7)}),
    "popup": Style(
        {"WindowBg": "raised", "Border": "border"},
        {"WindowPadding": (8, 8), "WindowBorderSize": (1,), "ItemSpacing": (6, 2), "WindowRounding": (12,)},
    ),
    "dialog": Style(
        {"WindowBg": "background", "PopupBg": "background", "Border": "border"},
        {"WindowPadding": (22, 20), "WindowBorderSize": (1,), "ItemSpacing": (8, 9), "WindowRounding": (14,)},
    ),
    "toast": Style(
        {"WindowBg": "raised", "Border": "border"},
        {"WindowPadding": (14, 10), "WindowBorderSize": (1,), "WindowRounding": (12,), "ItemSpacing": (8, 4)},
    ),
    "file": Style(_button("field_active", "pressed"), {"FramePadding": (9, 6), "FrameRounding": (9,)}),
    "invisible": Style(_button("", "", "")),
}  # fmt: skip


class Themes:
    """The styles as DearPyGui themes; `look` and `rescale` change all of them at once, live."""

    def __init__(self, look: Look, scale: float = 1.0) -> None:
        self.look = look
        self.scale = scale
        self._colors: list[tuple[Any, str]] = []
        self._numbers: list[tuple[Any, tuple[float, ...]]] = []
        self._paints: dict[str, Any] = {}
        self._themes = {name: self._made(style) for name, style in _STYLES.items()}
        dpg.bind_theme(self._made(_GLOBAL))

    def bind(self, item: int | str, style: StyleName) -> None:
        """Give an item a style."""
        dpg.bind_item_theme(item, self._themes[style])

    def paint(self, item: int | str, color: str) -> None:
        """Give the text of an item a colour by its name; buttons stay without a ground."""
        if color not in self._paints:
            self._paints[color] = self._made(Style(_button("", text=color), {"FramePadding": (5, 3)}))
        dpg.bind_item_theme(item, self._paints[color])

    def change_look(self, look: Look) -> None:
        """Show everything in another theme."""
        self.look = look
        for item, name in self._colors:
            dpg.set_value(item, look.color(name))

    def rescale(self, scale: float) -> None:
        """Show everything at another scale."""
        self.scale = scale
        for item, numbers in self._numbers:
            dpg.set_value(item, [*self._scaled(numbers), -1][:2])

    def _made(self, style: Style) -> Any:
        with dpg.theme() as theme, dpg.theme_component(dpg.mvAll):
            for name, color in style.colors.items():
                item = dpg.add_theme_color(getattr(dpg, f"mvThemeCol_{name}"), self.look.color(color))
                self._colors.append((item, color))
            for name, numbers in style.numbers.items():
                item = dpg.add_theme_style(getattr(dpg, f"mvStyleVar_{name}"), *self._scaled(numbers))
                if name != "ButtonTextAlign":
                    self._numbers.append((item, numbers))
        return theme

    def _scaled(self, numbers: Sequence[float]) -> list[float]:
        return [number * self.scale if number > 1 else number for number in numbers]
