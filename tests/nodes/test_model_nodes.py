"""The nodes around a model: the request it gets, the reply it gives, the inputs and results of a graph."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from graphide.api import ABSENT, Chunk, GraphideError, Message, Registry, Sampling
from graphide.spec.nodespec import NodeSpec
from graphide_nodes.model import model
from graphide_nodes.output import output
from graphide_nodes.parameters import parameters
from graphide_nodes.variable import variable
from tests.support.context import FakeContext, drive, result

SCHEMA = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}


def check(spec: NodeSpec, **settings: Any) -> str | None:
    assert spec.check is not None
    return spec.check(spec.full(settings))


def messages_for(prompt: Any, **inputs: Any) -> tuple[Message, ...]:
    ctx = FakeContext(replies=["ok"])
    result(model(ctx, prompt, **inputs))
    return ctx.requests[0].messages


def test_a_model_streams_its_reply_and_returns_it() -> None:
    streamed, reply = drive(model(FakeContext(replies=["two words"]), "Say it"))
    assert streamed == [Chunk("two"), Chunk("words")]
    assert reply.text == "two words"
    assert reply.messages == (Message("user", "Say it"), Message("assistant", "two words"))


def test_system_and_contexts_become_one_system_message() -> None:
    assert messages_for("Q", system="S", context=("A", " ", "B")) == (
        Message("system", "S\n\nA\n\nB"),
        Message("user", "Q"),
    )


def test_the_system_message_of_the_prompt_stands_between_system_and_context() -> None:
    prompt = (Message("system", "P"), Message("user", "Q"), Message("system", "later"), Message("user", "R"))
    assert messages_for(prompt, system="S", context=("C",)) == (
        Message("system", "S\n\nP\n\nC"),
        Message("user", "Q"),
        Message("system", "later"),
        Message("user", "R"),
    )


def test_a_conversation_that_is_fed_back_does_not_repeat_the_system_message() -> None:
    first = messages_for("Q", system="S", context=("C",))
    again = (*first, Message("assistant", "A"), Message("user", "R"))
    assert messages_for(again, system="S", context=("C",)) == again


def test_without_any_instruction_there_is_no_system_message() -> None:
    assert messages_for("Q", system=" ") == (Message("user", "Q"),)


def test_a_prompt_without_a_turn_to_answer_is_refused() -> None:
    with pytest.raises(GraphideError, match="no turn to answer"):
        messages_for((Message("system", "S"),))


def test_every_setting_reaches_the_request() -> None:
    ctx = FakeContext(replies=['{"age": 3}'])
    sampling = Sampling(temperature=0.1)
    result(
        model(
            ctx,
            "Q",
            sampling=sampling,
            model="m",
            max_tokens=9,
            n_ctx=64,
            overflow="middle_out",
            response="json_schema",
            json_schema=SCHEMA,
            grammar="unused",
        )
    )
    request = ctx.requests[0]
    assert (request.model, request.max_tokens, request.n_ctx, request.overflow) == ("m", 9, 64, "middle_out")
    assert (request.response, request.json_schema, request.grammar) == ("json_schema", SCHEMA, "")
    assert request.sampling == sampling


def test_a_reply_that_does_not_fit_its_schema_is_an_error_with_the_place() -> None:
    with pytest.raises(GraphideError, match=r"does not fit the JSON schema: \$\.age: 'x' is not of type 'integer'"):
        result(model(FakeContext(replies=['{"age": "x"}']), "Q", response="json_schema", json_schema=SCHEMA))


@pytest.mark.parametrize(("reason", "setting"), [("length", "max_tokens"), ("context_full", "n_ctx")])
def test_a_reply_that_was_cut_off_says_so(reason: str, setting: str) -> None:
    ctx = FakeContext(replies=['{"age": '], stop_reason=reason)
    with pytest.raises(GraphideError, match=f"cut off .*Raise {setting}"):
        result(model(ctx, "Q", response="json_schema", json_schema=SCHEMA))


def test_a_wrong_schema_is_refused_before_the_model_is_asked() -> None:
    ctx = FakeContext(replies=["{}"])
    with pytest.raises(GraphideError, match="JSON schema is wrong at"):
        result(model(ctx, "Q", response="json_schema", json_schema={"type": "objekt"}))
    assert ctx.requests == []


def test_a_schema_never_fetches_another_one() -> None:
    schema = {"$ref": "http://localhost:9/schema.json"}
    with pytest.raises(GraphideError, match="JSON schema cannot be used"):
        result(model(FakeContext(replies=["{}"]), "Q", response="json_schema", json_schema=schema))


def test_a_model_that_is_to_fit_a_schema_needs_one(registry: Registry) -> None:
    assert '"json_schema" is empty' in (check(registry["model"], response="json_schema") or "")
    assert '"grammar" is empty' in (check(registry["model"], response="gbnf") or "")
    assert check(registry["model"]) is None


def test_parameters_have_every_sampler_and_its_default(registry: Registry) -> None:
    settings = registry["parameters"].settings
    assert set(settings) == {field.name for field in fields(Sampling)}
    assert all(setting.field.help for setting in settings.values())
    assert parameters() == Sampling()
    assert parameters(**{name: setting.default for name, setting in settings.items()}) == Sampling()


def test_parameters_refuse_unknown_samplers_and_wrong_biases(registry: Registry) -> None:
    spec = registry["parameters"]
    assert check(spec) is None
    assert 'unknown one, "top_x"' in (check(spec, samplers=["top_x"]) or "")
    assert "twice" in (check(spec, samplers=["top_k", "top_k"]) or "")
    assert 'logit_bias of "no"' in (check(spec, logit_bias={"no": "much"}) or "")


def test_a_variable_gives_its_value_with_the_type_of_its_kind(registry: Registry) -> None:
    spec = registry["variable"]
    kinds = {kind: spec.outputs_for({"kind": kind})[0].wires[0] for kind in spec.settings["kind"].field.choices}  # type: ignore[attr-defined]
    assert kinds == {
        "text": "text", "longtext": "text", "number": "number", "integer": "number", "toggle": "boolean",
        "choice": "text", "list": "list", "json": "json", "file": "text",
    }  # fmt: skip
    assert variable(FakeContext(), value="tides") == {"value": "tides"}


def test_a_variable_without_a_value_starts_as_its_widget_does_or_must_be_given(registry: Registry) -> None:
    assert variable(FakeContext(), kind="toggle") == {"value": False}
    assert variable(FakeContext(), kind="choice", choices=["b", "a"]) == {"value": "b"}
    assert variable(FakeContext(), kind="integer", low=3) == {"value": 3}
    assert variable(FakeContext(), kind="json") == {"value": None}
    with pytest.raises(GraphideError, match=r'the input "topic" has no value\. Give it with -i topic=…'):
        variable(FakeContext("topic"))
    unset, given = (registry["variable"].outputs_for(settings)[0] for settings in ({}, {"value": ""}))
    assert (unset.required, unset.default) == (True, ABSENT)
    assert (given.required, given.default) == (False, "")


def test_a_variable_refuses_a_value_that_does_not_fit(registry: Registry) -> None:
    spec = registry["variable"]
    assert check(spec, kind="integer", value=2.5) == "value needs a whole number, but this is 2.5"
    assert check(spec, kind="number", value=11, high=10) == "value needs a number of at most 10, but this is 11"
    assert check(spec, kind="number", low=2, high=1) == "low (2) is above high (1)"
    assert 'needs "choices"' in (check(spec, kind="choice") or "")
    assert check(spec) is None
    with pytest.raises(GraphideError, match="value needs one of a, b"):
        variable(FakeContext(), kind="choice", choices=["a", "b"], value="c")


def test_a_file_variable_gives_the_text_of_the_file() -> None:
    ctx = FakeContext(files={"essay.txt": "Once."})
    assert variable(ctx, kind="file", value="essay.txt") == {"value": "Once."}


def test_an_output_hands_its_value_on_and_writes_it_where_asked() -> None:
    ctx = FakeContext()
    assert output(ctx, None) is None
    assert output(ctx, (Message("user", "Hi"),), to="file", path="chat.json") == (Message("user", "Hi"),)
    assert output(ctx, "text", to="file", path="a.txt") == "text"
    assert json.loads(ctx.files["chat.json"]) == [{"role": "user", "content": "Hi"}]
    assert ctx.files["chat.json"].startswith("[\n  {")
    assert ctx.files["a.txt"] == "text"


def test_an_output_to_a_file_needs_a_path(registry: Registry) -> None:
    assert '"path" is empty' in (check(registry["output"], to="file") or "")
    assert "name is empty" in (check(registry["output"], name=" ") or "")
