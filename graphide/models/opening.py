"""The hub and the downloads of this user, opened as the settings say: the one way for the command, the window and the server.

Cheap to import: what asks the network is imported when something is opened, and nothing is asked before it is used.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from graphide.settings import Settings

if TYPE_CHECKING:
    from graphide.models.download import Downloads
    from graphide.models.hub import Hub

ENDPOINT_VARIABLE = "HF_ENDPOINT"


def open_hub(settings: Settings) -> Hub:
    """Return the hub that the settings name; HF_ENDPOINT comes before them.

    Where the settings or HF_HUB_OFFLINE switch the network off, only kept answers are given. Raises UsageError where the
    address is none.
    """
    from graphide.models.hub import Hub

    address = "" if os.environ.get(ENDPOINT_VARIABLE) else settings.hub
    return Hub(endpoint=address, network=settings.network)


def open_downloads(hub: Hub, settings: Settings, *, rate: int = 0) -> Downloads:
    """Return the downloads of this user; a `rate` in bytes a second that is not 0 comes before that of the settings."""
    from graphide.models.download import Downloads
    from graphide.models.library import user_cache

    return Downloads(
        hub.line,
        parallel=settings.download_parallel,
        rate=rate or settings.download_rate,
        network=hub.network,
        hashes=user_cache(),
    )
