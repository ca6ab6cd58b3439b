"""Which models the servers of the settings have, asked all at one time and not for long: for lists, not for runs."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Final, NamedTuple

from graphide.backends.remote import RemoteBackend, server_of
from graphide.backends.remote_link import Patience
from graphide.backends.remote_wire import without_secrets
from graphide.errors import GraphideError

WITHIN: Final = 3.0
"""Seconds that a server has to connect, and then to answer."""


class ServerModels(NamedTuple):
    """The models of one server, by the names that graphs use ("NAME/MODEL"), or why they are not known."""

    server: str
    url: str
    models: tuple[str, ...] = ()
    problem: str = ""


def models_of_servers(
    servers: Mapping[str, str], *, network: bool = True, within: float = WITHIN
) -> tuple[ServerModels, ...]:
    """Return the models of servers, whose addresses are given by name; never raises for what a server does."""
    if not servers:
        return ()
    patience = Patience(connect=within, first=within, between=within, retries=0)
    with ThreadPoolExecutor(min(8, len(servers)), thread_name_prefix="graphide-servers") as pool:
        return tuple(
            pool.map(lambda item: _asked(item[0], item[1], patience, network=network), sorted(servers.items()))
        )


def _asked(name: str, url: str, patience: Patience, *, network: bool) -> ServerModels:
    shown = without_secrets(url)
    try:
        backend = RemoteBackend({name: replace(server_of(name, url, network=network), patience=patience)})
    except GraphideError as error:
        return ServerModels(name, shown, problem=str(error))
    try:
        return ServerModels(name, shown, tuple(f"{name}/{model}" for model in backend.models(name, Event())))
    except GraphideError as error:
        return ServerModels(name, shown, problem=error.message)
    finally:
        backend.close()
