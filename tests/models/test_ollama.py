"""The store of Ollama: its models under the names that Ollama gives them, read where they lie and never changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from graphide.errors import FileRefused, ModelMissing
from graphide.models.filecache import FileCache
from graphide.models.identity import known_sha256
from graphide.models.library import Library, LibraryModel
from graphide.models.ollama import model_name, read_manifest
from graphide.models.removal import remove
from graphide.models.verify import verify_steps
from tests.support.gguf_builder import gguf_bytes, write_gguf

USUAL = "registry.ollama.ai/library"
MODEL, PROJECTOR = "application/vnd.ollama.image.model", "application/vnd.ollama.image.projector"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store without models, as Ollama makes it."""
    for name in ("blobs", "manifests"):
        (tmp_path / "store" / name).mkdir(parents=True)
    return tmp_path / "store"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def add(store: Path, place: str, data: bytes, projector: bytes = b"") -> Path:
    """Put a model into a store, and return the file of its bytes."""
    layers = [("application/vnd.ollama.image.template", b"{{ .Prompt }}"), (MODEL, data)]
    layers += [(PROJECTOR, projector)] if projector else []
    for _, body in layers:
        (store / "blobs" / f"sha256-{sha256(body)}").write_bytes(body)
    manifest = store / "manifests" / place
    manifest.parent.mkdir(parents=True, exist_ok=True)
    described = [{"mediaType": kind, "digest": f"sha256:{sha256(body)}", "size": len(body)} for kind, body in layers]
    manifest.write_text(json.dumps({"schemaVersion": 2, "config": {}, "layers": described}))
    return store / "blobs" / f"sha256-{sha256(data)}"


def library(store: Path, cache: FileCache | None = None) -> Library:
    return Library([store.parent / "own", store], cache=cache or FileCache(None))


def ended(steps: object) -> object:
    while True:
        try:
            next(steps)  # type: ignore[call-overload]
        except StopIteration as end:
            return end.value


def test_models_have_the_names_that_ollama_gives_them(store: Path) -> None:
    path = add(store, f"{USUAL}/qwen3/4b", gguf_bytes({"general.name": "Qwen"}))
    add(store, "hf.co/ada/tiny-GGUF/Q4_K_M", gguf_bytes({"general.name": "Tiny"}))
    first, second = library(store).list()
    assert (first.names, first.file, first.runs) == (("hf.co/ada/tiny-GGUF:Q4_K_M",), "tiny-GGUF:Q4_K_M", True)
    assert (second.file, second.title, second.path, second.size) == ("qwen3:4b", "qwen3:4b", path, path.stat().st_size)
    assert second.facts is not None and second.facts.name == "Qwen"


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (f"{USUAL}/qwen3/4b", "qwen3:4b"),
        ("registry.ollama.ai/ada/qwen3/latest", "ada/qwen3:latest"),
        ("hf.co/ada/tiny-GGUF/Q8_0", "hf.co/ada/tiny-GGUF:Q8_0"),
        ("registry.example/library/m/1", "registry.example/m:1"),
        ("m/1", "m:1"),
    ],
)
def test_a_name_leaves_out_what_is_usual(place: str, name: str) -> None:
    assert model_name(place.split("/")) == name


@pytest.mark.parametrize("name", ["llama3.2:3b", "llama3.2:latest", "llama3.2", "LLAMA3.2:3B", "llama3.2:3"])
def test_a_file_with_several_names_is_one_model_and_found_by_each(store: Path, name: str) -> None:
    data = gguf_bytes()
    path = add(store, f"{USUAL}/llama3.2/latest", data)
    assert add(store, f"{USUAL}/llama3.2/3b", data) == path
    add(store, f"{USUAL}/llama3.2/1b", gguf_bytes({"general.name": "Other"}))
    found = library(store)
    assert [model.names for model in found.list()] == [("llama3.2:1b",), ("llama3.2:3b", "llama3.2:latest")]
    assert found.find(name).path == path


def test_a_name_with_a_slash_is_found_where_no_file_has_it(store: Path) -> None:
    path = add(store, "registry.ollama.ai/ada/tiny/latest", gguf_bytes())
    found = library(store)
    assert found.find("ada/tiny:latest").path == found.find("ada/tiny").path == found.find("tiny").path == path
    found.aliases = {"mine": "ada/tiny"}
    assert found.find("mine").path == path
    with pytest.raises(ModelMissing, match='no model file "ada/other"'):
        found.find("ada/other")


