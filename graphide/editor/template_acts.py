"""What is done with templates in a session: begin with one, fill one in, put one into the graph, keep, rename and delete one.

How they are kept is in `graphide.templates`, what a gallery shows of them in `templates`, a part of a graph in
`template_part`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphide.editor import viewing
from graphide.editor.asking_inputs import InputForm
from graphide.editor.commands_paste import Paste
from graphide.editor.dialogs import CANCEL, Dialog, DialogButton
from graphide.editor.document import Document
from graphide.editor.editing import chosen, laid_out
from graphide.editor.gestures_target import Target
from graphide.editor.selection import Selection
from graphide.editor.template_draft import TemplateDraft
from graphide.editor.template_part import part_as_graph
from graphide.graph.model import Graph
from graphide.templates import Templates, blanks, filled

if TYPE_CHECKING:
    from graphide.editor.session import Session

USE: Final = "ok"
INSERT: Final = "insert"
_BACK_SECONDS: Final = 10.0
_GAP: Final = 80.0
_SAVE: Final = DialogButton("ok", "Save", "main")


def templates_of(session: Session) -> Templates:
    """Return the templates that a session shows: packaged ones, and those in its folder."""
    return Templates(session.folder / "templates", session.workspace.registry)


# --- beginning with one


def gallery(session: Session, *, insert: bool = False) -> None:
    """Show the gallery; a template from it is begun with, or put into the graph that is shown."""

    def reply(choice: str, value: Any) -> None:
        if not value:
            return
        if choice == USE:
            use(session, Path(value))
        elif choice == INSERT:
            put_in(session, Path(value))

    title = "Insert a template" if insert else "New from a template"
    session.popups.ask(Dialog("templates", title, data=INSERT if insert else USE, reply=reply))


def use(session: Session, path: Path) -> None:
    """Show a new document like a template; placeholders in it that need a value are asked for first."""
    graph = session.workspace.load(path).graph
    open_ones = [blank for blank in blanks(graph, session.workspace.registry) if blank.nodes]
    if not any(blank.port.required for blank in open_ones):
        session.new_from(path)
        return
    _fill(session, path, "Begin", partial(_begin, session, path))


def put_in(session: Session, path: Path) -> None:
    """Put a template into the graph that is shown, after asking for what there is to fill in."""
    graph = session.workspace.load(path).graph
    if blanks(graph, session.workspace.registry):
        _fill(session, path, "Insert", partial(_insert, session))
    else:
        _insert(session, graph)


def _fill(session: Session, path: Path, label: str, then: Any) -> None:
    graph, registry = session.workspace.load(path).graph, session.workspace.registry
    form = InputForm((blank.port for blank in blanks(graph, registry)), {})

    def reply(choice: str, _: Any) -> None:
        if choice == "ok" and form.ready:
            then(filled(graph, registry, form.values))

    title = f"Fill in: {graph.title or path.stem}"
    session.popups.ask(
        Dialog("fill", title, data=form, buttons=(DialogButton("ok", label, "main"), CANCEL), reply=reply)
    )


def _begin(session: Session, path: Path, graph: Graph) -> None:
    source = session.workspace.load(path)._replace(path=None, graph=graph)
    session.show(session.new_tab(Document(session.workspace, source, clock=session.clock, folder=session.drafts)))


def _insert(session: Session, graph: Graph) -> None:
    """Put a graph below what there is, select it, and show it."""
    part = laid_out(graph)
    command = Paste(part, _free_place(session))
    before = session.graph
    names, boxes = command.names(before), command.frame_names(before)
    if session.do(command):
        session.select(Selection(tuple(names.values()), tuple(boxes.values())))
        viewing.fit(session, selection=True)


def _free_place(session: Session) -> tuple[float, float]:
    view = session.canvas_view(session.size)
    groups = (*view.nodes, *view.frames)
    if not groups:
        return 0.0, 0.0
    return round(min(group.x for group in groups)), round(max(group.y + group.height for group in groups) + _GAP)


# --- keeping, renaming, deleting


def save_graph(session: Session) -> None:
    """Ask for a name, and keep the graph that is shown as a template."""
    graph = session.graph
    _ask(session, TemplateDraft(templates_of(session), graph, session.workspace.registry), "Save graph as template")


def save_part(session: Session, target: Target | None = None) -> None:
    """Ask for a name, and keep what is selected as a template; wires that are cut become inputs and outputs."""
    selected = chosen(session, target)
    part = part_as_graph(session.graph, selected.nodes, selected.frames, session.rules)
    draft = TemplateDraft(templates_of(session), part.graph, session.workspace.registry, notes=part.notes)
    _ask(session, draft, "Save selection as template")


def rename(session: Session, id: str) -> None:
    """Ask for another name, description and tags of one of the user's own, in front of the gallery."""
    gallery_before = session.popups.dialog
    template = templates_of(session).load(id)
    draft = TemplateDraft(templates_of(session), template.graph, session.workspace.registry, old=id)
    draft.name = template.title
    _ask(session, draft, "Change the template", gallery_before)


def delete(session: Session, id: str) -> None:
    """Delete one of the user's own; for some seconds it can be had back."""
    session.deleted_template = templates_of(session).remove(id)
    title = session.deleted_template.template.title
    session.toasts.add(f"Deleted: {title}", now=session.clock(), action="restore_template", seconds=_BACK_SECONDS)
    session.touch()


def restore(session: Session) -> None:
    """Have the template back that was deleted last; raises UsageError where its place is taken."""
    removed, session.deleted_template = session.deleted_template, None
    if removed is None:
        return
    templates_of(session).put_back(removed)
    for toast in session.toasts.shown:
        if toast.action == "restore_template":
            session.toasts.dismiss(toast.id)
    session.say(f"The template is back: {removed.template.title}", "success")


def why_no_restore(session: Session, _target: object = None) -> str:
    """Ask that a template was deleted a moment ago."""
    return "" if session.deleted_template is not None else "no template was deleted a moment ago"


def _ask(session: Session, draft: TemplateDraft, title: str, behind: Dialog | None = None) -> None:
    def reply(choice: str, _: Any) -> None:
        session.popups.dialog = behind
        if choice in ("ok", "replace") and draft.saved is not None:
            session.say(f"Kept among your templates: {draft.saved.title}", "success")

    session.popups.ask(Dialog("template", title, data=draft, buttons=(_SAVE, CANCEL), reply=reply))
