"""The echo backend: deterministic, streamed, cancelable, and it fits the schema it is given."""

from __future__ import annotations

import threading
from typing import Any

import jsonschema
import pytest

from graphide.backends.echo import EchoBackend
from graphide.errors import Cancelled
from graphide.spec.generation import Chunk, ModelRequest, SharedPrefix
from graphide.values import Message, Reply, Sampling

HELLO = (Message("system", "be kind"), Message("user", "hello  brave\nworld"))


def answer(**changes: Any) -> tuple[list[str], Reply]:
    request = ModelRequest(
        **{"model": "echo", "messages": HELLO, "sampling": Sampling(seed=4), "max_tokens": 50, **changes}
    )
    stream, pieces = EchoBackend().generate(request, threading.Event()), []
    while True:
        try:
            item = next(stream)
        except StopIteration as stop:
            return pieces, stop.value
        assert isinstance(item, Chunk)
        pieces.append(item.text)


def test_the_answer_is_the_last_user_message_to_the_character() -> None:
    pieces, reply = answer()
    assert reply.text == "".join(pieces) == "hello  brave\nworld"
    assert len(pieces) == 3


def test_the_conversation_gains_the_answer_and_the_usage_counts_words() -> None:
    _, reply = answer()
    assert reply.messages == (*HELLO, Message("assistant", "hello  brave\nworld"))
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.seed) == (5, 3, 4)


def test_max_tokens_cuts_and_says_so() -> None:
    _, reply = answer(max_tokens=2)
    assert (reply.text, reply.usage.stop_reason) == ("hello  brave\n", "length")


@pytest.mark.parametrize(
    "schema",
    [
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "n": {"type": "integer", "minimum": 3}},
            "required": ["a", "n"],
        },
        {"type": "array", "items": {"enum": ["x", "y"]}, "minItems": 2},
        {"anyOf": [{"const": 5}, {"type": "null"}]},
        {"$ref": "#/$defs/p", "$defs": {"p": {"type": "boolean"}}},
    ],
)
def test_a_schema_gets_a_value_that_fits(schema: dict[str, Any]) -> None:
    import json

    _, reply = answer(response="json_schema", json_schema=schema)
    jsonschema.validate(json.loads(reply.text), schema)


def test_a_cancel_ends_the_answer() -> None:
    cancel = threading.Event()
    request = ModelRequest(model="echo", messages=HELLO, sampling=Sampling(), max_tokens=50)
    stream = EchoBackend().generate(request, cancel)
    next(stream)
    cancel.set()
    with pytest.raises(Cancelled):
        next(stream)


def test_an_answer_says_that_it_comes_again_to_the_byte() -> None:
    assert answer()[1].usage.reproducible


def asked(*turns: Message) -> ModelRequest:
    return ModelRequest(model="echo", messages=turns, sampling=Sampling(), max_tokens=50)


def test_prompts_share_the_words_that_they_begin_with_in_the_same_roles() -> None:
    kind = Message("system", "be very kind")
    requests = [
        asked(kind, Message("user", "name a river")),
        asked(kind, Message("user", "name a mountain")),
        asked(Message("user", "be very kind")),
        asked(kind, Message("user", "name a mountain near a river")),
        asked(),
    ]
    assert EchoBackend().shared(requests) == (
        SharedPrefix(),
        SharedPrefix(5, 0),
        SharedPrefix(),
        SharedPrefix(6, 1),
        SharedPrefix(),
    )


def test_vectors_have_length_1_and_are_near_for_the_same_words() -> None:
    texts = ["the sea is deep", "Deep is the SEA!", "bread and butter", "", "the sea"]
    made = EchoBackend().embed("echo", texts, threading.Event())
    products = [sum(a * b for a, b in zip(made.vectors[0], other, strict=True)) for other in made.vectors]
    assert made.tokens == 13
    assert all(sum(x * x for x in vector) == pytest.approx(1) for vector in made.vectors)
    assert products[:2] == pytest.approx([1, 1]) and 0 < products[4] < 1
    assert products[2] < products[4]


def test_a_cancel_ends_the_vectors() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        EchoBackend().embed("echo", ["a"], cancel)
