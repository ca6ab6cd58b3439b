"""The router: which backend answers which model name. The one backend that a run asks; it owns nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import replace
from functools import cache

from graphide.backends.echo import NAME as ECHO
from graphide.spec.generation import (
    Backend,
    Cancel,
    Chunk,
    Embedded,
    ModelRequest,
    Progress,
    SharedPrefix,
    TokenCounts,
)
from graphide.values import Json, Reply


class Router:
    """Sends `echo` to the echo and every other name to the backend that `usual` gives when it is first needed.

    `override` is the model that answers instead of every name but `echo`. A name that begins with one of `servers` and a
    slash goes to the backend that `remote` gives.
    """

    def __init__(
        self,
        usual: Callable[[], Backend],
        echo: Backend,
        *,
        override: str = "",
        servers: Collection[str] = (),
        remote: Callable[[], Backend] | None = None,
    ) -> None:
        self._usual = cache(usual)
        self._echo = echo
        self._override = override
        self._servers = frozenset(servers)
        self._remote = remote

    def generate(self, request: ModelRequest, cancel: Cancel) -> Generator[Chunk | Progress, None, Reply]:
        """Stream the answer of the backend that `request.model` belongs to."""
        model = self._name(request.model)
        return (yield from self._backend(model).generate(replace(request, model=model), cancel))

    def identity(self, model: str) -> Json:
        """Return what identifies the model that answers for the name `model`."""
        name = self._name(model)
        return self._backend(name).identity(name)

    def count(self, request: ModelRequest) -> TokenCounts | None:
        """Return how long a prompt is, as the backend that would answer counts it."""
        model = self._name(request.model)
        return self._backend(model).count(replace(request, model=model))

    def shared(self, requests: Sequence[ModelRequest]) -> tuple[SharedPrefix, ...] | None:
        """Return how much of the prompts is the same, as the backend of the first one's model tells it."""
        if not requests:
            return None
        named = [replace(request, model=self._name(request.model)) for request in requests]
        return self._backend(named[0].model).shared(named)

    def embed(self, model: str, texts: Sequence[str], cancel: Cancel) -> Embedded:
        """Turn texts into vectors with the model that answers for the name `model`."""
        name = self._name(model)
        return self._backend(name).embed(name, texts, cancel)

    def expect(self, model: str) -> None:
        """Tell the backend of `model` that it will be asked soon."""
        name = self._name(model)
        self._backend(name).expect(name)

    def _name(self, model: str) -> str:
        return model if model == ECHO or not self._override else self._override

    def _backend(self, model: str) -> Backend:
        if model == ECHO:
            return self._echo
        server, slash, _ = model.partition("/")
        if self._remote is not None and slash and server in self._servers:
            return self._remote()
        return self._usual()
