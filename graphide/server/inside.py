"""A server inside a program that does other things, such as the window: in a thread of its own, over the models loaded there.

It ends when it is told to, or with the program; signals are the program's own business.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from graphide.server import auth
from graphide.server.app import make_app
from graphide.server.config import Color, ServerConfig, usual_limits
from graphide.server.running import Serving, address_of, listen
from graphide.server.state import ServerState
from graphide.settings import Settings
from graphide.workspace import Workspace

_GRACE = 3.0  # nobody likes to wait for a window to close


class InsideServer:
    """A server that listens at `address` and answers whoever shows `key`; close it at the end."""

    def __init__(self, workspace: Workspace, config: ServerConfig) -> None:
        """Listen and begin to serve; raises GraphideError that says what is in the way."""
        app = make_app(workspace, config)
        self._state: ServerState = app.state.server
        self._socket = listen(config)
        self._serving = Serving(app, self._socket)
        self.address = address_of(self._socket)
        self.key = config.key
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)
        self._thread.start()

    @property
    def page(self) -> str:
        """The address of the web page, with the key behind the # that browsers send to nobody."""
        return f"{self.address}/#key={self.key}"

    @property
    def graphs(self) -> int:
        """How many graphs and templates are served under names."""
        return len(self._state.served.names())

    @property
    def under_way(self) -> int:
        """How many requests are answered now or wait for that."""
        return len(self._state.under_way)

    @property
    def running(self) -> bool:
        """Whether it serves; not when it was closed or has failed."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Let requests under way end for a moment, and stop; waits for it."""
        self._serving.stop()
        self._thread.join(2 * _GRACE + 5)

    def _run(self) -> None:
        try:
            self._serving.run()
        finally:
            self._socket.close()


def start(workspace: Workspace, graphs: Iterable[Path], pictures: Mapping[str, Callable[[str], Color]]) -> InsideServer:
    """Serve models, templates and these graph files as the settings say; a key is always needed.

    Of files with one name the first is served. Raises GraphideError.
    """
    by_name: dict[str, Path] = {}
    for path in graphs:
        by_name.setdefault(path.stem, path)
    return InsideServer(workspace, _config(workspace.settings, tuple(by_name.values()), pictures))


def _config(
    settings: Settings, graphs: tuple[Path, ...], pictures: Mapping[str, Callable[[str], Color]]
) -> ServerConfig:  # fmt: skip
    return ServerConfig(
        host=settings.serve_host,
        port=settings.serve_port,
        key=auth.server_key(),
        graphs=graphs,
        limits=replace(usual_limits(settings), grace=_GRACE),
        pictures=pictures,
    )
