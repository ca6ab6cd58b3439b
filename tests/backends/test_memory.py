"""What models may hold, and who gives way: figures and decisions, without a process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest

from graphide.backends.memory import (
    MIB,
    automatic_limit,
    expected_bytes,
    giving_way,
    held_bytes,
    in_words,
    no_room,
    too_large,
)


@pytest.mark.parametrize(
    ("idle", "excess", "leaving"),
    [
        ([], 0, 0),
        ([], 1, None),
        ([5, 5], -3, 0),
        ([5, 5], 0, 0),
        ([5, 5], 5, 1),
        ([5, 5], 6, 2),
        ([5, 5], 11, None),
        ([0, 0, 4], 4, 3),
    ],
)
def test_only_as_many_idle_models_go_as_are_needed_and_none_in_vain(
    idle: list[int], excess: int, leaving: int | None
) -> None:
    assert giving_way(idle, excess) == leaving


def test_the_parts_of_a_split_model_count_together(tmp_path: Path) -> None:
    for part, size in ((1, 8 * MIB), (2, 16 * MIB)):
        with (tmp_path / f"big-0000{part}-of-00002.gguf").open("wb") as file:
            file.truncate(size)
    assert expected_bytes(tmp_path / "big-00001-of-00002.gguf") == (24 + 3 + 256) * MIB
    assert expected_bytes(tmp_path / "none.gguf") == 256 * MIB


def test_a_process_that_is_gone_holds_nothing() -> None:
    assert held_bytes(os.getpid()) > MIB
    with psutil.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    assert held_bytes(gone.pid) == 0
    assert automatic_limit([gone.pid]) > 0


def test_the_machine_keeps_a_reserve_and_what_models_hold_is_theirs() -> None:
    block = bytearray(os.urandom(1) * (256 * MIB))
    assert automatic_limit([]) < psutil.virtual_memory().available
    # Other programs come and go while this is measured.
    assert automatic_limit([os.getpid()]) - automatic_limit([]) > len(block) // 2


def test_the_errors_say_the_figures_and_what_to_do() -> None:
    assert str(too_large(Path("m/big.gguf"), 9_100_000_000, 7_200_000_000)) == (
        'model "big.gguf": it needs about 9.1 GB of memory, and models may hold 7.2 GB. Choose a smaller model, or end other '
        "programs. To load it all the same, set memory_budget in the settings to at least 9100000000"
    )
    full = no_room(Path("b.gguf"), 345_000_000, 10**9, [(Path("a.gguf"), 800_000_000), (Path("c.gguf"), 5_000_000)])
    assert full.kind == "oom"
    assert str(full) == (
        'model "b.gguf": it needs about 345 MB of memory, models may hold 1.0 GB, and these are in use: a.gguf (800 MB), '
        "c.gguf (5 MB). Wait for their answers or stop them, choose a smaller model, or raise memory_budget in the settings"
    )
    assert [in_words(999_000_000), in_words(24_500_000_000)] == ["999 MB", "24.5 GB"]
