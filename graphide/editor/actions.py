"""The table of actions: everything that menus, shortcuts, the palette and the toolbar can do, each named once.

An action knows its label, icon and keys, in which menus it is, why it cannot be done now, and the function that does it;
those functions are in the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from graphide.editor import (
    actions_when as when,
    chat_details,
    chat_files,
    chat_setup,
    chats_acts,
    chats_exchange,
    chats_open,
    editing,
    inspecting,
    lifecycle,
    model_actions,
    reaching,
    running,
    saving,
    selection,
    talking,
    template_acts,
    tidying,
    viewing,
)
from graphide.editor.dialogs import Dialog, DialogKind, MenuItem
from graphide.editor.gestures_target import Target
from graphide.editor.layout import frames
from graphide.editor.nodelook import COLORS
from graphide.editor.palette import PaletteItem

if TYPE_CHECKING:
    from graphide.editor.session import Session

_WITHOUT_A_GRAPH = frozenset(["file", "view", "chat", "help"])
_ALWAYS = frozenset(["undo", "redo", "palette", "stop"])
_OF_SOME = frozenset(["open_subgraph", "expand", "edit_text", "add_after"])
"""What can never be done with nodes of some types."""

Run = Callable[["Session", Target | None], None]
When = Callable[["Session", Target | None], str]
Where = Literal[
    "file", "edit", "view", "graph", "chat", "help", "canvas", "node", "wire", "pin", "widget", "frame", "toolbar"
]

_MAC = {"ctrl": "⌘", "alt": "⌥", "shift": "⇧"}
_SHOWN = {
    "ctrl": "Ctrl", "alt": "Alt", "shift": "Shift", "delete": "Del", "escape": "Esc", "enter": "Enter", "home": "Home",
    "tab": "Tab", "page_up": "PgUp", "page_down": "PgDn", "backspace": "Backspace", "menu": "Menu",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done: `keys` are chords, the first one is shown; `menus` says where it is offered."""

    id: str
    label: str
    run: Run
    icon: str = ""
    keys: tuple[str, ...] = ()
    menus: tuple[Where, ...] = ()
    why_not: When = when.always
    repeats: bool = False
    says: Callable[[Session], str] | None = None

    def reason(self, session: Session, target: Target | None = None) -> str:
        """Return why it cannot be done now, "" when it can; what needs a graph to be seen cannot while there is none."""
        of_graph = self.menus[:1] and self.menus[0] not in _WITHOUT_A_GRAPH and self.id not in _ALWAYS
        if session.tab.alone and of_graph:
            return "the graph of the chat is not shown"
        return self.why_not(session, target)

    def shortcut(self, platform: str = "linux") -> str:
        """Return the first chord as people write it: `Ctrl+Shift+Z`, on a Mac `⌘⇧Z`."""
        return _chord(self.keys[0], platform) if self.keys else ""

    def shortcuts(self, platform: str = "linux") -> str:
        """Return all chords as people write them: `Ctrl+Shift+Z or Ctrl+Y`."""
        return " or ".join(_chord(key, platform) for key in self.keys)

    def title(self, session: Session) -> str:
        """Return what the action is called now: `Undo Move 3 nodes`."""
        return self.says(session) if self.says is not None else self.label


def menu_of(session: Session, target: Target) -> tuple[MenuItem, ...]:
    """Return the context menu of what is under the mouse; what can never be done there is left out."""
    where: Where = "canvas"
    if target.node:
        where = "pin" if target.kind == "pin" else "widget" if target.kind == "widget" else "node"
    elif target.frame and target.kind != "frame":
        where = "frame"
    elif target.edge is not None:
        where = "wire"
    places: tuple[Where, ...] = (where, "node") if where in ("pin", "widget") else (where,)
    items = (item for place in places for item in menu(session, place, target))
    return tuple(item for item in items if not (item.reason and item.id in _OF_SOME))


