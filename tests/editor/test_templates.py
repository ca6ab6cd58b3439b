"""The gallery: each template with its picture and inputs, the user's own beside them, and new documents from both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.editor.templates import (
    FOR_BEGINNERS,
    Picture,
    Wire,
    card,
    gallery,
    needs_model,
    new_document,
    picture,
)
from graphide.graph.model import Graph, Node
from graphide.templates import Templates
from graphide.workspace import Workspace
from tests.support.echo_runs import TEMPLATES, builtin
from tests.support.runs import graph


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace(model="echo", cache=False, registry=builtin()) as workspace:
        yield workspace


def test_every_packaged_template_has_a_card(workspace: Workspace, tmp_path: Path) -> None:
    found = gallery(workspace, tmp_path)
    assert sorted(one.name for one in found.cards) == [path.stem for path in TEMPLATES] and found.unreadable == ()
    titles = [one.title.casefold() for one in found.cards]
    first, rest = tuple(one.name for one in found.cards[: len(FOR_BEGINNERS)]), titles[len(FOR_BEGINNERS) :]
    assert first == FOR_BEGINNERS and rest == sorted(rest)
    for one in found.cards:
        assert one.origin == "packaged" and one.about and one.needs_model and one.outputs


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_picture_holds_all_nodes_in_its_frame_and_all_edges(path: Path, workspace: Workspace) -> None:
    made = workspace.load(path).graph
    small = card(workspace, path, "packaged").picture
    assert {box.node for box in small.boxes} == set(made.nodes)
    assert min(box.x for box in small.boxes) == min(box.y for box in small.boxes) == 0
    assert max(box.x + box.width for box in small.boxes) == small.width
    assert max(box.y + box.height for box in small.boxes) == small.height
    assert all(box.category for box in small.boxes)
    ends = {(small.boxes[wire.source].node, small.boxes[wire.target].node) for wire in small.wires}
    assert ends == {(edge.source, edge.target) for edge in made.edges}


def test_a_card_says_what_has_to_be_given(workspace: Workspace) -> None:
    by_name = {path.stem: card(workspace, path, "packaged") for path in TEMPLATES}
    document, sentences = by_name["summarise_file"].inputs
    assert (document.name, document.kind, document.default) == ("document", "file", None)
    assert (sentences.kind, sentences.help, sentences.default) == ("integer", "How many sentences the summary has", "2")


@pytest.mark.parametrize(
    ("query", "fits"), [("", True), ("HELLO topic", True), ("explains parameters", True), ("hello regex", False)]
)
def test_a_search_looks_at_everything_on_a_card(workspace: Workspace, query: str, fits: bool) -> None:
    assert card(workspace, next(path for path in TEMPLATES if path.stem == "hello"), "packaged").fits(query) is fits


def test_nodes_have_the_size_they_say_and_those_without_a_place_stand_below() -> None:
    made = Graph(
        {name: Node(name, "note") for name in "abcd"},
        view={"a": {"at": [-40, 100], "size": [300, 80]}, "b": [400, 60.5], "c": "nowhere", "$frames": {}},
    )
    small = picture(made, builtin())
    assert [(box.node, box.x, box.y, box.width, box.height) for box in small.boxes] == [
        ("a", 0, 39.5, 300, 80),
        ("b", 440, 0, 240, 160),
        ("c", 0, 220, 240, 160),
        ("d", 300, 220, 240, 160),
    ]
    assert picture(Graph(), builtin()) == Picture()


def test_several_edges_between_two_nodes_are_one_wire() -> None:
    made = graph({"a": "if", "b": "join"}, ["a.then -> b.items", "a.otherwise -> b.items"])
    assert picture(made, builtin()).wires == (Wire(0, 1),)


def test_whether_a_model_is_needed_is_seen_inside_nodes_too() -> None:
    def needs(type: str, **settings: object) -> bool:
        return needs_model(graph({"n": (type, dict(settings))}), builtin())

    assert needs("model") and not needs("model", model="echo") and not needs("join")
    inner = {"nodes": {"x": {"type": "model", "model": "echo"}}, "edges": []}
    assert not needs("subgraph", graph=inner)
    assert needs("map", graph={"nodes": {"x": {"type": "subgraph", "graph": {"nodes": {"y": {"type": "model"}}}}}})
    assert needs("map", graph="one.json") and not needs("nothing_known")


def test_own_ones_come_last_and_are_new_documents_again(workspace: Workspace, tmp_path: Path) -> None:
    made = Graph({"a": Node("a", "variable", {"value": "x"})})
    kept = Templates(tmp_path / "templates").save(made, "A first one", about="Says x.", tags=["letters"])
    found = gallery(workspace, tmp_path / "templates").cards[-1]
    assert (found.name, found.origin, found.title, found.path, found.needs_model, found.tags, found.is_own) == (
        "a_first_one", "user", "A first one", kept.path, False, ("letters",), True,
    )  # fmt: skip
    assert found.fits("letters first") and not found.fits("letters second")
    new = new_document(workspace, found)
    assert (new.path, new.graph.nodes) == (None, made.nodes)


def test_a_file_that_is_no_graph_is_listed_with_the_reason(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    found = gallery(workspace, tmp_path)
    assert len(found.cards) == len(TEMPLATES)
    assert [(one.path.name, "JSON" in one.problem) for one in found.unreadable] == [("broken.json", True)]
