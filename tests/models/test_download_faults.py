"""Downloads over bad lines: each fault that a real one has ends in the right bytes, or in a sentence and a kept part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.models.download_part import part_of
from tests.support.downloading import FILE, REPO, content, downloads, ended, request
from tests.support.fake_hub import SIGNATURE, TOKEN, FakeHub, Fault, fake_hub, gguf_of_size, sha256_of

MB = 1_000_000


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    """A hub with one repository."""
    with fake_hub() as hub:
        hub.add(REPO, {FILE: content()})
        yield hub


def starts(hub: FakeHub) -> list[int]:
    return [seen.start for seen in hub.bytes_seen()]


def test_a_file_arrives_whole_under_its_name_and_nothing_else_is_left(hub: FakeHub, tmp_path: Path) -> None:
    wanted = request(hub, tmp_path)
    with downloads(hub, tmp_path) as found:
        job = ended(found, found.start(wanted))
    assert (job.state, job.done, job.problem) == ("done", len(content()), "")
    assert wanted.targets[0].read_bytes() == content()
    assert [path.name for path in wanted.folder.iterdir()] == [FILE]
    assert starts(hub) == [0]


def test_a_cut_line_is_continued_with_the_bytes_that_are_missing(hub: FakeHub, tmp_path: Path) -> None:
    hub.order(Fault("cut", after=MB), Fault("cut", after=MB))
    wanted = request(hub, tmp_path)
    with downloads(hub, tmp_path) as found:
        job = ended(found, found.start(wanted))
    assert job.state == "done"
    assert wanted.targets[0].read_bytes() == content()
    first, second, third = hub.bytes_seen()
    assert (first.start, second.start, third.start) == (0, MB, 2 * MB)
    assert second.range == f"bytes={MB}-"
    assert second.headers["if-range"] == f'"{sha256_of(content())}"'


@pytest.mark.parametrize(
    ("faults", "asked"),
    [
        ([Fault("cut", after=MB), Fault("ignore_range")], [0, MB]),  # 200: all of it once more
        ([Fault("flip", after=MB)], [0, 0]),
        ([Fault("cut", after=MB), Fault("flip", after=5)], [0, MB, 0]),
        ([Fault("cut", after=MB), Fault("status", status=416)], [0, MB, 0]),
        ([Fault("cut", after=MB), Fault("shift")], [0, MB, 0]),
        ([Fault("longer")], [0, 0]),
        ([Fault("shorter")], [0, 0]),
        ([Fault("status", status=503), Fault("status", status=500)], [0, 0, 0]),
        ([Fault("cut", after=0), Fault("cut", after=0), Fault("cut", after=0)], [0, 0, 0, 0]),
    ],
    ids=lambda value: " ".join(each.kind for each in value) if isinstance(value, list) and value[0] != 0 else "",
)
def test_the_right_bytes_arrive_in_the_end(hub: FakeHub, tmp_path: Path, faults: list[Fault], asked: list[int]) -> None:
    hub.order(*faults)
    wanted = request(hub, tmp_path)
    target = wanted.targets[0]
    with downloads(hub, tmp_path) as found:
        shown = []
        for job in found.follow(found.start(wanted).id, every=0.005):
            assert not target.exists() or target.read_bytes() == content(), "the name was given too early"
            shown.append(job.done)
    assert job.state == "done"
    assert shown == sorted(shown), "what is shown as done went back"
    assert target.read_bytes() == content()
    assert starts(hub) == asked


def test_bytes_that_are_wrong_twice_leave_nothing_behind(hub: FakeHub, tmp_path: Path) -> None:
    hub.order(Fault("flip", after=MB), Fault("flip", after=MB))
    wanted = request(hub, tmp_path)
    with downloads(hub, tmp_path) as found:
        job = ended(found, found.start(wanted))
    assert job.state == "failed"
    assert "other bytes than the hub promised, twice: the sha256 is" in job.problem
    assert "another quantisation" in job.hint
    assert list(wanted.folder.iterdir()) == []
    assert starts(hub) == [0, 0]


def test_a_file_that_is_broken_on_the_hub_is_not_kept_though_its_hash_is_right(hub: FakeHub, tmp_path: Path) -> None:
    hub.add("ada/broken-GGUF", {FILE: content()[:-5_000]})
    wanted = request(hub, tmp_path, "ada/broken-GGUF")
    with downloads(hub, tmp_path) as found:
        job = ended(found, found.start(wanted))
    assert job.state == "failed"
    assert job.problem.startswith(f"{FILE} is broken in the repository itself: it is truncated")
    assert list(wanted.folder.iterdir()) == []


def test_a_file_that_is_only_too_new_is_kept_and_said(hub: FakeHub, tmp_path: Path) -> None:
    data = bytearray(content())
    data[4] = 9
    hub.add("ada/new-GGUF", {FILE: bytes(data)})
    wanted = request(hub, tmp_path, "ada/new-GGUF")
    with downloads(hub, tmp_path) as found:
        job = ended(found, found.start(wanted))
    assert job.state == "done"
    assert job.problem == "is a GGUF file of version 9; the engine reads versions 2 and 3. Update graphide"


def test_a_hub_that_asks_for_a_pause_gets_it(hub: FakeHub, tmp_path: Path) -> None:
    hub.order(Fault("status", status=429, headers={"Retry-After": "1"}))
    with downloads(hub, tmp_path) as found:
        seen = list(found.follow(found.start(request(hub, tmp_path)).id, every=0.01))
    assert seen[-1].state == "done"
    waiting = [job for job in seen if job.state == "waiting"]
    assert waiting and "pause of 1 seconds" in waiting[0].problem
    assert len(waiting) > 5  # a second of looks each hundredth, not one look


def test_a_line_that_stands_still_is_given_up_and_tried_again(hub: FakeHub, tmp_path: Path) -> None:
    hub.order(Fault("stall", after=MB))
    with downloads(hub, tmp_path, stall=0.3) as found:
        job = ended(found, found.start(request(hub, tmp_path)))
    assert job.state == "done"
    assert starts(hub) == [0, MB]


def test_a_hub_that_never_answers_is_given_up(hub: FakeHub, tmp_path: Path) -> None:
    wanted = request(hub, tmp_path)
    hub.order(*[Fault("wait", after=60)] * 20, origin="hub")
    with downloads(hub, tmp_path, stall=0.01, first_pause=0.0) as found:
        found._line.connect = 0.01
        job = ended(found, found.start(wanted))
    assert (job.state, job.problem) == ("paused", "the hub does not answer")


def test_without_a_network_a_download_pauses_and_keeps_its_part(tmp_path: Path) -> None:
    with fake_hub() as hub:
        hub.add(REPO, {FILE: content()})
        wanted = request(hub, tmp_path)
        hub.order(Fault("stall", after=MB))
        found = downloads(hub, tmp_path, first_pause=0.001)
        job = found.start(wanted)
        assert hub.stalled.wait(10)
    job = ended(found, job)
    found.close()
    assert (job.state, job.done) == ("paused", MB)
    assert "cannot be reached: " in job.problem
    assert "Check the connection" in job.hint
    assert part_of(wanted.targets[0]).stat().st_size == MB


@pytest.mark.parametrize(
    ("token", "hint"),
    [("", "make a token at"), ("hf_someoneelses", "Make a new one at")],
)
def test_a_gated_file_fails_with_what_to_do(hub: FakeHub, tmp_path: Path, token: str, hint: str) -> None:
    hub.add("meta/gated-GGUF", {FILE: content()}, gated=True)
    wanted = request(hub, tmp_path, "meta/gated-GGUF")
    with downloads(hub, tmp_path, token=token) as found:
        job = ended(found, found.start(wanted))
        assert job.state == "failed"
        assert hint in job.hint and hub.url in job.hint
    with downloads(hub, tmp_path, token=TOKEN) as found:
        assert ended(found, found.resume(job.id)).state == "done"


def test_a_file_that_is_not_there_any_more_fails(hub: FakeHub, tmp_path: Path) -> None:
    wanted = request(hub, tmp_path)
    del hub.repos[REPO].states[wanted.commit][FILE]
    with downloads(hub, tmp_path) as found:
        job = ended(found, found.start(wanted))
    assert (job.state, job.problem) == ("failed", f"repository {REPO}: has no such file")


def test_a_repository_that_moves_on_meanwhile_does_not_mix_its_states(hub: FakeHub, tmp_path: Path) -> None:
    wanted = request(hub, tmp_path)
    hub.order(Fault("cut", after=MB))
    hub.add(REPO, {FILE: content(seed=2)})
    with downloads(hub, tmp_path) as found:
        assert ended(found, found.start(wanted)).state == "done"
    assert wanted.targets[0].read_bytes() == content()
    assert {seen.path.split("/")[3] for seen in hub.bytes_seen()} == {wanted.commit}


def test_the_token_never_leaves_the_hub(hub: FakeHub, tmp_path: Path) -> None:
    hub.add("meta/gated-GGUF", {FILE: content()}, gated=True)
    hub.order(Fault("cut", after=MB), Fault("status", status=503))
    with downloads(hub, tmp_path) as found:
        job = ended(found, found.start(request(hub, tmp_path, "meta/gated-GGUF")))
    assert job.state == "done"
    assert len(hub.bytes_seen()) == 3
    for seen in hub.seen:
        told = " ".join((seen.path, *seen.headers.values()))
        assert (TOKEN in told) == (seen.origin == "hub"), seen
    record = (tmp_path / "records" / f"{job.id}.json").read_text()
    assert TOKEN not in record and SIGNATURE not in record


def test_a_refusal_of_the_bytes_is_tried_again_with_a_new_address_and_none_is_shown(
    hub: FakeHub, tmp_path: Path
) -> None:
    hub.order(*[Fault("status", status=403)] * 2)
    with downloads(hub, tmp_path) as found:
        seen = list(found.follow(found.start(request(hub, tmp_path)).id, every=0.002))
    assert seen[-1].state == "done"
    assert all(SIGNATURE not in job.problem + job.hint for job in seen)
    assert len([each for each in hub.seen if "/resolve/" in each.path]) == 3


def test_a_hub_that_answers_with_nothing_is_not_asked_for_ever(hub: FakeHub, tmp_path: Path) -> None:
    hub.order(Fault("cut", after=MB), *[Fault("empty")] * 20)
    with downloads(hub, tmp_path, first_pause=0.0) as found:
        job = ended(found, found.start(request(hub, tmp_path)))
    assert (job.state, job.done, job.problem) == ("paused", MB, "the hub sent nothing")


def test_what_cannot_be_understood_at_all_pauses(hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = request(hub, tmp_path)
    monkeypatch.setenv("HTTP_PROXY", "gopher://nowhere")
    with downloads(hub, tmp_path, first_pause=0.0) as found:
        job = ended(found, found.start(wanted))
    assert job.state == "paused"
    assert "cannot be reached" in job.problem


def test_a_part_of_another_download_is_not_built_upon(hub: FakeHub, tmp_path: Path) -> None:
    wanted = request(hub, tmp_path)
    part = part_of(wanted.targets[0])
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(len(content()) + 100))
    with downloads(hub, tmp_path) as found:
        assert ended(found, found.start(wanted)).state == "done"
    assert wanted.targets[0].read_bytes() == content()


def test_a_complete_part_is_only_verified(hub: FakeHub, tmp_path: Path) -> None:
    wanted = request(hub, tmp_path)
    part = part_of(wanted.targets[0])
    part.parent.mkdir(parents=True)
    part.write_bytes(content())
    with downloads(hub, tmp_path) as found:
        assert ended(found, found.start(wanted)).state == "done"
    assert hub.bytes_seen() == []


def test_a_file_that_is_there_already_is_not_fetched(hub: FakeHub, tmp_path: Path) -> None:
    wanted = request(hub, tmp_path)
    wanted.targets[0].parent.mkdir(parents=True)
    wanted.targets[0].write_bytes(content())
    with downloads(hub, tmp_path) as found:
        assert ended(found, found.start(wanted)).state == "done"
    assert hub.bytes_seen() == []


def test_another_file_of_that_name_is_never_replaced(hub: FakeHub, tmp_path: Path) -> None:
    wanted = request(hub, tmp_path)
    wanted.targets[0].parent.mkdir(parents=True)
    wanted.targets[0].write_bytes(b"mine")
    with downloads(hub, tmp_path) as found:
        job = ended(found, found.start(wanted))
    assert job.state == "failed"
    assert "is there already, with other content" in job.problem
    assert wanted.targets[0].read_bytes() == b"mine"


def test_a_link_in_place_of_the_part_is_not_followed(hub: FakeHub, tmp_path: Path) -> None:
    wanted = request(hub, tmp_path)
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    part_of(wanted.targets[0]).parent.mkdir(parents=True)
    part_of(wanted.targets[0]).symlink_to(precious)
    with downloads(hub, tmp_path) as found:
        job = ended(found, found.start(wanted))
    assert job.state == "failed"
    assert precious.read_bytes() == b"precious"


def test_parts_of_a_split_model_get_their_names_together(hub: FakeHub, tmp_path: Path) -> None:
    parts = {f"big-Q8_0-0000{n}-of-00003.gguf": gguf_of_size(MB, seed=n) for n in (1, 2, 3)}
    hub.add("ada/big-GGUF", parts)
    hub.order(Fault("cut", after=1000), Fault("flip", after=500), Fault("none"), Fault("none"), Fault("stall", after=9))
    wanted = request(hub, tmp_path, "ada/big-GGUF", "big-Q8_0-00001-of-00003.gguf")
    with downloads(hub, tmp_path) as found:
        job = found.start(wanted)
        assert hub.stalled.wait(10)
        assert [target.exists() for target in wanted.targets] == [False] * 3
        assert [part_of(target).exists() for target in wanted.targets] == [True] * 3
        hub.release.set()
        job = ended(found, job)
    assert job.state == "done"
    assert {target.name: target.read_bytes() for target in wanted.targets} == parts
