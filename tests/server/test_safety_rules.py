"""The rules on who may ask what, one by one, without a server."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from graphide.errors import UsageError
from graphide.server import auth
from graphide.server.config import ServerConfig, checked, is_loopback
from graphide.server.errors import refusal_of, without_folders
from graphide.server.safety_rules import Head, host_of, is_open, refused

KEY = "gk-right"
BEARER = {"authorization": f"Bearer {KEY}"}
HERE = ServerConfig(key=KEY)


def asked(
    path: str = "/api/models",
    method: str = "GET",
    config: ServerConfig = HERE,
    host: str = "127.0.0.1:5000",
    **more: str,
) -> tuple[int, str]:
    """Return status and code of the refusal of a request, (200, "") where it is let through."""
    headers = {"host": host, **BEARER, **{name.replace("_", "-"): value for name, value in more.items()}}
    refusal = refused(Head(method, path, {name: value for name, value in headers.items() if value}), config)
    return (200, "") if refusal is None else (refusal.status, refusal.code)


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:5000", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:5000", "localhost."],
)
def test_the_names_of_this_machine_are_answered(host: str) -> None:
    assert asked(host=host) == (200, "")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:5000", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example",
     "", "[::1", "[::1]evil", "localhost:x", "localhost:99999", "::1", "192.168.1.7", "0.0.0.0", "127.0.0.1 evil"],
)  # fmt: skip
def test_other_names_are_refused_so_that_no_page_can_be_rebound_to_this_machine(host: str) -> None:
    assert asked(host=host) == (403, "host_refused")


def test_a_name_that_was_allowed_is_answered() -> None:
    config = ServerConfig(key=KEY, hosts=("Desk.Example",))
    assert asked(host="desk.example:5000", config=config) == (200, "")
    assert asked(host="other.example", config=config) == (403, "host_refused")


def test_a_server_for_others_is_asked_by_its_addresses_but_not_by_strange_names() -> None:
    config = ServerConfig(key=KEY, host="0.0.0.0")
    assert asked(host="192.168.1.7:5000", config=config) == (200, "")
    assert asked(host="[fe80::1]:5000", config=config) == (200, "")
    assert asked(host="evil.example", config=config) == (403, "host_refused")


@pytest.mark.parametrize("origin", ["http://127.0.0.1:5000", "HTTP://127.0.0.1:5000"])
def test_the_own_page_may_ask(origin: str) -> None:
    assert asked(origin=origin) == (200, "")


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://127.0.0.1:5001",
        "https://127.0.0.1:5000",
        "http://127.0.0.1",
        "file://",
        " ",
    ],
)
@pytest.mark.parametrize("path", ["/api/models", "/api/system/health", "/"])
def test_pages_of_other_sites_may_not_ask_anything(origin: str, path: str) -> None:
    assert asked(path, origin=origin) == (403, "origin_refused")


def test_a_page_that_was_allowed_may_ask() -> None:
    config = ServerConfig(key=KEY, origins=("https://desk.example/",))
    assert asked(origin="https://desk.example", config=config) == (200, "")
    assert asked(origin="https://desk.example.evil", config=config) == (403, "origin_refused")


def test_what_a_browser_fetches_for_another_site_is_refused_without_an_origin_too() -> None:
    assert asked(sec_fetch_site="cross-site") == (403, "origin_refused")
    assert asked(sec_fetch_site="same-site") == (403, "origin_refused")
    assert asked(sec_fetch_site="same-origin") == (200, "")
    assert asked("/", sec_fetch_site="cross-site") == (200, "")  # a link to the page


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer wrong", f"Basic {KEY}", KEY, f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", "Bearer \xe9"]
)
def test_without_the_key_nothing_is_answered(shown: str) -> None:
    assert asked(authorization=shown) == (401, "invalid_api_key")


@pytest.mark.parametrize("shown", [f"Bearer {KEY}", f"bearer {KEY}", f"BEARER  {KEY} "])
def test_the_key_opens(shown: str) -> None:
    assert asked(authorization=shown) == (200, "")


def test_what_is_open_is_a_list_of_names() -> None:
    assert [
        path for path in ("/", "/docs", "/page/main.js", "/api/system/health", "/openapi.json") if not is_open(path)
    ] == []
    for path in (
        "/api",
        "/api/models",
        "/v1/models",
        "/api/system/health/",
        "/pages",
        "//",
        "/API/system/health",
        "/x",
    ):
        assert asked(path, authorization="") == (401, "invalid_api_key")


def test_without_a_key_of_its_own_the_server_asks_for_none() -> None:
    assert asked(config=ServerConfig(key=""), authorization="") == (200, "")


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp"],
)
def test_what_a_form_can_send_is_refused(kind: str) -> None:
    assert asked(method="POST", content_type=kind) == (415, "not_json")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_taken(kind: str) -> None:
    assert asked(method="POST", content_type=kind) == (200, "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "desk.example"])
def test_a_server_for_others_needs_a_key(host: str) -> None:
    with pytest.raises(UsageError, match="without a key"):
        checked(ServerConfig(host=host))
    assert checked(ServerConfig(host=host, key=KEY)).host == host


def test_loopback_is_known_in_all_its_spellings() -> None:
    assert [host for host in ("127.0.0.1", "127.5.5.5", "::1", "localhost") if not is_loopback(host)] == []
    assert [host for host in ("0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", "") if is_loopback(host)] == []


def test_the_host_of_a_header_is_read_strictly() -> None:
    assert host_of("[::1]:5000") == "::1"
    assert host_of("a:b") == host_of("a:-1") == host_of("[a") == ""


def test_the_key_is_made_once_and_only_its_user_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "server"
    key = auth.server_key(path)
    assert auth.server_key(path) == key and len(key) > 40
    assert [each.name for each in path.parent.iterdir()] == ["server"]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o644)
        assert auth.server_key(path) == key
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_of_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(auth.VARIABLE, "gk-of-the-environment")
    assert auth.server_key(tmp_path / "none") == "gk-of-the-environment"
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/home/me/my models/secret.gguf: is broken", None),
        ("no file /etc/passwd here", "no file passwd here"),
        (r"C:\Users\me\x.gguf is broken", "x.gguf is broken"),
        ("see https://example.org/a/b and POST /api/runs", "see https://example.org/a/b and POST /api/runs"),
        ("and/or, 1/2, text/event-stream", "and/or, 1/2, text/event-stream"),
    ],
)
def test_paths_in_messages_become_names(text: str, told: str | None) -> None:
    shown = without_folders(text)
    assert shown == told if told is not None else "/home" not in shown


def test_the_users_own_folders_go_even_with_spaces_in_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHIDE_HOME", str(tmp_path / "my home"))
    assert without_folders(f"{tmp_path}/my home/models/a b.gguf: broken") == "a b.gguf: broken"


def test_a_fault_of_graphide_tells_nothing_of_itself() -> None:
    refusal = refusal_of(RuntimeError("the prompt was: secret"))
    assert refusal.status == 500 and b"secret" not in refusal.body()
