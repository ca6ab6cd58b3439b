"""How models are loaded on this machine, as its settings say: what a fit is measured for before a download or a load."""

from __future__ import annotations

from graphide.inference.protocol import LoadOptions
from graphide.settings import Settings


def load_options(settings: Settings) -> LoadOptions:
    """Return the options of a load; a run adds threads and the place of kept prefixes, which take no memory to speak of."""
    return LoadOptions(
        n_ctx=settings.n_ctx,
        n_parallel=settings.n_parallel,
        n_gpu_layers=settings.n_gpu_layers,
        kv_type=settings.kv_type,
    )
