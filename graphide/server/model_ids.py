"""Which model of the library an id or alias of a client means. An id is looked up among what was found and never a path."""

from __future__ import annotations

import threading

from graphide.errors import GraphideError
from graphide.models.library import LibraryModel, Scan
from graphide.server.errors import Refusal
from graphide.workspace import Workspace


class ModelIds:
    """The models of a workspace by id (their file name) or alias; the folders are looked at anew when they changed."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._scan: Scan | None = None

    def scan(self) -> Scan:
        """Return what there is."""
        library = self._workspace.library
        with self._lock:
            if self._scan is None or library.changed():
                self._scan = library.scan()
            return self._scan

    def find(self, id: str) -> LibraryModel:
        """Return the model of an id; raises Refusal (404) where there is none, ModelMissing and UsageError."""
        library, scan = self._workspace.library, self.scan()
        if id in library.aliases or id == "default":
            return library.find(id, scan)
        found = next((model for model in scan.models if id in (model.file, model.path.stem)), None)
        if found is None:
            raise Refusal(404, f'there is no model "{id[:200]}"', code="model_not_found", param="model")
        return found

    def aliases(self) -> dict[str, str]:
        """Return the file names that aliases mean, by alias; those that lead nowhere are left out."""
        found: dict[str, str] = {}
        for alias in sorted(self._workspace.settings.aliases):
            try:
                found[alias] = self.find(alias).file
            except (Refusal, GraphideError):
                continue
        return found
