"""Plugins: all of a plugin or nothing of it, and never a crash."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import graphide
from graphide.plugins import PluginProblem, discover
from graphide.plugins.entry_points import EntryPoint, entry_points
from graphide.plugins.load import import_entry_point, load
from graphide.spec.registry import Registry

NODE = '''
from graphide.api import Text, node

@node("{type}", category="mine")
def {name}(text: Text) -> Text:
    """Do nothing."""
    return text
'''
GOOD = NODE.format(type="shout", name="shout") + "\ndef register(registrar):\n    registrar.add(shout)\n"


def drop(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def problems_of(folder: Path, registry: Registry | None = None) -> list[tuple[str, str, str]]:
    found = discover(registry if registry is not None else Registry(), [folder], entry_points=False)
    return [(Path(problem.source).name, problem.message, problem.hint) for problem in found]


def test_the_built_in_types_come_first_and_even_without_other_packages() -> None:
    registry = Registry()
    assert discover(registry, entry_points=False) == ()
    assert next(iter(registry)) == "variable"
    assert registry["model"].source == "graphide (builtin = graphide_nodes)"


def test_a_dropped_in_file_brings_its_types(tmp_path: Path) -> None:
    registry = Registry()
    assert problems_of(drop(tmp_path, mine=GOOD), registry) == []
    assert registry["shout"].source == str(tmp_path / "mine.py")
    assert registry["shout"].function("a") == "a"


def test_a_dropped_in_package_may_import_its_own_modules(tmp_path: Path) -> None:
    package = tmp_path / "pack"
    package.mkdir()
    (package / "inner.py").write_text(NODE.format(type="inner", name="inner"))
    (package / "__init__.py").write_text(
        "from .inner import inner\n\ndef register(registrar):\n    registrar.add(inner)\n"
    )
    registry = Registry()
    assert problems_of(tmp_path, registry) == []
    assert "inner" in registry


def test_hidden_files_and_missing_folders_are_no_plugins(tmp_path: Path) -> None:
    drop(tmp_path, _private="raise RuntimeError", mine=GOOD)
    (tmp_path / ".hidden.py").write_text("raise RuntimeError")
    (tmp_path / "notes.txt").write_text("raise RuntimeError")
    (tmp_path / "data").mkdir()
    assert problems_of(tmp_path) == []
    assert problems_of(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import nothing_like_this", "cannot be loaded: ModuleNotFoundError: No module named 'nothing_like_this'"),
        ("raise ValueError('oh')", "cannot be loaded: ValueError: oh"),
        ("raise ValueError", "raised ValueError"),
        ("import sys\nsys.exit(3)", "ended the program while it was loaded (SystemExit)"),
        ("def f(:", "has a syntax error in line 1: invalid syntax"),
        ("x = 1", "has no function register(registrar)"),
        ("register = 1", "has no function register(registrar)"),
        ("def register(registrar):\n    registrar.add(len)", "builtins.len: is not marked with @node"),
        ("def register():\n    pass", "cannot be loaded: TypeError: register() takes 0 positional arguments"),
        ("raise RecursionError('deep')", "cannot be loaded: RecursionError: deep"),
    ],
)
def test_a_plugin_that_fails_is_one_problem_and_the_others_load(tmp_path: Path, text: str, message: str) -> None:
    registry = Registry()
    found = problems_of(drop(tmp_path, bad=text, good=GOOD), registry)
    assert [(name, said.startswith(message)) for name, said, _ in found] == [("bad.py", True)], found
    assert all(hint for *_, hint in found)
    assert "shout" in registry


def test_a_wrong_declaration_names_function_and_parameter(tmp_path: Path) -> None:
    text = GOOD.replace("text: Text", "text")
    ((_, message, _),) = problems_of(drop(tmp_path, bad=text))
    assert message.endswith(".shout, parameter 'text': needs an annotation")


def test_a_plugin_that_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    registry = Registry()
    found = problems_of(drop(tmp_path, half=GOOD + "    raise RuntimeError('half way')\n"), registry)
    assert [message for _, message, _ in found] == ["cannot be loaded: RuntimeError: half way"]
    assert "shout" not in registry
    assert "model" in registry


def test_a_name_that_is_taken_is_refused_with_who_has_it(tmp_path: Path) -> None:
    registry = Registry()
    folder = drop(tmp_path, first=GOOD, second=GOOD, third=GOOD.replace('"shout"', '"model"'))
    found = problems_of(folder, registry)
    assert [(name, message.partition("by ")[0]) for name, message, _ in found] == [
        ("second.py", 'node type "shout" is already registered '),
        ("third.py", 'node type "model" is already registered '),
    ]
    assert registry["shout"].source.endswith("first.py")


def test_files_of_the_same_name_do_not_meet(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        drop(tmp_path / folder, mine=GOOD.replace("shout", f"shout_{folder}"))
    registry = Registry()
    assert discover(registry, [tmp_path / "a", tmp_path / "b"], entry_points=False) == ()
    assert {"shout_a", "shout_b"} <= set(registry)


def test_what_a_plugin_prints_stays_out_of_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problems_of(drop(tmp_path, loud="print('hello')\n" + GOOD))
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "hello\n")


def test_a_failed_plugin_leaves_no_module_behind(tmp_path: Path) -> None:
    problems_of(drop(tmp_path, broken_here="raise ValueError"))
    assert not [name for name in sys.modules if "broken_here" in name]


def test_a_problem_reads_as_one_sentence_and_advice() -> None:
    assert str(PluginProblem("x.py", "raised ValueError", "Update it")) == "plugin x.py: raised ValueError. Update it"


def dist(folder: Path, name: str, lines: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "entry_points.txt").write_text(lines)


def test_entry_points_are_read_from_installed_packages_in_order_of_name(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    dist(
        first,
        "b_pack-1.0.dist-info",
        "[console_scripts]\nx = y:z\n\n[graphide.plugins]\nnodes = b_pack.nodes:register\n",
    )
    dist(first, "A.Pack-2.0.egg-info", "[graphide.plugins]\n# a comment\nalpha=a_pack\n[other]\nbeta = c\n")
    dist(second, "b.pack-9.dist-info", "[graphide.plugins]\nhidden = old\n")
    (second / "no_points-1.dist-info").mkdir()
    found = entry_points("graphide.plugins", [str(first), str(second), str(tmp_path / "gone")])
    assert found == [EntryPoint("alpha", "a_pack", "a-pack"), EntryPoint("nodes", "b_pack.nodes:register", "b-pack")]
    assert (found[1].module, found[1].attribute) == ("b_pack.nodes", "register")


def test_the_same_entry_points_are_found_as_by_the_standard_library() -> None:
    from importlib.metadata import entry_points as standard

    group = "console_scripts"
    assert {(point.name, point.value) for point in entry_points(group)} == {
        (point.name, point.value) for point in standard(group=group)
    }


def test_an_entry_point_may_name_its_registering_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "packaged_nodes.py").write_text(GOOD.replace("def register", "def bring"))
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = Registry()
    for value, message in [("packaged_nodes", "has no function"), ("packaged_nodes:nothing", "cannot be loaded")]:
        point = EntryPoint("mine", value, "pack")
        problem = load(registry, point.source, lambda point=point: import_entry_point(point))  # type: ignore[misc]
        assert problem is not None and problem.message.startswith(message)
    point = EntryPoint("mine", "packaged_nodes:bring", "pack")
    assert load(registry, point.source, lambda: import_entry_point(point)) is None
    assert registry["shout"].source == "pack (mine = packaged_nodes:bring)"


def test_an_installed_package_brings_its_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dist(tmp_path, "other_pack-1.dist-info", "[graphide.plugins]\nother = other_pack_nodes\n")
    (tmp_path / "other_pack_nodes.py").write_text(GOOD)
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = Registry()
    discover(registry)
    assert registry["shout"].source == "other-pack (other = other_pack_nodes)"


@pytest.mark.parametrize("nodes_on_path", [True, False], ids=["installed", "checkout"])
def test_the_built_in_types_are_found_without_importlib_metadata(tmp_path: Path, nodes_on_path: bool) -> None:
    root = Path(graphide.__path__[0]).parent
    path = f"{root}:{root / 'nodes'}" if nodes_on_path else str(root)
    code = (
        "import sys\nfrom graphide.spec.registry import Registry\nfrom graphide.plugins import discover\n"
        "print(discover(Registry()), 'importlib.metadata' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path,
                             env={"PYTHONPATH": path}, check=True)  # fmt: skip
    assert printed.stdout.strip() == "() False"
