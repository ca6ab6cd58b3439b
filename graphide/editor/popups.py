"""What is open before the canvas: a dialog, a menu, the search palette. One object of a session; what they say is elsewhere.

What a dialog asks is a value (`dialogs`), what a menu offers is in `actions`, what the palette offers in `offers`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphide.editor import actions
from graphide.editor.dialogs import Dialog, Menu, MenuItem
from graphide.editor.gestures_target import Target
from graphide.editor.offers import Offers
from graphide.editor.palette import Palette, Wanted
from graphide.errors import GraphideError
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.editor.session import Session


class Popups:
    """The dialog, the menu and the palette of a session; at most one palette or menu is open, and a dialog above all."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._offers = Offers(session)
        self.dialog: Dialog | None = None
        self.menu: Menu | None = None
        self.palette: Palette | None = None

    def used(self, key: str) -> None:
        """Remember that an offer of the palette was used elsewhere; `key` is "action:" and its id."""
        self._offers.used(key)

    def open_palette(self, at: tuple[float, float] | None = None, wire: Wanted | None = None) -> None:
        """Open the search palette at a place of the view; with the loose end of a wire, for what fits it."""
        self.close()
        self.palette = self._offers.opened(at or (self._session.size[0] / 2, self._session.size[1] / 3), wire)
        self._session.touch()

    def search(self, query: str) -> None:
        """Type into the palette."""
        if self.palette is not None:
            self.palette = self._offers.searched(self.palette, query)
            self._session.touch()

    def light(self, by: int) -> None:
        """Light another item of the palette, `by` places farther."""
        if self.palette is not None and self.palette.items:
            self.palette = replace(self.palette, lit=(self.palette.lit + by) % len(self.palette.items))
            self._session.touch()

    def choose(self, number: int | None = None) -> None:
        """Take an item of the palette, by itself the one that is lit."""
        palette, self.palette = self.palette, None
        if palette is not None and palette.items:
            self._offers.take(palette, palette.items[palette.lit if number is None else number])
        self._session.touch()

    def close_palette(self) -> None:
        """Close the palette."""
        self.palette = None
        self._session.touch()

    def open_menu(self, target: Target, at: tuple[float, float]) -> None:
        """Open the menu of what is at a place; what it is about is selected first."""
        self.close()
        if target.selection and not self._session.tab.selection.has(target.selection):
            self._session.select(target.selection)
        self.menu = Menu(at, actions.menu_of(self._session, target))
        self._session.touch()

    def open_choices(self, target: Target, options: tuple[str, ...], value: Json) -> None:
        """Open the list of what a setting can be, below it."""

        def item(option: str) -> MenuItem:
            return MenuItem(
                option, lambda: self._set(target, option), id=f"choice:{option}", checked=option == value
            )  # fmt: skip

        at = self._session.tab.camera.to_screen(target.box.x, target.box.y + target.box.height)
        self.menu = Menu(at, tuple(item(option) for option in options))
        self._session.touch()

    def choose_in_menu(self, number: int) -> None:
        """Take an item of the menu; one that cannot be taken says why."""
        menu, self.menu = self.menu, None
        if menu is not None and 0 <= number < len(menu.items):
            item = menu.items[number]
            if item.reason:
                self._session.say(item.reason)
            else:
                item.run()
        self._session.touch()

    def close_menu(self) -> None:
        """Close the menu."""
        self.menu = None
        self._session.touch()

    def close(self) -> None:
        """Close the menu and the palette."""
        self.menu = self.palette = None

    def ask_file(self, node_id: str, name: str) -> None:
        """Ask for the file of a setting."""
        self.ask(Dialog("file", "Choose a file", data=(node_id, name), reply=self._setter(node_id, name)))

    def ask_model(self, node_id: str, name: str) -> None:
        """Ask for the model of a setting."""
        self.ask(Dialog("models", "Choose a model", data=(node_id, name), reply=self._setter(node_id, name)))

    def ask(self, dialog: Dialog) -> None:
        """Open a dialog."""
        self._session.leave_text()
        self.close()
        self.dialog = dialog
        self._session.touch()

    def answer(self, choice: str, value: Any = None) -> None:
        """Answer the dialog that is open: the id of a button, and a value where the dialog asks for one."""
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            try:
                dialog.reply(choice, value)
            except GraphideError as error:
                self._session.fail(error)
        self._session.touch()

    def _setter(self, node_id: str, name: str) -> Callable[[str, Any], None]:
        def reply(choice: str, value: Any) -> None:
            if choice == "ok" and (sentence := self._session.set_setting((node_id,), name, value)):
                self._session.say(sentence, "warning")

        return reply

    def _set(self, target: Target, value: Json) -> None:
        if sentence := self._session.set_setting((target.id,), target.name, value):
            self._session.say(sentence, "warning")
