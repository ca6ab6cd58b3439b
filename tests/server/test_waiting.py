"""Places, queues and the way from a thread to the event loop, without a server."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from graphide.errors import GraphideError
from graphide.server.errors import ClientGone, Refusal
from graphide.server.feed import Feed
from graphide.server.limits import Admission


def never() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()


async def hold(admission: Admission, order: list[int], number: int, until: asyncio.Event) -> None:
    async with admission.place(never()):
        order.append(number)
        await until.wait()


def test_places_are_given_in_the_order_in_which_they_were_asked_for() -> None:
    async def scene() -> list[int]:
        admission, order, until = Admission(2, 10), list[int](), asyncio.Event()
        tasks = [asyncio.create_task(hold(admission, order, number, until)) for number in range(6)]
        await asyncio.sleep(0)
        assert (order, admission.waiting) == ([0, 1], 4)
        until.set()
        await asyncio.gather(*tasks)
        assert admission.waiting == 0
        return order

    assert asyncio.run(scene()) == list(range(6))


def test_who_comes_when_the_queue_is_full_is_sent_away_at_once() -> None:
    async def scene() -> None:
        admission, until = Admission(1, 1, retry=7), asyncio.Event()
        tasks = [asyncio.create_task(hold(admission, [], number, until)) for number in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Refusal) as refused:
            await hold(admission, [], 2, until)
        assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "7")
        until.set()
        await asyncio.gather(*tasks)

    asyncio.run(scene())


def test_no_place_is_lost_when_who_waits_leaves_or_is_cancelled_at_any_moment() -> None:
    async def scene() -> None:
        admission, until = Admission(1, 10), asyncio.Event()
        first = asyncio.create_task(hold(admission, [], 0, until))
        await asyncio.sleep(0)
        gone = never()

        async def leave() -> None:
            async with admission.place(gone):
                raise AssertionError("it has left")

        leaving = asyncio.create_task(leave())
        cancelled = asyncio.create_task(hold(admission, [], 1, until))
        at_the_last_moment = asyncio.create_task(hold(admission, [], 2, until))
        await asyncio.sleep(0)
        gone.set_result(None)
        cancelled.cancel()
        with pytest.raises(ClientGone):
            await leaving
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        assert admission.waiting == 1
        until.set()
        await first  # gives its place to the last one, which is cancelled before it knows
        at_the_last_moment.cancel()
        await asyncio.gather(at_the_last_moment, return_exceptions=True)
        async with asyncio.timeout(1), admission.place(never()):
            pass

    asyncio.run(scene())


def test_when_the_server_ends_nobody_waits_any_more() -> None:
    async def scene() -> None:
        admission, until = Admission(1, 10), asyncio.Event()
        first = asyncio.create_task(hold(admission, [], 0, until))
        waiting = asyncio.create_task(hold(admission, [], 1, until))
        await asyncio.sleep(0)
        admission.close()
        for late in (waiting, hold(admission, [], 2, until)):
            with pytest.raises(Refusal, match="ending"):
                await late
        until.set()
        await first

    asyncio.run(scene())


def test_what_a_thread_makes_arrives_whole_and_in_order() -> None:
    async def scene() -> list[int]:
        feed: Feed[int] = Feed(most=7)
        threading.Thread(target=feed.fill, args=(lambda: iter(range(5_000)),)).start()
        seen: list[int] = []
        while (items := await feed.take(10)) != []:
            assert items is not None and len(items) <= 7
            seen += items
        await feed.ended()
        return seen

    assert asyncio.run(scene()) == list(range(5_000))


def test_a_slow_reader_holds_back_who_makes_what_it_reads() -> None:
    made: list[int] = []

    def make() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    async def scene() -> None:
        feed: Feed[int] = Feed(most=4)
        threading.Thread(target=feed.fill, args=(make,)).start()
        await asyncio.sleep(0.2)
        assert len(made) == 5
        assert await feed.take(1) == [0, 1, 2, 3]
        feed.leave()
        await feed.ended()
        assert len(made) < 20

    asyncio.run(scene())


def test_an_error_comes_after_what_was_made_before_it() -> None:
    def make() -> Iterator[str]:
        yield "made"
        raise GraphideError("broke")

    async def scene() -> None:
        feed: Feed[str] = Feed()
        feed.fill(make)
        assert await feed.take(1) == ["made"]
        with pytest.raises(GraphideError, match="broke"):
            await feed.take(1)

    asyncio.run(scene())


def test_taking_ends_after_the_time_that_was_given() -> None:
    async def scene() -> None:
        feed: Feed[str] = Feed()
        started = time.monotonic()
        assert await feed.take(0.05) is None
        assert 0.04 < time.monotonic() - started < 5

    asyncio.run(scene())
