"""Choosing a model and changing settings as the dialogs do, without their windows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graphide import settings as settings_file
from graphide.editor.dialogs import Dialog
from graphide.editor.layout import place
from graphide.editor.model_list import ModelChoice, ModelRow, OnThisMachine, fitting, kv_bytes, row_of, size_text
from graphide.editor.settings_form import ENTRIES, SettingsForm
from graphide.models.facts import ModelFacts
from graphide.models.library import LibraryModel
from graphide.settings import Settings
from graphide.spec.registry import Registry
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state", "hello") as person:
        yield person


# --- models


def model(name: str, *, size: int = 1_000_000_000, problem: str = "") -> LibraryModel:
    facts = ModelFacts(
        architecture="llama", parameters=7_000_000_000, quantisation="Q4_K_M", context_length=32_768, layers=32, heads=32,
        heads_kv=8, embedding_length=4096,
    )  # fmt: skip
    path = Path("/models") / name
    return LibraryModel(
        path=path, parts=(path,), size=size, mtime_ns=0, folder=path.parent, facts=None if problem else facts,
        problem=problem,
    )  # fmt: skip


def test_a_line_says_size_context_and_whether_it_fits() -> None:
    row = row_of(model("a.gguf"), free=8_000_000_000)
    assert (row.title, row.quantisation, row.context, row.fits) == ("a", "Q4_K_M", 32_768, "fits")
    assert kv_bytes(model("a.gguf").facts, 4096) == 512 << 20  # type: ignore[arg-type]  # 2 · 2 bytes · 4096 · 32 · 8 · 128
    assert row_of(model("a.gguf"), free=1_700_000_000).fits == "tight"
    assert row_of(model("a.gguf"), free=1_200_000_000).fits == "does not fit"
    assert row_of(model("a.gguf", problem="is cut off"), free=1).problem == "is cut off"
    assert (size_text(512), size_text(98_362_432), size_text(4_700_000_000)) == ("512 B", "98 MB", "4.7 GB")


def test_models_are_searched_by_every_word() -> None:
    rows = [ModelRow("a.gguf", "Alpha 7B", quantisation="Q4_K_M"), ModelRow("b.gguf", "Beta 7B", quantisation="Q8_0")]
    assert [row.name for row in fitting(rows, "7b q8")] == ["b.gguf"]
    assert len(fitting(rows, " ")) == 2 and not fitting(rows, "gamma")


def test_the_library_is_listed_with_default_and_echo(person: Hands, model_path: Path) -> None:
    import threading

    found = threading.Event()
    source = OnThisMachine(person.session.workspace, found.set)
    try:
        assert found.wait(20)
        choice = ModelChoice(source, chosen="echo")
        assert choice.row is not None and choice.row.name == "echo"
        names = [row.name for row in choice.rows]
        assert names[:2] == ["default", "echo"] and model_path.name in names
        choice.type("smol")
        assert choice.row is not None and (choice.row.name == "default" or choice.row.name == model_path.name)
        choice.step(99)
        assert choice.row is not None and choice.row.name == model_path.name and choice.row.needs > choice.row.size
        assert not choice.is_empty and not choice.looking
    finally:
        source.close()


# --- settings


def test_every_setting_has_a_help_and_its_default_fits(person: Hands, tmp_path: Path) -> None:
    form = SettingsForm(person.session, tmp_path / "config.json")
    for entry in ENTRIES:
        assert entry.help and entry.field.problem(entry.default) is None
        assert form.is_default(entry.name), entry.name


def test_a_changed_setting_is_written_and_one_that_does_not_fit_is_not(person: Hands, tmp_path: Path) -> None:
    path = tmp_path / "config" / "config.json"
    form = SettingsForm(person.session, path)
    assert form.type("n_threads", "4") == "" and form.type("memory_budget", "2048") == ""
    assert json.loads(path.read_text()) == {"n_threads": 4, "memory_budget": 2048 << 20}
    assert "at least 0" in form.type("n_threads", "-1") and form.text("n_threads") == "-1"
    assert settings_file.load(path).n_threads == 4 and form.later
    assert form.reset("n_threads") == "" and form.text("n_threads") == "0" and not form.problems
    assert json.loads(path.read_text()) == {"memory_budget": 2048 << 20}
    assert form.put("kv_type", "q7") and form.put("kv_type", "q8_0") == ""
    assert person.session.workspace.settings.kv_type == "q8_0"


def test_settings_of_the_window_count_at_once(person: Hands, tmp_path: Path) -> None:
    form = SettingsForm(person.session, tmp_path / "config.json")
    form.put("look", "light")
    form.put("scale", "150 %")
    form.put("minimap", False)
    form.put("keep_runs", False)
    assert person.session.look == "light" and person.session.ui_scale == 1.5 and form.value("scale") == "150 %"
    assert person.session.panel("minimap") is False and not person.session.history.keep
    assert not (tmp_path / "config.json").exists()


def test_without_snap_a_drag_ends_where_the_mouse_is_and_ctrl_snaps(person: Hands, tmp_path: Path) -> None:
    session = person.session
    SettingsForm(session, tmp_path / "config.json").put("snap", False)
    for held, on_grid in ((), False), (("ctrl",), True):
        x, y = person.title("style")
        person.drag((x, y), (x + 313, y + 217), *held)
        at = place(session.graph, "style").at
        assert at is not None and (at.x % 10 == 0 and at.y % 10 == 0) is on_grid
        session.tab.document.undo()
        session.touch()


def test_what_another_program_wrote_meanwhile_is_kept(person: Hands, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    form = SettingsForm(person.session, path)
    settings_file.save(replace(Settings(), model_folders=("/elsewhere",), extra={"newer": 1}), path)
    form.type("n_ctx", "2048")
    assert settings_file.load(path).model_folders == ("/elsewhere",)
    assert json.loads(path.read_text())["newer"] == 1


def test_a_broken_file_is_never_written_over(person: Hands, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"n_threads": "many"}')
    form = SettingsForm(person.session, path)
    assert "not written over" in form.type("n_ctx", "2048")
    assert path.read_text() == '{"n_threads": "many"}' and "n_threads" in form.problem


def test_a_folder_that_cannot_be_written_says_so(person: Hands, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "folder" in SettingsForm(person.session, tmp_path / "file" / "config.json").type("n_ctx", "2048")
    assert person.session.workspace.settings.n_ctx == 0


def test_folders_of_models_and_the_default_model_are_kept_and_used(person: Hands, tmp_path: Path) -> None:
    path, models = tmp_path / "config.json", tmp_path / "models"
    models.mkdir()
    form = SettingsForm(person.session, path)
    before = person.session.workspace.library
    assert form.add_folder(str(models)) == "" and "already" in form.add_folder(str(models))
    assert "not a folder" in form.add_folder(str(tmp_path / "none"))
    assert models in person.session.workspace.library.folders and person.session.workspace.library is not before
    assert form.choose_default("some.gguf") == "" and form.default_model == "some.gguf"
    assert person.session.workspace.library.aliases["default"] == "some.gguf"
    assert form.choose_default("") == form.remove_folder(str(models)) == ""
    assert settings_file.load(path) == Settings()


def test_a_model_field_takes_the_model_that_was_chosen(person: Hands) -> None:
    session = person.session
    session.popups.ask_model("answer", "model")
    assert session.popups.dialog == Dialog("models", "Choose a model", data=("answer", "model"))
    session.popups.answer("ok", "echo")
    assert session.graph.nodes["answer"].settings["model"] == "echo"
