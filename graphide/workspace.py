"""The workspace: the one place where registry, library, backends, caches and the executor are wired together.

The command line, the editor, the server and scripts open a `Workspace`, load documents into it, and run them. It is
cheap to make: node types, models and caches are looked for when they are first needed. It decides nothing about graphs,
models or runs; each of those has its own room.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from graphide import paths, settings as settings_file
from graphide.answering import Answering
from graphide.errors import GraphFileError, InvalidGraph, UsageError
from graphide.executor.context import Ledger, Services
from graphide.executor.events import Event
from graphide.executor.files import FileAccess
from graphide.executor.keys import Seed
from graphide.executor.nested import outlines_of
from graphide.executor.plan import Plan, blocked_by, can_give_nothing, make_plan
from graphide.executor.preview import Foreseen, Preview, foreseen, preview
from graphide.executor.result import RunResult, collect
from graphide.executor.run import run
from graphide.executor.threads import Threads
from graphide.graph import file as graph_file
from graphide.graph.bind import bind_inputs
from graphide.graph.check import check
from graphide.graph.migrate import migrate_nodes
from graphide.graph.model import Graph
from graphide.graph.outline import outline
from graphide.graph.problems import Problem, blocking, left_out
from graphide.once import Once
from graphide.settings import Settings
from graphide.spec.generation import Backend
from graphide.spec.nodespec import Outline, Outlines, Port
from graphide.spec.registry import Registry
from graphide.templates import Templates, own_folder
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.backends.memory import LoadedModel
    from graphide.backends.remote import RemoteBackend
    from graphide.backends.workers import LocalModel
    from graphide.executor.cache import Cache
    from graphide.inference.protocol import LoadProgress
    from graphide.inference.spawn import Spawned
    from graphide.models.asked import Inside
    from graphide.models.library import Library
    from graphide.plugins import PluginProblem


class Document(NamedTuple):
    """A graph that was opened: the graph, where it came from (None: nowhere), and what migrating it changed.

    `files` are those that its nodes may touch; None: what follows from where it came from.
    """

    graph: Graph
    path: Path | None = None
    notes: tuple[Problem, ...] = ()
    files: FileAccess | None = None


class _Prepared(NamedTuple):
    graph: Graph
    targets: tuple[str, ...]
    plan: Plan


class Workspace:
    """Opens, checks, runs and saves graphs. Close it, or use it in a `with`: it may hold worker processes.

    Any thread may call, also while others do; closing it is the business of one.
    """

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
        self._reproducible = reproducible
        self._plugins = plugins
        self._registry = registry
        self._threads = Threads()
        self._lock = threading.RLock()
        self._prepared: _Prepared | None = None
        self._models = Answering(
            self.settings,
            model=model,
            allow_model_mismatch=allow_model_mismatch,
            reproducible=reproducible,
            spawned=spawned,
        )
        self._closers: list[Callable[[], None]] = [self._models.close]

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

    # --- what there is

    @property
    def answering(self) -> str:
        """What answers every model node instead of the model it names, "" where nothing does."""
        return self._model

    @Once
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

    def use(self, settings: Settings) -> None:
        """Take other settings: names are looked up anew where that matters, a model that is loaded differs at its next use.

        What is said to count later, from the next start, does.
        """
        self.settings = settings
        self._models.use(settings)

    # --- models

    @property
    def library(self) -> Library:
        """The models of this machine."""
        return self._models.library

    @property
    def remote(self) -> RemoteBackend:
        """The servers in the settings."""
        return self._models.remote

    def loaded(self) -> tuple[LoadedModel, ...]:
        """Return the models that are in memory now, with what they hold and when they are closed by themselves."""
        return self._models.loaded()

    def load_model(self, name: str, *, anyway: bool = False) -> Generator[LoadProgress, None, LoadedModel]:
        """Load a model by its name, alias or path before it is asked, yielding progress; closing the iterator stops it.

        `anyway` loads it also where it does not fit into memory beside what is in use. Raises ModelMissing, UsageError and
        InferenceFault.
        """
        return self._models.load(name, anyway=anyway)

    def unload_model(self, name: str) -> int:
        """Close a loaded model and return the bytes of memory that this gave back, 0 when it was not loaded.

        Raises ModelMissing and UsageError, and InferenceFault while the model is in use.
        """
        return self._models.unload(name)

    def local_model(self, name: str) -> LocalModel:
        """Return a model of this machine to be asked without a graph; raises what `load_model` raises, but loads nothing."""
        return self._models.local_model(name)

    def samplers(self, model: LocalModel) -> Mapping[str, Json]:
        """Return how the user wants a model to choose words, by the names of samplers; what is missing is built in."""
        return self._models.samplers(model)

    def backend(self) -> Backend:
        """Return what answers for names of models outside any graph; a path is not a name."""
        return self._models.backend({}, FileAccess())

    # --- documents

    def allow(self, *paths: Path) -> None:
        """Let nodes read and write below these folders too, or exactly these files."""
        self._allow += paths

    def load(self, source: str | Path) -> Document:
        """Return the document in a file, or the template of that id; raises GraphFileError."""
        path = Path(source)
        if not path.suffix and not path.exists():
            templates = Templates().ids()
            if path.name not in templates:
                hint = f"Templates are: {', '.join(sorted(templates))}"
                raise GraphFileError("is neither a file nor a template", where=str(source), hint=hint)
            path = templates[path.name]
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

    def prompts(
        self, document: Document, *, inputs: Mapping[str, Any] | None = None, targets: Collection[str] = ()
    ) -> Foreseen:
        """Return what would be asked with some inputs, and the results that need no model; nothing is asked.

        Raises InvalidGraph, and UsageError for inputs and targets that do not exist.
        """
        plan, services = self._prepare(self.bind(document, inputs or {}), targets)
        return foreseen(plan, services)

    def run(
        self,
        document: Document,
        *,
        inputs: Mapping[str, Any] | None = None,
        targets: Collection[str] = (),
        seed: int | None = None,
        cancel: threading.Event | None = None,
        keep: bool = True,
    ) -> Iterator[Event]:
        """Run a document and yield its events; closing the iterator, or setting `cancel`, stops it.

        `targets` are nodes to run to (empty: all outputs); without `keep` no result is written to the disk. Raises
        InvalidGraph before anything runs, and UsageError for inputs and targets that do not exist.
        """
        document = self.bind(document, inputs or {})
        plan, services = self._prepare(document, targets)
        if not keep and services.cache is not None:
            services = replace(services, cache=self._memory)
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
        files = document.files if document.files is not None else self._access(document.path)
        return Services(
            registry=self.registry,
            backend=self._models.backend(document.graph.models, files),
            load_graph=self._load_graph,
            files=files,
            cache=self._cache if self._use_cache else None,
            submit=self._threads,
            parallel=self.settings.parallel,
            mode="reproducible" if self._reproducible else "batched",
        )

    def outlines(self, document: Document) -> Outlines:
        """Return what looks into the graphs that the settings of a document name."""
        return outlines_of(self._services(document))

    def inside(self, document: Document) -> Inside:
        """Return what gives the graphs that settings of a document name, each with the same for the graphs inside it."""

        def within(services: Services) -> Inside:
            def look(reference: Json) -> tuple[Graph, Inside]:
                graph, inner = self._load_graph(reference, services)
                return graph, within(inner)

            return look

        return within(self._services(document))

    def _access(self, path: Path | None) -> FileAccess:
        if path is None:
            return FileAccess(None, self._allow)
        is_template = path.parent in (paths.templates_folder(), own_folder())
        folder = Path.cwd() if is_template else path.resolve().parent
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
        backend = self._models.backend(graph.models, files) if graph.models else services.backend
        return graph, replace(services, files=files, backend=backend)

    @Once
    def _cache(self) -> Cache:
        from graphide.executor.cache import MemoryCache, TieredCache
        from graphide.executor.disk_cache import DiskCache

        disk = DiskCache(paths.cache_folder() / "results.sqlite", self.settings.cache_bytes)
        self._closers.append(disk.close)
        return TieredCache(MemoryCache(), disk)

    @Once
    def _memory(self) -> Cache:
        from graphide.executor.cache import MemoryCache

        return MemoryCache()
