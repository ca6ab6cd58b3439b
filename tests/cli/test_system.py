"""system: what this machine has for running models."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

import pytest
from cli.command import Command

from graphide import __version__


def test_the_machine_is_described_as_json(graphide_: Command) -> None:
    found = graphide_("system", "--json").json
    assert found["cpu"]["name"] and 1 <= found["cpu"]["physical_cores"] <= found["cpu"]["logical_cores"]
    assert found["cpu"]["logical_cores"] == os.cpu_count()
    assert isinstance(found["cpu"]["features"], list)
    assert 0 < found["ram"]["available"] <= found["ram"]["total"]
    assert "cpu" in {device["kind"] for device in found["devices"]}
    assert all(set(device) == {"name", "description", "kind", "free", "total"} for device in found["devices"])
    assert found["versions"]["graphide"] == __version__ and found["versions"]["python"] == platform.python_version()
    assert found["versions"]["huggingface_hub"] == metadata.version("huggingface_hub")
    assert found["versions"]["engine"].startswith("llama-cpp-python ") and platform.system() in found["versions"]["os"]
    assert "CPU" in found["engine"]["flags"] and isinstance(found["engine"]["gpu_support"], bool)


def test_the_disk_of_a_folder_that_is_not_there_yet_is_known(graphide_: Command) -> None:
    (disk,) = graphide_("system", "--format", "json").json["disks"]
    assert Path(disk["folder"]) == Path(graphide_.env["GRAPHIDE_HOME"]) / "models"
    assert not Path(disk["folder"]).exists() and 0 < disk["free"] <= disk["total"]


def test_the_machine_is_described_for_people(graphide_: Command) -> None:
    ended = graphide_("system")
    names = [line.split("  ")[0] for line in ended.out.splitlines()]
    assert names[:2] == ["processor", "memory"]
    assert {"disk", "graphide", "engine", "engine flags", "Python", "system"} <= set(names) and not ended.err


@pytest.mark.skipif(platform.system() != "Linux" or platform.machine() != "x86_64", reason="asks the kernel")
def test_the_instruction_sets_agree_with_those_of_the_engine(graphide_: Command) -> None:
    found = graphide_("system", "--json").json
    built = {flag.partition(" = ")[0] for flag in found["engine"]["flags"].split(" | ") if flag.endswith("= 1")}
    for name in {"AVX", "AVX2", "F16C", "FMA"} & built:
        assert name in found["cpu"]["features"]
    assert "instruction sets" in graphide_("system").out


def test_without_an_engine_the_rest_is_told(graphide_: Command) -> None:
    hidden = graphide_.folder / "hidden"
    (hidden / "llama_cpp").mkdir(parents=True)
    (hidden / "llama_cpp" / "__init__.py").write_text("")
    path = os.pathsep.join([str(hidden), graphide_.env["PYTHONPATH"]])
    ended = graphide_("system", "--json", PYTHONPATH=path)
    assert ended.json["engine"]["problem"] and ended.json["devices"] == []
    assert ended.json["ram"]["total"] > 0 and "does not start" in ended.err
