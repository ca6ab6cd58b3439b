"""Cache keys: the same work has the same key whatever it is called, and any other work has another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, strategies as st

from graphide.executor.keys import Seed, key_of, keys_of_values
from graphide.executor.plan import make_plan
from graphide.graph.model import Graph
from tests.support.runs import graph, registry_with

REGISTRY = registry_with()
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.text("abcdefgh", min_size=1, max_size=6)


def key(made: Graph, target: str, *, seed: Seed = Seed(1), sha256: str = "x") -> bytes:  # noqa: B008
    keys: dict[str, Any] = {}
    plan = make_plan(made, REGISTRY, targets=[target])
    for step_id, step in plan.steps.items():
        found = key_of(step, keys, lambda name: {"file": name, "sha256": sha256}, seed)
        assert found is not None
        keys[step_id] = found
    return bytes(keys[target])


@given(JSON, JSON)
def test_values_share_a_key_only_when_they_are_written_the_same(one: Any, other: Any) -> None:
    first, second = (key(graph({"a": ("const", {"value": value})}), "a") for value in (one, other))
    assert (first == second) == (repr(one) == repr(other))


@given(NAMES, NAMES, JSON)
def test_names_of_nodes_do_not_count(a: str, b: str, value: Any) -> None:
    made = graph({f"{a}1": ("const", {"value": value}), f"{b}2": "add"}, [f"{a}1.value -> {b}2.numbers"])
    same = graph({"x": ("const", {"value": value}), "y": "add"}, ["x.value -> y.numbers"])
    assert key(made, f"{b}2") == key(same, "y")


@given(st.lists(st.integers(0, 3), min_size=2, max_size=5), st.randoms())
def test_the_order_of_what_an_input_joins_counts(values: list[int], random: Any) -> None:
    nodes: dict[str, Any] = {"j": "add", **{f"n{i}": ("const", {"value": value}) for i, value in enumerate(values)}}
    edges = [f"n{i}.value -> j.numbers" for i in range(len(values))]
    mixed = random.sample(edges, len(edges))
    in_order = [values[edges.index(edge)] for edge in mixed]
    assert (key(graph(nodes, edges), "j") == key(graph(nodes, mixed), "j")) == (in_order == values)


def test_the_model_the_chosen_seed_the_state_and_the_version_count() -> None:
    made = graph({"q": ("const", {"value": "hi"}), "m": "ask"}, ["q.value -> m.prompt"])
    bypassed = replace(made, nodes={**made.nodes, "m": replace(made.nodes["m"], state="bypassed")})
    keys = [
        key(made, "m"),
        key(made, "m", sha256="y"),
        key(made, "m", seed=Seed(2)),
        key(made, "m", seed=Seed(1, chosen=False)),
        key(bypassed, "m"),
    ]
    assert len(set(keys)) == 5
    assert key(made, "m", seed=Seed(3, chosen=False)) == keys[3]


def test_results_of_steps_that_are_not_kept_have_a_key_for_each_output() -> None:
    one, other = keys_of_values({"a": "x", "b": 1}), keys_of_values({"a": "x", "b": 2})
    assert isinstance(one, dict) and isinstance(other, dict)
    assert one["a"] == other["a"]
    assert one["b"] != other["b"]
