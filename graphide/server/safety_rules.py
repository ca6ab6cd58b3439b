"""Who may ask what: the rules on host, origin, key and content type, each a pure function of a request's head.

A web page of a stranger must not reach the server through the browser of its user (host, origin, content type), and
another user of the machine must not reach it at all (key).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import NamedTuple

from graphide.server.auth import accepts
from graphide.server.config import ServerConfig, is_loopback
from graphide.server.errors import Refusal

OPEN_PATHS = frozenset(["/", "/favicon.ico", "/openapi.json", "/docs", "/api/system/health"])
"""What is answered without a key: the page and the description have nothing in them that belongs to anybody."""
OPEN_FOLDERS = ("/page/",)
WITH_BODY = frozenset(["POST", "PUT", "PATCH"])
_FOREIGN = frozenset(["cross-site", "same-site"])
_LOOPBACK = frozenset(["localhost", "127.0.0.1", "::1"])


class Head(NamedTuple):
    """What the rules look at: method, path, and headers by lower-case name (the last one counts)."""

    method: str
    path: str
    headers: Mapping[str, str]


def refused(head: Head, config: ServerConfig) -> Refusal | None:
    """Return why a request is not answered, None where it may be."""
    return (
        _host_refused(head.headers.get("host", ""), config)
        or _origin_refused(head, config)
        or _key_refused(head, config)
        or _type_refused(head)
    )


def is_open(path: str) -> bool:
    """Return whether a path is answered without a key."""
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)


def host_of(authority: str) -> str:
    """Return the host in a Host header, in small letters, without port and brackets; "" where there is none."""
    text = authority.strip().lower()
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        return host if bracket and (not port or _is_port(port)) else ""
    host, colon, port = text.partition(":")
    return host.removesuffix(".") if not colon or _is_port(colon + port) else ""


def _is_port(text: str) -> bool:
    digits = text[1:]
    return text.startswith(":") and digits.isascii() and digits.isdigit() and int(digits) <= 65535


def _host_refused(authority: str, config: ServerConfig) -> Refusal | None:
    # A page whose name was made to point to this machine has that name in its requests (DNS rebinding).
    host = host_of(authority)
    if host in _LOOPBACK or (host and host in {config.host.lower(), *(name.lower() for name in config.hosts)}):
        return None
    # An address cannot be made to point elsewhere, so it is as good as the one that is listened at.
    if not is_loopback(config.host) and _is_address(host):
        return None
    hint = "Ask for 127.0.0.1, or start the server with --allow-host NAME"
    return Refusal(403, f"this server does not go by that name. {hint}", code="host_refused")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _origin_refused(head: Head, config: ServerConfig) -> Refusal | None:
    # Requests of web pages come from the server's own page, or from one that was allowed.
    origin = head.headers.get("origin")
    if origin is not None:
        own = f"http://{head.headers.get('host', '').strip().lower()}"
        if origin.strip().lower() in {own, *(allowed.lower().rstrip("/") for allowed in config.origins)}:
            return None
    elif head.headers.get("sec-fetch-site", "") not in _FOREIGN or is_open(head.path):
        return None
    hint = "Start the server with --allow-origin URL where that page may"
    return Refusal(403, f"a web page of another site may not ask this server. {hint}", code="origin_refused")


def _key_refused(head: Head, config: ServerConfig) -> Refusal | None:
    if not config.key or is_open(head.path):
        return None
    header = head.headers.get("authorization", "")
    if header and accepts(header, config.key):
        return None
    what = "this key is not the server's" if header else "a key is needed"
    message = f'{what}. Send "Authorization: Bearer KEY"; "graphide serve --show-key" prints the key'
    return Refusal(401, message, code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})


def _type_refused(head: Head) -> Refusal | None:
    # Forms of other sites can send texts and forms without asking first, but no JSON.
    if head.method not in WITH_BODY:
        return None
    kind, _, _ = head.headers.get("content-type", "").partition(";")
    if kind.strip().lower() == "application/json":
        return None
    return Refusal(415, 'the body has to be JSON. Send "Content-Type: application/json"', code="not_json")
