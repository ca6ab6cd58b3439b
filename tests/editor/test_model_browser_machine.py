"""The models of this machine in the browser: details, memory, verifying and deleting, with the real engine and files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.editor.model_library import OwnModel
from graphide.editor.settings_form import SettingsForm
from graphide.paths import HOME_VARIABLE, models_folder
from graphide.spec.registry import Registry
from tests.editor.browsing_models import Browsing, browsing
from tests.support.downloading import content
from tests.support.fake_hub import fake_hub


@pytest.fixture
def person(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browsing]:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    models_folder().mkdir(parents=True)
    (models_folder() / "tiny-Q8_0.gguf").write_bytes(content())
    with fake_hub() as hub, browsing(registry, tmp_path, hub) as person:
        yield person


def model(person: Browsing, name: str) -> OwnModel:
    """Return a model as a fresh look shows it."""
    browser = person.browser
    browser.machine.look()
    person.until(lambda: not browser.machine.looking)
    assert browser.here is not None, browser.machine.problem
    return next(own for own in browser.here.models if own.model.file == name)


def ended(person: Browsing, own: OwnModel) -> str:
    """Wait until nothing is done with a model any more, and return what came of it."""
    machine = person.browser.machine
    person.until(lambda: own.key not in machine.going and not machine.looking, 60)
    return machine.said[own.key].text if own.key in machine.said else ""


def test_a_model_shows_its_details_and_whose_it_is(person: Browsing, model_path: Path) -> None:
    tiny, bundled = model(person, "tiny-Q8_0.gguf"), model(person, model_path.name)
    assert (tiny.owner, tiny.is_default, bundled.owner) == ("own", True, "package")
    details = dict(bundled.details)
    assert details["Architecture"] == "llama" and details["Trained context"] == "8,192 tokens"
    assert details["Memory"].endswith("now") and "Loaded" not in details


def test_a_model_is_loaded_shown_with_its_memory_and_closed(person: Browsing, model_path: Path) -> None:
    machine = person.browser.machine
    machine.load(model(person, model_path.name))
    assert machine.going[str(model_path)].doing == "loading"
    loaded = model(person, model_path.name)
    assert ended(person, loaded).startswith("Loaded; it holds ")
    assert person.browser.here is not None
    [loaded] = person.browser.here.loaded
    assert loaded.loaded is not None and loaded.loaded.bytes == person.browser.here.held > 50e6
    assert not loaded.can_load and "context" in dict(loaded.details)["Loaded"]
    machine.unload(loaded)
    assert "are free again" in ended(person, loaded)
    assert person.browser.here.loaded == () and person.browser.here.held == 0


def test_a_model_that_the_engine_refuses_says_so(person: Browsing) -> None:
    tiny = model(person, "tiny-Q8_0.gguf")
    person.browser.machine.load(tiny)
    said = ended(person, tiny)
    assert "tiny-Q8_0.gguf" in said and not person.browser.machine.said[tiny.key].good
    person.browser.machine.verify(tiny)
    assert "tiny" not in ended(person, tiny), "the next thing that is done has the word"


def test_verifying_reads_every_byte_and_finds_one_that_changed(person: Browsing) -> None:
    machine, tiny = person.browser.machine, model(person, "tiny-Q8_0.gguf")
    machine.verify(tiny)
    assert "remembered" in ended(person, tiny)
    machine.verify(tiny)
    assert "Every byte" in ended(person, tiny)
    path, before = tiny.model.path, tiny.model.path.stat()
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)[0]
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    machine.verify(tiny)
    assert "is damaged" in ended(person, tiny) and not machine.said[tiny.key].good


def test_a_model_becomes_the_default_and_is_deleted_after_it_was_said_what_that_means(person: Browsing) -> None:
    own_file = models_folder() / "sub" / "other-Q8_0.gguf"
    own_file.parent.mkdir()
    shutil.copy(models_folder() / "tiny-Q8_0.gguf", own_file)
    other = model(person, own_file.name)
    assert person.browser.make_default(other) == ""
    other = model(person, own_file.name)
    assert other.is_default and person.session.workspace.settings.aliases["default"] == own_file.name
    assert "3 MB" in other.before_deleting() and "another model" in other.before_deleting()
    person.browser.machine.delete(other)
    assert "3 MB are free again" in ended(person, other)
    assert not own_file.parent.exists() and person.browser.here is not None
    assert person.browser.here.at(other.key) is None


def test_what_lies_elsewhere_is_said_to(person: Browsing, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "theirs-Q8_0.gguf").write_bytes(content(3))
    assert SettingsForm(person.session).add_folder(str(shared)) == ""
    theirs = model(person, "theirs-Q8_0.gguf")
    assert theirs.owner == "elsewhere" and "other programs" in theirs.before_deleting()


def test_a_package_keeps_its_model(person: Browsing, tmp_path: Path) -> None:
    # A stand-in: a guard that failed would delete the model that all tests share.
    packaged = tmp_path / "packaged-Q8_0.gguf"
    packaged.write_bytes(content(4))
    person.session.workspace.library.bundled = packaged
    own = model(person, packaged.name)
    person.browser.machine.delete(own)
    assert "pip" in ended(person, own) and packaged.exists()


def test_a_folder_that_is_gone_is_named(person: Browsing, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    assert SettingsForm(person.session).add_folder(str(tmp_path / "disk")) == ""
    (tmp_path / "disk").rmdir()
    model(person, "tiny-Q8_0.gguf")
    assert person.browser.here is not None
    assert [str(tmp_path / "disk") in problem for problem in person.browser.here.problems] == [True]
