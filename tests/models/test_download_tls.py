"""Downloads over TLS, as from the real hub: the same bytes, and a pause that does not wait for the next ones."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.models.download_part import part_of
from tests.support.downloading import FILE, REPO, content, downloads, ended, request, seconds_until_quiet, wait_until
from tests.support.fake_hub import TOKEN, FakeHub, Fault, fake_hub

MB = 1_000_000


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, made for these tests."""
    if shutil.which("openssl") is None:
        pytest.skip("making a certificate needs the program openssl")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run([*command.split(), "-keyout", "key.pem", "-out", "cert.pem"], cwd=path.parent, check=True)
    path.write_bytes((path.parent / "key.pem").read_bytes() + (path.parent / "cert.pem").read_bytes())
    return path


@pytest.fixture
def hub(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub that speaks TLS, with a certificate that is trusted here."""
    from huggingface_hub.utils import close_session  # type: ignore[attr-defined]

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.parent / "cert.pem"))
    close_session()  # the one of earlier tests trusts other certificates
    with fake_hub(certificate=certificate) as hub:
        hub.add(REPO, {FILE: content()})
        yield hub
    close_session()


def test_a_file_arrives_over_tls_and_is_continued(hub: FakeHub, tmp_path: Path) -> None:
    hub.order(Fault("cut", after=MB))
    wanted = request(hub, tmp_path)
    with downloads(hub, tmp_path) as found:
        assert ended(found, found.start(wanted)).state == "done"
    assert wanted.targets[0].read_bytes() == content()
    assert [seen.start for seen in hub.bytes_seen()] == [0, part_sent := hub.bytes_seen()[1].start]
    assert 0 < part_sent <= MB
    assert not any(TOKEN in str(seen.headers) for seen in hub.bytes_seen())


def test_a_pause_over_tls_is_there_at_once(hub: FakeHub, tmp_path: Path) -> None:
    wanted = request(hub, tmp_path)
    hub.order(Fault("stall", after=MB))
    with downloads(hub, tmp_path) as found:
        job = found.start(wanted)
        assert hub.stalled.wait(10)
        wait_until(lambda: found.job(job.id).done == MB)
        began = time.monotonic()
        found.pause(job.id)
        assert seconds_until_quiet(job, began) < 0.3
        assert part_of(wanted.targets[0]).read_bytes() == content()[:MB]
        found.resume(job.id)
        assert ended(found, job).state == "done"
    assert wanted.targets[0].read_bytes() == content()


def test_a_certificate_that_is_not_trusted_stops_the_download(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = request(hub, tmp_path)
    monkeypatch.delenv("SSL_CERT_FILE")
    with downloads(hub, tmp_path, first_pause=0.0) as found:
        job = ended(found, found.start(wanted))
    assert (job.state, job.problem) == ("failed", f"the certificate of {hub.url} is not trusted")
    assert "SSL_CERT_FILE" in job.hint
    assert hub.bytes_seen() == []
