"""What tests of the model browser share: a browser in a home of its own, with a fake hub, and a person who waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from graphide.editor.gestures_input import Key
from graphide.editor.model_browser import ModelBrowser
from graphide.editor.model_dialog import ModelDialog
from graphide.editor.session import Session
from graphide.models.download import Downloads
from graphide.models.hub import Hub
from graphide.models.library import user_cache
from graphide.settings import Settings
from graphide.spec.registry import Registry
from graphide.workspace import Workspace
from tests.support.downloading import REPO
from tests.support.fake_hub import FakeHub


class Browsing:
    """A person at a browser; the thread that draws is the one of the test."""

    def __init__(self, workspace: Workspace, folder: Path, hub: FakeHub, *, network: bool = True) -> None:
        self._woken = threading.Event()
        self.session = Session(workspace, wake=self._woken.set, folder=folder / "state")
        self.folder = folder

        def open_hub(_: Settings) -> Hub:
            return Hub(endpoint=hub.url, token=lambda: "", cache=folder / "answers", seconds=5.0, network=network)

        def open_downloads(found: Hub, _: Settings) -> Downloads:
            return Downloads(found.line, network=found.network, first_pause=0.01, hashes=user_cache())

        self.browser = ModelBrowser(self.session, hub=open_hub, downloads=open_downloads)
        self.session._models = self.browser

    def until(self, true: Callable[[], object], seconds: float = 20.0) -> None:
        """Draw whenever something is there to be drawn, until a function returns something true."""
        end = time.monotonic() + seconds
        self.session.tick()
        while not true():
            left = end - time.monotonic()
            assert left > 0, "it did not happen in time"
            self._woken.wait(min(left, 0.1))
            self._woken.clear()
            self.session.tick()

    def close(self) -> None:
        """Close the window."""
        self.session.close()


@contextmanager
def browsing(
    registry: Registry, folder: Path, hub: FakeHub, *, network: bool = True, model: str = "echo"
) -> Iterator[Browsing]:
    """Open a browser; the home of the user must be below `folder`, so that its models are of this test alone."""
    with Workspace(model=model, cache=False, registry=registry) as workspace:
        person = Browsing(workspace, folder, hub, network=network)
        try:
            yield person
        finally:
            person.close()


# --- the dialog


def looking_after(person: Browsing) -> ModelDialog:
    """Open the dialog as Ctrl+Shift+M does."""
    person.session.act("models")
    return opened(person)


def choosing(person: Browsing) -> ModelDialog:
    """Open the dialog for the model of a node."""
    person.session.new_from("hello")
    person.session.popups.ask_model("answer", "model")
    return opened(person)


def opened(person: Browsing) -> ModelDialog:
    dialog = person.session.popups.dialog
    assert dialog is not None
    state = ModelDialog(person.session, dialog)
    person.until(lambda: not state.here.looking)
    return state


def found(person: Browsing, state: ModelDialog, text: str, repo: str = REPO) -> None:
    """Search, and wait until the first card's repository is measured."""
    state.go("find")
    state.find.type(text)
    person.until(lambda: not state.tick() and state.find.offer is not None and not person.browser.looking, 40)
    assert state.find.card is not None and state.find.card.repo == repo


def choose(state: ModelDialog, name: str) -> None:
    """Light the line of a model."""
    state.here.light(next(number for number, row in enumerate(state.here.rows) if row.name == name))


def labels(state: ModelDialog) -> list[str]:
    return [button.label for button in state.buttons]


def press(state: ModelDialog, chord: str, *, typing: bool = False) -> bool:
    *held, name = chord.split("+")
    return state.key(Key(name, True, frozenset(held)), typing=typing)  # type: ignore[arg-type]
