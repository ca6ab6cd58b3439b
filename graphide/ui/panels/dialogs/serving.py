"""Serving over HTTP: a switch, and where and with which key other programs reach the models and graphs of the window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import dearpygui.dearpygui as dpg

from graphide.editor.dialogs import Dialog, DialogButton
from graphide.editor.gestures_input import Key
from graphide.editor.serving import Server, Serving
from graphide.editor.text.metrics import icon
from graphide.ui import safe
from graphide.ui.panels.dialogs.body import Body

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_NAMES: Final = 96.0
_HIDDEN: Final = "•" * 24
_OFF: Final = (
    "Other programs, and a web page for people without graphide, can use the models of this machine, the graphs that "
    "are open and the templates. Nothing listens until you start it, and it ends with the window."
)


class ServingBody(Body):
    """The switch, and while it is on, the address, the key and an example."""

    size = (680.0, 430.0)
    hint = "Ctrl+C copies the address"

    def __init__(self, shell: Dialogs, dialog: Dialog) -> None:
        super().__init__(shell, dialog)
        self.serving: Serving = self.session.serving
        self._inside: safe.Item = 0
        self._shown: object = None
        self._key_shown = False

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        close = DialogButton("cancel", "Close")
        match self.serving.state:
            case "off":
                return (DialogButton("switch", "Start", "main"), close)
            case "on":
                return (DialogButton("page", "Open the page", "main"), DialogButton("switch", "Stop"), close)
            case _:
                return (close,)

    def build(self) -> None:
        self._inside = dpg.add_group()
        self._shown = None

    def update(self) -> None:
        serving = self.serving
        shown = (serving.state, serving.problem, serving.under_way, self._key_shown)
        if shown == self._shown or not dpg.does_item_exist(self._inside):
            return
        self._shown = shown
        safe.clear(self._inside)
        dpg.push_container_stack(self._inside)
        try:
            self._fill()
        finally:
            dpg.pop_container_stack()

    def press(self, button_id: str) -> None:
        """Start or stop the server, or show its page."""
        if button_id == "switch":
            self._key_shown = False
            self.serving.switch()
        elif button_id == "page":
            self.serving.open_page()
        else:
            super().press(button_id)

    def key(self, key: Key, *, typing: bool) -> bool:
        """Copy the address."""
        if key.chord != "ctrl+c" or self.serving.server is None:
            return False
        self._copy(self.serving.server.address)
        return True

    def _fill(self) -> None:
        serving, kit = self.serving, self.kit
        if serving.problem:
            kit.text(f"{icon('triangle-alert')}  {serving.problem}", "bad", size=14, wrap=self.width)
            kit.space(6)
        if serving.state == "on" and serving.server is not None:
            self._on(serving.server)
            return
        words = {
            "off": _OFF,
            "starting": "It starts …",
            "on": "",
            "ending": "It ends; what is under way gets a moment …",
        }
        kit.text(words[serving.state], "muted", wrap=self.width)
        if serving.state == "off":
            kit.space(10)
            own = self.session.workspace.settings
            who = (
                "only this machine"
                if own.serve_host in ("127.0.0.1", "localhost", "::1")
                else "every machine that reaches it"
            )
            self._line("Address", f"http://{own.serve_host}:{own.serve_port}")
            self._line("Who can ask", f"{who}, and who knows the key")
            kit.space(4)
            kit.button("Change the port or the address …", self._settings, "ghost", sign="settings", size=14)

    def _on(self, server: Server) -> None:
        kit = self.kit
        self._line("Address", server.address, server.address)
        self._line("For OpenAI", f"{server.address}/v1", f"{server.address}/v1")
        key = server.key if self._key_shown else _HIDDEN
        self._line("Key", key, server.key, eye=True)
        count = self.serving.under_way
        doing = (
            "nothing is being answered"
            if not count
            else f"{count} {'request is' if count == 1 else 'requests are'} being answered"
        )
        self._line("Serves", f"the models, and {server.graphs} graphs and templates; {doing}")
        kit.space(8)
        kit.text("From a terminal", "faint", size=13)
        example = self.serving.example()
        with kit.box("code", grow=True, width=-12):
            kit.text(example, size=13, wrap=self.width - 40)
        kit.button("Copy the command", partial(self._copy, example), "ghost", sign="copy", size=14)

    def _line(self, name: str, value: str, copied: str = "", *, eye: bool = False) -> None:
        kit = self.kit
        with dpg.group(horizontal=True, xoffset=kit.px(_NAMES)):
            kit.text(name, "faint", size=14)
            with kit.line(spacing=6):
                kit.text(value, size=14, wrap=0 if not copied else -1)
                if eye:
                    sign, tip = ("eye-off", "Hide the key") if self._key_shown else ("eye", "Show the key")
                    kit.icon_button(sign, self._turn_key, tip, size=14)
                if copied:
                    kit.icon_button("copy", partial(self._copy, copied), "Copy", size=14)

    def _turn_key(self) -> None:
        self._key_shown = not self._key_shown
        self.app.wake()

    def _copy(self, text: str) -> None:
        self.session.clipboard.write(text)
        self.session.say("Copied", "success")

    def _settings(self) -> None:
        self.session.popups.answer("cancel")
        self.session.act("settings")
