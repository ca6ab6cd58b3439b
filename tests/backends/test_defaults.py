"""Defaults of single models: how each is loaded, how it chooses words where a graph says nothing, and that caches know it."""

from __future__ import annotations

import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from graphide.backends.defaults import ModelDefaults, WithDefaults, sampler_problem, samplers_of
from graphide.backends.echo import EchoBackend
from graphide.backends.workers import Workers
from graphide.errors import ModelMissing
from graphide.executor.events import NodeFinished, RunFinished
from graphide.inference.protocol import LoadOptions
from graphide.settings import Settings
from graphide.spec.generation import Cancel, Chunk, ModelRequest, Progress
from graphide.spec.registry import Registry
from graphide.values import Json, Message, Reply, Sampling
from graphide.workspace import Workspace

FILES = {
    "big.gguf": Path("/models/big.gguf"),
    "mine": Path("/models/big.gguf"),
    "small.gguf": Path("/models/small.gguf"),
}


def file_of(name: str) -> Path:
    if name not in FILES:
        raise ModelMissing(f"{name} is not there")
    return FILES[name]


class Asked(EchoBackend):
    """An echo that remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[ModelRequest] = []

    def generate(self, request: ModelRequest, cancel: Cancel) -> Generator[Chunk | Progress, None, Reply]:
        """Remember the request."""
        self.requests.append(request)
        return super().generate(request, cancel)


def sampling(chosen: dict[str, Json], own: Sampling) -> Sampling:
    asked = Asked()
    request = ModelRequest(model="m", messages=(Message("user", "hi"),), sampling=own, max_tokens=5)
    for _ in WithDefaults(asked, lambda name: {"m": chosen}[name]).generate(request, threading.Event()):
        pass
    return asked.requests[0].sampling


# --- which defaults a model has


def test_a_default_counts_for_the_file_under_whatever_name_it_was_written() -> None:
    chosen = {"mine": {"n_ctx": 1024, "top_k": 5}, "big.gguf": {"n_ctx": 2048}, "gone": {"n_ctx": 1}}
    defaults = ModelDefaults(chosen, file_of)
    assert defaults.of_file(FILES["mine"]) == {"n_ctx": 2048, "top_k": 5}
    assert defaults.of_file(FILES["small.gguf"]) == {} and defaults.of_name("gone") == {"n_ctx": 1}


def test_load_options_are_the_usual_ones_but_for_what_is_said_of_the_model() -> None:
    defaults = ModelDefaults({"mine": {"n_ctx": 1024, "kv_type": "q8_0", "temperature": 0.1}}, file_of)
    usual = LoadOptions(n_threads=3)
    assert defaults.options(usual, FILES["mine"]) == LoadOptions(n_threads=3, n_ctx=1024, kv_type="q8_0")
    assert defaults.options(usual, FILES["small.gguf"]) is usual


# --- how words are chosen: the graph, then the model, then what is built in


def test_a_request_that_says_nothing_gets_the_defaults_of_the_model_and_keeps_its_seed() -> None:
    made = sampling({"temperature": 0.2, "stop": ["x"], "n_ctx": 512}, Sampling(seed=7))
    assert made == Sampling(temperature=0.2, stop=("x",), seed=7)


def test_what_a_graph_says_counts_and_all_of_it() -> None:
    said = Sampling(top_k=3, seed=7)
    assert sampling({"temperature": 0.2}, said) == said
    assert sampling({"n_ctx": 512}, Sampling(seed=7)) == Sampling(seed=7)


def test_the_identity_of_a_model_names_its_samplers_and_only_where_there_are_some() -> None:
    plain = EchoBackend().identity("m")
    assert WithDefaults(EchoBackend(), lambda _: {"n_ctx": 512}).identity("m") == plain
    named = WithDefaults(EchoBackend(), lambda _: {"top_k": 3, "n_ctx": 512}).identity("m")
    assert named["sampling"] == {"top_k": 3} == samplers_of({"n_ctx": 512, "top_k": 3})


def test_samplers_are_checked_by_the_node_type_that_sets_them(registry: Registry) -> None:
    assert sampler_problem(registry, "temperature", 9) == '"temperature" needs a number from 0 to 5, but this is 9'
    assert sampler_problem(registry, "temperature", 0.5) == "" == sampler_problem(registry, "n_ctx", 5)


# --- with a real model


def load(workers: Workers, path: Path) -> Any:
    loading = workers.load(path)
    while True:
        try:
            next(loading)
        except StopIteration as ended:
            return ended.value


@pytest.mark.real_model
def test_other_load_options_count_at_the_next_use_and_not_while_the_model_is_in_use(model_path: Path) -> None:
    workers = Workers(LoadOptions(n_threads=1, n_ctx=512))
    try:
        assert load(workers, model_path).n_ctx == 512
        with workers.hold(model_path) as held:
            workers.use(LoadOptions(n_threads=1, n_ctx=512), lambda usual, _: LoadOptions(n_threads=1, n_ctx=256))
            with workers.hold(model_path) as same:
                assert same is held
        assert load(workers, model_path).n_ctx == 256 and len(workers.loaded()) == 1
        first = workers.loaded()[0].age
        load(workers, model_path)
        assert workers.loaded()[0].age >= first
    finally:
        workers.close()


@pytest.mark.real_model
def test_a_run_uses_what_was_chosen_for_the_model_records_it_and_does_not_take_it_from_another_choice(
    model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHIDE_HOME", str(tmp_path))
    usual = Settings(n_threads=1, n_ctx=512, model_folders=(str(model_path.parent),))
    graph = b"""{"graphide": 1, "nodes": {"p": {"type": "variable", "value": "Count: one two"},
      "m": {"type": "model", "model": "%s", "max_tokens": 6}, "o": {"type": "output"}},
     "edges": ["p.value -> m.prompt", "m.text -> o.value"]}""" % model_path.name.encode()

    def run(workspace: Workspace) -> tuple[NodeFinished, RunFinished]:
        events = list(workspace.run(workspace.loads(graph), seed=3))
        node = next(event for event in events if isinstance(event, NodeFinished) and event.node == "m")
        return node, next(event for event in events if isinstance(event, RunFinished))

    def chosen(**defaults: Json) -> Settings:
        return Settings(
            n_threads=1, n_ctx=512, model_folders=usual.model_folders, model_defaults={model_path.name: defaults}
        )

    with Workspace(settings=usual) as workspace:
        _, plain = run(workspace)
        assert run(workspace)[0].cached and "sampling" not in plain.models[model_path.name]
        workspace.use(chosen(temperature=0, n_ctx=256))
        node, ended = run(workspace)
        assert not node.cached and run(workspace)[0].cached
        assert ended.models[model_path.name]["sampling"] == {"temperature": 0}
        assert ended.models[model_path.name]["n_ctx"] == 256 == workspace.loaded()[0].n_ctx
        assert "temperature" not in node.values["usage"].samplers
        workspace.use(usual)
        assert run(workspace)[0].cached
