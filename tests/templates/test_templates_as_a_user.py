"""The starter templates as a person meets them: through the command, in a process of its own, and with the real model.

What they look like inside is tested with the node types.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import graphide
from graphide.spec.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "graphs").glob("*.json"))
NEEDED = {"summarise_file": ["-i", "document=notes.txt"]}

template = pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)


@dataclass(frozen=True)
class Person:
    """Runs the command in a folder; `home` has the user folders."""

    folder: Path
    home: Path

    def __call__(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        env = {
            **os.environ,
            "GRAPHIDE_HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "nodes")]),
            "PYTHONUTF8": "1",
        }
        done = subprocess.run(
            [sys.executable, "-m", "graphide", *arguments],
            cwd=self.folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=200,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done

    def result(self, *arguments: str) -> dict[str, Any]:
        """Run a graph and return its JSON."""
        found: dict[str, Any] = json.loads(self("run", *arguments, "--format", "json").stdout)
        return found


@pytest.fixture
def person(tmp_path: Path, home: Path) -> Person:
    (tmp_path / "notes.txt").write_text("Tides follow the Moon.\n", encoding="utf-8")
    return Person(tmp_path, home)


def test_there_are_enough_templates_and_all_are_listed(person: Person) -> None:
    assert len(TEMPLATES) >= 8
    listed = person("new", "--list", "--format", "json").stdout
    assert [path.stem for path in TEMPLATES if f'"{path.stem}"' not in listed] == []


def test_templates_are_canonical(person: Person) -> None:
    assert person("fmt", "--check", *map(str, TEMPLATES)).stdout == ""


def test_templates_have_neither_errors_nor_warnings(person: Person) -> None:
    checked = person("validate", *map(str, TEMPLATES))
    assert (checked.stdout.splitlines(), checked.stderr) == ([f"{path}: ok" for path in TEMPLATES], "")


@template
def test_a_template_reads_and_writes_to_the_same_bytes(path: Path, registry: Registry) -> None:
    assert graphide.dumps(graphide.load(path), registry) == path.read_bytes()


@template
def test_a_template_becomes_a_file_of_ones_own_and_runs(path: Path, person: Person) -> None:
    person("new", path.stem, "mine.json")
    assert (person.folder / "mine.json").read_bytes() == path.read_bytes()
    found = person.result("mine.json", "--model", "echo", *NEEDED.get(path.stem, []))
    assert (found["status"], found["failures"]) == ("ok", [])
    assert [name for name, value in found["outputs"].items() if value in ("", None, [])] == []


@template
def test_a_template_runs_by_its_name_and_tells_its_inputs(path: Path, person: Person) -> None:
    told = person("run", path.stem, "--help").stdout.partition(f"Inputs of {path.stem}:\n")[2]
    with graphide.Workspace(registry=None, plugins=False) as workspace:
        names = [port.name for port in workspace.inputs(workspace.load(path))]
    assert [line.split()[0] for line in told.partition("\n\n")[0].splitlines()] == names


def test_hello_has_the_names_that_others_rely_on(person: Person) -> None:
    document = json.loads((ROOT / "graphs/hello.json").read_text("utf-8"))
    assert {name: node["type"] for name, node in document["nodes"].items()} == {
        "answer": "model",
        "audience": "variable",
        "persona": "system",
        "result": "output",
        "style": "parameters",
        "task": "template",
        "topic": "variable",
    }
    assert document["nodes"]["audience"]["kind"] == "choice"
    assert document["nodes"]["topic"].get("kind", "text") == "text"
    found = person.result("hello", "--model", "echo", "-i", "topic=tides", "-i", "audience=children", "--seed", "1")
    assert found["outputs"] == {"answer": "Explain tides in two sentences."}


# --- with the model that comes with graphide; few tokens, because the tests share their processors with others


@pytest.mark.real_model
@pytest.mark.timeout(240)
def test_hello_answers_and_says_what_it_cost(person: Person, model_path: Path) -> None:
    arguments = ("hello", "-i", "topic=volcanoes", "--seed", "1", "--set", "answer.max_tokens=16")
    found = person.result(*arguments, "--no-cache")
    assert found["status"] == "ok" and len(found["outputs"]["answer"]) > 16
    assert found["seed"] == 1
    assert found["model"]["file"] == model_path.name
    recorded = json.loads((ROOT / "graphs/hello.json").read_text("utf-8"))["models"]["default"]
    assert {key: found["model"][key] for key in ("file", "sha256", "size")} == {
        key: recorded[key] for key in ("file", "sha256", "size")
    }
    usage = found["usage"]
    assert usage["prompt_tokens"] > 20 and 0 < usage["completion_tokens"] <= 16
    assert usage["tokens_per_second"] > 0 and usage["time_to_first_token"] > 0 and usage["cached_tokens"] >= 0
    assert person.result(*arguments, "--no-cache")["outputs"] == found["outputs"]


@pytest.mark.real_model
@pytest.mark.timeout(240)
def test_hello_streams_events(person: Person) -> None:
    done = person("run", "hello", "--seed", "2", "--set", "answer.max_tokens=8", "--events")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["schema"] for event in events} == {1}
    assert (events[0]["event"], events[-1]["event"]) == ("run_started", "run_finished")
    chunks = [event["text"] for event in events if event["event"] == "node_chunk" and event["node"] == "answer"]
    assert len(chunks) > 1
    assert "".join(chunks) == events[-1]["outputs"]["answer"]


@pytest.mark.real_model
@pytest.mark.timeout(240)
def test_extract_json_gives_json_that_conforms_to_its_schema(person: Person) -> None:
    schema = json.loads((ROOT / "graphs/extract_json.json").read_text("utf-8"))["nodes"]["extract"]["json_schema"]
    found = person.result("extract_json", "--seed", "1")
    jsonschema.validate(found["outputs"]["person"], schema)
    assert found["outputs"]["name"] == found["outputs"]["person"]["name"]


@pytest.mark.real_model
@pytest.mark.timeout(240)
def test_map_list_answers_for_each_item_in_order(person: Person) -> None:
    document = json.loads((ROOT / "graphs/map_list.json").read_text("utf-8"))
    document["nodes"]["each"]["graph"]["nodes"]["answer"]["max_tokens"] = 6
    (person.folder / "short.json").write_text(json.dumps(document), encoding="utf-8")
    found = person.result("short.json", "-i", 'items:=["rain", "bread"]', "--seed", "1")
    sentences = found["outputs"]["sentences"]
    assert len(sentences) == 2 and all(sentences)
    assert found["outputs"]["page"] == "\n".join(f"- {sentence}" for sentence in sentences)
    assert found["usage"]["answers"] == 2
