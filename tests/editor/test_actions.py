"""Actions: one table, no key twice, each one that is enabled can be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphide.editor.actions import ACTIONS, BY_KEY, sheet
from graphide.editor.selection import Selection, everything
from graphide.editor.text.metrics import icons
from graphide.spec.registry import Registry
from tests.editor.hands import hands


def test_no_two_actions_have_the_same_key_and_every_icon_is_there() -> None:
    keys = [key for action in ACTIONS.values() for key in action.keys]
    assert len(keys) == len(set(keys)) == len(BY_KEY)
    assert {action.icon for action in ACTIONS.values()} <= {"", *icons()}


def test_shortcuts_are_written_as_the_platform_does() -> None:
    assert ACTIONS["redo"].shortcut() == "Ctrl+Shift+Z"
    assert ACTIONS["redo"].shortcut("darwin") == "⌘⇧Z"
    assert [group for group, lines in sheet() if not lines] == []


@pytest.mark.parametrize("action_id", sorted(ACTIONS))
@pytest.mark.parametrize("chosen", ["none", "one", "all"])
def test_an_action_is_done_or_says_why_not(action_id: str, chosen: str, registry: Registry, tmp_path: Path) -> None:
    with hands(registry, tmp_path, "hello") as person:
        session = person.session
        choice = {"none": Selection(), "one": Selection(("task",)), "all": everything(session.graph)}[chosen]
        session.select(choice)
        why_not = ACTIONS[action_id].why_not(session, None)
        assert session.act(action_id) == (not why_not)
        assert not [toast for toast in session.toasts.shown if toast.kind == "error"]
        session.tick()
        person.session.canvas_view((1200.0, 800.0))
