"""Where graphide keeps its files: user folders and the starter templates that ship with it.

Pure path functions: nothing is created or read on import, and only `ensure` writes. What lies in the folders is the
business of the modules that own it. The environment variable GRAPHIDE_HOME moves all user folders below one folder.
"""

from __future__ import annotations

import os
from pathlib import Path

from graphide.errors import GraphideError

HOME_VARIABLE = "GRAPHIDE_HOME"

_PACKAGE = Path(__file__).resolve().parent


def config_folder() -> Path:
    """Return the folder of settings."""
    home = _home()
    if home:
        return home / "config"
    import platformdirs

    return Path(platformdirs.user_config_dir("graphide", appauthor=False))


def data_folder() -> Path:
    """Return the folder of what the user makes and wants kept: chats, run history, drafts."""
    home = _home()
    if home:
        return home / "data"
    import platformdirs

    return Path(platformdirs.user_data_dir("graphide", appauthor=False))


def cache_folder() -> Path:
    """Return the folder of what can be computed again; deleting it costs only time."""
    home = _home()
    if home:
        return home / "cache"
    import platformdirs

    return Path(platformdirs.user_cache_dir("graphide", appauthor=False))


def models_folder() -> Path:
    """Return graphide's own folder of GGUF files, where downloads go."""
    return (_home() or data_folder()) / "models"


def plugins_folder() -> Path:
    """Return the drop-in folder of node types."""
    return (_home() or data_folder()) / "plugins"


def templates_folder() -> Path:
    """Return the folder of starter templates: the packaged one, or `graphs/` of a checkout."""
    packaged = _PACKAGE / "_templates"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "graphs"


def ensure(folder: Path) -> Path:
    """Create a folder with its parents when it is not there, and return it.

    Raises GraphideError when that is not possible.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise GraphideError(
            f"cannot create the folder: {reason}",
            where=str(folder),
            hint=f"Make its parent writable, or set {HOME_VARIABLE} to a folder that is",
        ) from error
    return folder


def written_path(text: str) -> Path:
    """Return the path that a person wrote, with ~ for a home; where nobody has that home, the text stays as it is."""
    return Path(os.path.expanduser(text))


def _home() -> Path | None:
    value = os.environ.get(HOME_VARIABLE, "")
    return written_path(value).absolute() if value else None
