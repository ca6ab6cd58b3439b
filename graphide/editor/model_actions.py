"""What actions do about models: open a page of their dialog, look for what the graph lacks, use what came.

And what a session does about downloads when it begins and ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphide.editor.dialogs import Dialog
from graphide.editor.gestures_target import Target
from graphide.editor.model_asked import ModelsAt
from graphide.models.catalogue import CatalogueModel, catalogue
from graphide.models.download_job import INTERRUPTED, read_records, records_folder

if TYPE_CHECKING:
    from graphide.editor.session import Session


def open_downloads(session: Session) -> None:
    """Show the downloads."""
    session.popups.ask(Dialog("models", "Models", data=ModelsAt("downloads")))


def find(session: Session) -> None:
    """Look for a model that the graph lacks, else for any."""
    session.models.news.find()


def use(session: Session) -> None:
    """Give the model that came last to who asked for it."""
    session.models.news.use(*session.models.news.ready)


def why_no_use(session: Session, target: Target | None) -> str:
    """Ask that a model came that somebody waits for."""
    return "" if session.has_models and session.models.news.ready[0] else "no downloaded model waits to be used"


def why_none_to_find(session: Session, target: Target | None) -> str:
    """Ask that the graph lacks a model."""
    lacks = session.has_models and session.models.news.lacked_by(session.tab)
    return "" if lacks else "the graph lacks no model, as far as is known"


def recommended(session: Session) -> CatalogueModel | None:
    """Return the model to begin with on a machine that has none, None where there is one or that is not known yet."""
    here = session.models.here
    if here is None or any(own.model.runs for own in here.models):
        return None
    return catalogue().for_room(here.free) or catalogue().models[0]


def get_recommended(session: Session) -> None:
    """Show the model to begin with on the hub, with its size and whether it fits."""
    model = recommended(session)
    if model is not None:
        spec = model.spec
        place = ModelsAt("find", repo=spec.repo, file=spec.file, form=spec.quantisation)
        session.popups.ask(Dialog("models", f"Get {model.name}", data=place))


def go_on(session: Session) -> None:
    """Go on with the downloads that the end of the last session interrupted, where there are any."""
    if session.workspace.settings.network and any(job.problem == INTERRUPTED for job in read_records(records_folder())):
        session.models.downloads.go_on(session.models.news.went_on)


def parting(session: Session) -> str:
    """Return what to say of downloads to somebody who closes the window, "" where there are none."""
    if session.downloading is None:
        return ""
    count = session.downloading.count
    return f"{'A download is' if count == 1 else f'{count} downloads are'} paused and will go on at the next start"
