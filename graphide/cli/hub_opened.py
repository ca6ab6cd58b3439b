"""What commands say before and after they ask the hub: what is wrong with the settings, and how old an answer is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphide import settings as settings_file
from graphide.cli import streams
from graphide.graph.quoting import printable
from graphide.models.wording import age

if TYPE_CHECKING:
    from graphide.settings import Settings


def users_settings() -> Settings:
    """Return the settings of this user; what is wrong with them is said, because the defaults go to the network."""
    settings = settings_file.load()
    if settings.problem:
        streams.err(f"warning: {printable(settings.problem)}\n")
    return settings


def say_age(seconds: float) -> None:
    """Say that an answer is kept from earlier, because the hub did not give a new one."""
    if seconds:
        streams.err(f"warning: the hub could not be asked; this is what it said {age(seconds)} ago\n")
