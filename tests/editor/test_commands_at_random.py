"""Any sequence of commands: pure, saved and loaded as it is, undone to the start and redone to the end, kept by the journal."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from graphide.editor.changes import apply_changes, changes
from graphide.editor.journal import Journal, fingerprint
from graphide.editor.recovery import read
from graphide.editor.undo import History, same
from graphide.errors import GraphideError
from graphide.graph.canonical import document_of
from graphide.graph.file import dumps, loads
from graphide.graph.model import Graph
from graphide.graph.shape import graph_of
from tests.editor.editing import begun, commands
from tests.graph.any_graph import graphs

EDITS = 8
starts = graphs() | st.just(Graph()) | st.builds(begun) | st.builds(begun)


def edited(data: st.DataObject, start: Graph) -> list[Graph]:
    """Return the graphs of a random sequence of commands, refused ones left out."""
    states = [start]
    for _ in range(data.draw(st.integers(1, EDITS))):
        command = data.draw(commands(states[-1]))
        before = deepcopy(states[-1])
        try:
            after = command.apply(states[-1])
        except GraphideError:
            after = states[-1]
        assert states[-1] == before, f"{command.label} changed the graph it was given"
        assert command.label
        if after is not states[-1]:
            states.append(after)
    return states


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data(), starts)
def test_every_state_can_be_saved_and_loaded_and_is_what_was_saved(data: st.DataObject, start: Graph) -> None:
    for state in edited(data, start):
        assert loads(dumps(state)) == state


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data(), starts)
def test_undoing_all_is_the_start_and_redoing_all_is_the_end(data: st.DataObject, start: Graph) -> None:
    states = edited(data, start)
    history = History(start)
    for number, state in enumerate(states[1:]):
        history.add(f"edit {number}", state)
    undone = [history.graph]
    while history.undo():
        undone.append(history.graph)
    assert [id(state) for state in undone] == [id(state) for state in reversed(states)]
    while history.redo():
        pass
    assert history.graph is states[-1]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data(), starts)
def test_changes_lead_from_each_state_to_the_next_and_back(data: st.DataObject, start: Graph) -> None:
    states = edited(data, start)
    there, back = document_of(start), document_of(states[-1])
    for old, new in pairwise(states):
        there = apply_changes(there, changes(old, new))
        assert same(graph_of(there), new)
    for new, old in pairwise(reversed(states)):
        back = apply_changes(back, changes(new, old))
    assert same(graph_of(back), start)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data(), start=starts)
def test_a_journal_cut_anywhere_gives_the_last_state_that_is_whole(
    data: st.DataObject, start: Graph, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    states = edited(data, start)
    journal = Journal(folder)
    ends = []
    for number, (old, new) in enumerate(pairwise(states)):
        journal.write(f"edit {number}", old, new)
        assert journal.path is not None
        ends.append(journal.path.stat().st_size)
    if journal.path is None:
        return
    assert journal.take_notice() == ""
    path, whole = journal.path, journal.path.read_bytes()
    head = whole.index(b"\n") + 1
    # A fraction, because the length differs from run to run: times are in the file.
    cut = head + round(data.draw(st.floats(0, 1)) * (len(whole) - head))
    path.write_bytes(whole[:cut])
    draft = read(path)
    kept = sum(end <= cut for end in ends)
    assert draft.edits == kept
    assert fingerprint(draft.graph) == fingerprint(states[kept])
    assert draft.torn == (cut not in (head, *ends))
    journal.remove()
