"""What the model browser is made of: its threads, its words for progress, and the cards of the catalogue."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from graphide.editor.model_cards import Filter, card_of, catalogue_cards, passing
from graphide.editor.model_download_rows import progress_text, row_of_job
from graphide.editor.model_tasks import Tasks
from graphide.errors import Cancelled, UsageError
from graphide.models.catalogue import catalogue
from graphide.models.download_job import Job, Request
from graphide.models.hub import HubModel
from graphide.models.hub_files import HubFile
from tests.support.downloading import wait_until


@pytest.fixture
def tasks() -> Tasks:
    return Tasks(lambda: None)


def job(**known: object) -> Job:
    files = (HubFile("big-00001-of-00002.gguf", 3_000_000_000), HubFile("big-00002-of-00002.gguf", 1_700_000_000))
    request = Request(repo="ada/big", commit="c" * 40, files=files, folder=Path("/models"))
    return Job(request=request, **known)  # type: ignore[arg-type]


# --- threads


def test_work_of_one_key_goes_one_after_the_other(tasks: Tasks) -> None:
    done: list[int] = []
    for number in range(20):
        tasks.begin("disk", lambda _, number=number: number, done.append, pytest.fail)  # type: ignore[misc]
    wait_until(lambda: tasks.deliver() or not tasks.busy("disk"))
    wait_until(lambda: not tasks.busy("disk") and not tasks.deliver())
    assert done == list(range(20))


def test_only_the_newest_is_heard_even_if_it_was_ready_before(tasks: Tasks) -> None:
    heard: list[str] = []
    tasks.begin("ask", lambda _: "old", heard.append, pytest.fail, newest=True)
    wait_until(lambda: not tasks.busy("ask"))
    first = threading.Event()
    tasks.begin("ask", lambda _: "newer" if first.wait(10) else "", heard.append, pytest.fail, newest=True)
    tasks.begin("ask", lambda _: "newest", heard.append, pytest.fail, newest=True)
    first.set()
    wait_until(lambda: not tasks.busy("ask"))
    assert tasks.deliver() and heard == ["old", "newest"], "what had come was heard in its time"


def test_faults_are_sentences_and_a_stop_is_none(tasks: Tasks) -> None:
    said: list[str] = []

    def fails(error: Exception) -> None:
        def work(_: threading.Event) -> None:
            raise error

        tasks.begin("work", work, lambda _: pytest.fail("it failed"), said.append)

    fails(UsageError("there is no such thing", hint="Name another"))
    fails(Cancelled("stopped"))
    fails(ZeroDivisionError("of ours"))
    wait_until(lambda: not tasks.busy("work"))
    tasks.deliver()
    assert said[:2] == ["there is no such thing. Name another", ""] and "of ours" in said[2]


def test_a_closed_window_hears_nothing_more(tasks: Tasks) -> None:
    went_on = threading.Event()

    def work(stop: threading.Event) -> None:
        stop.wait(10)
        went_on.set()

    tasks.begin("work", work, lambda _: pytest.fail("it is closed"), pytest.fail)
    tasks.close()
    assert went_on.is_set() and not tasks.deliver() and not tasks.busy("work")


# --- words


def test_progress_says_how_much_how_fast_and_how_long() -> None:
    going = job(state="downloading", done=1_200_000_000, speed=8_400_000.0, seconds_left=417.0)
    assert progress_text(going) == "1.2 GB of 4.7 GB · 8.4 MB/s · 7 min left"
    assert progress_text(job(state="paused", done=0)) == "paused · 0 B of 4.7 GB"
    assert progress_text(job(state="done", done=4_700_000_000)) == "done · 4.7 GB"


def test_a_download_says_what_is_wrong_and_what_can_be_done() -> None:
    row = row_of_job(job(state="failed", problem="the disk is full", hint="Make room"))
    assert (row.problem, row.can) == ("the disk is full. Make room", ("resume", "cancel"))
    assert row.title == "big-00001-of-00002.gguf and 1 more" and row.file == "big-00001-of-00002.gguf"


# --- cards


def test_a_card_takes_what_fits_the_memory_that_is_free() -> None:
    model = HubModel(repo="ada/m", parameters=8_000_000_000, quantisations=("F16", "Q2_K", "Q4_K_M", "Q8_0"))
    roomy, narrow = card_of(model, free=64 * 10**9), card_of(model, free=5 * 10**9)
    assert (roomy.take, roomy.fits) == ("Q4_K_M", True) and roomy.fit is not None
    assert 4.5e9 < roomy.fit.needed < 5.5e9, "8 billion weights of 4.5 bits, and what is beside them"
    assert narrow.take == "Q2_K" and narrow.fits
    assert not card_of(model, free=10**9).fits


def test_a_card_whose_size_is_not_known_promises_nothing() -> None:
    card = card_of(HubModel(repo="ada/m", quantisations=("Q4_K_M",)), free=10**12)
    assert card.fit is None and not card.fits and passing([card], Filter(fits_only=True)) == ()


def test_the_catalogue_is_searched_by_words_size_and_fit() -> None:
    cards = catalogue_cards(catalogue(), free=2 * 10**9)
    assert len(cards) == len(catalogue().models) and cards[0].repo == catalogue().models[0].spec.repo
    small = passing(cards, Filter(size=(0, 1_000_000_000), fits_only=True))
    assert small and all(card.parameters <= 1_000_000_000 and card.fits for card in small)
    assert passing(cards, Filter(text="trying smollm2"))[0].take == "Q8_0"
    assert passing(cards, Filter(text="nothing like it")) == ()
