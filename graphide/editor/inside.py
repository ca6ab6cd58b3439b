"""The outlines of graphs inside nodes, remembered: an editor asks for the ports of a node at every key press."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from graphide.errors import GraphideError
from graphide.spec.nodespec import Outline, Outlines
from graphide.values import Json

_MOST = 64


class KnownOutlines:
    """Outlines that look into a graph again only when its file has changed."""

    def __init__(self, outlines: Outlines, folder: Path | None) -> None:
        """Remember what `outlines` says; `folder` is where the paths begin."""
        self._outlines = outlines
        self._folder = folder
        self._known: dict[tuple[object, ...], tuple[Json, Outline | GraphideError]] = {}

    def __call__(self, reference: Json) -> Outline:
        """Return the outline of the graph that a setting names; raises GraphideError as it did when it was looked at."""
        key = self._key(reference)
        if key is None:
            return self._outlines(reference)
        if key not in self._known:
            found: Outline | GraphideError
            try:
                found = self._outlines(reference)
            except GraphideError as error:
                found = error
            for oldest in list(self._known)[: 1 - _MOST]:
                del self._known[oldest]
            # The reference is kept beside its outline, so that its id is not given to another one.
            self._known[key] = (reference, found)
        found = self._known[key][1]
        if isinstance(found, GraphideError):
            raise found
        return found

    def _key(self, reference: Json) -> tuple[object, ...] | None:
        if isinstance(reference, Mapping):
            return ("inline", id(reference))
        if not isinstance(reference, str):
            return None
        path = self._folder / reference if self._folder is not None else Path(reference)
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            return None
        return ("file", reference, found.st_mtime_ns, found.st_size)
