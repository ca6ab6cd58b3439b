"""A workspace that many threads use at one time: everything in it is made once, and no run sees another one's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest

from graphide import Workspace
from graphide.models import identity
from graphide.workspace import Document

T = TypeVar("T")
THREADS = 16


def together(work: Callable[[int], T]) -> list[T]:
    """Do some work in many threads that begin at the same moment."""
    barrier = threading.Barrier(THREADS)

    def one(number: int) -> T:
        barrier.wait(20)
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


@pytest.mark.parametrize("name", ["registry", "library", "remote", "_workers", "_cache"])
def test_what_a_workspace_has_is_made_once(name: str) -> None:
    for _ in range(5):
        with Workspace() as workspace:
            owner = workspace._models if name == "_workers" else workspace
            found = together(lambda _, owner=owner: getattr(owner, name))
            assert {id(each) for each in found} == {id(found[0])}


def test_runs_at_one_time_give_each_its_own(model_path: Path) -> None:
    with Workspace(model="echo") as workspace:
        hello = workspace.load("hello")
        other = workspace.load("rewrite_tone")

        def run(number: int) -> list[Any]:
            return [
                workspace.result(hello, inputs={"topic": f"topic {number}-{turn}"}).outputs["answer"] if number % 2
                else workspace.result(other, inputs={"text": f"text {number}-{turn}"}).status
                for turn in range(10)
            ]  # fmt: skip

        assert together(run) == [
            [f"Explain topic {number}-{turn} in two sentences." for turn in range(10)] if number % 2 else ["ok"] * 10
            for number in range(THREADS)
        ]


def test_a_model_file_is_hashed_once_however_many_ask_for_it(
    model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHIDE_HOME", str(tmp_path))
    with Workspace(model=str(model_path)) as workspace:
        found = together(lambda _: workspace.backend().identity("default"))
        assert {each["sha256"] for each in found} == {identity.sha256_of((model_path,))}
        assert len(workspace._models._model_files) == 1 and not workspace._models._finding


def test_a_document_that_may_touch_no_file_names_no_model_by_a_path(
    model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(model_path.parent)
    with Workspace() as workspace:
        for name in (str(model_path), f"./{model_path.name}", "../" + model_path.parent.name + "/" + model_path.name):
            with pytest.raises(Exception, match="no folder"):
                workspace.backend().identity(name)


def test_what_a_document_may_touch_stays_with_it(tmp_path: Path) -> None:
    from graphide.executor.files import FileAccess

    (tmp_path / "note.txt").write_text("words")
    nodes = {"file": {"type": "context", "files": ["note.txt"]}, "out": {"type": "output"}}
    text = __import__("json").dumps({"graphide": 1, "nodes": nodes, "edges": ["file.text -> out.value"]})
    (tmp_path / "graph.json").write_text(text)
    with Workspace() as workspace:
        document: Document = workspace.load(tmp_path / "graph.json")
        assert workspace.result(document).status == "ok"
        assert workspace.result(document._replace(files=FileAccess())).status == "failed"
