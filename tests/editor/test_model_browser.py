"""The model browser without a window: search, fits, downloads that outlive a restart, against a hub on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.editor.model_cards import Filter
from graphide.models.catalogue import catalogue
from graphide.models.identity import known_sha256
from graphide.models.library import user_cache
from graphide.paths import HOME_VARIABLE
from graphide.spec.registry import Registry
from tests.editor.browsing_models import Browsing, browsing
from tests.support.downloading import FILE, REPO, content
from tests.support.fake_hub import FakeHub, Fault, fake_hub, sha256_of

README = b"---\nlicense: mit\n---\n# Tiny\nA model for tests.\n"


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with fake_hub(page=20) as hub:
        hub.add(REPO, {FILE: content(), "README.md": README}, parameters=5_000_000)
        hub.add("ada/huge-GGUF", {"huge-Q4_K_M.gguf": content(2)}, parameters=900_000_000_000, gated=True)
        yield hub


@pytest.fixture
def person(registry: Registry, tmp_path: Path, hub: FakeHub) -> Iterator[Browsing]:
    with browsing(registry, tmp_path, hub) as person:
        yield person


def search(person: Browsing, wanted: Filter) -> None:
    person.browser.search(wanted)
    person.until(lambda: not person.browser.searching)


def look_at(person: Browsing, repo: str = REPO) -> None:
    person.browser.look_at(repo)
    person.until(lambda: not person.browser.looking)


def download(person: Browsing) -> str:
    look_at(person)
    assert person.browser.offer is not None
    return person.browser.download(person.browser.offer.forms[0])


def state(person: Browsing) -> str:
    rows = person.browser.downloads.rows
    return rows[0].state if rows else ""


# --- search


def test_a_search_gives_cards_with_what_the_hub_says_and_an_estimated_fit(person: Browsing) -> None:
    search(person, Filter())
    cards = {card.repo: card for card in person.browser.cards}
    tiny, huge = cards[REPO], cards["ada/huge-GGUF"]
    assert (tiny.title, tiny.downloads, tiny.licence, tiny.take) == ("tiny-GGUF", 123, "apache-2.0", "Q4_K_M")
    assert tiny.fit is not None and str(tiny.fit).startswith("estimate: ") and tiny.fit.verdict == "fits"
    assert huge.gated and huge.fit is not None and huge.fit.verdict == "does not fit"
    assert huge.fit.needed > 400e9, "the size is guessed from its parameters and the bits in the name"


def test_only_what_fits_is_shown_without_asking_again(person: Browsing, hub: FakeHub) -> None:
    search(person, Filter())
    asked = len(hub.seen)
    person.browser.search(Filter(fits_only=True))
    assert [card.repo for card in person.browser.cards] == [REPO] and person.browser.left_out == 1
    assert not person.browser.searching and len(hub.seen) == asked


def test_a_search_takes_words_and_a_size(person: Browsing) -> None:
    search(person, Filter(text="  tiny "))
    assert [card.repo for card in person.browser.cards] == [REPO]
    search(person, Filter(size=(1_000_000_000, 0)))
    assert [card.repo for card in person.browser.cards] == ["ada/huge-GGUF"]


def test_only_the_newest_search_counts(person: Browsing, hub: FakeHub) -> None:
    hub.order(Fault("wait", after=1), origin="hub")
    person.browser.search(Filter(text="huge"))
    person.browser.search(Filter(text="t"))
    search(person, Filter(text="tiny"))
    assert [card.repo for card in person.browser.cards] == [REPO]
    assert person.browser.wanted.text == "tiny"


def test_without_the_hub_the_dated_catalogue_is_searched(registry: Registry, tmp_path: Path, hub: FakeHub) -> None:
    with browsing(registry, tmp_path, hub, network=False) as person:
        search(person, Filter(text="smollm2"))
        assert person.browser.cards and all("smollm2" in card.title.casefold() for card in person.browser.cards)
        assert all(card.fit is not None and card.about for card in person.browser.cards)
        assert catalogue().dated in person.browser.note and "Switch it on" in person.browser.note
        assert hub.seen == []


def test_a_hub_that_comes_back_is_asked_again(person: Browsing, hub: FakeHub) -> None:
    hub.order(*[Fault("status", status=500)] * 9, origin="hub")
    search(person, Filter())
    assert "Try again" in person.browser.note
    hub.forgive()
    search(person, Filter())
    assert person.browser.note == "" and len(person.browser.cards) == 2


# --- one repository


def test_a_repository_shows_real_sizes_the_one_to_take_and_its_readme(person: Browsing) -> None:
    look_at(person)
    offer = person.browser.offer
    assert offer is not None and offer.measured and offer.readme == "# Tiny\nA model for tests.\n"
    [form] = offer.forms
    assert (form.name, form.chosen.size, form.take) == ("Q4_K_M", len(content()), True)
    assert "free with a context of" in str(form.label) and offer.reason


def test_the_fit_of_the_one_to_take_is_measured_and_the_others_follow_from_it(
    person: Browsing, hub: FakeHub, model_path: Path
) -> None:
    hub.add("ada/smol-GGUF", {"smol-Q8_0.gguf": model_path, "smol-Q4_0.gguf": content(size=1_000_000)})
    look_at(person, "ada/smol-GGUF")
    assert person.browser.offer is not None
    small, large = sorted(person.browser.offer.forms, key=lambda form: form.chosen.size)
    assert large.take and large.label.exact and large.label.n_ctx_max == 8192, large.label
    assert not small.take and not small.label.exact
    beside = large.label.needed - large.chosen.size
    assert small.label.needed == small.chosen.size + beside
    asked = [seen for seen in hub.bytes_seen() if "smol" in seen.path]
    assert len(asked) <= 3 and all(seen.range for seen in asked), "only the header is fetched"


def test_a_repository_that_is_not_there_says_what_to_do(person: Browsing) -> None:
    look_at(person, "ada/gone")
    assert person.browser.offer is None and "Check the name" in person.browser.offer_problem


# --- downloads


def test_a_download_is_shown_until_it_is_in_the_library_with_its_hash(person: Browsing) -> None:
    browser = person.browser
    job = download(person)
    person.until(lambda: browser.here is not None and browser.here.models)
    [row] = browser.downloads.rows or ()
    assert (row.id, row.state, row.fraction, row.can, row.file) == (job, "done", 1.0, ("remove",), FILE)
    assert browser.here is not None
    own = browser.here.models[0]
    assert own.key == row.path and own.origin is not None and own.origin.repo == REPO
    assert known_sha256(own.model.parts, user_cache()) == sha256_of(content())
    assert browser.offer is not None and browser.is_here(browser.offer.forms[0])
    assert FILE in person.session.toasts.shown[-1].message
    browser.downloads.do("remove", job)
    person.until(lambda: browser.downloads.rows == ())
    assert own.model.path.exists(), "only the line is forgotten"


def test_a_download_is_paused_resumed_and_cancelled(person: Browsing, hub: FakeHub) -> None:
    hub.rate = 400_000
    browser = person.browser
    job = download(person)
    person.until(lambda: state(person) == "downloading" and (browser.downloads.rows or ())[0].fraction > 0)
    browser.downloads.do("pause", job)
    person.until(lambda: state(person) == "paused")
    row = (browser.downloads.rows or ())[0]
    assert "paused" in row.said and "of 3 MB" in row.said and row.can == ("resume", "cancel")
    assert browser.downloads.busy == 0
    browser.downloads.resume_all()
    person.until(lambda: state(person) == "downloading")
    browser.downloads.do("cancel", job)
    person.until(lambda: browser.downloads.rows == ())


def test_a_download_goes_on_after_a_restart(registry: Registry, tmp_path: Path, hub: FakeHub) -> None:
    hub.rate = 600_000
    with browsing(registry, tmp_path, hub) as person:
        download(person)
        person.until(lambda: (person.browser.downloads.rows or ()) and person.browser.downloads.rows[0].fraction > 0.2)  # type: ignore[index]
    hub.rate, before = 0, len(hub.bytes_seen())
    with browsing(registry, tmp_path, hub) as person:
        person.browser.downloads.look()
        person.until(lambda: state(person) == "paused")
        [row] = person.browser.downloads.rows or ()
        assert "closed" in row.problem and "Resume" in row.problem
        person.browser.downloads.do("resume", row.id)
        person.until(lambda: state(person) == "done")
    assert hub.bytes_seen()[before].start > 0, "what was here is not asked for again"


def test_a_download_that_is_refused_says_what_to_do(person: Browsing) -> None:
    look_at(person, "ada/huge-GGUF")
    assert person.browser.offer is not None
    person.browser.download(person.browser.offer.forms[0])
    person.until(lambda: state(person) == "failed")
    [row] = person.browser.downloads.rows or ()
    assert "HF_TOKEN" in row.problem


def test_closing_does_not_wait_for_a_hub_that_is_silent(registry: Registry, tmp_path: Path, hub: FakeHub) -> None:
    hub.order(Fault("wait", after=30), origin="hub")
    with browsing(registry, tmp_path, hub) as person:
        person.browser.search(Filter())
        began = time.monotonic()
    assert time.monotonic() - began < 2
