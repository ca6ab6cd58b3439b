"""The user's settings as one window changes them: written to config.json at once, and counting at once.

What the settings are and how their file is kept is in `graphide.settings`; how they look as a form in `settings_form`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from graphide import settings as settings_file
from graphide.errors import GraphideError
from graphide.settings import DEFAULTS, Settings, check, with_values

if TYPE_CHECKING:
    from graphide.editor.session import Session

_MOVED: Final = {"look": "theme", "scale": "scale", "keep_runs": "keep_runs"}
"""What earlier versions kept beside the sizes of panels → the setting that it is now."""


def begin(session: Session) -> None:
    """Take the settings of a session that has a folder of its own, and what an earlier version kept in window.json."""
    if session.config != settings_file.config_path() and session.config.exists():
        _use(session, settings_file.load(session.config))
    panels = session.remembered.window.panels
    old = {setting: panels[name] for name, setting in _MOVED.items() if name in panels}
    if old:
        _take_over(session, {name: value for name, value in old.items() if _fits(name, value)})
    session.history.keep = session.workspace.settings.keep_runs


def choose(session: Session, **values: Any) -> str:
    """Change some settings for this window and all that comes, and return "", or why they could not be written.

    Where they cannot be written they still count until the window is closed, and that is shown.
    """
    problem = change(session, lambda settings: with_values(settings, **values))
    if problem:
        _use(session, with_values(session.workspace.settings, **values))
        session.say(f"This counts until the window is closed: {problem}", "warning")
    return problem


def change(session: Session, edit: Callable[[Settings], Settings]) -> str:
    """Change the settings in the file, where others may have changed them meanwhile; return "", or why that failed."""
    try:
        _use(session, settings_file.change(edit, session.config))
    except GraphideError as error:
        return str(error)
    return ""


def _use(session: Session, settings: Settings) -> None:
    session.workspace.use(settings)
    session.history.keep = settings.keep_runs
    session.touch()


def _take_over(session: Session, old: dict[str, Any]) -> None:
    """Write settings of an earlier version where config.json says nothing, and forget the old place once that is done."""

    def edit(settings: Settings) -> Settings:
        unsaid = {name: value for name, value in old.items() if getattr(settings, name) == DEFAULTS[name]}
        return with_values(settings, **unsaid) if unsaid else settings

    if old and change(session, edit):
        return
    window = session.remembered.window
    panels = {name: value for name, value in window.panels.items() if name not in _MOVED}
    session.remembered = replace(session.remembered, window=replace(window, panels=panels))


def _fits(name: str, value: Any) -> bool:
    try:
        check(name, value)
    except GraphideError:
        return False
    return True
