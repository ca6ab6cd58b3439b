"""Answers being made: those of one request side by side, as the events of a stream or as one body. Blocking, for threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue

from graphide.errors import InferenceFault
from graphide.executor.threads import Submit
from graphide.server.errors import Refusal, refusal_of
from graphide.server.openai_answering import Answer, Answerer
from graphide.server.openai_wanted import Wanted
from graphide.server.openai_wire import Ended, Piece, Reply

AT_ONCE = 4
"""Answers to one request that are made at one time; each takes one of the places that a model has."""

_AHEAD = 64
Made = Piece | Ended
Make = Callable[[int], Answer]


def streamed(
    answerer: Answerer, wanted: Wanted, reply: Reply, submit: Submit, cancel: threading.Event
) -> Iterator[bytes]:
    """Yield the events of the answers that a request wants; raises Refusal and GraphideError."""
    opening, ended = reply.opening(wanted.choices), list[Ended]()
    for item in _made(answerer, wanted, submit, cancel):
        if isinstance(item, Ended):
            ended.append(item)
            yield opening + reply.ended(item)
        else:
            yield opening + reply.piece(item)
        opening = b""  # with the first piece: until then an error can be a status
    yield reply.closing(ended)


def whole(answerer: Answerer, wanted: Wanted, reply: Reply, submit: Submit, cancel: threading.Event) -> bytes:
    """Return the body with the answers that a request wants; raises Refusal and GraphideError."""
    return reply.whole([item for item in _made(answerer, wanted, submit, cancel) if isinstance(item, Ended)])


def _made(answerer: Answerer, wanted: Wanted, submit: Submit, cancel: threading.Event) -> Iterator[Made]:
    answerer.check(wanted)
    with spoken_of(wanted):
        yield from side_by_side(wanted.choices, lambda choice: answerer.answer(wanted, choice, cancel), submit, cancel)


@contextmanager
def spoken_of(wanted: Wanted) -> Iterator[None]:
    """Give the fault of a prompt that is too long the code by which clients know it."""
    try:
        yield
    except InferenceFault as fault:
        if fault.kind != "context_overflow":
            raise
        said = refusal_of(fault)
        param = "prompt" if wanted.prompts else "messages"
        raise Refusal(400, said.message, code="context_length_exceeded", param=param) from fault


def side_by_side(count: int, make: Make, submit: Submit, cancel: threading.Event) -> Iterator[Made]:
    """Make `count` answers, AT_ONCE of them at a time, and yield what comes of them as it comes.

    The first that fails stops the others and is raised; so does closing this. `cancel` is what the answers listen to.
    """
    if count == 1:
        yield from _each(make(0))
        return
    making = _Making(deque(range(count)), make, cancel)
    for _ in range(min(count, AT_ONCE)):
        making.running += 1
        submit(making.work)
    try:
        while making.running:
            item = making.out.get()
            if item is None:
                making.running -= 1
            elif isinstance(item, BaseException):
                raise item
            else:
                yield item
    finally:
        cancel.set()
        while making.running:
            making.running -= making.out.get() is None


class _Making:
    """The threads of one request: they take choices that are left, and say None when they take no more."""

    def __init__(self, left: deque[int], make: Make, cancel: threading.Event) -> None:
        self.out: Queue[Made | BaseException | None] = Queue(_AHEAD)
        self.running = 0
        self._left = left
        self._make = make
        self._cancel = cancel

    def work(self) -> None:
        """Make answers until none is left or one fails; never raises."""
        try:
            while not self._cancel.is_set():
                try:
                    choice = self._left.popleft()
                except IndexError:
                    break
                for item in _each(self._make(choice)):
                    self.out.put(item)
        except BaseException as error:  # noqa: BLE001  # it is raised again where the answers are read
            self.out.put(error)
        finally:
            self.out.put(None)


def _each(answer: Answer) -> Iterator[Made]:
    ended = yield from answer
    yield ended
