"""Which files of a repository are meant: by name, by hash, or those for this machine."""

from __future__ import annotations

import pytest

from graphide.errors import GraphideError, ModelMismatch, UsageError
from graphide.models.hub import HubModel, Repository
from graphide.models.hub_files import HubFile, sorted_files
from graphide.models.hub_spec import parse_spec
from graphide.models.wanted import projector_for, wanted

GB = 1_000_000_000
HASHES = {"a-Q4_K_M.gguf": "4" * 64, "a-Q8_0.gguf": "8" * 64, "mmproj-BF16.gguf": "b" * 64, "mmproj-F16.gguf": "f" * 64}
SIZES = {"a-Q4_K_M.gguf": 4 * GB, "a-Q8_0.gguf": 8 * GB, "mmproj-BF16.gguf": GB - 1, "mmproj-F16.gguf": GB}
SPLIT = [HubFile(f"big-Q6_K-0000{part}-of-00002.gguf", 3 * GB, f"{part}" * 64) for part in (1, 2)]


def repository(*more: HubFile, names: tuple[str, ...] = tuple(SIZES)) -> Repository:
    files = [HubFile(name, SIZES[name], HASHES[name]) for name in names]
    model = HubModel(repo="o/r", parameters=8 * GB, context_length=8192)
    return Repository(model=model, commit="c" * 40, files=sorted_files([*files, *more]))


def test_a_name_decides() -> None:
    assert wanted(repository(), parse_spec("o/r:Q8_0"), free=0).file == "a-Q8_0.gguf"
    assert wanted(repository(), parse_spec("o/r:a-Q4_K_M.gguf"), free=0).file == "a-Q4_K_M.gguf"
    with pytest.raises(UsageError, match="has no quantisation"):
        wanted(repository(), parse_spec("o/r:Q2_K"), free=0)


def test_without_a_name_the_memory_decides() -> None:
    assert wanted(repository(), parse_spec("o/r"), free=40 * GB).name == "Q4_K_M"
    with pytest.raises(GraphideError, match="nothing of o/r fits this machine: .*Name a quantisation") as caught:
        wanted(repository(), parse_spec("o/r"), free=GB)
    assert caught.value.hint.endswith("o/r:Q4_K_M")
    with pytest.raises(UsageError, match="has no GGUF files"):
        wanted(repository(names=()), parse_spec("o/r"), free=GB)


@pytest.mark.parametrize("spec", ["o/r", "o/r:a-Q4_K_M.gguf", "o/r:other.gguf", "o/r:Q4_K_M"])
def test_a_hash_decides_whatever_the_name_says(spec: str) -> None:
    assert wanted(repository(), parse_spec(spec), free=0, sha256="8" * 12).file == "a-Q8_0.gguf"
    assert wanted(repository(), parse_spec(spec), free=0, sha256="F" * 64).file == "mmproj-F16.gguf"


def test_a_hash_that_no_file_has_is_a_mismatch() -> None:
    for spec in ("o/r", "o/r:a-Q4_K_M.gguf"):
        with pytest.raises(ModelMismatch, match="has no file with the hash 777777777777"):
            wanted(repository(), parse_spec(spec), free=0, sha256="7" * 64)
    for text in ("4" * 11, "not a hash at all"):
        with pytest.raises(UsageError, match="is not a hash"):
            wanted(repository(), parse_spec("o/r"), free=0, sha256=text)


def test_the_hash_of_a_split_model_is_checked_when_it_is_here() -> None:
    spec = parse_spec(f"o/r:{SPLIT[0].path}")
    assert wanted(repository(*SPLIT), spec, free=0, sha256="7" * 64).files == tuple(SPLIT)


def test_the_projector_in_half_precision_comes_first() -> None:
    assert projector_for(repository()).name == "F16"
    assert projector_for(repository(names=("a-Q8_0.gguf", "mmproj-BF16.gguf"))).name == "BF16"
    with pytest.raises(UsageError, match="has no projector"):
        projector_for(repository(names=("a-Q8_0.gguf",)))
