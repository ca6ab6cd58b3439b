"""Discover: every plugin of this machine into a registry, in this order: built-ins, packages by name, drop-in files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType

from graphide.plugins.entry_points import EntryPoint, entry_points
from graphide.plugins.load import PluginProblem, import_builtin, import_dropin, import_entry_point, load
from graphide.spec.registry import Registry

GROUP = "graphide.plugins"
BUILTIN = EntryPoint("builtin", "graphide_nodes", "graphide")
"""The built-in node types; a checkout that is not installed has no entry point that says so."""
_CHECKOUT = Path(__file__).resolve().parents[2] / "nodes"


def discover(registry: Registry, folders: Sequence[Path] = (), entry_points: bool = True) -> tuple[PluginProblem, ...]:
    """Register the node types of all plugins and return what is wrong with those that could not be loaded.

    A plugin is registered whole or not at all, and the first to bring a name keeps it. `entry_points` False leaves out
    the packages of others, but never the built-in types; a drop-in folder that does not exist is an empty one.
    """
    problems = [load(registry, BUILTIN.source, partial(import_builtin, BUILTIN.module, _CHECKOUT))]
    if entry_points:
        problems += [load(registry, point.source, partial(import_entry_point, point)) for point in _others()]
    problems += [load(registry, source, importer) for source, importer in _dropins(folders)]
    return tuple(problem for problem in problems if problem is not None)


def _others() -> list[EntryPoint]:
    return [point for point in entry_points(GROUP) if point.module != BUILTIN.module]


def _dropins(folders: Sequence[Path]) -> Iterator[tuple[str, Callable[[], ModuleType]]]:
    for folder in folders:
        try:
            paths = sorted(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            yield str(folder), partial(_refuse, error)
            continue
        for path in paths:
            if path.name.startswith((".", "_")):
                continue
            if path.suffix == ".py" and path.is_file():
                yield str(path), partial(import_dropin, path, path)
            elif (path / "__init__.py").is_file():
                yield str(path), partial(import_dropin, path, path / "__init__.py")


def _refuse(error: OSError) -> ModuleType:
    raise error
