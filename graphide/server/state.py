"""What the routes share: configuration, workspace, places, threads, graphs, chats, and the work that is under way."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from graphide.chatting.keeping import open_chats
from graphide.executor.threads import Threads
from graphide.server.config import ServerConfig
from graphide.server.limits import Admission
from graphide.server.runs import Runs
from graphide.server.served import ServedGraphs
from graphide.store.chats import Chats
from graphide.templates import Templates
from graphide.workspace import Workspace


@dataclass(slots=True)
class ServerState:
    """What a server has while it lives. `under_way` are the flags that stop work for clients.

    `held` counts the bytes of bodies that are being answered.
    """

    config: ServerConfig
    workspace: Workspace
    admission: Admission
    templates: Templates
    served: ServedGraphs
    threads: Threads = field(default_factory=Threads)
    runs: Runs = field(default_factory=Runs)
    under_way: set[threading.Event] = field(default_factory=set)
    held: int = 0
    _chats: Chats | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def chats(self) -> Chats:
        """Return the user's chats, opened when they are first asked for; raises GraphideError."""
        with self._lock:
            if self._chats is None:
                self._chats = open_chats(self.workspace.settings)
            return self._chats

    def stop_work(self) -> None:
        """Stop everything that is made for clients; what was made is sent."""
        for cancel in tuple(self.under_way):
            cancel.set()

    def close(self) -> None:
        """Close what the server has opened; the workspace belongs to whoever made it."""
        with self._lock:
            chats, self._chats = self._chats, None
        if chats is not None:
            chats.database.close()


def new_state(workspace: Workspace, config: ServerConfig) -> ServerState:
    """Return the state of a server that begins; raises UsageError for graphs that cannot be served together."""
    limits = config.limits
    templates = Templates(registry=workspace.registry)
    served = ServedGraphs(workspace, config.graphs, config.allow, templates)
    admission = Admission(limits.running, limits.waiting, retry=limits.retry)
    return ServerState(config, workspace, admission, templates, served)
