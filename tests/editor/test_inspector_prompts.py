"""Final prompts as they are seen: worked out in the background, in colours, with tokens and what comes of too many."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graphide.editor.commands_settings import SetSetting
from graphide.editor.prompt_parts import prompt_parts
from graphide.editor.prompt_view import OWN, PromptView, gauge_of, prompt_view
from graphide.editor.selection import Selection
from graphide.spec.generation import ModelRequest, Overflow, TokenCounts
from graphide.spec.registry import Registry
from graphide.values import Message, Sampling
from graphide.workspace import Workspace
from tests.editor.hands import Hands, hands
from tests.support.echo_runs import builtin
from tests.support.runs import graph

NODES: dict[str, Any] = {
    "moon": ("context", {"text": "The Moon pulls."}), "sun": ("context", {"text": "The Sun shines."}),
    "ask": ("template", {"text": "Why {{ what }}?"}), "what": ("variable", {"value": "tides"}), "answer": "model",
}  # fmt: skip
EDGES = [
    "moon.text -> answer.context",
    "sun.text -> answer.context",
    "what.value -> ask.what",
    "ask.text -> answer.prompt",
]


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state", "hello") as person:
        yield person
    assert not [thread for thread in threading.enumerate() if thread.name == "graphide-prompt"]


def settled(person: Hands, node: str = "answer", is_so: Callable[[PromptView], bool] = lambda _: True) -> PromptView:
    """Return the prompt of a node when it is worked out."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        view = person.session.prompts.of(person.session.tab, node)
        assert view is not None
        if not view.working and is_so(view):
            return view
        threading.Event().wait(0.005)
    raise AssertionError("it was never worked out")


def view_of(nodes: dict[str, Any], own: dict[str, str] | None = None) -> PromptView:
    parts = prompt_parts(graph(nodes, EDGES), builtin(), "answer")
    return prompt_view(parts, {"moon": "The Moon"}, own or {}, sent=False)


def test_each_node_has_a_colour_of_its_own_and_its_parts_have_it() -> None:
    view = view_of(NODES)
    rows = {row.source: (row.title, row.color) for row in view.sources}
    assert [title for title, _ in rows.values()] == ["The Moon", "sun", "ask", "what"]
    assert len({color for _, color in rows.values()}) == 4
    for piece in view.pieces:
        assert piece.head or piece.color == (rows[piece.source][1] if piece.source else OWN)
    assert "".join(view.text[piece.start : piece.end] for piece in view.pieces) == view.text
    at = view.text.index("shines")
    assert (found := view.piece_at(at)) is not None and found.source == "sun"
    assert view.piece_at(len(view.text)) is None


def test_a_colour_that_a_person_gave_to_a_node_is_kept() -> None:
    view = view_of(NODES, {"sun": "pink"})
    assert {row.source: row.color for row in view.sources}["sun"] == "pink"


def test_before_a_run_what_is_not_known_yet_is_said() -> None:
    nodes = {**NODES, "what": "model", "q": ("variable", {"value": "Which?"})}
    edges = [*EDGES[:2], "what.text -> ask.what", "q.value -> what.prompt", EDGES[3]]
    parts = prompt_parts(graph(nodes, edges), builtin(), "answer")
    view = prompt_view(parts, {"what": "Draft"}, {}, sent=False)
    assert view.note == 'What "Draft" gives is known when it has run'
    assert {row.source: row.unknown for row in view.sources}["what"]


def test_a_prompt_is_worked_out_in_the_background_and_an_edit_makes_it_old(person: Hands) -> None:
    session = person.session
    first = session.prompts.of(session.tab, "answer")
    assert first is not None and first.working and not first.pieces
    view = settled(person)
    assert view.how == "known" and "Explain volcanoes" in view.text
    assert settled(person) is view, "what did not change is not worked out again"
    session.do(SetSetting("task", "text", "Praise {{ topic }}", session.rules))
    later = session.prompts.of(session.tab, "answer")
    assert later is not None and later.working and later.text == view.text
    assert "Praise volcanoes" in settled(person).text


def test_a_node_that_asks_no_model_has_no_prompt(person: Hands) -> None:
    assert person.session.prompts.of(person.session.tab, "task") is None
    assert person.session.prompts.of(person.session.tab, "nowhere") is None


def test_after_a_run_it_is_what_was_sent_until_an_edit(person: Hands) -> None:
    session = person.session
    session.act("run")
    assert session.tab.runs.wait(20).state == "ok"
    view = settled(person, is_so=lambda view: view.how == "sent")
    sent = session.tab.runs.view.nodes["answer"].values["messages"][:-1]
    assert view.text == "\n\n".join(f"{turn.role}\n{turn.content}" for turn in sent)
    session.do(SetSetting("task", "text", "Praise {{ topic }}", session.rules))
    assert settled(person, is_so=lambda view: view.how == "known").text.endswith("Praise volcanoes")


def test_inputs_that_were_given_are_in_the_prompt(person: Hands) -> None:
    person.session.tab.inputs["topic"] = "tides"
    assert "Explain tides" in settled(person).text
    person.session.select(Selection(("answer",)))
    person.session.tab.inputs["topic"] = "winds"
    assert "Explain winds" in settled(person, is_so=lambda view: "winds" in view.text).text


def test_why_there_is_no_prompt_is_said(person: Hands) -> None:
    person.session.do(SetSetting("task", "text", "{{ topic.x.y }}", person.session.rules))
    assert 'node "task"' in settled(person).problem


@pytest.mark.parametrize(
    ("overflow", "total", "turns", "level", "said"),
    [
        ("stop", 500, 1, "fits", ""),
        ("stop", 1000, 1, "tight", "ends after 24 tokens"),
        ("stop", 1024, 1, "over", "Too long by 1 tokens: the run ends here with an error"),
        ("drop_oldest", 1000, 3, "over", "the oldest turns are left out, to leave 100 tokens"),
        ("drop_oldest", 1100, 1, "over", "no turn can be left out"),
        ("middle_out", 1000, 1, "over", "the middle of the longest message is cut out"),
    ],
)
def test_the_gauge_says_what_becomes_of_a_prompt_that_is_too_long(
    overflow: Overflow, total: int, turns: int, level: str, said: str
) -> None:
    messages = tuple(Message("user", "x") for _ in range(turns))
    request = ModelRequest(
        model="m", messages=messages, sampling=Sampling(), max_tokens=100, n_ctx=1024, overflow=overflow
    )  # fmt: skip
    gauge = gauge_of(request, TokenCounts((), 4, total, 1024), ())
    assert gauge.level == level and said in gauge.consequence and bool(said) == bool(gauge.consequence)
    assert gauge.line.startswith(f"{total:,} of 1,024 tokens")
    assert sum(share for _, share in gauge.bars) + gauge.reserved <= 1.0001


@pytest.mark.real_model
def test_the_parts_are_counted_with_the_vocabulary_of_the_model(
    registry: Registry, model_path: Path, tmp_path: Path
) -> None:
    from graphide.editor.prompt_parts import measured
    from graphide.workspace import Document

    made = graph(NODES, EDGES)
    with Workspace(model=str(model_path), cache=False, registry=registry) as workspace:
        parts = measured(prompt_parts(made, registry, "answer"), workspace, Document(made))
    view = prompt_view(parts, {}, {}, sent=False)
    assert parts.size is not None and view.gauge is not None and view.gauge.level == "fits"
    tokens = [row.tokens for row in view.sources]
    assert all(count is not None and count > 0 for count in tokens)
    assert sum(count or 0 for count in tokens) < parts.size.total
