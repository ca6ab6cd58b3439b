"""Changing settings as the dialog does, without its window: fields, lists, servers with keys, single models, privacy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graphide import paths, secrets, settings as settings_file
from graphide.editor import remembered, running
from graphide.editor.layout import place
from graphide.editor.privacy import ask_to_delete, delete, kept
from graphide.editor.session import Session
from graphide.editor.settings_form import BY_NAME, ENTRIES, OF_WINDOW, SCALES, SettingsForm, found, groups_of
from graphide.editor.settings_lists import NamedTexts, OneModel, Servers, forget_model, models_with_defaults
from graphide.settings import GROUPS, MODEL_SETTINGS, SETTINGS, Settings
from graphide.spec.registry import Registry
from graphide.store.chats import Chats
from graphide.store.database import Database
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hands]:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "home"))
    with hands(registry, tmp_path / "state", "hello") as person:
        yield person


@pytest.fixture
def form(person: Hands) -> SettingsForm:
    return SettingsForm(person.session)


def written(form: SettingsForm) -> dict[str, object]:
    data: dict[str, object] = json.loads(form.path.read_text())
    return data


# --- single fields


def test_every_setting_has_its_default_and_is_in_a_group(form: SettingsForm) -> None:
    for entry in ENTRIES:
        assert entry.help and entry.group in GROUPS and form.is_default(entry.name), entry.name
        assert form.put(entry.name, settings_file.plain(entry.default)) == ""


def test_what_a_field_shows_can_be_typed_back(form: SettingsForm) -> None:
    for entry in ENTRIES:
        if entry.kind != "toggle":
            assert form.type(entry.name, form.text(entry.name)) == "", entry.name


def test_a_changed_setting_is_written_and_one_that_does_not_fit_is_not(form: SettingsForm, person: Hands) -> None:
    assert form.type("n_threads", "4") == "" and form.type("memory_budget", "2 GB") == ""
    assert written(form) == {"n_threads": 4, "memory_budget": 2 * 10**9}
    assert "from 0 to" in form.type("n_threads", "-1") and form.text("n_threads") == "-1"
    assert form.type("memory_budget", "much").endswith("Write it like 8GB, 512MiB or 4096")
    assert settings_file.load(form.path).n_threads == 4 and form.later
    assert form.reset("n_threads") == "" and form.text("n_threads") == "0" and "n_threads" not in form.problems
    assert written(form) == {"memory_budget": 2 * 10**9}
    assert form.put("kv_type", "q7") and form.put("kv_type", "q8_0") == ""
    assert person.session.workspace.settings.kv_type == "q8_0"


def test_settings_of_the_window_count_at_once(form: SettingsForm, person: Hands) -> None:
    form.put("theme", "light")
    form.type("scale", SCALES[5])
    form.put("minimap", False)
    form.put("keep_runs", False)
    assert person.session.look == "light" and person.session.ui_scale == 1.5 and form.text("scale") == "150 %"
    assert person.session.panel("minimap") is False and not person.session.history.keep
    assert written(form) == {"theme": "light", "scale": 1.5, "keep_runs": False}
    assert set(OF_WINDOW) == {"minimap", "snap", "ask_inputs"}


def test_without_snap_a_drag_ends_where_the_mouse_is_and_ctrl_snaps(form: SettingsForm, person: Hands) -> None:
    form.put("snap", False)
    session = person.session
    for held, on_grid in ((), False), (("ctrl",), True):
        x, y = person.title("style")
        person.drag((x, y), (x + 313, y + 217), *held)
        at = place(session.graph, "style").at
        assert at is not None and (at.x % 10 == 0 and at.y % 10 == 0) is on_grid
        session.tab.document.undo()
        session.touch()


def test_what_another_program_wrote_meanwhile_is_kept(form: SettingsForm, person: Hands) -> None:
    settings_file.save(replace(Settings(), model_folders=("/elsewhere",), extra={"newer": 1}), form.path)
    form.type("n_ctx", "2048")
    assert settings_file.load(form.path).model_folders == ("/elsewhere",) == form.settings.model_folders
    assert written(form)["newer"] == 1


def test_a_broken_file_is_never_written_over_and_can_be_put_aside(form: SettingsForm, person: Hands) -> None:
    form.path.parent.mkdir(exist_ok=True)
    form.path.write_text('{"n_threads": ')
    form = SettingsForm(person.session)
    assert form.problem and not form.can_write
    assert "not written" in form.type("n_ctx", "2048") and form.path.read_text() == '{"n_threads": '
    assert form.set_aside() == "" and form.can_write and form.type("n_ctx", "2048") == ""
    assert written(form) == {"n_ctx": 2048}
    assert form.path.with_name("config.broken-1.json").read_text() == '{"n_threads": '


def test_a_value_that_does_not_fit_is_said_and_repaired_by_another(form: SettingsForm, person: Hands) -> None:
    form.path.parent.mkdir(exist_ok=True)
    form.path.write_text('{"n_threads": "many", "n_ctx": 512}')
    form = SettingsForm(person.session)
    assert '"n_threads" is' in form.problem and form.can_write
    assert form.type("n_threads", "2") == "" and form.problem == ""
    assert written(form) == {"n_threads": 2, "n_ctx": 512}


def test_a_folder_that_cannot_be_written_says_so(person: Hands, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "folder" in SettingsForm(person.session, tmp_path / "file" / "config.json").type("n_ctx", "2048")
    assert person.session.workspace.settings.n_ctx == 0


def test_the_environment_is_named_where_it_counts(
    form: SettingsForm, person: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert form.note("n_ctx") == "the model's own, up to 4,096 tokens"
    monkeypatch.setenv("GRAPHIDE_N_CTX", "512")
    assert form.put("n_ctx", 1024) == "" and form.value("n_ctx") == 512
    assert form.note("n_ctx") == "GRAPHIDE_N_CTX of the environment says this" and written(form) == {"n_ctx": 1024}


def test_a_theme_that_cannot_be_written_counts_until_the_window_is_closed(form: SettingsForm, person: Hands) -> None:
    form.path.parent.mkdir(exist_ok=True)
    form.path.write_text("{")
    person.session.act("look")
    assert person.session.look == "light" and form.path.read_text() == "{"
    assert person.session.toasts.shown[-1].message.startswith("This counts until the window is closed")


def test_settings_are_searched_by_all_that_is_said_of_them() -> None:
    assert [each.name for each in found("theme")] == ["theme"]
    assert {"kv_type", "cache_bytes"} <= {each.name for each in found("cache")}
    assert [each.name for each in found("q8_0 memory")] == ["kv_type"]
    assert "servers" in {each.name for each in found("openai")} and not found("nothing of the kind")
    assert groups_of(found("")) == GROUPS and len(found("")) == len(BY_NAME)


# --- what an earlier version kept with the window


def test_theme_and_scale_of_an_earlier_version_are_taken_over_once(registry: Registry, tmp_path: Path) -> None:
    old = remembered.Remembered(window=remembered.Window(panels={"look": "light", "scale": 1.25, "left": False}))
    remembered.save(old, tmp_path / "window.json")
    with hands(registry, tmp_path) as person:
        assert person.session.look == "light" and person.session.ui_scale == 1.25
        assert dict(person.session.panels) == {"left": False}
        person.session.act("look")
    with hands(registry, tmp_path) as later:
        assert later.session.look == "dark" and later.session.ui_scale == 1.25


def test_what_is_in_the_settings_counts_more_than_an_earlier_version(registry: Registry, tmp_path: Path) -> None:
    settings_file.put("scale", 1.5, tmp_path / "config.json")
    old = remembered.Remembered(window=remembered.Window(panels={"look": 7, "scale": 0.75, "keep_runs": False}))
    remembered.save(old, tmp_path / "window.json")
    with hands(registry, tmp_path) as person:
        assert person.session.ui_scale == 1.5 and person.session.look == "dark" and not person.session.history.keep


# --- models


def test_folders_of_models_and_the_default_model_are_kept_and_used(
    form: SettingsForm, person: Hands, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    before = person.session.workspace.library
    assert form.add_folder(str(models)) == "" and "already" in form.add_folder(str(models))
    assert "not a folder" in form.add_folder(str(tmp_path / "none"))
    assert models in person.session.workspace.library.folders and person.session.workspace.library is not before
    assert form.choose_default("some.gguf") == "" and form.default_model == "some.gguf"
    assert person.session.workspace.library.aliases["default"] == "some.gguf"
    assert form.choose_default("") == form.remove_folder(str(models)) == ""
    assert settings_file.load(form.path) == Settings()


def test_a_theme_leaves_the_library_alone(form: SettingsForm, person: Hands) -> None:
    before = person.session.workspace.library
    form.put("theme", "light")
    assert person.session.workspace.library is before


def test_one_model_has_defaults_that_are_checked_as_the_node_checks_them(
    form: SettingsForm, registry: Registry
) -> None:
    one = OneModel(form, registry, "small.gguf")
    assert (
        one.type("n_ctx", "8192") == "" and one.type("temperature", "0.3") == "" and one.type("stop", '["\\n"]') == ""
    )
    assert written(form) == {"model_defaults": {"small.gguf": {"n_ctx": 8192, "temperature": 0.3, "stop": ["\n"]}}}
    assert "from 0 to 5" in one.type("temperature", "9") and one.text("temperature") == "9"
    assert one.problem("temperature") and one.type("temperature", "") == "" and one.problem("temperature") == ""
    assert one.text("temperature") == "" and one.usual("temperature") == "0.8" and one.rest[0] == "stop"
    assert one.usual("n_threads") == "as many as the machine has cores"
    assert all(one.label(name) and one.help(name) for name in MODEL_SETTINGS)
    assert models_with_defaults(form) == ("small.gguf",)
    assert forget_model(form, "small.gguf") == "" and written(form) == {}


# --- texts by name


def test_names_are_added_changed_and_removed(form: SettingsForm) -> None:
    names = NamedTexts(form, "aliases")
    assert names.add("fast", "small.gguf") == "" and names.add(" slow ", " big.gguf ") == ""
    assert [tuple(row) for row in names.rows] == [("fast", "small.gguf"), ("slow", "big.gguf")]
    assert "there already" in names.add("fast", "x") and "Both" in names.add("", "x") and names.problem()
    assert names.put("fast", "other.gguf") == "" and names.remove("slow") == ""
    assert written(form) == {"aliases": {"fast": "other.gguf"}}


def test_a_server_has_an_address_and_a_key_that_is_nowhere_to_be_seen(
    form: SettingsForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "_keyring", lambda: None)
    servers = Servers(form)
    assert "addresses" in servers.add("home", "localhost:8080") and servers.add("home", "http://127.0.0.1:1/v1") == ""
    assert "cannot be the name" in servers.add("a/b", "http://127.0.0.1:1")
    assert servers.key_state("home") == "No key is kept" and not servers.has_key("home")
    assert "key" in servers.keep_key("home", "two words") and "two words" not in servers.problem("home")
    assert servers.keep_key("home", "sk-very-secret") == "" and servers.has_key("home")
    assert "only you can read" in servers.key_state("home") and "sk-very" not in form.path.read_text()
    assert "sk-very" not in repr(vars(servers)) + repr(vars(form))
    monkeypatch.setenv("GRAPHIDE_KEY_HOME", "x")
    servers.forget_key("nobody")
    assert Servers(form).key_state("home") == "The key comes from GRAPHIDE_KEY_HOME of the environment"
    monkeypatch.delenv("GRAPHIDE_KEY_HOME")
    assert servers.remove("home") == "" and not Servers(form).has_key("home") and written(form) == {}


# --- what is kept


def test_what_is_kept_is_measured_and_deleted_after_a_question(person: Hands) -> None:
    session = person.session
    assert session.act("run") and session.tab.runs.wait(20)
    session.tick()
    (paths.cache_folder() / "hub").mkdir(parents=True)
    (paths.cache_folder() / "hub" / "answer").write_bytes(b"x" * 2000)
    things = {thing.id: thing for thing in kept(session)}
    assert things["runs"].size > 0 and things["caches"].amount == "2 kB" and not things["drafts"].delete
    assert len(session.history.of("")) == 1
    for id in ("runs", "caches"):
        ask_to_delete(session, things[id])
        assert session.popups.dialog is not None and things[id].amount in session.popups.dialog.text
        session.popups.answer("cancel")
        assert {thing.id: thing for thing in kept(session)}[id].size
        ask_to_delete(session, things[id])
        session.popups.answer("delete")
        assert not {thing.id: thing for thing in kept(session)}[id].size
    assert session.history.of("") == ()


def test_every_setting_of_the_file_is_somewhere_in_the_form() -> None:
    in_lists = {"model_folders", "aliases", "system_prompts", "servers", "model_defaults"}
    assert {entry.name for entry in ENTRIES} | in_lists == {*SETTINGS, *OF_WINDOW}


def test_all_chats_are_deleted_also_pinned_ones_and_the_one_that_is_open(registry: Registry, tmp_path: Path) -> None:
    store = Chats(Database(tmp_path / "chats.db"))
    for number in range(3):
        store.begin({"model": "echo" + "x" * 200_000}, title=f"Chat {number}")
    store.pin(store.listed()[0].id)
    with hands(registry, tmp_path, "conversation") as person:
        session = person.session
        assert running.chat(session) is not None
        before, told = size_of_chats(session), list[str]()
        delete(session, "chats", lambda: told.append("then"))
        assert session.chats.shelf.settle() and told == ["then"]
        assert before > 600_000 > 200_000 > size_of_chats(session)
        assert session.toasts.shown[-1].message == "All chats are deleted"
        assert store.listed() == () and session.tab.chat is None
    store.database.close()


def size_of_chats(session: Session) -> int:
    return next(thing.size for thing in kept(session) if thing.id == "chats")