def menu(session: Session, where: Where, target: Target | None = None, platform: str = "linux") -> tuple[MenuItem, ...]:
    """Return one menu: of the menu bar, of the toolbar, or of what is under the mouse."""
    items = []
    for number, action in enumerate(action for action in ACTIONS.values() if where in action.menus):
        items.append(
            MenuItem(
                action.title(session), partial(_act, session, action.id, target), action.id, action.icon,
                action.shortcut(platform), action.reason(session, target), begins=not number,
            )
        )  # fmt: skip
    return tuple(items)


def palette_items(session: Session) -> tuple[PaletteItem, ...]:
    """Return the actions that can be done now, for the palette."""
    return tuple(
        PaletteItem(
            "action", action.id, action.title(session), "Action", action.icon, "muted",
            words=f"{action.id.replace('_', ' ')} {' '.join(action.menus)}", shortcut=action.shortcut(),
        )
        for action in ACTIONS.values()
        if not action.reason(session)
    )  # fmt: skip


def sheet(platform: str = "linux") -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return the shortcut sheet: groups of (what, keys)."""
    titles = {"file": "Files", "edit": "Editing", "view": "Looking", "graph": "Graph", "chat": "Chat", "help": "Help"}
    groups = [
        (title, tuple((a.label, a.shortcuts(platform)) for a in ACTIONS.values() if a.keys and a.menus[:1] == (where,)))
        for where, title in titles.items()
    ]
    return (*groups, ("Arrows", ARROW_SHEET), ("Mouse", MOUSE_SHEET))


MOUSE_SHEET: tuple[tuple[str, str], ...] = (
    ("Select, add to the selection", "Click, Shift or Ctrl+click"),
    ("Select with a box", "Drag on the canvas"),
    ("Move; copies; off the grid", "Drag; Alt+drag; with Ctrl"),
    ("Pull the canvas", "Middle or right drag, Space+drag"),
    ("Zoom", "Wheel"),
    ("Pull sideways", "Shift+wheel"),
    ("Search node types", "Double click on the canvas"),
    ("New node at the end of a wire", "Drop the wire on the canvas"),
    ("Disconnect", "Drag the wire off its input, Ctrl+click on it"),
    ("Lead a wire through a point", "Drag the wire, Alt+click or double click on it"),
    ("Put a node into a wire", "Drop a loose node on it"),
    ("Add a node type", "Drag it from the sidebar, or double click on it there"),
    ("Rename", "Double click on the title"),
    ("Menu of what is there", "Right click"),
    ("Give up", "Esc"),
)
ARROW_SHEET: tuple[tuple[str, str], ...] = (
    ("Go to the next node", "Arrows"),
    ("Select the next node too", "Shift+Arrows"),
    ("Move what is selected; by one", "Ctrl+Arrows; Ctrl+Shift+Arrows"),
    ("In a menu or list", "Up, Down, Enter"),
)


def _chord(chord: str, platform: str) -> str:
    """Return a chord as people write it: `Ctrl++`, on a Mac `⌘+`."""
    *held, last = chord.split("+") if not chord.endswith("++") else [*chord[:-2].split("+"), "+"]
    last = _SHOWN.get(last, last.upper())
    if platform == "darwin":
        return "".join(_MAC[key] for key in held) + last
    return "+".join([*(_SHOWN[key] for key in held), last])


def _act(session: Session, action_id: str, target: Target | None) -> None:
    session.act(action_id, target)


def _plain(run: Callable[[Session], object]) -> Run:
    return lambda session, _target: _nothing(run(session))


def _nothing(_: object) -> None:
    return None


def _dialog(what: DialogKind, title: str) -> Run:
    return lambda session, _target: session.popups.ask(Dialog(what, title))


def _open(session: Session) -> None:
    def reply(choice: str, value: object) -> None:
        if choice == "ok" and value:
            session.open(str(value))

    session.popups.ask(Dialog("open", "Open a graph", data=session.remembered.recent, reply=reply))


def _next_tab(session: Session, by: int) -> None:
    at = session.tabs.index(session.tab)
    session.show(session.tabs[(at + by) % len(session.tabs)])


def _step(session: Session, label: str) -> None:
    if label:
        session.touch()


def _undo_title(session: Session) -> str:
    return f"Undo: {label}" if (label := session.tab.document.undo_label) else "Undo"


def _redo_title(session: Session) -> str:
    return f"Redo: {label}" if (label := session.tab.document.redo_label) else "Redo"


def _look_title(session: Session) -> str:
    return "Light theme" if session.look == "dark" else "Dark theme"


def _plan_title(session: Session) -> str:
    return "Hide plan" if session.plan_shown else "Show plan"


def _panel(name: str, label: str, key: str, icon: str) -> Action:
    return Action(
        f"panel_{name}", label, _plain(lambda s: viewing.toggle_panel(s, name)), icon, (key,) if key else (), ("view",)
    )  # fmt: skip


def _color(name: str) -> Action:
    label = f"Colour: {name}" if name else "Colour: that of its type"
    run: Run = lambda session, target: editing.color(session, name, target)  # noqa: E731
    return Action(f"color_{name or 'none'}", label, run, "palette", (), (), when.has_items)


_TABLE: tuple[Action, ...] = (
    # --- file
    Action("new", "New", _plain(lifecycle.new), "file-plus", ("ctrl+n",), ("file",)),
    Action(
        "templates", "New from template …", _plain(template_acts.gallery), "layout-template", ("ctrl+shift+n",), ("file",)
    ),
    Action(
        "insert_template", "Insert template …", _plain(lambda s: template_acts.gallery(s, insert=True)), "layout-template",
        (), ("edit", "canvas"),
    ),
    Action(
        "save_template", "Save graph as template …", _plain(template_acts.save_graph), "bookmark-plus", (), ("file",),
        when.has_nodes,
    ),
    Action(
        "save_part", "Save selection as template …", template_acts.save_part, "bookmark-plus", (), ("edit", "node"),
        when.has_chosen_nodes,
    ),
    Action(
        "restore_template", "Undo", _plain(template_acts.restore), "undo-2", (), (), template_acts.why_no_restore,
        says=lambda _: "Have the deleted template back",
    ),
    Action("open", "Open …", _plain(_open), "folder-open", ("ctrl+o",), ("file",)),
    Action("save", "Save", _plain(saving.save), "save", ("ctrl+s",), ("file", "toolbar")),
    Action("save_as", "Save as …", _plain(lambda s: saving.ask_where(s, s.tab)), "save", ("ctrl+shift+s",), ("file",)),
    Action("reset", "Reset to saved", _plain(lifecycle.reset), "rotate-ccw", (), ("file",), when.is_dirty),
    Action("reload", "Load the file again", _plain(saving.reload), "refresh-cw", (), ("file",), when.has_file),
    Action("share", "Share as picture …", _dialog("share", "Share as a picture"), "share-2", (), ("file",), when.has_nodes),
    Action("history", "Runs …", _dialog("history", "Runs of this graph"), "clock", ("ctrl+h",), ("file",)),
    Action("models", "Models …", _dialog("models", "Models"), "cpu", ("ctrl+shift+m",), ("file",)),
    Action("downloads", "Downloads …", _plain(model_actions.open_downloads), "download", (), ("file",)),
    Action("find_model", "Find it …", _plain(model_actions.find), "search", (), (), model_actions.why_none_to_find),
    Action("get_model", "Download it …", _plain(model_actions.find), "download", (), (), model_actions.why_none_to_find),
    Action("use_model", "Use it", _plain(model_actions.use), "check", (), (), model_actions.why_no_use),
    Action("serving", "Serve over HTTP …", _dialog("serving", "Serve over HTTP"), "server", ("ctrl+alt+h",), ("file",), when.can_serve),
    Action("settings", "Settings …", _dialog("settings", "Settings"), "settings", ("ctrl+,",), ("file",)),
    Action("close_tab", "Close", _plain(lambda s: s.close_tab()), "x", ("ctrl+w",), ("file",)),
    Action("next_tab", "Next graph", _plain(lambda s: _next_tab(s, 1)), "arrow-right", ("ctrl+tab",), ("file",)),
    Action(
        "previous_tab", "Previous graph", _plain(lambda s: _next_tab(s, -1)), "arrow-left", ("ctrl+shift+tab",), ("file",)
    ),
    Action("quit", "Quit", _plain(lifecycle.close_all), "log-out", ("ctrl+q",), ("file",)),
    # --- edit
    Action(
        "undo", "Undo", _plain(lambda s: _step(s, s.tab.document.undo())), "undo-2", ("ctrl+z",), ("edit", "toolbar"),
        when.can_undo, repeats=True, says=_undo_title,
    ),
    Action(
        "redo", "Redo", _plain(lambda s: _step(s, s.tab.document.redo())), "redo-2", ("ctrl+shift+z", "ctrl+y"),
        ("edit", "toolbar"), when.can_redo, repeats=True, says=_redo_title,
    ),
    Action("cut", "Cut", editing.cut, "scissors", ("ctrl+x",), ("edit", "node", "frame"), when.has_items),
    Action("copy", "Copy", editing.copy, "copy", ("ctrl+c",), ("edit", "node", "frame"), when.has_items),
    Action("paste", "Paste", editing.paste, "clipboard-paste", ("ctrl+v",), ("edit", "canvas"), when.has_clipboard),
    Action(
        "duplicate", "Duplicate", editing.duplicate, "copy-plus", ("ctrl+d",), ("edit", "node", "frame"), when.has_items
    ),
    Action(
        "delete", "Delete", editing.delete, "trash-2", ("delete", "backspace"), ("edit", "node", "frame", "wire"),
        when.has_selection,
    ),
    Action(
        "select_all", "Select all", _plain(lambda s: s.select(selection.everything(s.graph))), "square-dashed",
        ("ctrl+a",), ("edit", "canvas"), when.has_nodes,
    ),
    Action(
        "select_none", "Select nothing", _plain(lambda s: s.select(selection.NOTHING)), "square", ("ctrl+shift+a",),
        ("edit",),
    ),
    Action(
        "select_inverse", "Invert the selection",
        _plain(lambda s: s.select(selection.inverse(s.graph, s.tab.selection))), "square-dashed", ("ctrl+i",), ("edit",),
        when.has_nodes,
    ),
    Action(
        "select_next", "Select what follows", _plain(lambda s: editing.select_near(s, forward=True)), "arrow-right",
        ("ctrl+]",), ("edit",), when.has_chosen_nodes,
    ),
    Action(
        "select_before", "Select what comes before", _plain(lambda s: editing.select_near(s, forward=False)),
        "arrow-left", ("ctrl+[",), ("edit",), when.has_chosen_nodes,
    ),
    Action("find", "Find …", _dialog("find", "Find"), "search", ("ctrl+f",), ("edit",), when.has_nodes),
    Action(
        "palette", "Search nodes and actions …", lambda s, t: s.popups.open_palette(s.mouse_place()), "plus",
        ("tab", "ctrl+k"), ("edit", "canvas", "toolbar"),
    ),
    Action(
        "add_after", "Add a node after this one …", reaching.add_after, "arrow-right-from-line", ("shift+tab",),
        ("edit", "node"), when.has_outputs,
    ),
    Action(
        "connect", "Connect what is selected", reaching.connect, "cable", ("ctrl+shift+c",), ("edit",), when.has_several
    ),
    Action(
        "edit_text", "Edit the text in the node", reaching.edit_text, "text-cursor-input", ("shift+enter",),
        ("edit", "node"), when.has_widgets,
    ),
    Action("menu", "Menu of the selection", reaching.open_menu, "menu", ("shift+f10", "menu"), ("edit",)),
    # --- view
    Action("zoom_in", "Zoom in", _plain(lambda s: viewing.zoom(s, 2)), "zoom-in", ("ctrl+=", "ctrl++"), ("view",), repeats=True),
    Action("zoom_out", "Zoom out", _plain(lambda s: viewing.zoom(s, -2)), "zoom-out", ("ctrl+-",), ("view",), repeats=True),
    Action("zoom_100", "Zoom to 100 %", _plain(lambda s: viewing.zoom_to(s, 1.0)), "scan", ("ctrl+0",), ("view",)),
    Action("fit", "Show everything", _plain(viewing.fit), "maximize", ("home",), ("view", "canvas", "toolbar")),
    Action(
        "fit_selection", "Show the selection", _plain(lambda s: viewing.fit(s, selection=True)), "scan-search", ("f",),
        ("view",), when.has_selection,
    ),
    _panel("left", "Sidebar", "ctrl+alt+1", "panel-left"),
    _panel("right", "Inspector and chat", "ctrl+alt+2", "panel-right"),
    _panel("minimap", "Minimap", "ctrl+alt+3", "map"),
    Action(
        "plan", "Show plan", _plain(inspecting.toggle_plan), "list-checks", ("ctrl+alt+p",), ("view", "graph", "toolbar"),
        says=_plan_title,
    ),
    Action("look", "Theme", _plain(viewing.toggle_look), "sun-moon", ("ctrl+alt+t",), ("view",), says=_look_title),
    Action("scale_up", "Larger", _plain(lambda s: viewing.scale(s, 1)), "a-arrow-up", ("ctrl+alt+=",), ("view",)),
    Action("scale_down", "Smaller", _plain(lambda s: viewing.scale(s, -1)), "a-arrow-down", ("ctrl+alt+-",), ("view",)),
    Action("scale_100", "Usual size", _plain(lambda s: viewing.scale(s, 0)), "a-large-small", ("ctrl+alt+0",), ("view",)),
    # --- graph
    Action("run", "Run", _plain(running.run), "play", ("ctrl+enter",), ("graph", "toolbar"), when.can_run),
    Action(
        "run_to", "Run to here", running.run_to, "step-forward", ("ctrl+shift+enter",), ("graph", "node", "toolbar"),
        when.can_run_to,
    ),
    Action("stop", "Stop", _plain(running.stop), "square", ("ctrl+.",), ("graph", "toolbar"), when.is_running),
    Action(
        "mute", "Mute", lambda s, t: editing.set_state(s, "muted", t), "volume-x", ("ctrl+m",), ("graph", "node"),
        when.has_chosen_nodes,
    ),
    Action(
        "bypass", "Bypass", lambda s, t: editing.set_state(s, "bypassed", t), "route", ("ctrl+b",), ("graph", "node"),
        when.has_chosen_nodes,
    ),
    Action(
        "collapse", "Collapse", editing.collapse, "chevrons-down-up", ("alt+c",), ("graph", "node"), when.has_chosen_nodes
    ),
    Action(
        "inspect", "Edit in the inspector", _plain(inspecting.type_there), "panel-right-open", ("f4",), ("graph", "node")
    ),
    Action("rename", "Rename", editing.rename, "pencil", ("f2",), ("graph", "node", "frame"), when.has_items),
    Action("frame", "Frame around it", editing.frame, "frame", ("ctrl+j",), ("graph", "node", "canvas")),
    Action("group", "Group into a subgraph", editing.group, "group", ("ctrl+g",), ("graph", "node"), when.has_chosen_nodes),
    Action(
        "open_subgraph", "Open the graph inside", editing.open_subgraph, "log-in", ("enter",), ("graph", "node"),
        when.has_graph_inside,
    ),
    Action(
        "expand", "Expand the graph inside", editing.expand, "ungroup", ("ctrl+shift+g",), ("graph", "node"),
        when.is_subgraph,
    ),
    Action("arrange", "Tidy up", tidying.arrange, "layout-grid", ("ctrl+l",), ("graph", "canvas"), when.has_nodes),
    *(
        Action(f"align_{side}", f"Align: {side}", partial(tidying.align, side), icon, (), ("graph",), when.has_several)
        for side, icon in tidying.SIDES.items()
    ),
    *(
        Action(f"spread_{way}", f"Distribute: {way}", partial(tidying.spread, way), icon, (), ("graph",), when.has_three)
        for way, icon in tidying.WAYS.items()
    ),
    *(_color(name) for name in ("", *COLORS)),
    Action("expose", "Show as an input, or no more", reaching.expose, "plug", (), ("widget",), when.has_settings),
    Action(
        "reset_setting", "Reset to the default", reaching.reset_setting, "rotate-ccw", (), ("widget",),
        when.has_settings,
    ),
    Action("disconnect", "Disconnect", editing.disconnect, "unplug", (), ("pin", "wire", "node"), when.has_edges),
    # --- chat
    Action("focus_chat", "Talk with the graph", _plain(talking.focus), "message-square", ("ctrl+t",), ("chat",)),
    Action(
        "new_chat", "New chat", _plain(talking.new_chat), "message-square-plus", ("ctrl+shift+t",), ("chat",),
        talking.why_no_new_chat,
    ),
    Action("chats", "Chats", _plain(chats_acts.show_list), "messages-square", ("ctrl+shift+h",), ("chat",)),
    Action(
        "model_chat", "New chat with a model …", _plain(chats_open.new_with_model), "bot-message-square", ("ctrl+alt+n",),
        ("chat",),
    ),
    Action(
        "as_graph", "Show the chat as a graph", _plain(chats_open.show_as_graph), "workflow", (), ("chat",),
        chats_open.why_not_as_graph,
    ),
    Action(
        "as_chat", "Show the chat alone", _plain(chats_open.show_alone), "message-square", (), ("chat",),
        chats_open.why_not_alone,
    ),
    Action(
        "chat_settings", "Settings of the chat", _plain(chat_setup.toggle), "sliders-horizontal", ("ctrl+alt+s",),
        ("chat",),
    ),
    Action("attach", "Attach files …", _plain(chat_files.ask), "paperclip", ("ctrl+alt+a",), ("chat",)),
    Action(
        "chat_again", "Answer again", _plain(talking.again), "refresh-cw", ("ctrl+alt+r",), ("chat",),
        talking.why_no_new_chat,
    ),
    Action(
        "chat_edit", "Edit the last message", _plain(talking.edit_last), "pencil", ("ctrl+alt+e",), ("chat",),
        talking.why_no_new_chat,
    ),
    Action(
        "chat_copy", "Copy the last answer", _plain(talking.copy_last), "copy", ("ctrl+alt+c",), ("chat",),
        talking.why_no_new_chat,
    ),
    Action(
        "chat_way", "Another branch of the chat", _plain(talking.next_way), "git-branch", ("ctrl+alt+b",), ("chat",),
        talking.why_no_other_way,
    ),
    Action(
        "chat_details", "Details of the last answer", _plain(chat_details.of_last), "info", ("ctrl+alt+d",), ("chat",),
        talking.why_no_new_chat,
    ),
    *(
        Action(f"chat_{do}", label, _plain(partial(chats_acts.head_of, do=do)), icon, (), ("chat",), chats_acts.why_not_kept)
        for do, label, icon in (
            ("rename", "Rename the chat", "pencil"), ("pin", "Pin the chat, or no more", "pin"),
            ("markdown", "Export as Markdown …", "file-text"), ("json", "Export as JSON …", "file-json"),
            ("delete", "Delete the chat", "trash-2"),
        )
    ),
    Action(
        "chat_private", "Do not keep this chat", _plain(chats_acts.toggle_private), "eye-off", (), ("chat",),
        chats_acts.why_no_chat, says=chats_acts.keeps_title,
    ),
    Action("import_chats", "Import chats …", _plain(chats_exchange.import_chats), "import", (), ("chat",)),
    Action(
        "restore_chat", "Undo", _plain(chats_acts.restore), "undo-2", (), (), chats_acts.why_no_restore,
        says=lambda _: "Have the deleted chat back",
    ),
    # --- help
    Action("shortcuts", "Shortcuts", _dialog("shortcuts", "Shortcuts"), "keyboard", ("f1", "ctrl+/"), ("help",)),
    Action("first_run", "Welcome", _dialog("first_run", "Welcome"), "sparkles", (), ("help",)),
)  # fmt: skip

ACTIONS: Mapping[str, Action] = MappingProxyType({action.id: action for action in _TABLE})
BY_KEY: Mapping[str, Action] = MappingProxyType({key: action for action in _TABLE for key in action.keys})


def frame_ids(session: Session) -> tuple[str, ...]:
    """Return the frames of the document that is shown."""
    return tuple(frames(session.graph))
