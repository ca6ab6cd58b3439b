"""README.md says what is true: its commands run in order and end as it says, and print what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from examples.pages import ROOT, Line, Shell, read_page

README = ROOT / "README.md"
PAGES = [README, *sorted(page for page in (ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("examples/*/README.md"))]


def test_the_commands_of_the_readme_work_in_order(shell: Shell) -> None:
    page = read_page(README)
    for name, text in page.files.items():
        (shell.folder / name).write_text(text, encoding="utf-8")
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
