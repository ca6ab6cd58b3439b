"""Downloads in the model dialog: one card for each, with its bar, its numbers and what can be done with it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple

import dearpygui.dearpygui as dpg

from graphide.editor.model_download_rows import DownloadRow
from graphide.editor.model_queue import LABELS, QueuePage
from graphide.editor.text.metrics import icon, shortened, width as text_width
from graphide.ui import safe
from graphide.ui.panels.dialogs.models_page import PageView
from graphide.ui.theme import StyleName

_ICON: Final = 31.0  # the width of a small button, the room beside it included
_SIGNS: Final[dict[str, tuple[str, StyleName]]] = {
    "done": ("circle-check", "good"), "failed": ("circle-x", "bad"), "paused": ("circle-pause", "muted"),
    "queued": ("clock", "muted"), "waiting": ("hourglass", "warn"), "checking": ("shield-check", "accent_text"),
    "downloading": ("download", "accent_text"),
}  # fmt: skip
_NOTHING: Final = "Nothing is being downloaded."
_WHAT_TO_DO: Final = (
    "Find a model (Ctrl+2); what is downloaded there goes on here, also while this window is closed again."
)


class _Card(NamedTuple):
    """A card that is shown: its box, its bar, and the text with its numbers."""

    box: safe.Item
    bar: safe.Item
    said: safe.Item


class QueueView(PageView):
    """All downloads. While bytes arrive, bars and numbers are changed in place."""

    def __init__(self, app: Any, page: QueuePage) -> None:
        super().__init__(app)
        self.page = page
        self.models = self.session.models
        self._list: safe.Item = 0
        self._head: safe.Item = 0
        self._cards: list[_Card] = []
        self._shown: object = None
        self._headed: object = None
        self._handlers: safe.Item = 0

    def build(self, width: float, height: float) -> None:
        """Add the line of the speed, and the cards."""
        super().build(width, height)
        self._head = dpg.add_group(horizontal=True, horizontal_spacing=self.kit.px(8))
        with self.kit.box("inside", height=height - 50, scrolls=True) as self._list:
            pass
        with dpg.handler_registry() as self._handlers:
            dpg.add_mouse_click_handler(0, callback=self._clicked)
        self._shown = self._headed = None
        self.first = 0

    def update(self) -> None:
        """Bring the cards to what the downloads say."""
        if not dpg.does_item_exist(self._list):
            return
        rows, page = self.page.rows, self.page
        headed = (str(self.models.downloads.total or ""), page.rate, page.problem or self.models.downloads.problem)
        if headed != self._headed:
            self._headed = headed
            self.fill(self._head, self._add_head)
        can = tuple((page.can_use(row), page.can_go_first(row)) for row in rows)
        fixed = tuple(replace(row, fraction=0.0, said="") for row in rows)
        shown = (fixed, can, min(page.lit, max(0, len(rows) - 1)), self.models.downloads.rows is None)
        if shown != self._shown:
            self._shown = shown
            self.fill(self._list, partial(self._add_cards, rows))
            self.app.after_frames(2, self._reveal)
        for row, card in zip(rows, self._cards, strict=True):
            if dpg.does_item_exist(card.said) and dpg.get_value(card.said) != row.said:
                dpg.set_value(card.said, row.said)
            if card.bar and dpg.does_item_exist(card.bar):
                dpg.set_value(card.bar, row.fraction)

    def leave(self) -> None:
        """Stop listening."""
        safe.delete(self._handlers)
        self._handlers = 0

    # --- what it shows

    def _add_head(self) -> None:
        kit, page = self.kit, self.page
        problem = page.problem or self.models.downloads.problem
        total = self.models.downloads.total
        text = problem or (str(total) if total is not None else "")
        kit.choice(page.rate, page.rates, self._limit, width=168)
        kit.text(shortened(text, self.width - 190, 14), "bad" if problem else "muted", size=14)

    def _add_cards(self, rows: tuple[DownloadRow, ...]) -> None:
        self._cards = [self._card(number, row) for number, row in enumerate(rows)]
        if not rows:
            loading = self.models.downloads.rows is None and not self.models.downloads.problem
            self.kit.text("Looking …" if loading else _NOTHING, weight="medium")
            if not loading:
                self.kit.text(_WHAT_TO_DO, "muted", size=14, wrap=0)

    def _card(self, number: int, row: DownloadRow) -> _Card:
        kit, room = self.kit, self.width - 48
        lit = number == min(self.page.lit, len(self.page.rows) - 1)
        sign, style = _SIGNS[row.state]
        bar: safe.Item = 0
        with kit.box("card", width=self.width - 16, grow=True, border=True) as box:
            if lit:
                self.app.themes.bind(box, "card_on")
            self._line(number, row, sign, style, room)
            if row.state not in ("done", "failed"):
                bar = dpg.add_progress_bar(default_value=row.fraction, width=kit.px(room), height=kit.px(7))
            with kit.line(spacing=10):
                said = kit.text(row.said, "muted", size=13)
                if self.width > 560:
                    kit.text(row.repo, "faint", size=13)
            if row.problem:
                kit.text(row.problem, "bad" if row.state == "failed" else "warn", size=13, wrap=room)
        return _Card(box, bar, said)

    def _line(self, number: int, row: DownloadRow, sign: str, style: StyleName, room: float) -> None:
        kit = self.kit
        buttons = self._buttons(number, row)
        use = self.page.can_use(row)
        taken = len(buttons) * _ICON + (66.0 if use else 0.0)
        title = shortened(row.title, room - taken - 40, 15, "medium")
        with kit.line(spacing=8):
            kit.text(icon(sign), style, size=16)
            kit.text(title, weight="medium")
            gap = room - taken - text_width(title, 15, "medium") - 44
            dpg.add_spacer(width=kit.px(max(1.0, gap)))
            with kit.line(spacing=2):
                if use:
                    kit.button("Use it", self.then(partial(self._press, number, "use")), "primary", size=14)
                for name, tip, what in buttons:
                    kit.icon_button(what, self.then(partial(self._press, number, name)), tip, size=15)

    def _buttons(self, number: int, row: DownloadRow) -> list[tuple[str, str, str]]:
        found = [("first", "Next one (Ctrl+Up)", "chevrons-up")] if self.page.can_go_first(row) else []
        for what in row.can:
            label, sign = LABELS[what]
            again = what == "resume" and row.state == "failed"
            found.append((what, "Try again" if again else label, "rotate-cw" if again else sign))
        return found

    # --- what happens

    def _reveal(self) -> None:
        """Scroll so that the lit card is seen."""
        if not self._cards or not dpg.does_item_exist(self._list):
            return
        card = self._cards[min(self.page.lit, len(self._cards) - 1)]
        _, top, _, room = safe.rectangle(self._list)
        _, begins, _, height = safe.rectangle(card.box)
        by = min(0.0, begins - top) or max(0.0, begins + height - top - room)
        if height and by:
            dpg.set_y_scroll(self._list, max(0.0, dpg.get_y_scroll(self._list) + by))
            self.app.wake()

    def _press(self, number: int, button: str) -> None:
        self.page.light(number)
        row = self.page.row
        if row is not None and button == "cancel":
            self.page.do("cancel", row)
        else:
            self.page.press(button)

    def _limit(self, text: str) -> None:
        self.page.limit(text)
        self.app.wake()

    def _clicked(self) -> None:
        for number, card in enumerate(self._cards):
            left, top, width, height = safe.rectangle(card.box)
            x, y = safe.mouse()
            if left <= x < left + width and top <= y < top + height and safe.hovered(card.box):
                self.page.light(number)
                self.app.wake()
