"""The card below a chat in which the next message is written: a note, files, the field, how full the context is, send or stop."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.chatting.attachments import Attachment
from graphide.editor import chat_files, chat_state, talking
from graphide.editor.chat import ChatSession
from graphide.editor.chat_making import ChatTrouble
from graphide.editor.chat_state import Gauge, Talk
from graphide.editor.text.blocks import Span
from graphide.editor.text.metrics import icon, shortened, width as text_width
from graphide.editor.text.typeset import Style, set_spans
from graphide.editor.views import Rect, Shape, Text
from graphide.store.turns import ROOT
from graphide.ui import safe
from graphide.ui.panels.composer import KEYS, Composer
from graphide.ui.shapes import draw
from graphide.ui.textbox import PAD

if TYPE_CHECKING:
    from graphide.ui.app import App
    from graphide.ui.panels.chat_sheet import ChatSheet

_PAD: Final = (12.0, 10.0)
_ROW, _SPACING = 34.0, 8.0
_NOTE: Final = Style(13, 13)
_GAUGE: Final = (54.0, 5.0)
_BUTTON: Final = 44.0
_HINT: Final = "Message the graph…  Enter sends"
_HINT_ALONE: Final = "Message the model…  Enter sends"
_PRIVATE: Final = "This chat is not kept: it is gone when you close it."
_CHIP, _CHIP_GAP = 30.0, 6.0
_NAME: Final = 220.0  # of a file, at the most
_EDITING: Final = "Edits a message: what follows becomes another branch. Esc leaves it."
_ALONE: Final = "Each message is answered by itself: the graph has no input “conversation”."


class ChatCard:
    """The card of one chat, `width` wide at scale 1; `sheet` is the page above it."""

    def __init__(self, app: App, talk: Talk, chat: ChatSession, sheet: ChatSheet, width: float) -> None:
        self._app = app
        self._kit = app.kit
        self._trouble = talk.trouble
        self._chat = chat
        self._sheet = sheet
        self._inner = width - 2 * _PAD[0]
        self.composer: Composer | None = None
        self._shown: object = None
        self._gauged: tuple[tuple[object, object], Gauge | None] = ((self, self), None)
        with self._kit.box("composer", height=100) as self._card:
            self._note = dpg.add_group()
            self._chips = dpg.add_group()
            if talk.trouble is None:
                hint = _HINT_ALONE if app.session.tab.alone else _HINT
                self.composer = Composer(app, chat.draft, self._wrote, self._pressed, width=self._inner, hint=hint)
            self._row = dpg.add_group()

    def close(self) -> None:
        """Stop listening."""
        if self.composer is not None:
            self.composer.close()

    @property
    def kept(self) -> frozenset[str]:
        """The chords that mean something here and nothing elsewhere now."""
        return KEYS if self.composer is not None and self.composer.active else frozenset()

    def update(self) -> float:
        """Bring it to what the chat says and return how high it is with the room above it, in pixels at scale 1."""
        high = 0.0
        if self.composer is not None:
            self.composer.show(self._chat.draft)
            self.composer.update()
            self._give_keys(self.composer)
            high = self.composer.high
        note = self._said()
        lines = len(set_spans((Span(note),), self._inner - PAD, _NOTE)) if note else 0
        rows = _rows_of(self._chat.files, self._inner)
        chips = len(rows) * (_CHIP + _CHIP_GAP) - _CHIP_GAP if rows else 0.0
        parts = [part for part in (lines * _NOTE.line_height, chips, high, _ROW) if part]
        height = sum(parts) + _SPACING * (len(parts) - 1) + 2 * _PAD[1]
        gauge = self._gauge()
        shown = (note, gauge, self._chat.answering, self._sheet.follows, height, self._chat.files)
        if shown != self._shown:
            self._shown = shown
            self._show(note, gauge)
            self._show_files(rows)
            dpg.configure_item(self._card, height=self._kit.px(height))
            self._app.wake()
        return height + _SPACING

    # --- what it shows

    def _said(self) -> str:
        if self._trouble is not None:
            return self._trouble.why
        if self._chat.editing != ROOT:
            return _EDITING
        if self._chat.private:
            return _PRIVATE
        return "" if self._chat.form.conversation else _ALONE

    def _gauge(self) -> Gauge | None:
        """Return how full the context is, worked out again once an answer is over."""
        chat, session = self._chat, self._app.session
        made_of = (None if chat.answering else chat.turns, session.tab.plan)
        if made_of[0] is not self._gauged[0][0] or made_of[1] is not self._gauged[0][1]:
            self._gauged = (made_of, self._gauged[1] if chat.answering else chat_state.gauge(session, chat))
        return self._gauged[1]

    def _show(self, note: str, gauge: Gauge | None) -> None:
        safe.clear(self._note)
        dpg.configure_item(self._note, show=bool(note))
        if note:
            with self._kit.line(spacing=0, parent=self._note):
                dpg.add_spacer(width=self._kit.px(PAD))
                self._kit.text(note, "muted", size=_NOTE.size, wrap=self._inner - PAD)
        safe.clear(self._row)
        with self._kit.line(spacing=6, parent=self._row):
            if self._trouble is not None:
                self._add_help(self._trouble)
            else:
                self._add_buttons(gauge)

    def _show_files(self, rows: Sequence[Sequence[Attachment]]) -> None:
        """Show the files that go along, each as a button that takes it back."""
        safe.clear(self._chips)
        dpg.configure_item(self._chips, show=bool(rows))
        for row in rows:
            with self._kit.line(spacing=_CHIP_GAP, parent=self._chips):
                for file in row:
                    take_back = partial(chat_files.take_back, self._app.session, file.name)
                    tip = f"{file.name}: {chat_files.about(file)}. Click to take it back"
                    self._kit.button(_chip(file), take_back, "file", tip=tip, size=13.5)

    def _add_help(self, trouble: ChatTrouble) -> None:
        self._kit.button(trouble.offer, lambda: talking.help_out(self._app.session, trouble), "primary", size=14)

    def _add_buttons(self, gauge: Gauge | None) -> None:
        kit, follows = self._kit, self._sheet.follows
        width = self._inner - 2 * _BUTTON + 8
        attach = partial(self._app.session.act, "attach")
        kit.button(
            "", attach, "icon", sign="paperclip", tip="Attach text files (Ctrl+Alt+A), or drop them here", size=16
        )
        used = self._add_gauge(gauge, width) if gauge is not None else 0.0
        used += 0.0 if follows else _BUTTON
        dpg.add_spacer(width=kit.px(max(1.0, width - used)))
        if not follows:
            kit.button("", self._sheet.to_the_end, "icon", sign="arrow-down", tip="To the end", size=16)
        if self._chat.answering:
            kit.button("", lambda: talking.stop(self._app.session), "round", sign="square", tip="Stop (Esc)")
        else:
            kit.button("", self._send, "round", sign="send", tip="Send (Enter)")

    def _add_gauge(self, gauge: Gauge, width: float) -> float:
        """Add how full the context is, and return the room it takes."""
        shapes: list[Shape] = []
        left = PAD
        if gauge.room:
            color = "error" if gauge.share > 0.95 else "warning" if gauge.share > 0.8 else "accent"
            shapes.append(Rect(left, 14, _GAUGE[0], _GAUGE[1], fill="text@14", rounding=2.5))
            shapes.append(Rect(left, 14, max(_GAUGE[1], _GAUGE[0] * gauge.share), _GAUGE[1], fill=color, rounding=2.5))
            left += _GAUGE[0] + 9
        text = gauge.text if left + text_width(gauge.text, 12.5) < width - 50 else gauge.short
        shapes.append(Text(left, 10, text, 12.5, "muted"))
        used = left + text_width(text, 12.5) + 4
        item = dpg.add_drawlist(self._kit.px(used), self._kit.px(_ROW - 4))
        draw(shapes, item, self._app.canvas.brush(self._kit.fonts.scale))
        return used + 6

    # --- what is done

    def _give_keys(self, composer: Composer) -> None:
        if self._chat.wants_keys:
            self._chat.wants_keys = False
            # A field can take the keyboard once it was drawn.
            self._app.after_frames(2, lambda: composer.focus() if dpg.does_item_exist(composer.field) else None)

    def _wrote(self, text: str) -> None:
        self._chat.draft = text

    def _pressed(self, chord: str) -> None:
        if chord in ("enter", "ctrl+enter"):
            self._send()
        elif chord == "ctrl+.":
            talking.stop(self._app.session)
        elif talking.escape(self._app.session):
            self._chat.wants_keys = True  # Esc took the keyboard away, and it was not the field that was to be left
        self._app.wake()

    def _send(self) -> None:
        if talking.send(self._app.session):
            self._chat.wants_keys = True
            self._sheet.to_the_end()
        self._app.wake()


def _chip(file: Attachment) -> str:
    return f"{icon('file-text')}  {shortened(file.name, _NAME, 13.5)}  {icon('x')}"


def _rows_of(files: Sequence[Attachment], room: float) -> list[list[Attachment]]:
    """Return files in rows that fit into some room."""
    rows: list[list[Attachment]] = []
    left = 0.0
    for file in files:
        wide = text_width(_chip(file), 13.5) + 18 + _CHIP_GAP
        if not rows or wide > left:
            rows.append([])
            left = room
        rows[-1].append(file)
        left -= wide
    return rows
