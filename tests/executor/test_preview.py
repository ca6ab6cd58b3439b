"""What a preview says of prompts that begin alike, with the echo, whose tokens are words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphide.backends.echo import EchoBackend
from graphide.errors import InferenceFault
from graphide.executor.cache import MemoryCache
from graphide.executor.keys import Seed
from graphide.executor.plan import make_plan
from graphide.executor.preview import Shares, preview
from graphide.executor.run import run
from graphide.graph.model import Graph
from graphide.spec.generation import ModelRequest, SharedPrefix
from graphide.values import Json
from tests.support.runs import graph, registry_with, services

PROMPTS = {"a": "tell me of the sea", "b": "tell me of the moon", "c": "something else", "d": "tell me of the moon now"}


def asking(prompts: dict[str, str], **models: str) -> Graph:
    nodes: dict[str, Any] = {}
    for name, text in prompts.items():
        nodes[f"{name}_text"] = ("const", {"value": text})
        nodes[name] = ("ask", {"model": models.get(name, "echo")})
    return graph(nodes, [f"{name}_text.value -> {name}.prompt" for name in prompts])


def shares(made: Graph, **changes: Any) -> dict[str, Shares]:
    registry = registry_with()
    seen = preview(make_plan(made, registry), services(registry, **changes), seed=Seed(1))
    return {step.id: step.shares for step in seen.steps if step.shares}


def test_each_prompt_names_the_first_that_shares_the_most_with_it() -> None:
    assert shares(asking(PROMPTS)) == {"b": Shares("a", 4), "d": Shares("b", 5)}


def test_a_prompt_that_hangs_on_an_answer_shares_nothing_that_could_be_told() -> None:
    made = graph(
        {"q": ("const", {"value": "same words"}), "a": "ask", "b": "ask", "c": "ask"},
        ["q.value -> a.prompt", "a.text -> b.prompt", "q.value -> c.prompt"],
    )
    assert shares(made) == {"c": Shares("a", 2)}


def test_only_prompts_of_one_model_are_compared_whatever_name_it_is_given() -> None:
    class Two(EchoBackend):
        def identity(self, model: str) -> Json:
            return {"file": "one" if model.startswith("one") else "two", "sha256": ""}

    made = asking(dict.fromkeys("abc", "the same"), a="one", b="two", c="one again")
    assert shares(made, backend=Two()) == {"c": Shares("a", 2)}


def test_an_answer_from_the_cache_computes_nothing_for_others() -> None:
    cache, registry = MemoryCache(), registry_with()
    kept = make_plan(asking(PROMPTS), registry, targets=("a",))
    assert [step.shares for step in preview(kept, services(registry)).steps] == [None, None]
    list(run(kept, services(registry, cache=cache), seed=Seed(1)))
    assert shares(asking(PROMPTS), cache=cache) == {"d": Shares("b", 5)}


def test_a_preview_is_shown_where_prompts_cannot_be_compared() -> None:
    class Refuses(EchoBackend):
        def shared(self, requests: Sequence[ModelRequest]) -> tuple[SharedPrefix, ...] | None:
            raise InferenceFault("engine_abort", "the vocabulary is broken")

    class Unknown(EchoBackend):
        def shared(self, requests: Sequence[ModelRequest]) -> tuple[SharedPrefix, ...] | None:
            return None

    assert shares(asking(PROMPTS), backend=Refuses()) == shares(asking(PROMPTS), backend=Unknown()) == {}
