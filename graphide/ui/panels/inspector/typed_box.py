"""Text fields of the inspector: a box on a `Typed`, which grows with its text, and the sentence below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dearpygui.dearpygui as dpg

from graphide.editor.typed_text import Typed
from graphide.ui.textbox import TextBox

if TYPE_CHECKING:
    from graphide.editor.text.metrics import Weight


class TypedBox(TextBox):
    """A field of what is typed into the document, with the reason below it where that does not fit."""

    def __init__(
        self, app: Any, typed: Typed, *, width: float, weight: Weight = "regular", one_line: bool = True, hint: str = "",
        prompt: bool = False, least: int = 2, most: int = 14,
    ) -> None:  # fmt: skip
        self.typed = typed
        self._least, self._most = least, most
        super().__init__(
            app, typed.text, self._take, width=width, weight=weight, one_line=one_line, hint=hint, prompt=prompt,
            most=most, least=1 if one_line else least,
        )  # fmt: skip
        self._sentence: Any = 0
        self._seen: tuple[object, ...] = ()
        self._told = ""

    def explain(self) -> None:
        """Add the place of the sentence: below whatever was added last."""
        self._sentence = self._app.kit.text("", "bad", size=13, wrap=0)
        dpg.configure_item(self._sentence, show=False)

    def update(self) -> None:
        """Follow the document where it was changed elsewhere, and say what does not fit."""
        tab = self._app.session.tab
        if (seen := (tab, tab.document.changed)) != self._seen:
            self._seen = seen
            if self.typed.follow():
                self.edit.set_text(self.typed.text)
        problem = self.typed.problem
        self.trouble, self.mark = bool(problem.sentence), problem.at
        text = problem.sentence[:1].upper() + problem.sentence[1:]
        if self._sentence and text != self._told and dpg.does_item_exist(self._sentence):
            self._told = text
            dpg.set_value(self._sentence, text)
            dpg.configure_item(self._sentence, show=bool(text))
        if not self.one_line:
            self._grow()
        super().update()

    def focused(self, active: bool) -> None:
        """Begin and end a step of undo."""
        if active:
            self.typed.enter()
        else:
            self.typed.leave()

    def _take(self, text: str) -> None:
        self.typed.type(text)

    def _grow(self) -> None:
        """Be as high as the text needs, within bounds."""
        setting = self.edit.layout.setting
        lines = min(max(round(self.edit.layout.height / setting.line_height), self._least), self._most)
        height = lines * setting.line_height
        if height == self.edit.height:
            return
        self.edit.resize(setting, height)
        self._size = (self._size[0], height + 2 * self._pad)
        box = dpg.get_item_parent(self._drawlist)
        for item in (box, self._drawlist, self._field):
            if item is not None and dpg.does_item_exist(item):
                dpg.configure_item(item, height=round(self._size[1]))
        self._app.wake()


class LiveBox(TextBox):
    """A text that is only read, and may grow at its end while it is shown."""

    def __init__(self, app: Any, text: str, *, width: float, mono: bool = False, most: int = 16) -> None:
        super().__init__(
            app, text, lambda _: None, width=width, weight="mono" if mono else "regular", least=1, most=most,
            read_only=True, prompt=False,
        )  # fmt: skip

    def take(self, text: str) -> None:
        """Show another text; one that goes on is added to."""
        if text != self.edit.text:
            self.edit.set_text(text)
