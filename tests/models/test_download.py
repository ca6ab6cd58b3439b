"""The queue of downloads: start, pause, resume, cancel and limits, and what is shown meanwhile."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graphide.errors import GraphideError, UsageError
from graphide.models.download import Downloads
from graphide.models.download_job import INTERRUPTED, Job, Request, read_records
from graphide.models.download_pace import WINDOW, Pauses, Speedometer, Throttle
from graphide.models.download_part import PartBusy, PartFile, part_of
from graphide.models.filecache import FileCache
from graphide.models.hub_errors import HubFault
from graphide.models.hub_files import HubFile
from graphide.models.identity import known_sha256
from graphide.models.origins import origins_of
from tests.support.downloading import (
    FILE,
    REPO,
    content,
    downloads,
    ended,
    request,
    seconds_until_quiet,
    threads_of,
    wait_until,
)
from tests.support.fake_hub import FakeHub, Fault, fake_hub, sha256_of

MB = 1_000_000
AT_ONCE = 0.3  # seconds within which a pause or a cancel is done


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    """A hub with one repository."""
    with fake_hub() as hub:
        hub.add(REPO, {FILE: content()})
        yield hub


@pytest.fixture
def stalled(hub: FakeHub, tmp_path: Path) -> Iterator[tuple[Downloads, Job, Request]]:
    """A download that got a megabyte and waits for more."""
    wanted = request(hub, tmp_path)
    hub.order(Fault("stall", after=MB))
    with downloads(hub, tmp_path) as found:
        job = found.start(wanted)
        assert hub.stalled.wait(10)
        wait_until(lambda: found.job(job.id).done == MB)
        yield found, job, wanted


def test_a_pause_is_there_at_once_and_keeps_what_came(stalled: tuple[Downloads, Job, Request]) -> None:
    found, job, wanted = stalled
    began = time.monotonic()
    assert found.pause(job.id).state == "paused"
    assert seconds_until_quiet(job, began) < AT_ONCE
    assert found.job(job.id).done == MB
    assert part_of(wanted.targets[0]).stat().st_size == MB
    assert not wanted.targets[0].exists()


def test_resuming_asks_for_the_rest_only(hub: FakeHub, stalled: tuple[Downloads, Job, Request]) -> None:
    found, job, wanted = stalled
    found.pause(job.id)
    found.resume(job.id)
    assert ended(found, job).state == "done"
    assert wanted.targets[0].read_bytes() == content()
    assert [seen.start for seen in hub.bytes_seen()] == [0, MB]


def test_a_cancel_is_there_at_once_and_deletes_what_came(
    stalled: tuple[Downloads, Job, Request], tmp_path: Path
) -> None:
    found, job, wanted = stalled
    began = time.monotonic()
    found.cancel(job.id)
    assert seconds_until_quiet(job, began) < AT_ONCE
    assert found.jobs() == ()
    assert list(wanted.folder.iterdir()) == []
    assert list(read_records(tmp_path / "records")) == []


def test_a_paused_download_can_be_cancelled(stalled: tuple[Downloads, Job, Request]) -> None:
    found, job, wanted = stalled
    found.pause(job.id)
    found.cancel(job.id)
    wait_until(lambda: not threads_of(job))
    assert list(wanted.folder.iterdir()) == []


@pytest.mark.parametrize("stop", ["pause", "cancel"])
def test_a_wait_for_the_next_try_ends_at_once(hub: FakeHub, tmp_path: Path, stop: str) -> None:
    hub.order(Fault("status", status=429, headers={"Retry-After": "600"}))
    with downloads(hub, tmp_path) as found:
        job = found.start(request(hub, tmp_path))
        wait_until(lambda: found.job(job.id).state == "waiting")
        began = time.monotonic()
        getattr(found, stop)(job.id)
        assert seconds_until_quiet(job, began) < AT_ONCE


@pytest.mark.parametrize("stop", ["pause", "cancel"])
def test_a_hub_that_does_not_answer_does_not_hold_anybody(hub: FakeHub, tmp_path: Path, stop: str) -> None:
    wanted = request(hub, tmp_path)
    hub.order(Fault("wait", after=60), origin="hub")
    asked = len(hub.seen)
    with downloads(hub, tmp_path) as found:
        job = found.start(wanted)
        wait_until(lambda: len(hub.seen) > asked)
        began = time.monotonic()
        getattr(found, stop)(job.id)
        assert seconds_until_quiet(job, began) < AT_ONCE


def test_reading_a_large_part_again_can_be_stopped(hub: FakeHub, tmp_path: Path) -> None:
    hub.add("ada/large-GGUF", {FILE: content(size=60 * MB)})
    wanted = request(hub, tmp_path, "ada/large-GGUF")
    part = part_of(wanted.targets[0])
    part.parent.mkdir(parents=True)
    part.write_bytes(content(size=60 * MB)[: 59 * MB])
    with downloads(hub, tmp_path) as found:
        job = found.start(wanted)
        assert job.done == 59 * MB
        began = time.monotonic()
        found.pause(job.id)
        assert seconds_until_quiet(job, began) < AT_ONCE
    assert part.stat().st_size == 59 * MB


def test_closing_pauses_what_runs_for_the_next_start(
    hub: FakeHub, stalled: tuple[Downloads, Job, Request], tmp_path: Path
) -> None:
    found, _, wanted = stalled
    found.close()
    with downloads(hub, tmp_path) as later:
        (again,) = later.jobs()
        assert (again.state, again.problem, again.done, again.request) == ("paused", INTERRUPTED, MB, wanted)
        later.resume(again.id)
        assert ended(later, again).state == "done"
    second = hub.bytes_seen()[1]
    assert second.start == MB
    assert second.headers["if-range"] == f'"{sha256_of(content())}"'


def split_of_two(hub: FakeHub, folder: Path) -> tuple[Request, dict[str, bytes]]:
    parts = {f"big-Q8_0-0000{number}-of-00002.gguf": content(seed=number) for number in (1, 2)}
    hub.add("ada/big-GGUF", parts)
    hub.order(Fault("none"), Fault("stall", after=MB))
    return request(hub, folder, "ada/big-GGUF", "big-Q8_0-00001-of-00002.gguf"), parts


def test_a_part_of_a_split_model_that_was_verified_is_not_read_again(hub: FakeHub, tmp_path: Path) -> None:
    wanted, parts = split_of_two(hub, tmp_path)
    with downloads(hub, tmp_path) as found:
        job = found.start(wanted)
        wait_until(lambda: found.job(job.id).done == len(content()) + MB)
    first = part_of(wanted.targets[0])
    state = first.stat()
    first.write_bytes(bytes(len(content())))  # nobody will look, as it seems to be the same
    os.utime(first, ns=(state.st_atime_ns, state.st_mtime_ns))
    with downloads(hub, tmp_path) as found:
        found.resume(job.id)
        assert ended(found, job).state == "done"
    assert wanted.targets[0].read_bytes() == bytes(len(content()))
    assert wanted.targets[1].read_bytes() == parts[wanted.targets[1].name]
    assert [seen.start for seen in hub.bytes_seen()] == [0, 0, MB]


def test_a_part_of_a_split_model_that_changed_since_is_fetched_again(hub: FakeHub, tmp_path: Path) -> None:
    wanted, parts = split_of_two(hub, tmp_path)
    with downloads(hub, tmp_path) as found:
        job = found.start(wanted)
        wait_until(lambda: found.job(job.id).done == len(content()) + MB)
    first = part_of(wanted.targets[0])
    state = first.stat()
    first.write_bytes(bytes(len(content())))
    os.utime(first, ns=(state.st_atime_ns, state.st_mtime_ns + 1000))
    with downloads(hub, tmp_path) as found:
        found.resume(job.id)
        assert ended(found, job).state == "done"
    assert {target.name: target.read_bytes() for target in wanted.targets} == parts


def test_starting_the_same_again_resumes_it(hub: FakeHub, stalled: tuple[Downloads, Job, Request]) -> None:
    found, job, wanted = stalled
    found.pause(job.id)
    assert found.start(wanted).id == job.id
    assert ended(found, job).state == "done"
    assert [seen.start for seen in hub.bytes_seen()] == [0, MB]


def test_a_newer_state_of_the_same_file_begins_anew(
    hub: FakeHub, stalled: tuple[Downloads, Job, Request], tmp_path: Path
) -> None:
    found, job, wanted = stalled
    hub.add(REPO, {FILE: content(seed=5)})
    newer = Request(
        repo=REPO,
        commit=list(hub.repos[REPO].states)[-1],
        files=(HubFile(FILE, len(content()), sha256_of(content(seed=5))),),
        folder=wanted.folder,
    )
    with pytest.raises(UsageError, match="another file is being downloaded as"):
        found.start(newer)
    found.pause(job.id)
    wait_until(lambda: not threads_of(job))
    assert ended(found, found.start(newer)).state == "done"
    assert wanted.targets[0].read_bytes() == content(seed=5)
    assert [seen.start for seen in hub.bytes_seen()] == [0, 0]


def test_as_many_run_at_a_time_as_are_allowed_and_the_others_follow(hub: FakeHub, tmp_path: Path) -> None:
    names = [f"ada/m{number}-GGUF" for number in range(4)]
    for number, name in enumerate(names):
        hub.add(name, {FILE: content(seed=number)})
    wanted = [request(hub, tmp_path, name) for name in names]
    hub.order(Fault("stall", after=1000), Fault("stall", after=1000))
    with downloads(hub, tmp_path, parallel=1) as found:
        jobs = [found.start(each) for each in wanted]
        assert hub.stalled.wait(10)
        assert [found.job(job.id).state for job in jobs][1:] == ["queued"] * 3
        found.set_limits(parallel=2)
        wait_until(lambda: len(hub.bytes_seen()) == 2)
        found.pause(jobs[2].id)
        found.cancel(jobs[3].id)
        hub.release.set()
        assert [ended(found, job).state for job in jobs[:3]] == ["done", "done", "paused"]
        assert len(found.jobs()) == 3
        found.resume(jobs[2].id)
        assert ended(found, jobs[2]).state == "done"
    assert [each.targets[0].exists() for each in wanted] == [True, True, True, False]


def test_two_downloads_do_not_write_the_same_part(
    hub: FakeHub, stalled: tuple[Downloads, Job, Request], tmp_path: Path
) -> None:
    _, job, wanted = stalled
    with downloads(hub, tmp_path / "other") as other:
        second = ended(other, other.start(wanted))
        assert second.state == "failed"
        assert "is being downloaded by another graphide" in second.problem
        with pytest.raises(PartBusy):
            other.cancel(job.id)
    assert part_of(wanted.targets[0]).stat().st_size == MB


def test_a_part_that_somebody_finished_meanwhile_is_not_written(tmp_path: Path) -> None:
    target = tmp_path / "a.gguf"
    with PartFile(target) as first:
        first.append([b"abc"])
        with pytest.raises(PartBusy):
            PartFile(target)
        part_of(target).rename(target)
    with PartFile(target) as second:
        assert list(second.hash_steps()) == []
    assert target.read_bytes() == b"abc"


def test_a_rate_is_kept_by_all_downloads_together(hub: FakeHub, tmp_path: Path) -> None:
    hub.add("ada/other-GGUF", {FILE: content(seed=3)})
    with downloads(hub, tmp_path, rate=4 * MB) as found:
        began = time.monotonic()
        jobs = [found.start(request(hub, tmp_path, name)) for name in (REPO, "ada/other-GGUF")]
        assert [ended(found, job).state for job in jobs] == ["done", "done"]
        seconds = time.monotonic() - began
    assert seconds > 2 * len(content()) / (4 * MB) - 0.5


def test_a_rate_can_be_lifted_while_a_download_runs(hub: FakeHub, tmp_path: Path) -> None:
    with downloads(hub, tmp_path, rate=1000) as found:
        job = found.start(request(hub, tmp_path))
        wait_until(lambda: found.job(job.id).done > 0)
        found.pause(job.id)
        found.set_limits(rate=0)
        found.resume(job.id)
        assert ended(found, job).state == "done"


def test_without_room_nothing_is_asked_for(hub: FakeHub, tmp_path: Path) -> None:
    wanted = request(hub, tmp_path)
    huge = Request(repo=REPO, commit=wanted.commit, files=(HubFile(FILE, 1 << 60, "0" * 64),), folder=wanted.folder)
    with downloads(hub, tmp_path) as found:
        job = ended(found, found.start(huge))
    assert job.state == "paused"
    assert "bytes are still to come" in job.problem and "Make room" in job.hint
    assert hub.bytes_seen() == []


def test_with_the_network_switched_off_nothing_starts(hub: FakeHub, tmp_path: Path) -> None:
    wanted = request(hub, tmp_path)
    with downloads(hub, tmp_path, network=False) as found:
        with pytest.raises(HubFault, match="the network is switched off"):
            found.start(wanted)
        assert found.jobs() == ()
    assert hub.bytes_seen() == []


def test_the_hash_of_a_file_that_is_done_is_known_to_the_library(hub: FakeHub, tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "hashes.sqlite")
    wanted = request(hub, tmp_path)
    with downloads(hub, tmp_path, hashes=cache) as found:
        ended(found, found.start(wanted))
    assert known_sha256(wanted.targets[0], cache) == sha256_of(content())


def test_who_sees_that_a_file_is_here_finds_its_record_written(hub: FakeHub, tmp_path: Path) -> None:
    for number in range(30):
        hub.add(f"ada/r{number}-GGUF", {FILE: content(size=20_000, seed=number)})
    wanted = [request(hub, tmp_path, f"ada/r{number}-GGUF") for number in range(30)]
    with downloads(hub, tmp_path) as found:
        for each in wanted:
            job = found.start(each)
            while found.job(job.id).state != "done":
                found.wait(found.version, 0.001)
            (origin,) = origins_of(each.targets, tmp_path / "records")
            assert origin is not None and origin.repo == each.repo


def test_a_download_that_is_done_can_be_forgotten_but_not_another(stalled: tuple[Downloads, Job, Request]) -> None:
    found, job, wanted = stalled
    with pytest.raises(UsageError, match="not done"):
        found.remove(job.id)
    found.pause(job.id)
    found.resume(job.id)
    ended(found, job)
    found.remove(job.id)
    assert found.jobs() == ()
    assert wanted.targets[0].exists()
    with pytest.raises(UsageError, match="there is no download"):
        found.resume(job.id)


def test_waiting_for_a_change_ends_with_it(stalled: tuple[Downloads, Job, Request]) -> None:
    found, job, _ = stalled
    version = found.version
    assert found.wait(version, 0.01) == version
    threading.Timer(0.05, found.pause, [job.id]).start()
    assert found.wait(version, 10) > version


def test_broken_records_are_left_alone_and_stop_nothing(hub: FakeHub, tmp_path: Path) -> None:
    records = tmp_path / "records"
    records.mkdir()
    (records / "a.json").write_text("{")
    (records / "b.json").write_text('{"format": 1, "state": "paused"}')
    (records / "c.json").write_text('{"format": 2}')
    with downloads(hub, tmp_path) as found:
        assert found.jobs() == ()
        assert ended(found, found.start(request(hub, tmp_path))).state == "done"
    assert len(list(records.iterdir())) == 4


@pytest.mark.parametrize(
    "path", ["../escape.gguf", "/etc/x.gguf", "a/../../x.gguf", "C:x.gguf", "con.gguf", "a\\b.gguf", ".hidden.gguf"]
)
def test_a_repository_cannot_write_outside_its_folder(hub: FakeHub, tmp_path: Path, path: str) -> None:
    evil = Request(repo=REPO, commit="c" * 40, files=(HubFile(path, 10),), folder=tmp_path / "models")
    with downloads(hub, tmp_path) as found, pytest.raises(UsageError, match="which is not written to a disk"):
        found.start(evil)


def test_a_folder_that_cannot_be_written_is_said(hub: FakeHub, tmp_path: Path) -> None:
    wanted = request(hub, tmp_path)
    wanted.folder.parent.parent.mkdir(parents=True)
    wanted.folder.parent.write_text("a file where a folder should be")
    with downloads(hub, tmp_path) as found:
        job = ended(found, found.start(wanted))
    assert job.state == "failed"
    assert "cannot be written" in job.problem


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_speed_is_that_of_the_last_seconds_and_ends_with_the_bytes() -> None:
    clock = Clock()
    meter = Speedometer(clock)
    for _ in range(10):
        clock.now += 1
        meter.add(500)
    assert meter.speed() == pytest.approx(500, rel=0.4)
    clock.now += WINDOW + 0.1
    assert meter.speed() == 0


def test_a_throttle_spreads_bytes_over_time() -> None:
    clock = Clock()
    throttle = Throttle(1000, clock)
    assert throttle.spend(250) == pytest.approx(0, abs=0.26)
    waited = sum(throttle.spend(250) for _ in range(1))
    assert waited > 0
    clock.now += 100
    assert throttle.spend(250) == 0
    throttle.set(0)
    assert throttle.spend(10**9) == 0


def test_pauses_grow_and_are_never_shorter_than_asked() -> None:
    pauses = Pauses()
    assert [pauses.next() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pauses.next(at_least=90) == 90
    pauses.forget()
    assert pauses.next() == 1


def test_errors_of_the_file_system_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with PartFile(tmp_path / "a.gguf") as part:
        part.close()
        with pytest.raises(GraphideError, match="cannot be written: Bad file descriptor"):
            part.append([b"x"])


def test_what_is_not_run_is_not_asked(hub: FakeHub, tmp_path: Path) -> None:
    asked: list[int] = []
    token: Callable[[], str] = lambda: asked.append(1) or ""  # type: ignore[func-returns-value]  # noqa: E731
    from graphide.models.transfer import Line

    Downloads(Line(hub.url, token), records=tmp_path / "records").close()
    assert asked == [] and hub.seen == []
