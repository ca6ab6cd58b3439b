"""Models that graphs name and this machine lacks: said once, found by hash or by name, and proposed where there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graphide.editor.model_asked import ModelsAt
from graphide.paths import HOME_VARIABLE, models_folder
from graphide.spec.registry import Registry
from tests.editor.browsing_models import (
    Browsing,
    browsing,
    labels,
    looking_after,
    opened,
)
from tests.support.downloading import FILE, REPO, content
from tests.support.fake_hub import FakeHub, fake_hub, sha256_of


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    models_folder().mkdir(parents=True)
    (models_folder() / "here-Q8_0.gguf").write_bytes(content(9))
    (models_folder() / "cut-Q8_0.gguf").write_bytes(content(9)[:2000])
    with fake_hub(page=20) as hub:
        files = {FILE: content(), "tiny-Q8_0.gguf": content(2, 4_000_000), "README.md": b"# Tiny\n"}
        hub.add(REPO, files, parameters=5_000_000)
        hub.add("ada/huge-GGUF", {"huge-Q4_K_M.gguf": content(2)}, parameters=900_000_000_000, gated=True)
        yield hub


@pytest.fixture
def person(registry: Registry, tmp_path: Path, hub: FakeHub) -> Iterator[Browsing]:
    with browsing(registry, tmp_path, hub) as person:
        yield person


def graph_file(folder: Path, models: dict[str, Any], name: str = "mine") -> Path:
    graph = {
        "graphide": 1,
        "nodes": {
            "say": {"type": "model", "model": name},
            "page": {"type": "template", "text": "x"},
            "out": {"type": "output"},
        },
        "edges": ["page.text -> say.prompt", "say.text -> out.value"],
        "models": models,
    }
    path = folder / "story.json"
    path.write_text(json.dumps(graph))
    return path


def test_a_graph_that_names_a_model_of_the_hub_offers_its_download_by_hash(
    registry: Registry, tmp_path: Path, hub: FakeHub
) -> None:
    ref = {"file": "tiny-Q8_0.gguf", "hub": REPO, "sha256": sha256_of(content(2, 4_000_000))}
    with browsing(registry, tmp_path, hub, model="") as person:
        session = person.session
        assert session.open(graph_file(tmp_path, {"mine": ref}))
        person.until(lambda: session.toasts.shown and session.toasts.shown[-1].action == "get_model")
        assert "tiny-Q8_0.gguf, which is not on this machine" in session.toasts.shown[-1].message
        assert session.act("get_model")
        state = opened(person)
        assert state.name == "find"
        person.until(lambda: not state.tick() and state.find.form is not None and not person.browser.looking, 40)
        assert state.find.form is not None and state.find.form.name == "Q8_0"
        state.press("download")
        session.popups.answer("cancel")
        person.until(lambda: session.toasts.shown and "is here" in session.toasts.shown[-1].message)
        person.until(lambda: not session.models.news.lacked_by(session.tab))
        assert session.graph.nodes["say"].settings["model"] == "mine", "the graph names that file already"


def test_a_graph_that_names_a_model_only_by_name_is_looked_for_and_gets_what_is_chosen(
    registry: Registry, tmp_path: Path, hub: FakeHub
) -> None:
    with browsing(registry, tmp_path, hub, model="") as person:
        session = person.session
        assert session.open(graph_file(tmp_path, {}, name="tiny-Q5_K_M.gguf"))
        person.until(lambda: session.toasts.shown and session.toasts.shown[-1].action == "find_model")
        session.models.news.find("say")
        state = opened(person)
        assert state.find.wanted.text == "tiny"
        person.until(lambda: not state.tick() and state.find.form is not None, 40)
        state.find.choose(0)
        state.press("download")
        state.press("downloads")
        person.until(lambda: state.queue.row is not None and state.queue.row.state == "done")
        state.press("use")
        assert session.graph.nodes["say"].settings["model"] == FILE


def test_models_of_graphs_inside_are_missed_too(registry: Registry, tmp_path: Path, hub: FakeHub) -> None:
    inner = json.loads(graph_file(tmp_path, {"mine": {"file": "inner.gguf", "hub": REPO}}).read_text())
    (tmp_path / "inner.json").write_text(json.dumps(inner))
    outer = json.loads(graph_file(tmp_path, {}, name="outer-7B.gguf").read_text())
    outer["nodes"]["part"] = {"type": "subgraph", "graph": "inner.json"}
    (tmp_path / "outer.json").write_text(json.dumps(outer))
    with browsing(registry, tmp_path, hub, model="") as person:
        assert person.session.open(tmp_path / "outer.json")
        person.until(lambda: person.session.toasts.shown)
        lacked = person.session.models.news.lacked_by(person.session.tab)
        assert [each.shown for each in lacked] == ["outer-7B.gguf", "inner.gguf"] and lacked[1].nodes == ()


def test_a_run_that_lacks_its_model_offers_to_find_it(registry: Registry, tmp_path: Path, hub: FakeHub) -> None:
    with browsing(registry, tmp_path, hub, model="") as person:
        session = person.session
        session.open(graph_file(tmp_path, {}, name="gone-7B.gguf"))
        person.until(lambda: bool(session.toasts.shown))
        session.toasts.dismiss(session.toasts.shown[-1].id)
        session.act("run")
        person.until(lambda: any(toast.action == "find_model" for toast in session.toasts.shown))


def test_a_machine_without_a_model_is_recommended_one_that_fits(person: Browsing) -> None:
    from graphide.editor.model_actions import get_recommended, recommended

    person.session.workspace.library.bundled = None
    for path in models_folder().iterdir():
        path.unlink()
    person.browser.machine.look()
    person.until(lambda: person.browser.here is not None)
    state = looking_after(person)
    person.until(lambda: state.here.is_empty)
    assert labels(state)[0] == "Find a model"
    state.press("find")
    assert state.name == "find"
    model = recommended(person.session)
    assert model is not None and person.browser.here is not None and model.size * 4 <= person.browser.here.free
    get_recommended(person.session)
    dialog = person.session.popups.dialog
    assert dialog is not None and isinstance(dialog.data, ModelsAt) and dialog.data.repo == model.spec.repo
