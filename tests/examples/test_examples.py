"""Every example is canonical, has nothing to complain about, and its commands end as its page says."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from examples.pages import ROOT, Shell, read_page

EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/README.md"))
GRAPHS = [path for path in sorted(ROOT.glob("examples/*/*.json")) if "graphide" in json.loads(path.read_text("utf-8"))]
ENTRY_POINT = "[graphide.plugins]\nprivacy = graphide_privacy\n"

Example = Callable[[str], Shell]


def with_plugins(shell: Shell) -> Shell:
    """Make the node types of the examples known: the drop-in file is dropped in, the package is installed."""
    plugins = Path(shell.env["GRAPHIDE_HOME"]) / "plugins"
    plugins.mkdir(parents=True)
    shutil.copy(ROOT / "examples/06_custom_node/table.py", plugins)
    installed = Path(shell.env["GRAPHIDE_HOME"]) / "site"
    package = ROOT / "examples/07_node_package/graphide_privacy"
    shutil.copytree(package, installed / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    facts = installed / "graphide_privacy-1.0.0.dist-info"
    facts.mkdir()
    (facts / "entry_points.txt").write_text(ENTRY_POINT, encoding="utf-8")
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: graphide-privacy\nVersion: 1.0.0\n", encoding="utf-8")
    return Shell(shell.folder, {**shell.env, "PYTHONPATH": os.pathsep.join([shell.env["PYTHONPATH"], str(installed)])})


def test_examples_are_numbered_without_gaps() -> None:
    assert [name[:2] for name in EXAMPLES] == [f"{number:02}" for number in range(1, len(EXAMPLES) + 1)]
    assert sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_dir()) == EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_commands_of_an_example_work_in_order(example: Example, name: str) -> None:
    shell = with_plugins(example(name))
    lines = read_page(shell.folder / "README.md").lines
    assert lines != ()
    ended = [(line, shell(line.text)) for line in lines]
    assert [(line.text, end.code) for line, end in ended] == [(line.text, line.code) for line in lines], [
        end.err for line, end in ended if end.code != line.code
    ]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_page_of_an_example_is_short(name: str) -> None:
    assert len((ROOT / "examples" / name / "README.md").read_text("utf-8").splitlines()) <= 40


def test_the_graphs_of_the_examples_are_canonical_and_have_no_problems(shell: Shell) -> None:
    shell = with_plugins(shell)
    files = " ".join(f'"{path.as_posix()}"' for path in GRAPHS)
    assert shell(f"graphide fmt --check {files}").code == 0
    checked = shell(f"graphide validate {files}")
    assert checked.out.splitlines() == [f"{path.as_posix()}: ok" for path in GRAPHS]


def test_inputs_of_every_kind_reach_the_prompt(example: Example) -> None:
    given = "graphide run letter.json -i - -i tone=formal -i polite=no --to task < inputs.json"
    assert example("02_inputs")(given).out == (
        "Write a formal letter to a neighbour in 2 sentences. It mentions:\n\n- the hedge\n- the weather\n"
    )


def test_a_folder_is_read_and_a_file_is_written_beside_the_graph(example: Example) -> None:
    shell = example("03_files")
    read = shell("graphide run notes.json --to notes").out
    assert "# Notes\n\nnotes/harbour.md:\nThe harbour was deepened" in read and "notes/market.md:\n" in read
    shell("graphide run notes.json -i question=Why?")
    assert (shell.folder / "out/summary.md").read_text("utf-8") == "Why?"


def test_outside_the_folder_nothing_is_read(example: Example) -> None:
    shell = example("03_files")
    (shell.folder.parent / "other.md").write_text("private", encoding="utf-8")
    ended = shell("graphide run notes.json --to notes --set notes.files=../other.md")
    assert (ended.code, "private" in ended.out, '"../other.md" may not be touched by a node' in ended.err) == (
        1,
        False,
        True,
    )
    allowed = shell("graphide run notes.json --to notes --set notes.files=../other.md --allow ..")
    assert (allowed.code, "private" in allowed.out) == (0, True)


def test_a_schema_gives_a_value_and_a_path_a_part_of_it(example: Example) -> None:
    ended = example("04_structured")("graphide run person.json --format json")
    assert json.loads(ended.out)["outputs"] == {
        "person": {"name": "text", "born": 1000, "occupation": "scientist"},
        "occupation": "scientist",
    }


def test_a_map_gives_its_results_in_the_order_of_the_items(example: Example) -> None:
    assert example("05_map")("graphide run list.json -i items=a,b -i language=old").out == (
        "1. Describe a in one sentence, in old words.\n2. Describe b in one sentence, in old words.\n"
    )


def test_the_drop_in_node_type_reads_a_table(example: Example) -> None:
    shell = with_plugins(example("06_custom_node"))
    assert shell("graphide run adverts.json").out == (
        "- Write one short line that sells a green lamp for 30 euros.\n"
        "- Write one short line that sells a blue chair for 45 euros.\n"
    )
    (shell.folder / "products.csv").write_text("name,colour\nlamp\n", encoding="utf-8")
    broken = shell("graphide run adverts.json")
    assert (broken.code, "line 2 of the table does not have 2 columns" in broken.err) == (1, True)


def test_a_drop_in_that_is_not_there_is_said(example: Example) -> None:
    ended = example("06_custom_node")("graphide validate adverts.json")
    assert (ended.code, "[unknown-type]" in ended.out) == (3, True)


def test_the_package_brings_its_own_tests_and_they_pass(example: Example) -> None:
    shell = with_plugins(example("07_node_package"))
    tests = shell("python -m pytest -q -p no:cacheprovider -o addopts= tests", echo=False)
    assert tests.code == 0, tests.out + tests.err


def test_the_entry_point_is_the_one_of_the_package() -> None:
    project = tomllib.loads((ROOT / "examples/07_node_package/pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["graphide.plugins"] == {"privacy": "graphide_privacy"}


def test_the_scripts_of_the_python_api_print_their_answers(example: Example) -> None:
    shell = example("08_python_api")
    once, stream, build = (shell(f"python {name}.py") for name in ("once", "stream", "build"))
    assert (once.code, once.out) == (0, "What is a tide?\n")
    assert (stream.code, stream.out) == (
        0,
        "> Why do leaves fall?\nWhy do leaves fall?\n\n> Where does salt come from?\nWhere does salt come from?\n\n",
    )
    assert (build.code, build.err) == (0, "Is it going to rain?\n\nIs it going to rain?\n")
    (shell.folder / "voices.json").write_text(build.out, encoding="utf-8")
    assert shell("graphide fmt --check voices.json").code == 0


# --- with the model that comes with graphide


@pytest.mark.real_model
def test_the_first_graph_streams_a_poem(example: Example) -> None:
    shell = example("01_first_graph")
    command = "graphide run poem.json --seed 1 --set poet.max_tokens=8 --format json"
    first, again = (json.loads(shell(command, echo=False).out) for _ in range(2))
    assert (first["status"], first["usage"]["completion_tokens"]) == ("ok", 8)
    assert (again["outputs"], again["usage"]["answers_from_cache"]) == (first["outputs"], 1)


@pytest.mark.real_model
@pytest.mark.timeout(240)
def test_a_small_model_gives_json_that_fits_the_schema(example: Example) -> None:
    shell = example("04_structured")
    found: dict[str, Any] = json.loads(shell("graphide run person.json --format json", echo=False).out)["outputs"]
    assert list(found["person"]) == ["name", "born", "occupation"]
    assert 1000 <= found["person"]["born"] <= 2100
    assert found["occupation"] == found["person"]["occupation"] in ("scientist", "artist", "other")


@pytest.mark.real_model
@pytest.mark.timeout(240)
def test_a_small_model_answers_for_each_item(example: Example) -> None:
    shell = example("05_map")
    one = shell.folder / "describe_one.json"
    one.write_text(one.read_text("utf-8").replace('"max_tokens": 40', '"max_tokens": 6'), encoding="utf-8")
    ended = shell("graphide run list.json -i items=tea,snow --seed 1", echo=False)
    assert ended.code == 0, ended.err
    assert ended.out.startswith("1. ") and "\n2. " in ended.out
