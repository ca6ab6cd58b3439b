"""What tests of the model browser share: a browser in a home of its own, with a fake hub, and a person who waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from graphide.editor.model_browser import ModelBrowser
from graphide.editor.session import Session
from graphide.models.download import Downloads
from graphide.models.hub import Hub
from graphide.models.library import user_cache
from graphide.spec.registry import Registry
from graphide.workspace import Workspace
from tests.support.fake_hub import FakeHub


class Browsing:
    """A person at a browser; the thread that draws is the one of the test."""

    def __init__(self, workspace: Workspace, folder: Path, hub: FakeHub, *, network: bool = True) -> None:
        self._woken = threading.Event()
        self.session = Session(workspace, wake=self._woken.set, folder=folder / "state")
        self.folder = folder

        def open_hub() -> Hub:
            return Hub(endpoint=hub.url, token=lambda: "", cache=folder / "answers", seconds=5.0, network=network)

        def open_downloads(found: Hub) -> Downloads:
            return Downloads(found.line, network=found.network, first_pause=0.01, hashes=user_cache())

        self.browser = ModelBrowser(self.session, hub=open_hub, downloads=open_downloads)

    def until(self, true: Callable[[], object], seconds: float = 20.0) -> None:
        """Draw whenever something is there to be drawn, until a function returns something true."""
        end = time.monotonic() + seconds
        self.browser.tick()
        while not true():
            left = end - time.monotonic()
            assert left > 0, "it did not happen in time"
            self._woken.wait(min(left, 1.0))
            self._woken.clear()
            self.browser.tick()

    def close(self) -> None:
        """Close the window."""
        self.browser.close()
        self.session.close()


@contextmanager
def browsing(registry: Registry, folder: Path, hub: FakeHub, *, network: bool = True) -> Iterator[Browsing]:
    """Open a browser; the home of the user must be below `folder`, so that its models are of this test alone."""
    with Workspace(model="echo", cache=False, registry=registry) as workspace:
        person = Browsing(workspace, folder, hub, network=network)
        try:
            yield person
        finally:
            person.close()
