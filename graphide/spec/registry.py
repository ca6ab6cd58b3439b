"""The registry: which node types there are. A plain value that is passed on, never a global."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from graphide.errors import DeclarationError
from graphide.spec.declare import spec_of
from graphide.spec.nodespec import NodeSpec


class Registry(Mapping[str, NodeSpec]):
    """Node types by name. `add` is for the code that sets a program up; afterwards it is only read."""

    def __init__(self) -> None:
        self._specs: dict[str, NodeSpec] = {}

    def __getitem__(self, type: str) -> NodeSpec:
        return self._specs[type]

    def get(self, type: str, default: Any = None) -> Any:
        """Return the spec of a type, or `default`; direct, because checks and plans ask for every node."""
        return self._specs.get(type, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)

    def add(self, function: Callable[..., Any], source: str = "") -> NodeSpec:
        """Register a function marked with `@node` and return its spec.

        Raises DeclarationError when the declaration is wrong or the name is taken.
        """
        spec = spec_of(function, source)
        self.add_all([spec])
        return spec

    def add_all(self, specs: Iterable[NodeSpec]) -> None:
        """Register specs, all or none; raises DeclarationError when a name is taken."""
        added: dict[str, NodeSpec] = {}
        for spec in specs:
            taken = self._specs.get(spec.type) or added.get(spec.type)
            if taken is not None:
                raise DeclarationError(
                    f'node type "{spec.type}" is already registered by {taken.source}', where=spec.source
                )
            added[spec.type] = spec
        self._specs.update(added)
