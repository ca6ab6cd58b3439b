"""The router: which backend answers which model name. One object that a run asks; it owns the backends and closes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Protocol

from graphide.backends.echo import NAME as ECHO
from graphide.spec.generation import Backend, Cancel, Chunk, ModelRequest, Progress
from graphide.values import Json, Reply


class Closeable(Backend, Protocol):
    """A backend that holds something which has to be let go of."""

    def close(self) -> None:
        """End what the backend started."""
        ...


class Router:
    """Sends `echo` to the echo and every other name to the backend that `usual` makes when it is first needed.

    `override` is the model that answers instead of every name but `echo`.
    """

    def __init__(self, usual: Callable[[], Closeable], echo: Closeable, *, override: str = "") -> None:
        self._make_usual = usual
        self._usual: Closeable | None = None
        self._echo = echo
        self._override = override
        self._lock = threading.Lock()

    def generate(self, request: ModelRequest, cancel: Cancel) -> Generator[Chunk | Progress, None, Reply]:
        """Stream the answer of the backend that `request.model` belongs to."""
        model = self._name(request.model)
        return (yield from self._backend(model).generate(replace(request, model=model), cancel))

    def identity(self, model: str) -> Json:
        """Return what identifies the model that answers for the name `model`."""
        name = self._name(model)
        return self._backend(name).identity(name)

    def expect(self, model: str) -> None:
        """Tell the backend of `model` that it will be asked soon."""
        name = self._name(model)
        self._backend(name).expect(name)

    def close(self) -> None:
        """Close all backends."""
        self._echo.close()
        with self._lock:
            usual, self._usual = self._usual, None
        if usual is not None:
            usual.close()

    def _name(self, model: str) -> str:
        return model if model == ECHO or not self._override else self._override

    def _backend(self, model: str) -> Closeable:
        if model == ECHO:
            return self._echo
        with self._lock:
            if self._usual is None:
                self._usual = self._make_usual()
            return self._usual
