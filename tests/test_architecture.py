"""The house keeps its shape: who imports whom, and what a start costs.

The contracts themselves are in pyproject.toml. What they cannot see is tested here: modules imported by name, and what
is loaded when a program that uses graphide runs.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("llama_cpp", "dearpygui", "numpy", "networkx")
SOURCES = sorted([*(ROOT / "graphide").rglob("*.py"), *(ROOT / "nodes").rglob("*.py")])


def _loaded(code: str) -> set[str]:
    """Return the top-level names of all modules that are loaded after `code` ran in a new process."""
    report = "\nimport sys\nprint('\\n'.join({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code + report], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def _named_modules(tree: ast.Module) -> Iterator[str]:
    """Yield what a file imports: by statement, and by a literal given to `import_module` or `__import__`."""
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom) and part.module and not part.level:
            yield part.module
        elif isinstance(part, ast.Call) and part.args and isinstance(part.args[0], ast.Constant):
            name = part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")
            if name in ("import_module", "__import__"):
                yield str(part.args[0].value)


def test_import_contracts_hold() -> None:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("library", "room"), [("llama_cpp", "inference"), ("dearpygui", "ui")])
def test_a_library_is_imported_by_one_room_only(library: str, room: str) -> None:
    users = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if any(name.partition(".")[0] == library for name in _named_modules(ast.parse(path.read_text("utf-8"))))
    ]
    assert [user for user in users if Path(user).parts[:2] != ("graphide", room)] == []


def test_every_package_that_is_imported_is_declared_as_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    modules = {
        "pillow": "PIL",
        "llama_cpp_python": "llama_cpp",
        "markdown_it_py": "markdown_it",
        "python_jsonpath": "jsonpath",
    }
    declared = {re.split(r"[<>=]", line)[0].replace("-", "_") for line in project["dependencies"]}
    imported = {
        name.partition(".")[0] for path in SOURCES for name in _named_modules(ast.parse(path.read_text("utf-8")))
    }
    # _typeshed exists for type checkers only, behind TYPE_CHECKING.
    ours_and_pythons = {"graphide", "graphide_nodes", "_typeshed", *sys.stdlib_module_names}
    assert imported - ours_and_pythons - {modules.get(name, name) for name in declared} == set()


def test_a_module_imported_by_a_literal_name_is_seen() -> None:
    tree = ast.parse("import a.b\nfrom c import d\nimport_module('e.f')\nimportlib.import_module('g')\nfrom . import h")
    assert set(_named_modules(tree)) == {"a.b", "c", "e.f", "g"}


@pytest.mark.parametrize(
    "code",
    [
        "import graphide",
        "import graphide.api",
        "import graphide.cli.main",
        "from graphide import Workspace",
        "import graphide.inference.client",
        "from graphide.plugins import discover\nfrom graphide import Registry\nassert not discover(Registry())",
    ],
)
def test_what_is_heavy_is_not_loaded_before_it_is_needed(code: str) -> None:
    assert _loaded(code).isdisjoint(HEAVY)


def test_a_run_from_the_command_line_loads_neither_window_nor_engine() -> None:
    code = (
        "import contextlib, io\n"
        "from graphide.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    assert main(['run', {str(ROOT / 'graphs' / 'hello.json')!r}, '--model', 'echo']) == 0"
    )
    assert _loaded(code).isdisjoint(HEAVY)


def test_import_graphide_is_quick() -> None:
    """At most 150 ms more than Python itself, in the best of five starts: other programs may be busy meanwhile."""

    def seconds(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        return time.perf_counter() - start

    assert min(seconds("import graphide") for _ in range(5)) - min(seconds("pass") for _ in range(5)) < 0.150


def test_every_public_name_is_there_and_typed() -> None:
    import graphide

    assert {name for name in graphide.__all__ if not hasattr(graphide, name)} == set()
    assert set(graphide.__all__) <= set(dir(graphide))
    assert (ROOT / "graphide" / "py.typed").exists()
    with pytest.raises(AttributeError, match="no attribute 'Grahp'"):
        graphide.Grahp  # noqa: B018


def test_the_build_folder_is_not_a_package() -> None:
    """With an `__init__.py` in it, it would hide the program `build` that makes our packages."""
    assert not (ROOT / "build" / "__init__.py").exists()
