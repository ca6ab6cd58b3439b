"""README.md says what is true: its commands run in order and end as it says, and print what it shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from examples.pages import ROOT, Line, Shell, read_page, serving

import graphide
from graphide import errors
from graphide.cli.main import EXIT_FAULT, EXIT_PIPE
from graphide.errors import FaultKind
from graphide.graph.shape import GRAPH_KEYS, NODE_KEYS
from graphide.spec.registry import Registry

README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [README, *sorted(DOCS.glob("*.md")), *sorted(ROOT.glob("examples/**/README.md"))]
WITH_COMMANDS = [page for page in PAGES if page.parent in (ROOT, DOCS) and read_page(page).lines]


@pytest.mark.parametrize("path", WITH_COMMANDS, ids=lambda path: path.name)
def test_the_commands_of_a_page_work_in_order(shell: Shell, path: Path) -> None:
    page = read_page(path)
    for name, text in page.files.items():
        (shell.folder / name).write_text(text, encoding="utf-8")
    with serving(shell):
        ended = [(line, shell(line.text)) for line in page.lines]
    assert [(line.text, end.code) for line, end in ended] == [(line.text, line.code) for line in page.lines], [
        end.err for line, end in ended if end.code != line.code
    ]
    shown = {line.text: end.out + end.err for line, end in ended if line.output is not None and not end.echo}
    assert shown == {line.text: line.output for line, end in ended if line.output is not None and not end.echo}


def test_the_readme_shows_the_whole_tour() -> None:
    text = README.read_text("utf-8")
    words = [
        "make run", "make test", "graphide validate", "graphide diff", "graphide show", "graphide new", "--dry-run",
        "--format json", "--to ", "--set ", "--model ", "-i ", "map_list", "Ctrl-C",
    ]  # fmt: skip
    assert [word for word in words if word not in text] == []


def test_the_picture_in_the_readme_is_what_the_command_draws(shell: Shell) -> None:
    assert f"```mermaid\n{shell('graphide show hello --format mermaid').out}```" in README.read_text("utf-8")


def test_the_graph_on_the_page_of_the_format_is_canonical(registry: Registry) -> None:
    first = (DOCS / "graph-file.md").read_text("utf-8").partition("```json\n")[2].partition("```")[0]
    assert graphide.dumps(graphide.loads(first), registry).decode() == first


def test_the_page_of_the_format_has_every_reserved_key() -> None:
    rows = first_cells(DOCS / "graph-file.md")
    assert [key for key in (*GRAPH_KEYS, *NODE_KEYS) if key not in rows] == []


def test_the_page_of_templates_lists_every_starter_graph() -> None:
    names = sorted(path.stem for path in (ROOT / "graphs").glob("*.json"))
    assert sorted(row for row in first_cells(DOCS / "templates.md") if row in names) == names


def test_the_page_of_inference_explains_every_fault() -> None:
    rows = first_cells(DOCS / "inference.md")
    assert [kind for kind in get_args(FaultKind) if kind not in (*rows, "cancelled")] == []


def test_the_readme_explains_every_exit_code() -> None:
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")} | {EXIT_FAULT, EXIT_PIPE}
    assert [row for row in first_cells(README) if row.isdigit()] == [str(code) for code in sorted(codes)]


def test_a_page_is_read_as_a_person_reads_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n\n<!-- file: a.json -->\n```json\n{}\n```\n\n```sh\ncd a\ngraphide run a.json   # exit code 3\n```\n\n"
        "```text\nerror\n```\n\nText.\n\n```text\nnot an output\n```\n",
        encoding="utf-8",
    )
    found = read_page(page)
    assert (found.files, found.lines) == (
        {"a.json": "{}\n"},
        (Line("graphide run a.json   # exit code 3", 3, "error\n"),),
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def first_cells(page: Path) -> list[str]:
    """The first cell of every row of the tables of a page; of several names in one cell each."""
    cells = re.findall(r"^\| ([^|]+?) \|", page.read_text("utf-8"), re.MULTILINE)
    return [name.strip("` ") for cell in cells for name in cell.split(",")]
