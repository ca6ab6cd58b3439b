"""Which projector belongs to which model, by their headers and by the names that people publish them under."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graphide.models.facts import ModelFacts, facts_of
from graphide.models.gguf import read_header
from graphide.models.projectors import base_name, projectors_of
from tests.support.gguf_builder import gguf_bytes

Metadata = Mapping[str, Any]
Tensors = list[tuple[str, tuple[int, ...], int]]


@dataclass(frozen=True)
class File:
    """A file as the library knows it."""

    path: Path
    facts: ModelFacts | None = None
    problem: str = ""


def files(*names: str, **facts: object) -> list[File]:
    return [File(Path("/m") / name, ModelFacts(**facts)) for name in names]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stem", "base"),
    [
        ("Qwen2.5-7B-Instruct-Q4_K_M", "qwen2.5-7b-instruct"),
        ("SmolLM2-135M-Instruct.Q4_1", "smollm2-135m-instruct"),
        ("gemma-3-4b-it-UD-Q5_K_XL", "gemma-3-4b-it"),
        ("model.i1-IQ2_XXS", "model"),
        ("phi-4_f16", "phi-4"),
        ("gpt-oss-20b-MXFP4", "gpt-oss-20b"),
        ("big-Q8_0-00001-of-00003", "big"),
        ("Qwen2-VL", "qwen2-vl"),
        ("q4", "q4"),
    ],
)
def test_the_base_of_a_name_has_no_quantisation(stem: str, base: str) -> None:
    assert base_name(stem) == base


def test_alone_with_one_model_a_projector_belongs_to_all_its_quantisations() -> None:
    models = files("gemma-Q4_K_M.gguf", "gemma-Q8_0.gguf")
    found = projectors_of(models, files("mmproj-model-f16.gguf"))
    assert found == {model.path: Path("/m/mmproj-model-f16.gguf") for model in models}


@pytest.mark.parametrize(
    "name",
    ["mmproj-gemma-3-4b-it-f16.gguf", "gemma-3-4b-it-mmproj-F16.gguf", "gemma-3-4b-it.mmproj-Q8_0.gguf",
     "mmproj-Gemma-3-4b-it-Q8_0.gguf", "gemma-3-4b-it-mmproj-model-f16.gguf", "gemma_3_4b_it.mmproj.gguf"],
)  # fmt: skip
def test_among_several_models_the_name_decides(name: str) -> None:
    models = files("gemma-3-4b-it-Q4_K_M.gguf", "gemma-3-4b-it-Q8_0.gguf", "qwen-7b-Q4_K_M.gguf", "gemma-3-4b.gguf")
    found = projectors_of(models, files(name))
    assert found == {model.path: Path("/m") / name for model in models[:2]}


def test_without_a_name_of_its_own_the_header_decides() -> None:
    models = files("a-Q4_K_M.gguf", name="Gemma 3") + files("b-Q4_K_M.gguf", name="Qwen")
    assert projectors_of(models, files("mmproj-F16.gguf", name="Qwen")) == {models[1].path: Path("/m/mmproj-F16.gguf")}
    assert projectors_of(models, files("mmproj-F16.gguf")) == {}


def test_a_projector_goes_to_the_models_whose_embeddings_are_as_long() -> None:
    small = files("a-Q4_K_M.gguf", "a-Q8_0.gguf", embedding_length=2560)
    large = files("b-Q4_K_M.gguf", embedding_length=4096)
    offered = files("mmproj-F16.gguf", embedding_length=4096)
    assert projectors_of([*small, *large], offered) == {large[0].path: offered[0].path}
    assert projectors_of(small, offered) == {}, "alone with a model that it does not fit, it belongs to none"
    both = [*offered, *files("mmproj-2-F16.gguf", embedding_length=2560)]
    assert projectors_of([*small, *large], both) == {
        **{model.path: both[1].path for model in small},
        large[0].path: both[0].path,
    }


def test_among_models_of_the_same_length_the_name_decides() -> None:
    models = files("gemma-Q4_K_M.gguf", "medgemma-Q4_K_M.gguf", embedding_length=2560)
    assert projectors_of(models, files("mmproj-F16.gguf", embedding_length=2560)) == {}
    (named,) = files("mmproj-medgemma-BF16.gguf", embedding_length=2560)
    assert projectors_of(models, [named]) == {models[1].path: named.path}
    (other,) = files("mmproj-other-F16.gguf", embedding_length=2560)
    assert projectors_of(models[1:], [other, named]) == {models[1].path: named.path}, (
        "its own comes before the better one"
    )


def test_a_name_does_not_help_a_projector_that_does_not_fit() -> None:
    (model,) = files("gemma-3-4b-it-Q4_K_M.gguf", embedding_length=2560)
    assert projectors_of([model], files("mmproj-gemma-3-4b-it-f16.gguf", embedding_length=3840)) == {}


def tensor(name: str, *dims: int) -> tuple[str, tuple[int, ...], int]:
    return name, dims, 0


@pytest.mark.parametrize(
    ("metadata", "tensors", "length"),
    [
        ({"clip.vision.projection_dim": 2560}, [], 2560),
        ({"clip.audio.projection_dim": 1280}, [tensor("mm.a.mlp.1.weight", 8, 1280)], 1280),
        ({"clip.vision.projection_dim": 64}, [tensor("mm.input_projection.weight", 64, 32)], 64),
        # Early files: the number is that of the picture model, and only the projection knows better.
        ({"clip.vision.projection_dim": 768}, [tensor("mm.0.bias", 32), tensor("mm.2.bias", 64)], 64),
        ({}, [tensor("mm.2.weight", 32, 64), tensor("mm.2.bias", 64)], 64),
        ({"clip.vision.projection_dim": 768}, [tensor("mm.2.weight", 32, 64)], 0),
        ({"clip.vision.projection_dim": "many"}, [], 0),
    ],
)
def test_the_header_says_for_which_models_a_projector_is(metadata: Metadata, tensors: Tensors, length: int) -> None:
    data = gguf_bytes({"general.architecture": "clip", **metadata}, tensors=[tensor("v.blk.0.weight", 32), *tensors])
    facts = facts_of(read_header(io.BytesIO(data)))
    assert (facts.kind, facts.embedding_length) == ("projector", length)


def test_half_precision_comes_first() -> None:
    models = files("a.gguf")
    names = ("mmproj-F32.gguf", "mmproj-BF16.gguf", "mmproj-F16.gguf", "mmproj-Q4_0.gguf")
    offered = [*(files(name, quantisation=name[7:-5])[0] for name in names)]
    assert projectors_of(models, offered) == {models[0].path: Path("/m/mmproj-F16.gguf")}
    assert projectors_of(models, offered[:2]) == {models[0].path: Path("/m/mmproj-BF16.gguf")}


def test_other_folders_and_broken_files_do_not_count() -> None:
    models = files("a.gguf")
    assert projectors_of(models, [File(Path("/other/mmproj.gguf"), ModelFacts())]) == {}
    assert projectors_of(models, [File(Path("/m/mmproj.gguf"), ModelFacts(), problem="is truncated")]) == {}
    assert projectors_of([], files("mmproj.gguf")) == {}
