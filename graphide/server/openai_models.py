"""Names that clients ask by: models of this machine, of other servers, and graphs; what each means, and the list of them.

A name is looked up among those that are there; it is never a path. `graph/NAME` is a graph, `SERVER/NAME` a model of a
server in the settings, `echo` the echo, and anything else a model by file name or alias. A graph can also be asked by its
bare name where no model has that name.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event as Flag, Timer
from typing import NamedTuple, Protocol

from graphide.backends.defaults import samplers_of
from graphide.backends.echo import NAME as ECHO, EchoBackend
from graphide.backends.workers import LocalModel
from graphide.errors import GraphideError, ModelMissing
from graphide.models.library import DEFAULT
from graphide.models.naming import by_name
from graphide.server.errors import Refusal
from graphide.server.openai_answering import Answerer, BackendAnswerer, LocalAnswerer, unknown_model
from graphide.server.openai_graphs import graph_answerer
from graphide.settings import Settings
from graphide.values import Json, sampling_from_json
from graphide.workspace import Document, Workspace

GRAPH = "graph/"
SERVER_SECONDS = 3.0
"""How long another server may take to list its models."""

SERVER_MEMORY = 30.0
"""For how many seconds that list is taken to be true."""

_SERVERS_AT_ONCE = 8
_MOST_KEPT = 256
_STARTED = int(time.time())


class Graphs(Protocol):
    """The graphs that are served, by name."""

    def names(self) -> Iterable[str]:
        """Return all names."""

    def document(self, name: str) -> Document | None:
        """Return the graph of a name, None where there is none; raises GraphideError for one that cannot be read."""


class Listed(NamedTuple):
    """A name that can be asked: who has it (`library`, `graph`, or a server), and since when in seconds since 1970."""

    id: str
    owner: str
    created: int

    def to_json(self) -> dict[str, Json]:
        """Return it as OpenAI's API lists models."""
        return {"id": self.id, "object": "model", "created": self.created, "owned_by": self.owner}


@dataclass(slots=True)
class Names:
    """What the names mean; safe between threads. A name that was found is found again without a look at the disk."""

    workspace: Workspace
    graphs: Graphs
    _found: dict[str, LocalModel] = field(default_factory=dict)
    _listed: dict[str, tuple[float, tuple[str, ...]]] = field(default_factory=dict)
    _settings: Settings | None = None

    def answerer(self, name: str) -> Answerer:
        """Return who answers for a name; may read the disk. Raises Refusal (404), and GraphideError for a broken file."""
        if name.startswith(GRAPH):
            return self._graph(name.removeprefix(GRAPH), name)
        if name == ECHO:
            return BackendAnswerer(EchoBackend(), ECHO, remote=False)
        server, slash, _ = name.partition("/")
        if slash and server in self.workspace.settings.servers:
            chosen = samplers_of(self.workspace.settings.model_defaults.get(name, {}))
            return BackendAnswerer(self.workspace.remote, name, defaults=sampling_from_json(chosen))
        if slash or "\\" in name:
            raise unknown_model(name)
        model = self._known(name)
        return self._looked_up(name) if model is None else self._local(model)

    def list(self, *, of_servers: bool = True) -> tuple[Listed, ...]:
        """Return all names: models, then graphs, then what other servers list; those that do not answer list nothing."""
        return (*self._models(), *self._graphs(), *(self._of_servers() if of_servers else ()))

    def find(self, name: str) -> Listed:
        """Return one of the names, also one that is not listed; raises Refusal (404) for another."""
        found = next((one for one in (*self._models(), *self._graphs()) if one.id == name), None)
        if found is not None:
            return found
        self.answerer(name)  # a shorter name for one of them, or a model of another server
        server, slash, _ = name.partition("/")
        return Listed(name, server if slash else "library", _STARTED)

    # --- each kind

    def _known(self, name: str) -> LocalModel | None:
        if self._settings is not self.workspace.settings:
            self._settings = self.workspace.settings
            self._found.clear()
        model = self._found.get(name)
        return model if model is not None and model.path.is_file() else None

    def _looked_up(self, name: str) -> Answerer:
        library = self.workspace.library
        if name not in library.aliases and name != DEFAULT and by_name(name, library.list()) is None:
            return self._graph(name, name)
        try:
            model = self.workspace.local_model(name)
        except ModelMissing:
            raise unknown_model(name) from None
        if len(self._found) >= _MOST_KEPT:
            self._found.clear()
        self._found[name] = model
        return self._local(model)

    def _local(self, model: LocalModel) -> Answerer:
        return LocalAnswerer(model, sampling_from_json({**self.workspace.samplers(model)}))

    def _graph(self, name: str, asked: str) -> Answerer:
        document = self.graphs.document(name)
        found = graph_answerer(name, document, self.workspace) if document is not None else None
        if found is None:
            raise unknown_model(asked)
        return found

    def _models(self) -> Iterator[Listed]:
        library = self.workspace.library
        scan = library.scan()
        seen: set[str] = set()
        for model in scan.models:
            name = model.file.removesuffix(".gguf")
            if model.runs and name not in seen:
                seen.add(name)
                yield Listed(name, "library", model.mtime_ns // 10**9)
        for alias in sorted(library.aliases):
            try:
                model = library.find(alias, scan)
            except GraphideError:
                continue  # it stands for a file that is not here
            if model.runs and alias not in seen and "/" not in alias:
                yield Listed(alias, "library", model.mtime_ns // 10**9)

    def _graphs(self) -> Iterator[Listed]:
        for name in sorted(self.graphs.names()):
            try:
                self._graph(name, name)
            except (Refusal, GraphideError):
                continue  # it is no graph that answers
            yield Listed(f"{GRAPH}{name}", "graph", _STARTED)

    def _of_servers(self) -> Iterator[Listed]:
        servers = sorted(self.workspace.settings.servers)
        if servers:
            with ThreadPoolExecutor(min(len(servers), _SERVERS_AT_ONCE), "graphide-models-of-server") as threads:
                for server, models in zip(servers, threads.map(self._of_server, servers), strict=True):
                    yield from (Listed(f"{server}/{model}", server, _STARTED) for model in models)

    def _of_server(self, server: str) -> tuple[str, ...]:
        """Return what a server lists, asked at most every SERVER_MEMORY seconds; one that does not answer lists nothing."""
        asked, models = self._listed.get(server, (-math.inf, ()))
        if time.monotonic() - asked < SERVER_MEMORY:
            return models
        late = Flag()
        timer = Timer(SERVER_SECONDS, late.set)
        timer.start()
        try:
            models = self.workspace.remote.models(server, late)
        except GraphideError:
            models = ()
        finally:
            timer.cancel()
        self._listed[server] = time.monotonic(), models
        return models
