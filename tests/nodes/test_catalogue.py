"""What holds for every built-in node type."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import graphide_nodes
from graphide.api import Registry

FOLDER = Path(graphide_nodes.__file__).parent


def catalogue() -> Registry:
    registry = Registry()
    graphide_nodes.register(registry)
    return registry


def test_the_built_in_types_are_these() -> None:
    assert sorted(catalogue()) == [
        "context", "conversation", "fallback", "filter", "if", "join", "json_path", "loop", "map", "message", "model",
        "note", "output", "parameters", "parse_json", "regex", "score", "split", "subgraph", "switch", "system",
        "template", "variable", "zip",
    ]  # fmt: skip


def test_every_type_explains_itself_with_an_example() -> None:
    for spec in catalogue().values():
        assert spec.summary.endswith(".") and len(spec.summary) <= 120, spec.type
        example = [line for line in spec.doc.splitlines() if line.startswith("    ")]
        assert 1 <= len(example) <= 3, spec.type


def test_every_default_is_json_that_its_field_admits() -> None:
    for spec in catalogue().values():
        for name, setting in spec.settings.items():
            assert json.loads(json.dumps(setting.default)) == setting.default, (spec.type, name)
            assert setting.field.problem(setting.default) is None, (spec.type, name)


def test_no_setting_has_the_name_of_a_key_that_every_node_has() -> None:
    reserved = {"type", "version", "title", "state", "exposed"}
    assert not [spec.type for spec in catalogue().values() if reserved & set(spec.settings)]


def test_checks_and_computed_ports_cope_with_the_defaults() -> None:
    for spec in catalogue().values():
        assert spec.check is None or isinstance(spec.check(spec.full({})), str | None)
        spec.inputs_for({})
        spec.outputs_for({})


def test_node_files_import_graphide_api_and_nothing_else_of_graphide() -> None:
    for path in FOLDER.rglob("*.py"):
        modules = {
            node.module or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)
        }
        assert {module for module in modules if module.split(".")[0] == "graphide"} <= {"graphide.api"}, path.name


def test_node_files_are_small() -> None:
    sizes = {path.name: len(path.read_text().splitlines()) for path in FOLDER.glob("*.py")}
    assert {name: size for name, size in sizes.items() if size > 130} == {}


def test_importing_all_nodes_loads_no_heavy_library() -> None:
    heavy = ["jinja2", "jsonschema", "regex", "jsonpath", "difflib", "llama_cpp", "dearpygui", "importlib.metadata"]
    code = f"import sys, graphide_nodes; print([name for name in {heavy!r} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=FOLDER.parents[1],
                             env={"PYTHONPATH": f"{FOLDER.parents[1]}:{FOLDER.parent}"}, check=True)  # fmt: skip
    assert printed.stdout.strip() == "[]"
