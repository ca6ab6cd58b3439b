"""The hub as commands use it: opened for this user, with what is known of the machine beside it. Imported when needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphide.cli import streams
from graphide.settings import Settings

if TYPE_CHECKING:
    from graphide.inference.protocol import LoadOptions
    from graphide.models.hub import Hub


def open_hub() -> Hub:
    """Return the hub of this user; nothing is asked yet, and nothing later where the user switched the network off."""
    from graphide.models.hub import Hub

    return Hub()


def load_options(settings: Settings) -> LoadOptions:
    """Return how models are loaded here, which is what a fit is measured for."""
    from graphide.inference.protocol import LoadOptions

    return LoadOptions(
        n_ctx=settings.n_ctx,
        n_parallel=settings.n_parallel,
        n_gpu_layers=settings.n_gpu_layers,
        kv_type=settings.kv_type,
    )


def say_age(seconds: float) -> None:
    """Say that an answer is kept from earlier, because the hub did not give a new one."""
    if seconds:
        amount = f"{seconds / 3600:.0f} hours" if seconds >= 7200 else f"{max(1, round(seconds / 60))} minutes"
        streams.err(f"warning: the hub could not be asked; this is what it said {amount} ago\n")
