"""Models that a graph names and that are not on this machine: which those are, said once, and where to look for them.

Looking through the library is for a thread. What is found is offered; nothing is downloaded without being asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphide.editor.dialogs import Dialog
from graphide.editor.model_asked import ModelsAt, model_names
from graphide.errors import EXIT_MODEL, GraphideError, ModelMissing
from graphide.graph.model import Graph, ModelRef
from graphide.models.asked import refs_asked
from graphide.models.hub_files import quantisation_name
from graphide.models.hub_spec import is_repo
from graphide.models.identity import known_sha256
from graphide.models.library import DEFAULT, Library, Scan
from graphide.models.scan import unsplit
from graphide.workspace import Document, Workspace

if TYPE_CHECKING:
    from graphide.editor.runview import RunView
    from graphide.editor.session import Session

ECHO: Final = "echo"


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A model that nodes of a graph name, and what the graph says of it."""

    name: str
    setting: str
    nodes: tuple[str, ...]
    ref: ModelRef = ModelRef()

    @property
    def shown(self) -> str:
        """What to call it."""
        return self.ref.file or self.name

    @property
    def words(self) -> str:
        """What to look for on the hub: its name without the quantisation, "" for what "default" means."""
        stem = unsplit(self.shown.removesuffix(".gguf").rpartition("/")[2])
        form = quantisation_name(f"{stem}.gguf")
        plain = re.sub(rf"[-._]{re.escape(form)}$", "", stem, flags=re.IGNORECASE) if form else stem
        return "" if self.name == DEFAULT and not self.ref.file else plain


def named_in(session: Session, graph: Graph) -> tuple[NamedModel, ...]:
    """Return the models that a graph names and that this machine would have to have."""
    servers = session.workspace.settings.servers
    nodes: dict[tuple[str, str], list[str]] = {}
    for node, setting, name in model_names(session, graph):
        if name != ECHO and name.partition("/")[0] not in servers:
            nodes.setdefault((name, setting), []).append(node)
    return tuple(
        NamedModel(name, setting, tuple(found), graph.models.get(name, ModelRef()))
        for (name, setting), found in nodes.items()
    )


def named_inside(workspace: Workspace, document: Document, named: tuple[NamedModel, ...]) -> tuple[NamedModel, ...]:
    """Return the models that the graphs inside a document ask for, beside those that it names itself; for a thread."""
    own = [each.ref for each in named]
    servers = workspace.settings.servers
    refs = refs_asked(document.graph, workspace.registry, workspace.inside(document), servers=servers)
    return tuple(NamedModel(ref.file, "", (), ref) for ref in refs if ref.file and ref not in own)


def names_a_model(session: Session, graph: Graph) -> bool:
    """Return whether a graph names a certain model, so that it is worth a look whether that is here."""
    if not graph.nodes or session.workspace.answering:
        return False
    return any(each.name != DEFAULT or each.ref.file for each in named_in(session, graph))


def missing(named: Iterable[NamedModel], library: Library) -> tuple[NamedModel, ...]:
    """Return those of the models that are not in the library; for a thread."""
    scan = library.scan()
    return tuple(each for each in named if not _is_here(each, library, scan))


def _is_here(each: NamedModel, library: Library, scan: Scan) -> bool:
    ref = each.ref
    if ref.file:
        return any(
            model.file.casefold() == ref.file.casefold()
            or bool(ref.sha256 and ref.size == model.size and known_sha256(model.parts, library.cache) == ref.sha256)
            for model in scan.models
        )
    try:
        library.find(each.name, scan)
    except ModelMissing:
        return False
    except GraphideError:  # several have the name: the run says what to do
        return True
    return True


def lacks_a_model(view: RunView) -> bool:
    """Return whether a run failed because a model is not on this machine."""
    return view.over and any(node.error is not None and node.error.exit_code == EXIT_MODEL for node in view.failures)


def sentence(title: str, found: tuple[NamedModel, ...]) -> str:
    """Return what to say of the models that a graph lacks."""
    if found == () or any(each.name == DEFAULT and not each.ref.file for each in found):
        return "There is no model on this machine yet that graphs could use"
    if len(found) == 1:
        return f"{title} asks for the model {found[0].shown}, which is not on this machine"
    return (
        f"{title} asks for {len(found)} models that are not on this machine: {', '.join(each.shown for each in found)}"
    )


def is_on_the_hub(each: NamedModel) -> bool:
    """Return whether the graph says where its model can be had."""
    return is_repo(each.ref.hub)


def finding(session: Session, each: NamedModel) -> Dialog:
    """Return the dialog that looks for a model on the hub; what is chosen there goes to the nodes that lack it."""
    ref = each.ref
    repo = ref.hub if is_on_the_hub(each) else ""
    place = ModelsAt("find", "" if repo else each.words, repo, ref.file, ref.sha256, "", each.nodes, each.setting)

    def reply(choice: str, value: Any) -> None:
        if choice != "ok" or (ref.file and str(value) == ref.file):  # the graph names that file already
            return
        nodes = tuple(node for node in each.nodes if node in session.graph.nodes)
        if nodes and (problem := session.set_setting(nodes, each.setting, value)):
            session.say(problem, "warning")

    return Dialog("models", f"Find {each.shown}" if each.words or repo else "Find a model", data=place, reply=reply)
