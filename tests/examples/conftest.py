"""A shell with user folders of its own, for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from examples.pages import ROOT, Shell

EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def shell(tmp_path: Path, compiled: Path) -> Shell:
    """A shell in an empty folder."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    env |= {
        "GRAPHIDE_HOME": str(tmp_path / "home"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "nodes")]),
        "PYTHONPYCACHEPREFIX": str(compiled),
        "PYTHONUTF8": "1",
    }
    folder = tmp_path / "work"
    folder.mkdir()
    return Shell(folder, env)


@pytest.fixture
def example(shell: Shell) -> Callable[[str], Shell]:
    """Give a shell in a copy of an example, so that the example itself stays as it is."""

    def copied(name: str) -> Shell:
        folder = shell.folder / name
        shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("__pycache__", "out"))
        return Shell(folder, shell.env)

    return copied
