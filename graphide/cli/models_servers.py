"""The models of other servers as `graphide models list` shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graphide.cli import streams
from graphide.graph.quoting import printable
from graphide.settings import Settings
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.backends.remote_models import ServerModels


def models_of(settings: Settings) -> tuple[ServerModels, ...]:
    """Return the models of the servers in the settings; where there are none, nothing is imported and nobody asked."""
    if not settings.servers:
        return ()
    from graphide.backends.remote_models import models_of_servers

    return models_of_servers(settings.servers, network=settings.network)


def print_servers(found: Sequence[ServerModels]) -> None:
    """Print a line for each model of a server; a server that does not tell its models is said on standard error."""
    for each in found:
        for model in each.models:
            streams.out(f"{printable(model)}  at {printable(each.url)}\n")
        if each.problem:
            streams.err(f"warning: the models of {each.server} are not known: {printable(each.problem)}\n")


def servers_json(found: Sequence[ServerModels]) -> list[Json]:
    """Return the same as JSON."""
    return [
        {"server": each.server, "url": each.url, "models": list(each.models), "problem": each.problem} for each in found
    ]
