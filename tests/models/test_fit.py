"""Whether a model fits, and the largest context that does: pure, from measures and free memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from graphide.inference.protocol import DeviceInfo, FitMeasure, Fitted, MemoryUse
from graphide.models.fit import HEADROOM, STEP, Fit, Pool, fit, largest_context, verdict
from graphide.models.header_only import header_only
from graphide.models.memory import HostMemory, host_memory, narrowed
from tests.support.gguf_builder import write_gguf

GB = 10**9


class Engine:
    """A model of 1 GB whose cache takes 100 kB a token and whose computation grows past a bend."""

    def __init__(self, trained: int = 32_768, devices: tuple[DeviceInfo, ...] = (), on: str = "") -> None:
        self.trained, self.devices, self.on = trained, devices, on
        self.rounds: list[tuple[int, ...]] = []

    def total(self, n_ctx: int) -> int:
        return sum(use.total for use in self._measure(n_ctx).uses)

    def __call__(self, sizes: Sequence[int]) -> Fitted:
        self.rounds.append(tuple(sizes))
        measures = tuple(self._measure(size or 4096) for size in sizes)
        return Fitted(measures, self.devices, self.trained, 30, 7 if self.on else 0, "because")

    def _measure(self, n_ctx: int) -> FitMeasure:
        n_ctx = -(-n_ctx // STEP) * STEP
        use = MemoryUse(self.on, GB, 100_000 * n_ctx, 50_000_000 + max(0, n_ctx - 9_000) * 2_000, 1_000)
        return FitMeasure(n_ctx, n_ctx, 1, (use,) if not self.on else (MemoryUse("", 5_000, 0, 0, 0), use))


def judged(engine: Engine, n_ctx: int, free: int) -> Fit:
    return fit(engine, n_ctx, free)


def test_the_parts_add_up_to_the_total() -> None:
    found = judged(Engine(), 4096, 8 * GB)
    assert (found.weights, found.kv, found.compute) == (GB, 409_600_000, 50_001_000)
    assert found.total == found.weights + found.kv + found.compute == found.pools[0].used
    assert (found.free, found.verdict, found.n_ctx, found.gpu_reason) == (8 * GB, "fits", 4096, "because")


@pytest.mark.parametrize(
    ("left", "expected"),
    [(HEADROOM, "fits"), (HEADROOM - 1, "tight"), (0, "tight"), (-1, "does not fit")],
)
def test_the_verdict_changes_where_the_headroom_and_the_memory_end(left: int, expected: str) -> None:
    engine = Engine()
    assert judged(engine, 4096, engine.total(4096) + left).verdict == expected


@pytest.mark.parametrize(
    ("pools", "expected"),
    [
        ([Pool("", 1, 9 * GB), Pool("CUDA0", 2 * GB, GB)], "does not fit"),
        ([Pool("", 2 * GB, GB), Pool("CUDA0", 1, 9 * GB)], "does not fit"),
        ([Pool("", 1, 9 * GB), Pool("CUDA0", GB, GB)], "tight"),
    ],
)
def test_every_memory_must_have_room(pools: list[Pool], expected: str) -> None:
    assert verdict(pools) == expected


@given(st.integers(0, 6 * GB), st.integers(1, 40_000), st.integers(0, 50_000))
def test_the_largest_context_is_the_largest_that_fits(free: int, trained: int, n_ctx: int) -> None:
    engine = Engine(trained)
    found = judged(engine, n_ctx, free).n_ctx_max
    ceiling = max(trained, n_ctx)
    assert found <= ceiling
    assert not found or engine.total(found) <= free
    assert found == ceiling or engine.total(min(found + STEP, ceiling)) > free
    measured = {-(-(size or 4096) // STEP) for sizes in engine.rounds for size in sizes}
    assert not found or -(-found // STEP) in measured


@given(st.integers(1, 1 << 20), st.lists(st.integers(0, 1000), min_size=1, max_size=4), st.integers(0, 10**9))
def test_the_search_ends_soon_however_memory_grows(ceiling: int, slopes: list[int], free: int) -> None:
    rounds = 0

    def left(sizes: Sequence[int]) -> list[int]:
        nonlocal rounds
        rounds += 1
        bends = [ceiling * part // len(slopes) for part in range(len(slopes))]
        return [
            free - sum(slope * max(0, size - bend) for slope, bend in zip(slopes, bends, strict=True)) for size in sizes
        ]

    found = largest_context(left, ceiling)
    assert rounds <= 16
    assert not found or left([found])[0] >= 0
    assert found == ceiling or left([min((found // STEP + 1) * STEP, ceiling)])[0] < 0


def test_a_straight_line_is_solved_in_few_rounds() -> None:
    engine = Engine(trained=8_192)
    assert judged(engine, 4096, engine.total(5_120) + 1_000).n_ctx_max == 5_120
    assert len(engine.rounds) <= 5


def test_nothing_is_measured_twice() -> None:
    engine = Engine(trained=4_096)
    assert judged(engine, 4096, 100 * GB).n_ctx_max == 4_096
    assert engine.rounds == [(4096,)]


def test_the_trained_context_is_the_limit_unless_more_is_asked_for() -> None:
    assert judged(Engine(trained=8_192), 4096, 100 * GB).n_ctx_max == 8_192
    assert judged(Engine(trained=8_192), 16_384, 100 * GB).n_ctx_max == 16_384
    assert judged(Engine(trained=0), 4096, 100 * GB).n_ctx_max == 4_096


def test_what_lies_on_a_gpu_is_held_against_its_memory() -> None:
    card = DeviceInfo("CUDA0", "A card", "gpu", GB, 2 * GB)
    found = judged(Engine(devices=(card,), on="CUDA0"), 4096, 100 * GB)
    assert found.verdict == "does not fit" and found.n_ctx_max == 0
    assert [pool.device for pool in found.pools] == ["", "CUDA0"] and found.free == 101 * GB


def test_graphics_in_the_processor_share_the_memory_of_the_machine() -> None:
    part = DeviceInfo("Vulkan0", "Graphics", "igpu", 50 * GB, 50 * GB)
    found = judged(Engine(devices=(part,), on="Vulkan0"), 4096, GB)
    assert [pool.device for pool in found.pools] == [""] and found.verdict == "does not fit"


def test_a_header_needs_no_data_after_it(tmp_path: Path) -> None:
    whole = write_gguf(tmp_path / "whole.gguf", fill=b"\1")
    begun = tmp_path / "begun.gguf"
    copied = header_only(whole, tmp_path / "a.gguf")
    begun.write_bytes(whole.read_bytes()[:copied])
    assert header_only(begun, tmp_path / "b.gguf") == copied
    assert (tmp_path / "a.gguf").read_bytes() == (tmp_path / "b.gguf").read_bytes()
    data = (tmp_path / "a.gguf").read_bytes()
    assert data[:copied] == whole.read_bytes()[:copied] and not any(data[copied:])
    assert len(data) > copied


def test_the_memory_of_this_machine_is_known() -> None:
    memory = host_memory()
    assert 0 < memory.free <= memory.total


def test_a_container_has_the_memory_that_its_groups_leave_it(tmp_path: Path) -> None:
    own = tmp_path / "pod" / "box"
    own.mkdir(parents=True)
    whole = HostMemory(16 * GB, 32 * GB)
    assert narrowed(whole, "0::/pod/box\n", tmp_path) == whole
    (own / "memory.max").write_text("max\n")
    (tmp_path / "pod" / "memory.max").write_text(f"{4 * GB}\n")
    (tmp_path / "pod" / "memory.current").write_text(f"{3 * GB}\n")
    (tmp_path / "pod" / "memory.stat").write_text(f"anon {GB}\ninactive_file {GB}\nactive_file {GB // 2}\n")
    assert narrowed(whole, "9:name=systemd:/\n0::/pod/box\n", tmp_path) == HostMemory(2 * GB + GB // 2, 4 * GB)
    assert narrowed(whole, "", tmp_path) == whole
