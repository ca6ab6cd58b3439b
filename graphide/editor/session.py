"""The session: everything that is open in one window, without the window. It is the only object that the window talks to.

It owns the tabs, toasts, dialogs, the palette and the gestures, and says what is to be shown. For one thread; what other
threads leave is taken in by `tick`. What actions do is in the modules beside this one, and which there are in `actions`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from graphide import paths
from graphide.editor import actions, editing, lifecycle, preferences, remembered, saving
from graphide.editor.camera import fitted
from graphide.editor.chats import KeptChats
from graphide.editor.commands import Command
from graphide.editor.connect import Rules
from graphide.editor.document import Document
from graphide.editor.gestures import Gestures
from graphide.editor.gestures_drag import all_placed
from graphide.editor.gestures_input import Key, Mouse, Typed
from graphide.editor.gestures_target import Surface, Target
from graphide.editor.gestures_text import TextField
from graphide.editor.inspector import inspected
from graphide.editor.inspector_parts import Inspector
from graphide.editor.model_missing import lacks_a_model, names_a_model
from graphide.editor.popups import Popups
from graphide.editor.prompt_preview import Prompts
from graphide.editor.run_file import RunFile
from graphide.editor.run_history import RunHistory
from graphide.editor.scene import Scene
from graphide.editor.selection import Selection
from graphide.editor.serving import Server, Serving
from graphide.editor.tabs import Tab
from graphide.editor.toasts import ToastKind, Toasts
from graphide.editor.typed_text import TypedTexts
from graphide.editor.views import Box, CanvasView
from graphide.errors import GraphideError
from graphide.graph.model import Graph
from graphide.settings import Theme, config_path
from graphide.templates import Removed
from graphide.values import Json
from graphide.workspace import Workspace

if TYPE_CHECKING:
    from graphide.editor.model_browser import ModelBrowser
    from graphide.editor.model_download_rows import DownloadSum

_OUTSIDE_EVERY = 1.0


class Clipboard(Protocol):
    """The clipboard of the system."""

    def read(self) -> str:
        """Return its text, "" when it holds none."""
        ...

    def write(self, text: str) -> None:
        """Put a text into it."""
        ...


class OwnClipboard:
    """A clipboard of this process alone, for scripts and where the system has none."""

    def __init__(self) -> None:
        self._text = ""

    def read(self) -> str:
        """Return its text."""
        return self._text

    def write(self, text: str) -> None:
        """Put a text into it."""
        self._text = text


class Session:
    """The editor of one window. `folder` is where its state is kept (the user's); close it at the end.

    `serve` starts a server for these graph files over the workspace; without it nothing can be served.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        clock: Callable[[], float] = time.monotonic,
        wake: Callable[[], None] = lambda: None,
        folder: Path | None = None,
        clipboard: Clipboard | None = None,
        serve: Callable[[Sequence[Path]], Server] | None = None,
    ) -> None:
        self.workspace = workspace
        self.clock = clock
        self.wake = wake
        self.folder = folder or paths.data_folder()
        self.config = folder / "config.json" if folder else config_path()
        self.clipboard: Clipboard = clipboard or OwnClipboard()
        self.remembered = remembered.load(self.folder / "window.json")
        self.history = RunHistory(RunFile(self.folder / "runs.jsonl"))
        self.toasts = Toasts()
        self.deleted_template: Removed | None = None
        self.size: tuple[float, float] = (1280.0, 800.0)
        self.field: TextField | None = None
        self.quitting = False
        self.popups: Popups = Popups(self)
        self.chats = KeptChats(self)
        self.prompts = Prompts(workspace, wake)
        self.serving = Serving(self, serve)
        self.panel_texts = TypedTexts()
        self._models: ModelBrowser | None = None
        self._changed = True
        self._looked_outside = clock()
        self._surface: Surface | None = None
        self.tabs: tuple[Tab, ...] = ()
        self._current = 0
        self.gestures = Gestures(self)
        self.show(self.new_tab(self.new_document()))
        preferences.begin(self)

    # --- tabs

    @property
    def tab(self) -> Tab:
        """The tab that is shown; there always is one."""
        return self.tabs[self._current]

    @property
    def graph(self) -> Graph:
        """The graph of the tab that is shown."""
        return self.tab.document.graph

    @property
    def rules(self) -> Rules:
        """What decides about edges and settings of the document that is shown."""
        return self.tab.document.rules

    def new_document(self) -> Document:
        """Return an empty document."""
        return Document.new(self.workspace, clock=self.clock, folder=self.drafts)

    def new_tab(self, document: Document, inside: tuple[Tab, str] | None = None) -> Tab:
        """Return a tab with a document, which is not shown yet."""
        return Tab(
            document, self.workspace, wake=self.wake, clock=self.clock, history=self.history, inside=inside
        )  # fmt: skip

    @property
    def drafts(self) -> Path:
        """The folder of journals."""
        return self.folder / "drafts"

    def show(self, tab: Tab) -> None:
        """Show a tab, as the last one where it is new; an empty one that was never used gives its place to it."""
        self.leave_text()
        self.popups.close()
        if tab not in self.tabs:
            idle = [other for other in self.tabs if _is_untouched(other)]
            for other in idle:
                other.close()
            self.tabs = (*(other for other in self.tabs if other not in idle), tab)
            if names_a_model(self, tab.document.graph):
                self.models.news.look_for_missing(tab)
        self._current = self.tabs.index(tab)
        self.touch()

    def drop(self, tab: Tab) -> None:
        """Take a tab away and close it; the last one leaves an empty one."""
        self.leave_text()
        at = self.tabs.index(tab)
        for inner in [other for other in self.tabs if other.inside is not None and other.inside[0] is tab]:
            self.drop(inner)
        shown = self.tab
        self.tabs = tuple(other for other in self.tabs if other is not tab)
        tab.close()
        self.chats.leave(tab)
        if not self.tabs:
            self.tabs = (self.new_tab(self.new_document()),)
        self._current = self.tabs.index(shown) if shown in self.tabs else min(at, len(self.tabs) - 1)
        self.touch()

    # --- changes

    def do(self, command: Command, *, held: bool = False) -> bool:
        """Make an edit and return whether something changed; a refusal is shown as a toast."""
        try:
            changed = self.tab.document.do(command, held=held)
        except GraphideError as error:
            self.fail(error)
            return False
        self.touch()
        return changed

    def set_setting(self, nodes: tuple[str, ...], name: str, value: Json) -> str:
        """Change one setting of some nodes as one step and return "", or the sentence that says why it does not fit."""
        return editing.set_setting(self, nodes, name, value)

    def type_setting(self, nodes: tuple[str, ...], name: str, text: str) -> str:
        """Change one setting of some nodes to what a typed text stands for; as `set_setting`."""
        return editing.type_setting(self, nodes, name, text)

    def select(self, selection: Selection) -> None:
        """Select something in the tab that is shown."""
        if selection != self.tab.selection:
            self.tab.selection = selection
            self.tab.document.seal()
            self.touch()

    def touch(self) -> None:
        """Say that something is to be drawn again."""
        self._changed = True
        self._surface = None
        self.tab.selection = self.tab.selection.within(self.graph)

    def say(self, message: str, kind: ToastKind = "info", action: str = "") -> None:
        """Show a message for a while."""
        text = message[:1].upper() + message[1:]
        self.toasts.add(text, now=self.clock(), kind=kind, action=action)
        self.touch()

    def fail(self, error: GraphideError) -> None:
        """Show an error for a while."""
        self.say(str(error), "error")

    # --- models

    @property
    def models(self) -> ModelBrowser:
        """The models of this machine and of the hub, looked for from the first use on."""
        if self._models is None:
            from graphide.editor.model_browser import ModelBrowser

            self._models = ModelBrowser(self)
        return self._models

    @property
    def has_models(self) -> bool:
        """Whether models were looked for yet."""
        return self._models is not None

    @property
    def downloading(self) -> DownloadSum | None:
        """What is being downloaded, None where nothing is."""
        return self._models.downloads.total if self._models is not None else None

    # --- actions

    def act(self, action_id: str, target: Target | None = None, *, quiet: bool = False) -> bool:
        """Do an action and return whether it could be done; why not is shown unless `quiet`. Raises KeyError."""
        action = actions.ACTIONS[action_id]
        self.gestures.cancel()
        reason = action.reason(self, target)
        if reason:
            if not quiet:
                self.say(reason, "info")
            return False
        try:
            action.run(self, target)
        except GraphideError as error:
            self.fail(error)
            return False
        self.popups.used(f"action:{action_id}")
        self.touch()
        return True

    def act_by_key(self, key: Key) -> bool:
        """Do the action of a shortcut and return whether there is one."""
        action = actions.BY_KEY.get(key.chord)
        if action is None or (key.repeat and not action.repeats):
            return False
        self.act(action.id)
        return True

    # --- mouse and keys on the canvas

    def mouse(self, mouse: Mouse) -> None:
        """Take what the mouse did over the canvas."""
        hovers = mouse.kind == "move" and self.gestures.now is None and self.field is None
        before = self.gestures.hover
        self.gestures.mouse(mouse)
        if not hovers or self.gestures.hover != before:
            self.touch()

    def key(self, key: Key) -> bool:
        """Take a key and return whether it meant something."""
        used = self.gestures.key(key)
        if used:
            self.touch()
        return used

    def typed(self, text: str) -> bool:
        """Take characters that were typed and return whether somebody wanted them."""
        used = self.gestures.typed(Typed(text))
        if used:
            self.touch()
        return used

    # --- text on the canvas

    def edit_setting(self, target: Target) -> None:
        """Edit the text of a setting in its node."""
        self._edit(TextField(self, "setting", target.id, target.name, target.box))

    def edit_title(self, target: Target) -> None:
        """Edit the title of a node or frame in its place."""
        kind: Literal["title", "frame"] = "title" if target.node else "frame"
        self._edit(TextField(self, kind, target.id, "title", target.box))

    def leave_text(self) -> None:
        """Leave the text that is edited; what was typed and fits is in the document already."""
        text, self.field = self.field, None
        if text is not None:
            text.left()
            self.touch()

    def _edit(self, text: TextField) -> None:
        self.leave_text()
        self.field = text
        self.touch()

    # --- settings of the window

    @property
    def look(self) -> Theme:
        """The theme."""
        return self.workspace.settings.theme

    @property
    def ui_scale(self) -> float:
        """How large everything is, 1 for 100 %."""
        return float(self.workspace.settings.scale)

    def choose(self, **settings: Json) -> str:
        """Change settings of the user, such as `theme`, at once; return "", or why they could not be written."""
        return preferences.choose(self, **settings)

    def panel(self, name: str, default: Json = None) -> Json:
        """Return what is remembered of a panel: whether it is open, how wide it is."""
        return self.remembered.window.panels.get(name, default)

    def set_panel(self, name: str, value: Json) -> None:
        """Remember something of a panel."""
        window = self.remembered.window
        self.remembered = replace(
            self.remembered, window=replace(window, panels={**window.panels, name: value})
        )  # fmt: skip
        self.touch()

    # --- time

    def tick(self, now: float | None = None) -> bool:
        """Take in what happened since the last time and return whether something is to be drawn again."""
        now = self.clock() if now is None else now
        changed = self.toasts.expire(now)
        for tab in self.tabs:
            changed = tab.tick(now) or changed
            if notice := tab.document.take_notice():
                self.say(notice, "warning")
        changed = self.chats.tick(now) or changed
        changed = self.serving.tick(now) or changed
        changed = self.gestures.tick(now) or changed
        if self._models is not None or lacks_a_model(self.tab.runs.view):
            changed = self.models.tick() or changed
        if self.field is not None and not self.field.follow():
            self.field = None
        if now - self._looked_outside >= _OUTSIDE_EVERY:
            self._looked_outside = now
            saving.look_outside(self)
        if changed:
            self.touch()
        changed, self._changed = self._changed, False
        return changed

    @property
    def due(self) -> float:
        """When `tick` has something to do by itself, by the clock; infinity when only events bring something new."""
        look = self._looked_outside + _OUTSIDE_EVERY
        return min([self.toasts.next_end, look, self.chats.due, self.serving.due, *(tab.due for tab in self.tabs)])

    def close(self) -> None:
        """End all threads, keep what is not saved for the next start, and remember the window."""
        saving.remember_open(self)
        for tab in self.tabs:
            tab.close(keep=True)
        self.serving.close()
        self.chats.close()
        if self._models is not None:
            self._models.close()
        self.prompts.close()
        remembered.save(self.remembered, self.folder / "window.json")

    # --- what is to be seen

    def scene(self) -> Scene:
        """Return all that the canvas is made from."""
        tab, gesture = self.tab, self.gestures.now
        return Scene(
            graph=gesture.graph if gesture is not None else tab.document.graph,
            rules=tab.document.rules,
            selection=tab.selection,
            camera=tab.camera,
            size=self.size,
            run=tab.runs.view,
            changed=tab.runs.changed(tab.document.graph),
            plan=tab.runs.planned if self.plan_shown else tab.plan,
            show_plan=self.plan_shown,
            problems=tab.problems_of(),
            verdicts=gesture.verdicts if gesture is not None else {},
            to_outputs=gesture.wires_from if gesture is not None else False,
            overlay=gesture.overlay if gesture is not None else (),
            cursor=self.gestures.cursor,
            tooltip=self.gestures.tooltip,
            now=self.clock(),
        )

    def canvas_view(self, size: tuple[float, float]) -> CanvasView:
        """Return the canvas as it is to be drawn in a size in pixels; a document is fitted into it the first time."""
        if size != self.size:
            self.size = size
            self._surface = None
        tab = self.tab
        if not tab.is_fitted:
            tab.is_fitted = True
            view = tab.builder.build(self.scene())
            if tab.place(view):
                view = tab.builder.build(self.scene())
            tab.camera = fitted([group.box for group in (*view.nodes, *view.frames)], size)
        return tab.builder.build(self.scene())

    @property
    def surface(self) -> Surface:
        """Where things are on the canvas, as it is drawn now."""
        if self._surface is None:
            self._surface = Surface(self.canvas_view(self.size), self.tab.index)
        return self._surface

    def placed(self, nodes: tuple[str, ...]) -> Graph:
        """Return the graph with a place for each of these nodes: where it is drawn."""
        return all_placed(self.graph, nodes, self.surface)

    @property
    def plan_shown(self) -> bool:
        """Whether nodes say what the next run would do with them; while it is worked out anew, what was said before."""
        return self.panel("plan", False) is True

    def inspector(self) -> Inspector:
        """Return what the inspector says of the selection."""
        return inspected(self.tab, self.workspace, self.clock())

    def mouse_place(self) -> tuple[float, float] | None:
        """Return where the mouse is in the view, None when it is elsewhere."""
        at = self.gestures.at
        return (at.x, at.y) if 0 <= at.x < self.size[0] and 0 <= at.y < self.size[1] else None

    def box_of_field(self) -> Box | None:
        """Return where the text that is edited is in the view, in pixels."""
        if self.field is None:
            return None
        x, y = self.tab.camera.to_screen(self.field.box.x, self.field.box.y)
        zoom = self.tab.camera.zoom
        return Box(x, y, self.field.box.width * zoom, self.field.box.height * zoom)

    @property
    def panels(self) -> Mapping[str, Json]:
        """Return everything that is remembered of the panels."""
        return self.remembered.window.panels

    # --- files, for dialogs that found one

    def open(self, path: str | Path) -> bool:
        """Open a file in a tab and return whether it could be; why not is shown."""
        return lifecycle.open_file(self, Path(path))

    def new_from(self, template: str | Path) -> bool:
        """Open a new document like a starter template."""
        return lifecycle.new_from(self, template)

    def save_as(self, path: str | Path) -> bool:
        """Save the document under another name and return whether it could be; why not is shown."""
        return saving.save_as(self, Path(path))

    def close_tab(self, tab: Tab | None = None) -> None:
        """Close a tab, by itself the one that is shown; unsaved changes are asked about."""
        lifecycle.close_tab(self, tab or self.tab)


def _is_untouched(tab: Tab) -> bool:
    document = tab.document
    return document.path is None and not document.graph.nodes and not document.undo_label and tab.inside is None
