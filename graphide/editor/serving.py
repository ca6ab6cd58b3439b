"""The server that a session can start, so that other programs use its models and graphs; nothing is started by itself.

What a server is and does is not known here: it is given as something that can be started.
"""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from graphide.editor.model_tasks import Tasks

if TYPE_CHECKING:
    import threading

    from graphide.editor.session import Session

State = Literal["off", "starting", "on", "ending"]
_LOOK_EVERY = 0.5
_START, _END = "start server", "end server"


class Server(Protocol):
    """A server that was started."""

    @property
    def address(self) -> str:
        """Where it listens."""
        ...

    @property
    def key(self) -> str:
        """What clients show."""
        ...

    @property
    def page(self) -> str:
        """The address of its web page, with the key."""
        ...

    @property
    def graphs(self) -> int:
        """How many graphs it serves."""
        ...

    @property
    def under_way(self) -> int:
        """How many requests it answers now."""
        ...

    @property
    def running(self) -> bool:
        """Whether it serves."""
        ...

    def close(self) -> None:
        """End it; takes some seconds at most."""
        ...


class Serving:
    """The server of one session. For the session's thread; starting and ending are done in others.

    `start` serves these graph files beside models and templates; it raises GraphideError. `problem` is why there is no
    server though one was wanted.
    """

    def __init__(self, session: Session, start: Callable[[Sequence[Path]], Server] | None) -> None:
        self._session = session
        self._start = start
        self._tasks = Tasks(session.wake)
        self._server: Server | None = None
        self._looked = 0.0
        self._seen = 0
        self.state: State = "off"
        self.problem = ""

    @property
    def possible(self) -> bool:
        """Whether this program can serve at all."""
        return self._start is not None

    @property
    def server(self) -> Server | None:
        """The server, None while there is none."""
        return self._server

    @property
    def under_way(self) -> int:
        """How many requests were being answered when that was looked at last."""
        return self._seen

    def start(self) -> None:
        """Start the server, with the graph files that are open."""
        start = self._start
        if start is None or self.state != "off":
            return
        files = [tab.document.path for tab in self._session.tabs]
        graphs = [path for path in files if path is not None and path.suffix == ".json" and path.is_file()]
        self.state, self.problem = "starting", ""

        def work(stop: threading.Event) -> Server:
            server = start(graphs)
            if stop.is_set():  # the window was closed meanwhile
                server.close()
            return server

        self._tasks.begin(_START, work, self._started, self._failed)

    def stop(self) -> None:
        """End the server; requests under way get a moment."""
        server = self._server
        if server is None or self.state != "on":
            return
        self.state = "ending"
        self._tasks.begin(_END, lambda _: server.close(), lambda _: self._ended(), self._failed)

    def switch(self) -> None:
        """Start it, or end it."""
        self.stop() if self.state == "on" else self.start()

    def open_page(self, opener: Callable[[str], object] = webbrowser.open) -> None:
        """Show its web page in the browser."""
        if self._server is not None:
            opener(self._server.page)

    def example(self) -> str:
        """Return a command that asks the server, for a terminal; the key is in a variable, not in the command."""
        address = self._server.address if self._server is not None else ""
        return (
            f'curl {address}/v1/chat/completions -H "Authorization: Bearer $(graphide serve --show-key)" '
            """-H "Content-Type: application/json" -d '{"model": "default", "messages": """
            """[{"role": "user", "content": "Hello"}]}'"""
        )

    def tick(self, now: float) -> bool:
        """Take in what happened, and return whether something is to be drawn again."""
        changed = self._tasks.deliver()
        server = self._server
        if server is None or now - self._looked < _LOOK_EVERY:
            return changed
        self._looked = now
        if self.state == "on" and not server.running:
            self._failed("the server has ended by itself")
            return True
        before, self._seen = self._seen, server.under_way
        return changed or before != self._seen

    @property
    def due(self) -> float:
        """When `tick` is to be called by itself, infinity when there is no server."""
        return self._looked + _LOOK_EVERY if self._server is not None else float("inf")

    def close(self) -> None:
        """End the server and wait for that."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self._tasks.close()
        self.state = "off"

    def _started(self, server: Server) -> None:
        self._server, self.state = server, "on"
        self._session.say(f"Serving at {server.address}", "success")

    def _ended(self) -> None:
        self._server, self.state, self._seen = None, "off", 0
        self._session.say("The server has ended")

    def _failed(self, sentence: str) -> None:
        self._server, self.state, self._seen = None, "off", 0
        self.problem = sentence
        self._session.say(sentence or "The server could not be started", "error")
