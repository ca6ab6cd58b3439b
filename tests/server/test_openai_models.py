"""What the names of models mean, without a server: models, aliases, graphs, and never a path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graphide.chatting.graphs import model_chat
from graphide.errors import GraphFileError, UsageError
from graphide.server.errors import Refusal
from graphide.server.openai_answering import Answerer, BackendAnswerer, LocalAnswerer
from graphide.server.openai_graphs import GraphAnswerer
from graphide.server.openai_models import Names
from graphide.settings import Settings
from graphide.values import Sampling
from graphide.workspace import Document, Workspace
from tests.support.gguf_builder import write_gguf


class OneGraph:
    """Serves a graph to talk with, under two names, and one that cannot be read."""

    def names(self) -> tuple[str, ...]:
        return ("talk", "broken", "small")

    def document(self, name: str) -> Document | None:
        if name == "broken":
            raise GraphFileError("is not JSON")
        return Document(model_chat("echo")) if name in self.names() else None


@pytest.fixture
def names(tmp_path: Path) -> Iterator[Names]:
    for file in ("small.gguf", "large-Q4.gguf", "large-Q8.gguf"):
        write_gguf(tmp_path / file)
    settings = Settings(
        model_folders=(str(tmp_path),),
        aliases={"nice": "small.gguf", "gone": "nowhere.gguf", "self": "self"},
        model_defaults={"small.gguf": {"temperature": 0.1, "n_ctx": 512}},
        servers={"far": "http://127.0.0.1:9/v1"},
        network=False,
    )
    with Workspace(settings=settings, plugins=False) as workspace:
        yield Names(workspace, OneGraph())


def file_of(answerer: Answerer) -> str:
    assert isinstance(answerer, LocalAnswerer)
    return answerer.model.path.name


@pytest.mark.parametrize("name", ["small", "small.gguf", "SMALL", "nice", "sma"])
def test_a_model_goes_by_its_file_its_beginning_and_its_alias(names: Names, name: str) -> None:
    for _ in range(2):
        assert file_of(names.answerer(name)) == "small.gguf"


def test_samplers_are_those_that_the_user_chose_for_the_model(names: Names) -> None:
    chosen = names.answerer("nice")
    assert isinstance(chosen, LocalAnswerer)
    assert chosen.defaults == Sampling(temperature=0.1)
    other = names.answerer("large-Q8")
    assert isinstance(other, LocalAnswerer)
    assert other.defaults == Sampling()


@pytest.mark.parametrize(
    "name", ["nowhere", "gone", "graph/none", "graph/", "../small.gguf", "/etc/passwd", "a\\b", "x\0y"]
)
def test_a_name_that_is_not_there_is_not_found(names: Names, name: str) -> None:
    with pytest.raises(Refusal) as caught:
        names.answerer(name)
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")


def test_a_path_is_no_name_even_of_a_model_that_is_there(names: Names, tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        names.answerer(str(tmp_path / "small.gguf"))


def test_a_file_beside_the_server_is_no_model(names: Names, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "work"
    elsewhere.mkdir()
    write_gguf(elsewhere / "private.gguf")
    names.workspace.use(replace(names.workspace.settings, model_folders=()))
    monkeypatch.chdir(elsewhere)
    with pytest.raises(Refusal):
        names.answerer("private.gguf")


def test_a_beginning_of_several_names_and_an_alias_in_a_circle_are_the_clients_mistake(names: Names) -> None:
    for name in ("large", "self"):
        with pytest.raises(UsageError):
            names.answerer(name)


def test_a_model_goes_before_a_graph_of_its_name(names: Names) -> None:
    assert isinstance(names.answerer("small"), LocalAnswerer)
    assert isinstance(names.answerer("graph/small"), GraphAnswerer)
    assert isinstance(names.answerer("talk"), GraphAnswerer)


def test_a_model_of_a_server_and_the_echo_have_backends_of_their_own(names: Names) -> None:
    far, echo = names.answerer("far/some/model"), names.answerer("echo")
    assert isinstance(far, BackendAnswerer) and far.remote and far.name == "far/some/model"
    assert isinstance(echo, BackendAnswerer) and not echo.remote


def test_a_file_that_went_away_is_not_found_any_more(names: Names, tmp_path: Path) -> None:
    assert file_of(names.answerer("small")) == "small.gguf"
    (tmp_path / "small.gguf").unlink()
    assert isinstance(names.answerer("small"), GraphAnswerer)  # the graph of that name is what is left


def test_other_settings_count_from_the_next_request_on(names: Names) -> None:
    assert file_of(names.answerer("nice")) == "small.gguf"
    names.workspace.use(replace(names.workspace.settings, aliases={"nice": "large-Q4.gguf"}))
    assert file_of(names.answerer("nice")) == "large-Q4.gguf"


def test_everything_that_can_be_asked_is_listed_once(names: Names) -> None:
    listed = names.list()
    own = [one.id for one in listed if one.owner == "library"]
    assert sorted(own) == sorted({"SmolLM2-135M-Instruct.Q4_1", "small", "large-Q4", "large-Q8", "nice"})
    assert [one.id for one in listed if one.owner == "graph"] == ["graph/small", "graph/talk"]
    assert not [one for one in listed if one.owner == "far"]  # it does not answer
    for one in listed:
        assert names.find(one.id) == one
    assert names.find("far/model").owner == "far"
