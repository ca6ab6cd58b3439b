"""Answers of one request side by side: whole, in their order, and all over when one fails or nobody reads on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence

import pytest

from graphide.errors import Cancelled, GraphideError, InferenceFault
from graphide.executor.threads import Threads
from graphide.server.errors import Refusal
from graphide.server.openai_answering import Answer
from graphide.server.openai_making import AT_ONCE, side_by_side, streamed, whole
from graphide.server.openai_wanted import Wanted
from graphide.server.openai_wire import Ended, Piece, Reply
from graphide.spec.generation import Embedded
from graphide.values import Message

WAIT = 20


class Talker:
    """Answers with its number and as many words as it is told; counts who speaks, and stops when it is told to."""

    def __init__(self, words: int = 3, *, fails: int = -1, endless: bool = False) -> None:
        self.words = words
        self.fails = fails
        self.endless = endless
        self.lock = threading.Lock()
        self.speaking = 0
        self.most = 0

    def check(self, wanted: Wanted) -> None:
        if wanted.model == "refused":
            raise Refusal(400, "no", param="model")

    def answer(self, wanted: Wanted, choice: int, cancel: threading.Event) -> Answer:
        with self.lock:
            self.speaking += 1
            self.most = max(self.most, self.speaking)
        try:
            said, count = "", 0
            while count < self.words or self.endless:
                if cancel.is_set():
                    raise Cancelled("stopped")
                if choice == self.fails and count == 1:
                    raise InferenceFault("context_overflow", "too long")
                said += f"{choice}.{count} "
                yield Piece(choice, f"{choice}.{count} ")
                count += 1
            return Ended(choice, said, "stop", 5, count)
        finally:
            with self.lock:
                self.speaking -= 1

    def embed(self, texts: Sequence[str], cancel: threading.Event) -> Embedded:
        raise GraphideError("no vectors")


def wanted(answers: int = 1, model: str = "m") -> Wanted:
    return Wanted(model=model, messages=(Message("user", "x"),), answers=answers)


def events(talker: Talker, request: Wanted, cancel: threading.Event) -> list[bytes]:
    reply = Reply("chat", "m", per_prompt=request.answers)
    return [*streamed(talker, request, reply, Threads(), cancel)]


@pytest.mark.parametrize("count", [1, 2, 9])
def test_every_answer_is_whole_and_in_its_own_order(count: int) -> None:
    talker = Talker()
    made = [
        *side_by_side(count, lambda n: talker.answer(wanted(count), n, threading.Event()), Threads(), threading.Event())
    ]
    for choice in range(count):
        pieces = [item.text for item in made if isinstance(item, Piece) and item.choice == choice]
        assert pieces == [f"{choice}.{word} " for word in range(3)]
    assert sorted(item.choice for item in made if isinstance(item, Ended)) == [*range(count)]
    assert talker.most <= AT_ONCE


def test_one_that_fails_ends_the_others_and_is_what_is_raised() -> None:
    talker, cancel = Talker(endless=True, fails=2), threading.Event()
    with pytest.raises(Refusal) as caught:
        events(talker, wanted(4), cancel)
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "messages")
    assert talker.speaking == 0


def test_a_reader_that_leaves_ends_all_of_them() -> None:
    talker, cancel = Talker(endless=True), threading.Event()
    reading = streamed(talker, wanted(4), Reply("chat", "m"), Threads(), cancel)
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    deadline = time.monotonic() + WAIT
    while talker.speaking and time.monotonic() < deadline:
        time.sleep(0.001)
    assert talker.speaking == 0


def test_a_refusal_comes_before_anything_is_said() -> None:
    with pytest.raises(Refusal):
        next(streamed(Talker(), wanted(model="refused"), Reply("chat", "m"), Threads(), threading.Event()))


def test_the_role_comes_with_the_first_piece_so_that_an_early_fault_can_be_a_status() -> None:
    talker = Talker(fails=0)
    talker.words = 0
    first = events(talker, wanted(), threading.Event())[0]
    assert first.count(b"data: ") == 2
    assert b'"role":"assistant"' in first


def test_whole_answers_are_in_the_order_of_their_numbers() -> None:
    body = json.loads(whole(Talker(), wanted(6), Reply("chat", "m", per_prompt=6), Threads(), threading.Event()))
    assert [choice["message"]["content"] for choice in body["choices"]] == [f"{n}.0 {n}.1 {n}.2 " for n in range(6)]
    assert (body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"]) == (5, 18)
