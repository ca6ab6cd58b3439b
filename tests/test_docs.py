"""The reference pages of docs/ say what the program does: they are made again in memory and compared."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from graphide.spec.registry import Registry

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_are_up_to_date(generate: ModuleType) -> None:
    assert generate.stale(generate.pages()) == [], "run `make docs`"


def test_pages_are_the_same_every_time(generate: ModuleType) -> None:
    assert generate.pages() == generate.pages()


def test_a_page_that_differs_or_is_missing_is_stale(generate: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"new\n")
    (tmp_path / "b.md").write_bytes(b"old\n")
    assert generate.stale({"a.md": "new\n", "b.md": "new\n", "c.md": "new\n"}, tmp_path) == ["b.md", "c.md"]


def test_every_node_type_and_every_event_has_its_section(generate: ModuleType, registry: Registry) -> None:
    pages = generate.pages()
    assert [type for type in registry if f"\n### {type}\n" not in pages["nodes.md"]] == []
    assert "\n## run_finished\n" in pages["events.md"]
    assert "\n## graphide run\n" in pages["cli.md"]


@pytest.mark.parametrize("arguments", [["--check"], []])
def test_the_command_tells_what_is_out_of_date_or_writes_it(
    generate: ModuleType,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    monkeypatch.setattr(generate, "pages", lambda: {"a.md": "text\n"})
    monkeypatch.setattr(generate, "stale", list)
    code = generate.main(arguments)
    said = capsys.readouterr()
    if arguments:
        assert (code, said.err) == (1, "docs/a.md is out of date: run `make docs`\n")
        assert not (tmp_path / "a.md").exists()
    else:
        assert (code, said.out) == (0, "docs/a.md written\n")
        assert (tmp_path / "a.md").read_bytes() == b"text\n"


def test_the_node_type_in_contributing_works() -> None:
    text = (DOCS.parent / "CONTRIBUTING.md").read_text("utf-8")
    code = text.partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {"__name__": "shorten"}
    exec(compile(code, "CONTRIBUTING.md", "exec"), names)
    spec = Registry().add(names["shorten"])
    assert (spec.type, [port.name for port in spec.inputs], list(spec.settings)) == ("shorten", ["text"], ["length"])
    assert spec.function("one two three", length=8) == "one two…"
