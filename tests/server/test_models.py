"""The models of the machine over HTTP: listed, explained, loaded, unloaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from server.serving import Served


def test_models_are_listed_by_ids_that_tell_no_folder(server: Served, model_path: Path) -> None:
    answer = server.get("/api/models")
    models = {model["id"]: model for model in answer.json()["models"]}
    bundled = models[model_path.name]
    assert bundled["facts"]["architecture"] == "llama" and bundled["size"] == model_path.stat().st_size
    assert (bundled["loaded"], bundled["problem"]) == (False, "")
    assert str(model_path.parent) not in answer.text and str(server.home) not in answer.text


def test_a_broken_file_is_listed_with_what_is_wrong(server: Served) -> None:
    folder = server.home / "models"
    folder.mkdir(exist_ok=True)
    (folder / "broken.gguf").write_bytes(b"GGUF" + b"\0" * 8)
    answer = server.get("/api/models")
    (broken,) = [model for model in answer.json()["models"] if model["id"] == "broken.gguf"]
    assert broken["problem"] and broken["facts"] is None
    refused = server.post("/api/models/load", {"model": "broken.gguf"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "corrupt_file")
    assert str(folder) not in refused.text


def test_a_model_is_explained(server: Served, model_path: Path) -> None:
    body = server.get(f"/api/models/{model_path.name}/info").json()
    assert body["id"] == model_path.name and body["memory"] is None
    assert server.get(f"/api/models/{model_path.stem}/info").json()["id"] == model_path.name


def test_a_model_that_is_not_there_is_said_to_be_none(server: Served) -> None:
    for answer in (server.get("/api/models/nothing/info"), server.post("/api/models/load", {"model": "nothing"})):
        assert answer.status_code == 404
        assert answer.json()["error"] | {"message": ""} == {
            "message": "", "type": "not_found_error", "param": "model", "code": "model_not_found",
        }  # fmt: skip


@pytest.mark.real_model
def test_a_model_is_loaded_listed_and_unloaded(real_server: Served, model_path: Path) -> None:
    model = {"model": model_path.name}
    loaded = real_server.post("/api/models/load", model).json()
    assert loaded["id"] == model_path.name and loaded["bytes"] > 50 << 20 and loaded["busy"] is False
    assert [each["id"] for each in real_server.get("/api/models/loaded").json()["models"]] == [model_path.name]
    assert [
        each["loaded"] for each in real_server.get("/api/models").json()["models"] if each["id"] == model_path.name
    ] == [True]
    freed = real_server.post("/api/models/unload", model).json()
    assert freed["id"] == model_path.name and freed["freed"] > 50 << 20
    assert real_server.get("/api/models/loaded").json() == {"models": []}
    assert real_server.post("/api/models/unload", model).json()["freed"] == 0


@pytest.mark.real_model
def test_a_load_tells_how_far_it_is(real_server: Served, model_path: Path) -> None:
    body = {"model": model_path.name, "stream": True}
    with real_server.client.stream("POST", "/api/models/load", json=body) as answer:
        told = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
    fractions = [each["fraction"] for each in told[:-1]]
    assert fractions == sorted(fractions) and told[-1]["loaded"]["id"] == model_path.name


@pytest.mark.real_model
def test_a_run_asks_the_model(real_server: Served) -> None:
    nodes = {
        "hi": {"type": "variable", "value": "Say hello."},
        "ask": {"type": "model", "max_tokens": 8},
        "out": {"type": "output"},
    }
    graph = {"graphide": 1, "nodes": nodes, "edges": ["hi.value -> ask.prompt", "ask.text -> out.value"]}
    body = real_server.post("/api/runs", {"graph": graph, "seed": 1}, timeout=60).json()
    assert body["status"] == "ok" and body["outputs"]["result"].strip()
    assert body["usage"]["completion_tokens"] > 0
    assert "/" not in json.dumps(body["models"])
