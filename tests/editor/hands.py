"""Hands for tests of the editor: a session on real documents, and a person who clicks, drags and types in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphide.editor.gestures_input import Button, Key, Modifier, Mouse
from graphide.editor.session import Session
from graphide.spec.registry import Registry
from graphide.workspace import Workspace


class Clock:
    """Seconds that pass only when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Hands:
    """A person at a session; places are of the canvas."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self.session = session
        self.clock = clock
        session.canvas_view((1200.0, 800.0))

    def event(self, kind: str, at: tuple[float, float], button: Button = "", *held: Modifier) -> None:
        x, y = self.session.tab.camera.to_screen(*at)
        self.session.mouse(Mouse(kind, button, x, y, frozenset(held)))  # type: ignore[arg-type]

    def click(self, at: tuple[float, float], *held: Modifier, button: Button = "left") -> None:
        self.event("move", at)
        self.event("down", at, button, *held)
        self.event("up", at, button, *held)

    def double(self, at: tuple[float, float]) -> None:
        self.click(at)
        self.event("double", at, "left")
        self.event("up", at, "left")

    def drag(
        self, start: tuple[float, float], end: tuple[float, float], *held: Modifier, button: Button = "left"
    ) -> None:
        self.begin(start, end, *held, button=button)
        self.event("up", end, button, *held)

    def begin(
        self, start: tuple[float, float], end: tuple[float, float], *held: Modifier, button: Button = "left"
    ) -> None:
        self.event("down", start, button, *held)
        for share in (0.3, 0.7, 1.0):
            at = (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
            self.event("move", at, "", *held)

    def key(self, name: str, *held: Modifier) -> bool:
        return self.session.key(Key(name, True, frozenset(held)))

    def title(self, node: str) -> tuple[float, float]:
        return self.part(node, "title")

    def part(self, node: str, part: str, name: str = "") -> tuple[float, float]:
        """Return the middle of a part of a node; of a title a place beside its signs."""
        view = self.session.canvas_view(self.session.size)
        group = next(group for group in (*view.nodes, *view.frames) if group.key.removeprefix("$") == node)
        hit = next(hit for hit in group.hits if hit.part == part and name in ("", hit.name))
        share = 0.55 if part.endswith("title") else 0.5
        return (group.x + hit.box.x + hit.box.width * share, group.y + hit.box.y + hit.box.height / 2)

    def pin(self, node: str, name: str, *, output: bool = False) -> tuple[float, float]:
        at = self.session.surface.pin_at(node, name, output=output)
        assert at is not None
        return at

    def empty(self) -> tuple[float, float]:
        """Return a place where nothing is."""
        box = self.session.surface.all()
        return (box.x + box.width / 2, box.y + box.height + 60) if box is not None else (0.0, 0.0)

    def pass_time(self, seconds: float) -> bool:
        self.clock.now += seconds
        return self.session.tick(self.clock.now)


@contextmanager
def hands(registry: Registry, folder: Path, template: str = "") -> Iterator[Hands]:
    """Open a session with the echo backend, on a template or on nothing."""
    clock = Clock()
    with Workspace(model="echo", cache=False, registry=registry) as workspace:
        session = Session(workspace, clock=clock, folder=folder)
        try:
            if template:
                assert session.new_from(template)
            yield Hands(session, clock)
        finally:
            session.close()
