"""Templates: graphs to begin with, packaged and the user's own; how they are kept, and what is filled in in them."""

from graphide.templates.blanks import Blank, blanks, filled
from graphide.templates.kept import (
    EMPTY,
    Listed,
    Origin,
    Removed,
    Template,
    Templates,
    Unreadable,
    described,
    id_of,
    own_folder,
    tags_of,
)

__all__ = [
    "EMPTY",
    "Blank",
    "Listed",
    "Origin",
    "Removed",
    "Template",
    "Templates",
    "Unreadable",
    "blanks",
    "described",
    "filled",
    "id_of",
    "own_folder",
    "tags_of",
]
