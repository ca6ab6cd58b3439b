"""The Python in README.md and docs/ runs as it stands there, page by page, with the echo in place of a model."""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from examples.pages import ROOT

from graphide.api import Registry
from graphide.plugins import discover

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", ROOT / "docs/python-api.md", ROOT / "docs/custom-nodes.md"]

page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)


class WithEcho(ast.NodeTransformer):
    """Gives `graphide.run(…)` and `Workspace(…)` the echo as their model, where they have none."""

    def visit_Call(self, call: ast.Call) -> ast.Call:  # the name that ast looks for
        self.generic_visit(call)
        if ast.unparse(call.func) in ("graphide.run", "Workspace") and "model" not in [
            key.arg for key in call.keywords
        ]:
            call.keywords.append(ast.keyword("model", ast.Constant("echo")))
        return call


def run(path: Path) -> dict[str, Any]:
    """Run all Python of a page and return the names it made."""
    names: dict[str, Any] = {"__name__": path.stem.replace("-", "_")}
    for block in BLOCK.findall(path.read_text("utf-8")):
        tree = ast.fix_missing_locations(WithEcho().visit(ast.parse(textwrap.dedent(block))))
        exec(compile(tree, path.name, "exec", dont_inherit=True), names)
    return names


@page
def test_the_python_of_a_page_runs(path: Path) -> None:
    assert len(run(path)) > 2


def test_what_the_pages_print_is_what_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    run(ROOT / "README.md")
    assert capsys.readouterr().out == "ok Explain tides in two sentences.\n5 tokens\n"
    run(ROOT / "docs/python-api.md")
    before, cancelled, after = re.split(r"^(cancelled .*\n)", capsys.readouterr().out, flags=re.MULTILINE)
    assert before == textwrap.dedent("""\
        Explain tides in two sentences.
        there is no such file |  | 3
        ['audience', 'topic'] ('answer',)
        Explain tides in two sentences.
        Explain glaciers in two sentences.
        Explain dunes in two sentences.
         ok ['answer']
        """)
    assert cancelled.startswith("cancelled {")  # how much of the text was made by then is a matter of threads
    graph = (ROOT / "tests/examples/fixtures/question.json").read_text("utf-8")
    assert after == f"What is iron?\n{graph}\n"


@page
def test_the_node_types_of_a_page_can_be_registered(path: Path) -> None:
    declared = [value for value in run(path).values() if hasattr(value, "__graphide_node__")]
    registry = Registry()
    for function in declared:
        registry.add(function)
    types = {"README.md": ["shout"], "python-api.md": []}
    many = ["excerpt", "longest", "letterhead", "spell", "ask_twice", "opening"]
    assert list(registry) == types.get(path.name, many)


def test_the_node_type_of_the_readme_works_as_a_drop_in_file(tmp_path: Path) -> None:
    block = BLOCK.findall((ROOT / "README.md").read_text("utf-8"))[1]
    (tmp_path / "shout.py").write_text(block, encoding="utf-8")
    registry = Registry()
    assert discover(registry, folders=[tmp_path], entry_points=False) == ()
    assert registry["shout"].function("hi", marks=2) == "HI!!"
