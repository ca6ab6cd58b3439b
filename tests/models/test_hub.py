"""The hub through the real huggingface_hub: searches, repositories, README, refusals, and what is known offline."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.errors import EXIT_MODEL, UsageError
from graphide.models.hub import Hub, Query
from graphide.models.hub_errors import LONGEST_WAIT, HubFault, refused, seconds_of
from graphide.models.transfer import no_token
from tests.support.fake_hub import TOKEN, FakeHub, Fault, fake_hub, gguf_of_size, sha256_of

TINY = gguf_of_size(4000)
README = b"---\nlicense: mit\ntags: [gguf]\n---\n# Tiny\r\n\r\nA *tiny* model.\n"


@pytest.fixture
def fake() -> Iterator[FakeHub]:
    """A hub with five repositories, shown two at a time."""
    with fake_hub(page=2) as hub:
        hub.add("ada/tiny-GGUF", {"tiny-Q4_K_M.gguf": TINY, "tiny-Q8_0.gguf": TINY, "mmproj-F16.gguf": TINY, "README.md": README}, likes=1)  # fmt: skip
        hub.add("ada/mid-GGUF", {"mid-Q4_K_M.gguf": TINY}, parameters=7_000_000_000, likes=50, licence="mit")
        hub.add("bob/big-GGUF", {"big-Q4_K_M.gguf": TINY}, parameters=70_000_000_000, likes=9)
        hub.add("meta/gated-GGUF", {"gated-Q8_0.gguf": TINY}, gated=True, likes=3)
        hub.add("bob/secret-GGUF", {"secret-Q8_0.gguf": TINY}, private=True)
        yield hub


def open_hub(fake: FakeHub, folder: Path, *, token: str = "", network: bool = True, seconds: float = 8.0) -> Hub:
    return Hub(endpoint=fake.url, token=lambda: token, network=network, cache=folder, seconds=seconds)


def names(hub: Hub, query: Query) -> list[str]:
    return [model.repo for model in hub.search(query).models]


def test_a_search_goes_through_all_pages(fake: FakeHub, tmp_path: Path) -> None:
    hub = open_hub(fake, tmp_path)
    assert names(hub, Query()) == ["ada/tiny-GGUF", "ada/mid-GGUF", "bob/big-GGUF", "meta/gated-GGUF"]
    assert len(fake.seen) == 2
    assert names(hub, Query(limit=3)) == ["ada/tiny-GGUF", "ada/mid-GGUF", "bob/big-GGUF"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(text="TINY"), ["ada/tiny-GGUF"]),
        (Query(author="bob"), ["bob/big-GGUF"]),
        (Query(licence="mit"), ["ada/mid-GGUF"]),
        (Query(gated=True), ["meta/gated-GGUF"]),
        (Query(gated=False, limit=2), ["ada/tiny-GGUF", "ada/mid-GGUF"]),
        (Query(size=(1_000_000_000, 0)), ["ada/mid-GGUF", "bob/big-GGUF"]),
        (Query(size=(0, 1_000_000_000), limit=1), ["ada/tiny-GGUF"]),
        (Query(sort="likes", limit=2), ["ada/mid-GGUF", "bob/big-GGUF"]),
        (Query(text="nothing like it"), []),
    ],
)
def test_a_search_is_narrowed(fake: FakeHub, tmp_path: Path, query: Query, expected: list[str]) -> None:
    assert names(open_hub(fake, tmp_path), query) == expected


def test_what_a_list_shows_of_a_repository(fake: FakeHub, tmp_path: Path) -> None:
    (found,) = open_hub(fake, tmp_path).search(Query(text="tiny")).models
    assert (found.author, found.licence, found.updated) == ("ada", "apache-2.0", "2026-01-02")
    assert (found.parameters, found.context_length, found.architecture) == (135_000_000, 8192, "llama")
    assert found.quantisations == ("Q4_K_M", "Q8_0")
    assert (found.gated, found.likes, found.downloads) == ("", 1, 123)


def test_a_repository_lists_its_forms_with_size_and_hash(fake: FakeHub, tmp_path: Path) -> None:
    found = open_hub(fake, tmp_path).repository("ada/tiny-GGUF")
    assert found.commit == next(iter(fake.repos["ada/tiny-GGUF"].states))
    assert [(each.name, each.size, each.files[0].sha256) for each in found.files.quantisations] == [
        ("Q4_K_M", len(TINY), sha256_of(TINY)),
        ("Q8_0", len(TINY), sha256_of(TINY)),
    ]
    assert [each.file for each in found.files.projectors] == ["mmproj-F16.gguf"]
    wanted = found.request(found.files.quantisations[0], tmp_path, projector=found.files.projectors[0])
    assert [str(path.relative_to(tmp_path)) for path in wanted.targets] == [
        "ada/tiny-GGUF/tiny-Q4_K_M.gguf",
        "ada/tiny-GGUF/mmproj-F16.gguf",
    ]


def test_the_readme_comes_without_its_metadata(fake: FakeHub, tmp_path: Path) -> None:
    hub = open_hub(fake, tmp_path)
    assert hub.readme(hub.repository("ada/tiny-GGUF")) == "# Tiny\n\nA *tiny* model.\n"
    assert hub.readme(hub.repository("ada/mid-GGUF")) == ""


def test_a_named_revision_is_that_state(fake: FakeHub, tmp_path: Path) -> None:
    old = open_hub(fake, tmp_path).repository("ada/tiny-GGUF").commit
    new = fake.add("ada/tiny-GGUF", {"other-Q8_0.gguf": TINY})
    hub = open_hub(fake, tmp_path / "b")
    assert hub.repository("ada/tiny-GGUF").commit == new
    assert hub.repository("ada/tiny-GGUF", old).files.quantisations[0].file == "tiny-Q4_K_M.gguf"


def test_an_answer_is_not_asked_for_twice_in_a_while(fake: FakeHub, tmp_path: Path) -> None:
    for _ in range(3):
        hub = open_hub(fake, tmp_path)
        hub.search(Query(text="mid"))
        hub.repository("ada/mid-GGUF")
    assert len(fake.seen) == 2


def test_offline_the_last_answer_is_given_and_its_age_said(fake: FakeHub, tmp_path: Path) -> None:
    fresh = open_hub(fake, tmp_path).search(Query())
    before = len(fake.seen)
    hub = open_hub(fake, tmp_path, network=False)
    hub._cache._clock = lambda: time.time() + 7200
    found = hub.search(Query())
    assert found.models == fresh.models
    assert found.old == pytest.approx(7200, abs=60)
    assert len(fake.seen) == before
    with pytest.raises(HubFault, match="the network is switched off") as caught:
        hub.search(Query(text="never asked"))
    assert caught.value.exit_code == EXIT_MODEL


def test_the_switch_of_hugging_face_is_respected(
    fake: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubFault, match="the network is switched off"):
        open_hub(fake, tmp_path).search(Query())
    assert fake.seen == []


def test_without_a_line_the_error_comes_soon_and_kept_answers_at_all(tmp_path: Path) -> None:
    """The library itself would try for 24 seconds."""
    with fake_hub() as fake:
        fake.add("ada/tiny-GGUF", {"tiny-Q8_0.gguf": TINY})
        hub = open_hub(fake, tmp_path)
        known = hub.search(Query())
    began = time.monotonic()
    with pytest.raises(HubFault, match="cannot be reached: .*refused") as caught:
        hub.search(Query(text="new"))
    assert time.monotonic() - began < 6
    assert caught.value.kind == "unreachable" and "Check the connection" in caught.value.hint
    hub._cache._clock = lambda: time.time() + 7200
    assert hub.search(Query()).models == known.models


def test_a_hub_that_does_not_answer_is_not_waited_for(fake: FakeHub, tmp_path: Path) -> None:
    fake.order(*[Fault("wait", after=60)] * 3, origin="hub")
    began = time.monotonic()
    with pytest.raises(HubFault, match="no answer within 2 seconds|no bytes in time"):
        open_hub(fake, tmp_path, seconds=2).search(Query())
    assert time.monotonic() - began < 6


def test_too_many_requests_are_said_at_once_and_not_slept_over(fake: FakeHub, tmp_path: Path) -> None:
    fake.order(*[Fault("status", status=429, headers={"Retry-After": "300"})] * 5, origin="hub")
    with pytest.raises(HubFault, match="asks for a pause of 300 seconds") as caught:
        open_hub(fake, tmp_path).search(Query())
    assert (caught.value.kind, caught.value.retry_after, caught.value.passes) == ("rate_limited", 300, True)
    assert "HF_TOKEN" in caught.value.hint


@pytest.mark.parametrize(
    ("repo", "token", "kind", "message", "hint"),
    [
        ("no/where", "", "not_found", "does not exist, or is private", "needs a token in HF_TOKEN"),
        ("no/where", TOKEN, "not_found", "does not exist, or is private", "Check the name"),
        ("bob/secret-GGUF", "", "not_found", "does not exist, or is private", "needs a token"),
        ("ada/tiny-GGUF", "hf_wrong", "unauthorised", "does not accept the token", "/settings/tokens"),
    ],
)
def test_a_refusal_says_what_to_do(
    fake: FakeHub, tmp_path: Path, repo: str, token: str, kind: str, message: str, hint: str
) -> None:
    with pytest.raises(HubFault, match=message) as caught:
        open_hub(fake, tmp_path, token=token).repository(repo)
    assert (caught.value.kind, caught.value.where) == (kind, f"repository {repo}")
    assert hint in caught.value.hint
    assert not token or token not in str(caught.value)


def test_a_revision_that_is_not_there_is_said(fake: FakeHub, tmp_path: Path) -> None:
    with pytest.raises(HubFault, match="has no such revision"):
        open_hub(fake, tmp_path).repository("ada/tiny-GGUF", "v9")


def test_a_gated_repository_is_listed_and_marked(fake: FakeHub, tmp_path: Path) -> None:
    found = open_hub(fake, tmp_path).repository("meta/gated-GGUF")
    assert found.model.gated == "manual"
    with pytest.raises(HubFault, match="conditions to be accepted first") as caught:
        open_hub(fake, tmp_path / "b").line.open(
            f"{fake.url}/meta/gated-GGUF/resolve/main/gated-Q8_0.gguf", repo="meta/gated-GGUF"
        )
    assert f"Accept them at {fake.url}/meta/gated-GGUF, make a token" in caught.value.hint


def test_with_a_token_private_repositories_are_found(fake: FakeHub, tmp_path: Path) -> None:
    assert "bob/secret-GGUF" in names(open_hub(fake, tmp_path, token=TOKEN), Query())
    assert "bob/secret-GGUF" not in names(open_hub(fake, tmp_path), Query())
    assert open_hub(fake, tmp_path, token=TOKEN).user() == "ada"
    assert open_hub(fake, tmp_path).user() == ""


def test_without_a_token_none_of_the_users_is_sent(
    fake: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_fromtheenvironment")
    Hub(endpoint=fake.url, token=no_token, cache=tmp_path).search(Query())
    assert not any("authorization" in seen.headers for seen in fake.seen)
    Hub(endpoint=fake.url, cache=tmp_path).search(Query(text="x"))
    assert fake.seen[-1].headers["authorization"] == "Bearer hf_fromtheenvironment"


def test_the_address_comes_from_the_environment(fake: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", fake.url + "/")
    assert names(Hub(token=no_token, cache=tmp_path), Query(author="bob")) == ["bob/big-GGUF"]
    monkeypatch.setenv("HF_ENDPOINT", "ftp://somewhere")
    with pytest.raises(UsageError, match="the address of the hub is not one"):
        Hub(token=no_token, cache=tmp_path)


def test_nothing_is_written_to_the_log_about_tries_or_tokens(
    fake: FakeHub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fake.order(*[Fault("status", status=503)] * 5, origin="hub")
    with caplog.at_level(logging.INFO), pytest.raises(HubFault):
        open_hub(fake, tmp_path, token="hf_verysecret", seconds=3).search(Query())
    assert "Retrying" not in caplog.text and "hf_verysecret" not in caplog.text


def test_a_broken_cache_is_the_same_as_none(fake: FakeHub, tmp_path: Path) -> None:
    open_hub(fake, tmp_path).search(Query())
    for path in tmp_path.iterdir():
        path.write_text("{")
    assert len(names(open_hub(fake, tmp_path), Query())) == 4


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5", 5), ("", 0), ("soon", 0), ("99999999", LONGEST_WAIT), ("Sun, 22 Nov 2026 12:00:30 GMT", 30)],
)
def test_a_pause_is_read_as_number_or_date(text: str, seconds: float) -> None:
    assert seconds_of({"retry-after": text}, now=1795348800.0) == seconds


@pytest.mark.parametrize(
    ("status", "kind", "passes"),
    [(500, "server", True), (408, "server", True), (403, "unauthorised", False), (404, "not_found", False), (418, "server", True)],
)  # fmt: skip
def test_every_status_has_a_meaning(status: int, kind: str, passes: bool) -> None:
    fault = refused(status, {}, endpoint="https://hub", repo="a/b", has_token=True)
    assert (fault.kind, fault.passes) == (kind, passes)
    assert fault.message


SLOW_DISK = """
import sys, time

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "huggingface_hub.hf_api":
            time.sleep(6)

sys.meta_path.insert(0, Slow())
from pathlib import Path
from graphide.models.hub import Hub, Query
hub = Hub(endpoint=sys.argv[1], token=lambda: "", cache=Path(sys.argv[2]), seconds=5.0)
print(hub.search(Query(text="tiny")).models[0].repo)
"""


def test_a_library_that_loads_slowly_is_not_blamed_on_the_hub(fake: FakeHub, tmp_path: Path) -> None:
    line = [sys.executable, "-c", SLOW_DISK, fake.url, str(tmp_path)]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout == "ada/tiny-GGUF\n", ended.stderr[-500:]
