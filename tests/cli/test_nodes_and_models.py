"""nodes list and show; models list, info and scan."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from cli.command import Command


def test_node_types_are_listed_by_category(graphide_: Command) -> None:
    lines = graphide_("nodes", "list").out.splitlines()
    assert any(line.split()[:2] == ["prompt", "template"] for line in lines)
    assert [line.split()[0] for line in lines] == sorted(line.split()[0] for line in lines)
    listed = graphide_("nodes", "list", "--format", "json").json
    assert {"system", "context", "variable", "parameters", "model", "output"} <= {each["type"] for each in listed}
    assert len(listed) == len(lines)


def test_a_node_type_is_explained(graphide_: Command) -> None:
    page = graphide_("nodes", "show", "model").out
    assert page.startswith("model  (model, version 1)\n")
    for piece in (
        "Inputs\n  prompt ",
        "\nOutputs\n  text ",
        "\nSettings\n  model ",
        "default: 512",
        "Longest reply, in tokens",
    ):
        assert piece in page
    body = graphide_("nodes", "show", "model", "--format", "json").json
    assert body["settings"][1]["name"] == "max_tokens" and body["settings"][1]["default"] == 512
    assert "follow from its settings" in graphide_("nodes", "show", "template").out


@pytest.mark.usefixtures("plugin")
def test_a_plugin_says_where_it_comes_from(graphide_: Command) -> None:
    assert "for_tests.py" in graphide_("nodes", "show", "slow").out


def test_an_unknown_node_type_has_a_nearest_one(graphide_: Command) -> None:
    assert graphide_("nodes", "show", "modle", code=2).err == (
        'error: there is no node type "modle". Did you mean "model"?\n'
    )


@pytest.fixture
def library(graphide_: Command, model_path: Path) -> Path:
    """A library with a model and a broken file."""
    folder = Path(graphide_.env["GRAPHIDE_HOME"]) / "models"
    folder.mkdir(parents=True)
    (folder / "small.gguf").symlink_to(model_path)
    (folder / "broken.gguf").write_bytes(b"GGUF but not really")
    return folder


def test_models_are_listed_with_the_broken_ones(graphide_: Command, library: Path) -> None:
    ended = graphide_("models", "list")
    lines = ended.out.splitlines()
    assert lines[0].split() == ["name", "size", "type", "parameters", "context", "folder"]
    assert any(line.split()[:5] == ["small.gguf", "98.4", "MB", "Q4_1", "135M"] for line in lines)
    assert any(line.startswith("broken.gguf  cannot be used: ") for line in lines)
    body = graphide_("models", "list", "--format", "json").json
    found = {model["name"]: model for model in body["models"]}
    assert body["aliases"] == {"default": "small.gguf"} and "default means small.gguf" in lines
    assert found["broken.gguf"]["problem"] and not found["small.gguf"]["problem"]


def test_a_model_is_explained(graphide_: Command, library: Path, model_path: Path) -> None:
    text = graphide_("models", "info", "small").out
    assert "Q4_1" in text and "context length" in text
    body = graphide_("models", "info", str(library / "small.gguf"), "--sha256", "--format", "json").json
    assert body["sha256"] == hashlib.sha256(model_path.read_bytes()).hexdigest()
    assert "not a file" in graphide_("models", "info", "echo", code=2).err


def test_a_model_that_cannot_be_used_has_exit_code_4(graphide_: Command, library: Path) -> None:
    assert "problem" in graphide_("models", "info", "broken.gguf", code=4).out
    assert 'model "nothing"' in graphide_("models", "info", "nothing", code=4).err


def test_a_folder_is_scanned_and_can_be_added(graphide_: Command, model_path: Path) -> None:
    other = graphide_.folder / "other"
    other.mkdir()
    (other / "mine.gguf").symlink_to(model_path)
    assert "mine.gguf" not in graphide_("models", "list").out
    assert "mine.gguf" in graphide_("models", "scan", "other").out
    assert "mine.gguf" not in graphide_("models", "list").out
    graphide_("models", "scan", "other", "--add")
    graphide_("models", "scan", "other", "--add")
    assert "mine.gguf" in graphide_("models", "list").out
    config = Path(graphide_.env["GRAPHIDE_HOME"]) / "config" / "config.json"
    assert json.loads(config.read_text())["model_folders"] == [str(other)]
    assert "names no folder" in graphide_("models", "scan", "--add", code=2).err


def test_an_empty_folder_is_no_error(graphide_: Command) -> None:
    (graphide_.folder / "empty").mkdir()
    ended = graphide_("models", "scan", "empty")
    assert (ended.out, ended.err) == ("", "There are no models below empty\n")
