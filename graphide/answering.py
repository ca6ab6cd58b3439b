"""Who answers for the names of models in a workspace: files of the library in worker processes, servers, the echo.

It knows what the user chose for models (folders, aliases, defaults, one that answers for all), which file a name means, and
what is in memory. It is cheap to make: nothing is looked for before it is needed. Any thread may call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from graphide import paths, settings as settings_file
from graphide.errors import InferenceFault
from graphide.executor.files import FileAccess
from graphide.graph.model import ModelRef
from graphide.once import Once, forget, is_made
from graphide.settings import Settings
from graphide.spec.generation import Backend
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.backends.defaults import ModelDefaults
    from graphide.backends.local import ModelFile
    from graphide.backends.memory import LoadedModel
    from graphide.backends.remote import RemoteBackend
    from graphide.backends.workers import LocalModel, Workers
    from graphide.inference.protocol import LoadOptions, LoadProgress
    from graphide.inference.spawn import Spawned
    from graphide.models.library import Library, LibraryModel


class Answering:
    """The models of a workspace. Close it: it may hold worker processes."""

    def __init__(
        self,
        settings: Settings,
        *,
        model: str = "",
        allow_model_mismatch: bool = False,
        reproducible: bool = False,
        spawned: Spawned | None = None,
    ) -> None:
        """Set up with what `Workspace` is given under these names."""
        self._settings = settings
        self._model = model
        self._allow_model_mismatch = allow_model_mismatch
        self._reproducible = reproducible
        self._spawned = spawned
        self._lock = threading.RLock()
        self._model_files: dict[tuple[str | int, ...], ModelFile] = {}
        self._finding: dict[tuple[str | int, ...], threading.Lock] = {}
        self._closers: list[Callable[[], None]] = []

    def close(self) -> None:
        """End worker processes and connections."""
        while self._closers:
            self._closers.pop()()
        if self._spawned is not None:
            self._spawned.discard()
            self._spawned = None

    def use(self, settings: Settings) -> None:
        """Take other settings: names are looked up anew where that matters, a model that is loaded differs at its next use."""
        with self._lock:
            self._use(settings)

    def _use(self, settings: Settings) -> None:
        before, self._settings = self._settings, settings
        changed = {name for name in settings_file.DEFAULTS if getattr(before, name) != getattr(settings, name)}
        if changed & {"model_folders", "aliases"}:
            forget(self, "library")
            self._model_files = {}  # who looks for a file now writes into the old one
        if "servers" in changed or "network" in changed:
            forget(self, "remote")
        if changed & {"model_folders", "aliases", "model_defaults"}:
            forget(self, "_model_defaults")
        if is_made(self, "_workers"):
            self._workers.use(self._load_options(), self._model_defaults.options if settings.model_defaults else None)

    @Once
    def library(self) -> Library:
        """Look for the models of this machine."""
        from graphide.models.library import open_library

        folders = [paths.written_path(folder) for folder in self._settings.model_folders]
        return open_library(folders, self._settings.aliases)

    @Once
    def remote(self) -> RemoteBackend:
        """Speak with the servers in the settings."""
        from graphide.backends.remote import RemoteBackend, server_of

        own = self._settings
        servers = {name: server_of(name, url, network=own.network) for name, url in own.servers.items()}
        backend = RemoteBackend(servers)
        self._closers.append(backend.close)
        return backend

    def loaded(self) -> tuple[LoadedModel, ...]:
        """Return the models that are in memory now, with what they hold and when they are closed by themselves."""
        return self._workers.loaded()

    def load(self, name: str, *, anyway: bool = False) -> Generator[LoadProgress, None, LoadedModel]:
        """Load a model by its name, alias or path before it is asked, yielding progress; closing the iterator stops it.

        `anyway` loads it also where it does not fit into memory beside what is in use. Raises ModelMissing, UsageError and
        InferenceFault.
        """
        from graphide.models.identity import sha256_of

        found = self._chosen(name)
        sha256 = sha256_of(found.parts, self.library.cache)
        return (yield from self._workers.load(found.path, sha256, anyway=anyway))

    def unload(self, name: str) -> int:
        """Close a loaded model and return the bytes of memory that this gave back, 0 when it was not loaded.

        Raises ModelMissing and UsageError, and InferenceFault while the model is in use.
        """
        found = self._chosen(name)
        return self._workers.unload(found.path)

    def local_model(self, name: str) -> LocalModel:
        """Return a model of this machine to be asked without a graph; raises what `load` raises, but loads nothing."""
        from graphide.models.identity import sha256_of

        found = self._chosen(name)
        return self._workers.get(found.path, sha256_of(found.parts, self.library.cache))

    def samplers(self, model: LocalModel) -> Mapping[str, Json]:
        """Return how the user wants a model to choose words, by the names of samplers; what is missing is built in."""
        from graphide.backends.defaults import samplers_of

        return samplers_of(self._model_defaults.of_file(model.path))

    def _chosen(self, name: str) -> LibraryModel:
        """Return the model that the user names, whose own choice may be any file."""
        found = self.library.find(name)
        if found.problem:
            raise InferenceFault("corrupt_file", found.problem, where=f'model "{found.file}"')
        return found

    def backend(self, refs: Mapping[str, ModelRef], files: FileAccess) -> Backend:
        """Return what answers the model nodes of a graph that names its models `refs`."""
        from graphide.backends.echo import EchoBackend
        from graphide.backends.router import Router

        def local() -> Backend:  # imported where a model is asked for at all
            from graphide.backends.local import LocalBackend

            find = partial(self._model_file, refs, files)
            backend = LocalBackend(self._workers, find, reproducible=self._reproducible)
            return self._with_defaults(backend, lambda name: self._model_defaults.of_file(find(name).path))

        return Router(
            local,
            EchoBackend(),
            override=self._model,
            servers=self._settings.servers,
            remote=lambda: self._with_defaults(self.remote, self._model_defaults.of_name),
        )

    def _with_defaults(self, backend: Backend, chosen: Callable[[str], Mapping[str, Json]]) -> Backend:
        """Return a backend that chooses words as the user set it for single models, where that was done at all."""
        if not self._settings.model_defaults:
            return backend
        from graphide.backends.defaults import WithDefaults

        return WithDefaults(backend, chosen)

    @Once
    def _model_defaults(self) -> ModelDefaults:
        from graphide.backends.defaults import ModelDefaults

        return ModelDefaults(self._settings.model_defaults, lambda name: self.library.find(name).path)

    @Once
    def _workers(self) -> Workers:
        from graphide.backends.workers import Workers

        own = self._settings
        spawned, self._spawned = self._spawned, None
        workers = Workers(
            self._load_options(), memory_budget=own.memory_budget, keep_alive=own.keep_alive, spawned=spawned
        )
        self._closers.append(workers.close)
        if own.model_defaults:
            workers.use(workers.options, self._model_defaults.options)
        return workers

    def _load_options(self) -> LoadOptions:
        from graphide.models.loading import load_options

        own = self._settings
        return replace(
            load_options(own),
            n_threads=own.n_threads,
            # Beginnings of prompts are what was said, in another form.
            prefix_folder=str(paths.cache_folder() / "prefixes") if own.prefix_cache_bytes and own.keep_chats else "",
            prefix_bytes=own.prefix_cache_bytes,
        )

    def _model_file(self, refs: Mapping[str, ModelRef], files: FileAccess, name: str) -> ModelFile:
        """Return the file that a name means: what the graph says under that name, else what the library has.

        A path in a graph is under the rule for files; the user's own choice (`model`) is not.
        """
        known, ref = self._model_files, refs.get(name)
        key: tuple[str | int, ...] = (name, str(files.folder), *map(str, files.allowed))
        if ref is not None:
            key = (name, ref.file, ref.sha256, ref.size)
        if key not in known:
            with self._lock:
                finding = self._finding.setdefault(key, threading.Lock())
            with finding:  # a large file is hashed once, however many ask for it
                try:
                    if key not in known:
                        known[key] = self._found_file(ref, files, name)
                finally:
                    self._finding.pop(key, None)
        return known[key]

    def _found_file(self, ref: ModelRef | None, files: FileAccess, name: str) -> ModelFile:
        from graphide.backends.local import ModelFile
        from graphide.models.identity import sha256_of
        from graphide.models.resolve import resolve

        library = self.library
        if ref is not None:
            found = resolve(library, ref, allow_mismatch=self._allow_model_mismatch)
        elif name != self._model and ("/" in name or "\\" in name):
            found = library.at(files.resolve(name))
        else:
            found = library.find(name)
            if name != self._model and files == FileAccess() and found.path == Path(name).absolute():
                files.resolve(name)  # found as a file of this folder, which is a path too
        if found.problem:
            raise InferenceFault("corrupt_file", found.problem, where=f'model "{found.file}"')
        return ModelFile(found.path, sha256_of(found.parts, library.cache), found.size)
