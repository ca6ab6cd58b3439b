"""models fit: what a model takes of memory, and whether it fits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.command import Command

SIZES = ("weights", "kv", "compute", "total", "free", "n_ctx_max")


@pytest.fixture
def model(graphide_: Command, model_path: Path) -> str:
    folder = Path(graphide_.env["GRAPHIDE_HOME"]) / "models"
    folder.mkdir(parents=True)
    (folder / "small.gguf").symlink_to(model_path)
    return "small"


def test_the_parts_are_listed_in_readable_units_and_aligned(graphide_: Command, model: str) -> None:
    lines = graphide_("models", "fit", model, "--n-ctx", "2048").out.splitlines()
    assert lines[0] == "small.gguf, context of 2,048 tokens"
    parts = {line.split("  ")[1]: line for line in lines[1:6]}
    assert list(parts) == ["weights", "KV cache", "compute", "total", "free"]
    assert "96.6 MB" in parts["weights"] and "f16" in parts["KV cache"]
    assert len({line.index("B", 12) for line in parts.values()}) == 1, "the units stand below each other"
    assert lines[-2].startswith("largest context that fits: 8,192 tokens") and lines[-1].startswith("verdict: ")


def test_the_json_has_bytes_and_the_verdict(graphide_: Command, model: str) -> None:
    plain = graphide_("models", "fit", model, "--n-ctx", "2048", "--json").json
    packed = graphide_("models", "fit", model, "--n-ctx", "2048", "--kv-type", "q8_0", "--json").json
    assert all(isinstance(plain[key], int) for key in SIZES)
    assert plain["total"] == plain["weights"] + plain["kv"] + plain["compute"] <= plain["free"]
    assert plain["verdict"] in ("fits", "tight") and plain["n_ctx_max"] == 8192
    assert packed["kv"] / plain["kv"] == 1.0625 / 2 and packed["kv_type"] == "q8_0"


def test_what_the_settings_say_is_measured_for_all_models_or_for_one(graphide_: Command, model: str) -> None:
    config = Path(graphide_.env["GRAPHIDE_HOME"]) / "config" / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"n_ctx": 512, "kv_type": "q8_0"}))
    found = graphide_("models", "fit", model, "--json").json
    assert (found["n_ctx"], found["kv_type"]) == (512, "q8_0")
    config.write_text(json.dumps({"n_ctx": 512, "model_defaults": {"small.gguf": {"n_ctx": 1024}}}))
    found = graphide_("models", "fit", model, "--json").json
    assert (found["n_ctx"], found["kv_type"]) == (1024, "f16")
    assert graphide_("models", "fit", model, "--n-ctx", "2048", "--json").json["n_ctx"] == 2048


def test_more_answers_at_the_same_time_take_more(graphide_: Command, model: str) -> None:
    one, many = (
        graphide_("models", "fit", model, "--n-ctx", "512", "--parallel", count, "--json").json for count in ("1", "64")
    )
    assert many["total"] > one["total"] and many["parallel"] == 64


def test_a_context_that_no_memory_holds_does_not_fit(graphide_: Command, model: str) -> None:
    ended = graphide_("models", "fit", model, "--n-ctx", "4000000", "--json", code=1)
    assert ended.json["verdict"] == "does not fit" and ended.json["total"] > ended.json["free"]
    assert 8192 <= ended.json["n_ctx_max"] < 4_000_000
    assert "verdict: does not fit: " in graphide_("models", "fit", model, "--n-ctx", "4000000", code=1).out


def test_a_quantised_cache_wants_flash_attention(graphide_: Command, model: str) -> None:
    ended = graphide_("models", "fit", model, "--kv-type", "q8_0", "--flash-attn", "off", code=1)
    assert "needs flash attention" in ended.err and not ended.out


def test_a_file_that_is_still_downloading_is_measured_from_its_header(
    graphide_: Command, model_path: Path, model: str
) -> None:
    begun = graphide_.folder / "begun.gguf"
    with model_path.open("rb") as file:
        begun.write_bytes(file.read(4 << 20))
    ended = graphide_("models", "fit", f"./{begun.name}", "--n-ctx", "2048", "--json")
    whole = graphide_("models", "fit", model, "--n-ctx", "2048", "--json").json
    assert ended.json["total"] == whole["total"] and "not complete" in ended.err


def test_what_is_no_model_is_refused(graphide_: Command) -> None:
    (graphide_.folder / "broken.gguf").write_bytes(b"GGUF but not really")
    assert "cannot be used" in graphide_("models", "fit", "./broken.gguf", code=4).err
    assert "not in the library" in graphide_("models", "fit", "nowhere", code=4).err
    assert "takes no memory" in graphide_("models", "fit", "echo", code=2).err
