"""A shell with user folders of its own, for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from examples.pages import ROOT, Shell

from tests.support.fake_hub import fake_hub
from tests.support.gguf_builder import write_gguf
from tests.support.tiny_models import tiny_llama

EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a hub on this machine that has the model which the pages speak of, though a tiny one."""
    path = tiny_llama(tmp_path_factory.mktemp("hub") / "tiny.gguf")
    names = ("qwen2.5-1.5b-instruct-q4_k_m.gguf", "qwen2.5-1.5b-instruct-q8_0.gguf")
    with fake_hub() as running:
        running.add("Qwen/Qwen2.5-1.5B-Instruct-GGUF", dict.fromkeys(names, path), parameters=1_540_000_000)
        yield running.url


@pytest.fixture
def shell(tmp_path: Path, compiled: Path, hub: str) -> Shell:
    """A shell in a folder with nothing but a folder of models, of a user who has no other programs."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    env |= {
        "GRAPHIDE_HOME": str(tmp_path / "home"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "nodes")]),
        "PYTHONPYCACHEPREFIX": str(compiled),
        "PYTHONUTF8": "1",
        "HF_ENDPOINT": hub,
        "HOME": str(tmp_path),
    }
    folder = tmp_path / "work"
    folder.mkdir()
    write_gguf(folder / "gguf" / "70b.gguf")
    return Shell(folder, env)


@pytest.fixture
def example(shell: Shell) -> Callable[[str], Shell]:
    """Give a shell in a copy of an example, so that the example itself stays as it is."""

    def copied(name: str) -> Shell:
        folder = shell.folder / name
        shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("__pycache__", "out"))
        return Shell(folder, shell.env)

    return copied
