"""The models of this machine in the dialog: the list at the left, all there is to know of the lit one at the right."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide import paths
from graphide.editor.model_here import HerePage
from graphide.editor.model_library import OwnModel
from graphide.editor.model_list import ModelRow, size_text
from graphide.editor.model_shapes import ROW, facts_part, row_shapes
from graphide.editor.text.metrics import icon
from graphide.editor.views import Shape
from graphide.ui import safe
from graphide.ui.panels.dialogs.lists import DrawnList
from graphide.ui.panels.dialogs.models_page import PageView
from graphide.ui.shapes import draw
from graphide.ui.theme import StyleName

_DETAILS: Final = 372.0
_NONE: Final = "There is no model on this machine yet."
_WHAT_TO_DO: Final = (
    "Find one that fits this machine and download it, put a GGUF file into {folder}, or add a folder where you have some. "
    "To try everything without one, choose Echo: it answers with the prompt."
)
_DOING: Final = {
    "loading": "Loading", "unloading": "Closing", "verifying": "Reading every byte", "deleting": "Deleting",
}  # fmt: skip


class HereView(PageView):
    """The list with its details."""

    def __init__(self, app: Any, page: HerePage) -> None:
        super().__init__(app)
        self.page = page
        self.models = self.session.models
        self._list = DrawnList(app, ROW, self._look, self._light, self._take)
        self._left: safe.Item = 0
        self._pane: safe.Item = 0
        self._bar: safe.Item = 0
        self._facts: safe.Item = 0
        self._told: object = None
        self._shown: object = None
        self._both: object = None

    def build(self, width: float, height: float) -> None:
        """Add the list, and its details beside it where there is room for both."""
        super().build(width, height)
        self.page.narrow = self.narrow
        self._pane = self._left = self._bar = 0
        room = self.width if self.narrow else self.width - _DETAILS - 16
        with dpg.group(horizontal=True, horizontal_spacing=self.kit.px(16)):
            if not (self.narrow and self.page.details):
                with dpg.group() as self._left:
                    self.first = self.kit.field(
                        self.page.query, self._search, hint="Search these models", width=min(420.0, room)
                    )  # fmt: skip
                    self._list.build(room - 2, self.height - 44)
            if not self.narrow or self.page.details:
                with self.kit.box(
                    "inside", width=room if self.narrow else _DETAILS, height=self.height, scrolls=True
                ) as (self._pane):
                    pass
        self._shown, self._both = None, (self.narrow, self.page.details)

    def update(self) -> None:
        """Paint the list, and the details anew where they say something else."""
        page = self.page
        if self._both != (self.narrow, page.details and self.narrow) and self.narrow:
            self._rebuild()
        row, own = page.row, page.own
        if self._left:
            self._list.update(len(page.rows), min(page.lit, max(0, len(page.rows) - 1)), (page.rows, self._loaded()))
        if not self._pane or not dpg.does_item_exist(self._pane):
            return
        going = page.going
        said = self.models.machine.said.get(own.key) if own is not None else None
        doing = going.doing if going is not None else ""
        # What changes by itself, as the time until a model is closed, must not make the buttons anew below the mouse.
        steady = (replace(own, loaded=None), own.loaded is not None) if own is not None else None
        shown = (row, steady, doing, said, page.problem, page.looking, self.models.machine.problem, self._problems())
        if shown != self._shown:
            self._shown, self._told = shown, None
            self.fill(self._pane, partial(self._detail, row, own))
        if own is not None and own.details != self._told and dpg.does_item_exist(self._facts):
            self._told = own.details
            self.fill(self._facts, partial(self._tell, own.details))
        if going is not None and dpg.does_item_exist(self._bar):
            dpg.set_value(self._bar, going.fraction)

    @property
    def _room(self) -> float:
        """How wide the details can be."""
        return (self.width if self.narrow else _DETAILS) - 14

    def leave(self) -> None:
        """Let go of the list."""
        self._list.close()

    # --- the list

    def _look(self, number: int, width: float) -> Iterator[Shape]:
        row = self.page.rows[number]
        own = self.models.here.at(row.key) if row.key and self.models.here is not None else None
        held = own.loaded.bytes if own is not None and own.loaded is not None else 0
        return row_shapes(row, width, held=held, is_default=own is not None and own.is_default)

    def _loaded(self) -> object:
        here = self.models.here
        return tuple((own.key, own.loaded.bytes if own.loaded else 0) for own in here.loaded) if here else ()

    def _problems(self) -> tuple[str, ...]:
        return self.models.here.problems if self.models.here is not None else ()

    def _search(self, text: str) -> None:
        if not safe.reverted():
            self.page.type(text)
            self.app.wake()

    def _light(self, number: int) -> None:
        self.page.light(number)

    def _take(self, number: int) -> None:
        self.page.light(number)
        if self.page.choosing:
            self.page.press("ok")
        elif self.narrow:
            self._detailed(True)

    def _detailed(self, on: bool) -> None:
        self.page.details = on
        self._rebuild()
        self.app.wake()

    def _rebuild(self) -> None:
        self.leave()
        parent = dpg.get_item_parent(dpg.get_item_parent(self._left or self._pane))
        self.fill(parent, partial(self.build, self.width, self.height))

    # --- the details

    def _detail(self, row: ModelRow | None, own: OwnModel | None) -> None:
        kit, page = self.kit, self.page
        self._facts = 0
        if self.narrow:
            kit.button("Back to the list", partial(self._detailed, False), "ghost", sign="arrow-left", size=14)
        problem = page.problem or self.models.machine.problem
        if problem:
            kit.text(f"{icon('triangle-alert')}  {problem}", "bad", size=14, wrap=self._room)
        if page.looking:
            kit.text("Looking through the folders …", "muted", wrap=self._room)
        elif page.is_empty and own is None:
            self._nothing_here()
        elif row is None:
            kit.text("No model fits the search.", "muted", wrap=self._room)
        elif own is None:
            self._name(row)
        else:
            self._file(row, own)
        for said in self._problems():
            kit.text(f"{icon('folder-x')}  {said}", "warn", size=13, wrap=self._room)

    def _nothing_here(self) -> None:
        kit = self.kit
        kit.text(_NONE, weight="semibold", wrap=self._room)
        kit.text(_WHAT_TO_DO.format(folder=paths.models_folder()), "muted", size=14, wrap=self._room)

    def _name(self, row: ModelRow) -> None:
        kit = self.kit
        kit.text(row.title, size=17, weight="semibold", wrap=self._room)
        kit.text(row.about, "muted", size=14, wrap=self._room)
        if row.means:
            kit.text(f"It means {row.means} now.", size=14, wrap=self._room)
        if row.problem:
            kit.text(row.problem, "bad", size=14, wrap=self._room)

    def _file(self, row: ModelRow, own: OwnModel) -> None:
        kit = self.kit
        kit.text(row.title, size=17, weight="semibold", wrap=self._room)
        if row.about:
            kit.text(row.about, "muted", size=14, wrap=self._room)
        if row.problem:
            with kit.box("problem", width=-12, grow=True):
                kit.text(f"{icon('file-warning')}  {row.problem}", "bad", size=14, wrap=self._room)
        self._fit(row)
        self._doing(own)
        self._actions(own)
        kit.space(2)
        self._facts = dpg.add_group()

    def _fit(self, row: ModelRow) -> None:
        if row.fits is None:
            return
        styles: dict[str, StyleName] = {"fits": "good", "tight": "warn", "does not fit": "bad"}
        here = self.models.here
        free = f" of {size_text(here.free)} that are free" if here is not None else ""
        text = f"It needs about {size_text(row.needs)}{free}, its context included: {row.fits}."
        self.kit.text(text, styles[row.fits], size=14, wrap=self._room)

    def _doing(self, own: OwnModel) -> None:
        kit, machine = self.kit, self.models.machine
        self._bar = 0
        going = machine.going.get(own.key)
        if going is not None:
            kit.text(f"{_DOING[going.doing]} …", "accent_text", size=14)
            self._bar = dpg.add_progress_bar(default_value=going.fraction, width=kit.px(self._room), height=kit.px(6))
        elif (said := machine.said.get(own.key)) is not None:
            sign = icon("circle-check" if said.good else "triangle-alert")
            kit.text(f"{sign}  {said.text}", "good" if said.good else "bad", size=14, wrap=self._room)

    def _actions(self, own: OwnModel) -> None:
        kit, page = self.kit, self.page

        def press(button: str) -> Callable[[], None]:
            return self.then(partial(page.press, button))

        stops = page.going is not None and page.going.doing in ("loading", "verifying")
        with kit.line(spacing=4):
            if stops:
                kit.button("Stop", press("stop"), "ghost", sign="circle-stop", size=14)
            elif own.loaded is not None:
                kit.button("Unload", press("unload"), "ghost", sign="log-out", size=14)
            elif own.can_load:
                kit.button(
                    "Load", press("load"), "ghost", sign="play", size=14, tip="Have it in memory before it is asked"
                )
            kit.button("Verify", press("verify"), "ghost", sign="shield-check", size=14,
                       tip="Read every byte and compare them with what they should be")  # fmt: skip
            if not own.is_default and own.model.runs:
                kit.button(
                    "Default", press("default"), "ghost", sign="star", size=14, tip="What graphs mean by “default”"
                )
        with kit.line(spacing=4):
            kit.button("Folder", partial(webbrowser.open, own.model.path.parent.as_uri()), "ghost", sign="folder-open",
                       size=14, tip=str(own.model.path.parent))  # fmt: skip
            kit.button("Copy path", self.then(partial(self._copy, own.key)), "ghost", sign="copy", size=14)
            if own.owner != "package":
                kit.button("Delete …", press("delete"), "ghost", sign="trash-2", size=14)

    def _copy(self, path: str) -> None:
        self.session.clipboard.write(path)
        self.session.say("The path is in the clipboard", "success")

    def _tell(self, details: tuple[tuple[str, str], ...]) -> None:
        facts = [fact for fact in details if fact[0] not in ("Problem", "Memory")]
        part, scale = facts_part(facts, self._room), self.kit.fonts.scale
        drawlist = dpg.add_drawlist(round(self._room * scale), max(1, round(part.height * scale)))
        draw(part.shapes, drawlist, self.app.canvas.brush(scale))
