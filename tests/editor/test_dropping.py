"""Files from outside: graphs are opened, other files become a node, and a pasted path is as good as a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.editor.dropping import files_in, take_files
from graphide.spec.registry import Registry
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state") as person:
        yield person


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "a graph.json"
    path.write_text('{"graphide": 1, "nodes": {"a": {"type": "template", "text": "hello"}}}')
    return path


def test_paths_and_addresses_of_files_are_told_from_other_texts(graph: Path) -> None:
    assert files_in(str(graph)) == files_in(f"{graph.as_uri()}\r\n") == files_in(f'"{graph}"') == (graph,)
    assert files_in(f"{graph}\n{graph}") == (graph, graph)
    for text in (
        "",
        "hello",
        graph.name,
        f"{graph}\nand more",
        str(graph.parent),
        "file:///no/such/file",
        "x" * 99_999,
    ):
        assert files_in(text) == ()


def test_a_graph_is_opened(person: Hands, graph: Path) -> None:
    take_files(person.session, [graph], (10, 10))
    assert person.session.tab.document.path == graph


def test_other_files_become_one_node_that_reads_them(person: Hands, tmp_path: Path) -> None:
    files = [tmp_path / "notes [1].txt", tmp_path / "b.md"]
    for file in files:
        file.write_text("words")
    take_files(person.session, files, (10, 10))
    (node,) = person.session.graph.nodes.values()
    assert node.type == "context"
    assert node.settings["files"] == [str(tmp_path / "notes [[]1].txt"), str(tmp_path / "b.md")]


def test_a_pasted_path_opens_its_graph(person: Hands, graph: Path) -> None:
    person.session.clipboard.write(str(graph))
    person.session.act("paste")
    assert person.session.tab.document.path == graph
