"""As many layers go to the GPU as fit, and it is said why it is that many."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from graphide.errors import InferenceFault
from graphide.inference.client import Worker, finish
from graphide.inference.measure import measuring
from graphide.inference.offload import (
    DEVICE_RESERVE,
    LayerChoice,
    choose_layers,
    explained,
    holds,
    most_layers,
    with_fallback,
)
from graphide.inference.protocol import DeviceInfo, FitMeasure, LoadOptions, MemoryUse
from tests.support import tiny_models

GB = 10**9
CARD = DeviceInfo("CUDA0", "A card", "gpu", 8 * GB, 8 * GB)


@given(st.integers(0, 200), st.integers(0, 250))
def test_the_search_finds_the_most_layers_with_few_questions(most: int, room: int) -> None:
    asked: list[int] = []

    def fits(layers: int) -> bool:
        asked.append(layers)
        return layers <= room

    assert most_layers(most, fits) == min(most, room)
    assert len(asked) <= 9 and all(0 < layers <= most for layers in asked)


def use(device: str, size: int) -> MemoryUse:
    return MemoryUse(device, size, 0, 0, 0)


@pytest.mark.parametrize(
    ("uses", "fits"),
    [
        ((use("", 100 * GB),), True),
        ((use("CUDA0", 8 * GB - DEVICE_RESERVE),), True),
        ((use("CUDA0", 8 * GB - DEVICE_RESERVE + 1),), False),
        ((use("CUDA0", 1), use("CUDA1", 1)), False),
    ],
    ids=["main memory is not asked", "to the byte", "a byte too much", "an unknown device"],
)
def test_devices_keep_a_reserve(uses: tuple[MemoryUse, ...], fits: bool) -> None:
    assert holds((CARD,), FitMeasure(4096, 8192, 64, uses)) is fits


def test_everything_on_the_device_counts() -> None:
    part = 2 * GB
    measured = FitMeasure(4096, 8192, 64, (MemoryUse("CUDA0", part, part, part, part),))
    assert not holds((CARD,), measured)


@pytest.mark.parametrize(
    ("layers", "words"), [(33, "all layers fit"), (0, "not one layer fits"), (7, "7 of 33 layers")]
)
def test_the_reason_names_the_layers_and_the_device(layers: int, words: str) -> None:
    choice = explained(layers, 33, (CARD,))
    assert choice.layers == layers and choice.reason.startswith(words) and "A card" in choice.reason


def test_memory_that_runs_out_on_the_gpu_falls_back_to_the_cpu_with_a_reason() -> None:
    tried: list[LayerChoice] = []

    def attempt(choice: LayerChoice) -> str:
        tried.append(choice)
        if choice.layers:
            raise InferenceFault("oom", "no room")
        return "loaded"

    assert with_fallback(LayerChoice(20, "the settings ask for this number"), attempt) == "loaded"
    assert [choice.layers for choice in tried] == [20, 0]
    assert "20 layers" in tried[1].reason and "CPU" in tried[1].reason


@pytest.mark.parametrize(("kind", "layers"), [("oom", 0), ("corrupt_file", 20)])
def test_other_faults_are_not_tried_again(kind: str, layers: int) -> None:
    tried = 0

    def attempt(_: LayerChoice) -> str:
        nonlocal tried
        tried += 1
        raise InferenceFault(kind, "fault")  # type: ignore[arg-type]

    with pytest.raises(InferenceFault, match="fault"):
        with_fallback(LayerChoice(layers, ""), attempt)
    assert tried == 1


class WithoutGpu:
    """What a build of the engine without GPU support says; anything else that is asked of it is an error."""

    def llama_supports_gpu_offload(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (LoadOptions(), "no GPU support"),
        (LoadOptions(n_gpu_layers=20), "no GPU support"),
        (LoadOptions(n_gpu_layers=0), "the settings ask for none"),
        (LoadOptions(vocab_only=True), "no weights"),
    ],
)
def test_without_a_gpu_the_choice_costs_nothing(options: LoadOptions, words: str) -> None:
    def once() -> float:
        began = time.perf_counter()
        choice = choose_layers(WithoutGpu(), "nowhere.gguf", options, log=None)  # type: ignore[arg-type]
        seconds = time.perf_counter() - began
        assert choice.layers == 0 and words in choice.reason
        return seconds

    assert min(once() for _ in range(5)) < 0.001


def test_a_load_says_how_many_layers_are_on_the_gpu_and_why(tmp_path: Path) -> None:
    path = tiny_models.tiny_llama(tmp_path / "tiny.gguf")
    worker = Worker()
    try:
        info = finish(worker.load(str(path), LoadOptions(n_ctx=256, n_threads=1)))
    finally:
        worker.close()
    with measuring(str(path)) as measure:
        found = measure((256,))
    assert info.gpu_reason and (info.n_gpu_layers, info.gpu_reason) == (found.n_gpu_layers, found.gpu_reason)
    if not any(device.kind in ("gpu", "igpu") for device in found.devices):
        assert info.n_gpu_layers == 0
