"""The model of a chat, loaded while its user still types the first message. Nothing is said of it, whatever happens."""

from __future__ import annotations

import threading
from contextlib import suppress

from graphide.backends.echo import NAME as ECHO
from graphide.chatting.partners import Partner
from graphide.errors import GraphideError
from graphide.workspace import Workspace


def load_ahead(workspace: Workspace, partner: Partner) -> threading.Thread | None:
    """Begin to load the model that answers, and return the thread that does; None where none of this machine does.

    Closing the workspace ends the thread. An answer that is asked for meanwhile waits for it.
    """
    if partner.choices is None:
        return None
    name = workspace.answering or partner.choices.model
    if name == ECHO or name.partition("/")[0] in workspace.settings.servers:
        return None

    def load() -> None:
        with suppress(GraphideError):  # the answer will say it, where it still holds
            for _ in workspace.load_model(name):
                pass

    thread = threading.Thread(target=load, name="graphide-ahead", daemon=True)
    thread.start()
    return thread
