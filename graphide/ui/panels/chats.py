"""The list of chats in the sidebar: a search, and rows of which only those that are seen are drawn.

What the rows say is `graphide.editor.chats_list`, how they look `chats_look`, what is done with a chat `chats_acts`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import dearpygui.dearpygui as dpg

from graphide.editor import chats_acts, chats_open
from graphide.editor.chats_look import Rows, height_of, shapes_of
from graphide.editor.chats_rows import Row
from graphide.ui import safe
from graphide.ui.shapes import draw

if TYPE_CHECKING:
    from graphide.ui.app import App

_AHEAD: Final = 12  # rows before the end at which more are asked for
_MENU: Final = 30.0  # at the end of a row, where its menu opens
_STEPS: Final = {"down": 1, "up": -1, "page_down": 8, "page_up": -8}


class ChatsPane:
    """The list, in the container that is being filled. Lengths are pixels at scale 1."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._kit = app.kit
        self._session = app.session
        self._box: safe.Item = 0
        self._drawlist: Any = 0
        self._search: safe.Item = 0
        self._title: safe.Item = 0
        self._note: safe.Item = 0
        self._handlers: safe.Item = 0
        self._width = 100.0
        self._rows = Rows(())
        self._painted: object = None
        self._shown_lit = -1
        self._renamed = ""
        self._new_title = ""
        self._had_keys = False

    @property
    def rows(self) -> Rows:
        """The rows as they are laid out."""
        return self._rows

    def build(self, width: float, foot: float) -> None:
        """Add the list, so that `foot` pixels are left below it."""
        self.close()
        kit, own = self._kit, self._session.chats.list
        self._width = width
        self._search = kit.field(own.query, self._searched, hint="Search in all that was said", width=width)
        with kit.line(spacing=0):
            dpg.add_spacer(width=kit.px(10))
            self._note = kit.text("", "muted", size=13.5, wrap=width)
        with kit.box("tree", height=-foot * kit.fonts.scale, scrolls=True) as self._box:
            self._drawlist = dpg.add_drawlist(10, 10, pos=(0, 0))
        with dpg.handler_registry() as self._handlers:
            dpg.add_mouse_click_handler(0, callback=partial(self._pressed, menu=False))
            dpg.add_mouse_click_handler(1, callback=partial(self._pressed, menu=True))
            dpg.add_mouse_move_handler(callback=self._app.wake)
            dpg.add_key_press_handler(callback=self._key)
        self._painted, self._title, self._renamed = None, 0, ""

    def close(self) -> None:
        """Stop listening."""
        safe.delete(self._handlers)
        self._handlers = self._title = 0

    def update(self) -> None:
        """Bring it to what the list says."""
        if not self._drawlist or not dpg.does_item_exist(self._drawlist):
            return
        own = self._session.chats.list
        own.look()
        if own.rows is not self._rows.rows:
            self._rows = Rows(own.rows)
        self._say_note()
        self._reveal(own.lit)
        self._paint()
        self._rename()
        if own.wants_keys:
            own.wants_keys = False
            self._app.after_frames(2, partial(safe.focus, self._search))
        self._had_keys = safe.active(self._search) or safe.active(self._title)

    # --- what it shows

    def _say_note(self) -> None:
        own = self._session.chats.list
        note = ""
        if own.is_there and not own.rows:
            note = "Nothing was found." if own.query.strip() else "What you say in a chat is kept here."
        if not self._session.workspace.settings.keep_chats:
            note = "Chats are not kept: the settings say so."
        if dpg.get_value(self._note) != note:
            dpg.set_value(self._note, note)
        if bool(dpg.is_item_shown(self._note)) != bool(note):
            dpg.configure_item(self._note, show=bool(note))

    def _paint(self) -> None:
        own, scale = self._session.chats.list, self._kit.fonts.scale
        top, room = self._seen()
        over = self._under_mouse()
        seen = self._rows.seen(top, room)
        if seen.stop > len(self._rows.rows) - _AHEAD:
            own.more()
        chat = self._session.tab.chat
        opened = chat.id if chat is not None else ""
        painted = (self._rows, own.lit, over, seen, opened, own.renaming, scale, self._app.themes.look, own.now.date())
        if painted == self._painted:
            return
        self._painted = painted
        size = (round(self._width * scale), max(1, round(self._rows.height * scale)))
        dpg.configure_item(self._drawlist, width=size[0], height=size[1])
        safe.clear(self._drawlist)
        for number in seen:
            self._paint_row(number, over=number == over, opened=opened)

    def _paint_row(self, number: int, *, over: bool, opened: str) -> None:
        own, scale = self._session.chats.list, self._kit.fonts.scale
        row = self._rows.rows[number]
        if row.chat is not None and row.chat.id == own.renaming:
            return
        node = dpg.add_draw_node(parent=self._drawlist)
        top = round(self._rows.tops[number] * scale)
        dpg.apply_transform(node, dpg.create_translation_matrix((0, top, 0)))
        is_open = row.chat is not None and bool(opened) and row.chat.id == opened and not row.pieces
        shapes = shapes_of(row, self._width, own.now, lit=number == own.lit, over=over, is_open=is_open)
        draw(tuple(shapes), node, self._app.canvas.brush(scale))

    def _seen(self) -> tuple[float, float]:
        scale = self._kit.fonts.scale
        _, _, _, height = safe.rectangle(self._box)
        return dpg.get_y_scroll(self._box) / scale, (height or 600) / scale

    def _reveal(self, lit: int) -> None:
        """Scroll to the row that was lit by a key."""
        if lit == self._shown_lit:
            return
        self._shown_lit = lit
        if not 0 <= lit < len(self._rows.rows):
            return
        top, room = self._seen()
        start, end = self._rows.tops[lit], self._rows.tops[lit] + height_of(self._rows.rows[lit]) + 8
        wanted = max(0.0, start - 30) if start < top else end - room if end > top + room else top
        if wanted != top:
            dpg.set_y_scroll(self._box, max(0.0, wanted * self._kit.fonts.scale))
            self._app.wake()

    def _under_mouse(self) -> int:
        """Return the chat below the mouse, -1 for none."""
        if not safe.hovered(self._drawlist) or self._session.popups.dialog is not None:
            return -1
        return self._rows.at((safe.mouse()[1] - safe.rectangle(self._drawlist)[1]) / self._kit.fonts.scale)

    # --- another title

    def _rename(self) -> None:
        """Put a field over the chat whose title is written, and take it away again."""
        own = self._session.chats.list
        if own.renaming == self._renamed:
            if self._title and self._had_keys and not safe.active(self._title) and own.renaming:
                self._named(keep=True)  # left by a click elsewhere
            return
        safe.delete(self._title)
        self._title = 0
        row = next((n for n, row in enumerate(self._rows.rows) if _is(row, own.renaming)), -1)
        if row < 0 and own.renaming:
            return  # the rows are still on their way
        self._renamed = own.renaming
        if row < 0:
            return
        chat = self._rows.rows[row].chat
        assert chat is not None
        self._new_title = chat.title
        top = (self._rows.tops[row] + 2) * self._kit.fonts.scale
        self._title = self._kit.field(chat.title, self._typed_title, width=self._width - 4, parent=self._box)
        dpg.configure_item(self._title, auto_select_all=True)
        dpg.set_item_pos(self._title, [0, int(top)])
        self._app.after_frames(2, partial(safe.focus, self._title))

    def _typed_title(self, text: str) -> None:
        if not safe.reverted():
            self._new_title = text

    def _named(self, *, keep: bool) -> None:
        own = self._session.chats.list
        if keep and own.renaming:
            chats_acts.rename(self._session, own.renaming, self._new_title)
        else:
            own.begin_rename("")
        self._app.wake()

    # --- mouse and keys

    def _pressed(self, *, menu: bool) -> None:
        number = self._under_mouse()
        if number < 0:
            return
        row, own = self._rows.rows[number], self._session.chats.list
        assert row.chat is not None
        if own.renaming:
            self._named(keep=True)
            return
        left = safe.rectangle(self._drawlist)[0]
        at_menu = (safe.mouse()[0] - left) / self._kit.fonts.scale >= self._width - _MENU
        if menu or at_menu:
            self._open_menu(number)
        else:
            own.light(-1)
            chats_open.open_chat(self._session, row.chat, row.turn)
        self._app.wake()

    def _open_menu(self, number: int, *, at_mouse: bool = True) -> None:
        row, area = self._rows.rows[number], self._app.canvas.area
        assert row.chat is not None
        left, top, _, _ = safe.rectangle(self._drawlist)
        below = top + (self._rows.tops[number] + height_of(row)) * self._kit.fonts.scale
        x, y = safe.mouse() if at_mouse else (left + 40, below)
        chats_acts.menu(self._session, row.chat, (x - area.x, y - area.y))

    def _searched(self, text: str) -> None:
        if not safe.reverted():
            self._session.chats.list.search(text)
            self._app.wake()

    def _key(self, _: Any, data: Any) -> None:
        if not self._had_keys:
            return
        key, own = self._app.canvas.inputs.key_of(data), self._session.chats.list
        if key is None:
            return
        if self._title:
            if key.name in ("enter", "escape"):
                self._named(keep=key.name == "enter")
            return
        if key.name in _STEPS and not key.modifiers:
            for _step in range(abs(_STEPS[key.name])):
                own.step(1 if _STEPS[key.name] > 0 else -1)
        elif key.name == "escape":
            own.search("")
            own.light(-1)
            dpg.set_value(self._search, "")
        elif own.chat is not None:
            self._with_chat(key.chord)
        self._app.wake()

    def _with_chat(self, chord: str) -> None:
        """Do what a key means for the chat that is lit."""
        own, session = self._session.chats.list, self._session
        head = own.chat
        assert head is not None
        match chord:
            case "enter":
                chats_open.open_chat(session, head, own.rows[own.lit].turn)
            case "f2":
                chats_acts.begin_rename(session, head)
            case "ctrl+delete":
                chats_acts.delete(session, head)
            case "shift+f10" | "menu":
                self._open_menu(own.lit, at_mouse=False)


def _is(row: Row, chat_id: str) -> bool:
    return row.chat is not None and bool(chat_id) and row.chat.id == chat_id
