"""Which file a graph means: by name, size and hash, and what is said when there is none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphide import paths
from graphide.errors import GraphFileError, ModelMismatch, ModelMissing, UsageError
from graphide.graph.file import loads
from graphide.graph.model import ModelRef
from graphide.models.filecache import FileCache
from graphide.models.identity import sha256_of
from graphide.models.library import Library, LibraryModel
from graphide.models.resolve import checked, resolve, resolve_steps
from tests.support.gguf_builder import write_gguf, write_split


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def entry_of(path: Path, **changes: Any) -> ModelRef:
    ref = ModelRef(file=path.name, sha256=sha256_of(path), size=path.stat().st_size, hub="owner/repo-GGUF")
    return replace(ref, **changes)


@pytest.fixture
def library(own: Path, tmp_path: Path) -> Library:
    return Library([own, tmp_path / "other"], cache=FileCache(tmp_path / "models.sqlite"))


def test_a_graphs_model_is_found_by_name_and_hash(own: Path, library: Library) -> None:
    path = write_gguf(own / "a.gguf")
    assert resolve(library, entry_of(path)).path == path
    assert resolve(library, ModelRef("A.gguf")).path == path
    assert resolve(library, ModelRef("a.gguf", size=path.stat().st_size)).path == path
    assert resolve(library, ModelRef(file="a.gguf", sha256=sha256_of(path))).path == path


def test_a_renamed_model_is_found_by_its_hash(own: Path, library: Library) -> None:
    path = write_gguf(own / "renamed.gguf", {"general.name": "Wanted"})
    write_gguf(own / "decoy.gguf", {"general.name": "Unwant"})
    assert resolve(library, entry_of(path, file="original.gguf")).path == path


def test_the_right_hash_wins_over_the_right_name(own: Path, tmp_path: Path, library: Library) -> None:
    write_gguf(own / "a.gguf", fill=b"\1")
    right = write_gguf(tmp_path / "other" / "a.gguf", fill=b"\2")
    assert resolve(library, entry_of(right)).path == right
    renamed = right.rename(right.with_name("b.gguf"))
    assert resolve(library, entry_of(renamed, file="a.gguf")).path == renamed


def test_a_changed_model_is_a_mismatch_unless_allowed(own: Path, library: Library) -> None:
    path = write_gguf(own / "a.gguf")
    have, want = sha256_of(path), "ab" * 32
    entry = entry_of(path, sha256=want)
    with pytest.raises(ModelMismatch) as caught:
        resolve(library, entry)
    assert str(caught.value) == (
        f'the model file "a.gguf" on this machine has the hash {have[:12]}, the graph asks for abababababab. '
        "Get it with: graphide models pull owner/repo-GGUF:a.gguf --sha256 abababababab, or let the run do so with --pull. "
        "Or use the file that is here with --allow-model-mismatch"
    )
    assert caught.value.exit_code == 4
    assert resolve(library, entry, allow_mismatch=True).path == path
    with pytest.raises(ModelMismatch, match=rf"the hash {have[:12]}"):
        resolve(library, entry_of(path, sha256=want, size=5))
    with pytest.raises(ModelMismatch, match="bytes, the graph asks for 5"):
        resolve(library, ModelRef("a.gguf", size=5))


def test_a_missing_model_names_the_one_command(library: Library) -> None:
    with pytest.raises(ModelMissing) as caught:
        resolve(library, ModelRef("a.gguf", "owner/repo-GGUF", "ab" * 32, 5))
    assert str(caught.value) == (
        'model file "a.gguf" is not on this machine. '
        "Get it with: graphide models pull owner/repo-GGUF:a.gguf --sha256 abababababab, or let the run do so with --pull"
    )
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("file", ["a b.gguf", "$(x).gguf", "a;b.gguf", "-f.gguf", "a.bin", "`x`.gguf", "a'b.gguf"])
def test_a_file_name_that_a_shell_would_act_on_is_not_part_of_a_command(library: Library, file: str) -> None:
    with pytest.raises(ModelMissing) as caught:
        resolve(library, ModelRef(file, "owner/repo", "ab" * 32))
    assert caught.value.hint.startswith("Get it with: graphide models pull owner/repo --sha256 abababababab, or")
    with pytest.raises(ModelMissing) as caught:
        resolve(library, ModelRef(file, "owner/repo"))
    assert caught.value.hint == (
        f'Download "{file}" from the Hugging Face repository owner/repo into {paths.models_folder()}'
    )


@pytest.mark.parametrize("hub", ["", "x; rm -rf ~", "a/b c", "$(x)/y", "-f/x", "a/b/c", "a/b\nc"])
def test_a_hub_name_that_is_not_one_is_not_repeated(library: Library, hub: str) -> None:
    with pytest.raises(ModelMissing) as caught:
        resolve(library, ModelRef("a.gguf", hub))
    assert caught.value.hint == "Ask the author of the graph for the file, or choose another with --model NAME"


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"file": ""},
        {"file": "/etc/passwd"},
        {"file": "../a.gguf"},
        {"file": "..\\a.gguf"},
        {"file": ".."},
        {"file": "a\x1b[31m.gguf"},
        {"file": "x" * 300},
        {"file": "a", "sha256": "xyz"},
        {"file": "a", "size": -1},
    ],
)
def test_an_entry_that_cannot_be_looked_up_is_a_usage_error(entry: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        checked(ModelRef(**entry))


@pytest.mark.parametrize(
    "entry",
    [
        {"file": 5},
        {"file": "a", "sha256": 5},
        {"file": "a", "size": "5"},
        {"file": "a", "size": True},
        {"file": "a", "hub": 5},
    ],
)
def test_an_entry_of_another_shape_is_refused_when_the_graph_is_read(entry: dict[str, object]) -> None:
    with pytest.raises(GraphFileError, match="models"):
        loads(json.dumps({"graphide": 1, "models": {"m": entry}}))


def test_resolving_reports_progress_and_can_be_cancelled(own: Path, library: Library) -> None:
    path = write_gguf(own / "a.gguf", tensors=[("w", (1024, 1024), 0)])
    entry = entry_of(path)
    steps = resolve_steps(library, entry)
    assert next(steps) == 1 << 20
    steps.close()
    assert len(list(resolve_steps(library, entry))) == 5
    assert list(resolve_steps(library, entry)) == []  # remembered


def test_a_split_model_is_resolved_by_all_its_parts(own: Path, library: Library) -> None:
    parts = write_split(own, "big", 2)
    entry = ModelRef(parts[0].name, "", sha256_of(parts), sum(part.stat().st_size for part in parts))
    found: LibraryModel = resolve(library, entry)
    assert found.parts == tuple(parts)
