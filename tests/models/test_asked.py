"""Which models a graph asks for: by its nodes, by a variable before one, and by the graphs inside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from graphide.models.asked import refs_asked
from graphide.spec.registry import Registry
from graphide.workspace import Workspace

Json = Mapping[str, Any]


@pytest.fixture
def workspace(registry: Registry) -> Workspace:
    return Workspace(model="echo", cache=False, registry=registry)


def graph(nodes: Json, edges: list[str] = [], models: tuple[str, ...] = (), **more: Any) -> Json:  # noqa: B006
    return {"graphide": 1, "nodes": nodes, "edges": edges, "models": {name: ref(name) for name in models}, **more}


def ref(name: str) -> Json:
    return {"file": f"{name}.gguf", "hub": f"ada/{name}-GGUF"}


def asking(name: str = "", **more: Any) -> Json:
    """A graph that asks one model."""
    model = {"type": "model", **({"model": name} if name else {})}
    nodes = {"ask": {"type": "template", "text": "a"}, "reply": model, "out": {"type": "output"}}
    return graph(nodes, ["ask.text -> reply.prompt", "reply.text -> out.value"], **more)


def files(workspace: Workspace, folder: Path, body: Json, nodes: tuple[str, ...] = (), **more: Any) -> list[str]:
    path = folder / "outer.json"
    path.write_text(json.dumps(body))
    document = workspace.load(path)
    found = refs_asked(document.graph, workspace.registry, workspace.inside(document), nodes=nodes, **more)
    return sorted(each.file for each in found)


def test_names_that_nodes_use_are_asked_for_and_others_are_not(workspace: Workspace, tmp_path: Path) -> None:
    assert files(workspace, tmp_path, asking(models=("default", "other"))) == ["default.gguf"]
    assert files(workspace, tmp_path, asking("writer", models=("writer",))) == ["writer.gguf"]
    assert files(workspace, tmp_path, asking("writer", models=("default",))) == []


def test_what_does_not_run_asks_for_nothing(workspace: Workspace, tmp_path: Path) -> None:
    body = asking(models=("default",))
    assert files(workspace, tmp_path, body, nodes=("ask",)) == []
    body["nodes"]["reply"]["state"] = "muted"
    assert files(workspace, tmp_path, body) == []


def test_a_model_of_a_server_is_no_file(workspace: Workspace, tmp_path: Path) -> None:
    body = asking("lab/qwen", models=())
    body = {**body, "models": {"lab/qwen": ref("qwen")}}
    assert files(workspace, tmp_path, body) == ["qwen.gguf"]
    assert files(workspace, tmp_path, body, servers=("lab",)) == []


def test_a_name_that_comes_from_a_variable_is_what_the_variable_says(workspace: Workspace, tmp_path: Path) -> None:
    body = asking(models=("default", "chosen"))
    body["nodes"]["which"] = {"type": "variable", "value": "chosen"}
    body["nodes"]["reply"]["exposed"] = ["model"]
    body["edges"].append("which.value -> reply.model")
    assert files(workspace, tmp_path, body) == ["chosen.gguf"]


@pytest.mark.parametrize("type", ["subgraph", "map", "loop"])
def test_graphs_inside_are_looked_into_whichever_node_runs_them(
    workspace: Workspace, tmp_path: Path, type: str
) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "part.json").write_text(json.dumps(asking(models=("default",))))
    assert files(workspace, tmp_path, graph({"a": {"type": type, "graph": "parts/part.json"}})) == ["default.gguf"]
    inline = asking("writer", models=("writer",))
    assert files(workspace, tmp_path, graph({"a": {"type": type, "graph": inline}})) == ["writer.gguf"]


def test_a_graph_inside_uses_its_own_models_else_those_around_it(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text(json.dumps({**asking(), "models": {"default": ref("own")}}))
    (tmp_path / "plain.json").write_text(json.dumps(asking()))
    nodes = {"a": {"type": "subgraph", "graph": "own.json"}, "b": {"type": "subgraph", "graph": "plain.json"}}
    assert files(workspace, tmp_path, graph(nodes, models=("default",))) == ["default.gguf", "own.gguf"]
    assert files(workspace, tmp_path, graph(nodes)) == ["own.gguf"]


def test_files_inside_files_are_found_from_where_they_lie(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "parts" / "deep").mkdir(parents=True)
    middle = graph({"a": {"type": "subgraph", "graph": "deep/inner.json"}})
    (tmp_path / "parts" / "middle.json").write_text(json.dumps(middle))
    (tmp_path / "parts" / "deep" / "inner.json").write_text(json.dumps(asking(models=("default",))))
    assert files(workspace, tmp_path, graph({"a": {"type": "subgraph", "graph": "parts/middle.json"}})) == [
        "default.gguf"
    ]


def test_a_graph_that_contains_itself_or_nothing_ends(workspace: Workspace, tmp_path: Path) -> None:
    nodes = {"a": {"type": "subgraph", "graph": "outer.json"}, "b": {"type": "subgraph", "graph": "outer.json"}}
    body = asking(models=("default",))
    assert files(workspace, tmp_path, {**body, "nodes": {**body["nodes"], **nodes}}) == ["default.gguf"]
    gone = {"a": {"type": "subgraph", "graph": "gone.json"}, "b": {"type": "subgraph", "graph": "../outside.json"}}
    assert files(workspace, tmp_path, graph(gone)) == []
