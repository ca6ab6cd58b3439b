"""Toasts: short messages at the edge of the window that go by themselves. What they say is the business of who adds them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

ToastKind = Literal["info", "success", "warning", "error"]

MOST = 4
_SECONDS: dict[ToastKind, float] = {"info": 4.0, "success": 3.0, "warning": 8.0, "error": 12.0}


@dataclass(frozen=True, slots=True)
class Toast:
    """One message: `action` is the id of an action that its button does ("" for none), `until` when it goes."""

    id: int
    message: str
    kind: ToastKind = "info"
    action: str = ""
    until: float = 0.0


class Toasts:
    """The messages that are shown, oldest first; times are seconds of the caller's clock."""

    def __init__(self) -> None:
        self.shown: tuple[Toast, ...] = ()
        self._next = 1

    def add(
        self, message: str, *, now: float, kind: ToastKind = "info", action: str = "", seconds: float = 0.0
    ) -> Toast:
        """Show a message; one that is shown already stays a while longer. `seconds` 0: as its kind does."""
        until = now + (seconds or _SECONDS[kind])
        same = [toast for toast in self.shown if (toast.message, toast.kind) == (message, kind)]
        toast = (
            replace(same[0], until=until, action=action) if same else Toast(self._next, message, kind, action, until)
        )
        self._next += 1
        rest = tuple(other for other in self.shown if other not in same)
        self.shown = (*rest, toast)[-MOST:]
        return toast

    def dismiss(self, toast_id: int) -> None:
        """Take a message away."""
        self.shown = tuple(toast for toast in self.shown if toast.id != toast_id)

    def expire(self, now: float) -> bool:
        """Take away what was shown long enough and return whether anything was."""
        left = tuple(toast for toast in self.shown if toast.until > now)
        changed = len(left) < len(self.shown)
        self.shown = left
        return changed

    @property
    def next_end(self) -> float:
        """When the next message goes, infinity without one."""
        return min((toast.until for toast in self.shown), default=float("inf"))
