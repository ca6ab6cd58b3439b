"""What a server is told at its start: where it listens, who may ask, what it serves, and its limits. Nothing is done here."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from graphide.errors import UsageError
from graphide.settings import Settings

Color = tuple[int, int, int, int]
LogLevel = Literal["debug", "info", "warning", "error"]
_LOCAL_NAMES = frozenset(["localhost", "127.0.0.1", "::1"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much the server takes on, and how long it waits; times are in seconds, sizes in bytes.

    `running` requests are worked on at one time and `waiting` more wait for their turn, of at most `connections`.
    A request has `head` to send its headers, `body` for its body of at most `body_bytes`; all bodies that are held at
    one time have `held_bytes`. A stream says every `heartbeat` that it lives; a reader that takes nothing for `reader`
    is cut off. At a shutdown, requests under way get `grace` to end by themselves. `retry` is what clients are told to
    wait when the server is full.
    """

    running: int = 16
    waiting: int = 256
    connections: int = 1_024
    head: float = 10.0
    body: float = 30.0
    body_bytes: int = 8 << 20
    held_bytes: int = 256 << 20
    idle: float = 15.0
    heartbeat: float = 15.0
    reader: float = 30.0
    grace: float = 10.0
    retry: int = 2


def usual_limits(settings: Settings) -> Limits:
    """Return the limits where nothing else is said: room for what two models answer at one time."""
    return Limits(running=max(Limits().running, 2 * settings.n_parallel))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """How a server is set up.

    `key` "" asks nobody for a key. `graphs` are graph files, or folders of them, that are served beside the starter
    templates. `hosts` are names under which the server may be addressed beside those of this machine's loopback, and
    `origins` web pages ("https://name:port") that may ask it beside its own. Nodes of graphs in `graphs` may touch
    files below the folders in `allow`; others may touch none. `pictures` has the colours of a graph's picture, by look.
    """

    host: str = "127.0.0.1"
    port: int = 5000
    key: str = field(default="", repr=False)
    graphs: tuple[Path, ...] = ()
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    allow: tuple[Path, ...] = ()
    log_level: LogLevel = "info"
    limits: Limits = field(default_factory=Limits)
    pictures: Mapping[str, Callable[[str], Color]] = field(default_factory=lambda: MappingProxyType({}))


def checked(config: ServerConfig) -> ServerConfig:
    """Return the configuration; raises UsageError where it would let in everybody."""
    if not config.key and not is_loopback(config.host):
        raise UsageError(
            f'others than this machine could ask at "{config.host}" without a key',
            hint="Leave out --no-key, or listen at 127.0.0.1 only",
        )
    if not 0 <= config.port <= 65535:
        raise UsageError(f"{config.port} is not a port", hint="Ports are 1 to 65535; 0 takes a free one")
    return config


def is_loopback(host: str) -> bool:
    """Return whether an address to listen at can be reached from this machine only."""
    if host in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
