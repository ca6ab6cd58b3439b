"""What a load takes is known before it: the measure is that of a real load, of the header alone, and safe to ask for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from inference.asking import ask

from graphide.errors import Cancelled, InferenceFault
from graphide.inference import measure as measure_module
from graphide.inference.client import Worker, finish
from graphide.inference.measure import measuring, survey
from graphide.inference.placement import HOST, MIB, assigned_layers, buffers, caches, shared_out, weights_by_device
from graphide.inference.protocol import FitMeasure, FrameReader, LoadOptions, MemoryUse, encode
from graphide.inference.spawn import Spawned, spawn
from graphide.models.gguf import read_header
from graphide.models.header_only import header_only
from tests.support import tiny_models
from tests.support.bare_engine import ROOT

REAL_LOAD = """
import contextlib, json, sys
from graphide.inference.engine import Engine
from graphide.inference.llama import AbortFlag, EngineLog, binding
from graphide.inference.protocol import Load, LoadOptions
library = binding()
log = EngineLog(library)
library.llama_backend_init()
nothing = lambda *_: None
engine = Engine(library, log=log, abort=AbortFlag(library), emit=nothing, flush=nothing,
                guard=lambda _: contextlib.nullcontext())
with log.listening() as heard:
    engine.accept(Load(sys.argv[1], LoadOptions(**json.loads(sys.argv[2]))), 1)
    engine.step()