def test_the_folder_above_a_store_and_files_beside_it_are_looked_at_too(store: Path) -> None:
    add(store, f"{USUAL}/qwen3/4b", gguf_bytes())
    write_gguf(store / "mine" / "a.gguf")
    assert [model.file for model in Library([store.parent]).list()] == ["a.gguf", "qwen3:4b"]


def test_a_projector_belongs_to_the_model_that_ollama_keeps_it_with(store: Path) -> None:
    projector = gguf_bytes({"general.architecture": "clip"})
    add(store, f"{USUAL}/seeing/7b", gguf_bytes(), projector)
    (model,) = library(store).scan().models
    assert model.projector == store / "blobs" / f"sha256-{sha256(projector)}"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"layers": 3}', '{"layers": [3]}', '{"layers": [{"mediaType": "x"}]}', "[" * 100_000,
     json.dumps({"layers": [{"mediaType": MODEL, "digest": "sha256:../../../etc/passwd"}]}),
     json.dumps({"layers": [{"mediaType": MODEL, "digest": f"sha256:{'A' * 64}"}]}),
     json.dumps({"layers": [{"mediaType": "application/vnd.ollama.image.tensor", "digest": f"sha256:{'a' * 64}"}]})],
)  # fmt: skip
def test_a_manifest_that_describes_no_model_is_passed_over(store: Path, text: str) -> None:
    manifest = store / "manifests" / USUAL / "odd" / "1b"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(text)
    assert read_manifest(manifest) is None
    assert library(store).list() == ()


def test_a_model_whose_bytes_are_gone_or_cut_says_so(store: Path) -> None:
    add(store, f"{USUAL}/gone/1b", gguf_bytes()).unlink()
    cut = add(store, f"{USUAL}/cut/1b", gguf_bytes({"general.name": "Cut"}))
    cut.write_bytes(cut.read_bytes()[:-32])
    problems = {model.file: model.problem for model in library(store).list()}
    assert problems["gone:1b"] == "is not there"
    assert problems["cut:1b"].startswith("is truncated")


def test_the_hash_is_known_from_the_name_and_checked_when_it_is_verified(store: Path, tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "models.sqlite")
    data = gguf_bytes()
    path = add(store, f"{USUAL}/qwen3/4b", data)
    found = library(store, cache)
    assert known_sha256(path, cache) is None
    (model,) = found.list()
    assert known_sha256(path, cache) == sha256(data)
    (same,) = ended(verify_steps(model.parts, cache))  # type: ignore[misc]
    assert (same.verdict, same.source, same.expected) == ("same", "the name of its file", sha256(data))
    path.write_bytes(data[:-1] + b"\1")
    (other,) = ended(verify_steps(model.parts, cache))  # type: ignore[misc]
    assert other.verdict == "differs" and other.expected == sha256(data)


def test_nothing_of_a_store_is_deleted(store: Path) -> None:
    path = add(store, f"{USUAL}/qwen3/4b", gguf_bytes())
    found = library(store)
    for anywhere in (False, True):
        with pytest.raises(FileRefused, match="is in the store of Ollama. Delete it with: ollama rm qwen3:4b"):
            remove(found, found.find("qwen3"), anywhere=anywhere)
    assert path.exists()


def test_a_model_that_ollama_pulls_or_removes_is_noticed(store: Path) -> None:
    add(store, f"{USUAL}/qwen3/4b", gguf_bytes())
    found = library(store)
    found.list()
    assert not found.changed()
    add(store, f"{USUAL}/qwen3/8b", gguf_bytes({"general.name": "Larger"}))
    assert found.changed()
    assert len(found.list()) == 2 and not found.changed()
    (store / "manifests" / USUAL / "qwen3" / "4b").unlink()
    assert found.changed()
    assert [model.file for model in found.list()] == ["qwen3:8b"]


def test_jan_names_its_models_by_their_folders(tmp_path: Path) -> None:
    for name in ("Qwen3-4B-Q4_K_M", "Llama-3_2-3B-Q8_0"):
        write_gguf(tmp_path / "models" / name / "model.gguf")
        (tmp_path / "models" / name / "model.yml").write_text("name: x\n")
    write_gguf(tmp_path / "models" / "plain" / "model.gguf")
    found = Library([tmp_path / "models"])
    assert [model.file for model in found.list()] == ["Llama-3_2-3B-Q8_0", "model.gguf", "Qwen3-4B-Q4_K_M"]
    models: dict[str, LibraryModel] = {model.file: model for model in found.list()}
    assert found.find("qwen3").path == models["Qwen3-4B-Q4_K_M"].path
