"""What node types rely on in a declaration: types by field, computed outputs, plain defaults, all-or-none registration."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

import pytest

from graphide.api import Items, JsonValue, Outlines, Port, Registry, Settings, node
from graphide.errors import DeclarationError
from graphide.spec.declare import spec_of


@node("typed", category="test", output="value")
def typed(items: Annotated[Any, Items()]) -> Annotated[Any, JsonValue()]:
    """Take a list and give JSON."""
    return items[0]


def _two(settings: Settings, _: Outlines) -> tuple[Port, ...]:
    return tuple(Port(name=name, wires=("any",)) for name in settings["names"])


@node("computed", category="test", more_outputs=_two)
def computed(
    *,
    names: Annotated[list[str], Items(texts=True)] = ("a", "b"),  # type: ignore[assignment]
    table: Mapping[str, Any] = MappingProxyType({"x": ("y",)}),
) -> Mapping[str, Any]:
    """Give a value for each name."""
    return {"a": 1}


def test_any_with_a_field_has_the_wire_type_of_the_field() -> None:
    spec = spec_of(typed)
    assert spec.inputs[0].wires == ("list",)
    assert spec.outputs[0].wires == ("json",)


def test_a_function_with_computed_outputs_returns_a_mapping() -> None:
    spec = spec_of(computed)
    assert spec.outputs == ()
    assert [port.name for port in spec.outputs_for({})] == ["a", "b"]
    assert [port.name for port in spec.outputs_for({"names": ["c"]})] == ["c"]


def test_defaults_become_plain_json() -> None:
    settings = spec_of(computed).settings
    assert settings["names"].default == ["a", "b"]
    assert type(settings["table"].default) is dict
    assert settings["table"].default == {"x": ["y"]}


def test_specs_are_registered_all_or_none() -> None:
    registry = Registry()
    with pytest.raises(DeclarationError, match='"typed" is already registered'):
        registry.add_all([spec_of(computed), spec_of(typed), spec_of(typed)])
    assert list(registry) == []
