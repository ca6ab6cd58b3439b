"""Any sequence of mouse and keys: nothing raises, and undoing all of it gives the graph back."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings, strategies as st

from graphide.editor.gestures_input import Key, Mouse
from graphide.spec.registry import Registry
from tests.editor.hands import hands

modifiers = st.frozensets(st.sampled_from(["shift", "ctrl", "alt"]), max_size=2)
mice = st.builds(
    Mouse,
    st.sampled_from(["down", "down", "up", "up", "move", "move", "move", "double", "wheel"]),
    st.sampled_from(["left", "left", "left", "middle", "right"]),
    st.floats(-20, 1220),
    st.floats(-20, 820),
    modifiers,
    st.tuples(st.just(0.0), st.sampled_from([-1.0, 1.0])),
)
_KEYS = [
    "escape",
    "delete",
    "left",
    "up",
    "enter",
    "tab",
    "space",
    "z",
    "y",
    "d",
    "c",
    "v",
    "x",
    "a",
    "g",
    "m",
    "j",
    "f2",
]
keys = st.builds(Key, st.sampled_from(_KEYS), st.booleans(), modifiers)
texts = st.sampled_from(["a", "{{ x }}", "1", "\n", "ü"])
choices = st.integers(0, 9)
SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@settings(max_examples=25, suppress_health_check=SLOW)
@given(events=st.lists(mice | mice | mice | keys | texts | choices, min_size=5, max_size=60))
def test_undoing_all_that_hands_did_gives_the_graph_back(registry: Registry, events: list[object]) -> None:
    with tempfile.TemporaryDirectory() as folder, hands(registry, Path(folder), "hello") as person:
        session, tab = person.session, person.session.tab
        before = tab.document.graph
        for event in events:
            if isinstance(event, Mouse):
                session.mouse(event)
            elif isinstance(event, Key):
                session.key(event)
            elif isinstance(event, str):
                session.typed(event)
            elif isinstance(event, int) and session.popups.menu is not None:
                session.popups.choose_in_menu(event)
            elif (
                isinstance(event, int)
                and session.popups.palette is not None
                and event < len(session.popups.palette.items)
            ):
                session.popups.choose(event)
            person.pass_time(0.01)
            session.canvas_view((1200.0, 800.0))
            session.inspector()
        session.leave_text()
        while tab.document.undo():
            pass
        assert tab.document.graph == before
