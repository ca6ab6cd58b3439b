"""Schema: JSON Schema of graph files, tried on files that graphide reads and on some that it refuses."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from graphide.graph.file import dumps
from graphide.graph.model import Graph
from graphide.graph.schema import schema
from tests.graph.any_graph import EXAMPLE, graphs
from tests.support.nodes_for_tests import REGISTRY

SCHEMA = schema(REGISTRY)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_it_is_a_schema_and_the_example_fits_it() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    VALIDATOR.validate(json.loads(EXAMPLE))


@given(graphs())
@settings(max_examples=30, deadline=None)
def test_whatever_graphide_writes_of_unknown_types_fits(graph: Graph) -> None:
    jsonschema.Draft202012Validator(schema({})).validate(json.loads(dumps(graph)))


@pytest.mark.parametrize(
    ("nodes", "edges"),
    [
        ({"a": {"type": "model", "max_tokens": 0}}, []),
        ({"a": {"type": "model", "max_tokens": "9"}}, []),
        ({"a": {"type": "model", "state": "off"}}, []),
        ({"a": {"type": "variable", "kind": "colour"}}, []),
        ({"a": {}}, []),
        ({"a b": {"type": "t"}}, []),
        ({"1": {"type": "t"}}, []),
        ({}, ["a.b->c.d"]),
        ({}, ["a -> b"]),
        ({}, [{"from": "a.b", "to": "c.d"}]),
    ],
)
def test_what_graphide_would_refuse_does_not_fit(nodes: Any, edges: Any) -> None:
    assert not VALIDATOR.is_valid({"graphide": 1, "nodes": nodes, "edges": edges})


def test_unknown_types_settings_and_keys_fit() -> None:
    nodes = {"a": {"type": "odd", "x": [1]}, "übung": {"type": "model", "max_tokens": 5, "new": None}}
    VALIDATOR.validate({"graphide": 1, "nodes": nodes, "edges": ["a.b -> übung.prompt"], "license": {}})


def test_settings_have_their_help_and_default() -> None:
    assert SCHEMA["$defs"]["settings of model"]["properties"]["max_tokens"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 32768,
        "description": "Longest reply, in tokens",
        "default": 512,
    }


def test_a_type_with_a_slash_in_its_name_is_found() -> None:
    named = jsonschema.Draft202012Validator(schema({"a/b~c d": REGISTRY["model"]}))
    assert named.is_valid({"graphide": 1, "nodes": {"n": {"type": "a/b~c d", "max_tokens": 1}}})
    assert not named.is_valid({"graphide": 1, "nodes": {"n": {"type": "a/b~c d", "max_tokens": 0}}})
