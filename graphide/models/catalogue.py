"""A few small and widely used models, for someone who has none yet: shipped with graphide, readable offline.

Repositories, files and sizes were compared with public sources on the day of the list, parameters are rounded; what counts
is what the hub says when one is pulled.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graphide.models.hub_spec import PullSpec, parse_spec

_FILE = Path(__file__).with_name("catalogue.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueModel:
    """A model to begin with: what to pull, how many bytes that were on the day of the list, and what it is good for."""

    name: str
    pull: str
    parameters: int
    size: int
    context_length: int
    licence: str
    good_for: str

    @property
    def spec(self) -> PullSpec:
        """What to pull."""
        return parse_spec(self.pull)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models from small to large, and the day the list was made, like 2026-11-22."""

    dated: str
    models: tuple[CatalogueModel, ...]

    def for_room(self, free: int) -> CatalogueModel | None:
        """Return the largest model that takes at most a quarter of `free` bytes of memory, so that it is quick too."""
        return next((model for model in reversed(self.models) if model.size * 4 <= free), None)


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that came with graphide."""
    body = json.loads(_FILE.read_text("utf-8"))
    return Catalogue(body["dated"], tuple(CatalogueModel(**model) for model in body["models"]))
