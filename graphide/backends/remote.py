"""Models behind OpenAI-compatible servers: llama-server, vLLM, Ollama, LM Studio, clouds, another graphide.

A model name "NAME/MODEL" means the model MODEL of the server called NAME. How it is asked is in `remote_link`, with
which words in `remote_wire`. The key is asked for when it is needed and is in no record, cache key or error.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from threading import Event
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from graphide import secrets
from graphide.backends.remote_link import Link, Patience, Refused
from graphide.backends.remote_wire import body_of, delta_of, usage_of, without_secrets
from graphide.errors import GraphideError, InferenceFault, ModelMissing, UsageError
from graphide.spec.generation import Cancel, Chunk, Embedded, ModelRequest, Progress, SharedPrefix, TokenCounts
from graphide.values import Json, Message, Reply, Usage

_MOST_TRIES = 6
"""How often a server is asked with less and less; they name what they refuse one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server: its base URL (as far as /v1), its limits, and what gives its key. One that is not `allowed` is not asked."""

    url: str
    allowed: bool = True
    patience: Patience = field(default_factory=Patience)
    key: Callable[[], str] = field(default=lambda: "", repr=False, compare=False)


def server_of(name: str, url: str, *, network: bool = True) -> Server:
    """Return the server called `name`; its key is that of the environment, or the secret that is kept for it.

    Its limits may stand behind a # of its address: `https://host/v1#per_minute=60&parallel=2`. Without `network` only
    servers on this machine are asked. Raises UsageError for limits that are none.
    """
    address, _, limits = url.partition("#")
    key = partial(_key_of, name)
    return Server(url=address, key=key, patience=patience_of(limits, name), allowed=network or is_local(address))


def patience_of(limits: str, server: str = "") -> Patience:
    """Return the limits that a text such as `per_minute=60&first=600` sets; raises UsageError."""
    usual = Patience()
    known = {each.name: type(getattr(usual, each.name)) for each in fields(Patience)}
    chosen: dict[str, Any] = {}
    for name, text in parse_qsl(limits, keep_blank_values=True):
        where = f'the limit "{name}" of the server "{server}"'
        if name not in known:
            raise UsageError("is not known", where=where, hint=f"Limits are: {', '.join(known)}")
        try:
            chosen[name] = known[name](text)
        except ValueError:
            chosen[name] = -1
        if not 0 <= chosen[name] < 1e9:
            raise UsageError("is a number of at least 0", where=where)
    return replace(usual, **chosen)


def is_local(url: str) -> bool:
    """Return whether an address is one of this machine; names are not looked up, but for `localhost`."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def variable_of(server: str) -> str:
    """Return the variable of the environment that may hold the key of a server: GRAPHIDE_KEY_NAME."""
    return "GRAPHIDE_KEY_" + "".join(char if char.isascii() and char.isalnum() else "_" for char in server.upper())


def secret_of(server: str) -> str:
    """Return the name under which the key of a server is kept."""
    return f"server-{server}"


def _key_of(server: str) -> str:
    return secrets.find(secret_of(server), (variable_of(server),)).text


class RemoteBackend:
    """Answers the names "NAME/MODEL" for the servers it was given by name; close it at the end."""

    def __init__(self, servers: Mapping[str, Server]) -> None:
        self._servers = dict(servers)
        self._links = {name: Link(server.url, server.key, server.patience) for name, server in servers.items()}
        self._left_out: dict[str, frozenset[str]] = {}  # by model: what its server has refused

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
        try:
            left_out = self._left_out.get(request.model, frozenset())
            for _ in range(_MOST_TRIES):
                try:
                    reply = yield from self._answered(request, left_out, cancel)
                except Refused as refused:
                    if refused.fields <= left_out:
                        raise
                    left_out |= refused.fields
                    yield Progress(
                        f"asking again without {', '.join(sorted(refused.fields))}, which the server refuses"
                    )
                else:
                    self._left_out[request.model] = left_out  # only now is it known that it was that
                    return reply
            raise InferenceFault("bad_request", "the server refuses what it is asked, however little that is")
        except GraphideError as error:
            raise self._without_key(error, request.model) from None

    def _answered(
        self, request: ModelRequest, left_out: frozenset[str], cancel: Cancel
    ) -> Generator[Chunk | Progress, None, Reply]:
        name, model = self._split(request.model)
        began, first, told, text, stop = time.perf_counter(), 0.0, None, "", ""
        yield Progress("asking the server")
        for data in self._link(name).stream("/chat/completions", body_of(request, model, left_out), cancel):
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
            raise self._without_key(error, model) from None
        used = found.get("usage") if isinstance(found.get("usage"), dict) else {}
        tokens = used.get("prompt_tokens", 0)
        return Embedded(vectors, tokens if isinstance(tokens, int) else 0)

    def expect(self, model: str) -> None:
        """Do nothing: a server is there or is not."""

    def _without_key(self, error: GraphideError, model: str) -> GraphideError:
        """Return an error with its place, and without the key, which some servers repeat in what they say."""
        server = self._servers.get(model.partition("/")[0])
        if server is not None and (key := server.key()):
            error.message = error.message.replace(key, "(the key)")
            error.args = (error.message,)
        return error.at(f'model "{model}"')

    def _split(self, model: str) -> tuple[str, str]:
        name, _, own = model.partition("/")
        if name not in self._servers or not own:
            known = ", ".join(sorted(self._servers)) or "none"
            raise ModelMissing(f'there is no server "{name}" (known: {known})', where=f'model "{model}"')
        return name, own

    def _link(self, name: str) -> Link:
        if name not in self._links:
            raise ModelMissing(f'there is no server "{name}"', hint="Add it to the settings")
        if not self._servers[name].allowed:
            raise InferenceFault(
                "bad_request", f'the network is switched off, and the server "{name}" is not on this machine',
                hint="Switch it on: graphide config set network on",
            )  # fmt: skip
        return self._links[name]


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
