"""OpenAI's routes with a real model: texts, costs, forms of answers, and the end of a generation nobody reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI
from server.serving import ROOT, Served

MODEL = "SmolLM2-135M-Instruct.Q4_1"
ASK: Any = [{"role": "user", "content": "Name the capital of France in one short sentence."}]

pytestmark = pytest.mark.real_model


@pytest.fixture
def client(real_server: Served) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{real_server.url}/v1", api_key=real_server.key, max_retries=0, timeout=60) as client:
        yield client


def greedy(client: OpenAI, **fields: Any) -> Any:
    return client.chat.completions.create(
        **{"model": MODEL, "messages": ASK, "temperature": 0, "max_tokens": 12, **fields}
    )


def test_a_stream_and_a_whole_answer_say_and_cost_the_same(client: OpenAI) -> None:
    whole = greedy(client)
    *chunks, last = greedy(client, stream=True, stream_options={"include_usage": True})
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content
    assert "Paris" in whole.choices[0].message.content
    assert chunks[-1].choices[0].finish_reason == whole.choices[0].finish_reason
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (
        whole.usage.prompt_tokens,
        whole.usage.completion_tokens,
    )
    assert last.usage.prompt_tokens_details.cached_tokens > 0
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens


def test_an_answer_is_as_long_as_it_may_be_and_says_that_it_was_cut(client: OpenAI) -> None:
    made = greedy(client, max_tokens=3)
    assert made.usage.completion_tokens == 3
    assert made.choices[0].finish_reason == "length"


def test_a_stop_ends_the_answer_before_it(client: OpenAI) -> None:
    whole = greedy(client).choices[0].message.content
    word = whole.split()[2]
    for stop in (word, [word, "never said"]):
        made = greedy(client, stop=stop)
        assert made.choices[0].message.content == whole[: whole.index(word)]
        assert made.choices[0].finish_reason == "stop"


def test_a_schema_shapes_the_answer(client: OpenAI) -> None:
    schema = {
        "type": "object",
        "properties": {"capital": {"type": "string", "enum": ["Paris", "Rome"]}, "sure": {"type": "boolean"}},
        "required": ["capital", "sure"],
    }
    form = {"type": "json_schema", "json_schema": {"name": "capital", "strict": True, "schema": schema}}
    answer = json.loads(greedy(client, response_format=form, max_tokens=40).choices[0].message.content)
    assert answer["capital"] in ("Paris", "Rome")
    assert isinstance(answer["sure"], bool)
    any_object = greedy(client, response_format={"type": "json_object"}, max_tokens=60, stop="}")
    assert any_object.choices[0].message.content.startswith("{")


def test_a_schema_that_cannot_be_followed_is_the_clients_mistake(client: OpenAI) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"$ref": "https://example.invalid/x.json"}}}
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError):
            greedy(client, response_format=form, stream=stream)
    assert greedy(client, max_tokens=1).usage.completion_tokens == 1


def test_likely_tokens_are_told_beside_the_chosen_one(client: OpenAI) -> None:
    made = greedy(client, logprobs=True, top_logprobs=3, max_tokens=4)
    told = made.choices[0].logprobs.content
    assert len(told) == 4
    for one in told:
        assert len(one.top_logprobs) == 3
        assert one.logprob == one.top_logprobs[0].logprob <= 0  # the likeliest is taken at temperature 0
    streamed = [*greedy(client, logprobs=True, max_tokens=4, stream=True)][-1]
    assert [one.token for one in streamed.choices[0].logprobs.content] == [one.token for one in told]
    plain = client.completions.create(model=MODEL, prompt="1 2 3", max_tokens=3, temperature=0, logprobs=2)
    assert plain.choices[0].logprobs is not None
    assert "".join(plain.choices[0].logprobs.tokens or []) == plain.choices[0].text


def test_several_answers_have_different_seeds_and_one_seed_the_same_answer(client: OpenAI) -> None:
    made = greedy(client, n=3, temperature=1.5, seed=11, max_tokens=10)
    texts = [choice.message.content for choice in made.choices]
    assert len(set(texts)) == 3
    assert made.usage.completion_tokens <= 30
    single = greedy(client, max_tokens=1)
    assert made.usage.prompt_tokens == single.usage.prompt_tokens


def test_a_raw_text_goes_on_without_a_chat_template(client: OpenAI) -> None:
    made = client.completions.create(model=MODEL, prompt="1, 2, 3, 4, 5, 6,", max_tokens=6, temperature=0, echo=True)
    assert made.choices[0].text.startswith("1, 2, 3, 4, 5, 6, 7, 8")
    assert made.usage is not None and made.usage.completion_tokens == 6


@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_that_does_not_fit_is_refused_by_the_code_that_clients_know(
    client: OpenAI, stream: bool
) -> None:
    long: Any = [{"role": "user", "content": "word " * 9000}]
    with pytest.raises(openai.BadRequestError) as caught:
        greedy(client, messages=long, stream=stream)
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "messages")


def test_vectors_of_a_model_tell_near_from_far(client: OpenAI) -> None:
    texts = ["The cat sleeps on the sofa", "A kitten naps on the couch", "Interest rates rose by two percent"]
    made = client.embeddings.create(model=MODEL, input=texts)
    cat, kitten, rates = (one.embedding for one in made.data)
    dot = lambda one, other: sum(a * b for a, b in zip(one, other, strict=True))  # noqa: E731
    assert dot(cat, cat) == pytest.approx(1, abs=1e-4)
    assert dot(cat, kitten) > dot(cat, rates)
    assert made.usage.prompt_tokens > 15


def test_the_name_of_a_model_may_be_short_or_the_default(client: OpenAI) -> None:
    for name in ("default", "SmolLM2", f"{MODEL}.gguf"):
        assert greedy(client, model=name, max_tokens=1).model == name


def test_the_python_on_the_page_of_the_api_runs_as_it_stands_there(
    real_server: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs/openai.md").read_text("utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    own = block.replace("http://127.0.0.1:5005", real_server.url)
    names: dict[str, Any] = {}
    exec(own.replace("what graphide serve --show-key prints", real_server.key), names)
    names["client"].close()
    assert len(capsys.readouterr().out.split()) > 3
