"""Settings: typed, described, written whole under a lock, unknown keys kept, and a broken file never in the way."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from graphide import settings as settings_file
from graphide.disk import try_lock
from graphide.errors import GraphideError, UsageError
from graphide.settings import (
    DEFAULTS,
    GROUPS,
    SETTINGS,
    Settings,
    change,
    check,
    from_json,
    known,
    load,
    put,
    save,
    set_aside,
    to_json,
    unset,
    with_alias,
    with_values,
)
from graphide.settings.kinds import size, written_size


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json") == Settings()


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "config.json"
    settings = with_alias(Settings(model_folders=("~/models",), n_threads=3), "small", "a.gguf")
    save(settings, path)
    assert to_json(load(path)) == {"model_folders": ["~/models"], "n_threads": 3, "aliases": {"small": "a.gguf"}}


def test_defaults_are_not_written_and_unknown_keys_are_kept() -> None:
    settings = from_json({"of_tomorrow": "dark", "n_threads": 0})
    assert to_json(settings) == {"of_tomorrow": "dark"}


_ALL: dict[str, Any] = {
    "theme": "light", "scale": 1.25, "model_folders": ["/m"], "aliases": {"a": "b"}, "n_ctx": 8192, "n_threads": 2,
    "n_gpu_layers": 0, "n_parallel": 1, "kv_type": "q8_0", "parallel": 2, "memory_budget": 8 << 30, "keep_alive": -1,
    "cache_bytes": 5, "prefix_cache_bytes": 6, "network": False, "hub": "https://hub.test/x", "download_rate": 9,
    "download_parallel": 3, "keep_chats": False, "chat_days": 30, "keep_runs": False, "overflow": "stop",
    "system_prompts": {"short": "Be short."}, "servers": {"home": "http://127.0.0.1:8080/v1"},
    "model_defaults": {"a.gguf": {"n_ctx": 4096, "temperature": 0.2, "stop": ["x"], "logit_bias": {"a": -1}}},
    "serve_host": "0.0.0.0", "serve_port": 0,
}  # fmt: skip


def test_every_setting_is_read_and_written(tmp_path: Path) -> None:
    assert set(_ALL) == set(DEFAULTS)
    save(from_json(_ALL), tmp_path / "config.json")
    assert to_json(load(tmp_path / "config.json")) == _ALL


def test_every_setting_is_described_and_its_default_fits() -> None:
    assert set(SETTINGS) == set(DEFAULTS)
    assert {each.group for each in SETTINGS.values()} == set(GROUPS)
    for name, each in SETTINGS.items():
        check(name, settings_file.plain(each.default))
        assert each.label and each.help and not each.help.endswith(".")


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_what_is_written_for_a_person_can_be_typed_again(name: str) -> None:
    value = settings_file.plain(getattr(from_json(_ALL), name))
    assert settings_file.plain(SETTINGS[name].parse(SETTINGS[name].written(value))) == value


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"n_threads": "four"}, '"n_threads" is a whole number'),
        ({"n_threads": True}, '"n_threads" is a whole number'),
        ({"n_threads": 1e3}, '"n_threads" is a whole number'),
        ({"scale": True}, '"scale" is a number from 0.5 to 3'),
        ({"scale": float("nan")}, '"scale" is a number from 0.5 to 3'),
        ({"scale": 3.5}, '"scale" is a number from 0.5 to 3'),
        ({"network": 1}, '"network" is true or false'),
        ({"model_folders": "x"}, '"model_folders" is a list of texts'),
        ({"aliases": {"a": 1}}, '"aliases" is an object of texts'),
        ({"n_gpu_layers": -2}, '"n_gpu_layers" is a whole number of at least -1'),
        ({"keep_alive": 2.5}, '"keep_alive" is a whole number of at least -1'),
        ({"n_parallel": 0}, '"n_parallel" is a whole number from 1 to 256'),
        ({"memory_budget": -1}, '"memory_budget" is an amount of at least 0'),
        ({"memory_budget": 1 << 70}, '"memory_budget" is an amount of at least 0'),
        ({"kv_type": "q3"}, '"kv_type" is one of f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0, iq4_nl'),
        ({"kv_type": ["f16"]}, '"kv_type" is one of'),
        ({"hub": "hub.test"}, '"hub" is an address that begins with http:// or https://'),
        ({"hub": "https://me:secret@hub.test"}, "without a password in it"),
        ({"servers": {"home": "ftp://x"}}, '"servers" is an object of addresses'),
        ({"servers": {"home": "http://x:99999"}}, '"servers" is an object of addresses'),
        ({"servers": {"a/b": "http://x"}}, '"servers": "a/b" cannot be the name of a server'),
        ({"servers": {"echo": "http://x"}}, '"servers": "echo" cannot be the name of a server'),
        ({"serve_port": 70_000}, '"serve_port" is a whole number from 0 to 65,535'),
        ({"serve_host": "a\nb"}, '"serve_host" is a text of one line'),
        ({"model_defaults": {"a": 1}}, '"model_defaults" is an object of objects'),
        ({"model_defaults": {"a": {"n_ctx": True}}}, '"model_defaults" of "a": "n_ctx" is a whole number'),
        ({"model_defaults": {"a": {"temperature": "hot"}}}, '"model_defaults" of "a": "temperature" is a number'),
        ({"model_defaults": {"a": {"temprature": 1}}}, 'there is no setting of a model "temprature"'),
        ({"model_defaults": {"a": {"logit_bias": {"x": "y"}}}}, '"logit_bias" is an object of numbers'),
        ([], "settings are a JSON object"),
    ],
)  # fmt: skip
def test_a_wrong_value_names_its_key(data: object, said: str) -> None:
    with pytest.raises(GraphideError) as raised:
        from_json(data)
    assert said in str(raised.value)


@pytest.mark.parametrize("content", [b"{", b'{"n_threads": -1}', b"\xff\xfe", b"[]"])
def test_a_broken_file_gives_the_defaults_and_says_why(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    settings = load(path)
    assert settings.problem.startswith(str(path))
    assert settings.n_threads == 0


def test_one_wrong_value_leaves_the_others_and_stays_in_the_file_until_it_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"n_threads": "many", "theme": "light"}')
    assert load(path).theme == "light"
    assert put("scale", 1.5, path).problem
    assert b'"many"' in path.read_bytes()
    assert unset("n_threads", path).problem == ""
    assert to_json(load(path)) == {"scale": 1.5, "theme": "light"}


def test_a_file_that_cannot_be_read_is_never_written_over_but_can_be_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(b"{ broken")
    with pytest.raises(GraphideError, match="cannot be read, so it is not written"):
        put("theme", "light", path)
    assert path.read_bytes() == b"{ broken"
    assert set_aside(path).read_bytes() == b"{ broken"
    path.write_bytes(b"worse")
    assert set_aside(path).name == "config.broken-2.json"
    assert put("theme", "light", path).theme == "light"


def test_what_does_not_fit_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    with pytest.raises(UsageError, match='"scale" is a number'):
        put("scale", 9, path)
    with pytest.raises(UsageError) as raised:
        put("temperature", 9, path)
    assert 'no setting "temperature"' in str(raised.value)
    assert not path.exists()


# --- the environment


def test_the_environment_counts_more_than_the_file_and_is_never_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.json"
    put("theme", "dark", path)
    put("n_threads", 3, path)
    monkeypatch.setenv("GRAPHIDE_THEME", "light")
    monkeypatch.setenv("GRAPHIDE_MEMORY_BUDGET", "8 GB")
    now = load(path)
    assert (now.theme, now.memory_budget, now.n_threads) == ("light", 8 * 10**9, 3)
    save(with_values(now, scale=2.0), path)
    assert put("parallel", 2, path).theme == "light"
    found = {each.name: each.source for each in known(path)}
    assert [found[name] for name in ("theme", "n_threads", "scale", "hub")] == [
        "environment", "file", "file", "default",
    ]  # fmt: skip
    monkeypatch.undo()
    assert to_json(load(path)) == {"n_threads": 3, "parallel": 2, "scale": 2.0}


def test_a_variable_that_does_not_fit_is_left_out_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHIDE_SERVE_PORT", "web")
    settings = load(tmp_path / "config.json")
    assert settings.serve_port == DEFAULTS["serve_port"]
    assert settings.problem.startswith('GRAPHIDE_SERVE_PORT of the environment is left out: "serve_port" is a whole')


# --- several at a time


def test_no_change_of_many_threads_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "config.json"

    def add(number: int) -> None:
        change(lambda settings: with_alias(settings, f"name{number}", f"{number}.gguf"), path)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(load(path).aliases) == 24


def test_no_change_of_two_processes_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    program = (
        "import sys; from pathlib import Path; from graphide.settings import change, with_alias\n"
        "for n in range(25): change(lambda s: with_alias(s, sys.argv[2] + str(n), 'x'), Path(sys.argv[1]))"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(path), name]) for name in ("a", "b")]
    assert [process.wait(60) for process in running] == [0, 0]
    assert len(load(path).aliases) == 50


def test_who_holds_the_file_for_too_long_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphide.settings.file._PATIENCE", 0.05)
    path = tmp_path / "config.json"
    with (tmp_path / ".config.json.lock").open("w") as lock:
        assert try_lock(lock.fileno())
        with pytest.raises(GraphideError, match="is being changed by another program"):
            put("theme", "light", path)
    assert put("theme", "light", path).theme == "light"


# --- amounts


@pytest.mark.parametrize(
    ("text", "count"),
    [("0", 0), ("4096", 4096), ("8GB", 8 * 10**9), ("1.5 gb", 1_500_000_000), ("512 MiB", 512 << 20), ("300 kB/s", 300_000)],
)  # fmt: skip
def test_amounts_are_typed_with_units(text: str, count: int) -> None:
    assert size(text) == count
    assert size(written_size(count)) == count


@pytest.mark.parametrize("text", ["", "much", "8 XB", "-1", "1e9", "8 GB GB"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no amount"):
        size(text)
