"""The store of chats with many messages: how long a search, the list, opening, saving and deleting take, and the sidebar.

    python tests/benchmarks/chats.py [--messages 100000] [--repeat 7]

Chats of 40 turns with 40 words each, drawn from 20,000 made-up words; the word "common" stands in every turn, which is the
worst that can be searched for. The disk's own cache is warm.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from graphide.editor.chats_list import ChatList
from graphide.editor.chats_look import Rows, shapes_of
from graphide.editor.chats_shelf import Shelf
from graphide.store.chats import Chats
from graphide.store.database import Database
from graphide.store.search import found
from graphide.store.turns import Turn, Turns

TURNS, WORDS = 40, 40


def filled(chats: Chats, messages: int, words: list[str]) -> list[str]:
    """Write chats with so many messages in all, and return their ids."""
    ids = []
    for _ in range(messages // TURNS):
        turns = {}
        for number in range(1, TURNS + 1):
            text = " ".join(random.choices(words, k=WORDS)) + " common"
            turns[number] = Turn(number, number - 1, "user" if number % 2 else "assistant", text)
        ids.append(chats.begin({"model": "x"}, turns=Turns(turns, {n - 1: n for n in turns})).id)
    return ids


def show(name: str, work: Callable[[], object], repeat: int, limit: str = "none") -> None:
    """Print how long some work takes, as the median and the best of some runs."""
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1e3)
    print(f"{name:<44} median {statistics.median(times):8.1f} ms   best {min(times):8.1f} ms   (limit {limit})")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    random.seed(1)
    words = ["".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=random.randint(2, 9))) for _ in range(20_000)]
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "chats.db")
        chats = Chats(database)
        ids = filled(chats, options.messages, words)
        print(f"{options.messages:,} messages in {len(ids):,} chats")
        for query in ("common", "a", words[7][:3], words[5], f"{words[1]} {words[2]}"):
            show(f'search "{query}"', lambda query=query: found(chats, query), options.repeat, "50 ms")  # type: ignore[misc]
        show("the list of 200 chats", chats.listed, options.repeat, "100 ms")
        show("open a chat", lambda: chats.turns(ids[5]), options.repeat)
        shelf = Shelf(lambda: chats, lambda: None)
        show(
            "the sidebar: asked for, laid out and what is seen of it made",
            lambda: sidebar(shelf, ""),
            options.repeat,
            "100 ms",
        )
        show('the sidebar searched for "common"', lambda: sidebar(shelf, "common"), options.repeat, "100 ms")
        show("the sidebar scrolled to its end", lambda: to_the_end(shelf), 1)
        turns = chats.turns(ids[5])
        longer = iter(range(1_000_000))
        show(
            "save a chat whose last answer has grown",
            lambda: chats.save(ids[5], _grown(turns, next(longer))),
            options.repeat,
        )
        show("delete a chat", lambda: chats.delete(ids.pop()), options.repeat)
        show("take deleted words out of the index", chats.tidy, 1)
        shelf.close()


def sidebar(shelf: Shelf, query: str) -> ChatList:
    """Do what the window does to show the list of chats, but for drawing the shapes."""
    found = ChatList(shelf)
    found.query = query
    found.look()
    shelf.settle()
    rows = Rows(found.rows)
    for number in rows.seen(0.0, 800.0):
        tuple(shapes_of(rows.rows[number], 214.0, found.now, lit=False, over=False, is_open=False))
    return found


def to_the_end(shelf: Shelf) -> None:
    """Ask for more chats until there are none."""
    found, before = sidebar(shelf, ""), 0
    while len(found.rows) > before:
        before = len(found.rows)
        found.more()
        shelf.settle()


def _grown(turns: Turns, number: int) -> Turns:
    last = turns[turns.leaf]
    return turns.with_turn(last._replace(text=f"{last.text} {number}"))


if __name__ == "__main__":
    main()
