"""Settings: typed, written whole, unknown keys kept, and a broken file never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphide.errors import GraphideError
from graphide.settings import Settings, from_json, load, save, to_json, with_alias


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json") == Settings()


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "config.json"
    settings = with_alias(Settings(model_folders=("~/models",), n_threads=3), "small", "a.gguf")
    save(settings, path)
    assert to_json(load(path)) == {"model_folders": ["~/models"], "n_threads": 3, "aliases": {"small": "a.gguf"}}


def test_defaults_are_not_written_and_unknown_keys_are_kept() -> None:
    settings = from_json({"theme": "dark", "n_threads": 0})
    assert to_json(settings) == {"theme": "dark"}


def test_how_models_are_kept_is_read_and_written() -> None:
    chosen = {"keep_alive": -1, "kv_type": "q8_0", "memory_budget": 8 << 30, "n_gpu_layers": 0, "n_parallel": 1}
    settings = from_json(chosen)
    assert (settings.keep_alive, settings.kv_type, settings.n_gpu_layers) == (-1, "q8_0", 0)
    assert to_json(settings) == chosen


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"n_threads": "four"}, '"n_threads" is a whole number'),
        ({"n_threads": True}, '"n_threads" is a whole number'),
        ({"model_folders": "x"}, '"model_folders" is a list of texts'),
        ({"aliases": {"a": 1}}, '"aliases" is an object of texts'),
        ({"n_gpu_layers": -2}, '"n_gpu_layers" is a whole number of at least -1'),
        ({"keep_alive": 2.5}, '"keep_alive" is a whole number of at least -1'),
        ({"n_parallel": 0}, '"n_parallel" is a whole number of at least 1'),
        ({"memory_budget": -1}, '"memory_budget" is a whole number of at least 0'),
        ({"kv_type": "q3"}, '"kv_type" is one of f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0, iq4_nl'),
        ({"kv_type": ["f16"]}, '"kv_type" is one of'),
        ([], "settings are a JSON object"),
    ],
)
def test_a_wrong_value_names_its_key(data: object, said: str) -> None:
    with pytest.raises(GraphideError, match=said):
        from_json(data)


@pytest.mark.parametrize("content", [b"{", b'{"n_threads": -1}', b"\xff\xfe"])
def test_a_broken_file_gives_the_defaults_and_says_why(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    settings = load(path)
    assert settings.problem.startswith(str(path))
    assert settings.n_threads == 0
