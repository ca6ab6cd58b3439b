"""The settings of a chat above what was said: system prompt and its presets, temperature, longest reply, a full context.

What they change is `graphide.editor.chat_setup`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor import chat_setup
from graphide.editor.chat import ChatSession
from graphide.editor.chat_setup import OVERFLOWS, ChatSetup
from graphide.editor.text.metrics import width as text_width
from graphide.ui import safe
from graphide.ui.textbox import TextBox

if TYPE_CHECKING:
    from graphide.ui.app import App

_PAD: Final = 14.0
_PRESETS: Final = 150.0
_ICON: Final = 33.0
_NO_PRESET: Final = "Presets"
_HOTTEST: Final = 2.0
_ROOM, _BESIDES = 540.0, 290.0  # the least height of a panel in which all of it is shown, and what else is in there


class Setup:
    """The settings of one chat in the container that is being filled: `width` wide, in a panel `room` high, at scale 1."""

    def __init__(self, app: App, chat: ChatSession, width: float, room: float) -> None:
        self._app = app
        self._kit = app.kit
        self._session = app.session
        self._chat = chat
        self._inner = width - 2 * _PAD
        self._own = chat_setup.setup_of(app.session, chat)
        self._box: TextBox | None = None
        self._naming: safe.Item = 0
        self._name = ""
        self._handlers: safe.Item = 0
        short = room < _ROOM  # in a low window it scrolls, so that something of the chat is to be seen
        with self._kit.box(
            "card",
            width=width,
            height=max(90.0, room - _BESIDES) if short else 0,
            grow=not short,
            border=True,
            scrolls=short,
        ):
            if self._own is None:
                self._kit.text("The reply of this graph is no model's own text.", "muted", size=14, wrap=self._inner)
            else:
                self._build(self._own)

    def close(self) -> None:
        """Stop listening."""
        safe.delete(self._handlers)
        if self._box is not None:
            self._box.close()

    def update(self) -> bool:
        """Bring it to what the graph says, and return whether that was possible: else it is to be made anew."""
        if self._box is not None:
            self._box.update()
        if self._own is None:
            return True
        now = chat_setup.setup_of(self._session, self._chat)
        return now == self._own or self._kit.typing()

    # --- what it shows

    def _build(self, own: ChatSetup) -> None:
        self._system(own)
        half = (self._inner - 12) / 2
        with self._kit.line(spacing=12):
            with dpg.group():
                self._label("Temperature", "0: always the likeliest word; more: more surprises")
                self._kit.number(
                    min(own.temperature, _HOTTEST), self._put(chat_setup.set_temperature), low=0.0, high=_HOTTEST,
                    whole=False, width=half,
                )  # fmt: skip
            with dpg.group():
                self._label("Longest reply", "In tokens; where it is reached, the answer ends in the middle")
                self._kit.number(
                    own.max_tokens, lambda value: self._put(chat_setup.set_max_tokens)(int(value)), low=1, high=131_072,
                    whole=True, width=half,
                )  # fmt: skip
        self._label("When the context is full", "What is left out is said at the answer")
        shown = OVERFLOWS.get(own.overflow, own.overflow)
        by_label = {label: value for value, label in OVERFLOWS.items()}
        put = self._put(chat_setup.set_overflow)
        self._kit.choice(shown, list(by_label), lambda label: put(by_label[label]), width=self._inner)

    def _system(self, own: ChatSetup) -> None:
        if own.system is None:
            self._kit.text("The graph itself makes the system prompt.", "muted", size=13.5, wrap=self._inner)
            return
        kit, names = self._kit, chat_setup.presets(self._session)
        chosen = chat_setup.preset_of(self._session, own.system) if own.system else ""
        self._name = chosen
        with kit.line(spacing=4):
            self._label("System prompt", "Who the model is, and how it answers")
            icons = (_ICON + 4) * (2 if chosen else 1)
            room = self._inner - text_width("System prompt", 13) - icons - 12
            wide = min(_PRESETS, max(60.0, room))
            dpg.add_spacer(width=kit.px(max(1.0, room - wide - (0 if names else -wide))))
            if names:
                kit.choice(chosen or _NO_PRESET, names, self._take, width=wide)
            kit.icon_button("bookmark-plus", self._begin_naming, "Keep this text as a preset", size=15)
            if chosen:
                drop = lambda: self._drop(chosen)  # noqa: E731
                kit.icon_button("trash-2", drop, f"Keep the preset “{chosen}” no more", size=15)
        with dpg.group() as self._place:
            pass
        self._box = TextBox(
            self._app, own.system, self._put(chat_setup.set_system), width=self._inner, least=2, most=5,
            hint="You are …", prompt=not self._session.tab.alone,
        )  # fmt: skip

    def _label(self, text: str, tip: str) -> None:
        item = self._kit.text(text, "muted", size=13)
        self._kit.tip(item, tip)

    # --- what is done

    def _put(self, change: Callable[..., None]) -> Callable[..., None]:
        def put(value: object) -> None:
            change(self._session, self._chat, value)
            self._own = chat_setup.setup_of(self._session, self._chat)
            self._app.wake()

        return put

    def _take(self, name: str) -> None:
        chat_setup.take_preset(self._session, self._chat, name)
        self._app.wake()

    def _drop(self, name: str) -> None:
        chat_setup.drop_preset(self._session, name)
        self._app.wake()

    def _begin_naming(self) -> None:
        """Ask for the name of a preset, above its text."""
        if self._naming or self._box is None:
            return
        self._naming = self._kit.field(
            self._name, self._named, hint="Name of the preset, then Enter", width=self._inner, on_enter=True, parent=self._place
        )  # fmt: skip
        self._app.after_frames(2, lambda: safe.focus(self._naming))

    def _named(self, name: str) -> None:
        if self._box is not None and not safe.reverted():
            chat_setup.keep_preset(self._session, name, self._box.edit.text)
            safe.delete(self._naming)
            self._naming = 0
            self._app.wake()
