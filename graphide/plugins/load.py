"""Load one plugin: import it, let it register, and take over what it registered only when all went well.

This is the fence around plugin code: whatever it does at import becomes a `PluginProblem`. Where plugins are found is
in `discover`.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from zlib import crc32

from graphide.errors import DeclarationError, GraphideError
from graphide.plugins.entry_points import EntryPoint
from graphide.spec.declare import spec_of
from graphide.spec.nodespec import NodeSpec
from graphide.spec.registry import Registry

_REGISTER = "register"


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """Why a plugin brought no node types: where it is, what is wrong, what to do."""

    source: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        head = f"plugin {self.source}: {self.message}"
        return f"{head}. {self.hint}" if self.hint else head


class Registrar:
    """What a plugin registers its node types with. Holds them back until the plugin has done all of its work."""

    def __init__(self, registry: Registry, source: str) -> None:
        self._registry = registry
        self._source = source
        self._specs: dict[str, NodeSpec] = {}

    def add(self, function: Callable[..., Any]) -> NodeSpec:
        """Register a function marked with `@node` and return its spec.

        Raises DeclarationError when the declaration is wrong or the name is taken.
        """
        spec = spec_of(function, self._source)
        taken = self._registry.get(spec.type) or self._specs.get(spec.type)
        if taken is not None:
            raise DeclarationError(
                f'node type "{spec.type}" is already registered by {taken.source}', hint="Give it another name"
            )
        self._specs[spec.type] = spec
        return spec

    def commit(self) -> None:
        """Put everything that was added into the registry."""
        self._registry.add_all(self._specs.values())


def load(registry: Registry, source: str, importer: Callable[[], ModuleType]) -> PluginProblem | None:
    """Import a plugin and register its node types, all or none; return what went wrong, or None.

    What a plugin prints goes to the error stream: standard output belongs to results.
    """
    registrar = Registrar(registry, source)
    try:
        with redirect_stdout(sys.stderr):
            module = importer()
            _register_of(module)(registrar)
        registrar.commit()
    except GraphideError as error:
        place = f"{error.where}: " if error.where else ""
        return PluginProblem(source, place + error.message, error.hint or "Correct the declaration, or take it away")
    except (Exception, SystemExit) as error:  # noqa: BLE001  # the fence: plugin code may raise anything
        return PluginProblem(source, _said(error), _advice(error))
    return None


def import_builtin(name: str, checkout: Path) -> ModuleType:
    """Return the package of the built-in node types: the installed one, else the one in the folder `checkout`."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        file = checkout / name / "__init__.py"
        if error.name != name or not file.is_file():
            raise
    return _import_file(name, file, package=True)


def import_entry_point(point: EntryPoint) -> ModuleType:
    """Return the module of an entry point, or one with its function as `register` where it names a function."""
    module = importlib.import_module(point.module)
    if not point.attribute:
        return module
    facade = ModuleType(point.module)
    target: Any = module
    for part in point.attribute.split("."):
        target = getattr(target, part)
    setattr(facade, _REGISTER, target)
    return facade


def import_dropin(path: Path, file: Path) -> ModuleType:
    """Return the module of a drop-in file or package, under a name that no other module has."""
    name = f"graphide_dropin_{path.stem}_{crc32(os.fsencode(path.resolve())):08x}"
    return _import_file(name, file, package=path != file)


def _import_file(name: str, file: Path, *, package: bool) -> ModuleType:
    import importlib.util

    folders = [str(file.parent)] if package else None
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folders)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        for loaded in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
            del sys.modules[loaded]
        raise
    return module


def _register_of(module: ModuleType) -> Callable[[Registrar], Any]:
    register = getattr(module, _REGISTER, None)
    if not callable(register):
        raise GraphideError(
            "has no function register(registrar)",
            hint="Write: def register(registrar): registrar.add(your_node)",
        )
    return register  # type: ignore[no-any-return]


def _said(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"has a syntax error in line {error.lineno}: {error.msg}"
    if isinstance(error, SystemExit):
        return "ended the program while it was loaded (SystemExit)"
    return f"cannot be loaded: {type(error).__name__}: {error}" if str(error) else f"raised {type(error).__name__}"


def _advice(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"Install the package that has {error.name}, or take the plugin away"
    return "Update it or take it away; everything else works without it"
