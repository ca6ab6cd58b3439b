"""OpenAI's routes as its own Python client and curl see them, with the echo and with graphs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI
from server.serving import Served

from graphide.chatting.graphs import model_chat
from graphide.graph.file import save
from graphide.spec.registry import Registry
from support.openai_server import answers, cuts, gives, openai_server

HELLO: Any = [{"role": "user", "content": "Hello my friend"}]


def client_of(served: Served) -> OpenAI:
    return OpenAI(base_url=f"{served.url}/v1", api_key=served.key, max_retries=0, timeout=30)


@pytest.fixture
def client(server: Served) -> Iterator[OpenAI]:
    with client_of(server) as client:
        yield client


def said(chunks: Any) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


# --- models


def test_models_are_listed_and_each_can_be_shown(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert "SmolLM2-135M-Instruct.Q4_1" in names
    shown = client.models.retrieve("SmolLM2-135M-Instruct.Q4_1")
    assert (shown.id, shown.owned_by, shown.object) == ("SmolLM2-135M-Instruct.Q4_1", "library", "model")


@pytest.mark.parametrize(
    "name", ["nothing", "graph/nothing", "../../etc/passwd", "/etc/passwd", "a\\b", "nobody/m", "x" * 500]
)
def test_a_name_that_is_not_there_is_not_found_by_any_route(client: OpenAI, name: str) -> None:
    for ask in (
        lambda: client.chat.completions.create(model=name, messages=HELLO),
        lambda: client.chat.completions.create(model=name, messages=HELLO, stream=True),
        lambda: client.completions.create(model=name, prompt="x"),
        lambda: client.embeddings.create(model=name, input="x"),
    ):
        with pytest.raises(openai.NotFoundError) as caught:
            ask()
        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


# --- chats


def test_a_chat_is_answered_whole_with_its_usage(client: OpenAI) -> None:
    made = client.chat.completions.create(model="echo", messages=HELLO)
    assert made.id.startswith("chatcmpl-")
    assert (made.choices[0].message.role, made.choices[0].message.content) == ("assistant", "Hello my friend")
    assert made.choices[0].finish_reason == "stop"
    assert made.usage is not None
    assert (made.usage.prompt_tokens, made.usage.completion_tokens, made.usage.total_tokens) == (3, 3, 6)


def test_a_chat_is_streamed_in_the_order_that_clients_expect(client: OpenAI) -> None:
    chunks = [*client.chat.completions.create(model="echo", messages=HELLO, stream=True)]
    assert said(chunks) == "Hello my friend"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert not chunks[-1].choices[0].delta.content
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    assert all(chunk.usage is None for chunk in chunks)


def test_the_usage_of_a_stream_comes_last_without_a_choice(client: OpenAI) -> None:
    options = {"include_usage": True}
    *chunks, last = client.chat.completions.create(model="echo", messages=HELLO, stream=True, stream_options=options)  # type: ignore[call-overload]
    assert last.choices == []
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (3, 3)
    assert all(chunk.usage is None for chunk in chunks)


def test_several_answers_are_numbered_and_each_is_whole(client: OpenAI) -> None:
    made = client.chat.completions.create(model="echo", messages=HELLO, n=6)
    assert [(choice.index, choice.message.content) for choice in made.choices] == [
        (n, "Hello my friend") for n in range(6)
    ]
    assert made.usage is not None and (made.usage.prompt_tokens, made.usage.completion_tokens) == (3, 18)
    texts = dict.fromkeys(range(6), "")
    ended = set()
    for chunk in client.chat.completions.create(model="echo", messages=HELLO, n=6, stream=True):
        choice = chunk.choices[0]
        texts[choice.index] += choice.delta.content or ""
        ended |= {choice.index} if choice.finish_reason else set()
    assert texts == dict.fromkeys(range(6), "Hello my friend")
    assert ended == set(range(6))


def test_an_answer_that_is_cut_off_says_so(client: OpenAI) -> None:
    made = client.chat.completions.create(model="echo", messages=HELLO, max_tokens=2)
    assert (made.choices[0].message.content, made.choices[0].finish_reason) == ("Hello my ", "length")


def test_an_answer_can_follow_a_schema(client: OpenAI) -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    form: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    made = client.chat.completions.create(model="echo", messages=HELLO, response_format=form)
    assert json.loads(made.choices[0].message.content or "") == {"ok": False}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"temperature": "hot"}, "temperature"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            "messages.0.content.0.type",
        ),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"logprobs": True}, "logprobs"),
        ({"messages": []}, "messages"),
    ],
)
def test_a_bad_field_is_named(client: OpenAI, fields: dict[str, Any], param: str) -> None:
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError) as caught:
            client.chat.completions.create(**{"model": "echo", "messages": HELLO, "stream": stream, **fields})
        assert (caught.value.param, caught.value.type) == (param, "invalid_request_error")


def test_a_wrong_key_is_the_clients_authentication_error(server: Served) -> None:
    with OpenAI(base_url=f"{server.url}/v1", api_key="wrong", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError):
            client.chat.completions.create(model="echo", messages=HELLO)
        with pytest.raises(openai.AuthenticationError):
            client.models.list()


def test_the_older_addresses_answer_the_same(server: Served) -> None:
    with OpenAI(base_url=f"{server.url}/api", api_key=server.key, max_retries=0) as client:
        assert said(client.chat.completions.create(model="echo", messages=HELLO, stream=True)) == "Hello my friend"
        assert client.completions.create(model="echo", prompt="a b").choices[0].text == "a b"


def test_curl_sees_events_and_the_mark_of_the_end(server: Served) -> None:
    body = json.dumps({"model": "echo", "messages": HELLO, "stream": True})
    line = [
        "curl",
        "-sSN",
        "-i",
        f"{server.url}/v1/chat/completions",
        "-d",
        body,
        "-H",
        "Content-Type: application/json",
    ]
    out = subprocess.run(
        [*line, "-H", f"Authorization: Bearer {server.key}"], capture_output=True, text=True, check=True
    )
    head, _, events = out.stdout.replace("\r\n", "\n").partition("\n\n")
    assert "200" in head.splitlines()[0]
    assert "content-type: text/event-stream" in head.lower()
    lines = [line for line in events.split("\n\n") if line.strip()]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"


# --- texts and vectors


def test_texts_go_on_and_several_at_once_are_numbered(client: OpenAI) -> None:
    made = client.completions.create(model="echo", prompt=["a b", "c d"], n=2, echo=True)
    assert [(choice.index, choice.text) for choice in made.choices] == [
        (0, "a ba b"),
        (1, "a ba b"),
        (2, "c dc d"),
        (3, "c dc d"),
    ]
    assert made.object == "text_completion"
    assert made.usage is not None and (made.usage.prompt_tokens, made.usage.completion_tokens) == (4, 8)


def test_a_text_is_streamed(client: OpenAI) -> None:
    chunks = [*client.completions.create(model="echo", prompt="one two three", stream=True)]
    assert "".join(chunk.choices[0].text for chunk in chunks) == "one two three"
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_vectors_come_packed_or_as_numbers_and_are_the_same(client: OpenAI) -> None:
    packed = client.embeddings.create(model="echo", input=["red rose", "blue sea"])
    plain = client.embeddings.create(model="echo", input=["red rose", "blue sea"], encoding_format="float")
    assert [one.index for one in packed.data] == [0, 1]
    for one, other in zip(packed.data, plain.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding, abs=1e-6)
        assert sum(value * value for value in other.embedding) == pytest.approx(1, abs=1e-6)
    assert packed.usage.prompt_tokens == 4


def test_vectors_of_another_width_are_refused(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="have 256 numbers"):
        client.embeddings.create(model="echo", input="x", dimensions=3)


# --- graphs


SUMMARY: Any = {
    "graphide": 1,
    "nodes": {
        "article": {"type": "variable", "kind": "longtext"},
        "made": {"type": "slow", "pieces": 3},
        "out": {"type": "output", "name": "summary"},
    },
    "edges": ["article.value -> made.text", "made.text -> out.value"],
}
"""A graph of one text, which is written by a node that streams."""


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Path:
    folder = tmp_path_factory.mktemp("graphs")
    save(model_chat("echo"), folder / "talk.json", registry)
    (folder / "shorten.json").write_text(json.dumps(SUMMARY), "utf-8")
    return folder


@pytest.fixture
def talking(start: Callable[..., Served], graphs: Path) -> Iterator[OpenAI]:
    with client_of(start(graphs)) as client:
        yield client


def test_a_graph_is_listed_and_answers_chats_like_a_model(talking: OpenAI) -> None:
    assert "graph/talk" in [model.id for model in talking.models.list()]
    messages: Any = [{"role": "system", "content": "Be brief"}, *HELLO]
    for name in ("graph/talk", "talk"):
        made = talking.chat.completions.create(model=name, messages=messages, temperature=0.3, top_p=0.9, max_tokens=1)
        assert made.choices[0].message.content == "Hello my friend"
        assert made.usage is not None and made.usage.completion_tokens == 3
    chunks = [*talking.chat.completions.create(model="graph/talk", messages=messages, stream=True)]
    assert said(chunks) == "Hello my friend"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert talking.completions.create(model="talk", prompt="a b c").choices[0].text == "a b c"


def test_what_a_graph_cannot_be_told_is_refused_by_name(talking: OpenAI) -> None:
    form: Any = {"type": "json_object"}
    with pytest.raises(openai.BadRequestError) as caught:
        talking.chat.completions.create(model="graph/talk", messages=HELLO, response_format=form)
    assert caught.value.param == "response_format"
    with pytest.raises(openai.BadRequestError, match="gives no vectors"):
        talking.embeddings.create(model="graph/talk", input="x")


def test_a_graph_of_one_text_streams_what_its_nodes_make(talking: OpenAI) -> None:
    chunks = [*talking.completions.create(model="graph/shorten", prompt="x", stream=True)]
    assert [chunk.choices[0].text for chunk in chunks if chunk.choices[0].text] == ["x0 ", "x1 ", "x2 "]
    with pytest.raises(openai.BadRequestError, match="cannot be talked with"):
        talking.chat.completions.create(model="graph/shorten", messages=HELLO)


# --- models of other servers


def test_a_model_of_another_server_answers_under_its_name(start: Callable[..., Served]) -> None:
    with openai_server() as upstream:
        upstream.behave(gives({"data": [{"id": "far"}]}), answers("from ", "afar", usage={"prompt_tokens": 7}))
        with client_of(start(model="", GRAPHIDE_SERVERS=json.dumps({"other": upstream.url}))) as client:
            assert "other/far" in [model.id for model in client.models.list()]
            made = client.chat.completions.create(model="other/far", messages=HELLO, temperature=0.5)
            assert made.choices[0].message.content == "from afar"
            assert made.usage is not None and made.usage.prompt_tokens == 7
            assert upstream.asked[-1][3]["temperature"] == 0.5
            with pytest.raises(openai.BadRequestError, match="answers chats only"):
                client.completions.create(model="other/far", prompt="x")


def test_what_goes_wrong_after_the_start_is_an_event_and_then_the_stream_ends(start: Callable[..., Served]) -> None:
    with openai_server() as upstream:
        upstream.usual = cuts("so ", "far")
        served = start(model="", GRAPHIDE_SERVERS=json.dumps({"other": upstream.url}))
        with client_of(served) as client:
            chunks: list[Any] = []
            with pytest.raises(openai.APIError):
                chunks.extend(client.chat.completions.create(model="other/far", messages=HELLO, stream=True))
            assert said(chunks) == "so far"
        body = {"model": "other/far", "messages": HELLO, "stream": True}
        lines = [line for line in served.post("/v1/chat/completions", body).text.split("\n\n") if line.strip()]
        assert set(json.loads(lines[-1].removeprefix("data: "))["error"]) >= {"message", "type", "param", "code"}
        assert "data: [DONE]" not in lines


def test_a_comment_says_that_the_server_lives_while_nothing_is_said(
    start: Callable[..., Served], tmp_path: Path
) -> None:
    slow = {**SUMMARY, "nodes": {**SUMMARY["nodes"], "made": {"type": "slow", "pieces": 2, "pause": 1.0}}}
    (tmp_path / "slowly.json").write_text(json.dumps(slow), "utf-8")
    served = start(tmp_path / "slowly.json", "--heartbeat", "0.2")
    text = served.post("/v1/completions", {"model": "slowly", "prompt": "x", "stream": True}).text
    assert sum(line.startswith(":") for line in text.splitlines()) >= 3
    with client_of(served) as client:
        chunks = [*client.completions.create(model="slowly", prompt="x", stream=True)]
        assert "".join(chunk.choices[0].text for chunk in chunks) == "x0 x1 "
