"""What OpenAI's API answers, as bytes, without a server."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

from hypothesis import given, strategies as st

from graphide.inference.protocol import TokenLogprob
from graphide.server.openai_wire import DONE, Ended, Piece, Reply, embeddings

TOKENS = (TokenLogprob(1, "Hi", -0.5, ((1, "Hi", -0.5), (2, "Ho", -1.5))), TokenLogprob(3, "\ufffd", -2.0, ()))


def reply(kind: Any = "chat", **options: Any) -> Reply:
    return Reply(kind, "m", id="id", created=1, **options)


def events(data: bytes) -> list[Any]:
    lines = [line for line in data.decode().split("\n\n") if line]
    assert all(line.startswith("data: ") and "\n" not in line for line in lines)
    return [line if line == "data: [DONE]" else json.loads(line[6:]) for line in lines]


def test_a_chat_answers_whole_with_its_cost() -> None:
    body = json.loads(reply().whole([Ended(0, "Hi", "length", 5, 2, 3)]))
    assert body == {
        "id": "id",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "system_fingerprint": "graphide",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi", "refusal": None},
                "logprobs": None,
                "finish_reason": "length",
            }
        ],
        "usage": {
            "prompt_tokens": 5,
            "completion_tokens": 2,
            "total_tokens": 7,
            "prompt_tokens_details": {"cached_tokens": 3},
        },
    }


def test_a_stream_has_the_role_first_and_the_reason_on_a_chunk_of_its_own() -> None:
    made, ended = reply(), Ended(0, "Hi", "stop", 5, 2)
    data = made.opening(1) + made.piece(Piece(0, "Hi")) + made.ended(ended) + made.closing([ended])
    *chunks, last = events(data)
    assert last == DONE.decode().strip()
    assert [chunk["choices"][0]["delta"] for chunk in chunks] == [
        {"role": "assistant", "content": ""},
        {"content": "Hi"},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, "stop"]
    assert not any("usage" in chunk for chunk in chunks)


def test_the_usage_comes_only_where_it_was_asked_for_and_without_a_choice() -> None:
    made, ended = reply(include_usage=True), Ended(0, "Hi", "stop", 5, 2)
    piece = events(made.piece(Piece(0, "x")))[0]
    usage, _ = events(made.closing([ended]))
    assert piece["usage"] is None
    assert usage["choices"] == []
    assert usage["usage"]["total_tokens"] == 7


def test_a_prompt_counts_once_for_all_of_its_answers() -> None:
    four = [Ended(choice, "x", "stop", 10 * (1 + choice // 2), 3, choice) for choice in (3, 1, 0, 2)]
    body = json.loads(reply("text", per_prompt=2).whole(four))
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2, 3]
    assert body["usage"]["prompt_tokens"] == 30
    assert body["usage"]["completion_tokens"] == 12


def test_logprobs_have_the_chosen_token_and_as_many_others_as_were_wanted() -> None:
    ended = Ended(0, "Hi", logprobs=TOKENS)
    chosen = json.loads(reply(top=1).whole([ended]))["choices"][0]["logprobs"]["content"]
    assert chosen[0] == {
        "token": "Hi",
        "logprob": -0.5,
        "bytes": [72, 105],
        "top_logprobs": [{"token": "Hi", "logprob": -0.5, "bytes": [72, 105]}],
    }
    assert chosen[1]["bytes"] is None
    old = json.loads(reply("text", top=2).whole([ended]))["choices"][0]["logprobs"]
    assert old == {
        "tokens": ["Hi", "\ufffd"],
        "token_logprobs": [-0.5, -2.0],
        "top_logprobs": [{"Hi": -0.5, "Ho": -1.5}, {}],
        "text_offset": [0, 2],
    }


def test_packed_vectors_are_little_endian_floats_in_base64() -> None:
    body = json.loads(embeddings("m", [(0.5, -1.0)], 3, packed=True))
    assert struct.unpack("<2f", base64.b64decode(body["data"][0]["embedding"])) == (0.5, -1.0)
    assert json.loads(embeddings("m", [(0.5, -1.0)], 3, packed=False))["data"][0]["embedding"] == [0.5, -1.0]


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_goes_over_the_wire_on_one_line(text: str) -> None:
    chunk = events(reply().piece(Piece(0, text)))[0]
    assert chunk["choices"][0]["delta"]["content"] == text
