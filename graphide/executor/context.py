"""What a running step may ask for: the model, files, a run inside it. The one implementation of `Context`.

`Services` is what a run is given from outside; `Ledger` is what it writes down for its record.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from graphide.errors import GraphideError
from graphide.executor.cache import Cache
from graphide.executor.events import Event, Mode
from graphide.executor.files import FileAccess
from graphide.executor.keys import Seed
from graphide.executor.nested import run_rows
from graphide.executor.threads import Submit, Threads, Turnstile
from graphide.graph.model import Graph
from graphide.spec.generation import Backend, Cancel, Embedded, ModelRequest, Streamed, SubRun
from graphide.spec.registry import Registry
from graphide.values import Json, Reply, Usage

MAX_DEPTH = 16
"""Graphs inside graphs; deeper is taken for a graph that contains itself."""

LoadGraph = Callable[[Json, "Services"], "tuple[Graph, Services]"]
"""Gives the graph that a setting names, and the services as seen from inside it: its folder, its models. Raises
GraphideError."""


RunPlan = Callable[..., Generator[Event, None, None]]
"""`graphide.executor.run.run`."""


class Ledger:
    """What the answers of a run cost and which models gave them. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._usages: list[tuple[Usage, bool]] = []
        self._embedded = 0
        self._models: dict[str, Json] = {}

    def model(self, name: str, identity: Json) -> None:
        """Note that `name` stands for `identity`; a graph inside the graph may mean another model by the same name."""
        with self._lock:
            if self._models.setdefault(name, identity) != identity:
                self._models[f"{name} ({identity.get('file', '')} {identity.get('sha256', '')[:12]})"] = identity

    def usage(self, usage: Usage, *, cached: bool) -> None:
        """Note what an answer cost; `cached` when it came from the cache and cost that earlier."""
        with self._lock:
            self._usages.append((usage, cached))

    def embedded(self, tokens: int) -> None:
        """Note that texts of this many tokens were turned into vectors."""
        with self._lock:
            self._embedded += tokens

    @property
    def models(self) -> dict[str, Json]:
        """The models used, by the name that nodes give them."""
        return dict(self._models)

    def total(self) -> dict[str, Json]:
        """Return the sum: tokens added up, speeds over the time of all answers, the first answer's time to first token."""
        embedded: dict[str, Json] = {"embedded_tokens": self._embedded} if self._embedded else {}
        usages = [usage for usage, _ in self._usages]
        if not usages:
            return embedded
        prompt = sum(usage.prompt_tokens for usage in usages)
        completion = sum(usage.completion_tokens for usage in usages)
        seconds = sum(u.completion_tokens / u.tokens_per_second for u in usages if u.tokens_per_second > 0)
        reading = sum((u.prompt_tokens - u.cached_tokens) / u.prompt_tokens_per_second
                      for u in usages if u.prompt_tokens_per_second > 0)  # fmt: skip
        cached = sum(usage.cached_tokens for usage in usages)
        return {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "cached_tokens": cached,
            "prompt_tokens_per_second": round((prompt - cached) / reading, 2) if reading else 0.0,
            "tokens_per_second": round(completion / seconds, 2) if seconds else 0.0,
            "time_to_first_token": usages[0].time_to_first_token,
            "answers": len(usages),
            "answers_from_cache": sum(cached for _, cached in self._usages),
            "draft_tokens": sum(usage.draft_tokens for usage in usages),
            "draft_accepted": sum(usage.draft_accepted for usage in usages),
            "reproducible": all(usage.reproducible for usage in usages),
            **embedded,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a run needs from outside. `cache` None: nothing is looked up or kept.

    `parallel` answers of models are made at one time, in the run and all runs inside it, and as many other steps of
    each are done. `mode` is what the backend was made for; it is written into the record.
    """

    registry: Registry
    backend: Backend
    load_graph: LoadGraph
    files: FileAccess = FileAccess()
    cache: Cache | None = None
    submit: Submit = field(default_factory=Threads)
    parallel: int = 8
    mode: Mode = "batched"
    depth: int = 0
    asking: Turnstile | None = None

    def __post_init__(self) -> None:
        if self.asking is None:  # `replace`, for a run inside this one, hands it on
            object.__setattr__(self, "asking", Turnstile(self.parallel))

    def turn(self, cancel: Cancel) -> AbstractContextManager[None]:
        """Wait until a model may be asked, and hold that place; raises Cancelled."""
        assert self.asking is not None
        return self.asking.inside(cancel)


@dataclass(frozen=True, slots=True)
class StepContext:
    """The context of one step. Handed to node functions that ask for it by a `ctx` parameter."""

    node_id: str
    services: Services
    cancel: threading.Event
    seed: Seed
    ledger: Ledger
    run: RunPlan
    """How a plan inside this step is run; handed in, because a run makes contexts and not the other way round."""

    @property
    def cancelled(self) -> bool:
        return self.cancel.is_set()

    def generate(self, request: ModelRequest) -> Generator[Streamed, None, Reply]:
        seeded = replace(request, sampling=request.sampling.seeded(self.seed.value))
        self.ledger.model(request.model, self.services.backend.identity(request.model))
        with self.services.turn(self.cancel):
            reply = yield from self.services.backend.generate(seeded, self.cancel)
        self.ledger.usage(reply.usage, cached=False)
        return reply

    def embed(self, model: str, texts: Sequence[str]) -> Embedded:
        self.ledger.model(model, self.services.backend.identity(model))
        with self.services.turn(self.cancel):
            made = self.services.backend.embed(model, texts, self.cancel)
        self.ledger.embedded(made.tokens)
        return made

    def run_graph(
        self, graph: str | Mapping[str, Json], rows: Sequence[Mapping[str, Any]], *, name: str = ""
    ) -> Generator[Streamed, None, list[SubRun]]:
        if self.services.depth >= MAX_DEPTH:
            raise GraphideError(f"graphs are nested more than {MAX_DEPTH} deep", hint="Does a graph contain itself?")
        return (yield from run_rows(self, graph, rows, name))

    def read_text(self, path: str, *, limit: int) -> str:
        return self.services.files.read_text(path, limit=limit)

    def find_files(self, pattern: str, *, limit: int) -> list[str]:
        return self.services.files.find(pattern, limit=limit)

    def write_text(self, path: str, text: str) -> str:
        return self.services.files.write_text(path, text)