print(json.dumps(heard()))
"""


def measured(path: Path, options: LoadOptions, *sizes: int) -> tuple[FitMeasure, ...]:
    with measuring(str(path), options) as measure:
        return measure(sizes or (0,)).measures


def real_buffers(path: Path, **options: object) -> dict[str, float]:
    """Return the MiB of the buffers that a real load makes, by kind, as the engine reports them."""
    command = [sys.executable, "-c", REAL_LOAD, str(path), json.dumps(options)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=100, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr
    sizes: dict[str, float] = dict.fromkeys(("model", "KV", "RS", "compute", "output"), 0.0)
    for line in json.loads(done.stdout.splitlines()[-1]):
        if found := re.search(r"(model|KV|RS|compute|output) buffer size =\s*([\d.]+) MiB", line):
            sizes[found[1]] += float(found[2])
    return sizes


def assert_the_same(use: MemoryUse, real: dict[str, float]) -> None:
    # One figure of the log is off by at most 0.005 MiB, and there are at most three of a kind.
    for size, kind in ((use.weights, "model"), (use.compute, "compute"), (use.output, "output")):
        assert size / MIB == pytest.approx(real[kind], abs=0.02), kind
    assert use.kv / MIB == pytest.approx(real["KV"] + real["RS"], abs=0.02)


@pytest.mark.parametrize("kv_type", ["f16", "q8_0"])
def test_the_measure_of_the_bundled_model_is_what_a_load_takes(model_path: Path, kv_type: str) -> None:
    options = {"n_ctx": 1024, "kv_type": kv_type, "n_threads": 1}
    (found,) = measured(model_path, LoadOptions(**options))  # type: ignore[arg-type]
    (use,) = found.uses
    assert found.n_ctx == 1024 and use.device == HOST
    assert use.weights > 90_000_000 and use.kv > 10_000_000 and use.compute > 0 and use.output > 0
    assert_the_same(use, real_buffers(model_path, **options))


@pytest.mark.parametrize("make", [tiny_models.tiny_sliding, tiny_models.tiny_mamba, tiny_models.tiny_hybrid])
def test_the_measure_is_what_a_load_takes_with_windows_and_states(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path / "tiny.gguf")
    (found,) = measured(path, LoadOptions(n_ctx=512))
    assert found.uses[0].kv > 0
    assert_the_same(found.uses[0], real_buffers(path, n_ctx=512))


def test_the_header_alone_gives_the_same_measure(model_path: Path, tmp_path: Path) -> None:
    sparse = tmp_path / "sparse.gguf"
    copied = header_only(model_path, sparse)
    assert copied < 2_000_000 and sparse.stat().st_size > 90_000_000
    options = LoadOptions(n_ctx=2048)
    assert measured(sparse, options, 2048, 8192) == measured(model_path, options, 2048, 8192)


def test_the_cache_takes_what_its_type_and_its_tokens_say(model_path: Path) -> None:
    with measuring(str(model_path)) as measure:
        small, large = (each.uses[0] for each in measure((1024, 2048)).measures)
    (packed,) = measured(model_path, LoadOptions(kv_type="q8_0"), 2048)
    assert large.kv == 2 * small.kv
    assert packed.uses[0].kv / large.kv == 1.0625 / 2
    # 30 layers of 3 heads of 64 keys and 64 values, two bytes each.
    assert large.kv == packed.cells * 30 * 3 * (64 + 64) * 2
    assert large.weights == small.weights == packed.uses[0].weights


def test_a_quantised_cache_without_flash_attention_is_refused_in_plain_words(model_path: Path) -> None:
    with pytest.raises(InferenceFault, match="needs flash attention") as caught:
        measured(model_path, LoadOptions(kv_type="q8_0", flash_attn="off"))
    assert caught.value.kind == "bad_request" and "kv_type" in caught.value.hint


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> list[Spawned]:
    """The processes that are started for measures."""
    started: list[Spawned] = []

    def watched() -> Spawned:
        started.append(spawn())
        return started[-1]

    monkeypatch.setattr(measure_module, "spawn", watched)
    return started


def test_a_header_that_makes_the_engine_abort_is_a_fault_and_leaves_no_process(
    model_path: Path, tmp_path: Path, spawned: list[Spawned]
) -> None:
    hostile = tmp_path / "hostile.gguf"
    header_only(model_path, hostile)
    data = hostile.read_bytes()[: 1 << 20]
    at = data.index(b"llama.block_count") + len(b"llama.block_count") + 4
    with hostile.open("r+b") as file:
        file.seek(at)
        file.write(bytes(4))
    with pytest.raises(InferenceFault) as caught:
        measured(hostile, LoadOptions())
    assert caught.value.kind == "engine_abort" and "hostile.gguf" in str(caught.value)
    assert [process.returncode is not None for process, _ in spawned] == [True]


@pytest.mark.parametrize(("content", "kind"), [(b"GGML", "corrupt_file"), (b"GGUF\3\0\0\0", "corrupt_file")])
def test_a_file_that_is_no_model_is_a_fault(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "no.gguf"
    path.write_bytes(content)
    with pytest.raises(InferenceFault) as caught:
        measured(path, LoadOptions())
    assert caught.value.kind == kind


def test_a_measure_can_be_cancelled_and_has_a_time_limit(model_path: Path, spawned: list[Spawned]) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled), measuring(str(model_path), cancel=cancel) as measure:
        measure((0,))
    with pytest.raises(InferenceFault) as caught, measuring(str(model_path)) as measure:
        measure((0,), seconds=0.0)
    assert caught.value.kind == "stalled"
    assert [process.returncode is not None for process, _ in spawned] == [True, True]


def test_a_measure_survives_the_pipe(model_path: Path) -> None:
    with measuring(str(model_path)) as measure:
        found = measure((1024,))
    assert list(FrameReader().feed(encode(found, 3))) == [(found, 3)]


def test_the_engine_is_surveyed() -> None:
    found = survey()
    cpu = next(device for device in found.devices if device.kind == "cpu")
    assert cpu.name == "CPU" and cpu.description and cpu.total > 0
    assert found.engine.startswith("llama-cpp-python ") and "CPU" in found.flags
    assert list(FrameReader().feed(encode(found))) == [(found, 0)]


def test_the_engine_and_our_reader_agree_on_the_size_of_every_tensor(model_path: Path) -> None:
    code = (
        "import json, sys\n"
        "from graphide.inference.llama import binding\n"
        "from graphide.inference.placement import tensor_sizes\n"
        "print(json.dumps(tensor_sizes(binding(), [sys.argv[1], 'nowhere.gguf'])))"
    )
    command = [sys.executable, "-c", code, str(model_path)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    sizes = json.loads(done.stdout)
    assert sizes == {tensor.name: tensor.size for tensor in read_header(model_path).tensors}
    assert sum(sizes.values()) == measured(model_path, LoadOptions())[0].uses[0].weights


def test_the_memory_of_a_loaded_worker_is_about_what_was_measured(model_path: Path) -> None:
    options = LoadOptions(n_ctx=4096, n_threads=1)
    (found,) = measured(model_path, options)
    worker = Worker()
    try:
        finish(worker.load(str(model_path), options))
        finish(worker.generate(ask("Say hi. " * 200, max_tokens=1)))
        resident = psutil.Process(worker.pid).memory_info().rss
    finally:
        worker.close()
    # Above it the process itself, below it the work areas that one answer leaves untouched.
    assert -50 * MIB < resident - found.uses[0].total < 150 * MIB


GPUS = ("CUDA0", "CUDA1")


def test_layers_and_buffers_are_placed_by_the_names_in_the_log() -> None:
    lines = [
        "load_tensors: layer   0 assigned to device CPU, is_swa = 0",
        "load_tensors: layer   1 assigned to device CUDA1, is_swa = 0",
        "sched_reserve:      CUDA1 compute buffer size =   100.50 MiB",
        "sched_reserve:  CUDA_Host compute buffer size =     8.00 MiB",
        "llama_context:  CUDA_Host  output buffer size =     1.00 MiB",
    ]
    assert assigned_layers(lines, GPUS) == {0: HOST, 1: "CUDA1"}
    assert buffers(lines, "compute", GPUS) == {"CUDA1": int(100.5 * MIB), HOST: 8 * MIB}
    assert buffers(lines, "output", GPUS) == {HOST: MIB}


def test_every_cache_has_its_own_layers() -> None:
    lines = [
        "llama_kv_cache: layer   0: dev = CUDA0",
        "llama_kv_cache: layer   1: dev = CPU",
        "llama_kv_cache: size =   90.00 MiB (  4096 cells,   2 layers,  1/1 seqs), K (f16):   45.00 MiB, V (f16): 45",
        "llama_memory_recurrent, layer   2: dev = CUDA0",
        "llama_memory_recurrent: size =    2.00 MiB (     1 cells,   3 layers,  1 seqs  0 rs_seq), R (f32): 1.00 MiB",
        "llama_kv_cache_iswa: creating non-SWA KV cache, size = 4096 cells",
    ]
    attention, state = caches(lines, GPUS)
    assert (attention.size, attention.cells, attention.layers) == (90 * MIB, 4096, {0: "CUDA0", 1: HOST})
    assert (state.size, state.layers) == (2 * MIB, {2: "CUDA0"})
    assert shared_out(100, attention.layers, [3, 1]) == {"CUDA0": 75, HOST: 25}
    assert shared_out(101, attention.layers) == {"CUDA0": 50, HOST: 51}


def test_weights_lie_with_their_layer_and_the_embedding_in_main_memory() -> None:
    tensors = {"token_embd.weight": 100, "blk.0.a": 1, "blk.1.a": 2, "output_norm.weight": 4, "output.weight": 50}
    layers = {0: HOST, 1: "CUDA0", 2: "CUDA0"}
    assert weights_by_device(tensors, layers) == {HOST: 101, "CUDA0": 56}
    del tensors["output.weight"]
    assert weights_by_device(tensors, layers) == {HOST: 101, "CUDA0": 106}  # the embedding is the output too
    assert weights_by_device(tensors, {0: HOST, 1: HOST, 2: HOST}) == {HOST: 107}
