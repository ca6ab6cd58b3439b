"""Settings: what the user chose for this machine, typed, described and kept in `config.json`.

What a graph needs is in the graph; here is what belongs to the machine and its user: folders, names for models, limits.
The descriptions are read when they are first asked for: a run whose user set nothing does without them.
"""

from typing import TYPE_CHECKING, Any

from graphide.settings.file import (
    Known,
    Source,
    change,
    config_path,
    from_json,
    is_readable,
    known,
    load,
    put,
    save,
    set_aside,
    unset,
    variable,
)
from graphide.settings.values import DEFAULTS, Overflow, Settings, Theme, plain, to_json, with_alias, with_values

if TYPE_CHECKING:
    from graphide.settings import kinds
    from graphide.settings.described import GROUPS, LOADING, MODEL_SETTINGS, SETTINGS, Described, Group, check

__all__ = [
    "DEFAULTS",
    "GROUPS",
    "LOADING",
    "MODEL_SETTINGS",
    "SETTINGS",
    "Described",
    "Group",
    "Known",
    "Overflow",
    "Settings",
    "Source",
    "Theme",
    "change",
    "check",
    "config_path",
    "from_json",
    "is_readable",
    "kinds",
    "known",
    "load",
    "plain",
    "put",
    "save",
    "set_aside",
    "to_json",
    "unset",
    "variable",
    "with_alias",
    "with_values",
]

_DESCRIBED = frozenset(["GROUPS", "LOADING", "MODEL_SETTINGS", "SETTINGS", "Described", "Group", "check"])


def __getattr__(name: str) -> Any:
    if name not in _DESCRIBED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from graphide.settings import described

    return getattr(described, name)
