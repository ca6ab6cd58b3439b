"""What the user chose for single models: how each is loaded, and how it chooses words where a graph does not say it.

The order is: what the graph says, then the defaults of the model, then what is built in. A graph says it by connecting
`sampling`; then all of it counts, also what is left at its built-in value. What was used is part of the identity of the
model, so caches and the record of a run know it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from graphide.errors import GraphideError
from graphide.inference.protocol import LoadOptions
from graphide.settings import LOADING
from graphide.spec.generation import Backend, Cancel, Chunk, Embedded, ModelRequest, Progress, SharedPrefix, TokenCounts
from graphide.spec.nodespec import NodeSpec
from graphide.values import Json, Reply, Sampling, sampling_from_json

Chosen = Mapping[str, Json]
_BUILT_IN: Final = Sampling()


class ModelDefaults:
    """The defaults of the settings, by the name that each was written under: a file, an alias, "default", SERVER/MODEL."""

    def __init__(self, chosen: Mapping[str, Chosen], file_of: Callable[[str], Path]) -> None:
        """Take what the user chose; `file_of` gives the file of a name, and raises GraphideError for one without."""
        self._chosen = chosen
        self._by_file: dict[str, dict[str, Json]] = {}
        # The name of the file itself comes last, so that it counts more than an alias for it.
        paths = {name: path for name in chosen if (path := _file(name, file_of)) is not None}
        for name, path in sorted(paths.items(), key=lambda each: (each[0] in (each[1].name, str(each[1])), each[0])):
            self._by_file.setdefault(os.path.realpath(path), {}).update(chosen[name])

    def of_file(self, path: Path) -> Chosen:
        """Return what is chosen for a model file, whatever it was called."""
        return self._by_file.get(os.path.realpath(path), {})

    def of_name(self, name: str) -> Chosen:
        """Return what is chosen under exactly this name."""
        return self._chosen.get(name, {})

    def options(self, usual: LoadOptions, path: Path) -> LoadOptions:
        """Return how a model file is loaded."""
        own: dict[str, Any] = {name: value for name, value in self.of_file(path).items() if name in LOADING}
        return replace(usual, **own) if own else usual


@dataclass(frozen=True, slots=True)
class WithDefaults:
    """A backend whose models choose words as the user set it for each, where a request leaves that open."""

    backend: Backend
    chosen: Callable[[str], Chosen]

    def generate(self, request: ModelRequest, cancel: Cancel) -> Generator[Chunk | Progress, None, Reply]:
        """Stream the answer and return it."""
        return (yield from self.backend.generate(self._filled(request), cancel))

    def identity(self, model: str) -> Json:
        """Return what identifies a model, with the samplers that were chosen for it."""
        identity, samplers = self.backend.identity(model), samplers_of(self.chosen(model))
        if not samplers:
            return identity
        return {**(identity if isinstance(identity, Mapping) else {"model": identity}), "sampling": samplers}

    def count(self, request: ModelRequest) -> TokenCounts | None:
        """Return how long a prompt is."""
        return self.backend.count(request)

    def shared(self, requests: Sequence[ModelRequest]) -> tuple[SharedPrefix, ...] | None:
        """Return how much of the prompts is the same."""
        return self.backend.shared(requests)

    def embed(self, model: str, texts: Sequence[str], cancel: Cancel) -> Embedded:
        """Turn texts into vectors."""
        return self.backend.embed(model, texts, cancel)

    def expect(self, model: str) -> None:
        """Tell the backend that a model will be asked soon."""
        self.backend.expect(model)

    def _filled(self, request: ModelRequest) -> ModelRequest:
        if replace(request.sampling, seed=None) != _BUILT_IN:
            return request
        samplers = samplers_of(self.chosen(request.model))
        if not samplers:
            return request
        return replace(request, sampling=replace(sampling_from_json(samplers), seed=request.sampling.seed))


def samplers_of(chosen: Chosen) -> dict[str, Json]:
    """Return what of a model's defaults says how words are chosen, without the rest."""
    return {name: value for name, value in sorted(chosen.items()) if name not in LOADING}


def _file(name: str, file_of: Callable[[str], Path]) -> Path | None:
    try:
        return file_of(name)
    except GraphideError:  # the model is not there now, or is one of a server
        return None


def sampler_problem(registry: Mapping[str, NodeSpec], name: str, value: Json) -> str:
    """Return why a value does not fit a sampler, by the bounds of the node type `parameters`; "" where it does."""
    spec = registry.get("parameters")
    setting = spec.settings.get(name) if spec is not None else None
    problem = setting.field.problem(value) if setting is not None else None
    return f'"{name}" {problem}' if problem else ""
