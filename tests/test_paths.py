"""User folders: where they are, and that nothing is created before `ensure`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from graphide import paths
from graphide.errors import GraphideError


def test_graphide_home_moves_every_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRAPHIDE_HOME", str(tmp_path / "home"))
    home = tmp_path / "home"
    assert paths.config_folder() == home / "config"
    assert paths.data_folder() == home / "data"
    assert paths.cache_folder() == home / "cache"
    assert paths.models_folder() == home / "models"
    assert paths.plugins_folder() == home / "plugins"
    assert not home.exists()


def test_a_relative_graphide_home_becomes_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRAPHIDE_HOME", "here")
    assert paths.data_folder() == tmp_path / "here" / "data"


def test_without_graphide_home_the_platform_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRAPHIDE_HOME", raising=False)
    folders = [paths.config_folder(), paths.data_folder(), paths.cache_folder()]
    assert all(folder.is_absolute() and "graphide" in str(folder) for folder in folders)
    assert paths.models_folder() == paths.data_folder() / "models"
    assert paths.plugins_folder() == paths.data_folder() / "plugins"


def test_templates_are_the_checkouts_graphs_when_nothing_is_packaged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(paths, "_PACKAGE", tmp_path / "graphide")
    assert paths.templates_folder() == tmp_path / "graphs"
    (tmp_path / "graphide" / "_templates").mkdir(parents=True)
    assert paths.templates_folder() == tmp_path / "graphide" / "_templates"


def test_ensure_creates_and_returns_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert paths.ensure(folder) == folder
    assert folder.is_dir()
    assert paths.ensure(folder) == folder


def test_ensure_says_which_folder_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GraphideError, match=r"cannot create the folder.*GRAPHIDE_HOME") as caught:
        paths.ensure(tmp_path / "file" / "below")
    assert caught.value.where == str(tmp_path / "file" / "below")


def test_import_does_not_load_platformdirs() -> None:
    code = "import sys, graphide.paths; sys.exit('platformdirs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
