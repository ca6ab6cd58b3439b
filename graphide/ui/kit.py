"""The few widgets that panels and dialogs are made of, in the styles of the window: texts, buttons, fields.

Every callback takes no arguments or the new value, and runs on the thread that draws. Lengths are pixels at scale 1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dearpygui.dearpygui as dpg

from graphide.editor.text.metrics import Weight, icon, shortened
from graphide.ui import safe
from graphide.ui.fonts import BASE, Fonts
from graphide.ui.theme import StyleName, Themes

Do = Callable[[], object]
Item = safe.Item
_TOOLTIP_SECONDS = 0.5


class Kit:
    """Makes widgets in one window; `fields` are those that can be typed into.

    `kept` are the chords that belong to the field that has the keyboard, whatever they mean elsewhere.
    """

    def __init__(self, themes: Themes, fonts: Fonts) -> None:
        self.themes = themes
        self.fonts = fonts
        self.fields: set[Item] = set()
        self.kept: frozenset[str] = frozenset()
        self._typed_at = self._looked_at = -10

    def px(self, length: float) -> int:
        """Return a length in pixels of the screen; -1 and 0 mean what they mean to DearPyGui."""
        return round(length * self.fonts.scale) if length > 0 else round(length)

    def style(self, item: Item, style: StyleName) -> Item:
        """Give an item a style and return it."""
        self.themes.bind(item, style)
        return item

    def paint(self, item: Item, color: str) -> None:
        """Give the text of an item a colour by its name, in place of that of its style."""
        self.themes.paint(item, color)

    # --- what is read

    def text(
        self, text: str, style: StyleName | None = None, *, size: float = BASE, weight: Weight = "regular",
        wrap: float = -1, parent: Item = 0,
    ) -> Item:  # fmt: skip
        """Add a text; `wrap` is the width at which lines break (-1: never, 0: at the end of the panel)."""
        item: Item = dpg.add_text(text, wrap=self.px(wrap), parent=parent)
        dpg.bind_item_font(item, self.fonts.of(weight, size))
        return self.style(item, style) if style is not None else item

    def heading(self, text: str, *, parent: Item = 0) -> Item:
        """Add a small heading over a part of a panel."""
        dpg.add_spacer(height=self.px(6), parent=parent)
        return self.text(text, "faint", size=13, parent=parent)

    def space(self, height: float, *, parent: Item = 0) -> None:
        """Leave some room."""
        dpg.add_spacer(height=self.px(height), parent=parent)

    def tip(self, item: Item, text: str) -> None:
        """Explain an item while the mouse rests on it."""
        if text:
            with dpg.tooltip(item, delay=_TOOLTIP_SECONDS) as tooltip:
                self.style(tooltip, "popup")
                self.text(text, size=13, wrap=360)

    # --- what is pressed

    def button(
        self, label: str, do: Do, style: StyleName = "ghost", *, sign: str = "", tip: str = "", width: float = 0,
        size: float = BASE, weight: Weight = "regular", enabled: bool = True, parent: Item = 0,
    ) -> Item:  # fmt: skip
        """Add a button with an icon (by its name) before its label."""
        shown = f"{icon(sign)}   {label}" if sign and label else icon(sign) if sign else label
        item: Item = dpg.add_button(
            label=shown, width=self.px(width), enabled=enabled, parent=parent,
            callback=lambda: do(),  # noqa: PLW0108  # DearPyGui would give arguments to what has defaults
        )  # fmt: skip
        dpg.bind_item_font(item, self.fonts.of(weight, size))
        self.style(item, style if enabled else "invisible")
        self.tip(item, tip)
        return item

    def icon_button(self, sign: str, do: Do, tip: str, *, size: float = 17, style: StyleName = "icon") -> Item:
        """Add a button that is an icon."""
        return self.button("", do, style, sign=sign, tip=tip, size=size)

    def row(
        self, label: str, do: Do, *, sign: str = "", on: bool = False, tip: str = "", room: float = 0, parent: Item = 0
    ) -> Item:
        """Add a line of a list that can be pressed, shortened to `room` pixels."""
        shown = shortened(label, room, BASE) if room else label
        return self.button(shown, do, "nav_on" if on else "nav", sign=sign, tip=tip, width=-1, parent=parent)

    # --- what is changed

    def field(
        self, value: str, changed: Callable[[str], object], *, hint: str = "", width: float = -1, lines: float = 0,
        on_enter: bool = False, style: StyleName | None = None, mono: bool = False, parent: Item = 0,
    ) -> Item:  # fmt: skip
        """Add a text field; `changed` has each new text, or with `on_enter` the one that Enter was pressed on."""
        item: Item = dpg.add_input_text(
            default_value=value, hint=hint, width=self.px(width), multiline=bool(lines), height=self.px(lines),
            on_enter=on_enter, callback=lambda _, text: changed(text), parent=parent,
        )  # fmt: skip
        dpg.bind_item_font(item, self.fonts.of("mono" if mono else "regular", 14 if mono else BASE))
        self.fields.add(item)
        return self.style(item, style) if style is not None else item

    def choice(
        self,
        value: str,
        options: Sequence[str],
        changed: Callable[[str], object],
        *,
        width: float = -1,
        parent: Item = 0,
    ) -> Item:
        """Add a list to choose from."""
        return dpg.add_combo(  # type: ignore[no-any-return]
            list(options),
            default_value=value,
            width=self.px(width),
            callback=lambda _, text: changed(text),
            parent=parent,
        )

    def toggle(self, label: str, value: bool, changed: Callable[[bool], object], *, parent: Item = 0) -> Item:
        """Add a box to tick."""
        return dpg.add_checkbox(  # type: ignore[no-any-return]
            label=label, default_value=value, callback=lambda _, on: changed(bool(on)), parent=parent
        )

    def number(
        self, value: float, changed: Callable[[float], object], *, low: float | None, high: float | None, whole: bool,
        width: float = -1, parent: Item = 0,
    ) -> Item:  # fmt: skip
        """Add a number: a slider where both ends are near, else a field with steps."""
        bounds = {} if low is None or high is None else {"min_value": low, "max_value": high}
        common: dict[str, Any] = {
            "default_value": value, "width": self.px(width), "parent": parent, "callback": lambda _, new: changed(new),
        }  # fmt: skip
        if bounds and high is not None and low is not None and high - low <= (256 if whole else 10):
            add = dpg.add_slider_int if whole else dpg.add_slider_float
            item: Item = add(clamped=True, **bounds, **common, **({} if whole else {"format": "%.2f"}))
        else:
            add = dpg.add_input_int if whole else dpg.add_input_float
            item = add(step=0, **common, **({} if whole else {"format": "%.3g"}))
        self.fields.add(item)
        return item

    # --- where it is

    @contextmanager
    def line(self, *, spacing: float = 8, parent: Item = 0) -> Iterator[Item]:
        """Put what is added inside side by side."""
        with dpg.group(horizontal=True, horizontal_spacing=self.px(spacing), parent=parent) as group:
            yield group

    @contextmanager
    def box(
        self, style: StyleName, *, width: float = -1, height: float = 0, grow: bool = False, border: bool = False,
        parent: Item = 0, scrolls: bool = False,
    ) -> Iterator[Item]:  # fmt: skip
        """Put what is added inside into a box; `grow` makes it as high as that needs."""
        with dpg.child_window(
            width=self.px(width), height=self.px(height), border=border, always_use_window_padding=True,
            no_scrollbar=not scrolls, no_scroll_with_mouse=not scrolls, auto_resize_y=grow, parent=parent,
        ) as item:  # fmt: skip
            self.style(item, style)
            yield item

    def typing(self, besides: Collection[Item] = ()) -> bool:
        """Return whether a field has the keyboard, or had it a moment ago: the key that it was left with is its own."""
        if besides or dpg.get_frame_count() != self._looked_at:
            self.fields = {item for item in self.fields if dpg.does_item_exist(item)}
        if besides:
            return any(dpg.is_item_active(item) for item in self.fields if item not in besides)
        frame = dpg.get_frame_count()
        if frame != self._looked_at:  # within a frame no field gets or loses the keyboard
            self._looked_at = frame
            if any(dpg.is_item_active(item) for item in self.fields):
                self._typed_at = frame
        return bool(0 <= frame - self._typed_at <= 1)
