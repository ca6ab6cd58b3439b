"""The dialog of models without its window: choosing, finding, downloading for who asked, and looking after what is here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.editor.dialogs import Dialog
from graphide.models.hub import Hub
from graphide.paths import HOME_VARIABLE, models_folder
from graphide.spec.registry import Registry
from tests.editor.browsing_models import (
    Browsing,
    browsing,
    choose,
    choosing,
    found,
    labels,
    looking_after,
    opened,
    press,
)
from tests.support.downloading import FILE, REPO, content
from tests.support.fake_hub import TOKEN, FakeHub, fake_hub, sha256_of

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


# --- on this machine


def test_choosing_offers_the_names_that_graphs_may_use_before_the_files(person: Browsing) -> None:
    state = choosing(person)
    names = [row.name for row in state.here.rows]
    assert names[:2] == ["default", "echo"] and "here-Q8_0.gguf" in names and names[-1] == "cut-Q8_0.gguf"
    assert state.here.row is not None and state.here.row.name == "default", "what the node has is lit"
    assert labels(state) == ["Choose", "Add folder …", "Cancel"] and "For “" in state.about
    choose(state, "here-Q8_0.gguf")
    state.press("ok")
    assert person.session.graph.nodes["answer"].settings["model"] == "here-Q8_0.gguf"
    assert person.session.popups.dialog is None


def test_what_default_means_is_chosen_among_files(person: Browsing) -> None:
    chosen: list[object] = []
    dialog = Dialog("models", "Default?", data=("", ""), reply=lambda choice, value: chosen.append((choice, value)))
    person.session.popups.ask(dialog)
    state = opened(person)
    assert {"default", "echo"}.isdisjoint(row.name for row in state.here.rows)
    choose(state, "here-Q8_0.gguf")
    state.press("ok")
    assert chosen == [("ok", "here-Q8_0.gguf")]


def test_a_file_that_is_cut_off_is_shown_with_why_and_not_chosen(person: Browsing) -> None:
    state = choosing(person)
    state.here.light(99)
    state.press("ok")
    assert "truncated" in state.here.problem and person.session.popups.dialog is not None
    press(state, "up")
    assert state.here.problem == "" and state.here.lit == len(state.here.rows) - 2


def test_models_are_looked_after_with_their_names_hash_and_memory(person: Browsing) -> None:
    state = looking_after(person)
    rows = {row.name: row for row in state.here.rows}
    assert "default" not in rows and rows["here-Q8_0.gguf"].fits == "fits"
    state.here.show(rows["here-Q8_0.gguf"].key)
    assert labels(state) == ["Load", "Add folder …", "Close"]
    state.press("verify")
    person.until(lambda: state.here.own is not None and bool(state.here.own.sha256))
    assert state.here.own is not None
    assert dict(state.here.own.details)["SHA-256"] == sha256_of(content(9))
    assert "are free" in state.about and state.tabs[0][1].startswith("On this machine (")
    state.press("default")
    person.until(
        lambda: state.here.own is not None and state.here.own.is_default and "default" in state.here.own.row.names
    )


def test_deleting_asks_first_with_the_file_its_bytes_and_who_uses_it(person: Browsing) -> None:
    session = person.session
    state = choosing(person)
    choose(state, "here-Q8_0.gguf")
    state.press("ok")
    state = looking_after(person)
    state.here.type("here")
    own = state.here.own
    assert own is not None
    assert press(state, "delete") and session.popups.dialog is not None
    question = session.popups.dialog
    assert (
        own.key in question.text
        and "2,999,936 bytes" in question.text
        and "“" in question.text
        and question.what == "ask"
    )
    session.popups.answer("cancel")
    assert own.model.path.exists() and session.popups.dialog is not None and session.popups.dialog.what == "models"
    state.press("delete")
    session.popups.answer("delete")
    person.until(lambda: not own.model.path.exists())
    person.until(lambda: person.browser.here is not None and person.browser.here.at(own.key) is None)


def test_delete_in_a_search_is_for_the_search(person: Browsing) -> None:
    state = looking_after(person)
    state.here.type("here")
    assert not press(state, "delete", typing=True)


# --- find


def test_a_search_begins_when_the_typing_rests_and_shows_fits_with_numbers(person: Browsing, hub: FakeHub) -> None:
    state = looking_after(person)
    state.go("find")
    person.until(lambda: person.browser.searched and not person.browser.searching)
    assert len(state.find.cards) == 2
    asked = len(hub.seen)
    for text in ("t", "ti", "tin", "tiny"):
        state.find.type(text)
        state.tick()
    assert len(hub.seen) == asked and labels(state)[0] == "Search"
    person.until(lambda: not state.tick() and state.find.offer is not None and not person.browser.looking, 40)
    assert [form.name for form in state.find.forms] == ["Q4_K_M", "Q8_0"]
    assert "free with a context of" in state.find.said and "Recommended: " in state.find.said
    assert labels(state)[0] == "Download 4 MB" and state.find.form is not None and state.find.form.take
    press(state, "ctrl+up")
    assert labels(state)[0] == "Download 3 MB" and "Recommended" not in state.find.said


def test_enter_searches_at_once_what_was_typed(person: Browsing) -> None:
    state = looking_after(person)
    state.go("find")
    state.find.type("huge")
    assert state.enter(typing=True) and person.browser.searching and not state.enter(typing=True)


@pytest.mark.parametrize("text", [f"{REPO}:Q4_K_M", f"https://huggingface.co/{REPO}/blob/main/{FILE}"])
def test_a_pasted_name_or_address_shows_that_repository_and_file(person: Browsing, text: str) -> None:
    state = looking_after(person)
    found(person, state, text)
    assert state.find.form is not None and state.find.form.name == "Q4_K_M"


def test_a_filter_is_kept_for_the_next_time(person: Browsing) -> None:
    state = looking_after(person)
    state.go("find")
    state.find.change(author="ada", licence="apache-2.0", sort="likes", fits_only=True)
    person.until(lambda: not person.browser.searching)
    assert [card.repo for card in state.find.cards] == [REPO] and person.browser.left_out == 1
    state.find.change(author="bob")
    person.until(lambda: not person.browser.searching)
    assert state.find.cards == ()
    assert looking_after(person).find.wanted.author == "bob"


def test_a_gated_repository_says_what_to_do_and_takes_a_token(
    person: Browsing, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = looking_after(person)
    found(person, state, "huge", HUGE)
    assert f"{hub.url}/{HUGE}" in state.find.gate and "paste it here" in state.find.gate
    person.browser.keep_token("not a token at all")
    person.until(lambda: bool(person.browser.token_problem))
    monkeypatch.setattr(person.browser._opened().line, "token", lambda: TOKEN)
    person.browser.look_at("")
    person.browser.look_at(HUGE)
    person.until(lambda: "Your token is sent along" in state.find.gate)


# --- downloads for who asked


def test_what_was_downloaded_for_a_node_can_be_chosen_in_the_dialog(person: Browsing) -> None:
    state = choosing(person)
    found(person, state, "tiny")
    state.find.choose(0)
    state.press("download")
    person.until(lambda: state.find.row is not None)
    assert labels(state)[0] == "Show the download"
    state.press("downloads")
    assert state.name == "downloads" and state.queue.row is not None
    person.until(lambda: state.queue.row is not None and state.queue.row.state == "done")
    assert labels(state)[0] == "Choose" and "can be used for" in person.session.toasts.shown[-1].message
    state.press("use")
    assert person.session.graph.nodes["answer"].settings["model"] == FILE
    assert person.session.popups.dialog is None


def test_who_asked_gets_it_also_when_the_dialog_was_closed_and_another_graph_is_shown(person: Browsing) -> None:
    session = person.session
    state = choosing(person)
    tab = session.tab
    found(person, state, "tiny")
    state.find.choose(0)
    state.press("download")
    session.popups.answer("cancel")
    session.act("new")
    assert session.tab is not tab
    person.until(lambda: session.toasts.shown and session.toasts.shown[-1].action == "use_model")
    assert session.act("use_model") and session.tab is tab
    assert session.graph.nodes["answer"].settings["model"] == FILE
    assert not session.act("use_model", quiet=True), "it was used"


def test_a_graph_that_was_closed_meanwhile_needs_nothing(person: Browsing) -> None:
    session = person.session
    state = choosing(person)
    tab = session.tab
    found(person, state, "tiny")
    state.find.choose(0)
    state.press("download")
    session.popups.answer("cancel")
    session.drop(tab)
    person.until(lambda: session.toasts.shown and "is here" in session.toasts.shown[-1].message)
    assert session.toasts.shown[-1].action == "models"


def test_what_is_here_already_is_chosen_and_not_downloaded(person: Browsing) -> None:
    (models_folder() / FILE).write_bytes(content())
    state = choosing(person)
    found(person, state, "tiny")
    state.find.choose(0)
    assert labels(state)[0] == "Choose"
    state.press("ok")
    assert person.session.graph.nodes["answer"].settings["model"] == FILE


def test_without_the_hub_the_catalogue_is_shown_with_why_and_what_to_do(
    registry: Registry, tmp_path: Path, hub: FakeHub
) -> None:
    with browsing(registry, tmp_path, hub, network=False) as person:
        state = looking_after(person)
        state.go("find")
        person.until(lambda: not state.tick() and bool(state.find.trouble))
        assert "switched off" in person.browser.note and all(card.about for card in state.find.cards)
        assert [label for label in labels(state) if label == "Try again"] and state.find.form is None


def test_another_hub_in_the_settings_is_asked_from_then_on(person: Browsing, hub: FakeHub) -> None:
    from graphide.editor import preferences

    state = looking_after(person)
    found(person, state, "tiny")
    with fake_hub() as other:
        other.add("eve/other-GGUF", {"other-Q4_K_M.gguf": content(5)}, parameters=5_000_000)
        person.browser._open_hub = lambda settings: Hub(endpoint=settings.hub, token=lambda: "", cache=tmp_of(person))
        preferences.choose(person.session, hub=other.url)
        person.session.tick()
        assert not person.browser.searched
        state.find.change(text="")
        person.until(lambda: [card.repo for card in state.find.cards] == ["eve/other-GGUF"])


def tmp_of(person: Browsing) -> Path:
    return person.folder / "other answers"


def test_pages_are_changed_by_keys_and_say_what_is_there(person: Browsing) -> None:
    state = looking_after(person)
    for number, name in enumerate(("here", "find", "downloads"), 1):
        assert press(state, f"ctrl+{number}", typing=True) and state.name == name and state.hint
    state.close()
    assert not person.browser.watched
