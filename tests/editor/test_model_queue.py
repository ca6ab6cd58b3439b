"""Downloads in the dialog of models, without its window: their order, what can be done with them, restarts and other windows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.paths import HOME_VARIABLE, models_folder
from graphide.spec.registry import Registry
from tests.editor.browsing_models import (
    Browsing,
    browsing,
    found,
    labels,
    looking_after,
    press,
)
from tests.support.downloading import FILE, REPO, content
from tests.support.fake_hub import FakeHub, fake_hub

HUGE = "ada/huge-GGUF"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    models_folder().mkdir(parents=True)
    (models_folder() / "here-Q8_0.gguf").write_bytes(content(9))
    (models_folder() / "cut-Q8_0.gguf").write_bytes(content(9)[:2000])
    with fake_hub(page=20) as hub:
        files = {FILE: content(), "tiny-Q8_0.gguf": content(2, 4_000_000), "README.md": b"# Tiny\n"}
        hub.add(REPO, files, parameters=5_000_000)
        hub.add(HUGE, {"huge-Q4_K_M.gguf": content(2)}, parameters=900_000_000_000, gated=True)
        yield hub


@pytest.fixture
def person(registry: Registry, tmp_path: Path, hub: FakeHub) -> Iterator[Browsing]:
    with browsing(registry, tmp_path, hub) as person:
        yield person


def test_the_queue_is_shown_in_its_order_and_one_that_waits_can_go_first(person: Browsing, hub: FakeHub) -> None:
    hub.rate = 300_000
    hub.add("ada/third-GGUF", {"third-Q4_K_M.gguf": content(4)}, parameters=5_000_000)
    state = looking_after(person)
    browser = person.browser
    browser.downloads.set_limits(parallel=1, rate=0)
    for repo in (REPO, "ada/third-GGUF"):
        browser.look_at(repo)
        person.until(lambda: browser.offer is not None)
        assert browser.offer is not None
        for form in browser.offer.forms:
            browser.download(form)
    person.until(lambda: len(state.queue.rows) == 3)
    browser.downloads.set_limits(parallel=1, rate=0)
    person.until(lambda: [row.place for row in state.queue.rows][-1] > 0)
    state.go("downloads")
    last = state.queue.rows[-1]
    state.queue.light_id(last.id)
    before = [row.id for row in state.queue.rows if row.busy and not row.place]
    assert press(state, "ctrl+up")
    person.until(lambda: any(row.id == last.id and not row.place for row in state.queue.rows))
    person.until(lambda: person.session.downloading is not None and person.session.downloading.count == 3)
    running = {row.id for row in state.queue.rows if row.busy and not row.place}
    assert last.id in running and not set(before) <= running, "one that ran waits for its turn now"
    assert str(person.session.downloading).startswith("3 downloads · ")
    assert "3 downloads are paused" in parting(person)
    for row in state.queue.rows:
        browser.downloads.do("cancel", row.id)
    person.until(lambda: state.queue.rows == ())


def parting(person: Browsing) -> str:
    from graphide.editor.model_actions import parting

    return parting(person.session)


def test_space_pauses_and_delete_asks_before_bytes_are_lost(person: Browsing, hub: FakeHub) -> None:
    hub.rate = 300_000
    state = looking_after(person)
    found(person, state, "tiny")
    state.press("download")
    state.go("downloads")
    person.until(lambda: state.queue.row is not None and state.queue.row.fraction > 0)
    assert labels(state) == ["Pause", "Cancel download", "Close"]
    press(state, "space")
    person.until(lambda: state.queue.row is not None and state.queue.row.state == "paused")
    assert labels(state)[0] == "Resume" and person.session.downloading is None
    press(state, "delete")
    question = person.session.popups.dialog
    assert question is not None and question.what == "ask" and "of 4 MB" in question.text
    person.session.popups.answer("cancel_it")
    person.until(lambda: state.queue.rows == ())


def test_the_speed_can_be_limited_from_now_on(person: Browsing) -> None:
    state = looking_after(person)
    assert state.queue.rate == "No speed limit"
    state.queue.limit("At most 1.0 MB/s")
    assert state.queue.problem == "" and state.queue.rate == "At most 1.0 MB/s"
    assert person.session.workspace.settings.download_rate == 1_000_000


def test_a_download_that_fails_says_so_and_leads_to_the_downloads(person: Browsing) -> None:
    state = looking_after(person)
    found(person, state, "huge", HUGE)
    state.press("download")
    person.until(lambda: person.session.toasts.shown and person.session.toasts.shown[-1].action == "downloads")
    assert (
        "HF_TOKEN" in person.session.toasts.shown[-1].message or "conditions" in person.session.toasts.shown[-1].message
    )
    state.go("downloads")
    assert labels(state)[0] == "Try again"


def test_downloads_go_on_at_the_next_start(registry: Registry, tmp_path: Path, hub: FakeHub) -> None:
    from graphide.editor.model_actions import go_on

    hub.rate = 400_000
    with browsing(registry, tmp_path, hub) as person:
        state = looking_after(person)
        found(person, state, "tiny")
        state.press("download")
        person.until(lambda: (row := state.find.row) is not None and row.fraction > 0.1)
    hub.rate = 0
    with browsing(registry, tmp_path, hub) as person:
        go_on(person.session)
        person.until(lambda: any("goes on" in toast.message for toast in person.session.toasts.shown))
        person.until(lambda: any(row.state == "done" for row in person.browser.downloads.rows or ()))


def test_a_download_that_another_window_is_at_is_left_to_it(registry: Registry, tmp_path: Path, hub: FakeHub) -> None:
    from graphide.editor.model_actions import go_on

    hub.rate = 300_000
    with browsing(registry, tmp_path, hub) as first:
        state = looking_after(first)
        found(first, state, "tiny")
        state.press("download")
        first.until(lambda: (row := state.find.row) is not None and row.fraction > 0)
        with browsing(registry, tmp_path, hub) as second:
            go_on(second.session)
            second.until(lambda: bool(second.browser.downloads.rows))
            rows = second.browser.downloads.rows or ()
            assert [row.state for row in rows] == ["paused"] and second.browser.downloads.busy == 0
        assert first.browser.downloads.busy == 1
    with browsing(registry, tmp_path, hub) as person:
        go_on(person.session)
        person.until(lambda: person.browser.downloads.busy == 1)
