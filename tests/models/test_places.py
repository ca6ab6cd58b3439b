"""Where other programs keep models: only what is there, each folder once, whatever their settings say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphide.models.places import Place, known_places


def made(*folders: Path) -> None:
    for folder in folders:
        folder.mkdir(parents=True)


def test_without_other_programs_there_is_nothing(tmp_path: Path) -> None:
    assert known_places({}, tmp_path, root=tmp_path) == ()


def test_the_usual_folders_are_found(tmp_path: Path) -> None:
    folders = [
        tmp_path / ".lmstudio" / "models",
        tmp_path / ".cache" / "huggingface" / "hub",
        tmp_path / ".cache" / "llama.cpp",
        tmp_path / ".local" / "share" / "nomic.ai" / "GPT4All",
        tmp_path / ".ollama" / "models",
        tmp_path / "usr" / "share" / "ollama" / ".ollama" / "models",
        tmp_path / ".local" / "share" / "Jan" / "data" / "llamacpp" / "models",
    ]
    made(*folders)
    programs = ["LM Studio", "Hugging Face", "llama.cpp", "GPT4All", "Ollama", "Ollama", "Jan"]
    assert known_places({}, tmp_path, "linux", tmp_path) == tuple(map(Place, programs, folders))


@pytest.mark.parametrize(
    ("system", "program", "folder"),
    [
        ("darwin", "llama.cpp", "Library/Caches/llama.cpp"),
        ("win32", "llama.cpp", "AppData/Local/llama.cpp"),
        ("darwin", "GPT4All", "Library/Application Support/nomic.ai/GPT4All"),
        ("win32", "GPT4All", "AppData/Local/nomic.ai/GPT4All"),
        ("darwin", "Jan", "Library/Application Support/Jan/data/llamacpp/models"),
        ("win32", "Jan", "AppData/Roaming/Jan/data/llamacpp/models"),
        ("darwin", "Ollama", ".ollama/models"),
        ("win32", "Ollama", ".ollama/models"),
    ],
)
def test_other_systems_have_other_folders(tmp_path: Path, system: str, program: str, folder: str) -> None:
    made(tmp_path / folder)
    assert known_places({}, tmp_path, system, tmp_path) == (Place(program, tmp_path / folder),)


@pytest.mark.parametrize(
    ("name", "value", "folder"),
    [
        ("HF_HUB_CACHE", "{home}/x", "x"),
        ("HUGGINGFACE_HUB_CACHE", "{home}/x", "x"),
        ("HF_HOME", "{home}/x", "x/hub"),
        ("HF_HOME", "~/x", "x/hub"),
        ("XDG_CACHE_HOME", "{home}/x", "x/huggingface/hub"),
    ],
)
def test_the_variables_of_other_programs_count(tmp_path: Path, name: str, value: str, folder: str) -> None:
    made(tmp_path / folder, tmp_path / ".cache" / "huggingface" / "hub")
    places = known_places({name: value.format(home=tmp_path)}, tmp_path, "linux", tmp_path)
    assert places == (Place("Hugging Face", tmp_path / folder),)


@pytest.mark.parametrize("settings", [".config/Jan/settings.json", ".local/share/Jan/settings.json"])
def test_the_folder_chosen_in_jan_is_found(tmp_path: Path, settings: str) -> None:
    made(tmp_path / "disk" / "llamacpp" / "models", (tmp_path / settings).parent)
    (tmp_path / settings).write_text(json.dumps({"data_folder": str(tmp_path / "disk")}))
    assert known_places({}, tmp_path, "linux", tmp_path) == (Place("Jan", tmp_path / "disk" / "llamacpp" / "models"),)


def test_the_home_of_lm_studio_can_be_elsewhere(tmp_path: Path) -> None:
    made(tmp_path / "disk" / "models")
    (tmp_path / ".lmstudio-home-pointer").write_text(f"{tmp_path / 'disk'}\n")
    assert known_places({}, tmp_path, "linux", tmp_path) == (Place("LM Studio", tmp_path / "disk" / "models"),)
    (tmp_path / ".lmstudio-home-pointer").write_text("\0")
    assert known_places({}, tmp_path, "linux", tmp_path) == ()


def test_the_store_of_ollama_can_be_elsewhere(tmp_path: Path) -> None:
    made(tmp_path / "disk")
    places = known_places({"OLLAMA_MODELS": str(tmp_path / "disk")}, tmp_path, "linux", tmp_path)
    assert places == (Place("Ollama", tmp_path / "disk"),)


def test_the_folder_chosen_in_lm_studio_comes_first(tmp_path: Path) -> None:
    made(tmp_path / ".lmstudio" / "models", tmp_path / "disk")
    (tmp_path / ".lmstudio" / "settings.json").write_text(json.dumps({"downloadsFolder": str(tmp_path / "disk")}))
    folders = [place.folder for place in known_places({}, tmp_path, root=tmp_path)]
    assert folders == [tmp_path / "disk", tmp_path / ".lmstudio" / "models"]


@pytest.mark.parametrize(
    "text", ["", "[]", "[" * 100_000, "{}", '{"downloadsFolder": 5}', '{"downloadsFolder": "\\u0000"}',
             '{"downloadsFolder": "relative"}', "\0"]
)  # fmt: skip
def test_settings_that_say_nothing_useful_are_passed_over(tmp_path: Path, text: str) -> None:
    made(tmp_path / ".lmstudio" / "models")
    (tmp_path / ".lmstudio" / "settings.json").write_text(text)
    assert known_places({}, tmp_path, root=tmp_path) == (Place("LM Studio", tmp_path / ".lmstudio" / "models"),)


def test_a_folder_that_several_name_is_there_once(tmp_path: Path) -> None:
    made(tmp_path / ".lmstudio" / "models")
    (tmp_path / "link").symlink_to(tmp_path / ".lmstudio" / "models")
    assert len(known_places({"LLAMA_CACHE": str(tmp_path / "link")}, tmp_path, root=tmp_path)) == 1
