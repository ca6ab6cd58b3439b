"""What a body of OpenAI's API asks for, without a server."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from graphide.server.errors import Refusal
from graphide.server.openai_answering import request_of, sampling_of
from graphide.server.openai_schemas import ChatBody, EmbeddingsBody, TextBody
from graphide.server.openai_wanted import NO_LOGPROBS, Wanted, chat_wanted, text_wanted, texts_wanted
from graphide.values import Message, Sampling

HELLO = [{"role": "user", "content": "Hello"}]


def chat(**fields: Any) -> Wanted:
    return chat_wanted(ChatBody.model_validate({"model": "m", "messages": HELLO, **fields}))


def text(**fields: Any) -> Wanted:
    return text_wanted(TextBody.model_validate({"model": "m", "prompt": "Once", **fields}))


def refusal(**fields: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        chat(**fields)
    assert caught.value.status == 400
    return caught.value


def test_a_bare_request_wants_one_answer_of_any_length_with_the_samplers_of_the_model() -> None:
    assert chat() == Wanted(model="m", messages=(Message("user", "Hello"),))
    assert text() == Wanted(model="m", prompts=("Once",), max_tokens=16)


def test_every_role_and_parts_of_text_become_turns() -> None:
    said = [
        {"role": "developer", "content": "Be brief"},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "content": "c"},
        {"role": "tool", "content": "d", "tool_call_id": "1"},
        {"role": "user", "content": "e", "name": "Ann"},
    ]
    assert chat(messages=said).messages == (
        Message("system", "Be brief"),
        Message("user", "a\nb"),
        Message("assistant", "c"),
        Message("tool", "d"),
        Message("user", "e"),
    )


def test_a_picture_is_refused_by_its_place() -> None:
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:"}}]
    found = refusal(messages=[{"role": "user", "content": parts}])
    assert found.param == "messages.0.content.1.type"
    assert '"image_url" cannot be read' in found.message


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"messages": [{"role": "assistant", "content": None, "tool_calls": [{}]}]}, "messages.0.tool_calls"),
        ({"messages": [{"role": "function", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": None}]}, "messages.0.content"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema"),
        ({"response_format": {"type": "json_object"}, "grammar": 'root ::= "x"'}, "grammar"),
    ],
)
def test_what_cannot_be_had_is_refused_with_the_name_of_the_field(fields: dict[str, Any], param: str) -> None:
    assert refusal(**fields).param == param


def test_tools_that_may_not_be_called_are_no_trouble() -> None:
    assert chat(tools=[{"type": "function"}], tool_choice="none") == chat()
    assert chat(tools=[], tool_choice="auto") == chat()


def test_unknown_fields_and_nulls_mean_nothing() -> None:
    assert chat(user="ann", store=True, metadata={"a": "b"}, temperature=None, stop=None, n=None) == chat()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", "0.5"),
        ("temperature", -1),
        ("temperature", float("nan")),
        ("max_tokens", 1.5),
        ("max_tokens", -2),
        ("n", 0),
        ("n", 17),
        ("stream", "yes"),
        ("stop", 3),
        ("seed", 2**64),
        ("logit_bias", {"1": 101}),
        ("top_p", 1.1),
        ("messages", []),
        ("messages", "Hello"),
        ("model", ""),
        ("top_logprobs", 21),
        ("response_format", {"type": "xml"}),
        ("messages", [{"role": "king", "content": "x"}]),
    ],
)
def test_a_wrong_type_or_a_number_out_of_bounds_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        ChatBody.model_validate({"model": "m", "messages": HELLO, field: value})
    assert caught.value.errors()[0]["loc"][0] == field


def test_samplers_that_are_set_count_more_than_those_of_the_model() -> None:
    wanted = chat(temperature=0, top_k=-1, stop="END", logit_bias={"5": -100}, seed=7, repeat_penalty=1.2)
    defaults = Sampling(temperature=1.5, min_p=0.2, stop=("X",))
    assert sampling_of(wanted, 0, defaults) == Sampling(
        temperature=0, top_k=0, min_p=0.2, stop=("END",), logit_bias={"5": -100}, seed=7, repeat_penalty=1.2
    )


def test_a_negative_seed_is_any_seed() -> None:
    assert sampling_of(chat(seed=-1), 0, Sampling()).seed is None


def test_several_answers_have_seeds_of_their_own() -> None:
    assert [sampling_of(chat(n=3, seed=40), choice, Sampling()).seed for choice in range(3)] == [40, 41, 42]
    wanted = text(prompt=["a", "b"], n=2, seed=1)
    asked = [request_of(wanted, choice, Sampling()) for choice in range(wanted.choices)]
    assert [(request.prompt, request.sampling.seed) for request in asked] == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]


def test_a_json_object_is_a_schema_of_its_own() -> None:
    assert chat(response_format={"type": "json_object"}).json_schema == {"type": "object"}
    assert chat(response_format={"type": "text"}).json_schema is None
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    named = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
    assert chat(response_format=named).json_schema == schema
    assert chat(response_format={"type": "json_object", "schema": schema}).json_schema == schema


def test_logprobs_ask_the_engine_for_at_least_one_token() -> None:
    assert chat().logprobs == NO_LOGPROBS
    assert request_of(chat(), 0, Sampling()).logprobs == 0
    assert request_of(chat(logprobs=True), 0, Sampling()).logprobs == 1
    assert request_of(chat(logprobs=True, top_logprobs=3), 0, Sampling()).logprobs == 3
    assert request_of(text(logprobs=0), 0, Sampling()).logprobs == 1


def test_the_newer_name_of_the_length_counts() -> None:
    assert chat(max_tokens=5, max_completion_tokens=9).max_tokens == 9


def test_no_limit_is_said_in_several_ways() -> None:
    assert {chat(max_tokens=value).max_tokens for value in (None, 0, -1)} == {0}


def test_a_text_is_not_filled_in_the_middle_and_answers_are_not_thrown_away() -> None:
    for fields in ({"suffix": "end"}, {"best_of": 3}, {"prompt": ["x"] * 5, "n": 4}):
        with pytest.raises(Refusal):
            text(**fields)
    assert text(suffix="", best_of=1) == text()


@pytest.mark.parametrize("prompt", [[1, 2, 3], [[1, 2]], [], 5])
def test_tokens_as_numbers_are_no_prompt(prompt: Any) -> None:
    with pytest.raises(ValidationError):
        TextBody.model_validate({"model": "m", "prompt": prompt})


def test_texts_for_vectors_are_one_or_many_and_not_empty() -> None:
    def texts(given: Any) -> tuple[str, ...]:
        return texts_wanted(EmbeddingsBody.model_validate({"model": "m", "input": given}))

    assert texts("a") == ("a",)
    assert texts(["a", "b"]) == ("a", "b")
    with pytest.raises(Refusal, match="text 2 is empty"):
        texts(["a", ""])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = st.sampled_from([*ChatBody.model_fields])


@given(st.dictionaries(_FIELDS, _JSON, max_size=6))
def test_whatever_comes_is_understood_or_refused(fields: dict[str, Any]) -> None:
    try:
        wanted = chat(**fields)
    except (ValidationError, Refusal):
        return
    assert request_of(wanted, 0, Sampling()).messages == wanted.messages
