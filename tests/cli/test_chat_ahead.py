"""The model of a chat is there before the first message, and nothing is loaded where no model of this machine answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphide.chatting.partners import ModelChoices, with_graph, with_model
from graphide.chatting.talk import Talk
from graphide.cli.chat_ahead import load_ahead
from graphide.settings import Settings
from graphide.workspace import Workspace


@pytest.mark.real_model
def test_a_model_is_loaded_and_an_answer_that_is_asked_for_meanwhile_waits(model_path: Path) -> None:
    with Workspace(settings=Settings(n_ctx=512, n_threads=1), cache=False) as workspace:
        partner = with_model(workspace, ModelChoices(model=str(model_path), max_tokens=4))
        thread = load_ahead(workspace, partner)
        talk = Talk(workspace, partner)
        for _ in talk.say("Hello"):
            pass
        assert thread is not None
        thread.join(30)
        (loaded,) = workspace.loaded()
        answer, gauge = talk.path[-1].answer, talk.gauge()
    assert loaded.path == model_path and answer is not None and answer.state == "done"
    assert gauge is not None and gauge.room == loaded.n_ctx


@pytest.mark.real_model
def test_closing_the_workspace_ends_a_load(model_path: Path) -> None:
    with Workspace(settings=Settings(n_threads=1), cache=False) as workspace:
        thread = load_ahead(workspace, with_model(workspace, ModelChoices(model=str(model_path))))
    assert thread is not None
    thread.join(20)
    assert not thread.is_alive()


def test_what_is_not_of_this_machine_is_not_loaded() -> None:
    with Workspace(settings=Settings(servers={"lab": "http://127.0.0.1:1/v1"})) as workspace:
        for name in ("echo", "lab/big"):
            assert load_ahead(workspace, with_model(workspace, ModelChoices(model=name))) is None
        assert load_ahead(workspace, with_graph(workspace, workspace.load("conversation"))) is None
        gone = load_ahead(workspace, with_model(workspace, ModelChoices(model="no-such-model")))
        assert gone is not None
        gone.join(20)
        assert workspace.loaded() == ()
