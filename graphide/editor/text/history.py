"""Undo and redo of one text field: what was replaced by what, and where the caret stood.

Typing within a second is one step, and so is deleting in one direction. The undo of a whole document is not here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from graphide.editor.text.replaced import Replaced

Kind = Literal["type", "backspace", "delete", "other"]

MERGE_SECONDS = 1.0
MAX_STEPS = 1000
MAX_CHARACTERS = 10_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """One undo step, with anchor and caret before it and after it, and when it was last added to."""

    done: Replaced
    kind: Kind
    before: tuple[int, int]
    after: tuple[int, int]
    at: float


@dataclass(slots=True, eq=False)
class History:
    """The steps that can be undone and redone; `clock` gives seconds."""

    clock: Callable[[], float]
    done: list[Step] = field(default_factory=list)
    undone: list[Step] = field(default_factory=list)
    _sealed: bool = True

    def add(self, done: Replaced, kind: Kind, before: tuple[int, int], after: tuple[int, int]) -> None:
        """Remember an edit, as a part of the last step where it goes on with it."""
        step = Step(done, kind, before, after, self.clock())
        joined = None if self._sealed or not self.done else _joined(self.done[-1], step)
        if joined is None:
            self.done.append(step)
        else:
            self.done[-1] = joined
        self._sealed = False
        self.undone.clear()
        self._forget_oldest()

    def seal(self) -> None:
        """End the last step: the caret went elsewhere, so what comes next is a step of its own."""
        self._sealed = True

    def undo(self) -> Step | None:
        """Return the step to undo, and count it as undone; None when there is none."""
        return self._shift(self.done, self.undone)

    def redo(self) -> Step | None:
        """Return the step to do again, and count it as done; None when there is none."""
        return self._shift(self.undone, self.done)

    def clear(self) -> None:
        """Forget everything: the text was changed from outside."""
        self.done.clear()
        self.undone.clear()
        self._sealed = True

    def _shift(self, source: list[Step], target: list[Step]) -> Step | None:
        self._sealed = True
        if not source:
            return None
        target.append(source.pop())
        return target[-1]

    def _forget_oldest(self) -> None:
        del self.done[:-MAX_STEPS]
        room = MAX_CHARACTERS
        for number in range(len(self.done) - 1, 0, -1):
            room -= len(self.done[number].done.removed) + len(self.done[number].done.inserted)
            if room < 0:
                del self.done[:number]
                return


def _joined(last: Step, step: Step) -> Step | None:
    """Return both steps as one, None when they do not belong together."""
    if step.kind != last.kind or step.kind == "other" or step.at - last.at > MERGE_SECONDS:
        return None
    old, new = last.done, step.done
    if "\n" in new.inserted or "\n" in new.removed:
        return None
    if step.kind == "type":
        fits = not new.removed and new.start == old.start + len(old.inserted)
        done = old._replace(inserted=old.inserted + new.inserted)
    elif step.kind == "backspace":
        fits = new.start + len(new.removed) == old.start
        done = Replaced(new.start, new.removed + old.removed, "")
    else:
        fits = new.start == old.start
        done = old._replace(removed=old.removed + new.removed)
    return replace(step, done=done, before=last.before) if fits else None
