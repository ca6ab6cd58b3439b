"""Looking for files and folders as the dialogs do, without their windows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.editor.browsing import Browser, looked, places, recent_files, save_here
from graphide.editor.file_names import as_written, name_problem
from graphide.spec.registry import Registry
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state", "hello") as person:
        yield person


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    for name in ("b", "A", ".hidden"):
        (root / name).mkdir(parents=True)
    for name in ("two.json", "One.JSON", "picture.png", "notes.txt", ".secret.json"):
        (root / name).write_text("{}")
    (root / "A" / "inner.json").write_text("{}")
    return root


def test_a_folder_shows_folders_first_then_graphs_and_nothing_hidden(folder: Path) -> None:
    browser = Browser("open", folder)
    assert [line.name for line in browser.lines] == ["A", "b", "One.JSON", "picture.png", "two.json"]
    browser.show_all(True)
    assert "notes.txt" in [line.name for line in browser.lines]
    assert [line.name for line in Browser("folder", folder).lines] == ["A", "b"]


def test_the_keyboard_goes_through_folders_and_takes_a_file(folder: Path) -> None:
    browser = Browser("open", folder)
    browser.step(1)
    assert browser.result() is None and browser.folder.path == folder / "A"
    assert [line.name for line in browser.lines] == ["inner.json"]
    browser.up()
    assert browser.line is not None and browser.line.name == "A"
    browser.search("one")
    assert browser.result() == folder / "One.JSON"
    browser.search("nothing like it")
    assert browser.result() is None and browser.line is None
    browser.search("")
    browser.step(-1)
    assert browser.line is not None and browser.line.name == "two.json"


def test_a_typed_path_leads_to_a_folder_or_a_file(folder: Path) -> None:
    browser = Browser("open", folder)
    assert browser.typed_path("A") is None and browser.folder.path == folder / "A"
    assert browser.typed_path(str(folder / "notes.txt")) == folder / "notes.txt"
    assert browser.typed_path("no such place") is None and browser.folder.path == folder / "A"


def test_a_name_to_save_under_is_checked_and_gets_its_ending(folder: Path) -> None:
    browser = Browser("save_as", folder, name="")
    assert browser.result() is None and browser.problem() == "a name is missing"
    browser.name = "mine"
    assert browser.result() == folder / "mine.json"
    browser.name = "a/b"
    assert browser.result() is None and "without" in browser.problem()
    browser.name = str(folder / "A" / "deep.json")
    assert browser.result() == folder / "A" / "deep.json"
    browser.up()
    browser.light([line.name for line in browser.lines].index("two.json"))
    assert browser.result() == folder / "two.json"
    assert name_problem("x" * 300) and name_problem("..")


def test_a_new_folder_is_made_and_entered_or_says_why_not(folder: Path) -> None:
    browser = Browser("save_as", folder, name="g.json")
    assert "already" in browser.make_folder("A") and browser.make_folder(" ") == "a name is missing"
    assert browser.make_folder("fresh") == "" and browser.folder.path == folder / "fresh"
    assert browser.result() == folder / "fresh" / "g.json"


def test_a_folder_that_cannot_be_read_says_so(folder: Path) -> None:
    assert "cannot be read" in looked(folder / "gone", None).problem
    assert Browser("open", folder / "gone").folder.path == Path.home()


def test_a_file_for_a_setting_is_named_from_the_folder_of_the_graph(folder: Path) -> None:
    inner = folder / "A" / "inner.json"
    assert as_written(inner, folder / "two.json") == "A/inner.json"
    assert as_written(inner, folder / "b" / "g.json") == as_written(inner, None) == str(inner)


def test_very_many_files_are_cut_off_with_a_count(tmp_path: Path) -> None:
    for number in range(2_010):
        (tmp_path / f"{number}.json").touch()
    found = looked(tmp_path, (".json",))
    assert len(found.lines) == 2_000 and found.more == 10


def test_places_and_recent_files_are_those_that_are_there(folder: Path) -> None:
    recent = (str(folder / "two.json"), str(folder / "gone.json"), str(folder / "picture.png"))
    assert [place.path.name for place in recent_files(recent)] == ["two.json", "picture.png"]
    assert folder in [place.path for place in places(recent)]
    assert places((), folder)[0].path == folder


def test_saving_over_another_file_asks_and_cancel_leads_back(person: Hands, folder: Path) -> None:
    session = person.session
    session.act("save_as")
    asked = session.popups.dialog
    save_here(session, folder / "two.json")
    assert session.popups.dialog is not None and session.popups.dialog.title == "Replace two.json?"
    person.key("escape")
    assert session.popups.dialog is asked and (folder / "two.json").read_text() == "{}"
    save_here(session, folder / "two.json")
    session.popups.answer("replace")
    assert session.popups.dialog is None and session.tab.document.path == folder / "two.json"
    assert '"task"' in (folder / "two.json").read_text()
    session.act("save_as")
    save_here(session, folder / "two.json")  # its own file needs no question
    assert session.popups.dialog is None
