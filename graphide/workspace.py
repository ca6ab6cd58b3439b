"""The workspace: the one place where registry, library, backends, caches and the executor are wired together.

The command line, the editor, the server and scripts open a `Workspace`, load documents into it, and run them. It is
cheap to make: node types, models and caches are looked for when they are first needed. It decides nothing about graphs,
models or runs; each of those has its own room.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from graphide import paths, settings as settings_file
from graphide.errors import GraphFileError, InferenceFault, InvalidGraph, UsageError
from graphide.executor.context import Ledger, Services
from graphide.executor.events import Event
from graphide.executor.files import FileAccess
from graphide.executor.keys import Seed
from graphide.executor.nested import outlines_of
from graphide.executor.plan import Plan, blocked_by, can_give_nothing, make_plan
from graphide.executor.preview import Preview, preview
from graphide.executor.result import RunResult, collect
from graphide.executor.run import run
from graphide.executor.threads import Threads
from graphide.graph import file as graph_file
from graphide.graph.bind import bind_inputs
from graphide.graph.check import check
from graphide.graph.migrate import migrate_nodes
from graphide.graph.model import Graph, ModelRef
from graphide.graph.outline import outline
from graphide.graph.problems import Problem, blocking, left_out
from graphide.settings import Settings
from graphide.spec.generation import Backend
from graphide.spec.nodespec import Outline, Outlines, Port
from graphide.spec.registry import Registry
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.backends.local import ModelFile
    from graphide.backends.memory import LoadedModel
    from graphide.backends.remote import RemoteBackend
    from graphide.backends.workers import Workers
    from graphide.executor.cache import Cache
    from graphide.inference.protocol import LoadProgress
    from graphide.inference.spawn import Spawned
    from graphide.models.library import Library, LibraryModel
    from graphide.plugins import PluginProblem


class Document(NamedTuple):
    """A graph that was opened: the graph, where it came from (None: nowhere), and what migrating it changed."""

    graph: Graph
    path: Path | None = None
    notes: tuple[Problem, ...] = ()


class _Prepared(NamedTuple):
    graph: Graph
    targets: tuple[str, ...]
    plan: Plan


class Workspace:
    """Opens, checks, runs and saves graphs. Close it, or use it in a `with`: it may hold worker processes."""

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        model: str = "",
        cache: bool = True,
        allow: Sequence[Path] = (),
        allow_model_mismatch: bool = False,
        reproducible: bool = False,
        plugins: bool = True,
        registry: Registry | None = None,
        spawned: Spawned | None = None,
    ) -> None:
        """Set up a workspace.

        `model` answers every model node instead of the model it names ("echo": none at all); without `cache` nothing is
        looked up or kept; `allow` are further folders whose files nodes may touch; `reproducible` asks local models so
        that the same run gives the same bytes again, one request at a time, which is slower; `plugins` False leaves the
        drop-in folder out; `registry` replaces the node types that would be found; `spawned` is a worker process that
        was started already and is used for the first model.
        """
        self.settings = settings or settings_file.load()
        self._model = model
        self._use_cache = cache
        self._allow = tuple(allow)
        self._allow_model_mismatch = allow_model_mismatch
        self._reproducible = reproducible
        self._plugins = plugins
        self._registry = registry
        self._spawned = spawned
        self._threads = Threads()
        self._prepared: _Prepared | None = None
        self._model_files: dict[tuple[str | int, ...], ModelFile] = {}
        self._closers: list[Callable[[], None]] = []

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End worker processes and close files."""
        while self._closers:
            self._closers.pop()()
        if self._spawned is not None:
            self._spawned.discard()
            self._spawned = None

    # --- what there is

    @cached_property
    def _found(self) -> tuple[Registry, tuple[PluginProblem, ...]]:
        if self._registry is not None:
            return self._registry, ()
        from graphide.plugins import discover

        registry = Registry()
        folders = (paths.plugins_folder(),) if self._plugins else ()
        return registry, discover(registry, folders=folders)

    @property
    def registry(self) -> Registry:
        """The node types of this machine."""
        return self._found[0]

    @property
    def plugin_problems(self) -> tuple[PluginProblem, ...]:
        """Why some plugins could not be loaded."""
        return self._found[1]

    @cached_property
    def library(self) -> Library:
        """The models of this machine."""
        from graphide.models.library import open_library

        folders = [paths.written_path(folder) for folder in self.settings.model_folders]
        return open_library(folders, self.settings.aliases)

    def use(self, settings: Settings) -> None:
        """Take other settings: models and names are looked for anew, what is loaded or open already stays as it is."""
        self.settings = settings
        self._model_files.clear()
        for found in ("library", "remote"):
            self.__dict__.pop(found, None)

    @cached_property
    def remote(self) -> RemoteBackend:
        """The models of the servers in the settings."""
        from graphide.backends.remote import RemoteBackend, server_of

        servers = {name: server_of(name, url) for name, url in self.settings.servers.items()}
        backend = RemoteBackend(servers)
        self._closers.append(backend.close)
        return backend

    def loaded(self) -> tuple[LoadedModel, ...]:
        """Return the models that are in memory now, with what they hold and when they are closed by themselves."""
        return self._workers.loaded()

    def load_model(self, name: str, *, anyway: bool = False) -> Generator[LoadProgress, None, LoadedModel]:
        """Load a model by its name, alias or path before it is asked, yielding progress; closing the iterator stops it.

        `anyway` loads it also where it does not fit into memory beside what is in use. Raises ModelMissing, UsageError and
        InferenceFault.
        """
        from graphide.models.identity import sha256_of

        found = self._chosen(name)
        sha256 = sha256_of(found.parts, self.library.cache)
        return (yield from self._workers.load(found.path, sha256, anyway=anyway))

    def unload_model(self, name: str) -> int:
        """Close a loaded model and return the bytes of memory that this gave back, 0 when it was not loaded.

        Raises ModelMissing and UsageError, and InferenceFault while the model is in use.
        """
        found = self._chosen(name)
        return self._workers.unload(found.path)

    def _chosen(self, name: str) -> LibraryModel:
        """Return the model that the user names, whose own choice may be any file."""
        found = self.library.find(name)
        if found.problem:
            raise InferenceFault("corrupt_file", found.problem, where=f'model "{found.file}"')
        return found

    # --- documents

    def allow(self, *paths: Path) -> None:
        """Let nodes read and write below these folders too, or exactly these files."""
        self._allow += paths

    def load(self, source: str | Path) -> Document:
        """Return the document in a file, or the packaged template of that name; raises GraphFileError."""
        path = Path(source)
        if not path.suffix and not path.exists():
            template = paths.templates_folder() / f"{path.name}.json"
            if not template.is_file():
                names = ", ".join(sorted(found.stem for found in template.parent.glob("*.json")))
                hint = f"The starter templates are: {names}"
                raise GraphFileError("is neither a file nor a starter template", where=str(source), hint=hint)
            path = template
        return self._document(graph_file.load(path), path)

    def loads(self, data: bytes | str, name: str = "") -> Document:
        """Return the document in the bytes of a graph file; raises GraphFileError."""
        return self._document(graph_file.loads(data, name=name), None)

    def _document(self, graph: Graph, path: Path | None) -> Document:
        document = Document(graph, path)
        graph, notes = migrate_nodes(graph, self.registry, outlines=self.outlines(document))
        return document._replace(graph=graph, notes=notes)

    def save(self, document: Document, path: Path) -> Document:
        """Write a document in canonical form, whole or not at all, and return it with its new place."""
        graph_file.save(document.graph, path, self.registry)
        return document._replace(path=path)

    def inputs(self, document: Document) -> tuple[Port, ...]:
        """Return the inputs of a graph, each with its field, default and help."""
        return outline(document.graph, self.registry).inputs

    def outputs(self, document: Document) -> tuple[str, ...]:
        """Return the names of the results of a graph."""
        return outline(document.graph, self.registry).outputs

    def check(self, document: Document, targets: Collection[str] = ()) -> tuple[Problem, ...]:
        """Return everything that is wrong, or looks wrong, with a document."""
        return check(document.graph, self.registry, outlines=self.outlines(document), targets=tuple(targets))

    def bind(self, document: Document, values: Mapping[str, Any]) -> Document:
        """Return the document with values in its inputs; raises UsageError for unknown names and refused values."""
        return document._replace(graph=bind_inputs(document.graph, self.registry, values))

    def set(self, document: Document, node_id: str, setting: str, text: str) -> Document:
        """Return the document with one setting replaced by what `text` stands for; raises UsageError.

        The name of a placeholder that nothing is connected to sets the value of that placeholder.
        """
        node = document.graph.nodes.get(node_id)
        if node is None:
            raise UsageError(f'there is no node "{node_id}"', hint=f"Nodes are: {', '.join(document.graph.nodes)}")
        where = f'setting "{node_id}.{setting}"'
        spec = self.registry.get(node.type)
        if spec is None:
            raise UsageError(f'its node type "{node.type}" is unknown', where=where)
        try:
            if setting in spec.settings:
                value = spec.settings[setting].field.parse(text)
                return document._replace(graph=document.graph.with_settings(node_id, **{setting: value}))
            ports = spec.inputs_for(node.settings, self.outlines(document))
            port = next((port for port in ports if port.name == setting and port.field is not None), None)
            if port is None or "values" not in spec.settings:
                raise UsageError("does not exist", hint=f"Settings are: {', '.join(sorted(spec.settings))}")
            assert port.field is not None
            values = {**(node.settings.get("values") or {}), setting: port.field.parse(text)}
            return document._replace(graph=document.graph.with_settings(node_id, values=values))
        except UsageError as error:
            raise error.at(where) from None

    # --- runs

    def preview(self, document: Document, *, targets: Collection[str] = (), seed: int | None = None) -> Preview:
        """Return what a run would do, as far as that can be told before it; raises InvalidGraph."""
        plan, services = self._prepare(document, targets)
        return preview(plan, services, seed=Seed(seed) if seed is not None else None)

    def run(
        self,
        document: Document,
        *,
        inputs: Mapping[str, Any] | None = None,
        targets: Collection[str] = (),
        seed: int | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[Event]:
        """Run a document and yield its events; closing the iterator, or setting `cancel`, stops it.

        `targets` are nodes to run to (empty: all outputs). Raises InvalidGraph before anything runs, and UsageError for
        inputs and targets that do not exist.
        """
        document = self.bind(document, inputs or {})
        plan, services = self._prepare(document, targets)
        chosen = Seed(seed) if seed is not None else None
        return run(plan, services, seed=chosen, cancel=cancel, ledger=Ledger())

    def result(self, document: Document, **options: Any) -> RunResult:
        """Run a document to its end and return its result; options are those of `run`."""
        return collect(self.run(document, **options))

    def _prepare(self, document: Document, targets: Collection[str]) -> tuple[Plan, Services]:
        """Check and plan a document; raises InvalidGraph. The last plan is kept for a re-run of the same graph."""
        services = self._services(document)
        prepared = self._prepared
        if prepared is not None and prepared.graph is document.graph and prepared.targets == tuple(targets):
            return prepared.plan, services
        looked_inside: list[Json] = []

        def outlines(reference: Json) -> Outline:
            looked_inside.append(reference)
            return outlines_of(services)(reference)

        problems = check(document.graph, self.registry, outlines=outlines, targets=tuple(targets))
        if stopping := blocking(problems):
            name = str(document.path) if document.path else "the graph"
            raise InvalidGraph(f"{name} cannot run", problems=stopping)
        blocked = blocked_by(problems)
        plan = make_plan(document.graph, self.registry, targets=targets, outlines=outlines, blocked=blocked)
        if can_give_nothing(plan):
            raise InvalidGraph("nothing of the graph can run", problems=tuple(left_out(problems).values()))
        if not looked_inside:  # other files may change between two runs, a graph does not
            self._prepared = _Prepared(document.graph, tuple(targets), plan)
        return plan, services

    # --- wiring

    def _services(self, document: Document) -> Services:
        files = self._access(document.path)
        return Services(
            registry=self.registry,
            backend=self._backend(document.graph.models, files),
            load_graph=self._load_graph,
            files=files,
            cache=self._cache if self._use_cache else None,
            submit=self._threads,
            parallel=self.settings.parallel,
            mode="reproducible" if self._reproducible else "batched",
        )

    def _backend(self, refs: Mapping[str, ModelRef], files: FileAccess) -> Backend:
        """Return what answers the model nodes of a graph that names its models `refs`."""
        from graphide.backends.echo import EchoBackend
        from graphide.backends.router import Router

        def local() -> Backend:  # imported where a model is asked for at all
            from graphide.backends.local import LocalBackend

            find = partial(self._model_file, refs, files)
            return LocalBackend(self._workers, find, reproducible=self._reproducible)

        return Router(
            local,
            EchoBackend(),
            override=self._model,
            servers=self.settings.servers,
            remote=lambda: self.remote,
        )

    def outlines(self, document: Document) -> Outlines:
        """Return what looks into the graphs that the settings of a document name."""
        return outlines_of(self._services(document))

    def _access(self, path: Path | None) -> FileAccess:
        if path is None:
            return FileAccess(None, self._allow)
        packaged = path.parent == paths.templates_folder()
        folder = Path.cwd() if packaged else path.resolve().parent
        return FileAccess(folder, self._allow, protected=path.resolve())

    def _load_graph(self, reference: Json, services: Services) -> tuple[Graph, Services]:
        """Return the graph that a setting names, a path beside the graph file or an inline document, and its services.

        Models that it names itself are its own; other names mean what they mean in the graph around it.
        """
        if isinstance(reference, Mapping):
            from graphide.graph.shape import graph_of

            graph, files = graph_of({"graphide": 1, **reference}, name="the graph in the setting"), services.files
        elif isinstance(reference, str) and reference:
            path = services.files.resolve(reference)
            graph, _ = migrate_nodes(graph_file.load(path), self.registry)
            files = services.files.within(path.parent)
        else:
            raise GraphFileError("no graph is chosen", hint="Name a graph file, or put a graph into the setting")
        backend = self._backend(graph.models, files) if graph.models else services.backend
        return graph, replace(services, files=files, backend=backend)

    @cached_property
    def _workers(self) -> Workers:
        from graphide.backends.workers import Workers
        from graphide.inference.protocol import LoadOptions

        own = self.settings
        options = LoadOptions(
            n_ctx=own.n_ctx,
            n_parallel=own.n_parallel,
            n_threads=own.n_threads,
            n_gpu_layers=own.n_gpu_layers,
            kv_type=own.kv_type,
            prefix_folder=str(paths.cache_folder() / "prefixes") if own.prefix_cache_bytes else "",
            prefix_bytes=own.prefix_cache_bytes,
        )
        spawned, self._spawned = self._spawned, None
        workers = Workers(options, memory_budget=own.memory_budget, keep_alive=own.keep_alive, spawned=spawned)
        self._closers.append(workers.close)
        return workers

    @cached_property
    def _cache(self) -> Cache:
        from graphide.executor.cache import MemoryCache, TieredCache
        from graphide.executor.disk_cache import DiskCache

        disk = DiskCache(paths.cache_folder() / "results.sqlite", self.settings.cache_bytes)
        self._closers.append(disk.close)
        return TieredCache(MemoryCache(), disk)

    def _model_file(self, refs: Mapping[str, ModelRef], files: FileAccess, name: str) -> ModelFile:
        """Return the file that a name means: what the graph says under that name, else what the library has.

        A path in a graph is under the rule for files; the user's own choice (`model`) is not.
        """
        from graphide.backends.local import ModelFile
        from graphide.models.identity import sha256_of
        from graphide.models.resolve import resolve

        ref = refs.get(name)
        key = (name, ref.file, ref.sha256, ref.size) if ref else (name, str(files.folder))
        if key not in self._model_files:
            library = self.library
            if ref is not None:
                found = resolve(library, ref, allow_mismatch=self._allow_model_mismatch)
            elif name != self._model and ("/" in name or "\\" in name):
                found = library.at(files.resolve(name))
            else:
                found = library.find(name)
            if found.problem:
                raise InferenceFault("corrupt_file", found.problem, where=f'model "{found.file}"')
            self._model_files[key] = ModelFile(found.path, sha256_of(found.parts, library.cache), found.size)
        return self._model_files[key]
