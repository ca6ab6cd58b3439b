"""What a run would ask, told before it: prompts of model nodes, results that need no model, and what waits for an answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graphide.errors import InvalidGraph, UsageError
from graphide.settings import Settings
from graphide.values import Message
from graphide.workspace import Workspace

GRAPH = b"""{"graphide": 1, "nodes": {
  "topic": {"type": "variable", "value": "bees"}, "task": {"type": "template", "text": "Explain {{ topic }}."},
  "first": {"type": "model", "model": "nowhere.gguf", "max_tokens": 9}, "second": {"type": "model", "model": "nowhere.gguf"},
  "asked": {"type": "output", "name": "asked"}, "told": {"type": "output", "name": "told"}},
 "edges": ["topic.value -> task.topic", "task.text -> first.prompt", "first.text -> second.prompt",
  "task.text -> asked.value", "second.text -> told.value"]}
"""


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace(cache=False, settings=Settings()) as workspace:
        yield workspace


def test_a_prompt_is_told_with_its_inputs_although_its_model_is_not_there(workspace: Workspace) -> None:
    found = workspace.prompts(workspace.loads(GRAPH), inputs={"topic": "tides"})
    assert found.requests["first"].messages == (Message("user", "Explain tides."),)
    assert (found.requests["first"].model, found.requests["first"].max_tokens) == ("nowhere.gguf", 9)
    assert found.results == {"asked": "Explain tides."} and found.waiting == ("second",)


def test_only_what_leads_to_the_targets_is_told(workspace: Workspace) -> None:
    found = workspace.prompts(workspace.loads(GRAPH), targets=["task"])
    assert (found.requests, found.results, found.waiting) == ({}, {"task": "Explain bees."}, ())


def test_what_could_not_run_is_refused(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match='no input "topik"'):
        workspace.prompts(workspace.loads(GRAPH), inputs={"topik": "x"})
    with pytest.raises(InvalidGraph):
        workspace.prompts(workspace.loads(b'{"graphide": 1, "nodes": {"t": {"type": "nothing"}}}'))
