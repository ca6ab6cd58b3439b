"""The starter templates: each is canonical, has nothing to complain about, is laid out without overlaps, and runs."""

from __future__ import annotations

import json
import shutil
from itertools import combinations
from pathlib import Path

import pytest

from graphide.graph import file
from graphide.spec.registry import Registry
from graphide.workspace import Workspace

FOLDER = Path(__file__).resolve().parents[2] / "graphs"
TEMPLATES = sorted(FOLDER.glob("*.json"))
WIDTH, HEIGHT = 240, 200

template = pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)


def test_there_are_templates() -> None:
    assert [path.stem for path in TEMPLATES] == [
        "classify_route",
        "compare_prompts",
        "conversation",
        "extract_json",
        "hello",
        "map_list",
        "refine_loop",
        "rewrite_tone",
        "summarise_file",
        "translate_verify",
    ]


@template
def test_a_template_is_written_in_canonical_form(path: Path, registry: Registry) -> None:
    assert file.dumps(file.load(path), registry) == path.read_bytes()


@template
def test_a_template_says_what_it_is_for_and_names_its_model_by_hash(path: Path) -> None:
    graph = file.load(path)
    assert graph.title and graph.about.endswith(".")
    assert {name: (len(model.sha256), model.size) for name, model in graph.models.items()} == {
        "default": (64, 98362432)
    }


@template
def test_a_template_is_laid_out_from_left_to_right_without_overlaps(path: Path) -> None:
    graph = file.load(path)
    places = graph.view
    assert set(places) == set(graph.nodes)
    for (_, (x, y)), (_, (other_x, other_y)) in combinations(places.items(), 2):
        assert abs(x - other_x) >= WIDTH or abs(y - other_y) >= HEIGHT
    for edge in graph.edges:
        assert places[edge.source][0] < places[edge.target][0], str(edge)


@template
def test_a_template_has_no_problems_and_runs(path: Path, tmp_path: Path, registry: Registry) -> None:
    (tmp_path / "notes.txt").write_text("Tides follow the Moon.")
    with Workspace(model="echo", cache=False, registry=registry) as workspace:
        document = workspace.load(shutil.copy(path, tmp_path))
        assert [problem for problem in workspace.check(document) if problem.severity == "error"] == []
        needed = {port.name: "notes.txt" for port in workspace.inputs(document) if port.required}
        result = workspace.result(document, inputs=needed)
    assert (result.status, result.failures) == ("ok", ())
    assert set(result.outputs) == set(workspace.outputs(document))
    assert all(value not in ("", None, [], ()) for value in result.outputs.values())


def test_hello_has_a_topic_an_audience_and_one_answer(registry: Registry) -> None:
    with Workspace(model="echo", cache=False, registry=registry) as workspace:
        document = workspace.load(FOLDER / "hello.json")
        inputs = {port.name: port.field.kind if port.field else "" for port in workspace.inputs(document)}
        result = workspace.result(document, inputs={"topic": "tides", "audience": "experts"})
    assert inputs == {"audience": "choice", "topic": "text"}
    assert result.outputs == {"answer": "Explain tides in two sentences."}
    assert {node_id: node.type for node_id, node in document.graph.nodes.items()} == {
        "answer": "model",
        "audience": "variable",
        "persona": "system",
        "result": "output",
        "style": "parameters",
        "task": "template",
        "topic": "variable",
    }


def test_the_conversation_can_be_continued_with_what_it_gave(registry: Registry) -> None:
    with Workspace(model="echo", cache=False, registry=registry) as workspace:
        document = workspace.load(FOLDER / "conversation.json")
        first = workspace.result(document, inputs={"message": "Hello"})
        second = workspace.result(document, inputs={"message": "Again", "conversation": first["conversation"]})
    assert [(turn.role, turn.content) for turn in second["conversation"]][1:] == [
        ("user", "Hello"),
        ("assistant", "Hello"),
        ("user", "Again"),
        ("assistant", "Again"),
    ]
    assert json.dumps(first["reply"]) == '"Hello"'
