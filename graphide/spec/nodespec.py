"""NodeSpec: one node type as plain data. Everything the program knows about a type is derived from here.

How a Python function becomes a NodeSpec is in `declare`; which ones exist is in `registry`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from graphide.spec.fields import Field
from graphide.values import Json, Refusal, Wire, accepts

CacheRule = Literal["always", "when_seeded", "never"]
Effect = Literal["files", "network"]


class _Absent:
    """The value of an output that was not produced: the side of an `if` that was not taken."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A place where an edge starts or ends.

    `wires` are the types it takes (input) or gives (output, exactly one). A `many` input takes several edges. A
    `tolerant` input receives ABSENT when what feeds it failed, instead of being skipped. `field` is the widget that gives
    the value while nothing is connected.
    """

    name: str
    wires: tuple[Wire, ...]
    help: str = ""
    required: bool = False
    default: Any = None
    many: bool = False
    tolerant: bool = False
    field: Field | None = None

    def refusal(self, source: Wire) -> Refusal | None:
        """Return why a `source` value cannot enter here, or None when it can."""
        refusals = [accepts(source, wire) for wire in self.wires]
        return None if None in refusals else refusals[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A value that is edited in place and saved with the node; a value equal to `default` is not written."""

    name: str
    field: Field
    default: Any


@dataclass(frozen=True, slots=True)
class Outline:
    """The outside of a graph: its inputs as ports with fields, and the names of its outputs."""

    inputs: tuple[Port, ...] = ()
    outputs: tuple[str, ...] = ()


Settings = Mapping[str, Json]
Outlines = Callable[[Json], Outline]
"""Gives the outline of a graph that a setting names (a path or an inline document); raises GraphideError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSpec:
    """A node type: its ports, settings, rules for cache and effects, and the function that does the work."""

    type: str
    category: str
    version: int
    summary: str
    doc: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    settings: Mapping[str, Setting]
    function: Callable[..., Any]
    cache: CacheRule | Callable[[Settings], CacheRule] = "always"
    """When a result may be used again; a function where that depends on the settings."""
    effects: frozenset[Effect] = frozenset()
    inline: bool = False
    """Whether the work is so short that the run does it in its own thread."""
    streams: bool = False
    wants_context: bool = False
    more_parameter: str = ""
    """The parameter that receives the values of computed inputs, as a mapping."""
    more_inputs: Callable[[Settings, Outlines], tuple[Port, ...]] | None = None
    more_outputs: Callable[[Settings, Outlines], tuple[Port, ...]] | None = None
    """Computes the outputs; the function then returns a mapping of values by output name, a missing one is ABSENT."""
    check: Callable[[Settings], str | None] | None = None
    """A sentence about settings that do not fit together, or None."""
    migrations: Mapping[int, Callable[[dict[str, Json]], dict[str, Json]]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """Version N → the function that turns settings of version N into those of N + 1."""
    source: str = ""
    """Where it is declared, for messages: the module and the package that brought it."""
    alone: bool = False
    """Whether it makes sense with nothing connected (a note), so that a check does not call it unused."""
    tuple_result: bool = False
    """Whether the function returns one value per output port (a NamedTuple)."""
    model_settings: tuple[str, ...] = ()
    """The settings that name a model; its identity is part of the cache key."""

    def full(self, settings: Settings) -> dict[str, Json]:
        """Return the settings with the defaults filled in."""
        return {name: settings.get(name, setting.default) for name, setting in self.settings.items()}

    def inputs_for(
        self, settings: Settings, outlines: Outlines | None = None, exposed: tuple[str, ...] = ()
    ) -> tuple[Port, ...]:
        """Return all input ports of a node with these settings: declared, computed, and settings promoted to ports."""
        ports = self.inputs
        if self.more_inputs is not None:
            ports += self.more_inputs(self.full(settings), outlines or no_outlines)
        if exposed:
            ports += tuple(self._promoted(name) for name in exposed if name in self.settings)
        return ports

    def outputs_for(self, settings: Settings, outlines: Outlines | None = None) -> tuple[Port, ...]:
        """Return all output ports of a node with these settings."""
        if self.more_outputs is None:
            return self.outputs
        return self.outputs + self.more_outputs(self.full(settings), outlines or no_outlines)

    def cache_rule(self, settings: Settings) -> CacheRule:
        """Return when a result of a node with these (full) settings may be used again."""
        return self.cache(settings) if callable(self.cache) else self.cache

    def _promoted(self, name: str) -> Port:
        setting = self.settings[name]
        return Port(name=name, wires=(setting.field.wire,), help=setting.field.help, field=setting.field)


def no_outlines(_: Json) -> Outline:
    """Say that a graph inside a node has no ports, where nothing can be looked up."""
    return Outline()
