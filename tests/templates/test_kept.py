"""Templates of the user beside the packaged ones: looked up by id, never by path; kept, renamed, removed and put back."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphide.errors import GraphideError, UsageError
from graphide.graph.model import Graph, Node
from graphide.paths import templates_folder
from graphide.templates import Templates, id_of, tags_of

MINE = Graph({"a": Node("a", "variable", {"value": "x"})}, title="Old title", about="Old words.")


@pytest.fixture
def templates(tmp_path: Path) -> Templates:
    return Templates(tmp_path / "templates")


def test_packaged_ones_are_there_from_the_start(templates: Templates) -> None:
    found = templates.listed()
    assert {each.id for each in found.templates} == {path.stem for path in templates_folder().glob("*.json")}
    assert {each.origin for each in found.templates} == {"packaged"} and not found.unreadable
    assert templates.load("hello").title == "Hello" and not templates.folder.exists()


def test_a_graph_is_kept_with_name_description_and_tags(templates: Templates) -> None:
    kept = templates.save(MINE, " Tone: rewrite! ", about="For letters.", tags=["tone", " ", "tone", "letters"])
    assert (kept.id, kept.title, kept.about, kept.tags) == (
        "tone_rewrite",
        "Tone: rewrite!",
        "For letters.",
        ("tone", "letters"),
    )
    again = templates.load("tone_rewrite")
    assert again == kept and again.graph.nodes == MINE.nodes and again.origin == "user"
    assert [each.id for each in templates.listed().templates][-1] == "tone_rewrite"
    assert tags_of(MINE) == ()


def test_a_name_that_is_taken_is_refused_unless_an_own_one_is_replaced(templates: Templates) -> None:
    templates.save(MINE, "Mine")
    with pytest.raises(UsageError, match='a template "mine" already'):
        templates.save(MINE, "mine")
    with pytest.raises(UsageError, match='a template "hello" already'):
        templates.save(MINE, "Hello")
    assert templates.save(MINE, "MINE", about="New.", anew=True).about == "New."
    assert len(list(templates.folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "id"),
    [("Hello", "hello"), ("Über uns 2", "über_uns_2"), ("../../etc/passwd", "etc_passwd"), ("empty", "empty_"), ("NUL", "nul_")],
)  # fmt: skip
def test_an_id_is_made_of_letters_and_digits(name: str, id: str) -> None:
    assert id_of(name) == id


@pytest.mark.parametrize("name", ["", "  ", "..", "/", "x" * 100, "a\nb", "—"])
def test_a_name_without_any_is_refused(templates: Templates, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        templates.save(MINE, name)
    assert not templates.folder.exists()


@pytest.mark.parametrize("id", ["../kept", "..", "/etc/passwd", "templates/mine", "helo", ""])
def test_an_id_is_never_a_path(templates: Templates, tmp_path: Path, id: str) -> None:
    templates.save(MINE, "mine")
    (tmp_path / "kept.json").write_text('{"graphide": 1}')
    for use in (templates.load, templates.remove):
        with pytest.raises(UsageError) as raised:
            use(id)
        assert "no template" in str(raised.value)
    assert (tmp_path / "kept.json").exists()


def test_an_own_one_gets_another_name_and_its_file_goes_along(templates: Templates) -> None:
    templates.save(MINE, "First", tags=["a"])
    changed = templates.describe("first", "Second", about="Better.", tags=["b"])
    assert (changed.id, changed.about, changed.tags) == ("second", "Better.", ("b",))
    assert [path.name for path in templates.folder.iterdir()] == ["second.json"]
    assert templates.describe("second", "SECOND", about="", tags=[]).id == "second"
    with pytest.raises(UsageError, match="already"):
        templates.describe("second", "Hello", about="", tags=[])
    with pytest.raises(UsageError, match="belongs to graphide"):
        templates.describe("hello", "Mine", about="", tags=[])


def test_what_is_removed_can_be_put_back_as_it_was(templates: Templates) -> None:
    path = templates.save(MINE, "Mine").path
    before = path.read_bytes()
    removed = templates.remove("mine")
    assert not path.exists() and "mine" not in templates.ids() and removed.template.title == "Mine"
    templates.put_back(removed)
    assert path.read_bytes() == before
    with pytest.raises(UsageError, match="again already"):
        templates.put_back(removed)
    with pytest.raises(UsageError, match="belongs to graphide"):
        templates.remove("hello")


def test_an_own_one_takes_the_place_of_a_packaged_one_with_its_id(templates: Templates) -> None:
    templates.folder.mkdir()
    (templates.folder / "hello.json").write_text('{"graphide": 1, "title": "My hello"}')
    assert templates.load("hello").title == "My hello" and templates.ids()["hello"].parent == templates.folder
    assert [each.title for each in templates.listed().templates if each.id == "hello"] == ["My hello"]
    templates.remove("hello")
    assert templates.load("hello").title == "Hello"


def test_a_file_that_is_no_graph_is_listed_with_the_reason_and_can_be_removed(templates: Templates) -> None:
    templates.folder.mkdir()
    (templates.folder / "broken.json").write_text("{")
    assert [(each.path.stem, "JSON" in each.problem) for each in templates.listed().unreadable] == [("broken", True)]
    with pytest.raises(GraphideError, match="JSON"):
        templates.load("broken")
    templates.remove("broken")
    assert not templates.listed().unreadable


def test_too_many_or_too_long_tags_are_refused(templates: Templates) -> None:
    for tags in ([str(number) for number in range(13)], ["x" * 100]):
        with pytest.raises(UsageError, match="cannot be tags"):
            templates.save(MINE, "Mine", tags=tags)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GraphideError, match="cannot create the folder"):
        Templates(tmp_path / "file" / "templates").save(MINE, "Mine")
