"""The hub and the downloads as the settings say, and the environment before them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.errors import UsageError
from graphide.models.hub import ENDPOINT, Query
from graphide.models.hub_errors import HubFault
from graphide.models.opening import open_downloads, open_hub
from graphide.settings import Settings
from tests.support.downloading import FILE, REPO, content, ended, request, wait_until
from tests.support.fake_hub import FakeHub, Fault, fake_hub

MB = 1_000_000


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whose environment says nothing about a hub."""
    for name in ("HF_ENDPOINT", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GRAPHIDE_HOME", str(tmp_path / "home"))


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    """A hub with one repository."""
    with fake_hub() as hub:
        hub.add(REPO, {FILE: content()})
        yield hub


def test_the_settings_name_the_hub_and_the_environment_comes_first(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_hub(Settings()).endpoint == ENDPOINT
    assert open_hub(Settings(hub=f"{hub.url}/")).endpoint == hub.url
    assert [model.repo for model in open_hub(Settings(hub=hub.url)).search(Query()).models] == [REPO]
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert open_hub(Settings(hub=hub.url)).endpoint == "http://127.0.0.1:9"
    monkeypatch.delenv("HF_ENDPOINT")
    with pytest.raises(UsageError, match="is not one"):
        open_hub(Settings(hub="nowhere"))


def test_what_switched_the_network_off_is_said_with_the_way_to_switch_it_on(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = open_hub(Settings(hub=hub.url, network=False))
    with pytest.raises(HubFault, match='by the setting "network". Switch it on with: graphide config set network true'):
        off.search(Query())
    with pytest.raises(HubFault, match='by the setting "network"'):
        off.line.open(off.line.url(REPO, "main", FILE))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for settings in (Settings(hub=hub.url), Settings(hub=hub.url, network=False)):
        with pytest.raises(HubFault, match="by HF_HUB_OFFLINE. Unset HF_HUB_OFFLINE"):
            open_hub(settings).search(Query())
    assert hub.seen == []


def test_a_variable_that_says_no_does_not_switch_the_network_on(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    assert open_hub(Settings()).network and not open_hub(Settings(network=False)).network


def test_downloads_have_the_limits_of_the_settings(hub: FakeHub, tmp_path: Path) -> None:
    for number in (1, 2):
        hub.add(f"ada/m{number}-GGUF", {FILE: content(seed=number)})
    wanted = [request(hub, tmp_path, f"ada/m{number}-GGUF", token="") for number in (1, 2)]
    hub.order(Fault("stall", after=MB))
    settings = Settings(hub=hub.url, download_parallel=1)
    with open_downloads(open_hub(settings), settings) as downloads:
        first, second = (downloads.start(each) for each in wanted)
        assert hub.stalled.wait(10)
        assert downloads.job(second.id).state == "queued"
        hub.release.set()
        assert [ended(downloads, job).state for job in (first, second)] == ["done", "done"]


@pytest.mark.parametrize(
    ("settings", "rate"), [({"download_rate": 1000}, 0), ({}, 1000), ({"download_rate": MB}, 1000)]
)
def test_a_rate_that_is_asked_for_comes_before_that_of_the_settings(
    hub: FakeHub, tmp_path: Path, settings: dict[str, int], rate: int
) -> None:
    own = Settings(hub=hub.url, **settings)  # type: ignore[arg-type]
    with open_downloads(open_hub(own), own, rate=rate) as downloads:
        job = downloads.start(request(hub, tmp_path, token=""))
        wait_until(lambda: downloads.job(job.id).done > 0)
        assert downloads.job(job.id).done < 100_000, "a thousand bytes a second, not all at once"


def test_with_the_network_off_no_download_begins(hub: FakeHub, tmp_path: Path) -> None:
    wanted = request(hub, tmp_path, token="")
    off = Settings(hub=hub.url, network=False)
    with open_downloads(open_hub(off), off) as downloads:
        with pytest.raises(HubFault, match='by the setting "network"'):
            downloads.start(wanted)
        assert downloads.jobs() == ()


def test_importing_it_costs_nothing_of_the_network() -> None:
    code = (
        "import sys, graphide.models.opening, graphide.models.wording, graphide.models.loading\n"
        "sys.exit(any(name.split('.')[0] in ('huggingface_hub', 'httpx2', 'ssl', 'sqlite3') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
