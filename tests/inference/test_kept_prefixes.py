"""Prompts that a worker wrote to disk and the next one reads: the answer is the same, sooner, and never a wrong one."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from inference.together import EXACT, answer, kill, text_of, together, until, wanted

from graphide.errors import GraphideError
from graphide.inference.client import Completion, GenerateRequest, Limits, LoadOptions, Notice, Piece, Worker, finish
from graphide.inference.prefix_file import SUFFIX, UNFINISHED
from tests.support.tiny_models import tiny_hybrid, tiny_llama, tiny_mamba, tiny_sliding

Write = Callable[[Path], Path]
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")
WRITERS: dict[str, Write] = {
    "llama": tiny_llama, "sliding": tiny_sliding, "mamba": tiny_mamba, "hybrid": tiny_hybrid,
}  # fmt: skip
every_kind = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
only_whole = pytest.mark.parametrize("write", list(WRITERS.values())[1:], ids=list(WRITERS)[1:])

TALE = "The keeper of the lamp went down to the sea and told the wolf of it.\n" * 12  # some 500 tokens
TALES = tuple(f"{word} and so on.\n{TALE}" for word in ("Once", "Twice", "Later", "Never", "Soon", "Then", "Now"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "prefixes"


def keeping(folder: Path, **more: object) -> LoadOptions:
    """Return the options of a load that keeps prefixes in a folder."""
    values: dict[str, object] = {"prefix_folder": str(folder), "prefix_bytes": 2**26, "model_key": "tiny", **more}
    return replace(EXACT, **values)  # type: ignore[arg-type]


def life(path: Path, options: LoadOptions, *requests: GenerateRequest) -> list[Completion]:
    """Return the answers of a worker that is started for them and closed after them."""
    worker = Worker()
    finish(worker.load(str(path), options))
    try:
        return [answer(worker, request) for request in requests]
    finally:
        worker.close()


def saved(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))


def text_alone(path: Path, request: GenerateRequest) -> str:
    return life(path, EXACT, request)[0].text


def test_a_prompt_is_read_from_disk_after_a_restart(tiny: Path, folder: Path) -> None:
    request = wanted(TALE)
    first, second = life(tiny, keeping(folder), request)[0], life(tiny, keeping(folder), request)[0]
    assert first.usage.prompt_tokens > 256 and first.usage.cached_tokens == 0 and len(saved(folder)) == 1
    assert second.usage.cached_tokens == second.usage.prompt_tokens - 1
    assert second.text == first.text


@every_kind
def test_a_longer_prompt_goes_on_from_what_was_saved(write: Write, tmp_path: Path, folder: Path) -> None:
    path, longer = write(tmp_path / "tiny.gguf"), wanted(TALE + "But then")
    (first,) = life(path, keeping(folder), wanted(TALE, 1))
    (second,) = life(path, keeping(folder), longer)
    assert second.usage.cached_tokens == first.usage.prompt_tokens
    assert second.text == text_alone(path, longer)


@only_whole
def test_what_serves_only_whole_is_not_used_for_a_shorter_prompt(write: Write, tmp_path: Path, folder: Path) -> None:
    path, shorter = write(tmp_path / "tiny.gguf"), wanted(TALE[:-40])
    life(path, keeping(folder), wanted(TALE, 1))
    (second,) = life(path, keeping(folder), shorter)
    assert second.usage.cached_tokens == 0
    assert second.text == text_alone(path, shorter)


@every_kind
def test_the_beginning_that_two_answers_shared_is_saved_as_it_was(write: Write, tmp_path: Path, folder: Path) -> None:
    path, third = write(tmp_path / "tiny.gguf"), wanted(TALE * 2 + "Gamma")
    worker = Worker()
    finish(worker.load(str(path), keeping(folder)))
    ended = together([lambda end=end: answer(worker, wanted(TALE * 2 + end, 8)) for end in ("Alpha", "Beta")])
    worker.close()
    cached = [one.usage.cached_tokens for one in ended if not isinstance(one, GraphideError)]
    assert len(cached) == 2 and (max(cached) > 256 or write is tiny_sliding)  # its small cache lets one wait
    assert life(path, keeping(folder), third)[0].text == text_alone(path, third)


@pytest.mark.parametrize("other", [{"model_key": "another"}, {"kv_type": "f32"}, {"swa_full": True}])
def test_what_another_model_or_cache_saved_is_not_used(other: dict[str, object], tiny: Path, folder: Path) -> None:
    life(tiny, keeping(folder), wanted(TALE))
    assert life(tiny, keeping(folder, **other), wanted(TALE))[0].usage.cached_tokens == 0
    assert len(saved(folder)) == 2


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-100] ^= 4
    path.write_bytes(data)


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def scribble(path: Path) -> None:
    path.write_bytes(b"nothing" * 100)


@pytest.mark.parametrize("damage", [flip, shorten, scribble])
def test_a_damaged_file_is_said_once_removed_and_computed_again(
    damage: Callable[[Path], None], tiny: Path, folder: Path
) -> None:
    request = wanted(TALE)
    (first,) = life(tiny, keeping(folder), request)
    (file,) = saved(folder)
    damage(file)
    worker = Worker()
    finish(worker.load(str(tiny), keeping(folder)))
    reports = [list(worker.generate(request)) for _ in range(2)]
    notices = [[report.text for report in some if isinstance(report, Notice)] for some in reports]
    assert len(notices[0]) == 1 and "damaged" in notices[0][0] and str(file) in notices[0][0] and not notices[1]
    assert not file.exists()
    assert text_of(worker, request) == first.text
    worker.close()
    assert life(tiny, keeping(folder), request)[0].usage.cached_tokens > 256


@every_kind
def test_many_damaged_files_take_nothing_from_the_answers(write: Write, tmp_path: Path, folder: Path) -> None:
    path = write(tmp_path / "tiny.gguf")
    for some in (TALES[:4], TALES[4:]):  # more than a model with states keeps at a time
        life(path, keeping(folder), *[wanted(tale, 1) for tale in some])
    for file in saved(folder):
        flip(file)
    assert len(saved(folder)) == len(TALES)
    longer = [wanted(tale + "But then", 8) for tale in TALES]
    worker = Worker()
    finish(worker.load(str(path), keeping(folder, n_parallel=1)))
    pid, texts = worker.pid, [text_of(worker, request) for request in longer]
    assert worker.pid == pid  # one that ran out of sequences would be replaced in silence
    worker.close()
    assert texts == [done.text for done in life(path, EXACT, *longer)]


def test_without_room_on_disk_nothing_is_written(tiny: Path, folder: Path) -> None:
    life(tiny, keeping(folder, prefix_bytes=0), wanted(TALE))
    assert not folder.exists() or not list(folder.iterdir())


def test_the_files_stay_within_their_room_and_the_last_used_stay(tiny: Path, folder: Path) -> None:
    life(tiny, keeping(folder), wanted(TALE, 1))
    room = int(3.5 * saved(folder)[0].stat().st_size)
    options = keeping(folder, prefix_bytes=room)
    for tale in TALES:
        life(tiny, options, wanted(tale, 1))
        assert sum(file.stat().st_size for file in folder.iterdir()) <= room
    assert len(saved(folder)) == 3
    assert life(tiny, options, wanted(TALES[-1], 1))[0].usage.cached_tokens > 256


def test_a_reproducible_answer_uses_nothing_from_disk(tiny: Path, folder: Path) -> None:
    life(tiny, keeping(folder), wanted(TALE))
    (done,) = life(tiny, keeping(folder), wanted(TALE, reproducible=True))
    assert (done.usage.cached_tokens, done.usage.reproducible) == (0, True)


def test_a_context_that_grows_takes_the_long_prompts_along(tiny: Path, folder: Path) -> None:
    small, large = life(tiny, keeping(folder, n_ctx=768), wanted(TALE), wanted(TALE, n_ctx=1536))
    assert (large.counts.n_ctx, large.text) == (1536, small.text)
    assert large.usage.cached_tokens == large.usage.prompt_tokens - 1


@posix
def test_closing_waits_for_a_stuck_worker_no_longer_than_its_limit(tiny: Path, folder: Path) -> None:
    worker = Worker(limits=Limits(close=0.5))
    finish(worker.load(str(tiny), keeping(folder)))
    text_of(worker, wanted(TALE))
    kill(worker, signal.SIGSTOP)
    began = time.monotonic()
    worker.close()
    assert time.monotonic() - began < 3
    assert worker.pid is None


def test_closing_while_answers_run_keeps_their_prompts(tiny: Path, folder: Path) -> None:
    worker = Worker()
    finish(worker.load(str(tiny), keeping(folder)))
    running = [worker.generate(wanted(tale, 1000)) for tale in TALES[:3]]
    for steps in running:
        assert any(isinstance(report, Piece) for report in steps)
    began = time.monotonic()
    worker.close()
    assert time.monotonic() - began < 5
    done = life(tiny, keeping(folder), *[wanted(tale, 1) for tale in TALES[:3]])
    assert all(one.usage.cached_tokens > 256 for one in done)


def kill_in_close(worker: Worker, folder: Path, files: int) -> None:
    """Close a worker, and kill it when it has begun to write so many files."""
    process, closing = worker._process, threading.Thread(target=worker.close)
    assert process
    closing.start()
    until(lambda: len(list(folder.glob("*"))) >= files or not process.alive)
    process.kill()
    closing.join()


@posix
def test_a_kill_while_it_saves_leaves_nothing_broken(tmp_path: Path, folder: Path) -> None:
    path = tiny_llama(tmp_path / "deep.gguf", layers=6)
    requests: Sequence[GenerateRequest] = [wanted(tale, 1) for tale in TALES[:4]]
    options = keeping(folder, kv_bytes=2**25)
    truth = [done.text for done in life(path, replace(options, prefix_bytes=0), *requests)]
    for seen in (1, 3):
        worker = Worker()
        finish(worker.load(str(path), options))
        for request in requests:
            text_of(worker, request)
        kill_in_close(worker, folder, seen)
        assert [done.text for done in life(path, options, *requests)] == truth
        assert not list(folder.glob(f"*{UNFINISHED}"))
        for file in saved(folder):
            file.unlink()
