"""Choosing a model and changing settings as the dialogs do, without their windows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.editor.dialogs import Dialog
from graphide.editor.model_list import ModelRow, fitting, kv_bytes, row_of, size_text
from graphide.models.facts import ModelFacts
from graphide.models.library import LibraryModel
from graphide.spec.registry import Registry
from tests.editor.hands import Hands, hands


@pytest.fixture
def person(registry: Registry, tmp_path: Path) -> Iterator[Hands]:
    with hands(registry, tmp_path / "state", "hello") as person:
        yield person


# --- models


def model(name: str, *, size: int = 1_000_000_000, problem: str = "") -> LibraryModel:
    facts = ModelFacts(
        architecture="llama", parameters=7_000_000_000, quantisation="Q4_K_M", context_length=32_768, layers=32, heads=32,
        heads_kv=8, embedding_length=4096,
    )  # fmt: skip
    path = Path("/models") / name
    return LibraryModel(
        path=path, parts=(path,), size=size, mtime_ns=0, folder=path.parent, facts=None if problem else facts,
        problem=problem,
    )  # fmt: skip


def test_a_line_says_size_context_and_whether_it_fits() -> None:
    row = row_of(model("a.gguf"), free=8_000_000_000)
    assert (row.title, row.quantisation, row.context, row.fits) == ("a", "Q4_K_M", 32_768, "fits")
    assert kv_bytes(model("a.gguf").facts, 4096) == 512 << 20  # type: ignore[arg-type]  # 2 · 2 bytes · 4096 · 32 · 8 · 128
    assert row_of(model("a.gguf"), free=1_700_000_000).fits == "tight"
    assert row_of(model("a.gguf"), free=1_200_000_000).fits == "does not fit"
    assert row_of(model("a.gguf", problem="is cut off"), free=1).problem == "is cut off"
    assert (size_text(512), size_text(98_362_432), size_text(4_700_000_000)) == ("512 B", "98 MB", "4.7 GB")


def test_models_are_searched_by_every_word() -> None:
    rows = [ModelRow("a.gguf", "Alpha 7B", quantisation="Q4_K_M"), ModelRow("b.gguf", "Beta 7B", quantisation="Q8_0")]
    assert [row.name for row in fitting(rows, "7b q8")] == ["b.gguf"]
    assert len(fitting(rows, " ")) == 2 and not fitting(rows, "gamma")


def test_a_model_field_takes_the_model_that_was_chosen(person: Hands) -> None:
    session = person.session
    session.popups.ask_model("answer", "model")
    assert session.popups.dialog == Dialog("models", "Choose a model", data=("answer", "model"))
    session.popups.answer("ok", "echo")
    assert session.graph.nodes["answer"].settings["model"] == "echo"
