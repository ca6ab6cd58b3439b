"""What the window remembers from one session to the next: recent files, its size, its panels. Nothing of any graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from graphide import paths
from graphide.disk import write_atomically
from graphide.values import Json

MOST_RECENT = 20


@dataclass(frozen=True, slots=True)
class Window:
    """Where the window was: its size and place in pixels of the screen; `panels` are widths and whether they are open."""

    width: int = 1440
    height: int = 900
    x: int = -1
    y: int = -1
    maximized: bool = False
    panels: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remembered:
    """The recent files, newest first, the files that were open, and the window; `extra` is for newer versions."""

    recent: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    window: Window = Window()
    extra: Mapping[str, Json] = field(default_factory=dict)

    def with_recent(self, path: Path) -> Remembered:
        """Return this with a file as the most recent one."""
        name = str(path.absolute())
        rest = [other for other in self.recent if other != name]
        return replace(self, recent=(name, *rest)[:MOST_RECENT])

    def without_recent(self, path: str | Path) -> Remembered:
        """Return this without a file, because it is gone or not wanted in the list."""
        return replace(self, recent=tuple(other for other in self.recent if other != str(path)))


def load(path: Path | None = None) -> Remembered:
    """Return what was remembered; what cannot be read, or has another shape, is as on the first start."""
    try:
        data = orjson.loads((path or remembered_path()).read_bytes())
    except (OSError, ValueError):
        return Remembered()
    if not isinstance(data, dict):
        return Remembered()
    extra = {key: value for key, value in data.items() if key not in ("recent", "open", "window")}
    return Remembered(_names(data.get("recent")), _names(data.get("open")), _window(data.get("window")), extra)


def save(remembered: Remembered, path: Path | None = None) -> str:
    """Write it and return "", or the reason why it could not be: nothing that would keep a window from closing."""
    path = path or remembered_path()
    own = remembered.window
    window = {name: getattr(own, name) for name in ("width", "height", "x", "y", "maximized")}
    data = {
        **remembered.extra,
        "recent": list(remembered.recent),
        "open": list(remembered.open),
        "window": {**window, "panels": dict(own.panels)},
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    except (OSError, TypeError, ValueError) as error:
        return str(error)
    return ""


def remembered_path() -> Path:
    """Return the file in the user's folder."""
    return paths.data_folder() / "window.json"


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(dict.fromkeys(item for item in value if isinstance(item, str) and item))[:MOST_RECENT]


def _window(value: Any) -> Window:
    if not isinstance(value, dict):
        return Window()
    known = {name: value[name] for name in ("width", "height", "x", "y") if type(value.get(name)) is int}
    panels = value.get("panels")
    window = Window(
        **known, maximized=value.get("maximized") is True, panels=panels if isinstance(panels, dict) else {}
    )
    return window if window.width >= 320 and window.height >= 240 else replace(window, width=1440, height=900)
