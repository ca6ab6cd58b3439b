"""Models behind OpenAI-compatible servers: llama-server, vLLM, Ollama, LM Studio, clouds, another graphide.

A model name "NAME/MODEL" means the model MODEL of the server called NAME. How it is asked is in `remote_link`, with
which words in `remote_wire`. The key is asked for when it is needed and is in no record, cache key or error.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from graphide import secrets
from graphide.backends.remote_link import Link, Patience, Refused
from graphide.backends.remote_wire import body_of, delta_of, usage_of
from graphide.errors import GraphideError, InferenceFault, ModelMissing
from graphide.spec.generation import Cancel, Chunk, Embedded, ModelRequest, Progress, SharedPrefix, TokenCounts
from graphide.values import Json, Message, Reply, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server: its base URL (as far as /v1), its limits, and what gives its key."""

    url: str
    patience: Patience = field(default_factory=Patience)
    key: Callable[[], str] = field(default=lambda: "", repr=False, compare=False)


def server_of(name: str, url: str) -> Server:
    """Return the server called `name`; its key is GRAPHIDE_KEY_NAME of the environment, or the secret of that name."""
    variable = "GRAPHIDE_KEY_" + "".join(char if char.isalnum() else "_" for char in name.upper())
    return Server(url=url, key=lambda: secrets.find(f"server-{name}", (variable,)).text)


class RemoteBackend:
    """Answers the names "NAME/MODEL" for the servers it was given by name; close it at the end."""

    def __init__(self, servers: Mapping[str, Server]) -> None:
        self._servers = dict(servers)
        self._links = {name: Link(server.url, server.key, server.patience) for name, server in servers.items()}
        self._plain: set[str] = set()  # servers that have refused what is not in the OpenAI API

    def knows(self, model: str) -> bool:
        """Return whether a model name is that of a server."""
        return model.partition("/")[0] in self._servers and "/" in model

    def close(self) -> None:
        """Close all connections."""
        for link in self._links.values():
            link.close()

    def models(self, name: str, cancel: Cancel | None = None) -> tuple[str, ...]:
        """Return the names of a server's models; raises GraphideError."""
        found = self._link(name).ask("GET", "/models", None, cancel or Event())
        items = found.get("data") if isinstance(found.get("data"), list) else []
        return tuple(sorted(str(item["id"]) for item in items if isinstance(item, dict) and "id" in item))

    def generate(self, request: ModelRequest, cancel: Cancel) -> Generator[Chunk | Progress, None, Reply]:
        """Stream the answer of a server; it is told to stop by closing the connection."""
        name, model = self._split(request.model)
        try:
            if name not in self._plain:
                try:
                    return (yield from self._answered(name, model, request, cancel, plain=False))
                except Refused:
                    self._plain.add(name)
            return (yield from self._answered(name, model, request, cancel, plain=True))
        except GraphideError as error:
            raise error.at(f'model "{request.model}"') from None

    def _answered(
        self, name: str, model: str, request: ModelRequest, cancel: Cancel, *, plain: bool
    ) -> Generator[Chunk | Progress, None, Reply]:
        began, first, told, text, stop = time.perf_counter(), 0.0, None, "", ""
        yield Progress("asking the server")
        for data in self._link(name).stream("/chat/completions", body_of(request, model, plain=plain), cancel):
            delta = delta_of(data)
            told, stop = delta.usage or told, delta.stop_reason or stop
            if delta.text:
                first = first or time.perf_counter()
                text += delta.text
                yield Chunk(delta.text)
        usage = Usage(
            seed=request.sampling.seed,
            stop_reason=stop or "stop",
            time_to_first_token=first - began if first else 0.0,
        )
        usage = usage_of(told, usage, seconds=time.perf_counter() - first if first else 0.0)
        return Reply(text, (*request.messages, Message("assistant", text)), usage)

    def identity(self, model: str) -> Json:
        """Return the server's address and the model's name: what an answer depends on as far as anybody here knows."""
        name, model = self._split(model)
        return {"file": model, "sha256": "", "backend": "remote", "server": without_secrets(self._servers[name].url)}

    def count(self, request: ModelRequest) -> TokenCounts | None:
        """Return None: only the server has the tokenizer."""
        return None

    def shared(self, requests: Sequence[ModelRequest]) -> tuple[SharedPrefix, ...] | None:
        """Return None: what a server keeps is its own affair."""
        return None

    def embed(self, model: str, texts: Sequence[str], cancel: Cancel) -> Embedded:
        """Return the vectors that a server gives texts, brought to length 1."""
        name, own = self._split(model)
        try:
            found = self._link(name).ask("POST", "/embeddings", {"model": own, "input": list(texts)}, cancel)
            vectors = _vectors(found, len(texts))
        except GraphideError as error:
            raise error.at(f'model "{model}"') from None
        used = found.get("usage") if isinstance(found.get("usage"), dict) else {}
        tokens = used.get("prompt_tokens", 0)
        return Embedded(vectors, tokens if isinstance(tokens, int) else 0)

    def expect(self, model: str) -> None:
        """Do nothing: a server is there or is not."""

    def _split(self, model: str) -> tuple[str, str]:
        name, _, own = model.partition("/")
        if name not in self._servers or not own:
            known = ", ".join(sorted(self._servers)) or "none"
            raise ModelMissing(f'there is no server "{name}" (known: {known})', where=f'model "{model}"')
        return name, own

    def _link(self, name: str) -> Link:
        if name not in self._links:
            raise ModelMissing(f'there is no server "{name}"', hint="Add it to the settings")
        return self._links[name]


def without_secrets(url: str) -> str:
    """Return a URL without a user, a password and a query, which may be keys."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    bare = parts._replace(netloc=f"{shown}:{parts.port}" if parts.port else shown, query="", fragment="")
    return bare.geturl()


def _vectors(found: Any, count: int) -> tuple[tuple[float, ...], ...]:
    try:
        items = sorted(found["data"], key=lambda item: item["index"])
        vectors = [[float(number) for number in item["embedding"]] for item in items]
    except (KeyError, TypeError, ValueError) as error:
        raise InferenceFault("bad_request", "the server gave no vectors", hint="Ask one that has embeddings") from error
    if len(vectors) != count or not all(vectors):
        raise InferenceFault("bad_request", f"the server gave {len(vectors)} vectors for {count} texts")
    return tuple(_unit(vector) for vector in vectors)


def _unit(vector: Sequence[float]) -> tuple[float, ...]:
    length = math.sqrt(sum(number * number for number in vector)) or 1.0
    return tuple(number / length for number in vector)
