"""Who asks for a model, and who uses one: nodes of the graphs that are open. What models there are is not known here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphide.editor.dialogs import Dialog
from graphide.editor.model_library import OwnModel
from graphide.graph.model import Graph
from graphide.models.library import DEFAULT

if TYPE_CHECKING:
    from graphide.editor.session import Session
    from graphide.editor.tabs import Tab


@dataclass(frozen=True, slots=True)
class ModelsAt:
    """Where the dialog opens: on a page, searching for a text, or at a repository with a file, hash or form of it.

    `nodes` with their `setting` get the model that is chosen; none: nobody asks for one.
    """

    page: str = "here"
    text: str = ""
    repo: str = ""
    file: str = ""
    sha256: str = ""
    form: str = ""
    nodes: tuple[str, ...] = ()
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who asked for a model: what they are called, and the dialog that takes the answer."""

    label: str
    dialog: Dialog
    tab: Tab | None = None

    def gone(self, session: Session) -> bool:
        """Return whether the graph that asked is closed."""
        return self.tab is not None and self.tab not in session.tabs

    def take(self, session: Session, name: str) -> None:
        """Give them a model, whatever is shown now."""
        if self.tab is not None and session.tab is not self.tab:
            session.show(self.tab)
        self.dialog.reply("ok", name)
        session.touch()


def asked_by(session: Session, dialog: Dialog) -> Asked | None:
    """Return who asks by a dialog, None where somebody only looks after their models."""
    data: Any = dialog.data
    if isinstance(data, ModelsAt):
        return Asked(_named(session.graph, data.nodes), dialog, session.tab) if data.nodes else None
    if not isinstance(data, tuple):
        return None
    node_id = str(data[0]) if data else ""
    if node_id in session.graph.nodes:
        return Asked(_named(session.graph, (node_id,)), dialog, session.tab)
    return Asked("", dialog)


def chosen_now(session: Session, dialog: Dialog) -> str:
    """Return the model that who asks by a dialog has now, "" where nobody does."""
    data: Any = dialog.data
    node_id, name = data[:2] if isinstance(data, tuple) and len(data) >= 2 else ("", "")
    if isinstance(data, ModelsAt) and data.nodes:
        node_id, name = data.nodes[0], data.setting
    node = session.graph.nodes.get(node_id)
    if node is None:
        return session.workspace.settings.aliases.get(DEFAULT, "")
    return str(node.settings.get(name, DEFAULT))


def uses_of(session: Session, own: OwnModel) -> tuple[str, ...]:
    """Return which nodes of the open graphs use a model, each like `"answer" of story.json`."""
    names = {own.model.file, own.model.path.stem, own.key, *own.row.names}
    if own.is_default:
        names.add(DEFAULT)
    found = []
    for tab in session.tabs:
        graph = tab.document.graph
        meant = names | {name for name, ref in graph.models.items() if ref.file == own.model.file}
        found += [f"“{node}” of {tab.title}" for node, _, name in model_names(session, graph) if name in meant]
    return tuple(dict.fromkeys(found))


def model_names(session: Session, graph: Graph) -> Iterator[tuple[str, str, str]]:
    """Yield the models that a graph names: node, setting, name."""
    registry = session.workspace.registry
    for node in graph.nodes.values():
        spec = registry.get(node.type)
        for setting in spec.model_settings if spec is not None else ():
            yield node.id, setting, str(node.settings.get(setting, spec.settings[setting].default))


def _named(graph: Graph, nodes: Sequence[str]) -> str:
    titles = [graph.nodes[node].title or node for node in nodes if node in graph.nodes]
    more = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
    return f"“{titles[0]}”{more}" if titles else ""
