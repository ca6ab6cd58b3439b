"""`graphide config`: settings listed with where they come from, read, set, unset, added to; nothing secret, nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli.command import Inside

from graphide.settings import DEFAULTS, config_path


def written() -> dict[str, object]:
    data: dict[str, object] = json.loads(config_path().read_text())
    return data


def test_all_settings_are_listed_with_their_sources(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    inside("config", "set", "n_ctx", "8192")
    monkeypatch.setenv("GRAPHIDE_THEME", "light")
    listed = inside("config", "list").out
    row = next(line for line in listed.splitlines() if line.strip().startswith("n_ctx"))
    assert "8192 tokens" in row and "config.json" in row
    assert "GRAPHIDE_THEME" in listed and "Room for the prompt" in listed
    body = inside("config", "list", "--json").json
    assert body["schema"] == 1 and set(body["settings"]) == set(DEFAULTS) and body["path"] == str(config_path())
    assert body["settings"]["n_ctx"] == {
        "value": 8192, "source": "file", "default": 0, "group": "Models and memory",
        "help": "Room for the prompt and the answer together",
    }  # fmt: skip
    assert body["settings"]["theme"]["source"] == "environment"
    assert set(inside("config", "list", "--changed", "--json").json["settings"]) == {"n_ctx", "theme"}


@pytest.mark.parametrize(
    ("name", "typed", "value", "shown"),
    [
        ("keep_alive", "-1", -1, "-1"),
        ("memory_budget", "8GB", 8 * 10**9, "8 GB"),
        ("network", "no", False, "off"),
        ("scale", "1.25", 1.25, "1.25"),
        ("hub", "https://hub.test", "https://hub.test", "https://hub.test"),
        ("system_prompts", '{"short": "Be short."}', {"short": "Be short."}, '{"short":"Be short."}'),
        ("aliases.fast", "small.gguf", "small.gguf", "small.gguf"),
        ("aliases.key", "small.gguf", "small.gguf", "small.gguf"),
        ("servers.home", "http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1"),
        ("model_defaults.small.gguf.n_ctx", "8192", 8192, "8192"),
        ("model_defaults.small.gguf.stop", '["x"]', ["x"], '["x"]'),
        ("model_defaults.small.gguf", '{"temperature": 0.3}', {"temperature": 0.3}, '{"temperature": 0.3}'),
    ],
)
def test_what_is_set_is_got_and_unset(inside: Inside, name: str, typed: str, value: object, shown: str) -> None:
    assert f"{name} is " in inside("config", "set", name, typed).err
    assert inside("config", "get", name, "--json").json == {"schema": 1, "name": name, "value": value, "source": "file"}
    assert inside("config", "get", name).out == f"{shown}\n"
    inside("config", "unset", name)
    assert written() == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("set", "n_gpu_layer", "1"), 'no setting "n_gpu_layer". Did you mean "n_gpu_layers"'),
        (("set", "n_ctx", "much"), '"n_ctx" is a whole number from 0'),
        (("set", "theme", "blue"), '"theme" is one of dark, light'),
        (("set", "memory_budget", "8 XB"), "Write it like 8GB"),
        (("set", "servers.home", "https://me:pw@host"), "without passwords in them"),
        (("set", "servers.a/b", "https://host"), "cannot be the name of a server"),
        (("set", "system_prompts", "[]"), '"system_prompts" is an object of texts'),
        (("set", "model_defaults.small.gguf.temprature", "1"), 'Did you mean "temperature"'),
        (("set", "model_defaults.small.gguf.temperature", "9"), "needs a number from 0 to 5"),
        (("set", "model_defaults.small.gguf", '{"top_p": 7}'), "needs a number from 0 to 1"),
        (("set", "theme.dark", "1"), '"theme" is one value'),
        (("set", "hf_token", "abc"), "graphide keys set NAME"),
        (("get", "servers.home.key"), "never shown"),
        (("set", "api_key", "abc"), "never shown"),
        (("get", "aliases.none"), '"aliases.none" is not set'),
        (("unset", "aliases.none"), '"aliases.none" is not set'),
        (("add", "aliases", "x"), "graphide config set aliases.NAME VALUE"),
        (("add", "theme", "x"), '"theme" is no list'),
        (("remove", "model_folders", "/nowhere"), 'no entry of "model_folders"'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_written(inside: Inside, arguments: tuple[str, ...], said: str) -> None:
    ended = inside("config", *arguments, code=2)
    assert said in ended.err and "abc" not in ended.err and "pw" not in ended.err.replace("https", "")
    assert not config_path().exists()


def test_folders_are_added_as_whole_paths_and_removed_again(
    inside: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    inside("config", "add", "model_folders", "models")
    inside("config", "add", "model_folders", "~/more")
    assert written() == {"model_folders": [str(tmp_path / "models"), "~/more"]}
    assert "already" in inside("config", "add", "model_folders", "models", code=2).err
    inside("config", "remove", "model_folders", "models")
    inside("config", "remove", "model_folders", "~/more")
    assert written() == {}


def test_a_variable_that_counts_more_is_said(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHIDE_N_CTX", "512")
    assert "GRAPHIDE_N_CTX of the environment counts more" in inside("config", "set", "n_ctx", "1024").err
    assert inside("config", "get", "n_ctx").out == "512\n" and written() == {"n_ctx": 1024}


def test_a_broken_file_is_put_aside_only_when_asked(inside: Inside) -> None:
    config_path().parent.mkdir(parents=True, exist_ok=True)
    config_path().write_text("{")
    assert "graphide config repair" in inside("config", "set", "n_ctx", "1", code=1).err
    assert "warning: " in inside("config", "get", "n_ctx").err and config_path().read_text() == "{"
    assert "config.broken-1.json" in inside("config", "repair").err
    inside("config", "set", "n_ctx", "1")
    assert written() == {"n_ctx": 1} and "can be read" in inside("config", "repair").err


def test_the_path_is_printed(inside: Inside) -> None:
    assert inside("config", "path").out == f"{config_path()}\n"


def test_changes_of_many_commands_at_one_time_are_all_kept(inside: Inside) -> None:
    line = [sys.executable, "-m", "graphide", "config", "set"]
    running = [
        subprocess.Popen([*line, f"aliases.a{n}", "x.gguf"], env=dict(os.environ), stderr=subprocess.DEVNULL)
        for n in range(4)
    ]
    assert [each.wait(60) for each in running] == [0] * 4
    assert len(inside("config", "get", "aliases", "--json").json["value"]) == 4
