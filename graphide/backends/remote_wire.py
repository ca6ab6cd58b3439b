"""What goes over the wire to an OpenAI-compatible server and what comes back, as values. Pure: no sockets here.

Servers differ in what they take. Names of the OpenAI API are sent to all of them, the samplers that llama-server, vLLM and
Ollama add where the user set them; what a server has refused is left out from then on (`refused_fields`).
Source of names and chunks: OpenAI's API reference, and the documentation of llama-server and vLLM.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from graphide.errors import InferenceFault
from graphide.spec.generation import ModelRequest
from graphide.values import Json, Sampling, Usage

LONGEST_LINE: Final = 4 * 1024 * 1024
_NEUTRAL: Final = Sampling()
_OWN: Final = (
    "presence_penalty", "frequency_penalty", "top_k", "min_p", "typical_p", "repeat_penalty", "mirostat", "mirostat_tau",
    "mirostat_eta",
)  # fmt: skip
_NEEDED: Final = frozenset(["model", "messages", "stream", "stop"])
"""What is not left out for a server that refuses it: the answer would be another one."""
_REFUSING: Final = frozenset(
    ["unrecognized", "unknown", "extra", "extra_forbidden", "forbidden", "permitted", "unsupported", "supported"]
)


class Delta(NamedTuple):
    """A piece of an answer: text, why it ended ("" while it goes on), and the usage where the server tells it."""

    text: str = ""
    stop_reason: str = ""
    usage: Mapping[str, Any] | None = None


def body_of(request: ModelRequest, model: str, left_out: Collection[str] = ()) -> dict[str, Json]:
    """Return the JSON body that asks a server for the answer of `request` by its model `model`, streamed.

    Fields in `left_out` are not sent; the length of the answer goes by its newer name then. Raises InferenceFault
    (bad_request) for what cannot be left out without changing what is asked for.
    """
    sampling = request.sampling
    body: dict[str, Json] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "max_tokens": request.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if sampling.seed is not None:
        body["seed"] = sampling.seed
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    if sampling.logit_bias:
        body["logit_bias"] = dict(sampling.logit_bias)
    set_ = {name: getattr(sampling, name) for name in _OWN}
    body |= {name: value for name, value in set_.items() if value != getattr(_NEUTRAL, name)}
    body |= _response(request, left_out)
    if "max_tokens" in left_out:
        body["max_completion_tokens"] = request.max_tokens
    return {name: value for name, value in body.items() if name not in left_out}


def refused_fields(status: int, data: Any, body: Collection[str]) -> frozenset[str]:
    """Return which fields of a body a server's error says that it does not take; none where it is about something else."""
    if status not in (400, 422):
        return frozenset()
    words = frozenset(re.findall(r"[a-z_]+", _whole(data).lower()))
    if not words & _REFUSING and not {"does", "not"} <= words:
        return frozenset()
    named = frozenset(name for name in body if name in words) - _NEEDED
    if "max_completion_tokens" in words and "max_tokens" in body:
        return frozenset(["max_tokens"])
    return named or (frozenset(_OWN) & frozenset(body) if words & {"unrecognized", "unknown", "extra"} else frozenset())


def _response(request: ModelRequest, left_out: Collection[str]) -> dict[str, Json]:
    match request.response:
        case "json_schema" if request.json_schema is not None:
            if "response_format" in left_out:
                raise InferenceFault(
                    "bad_request", "this server cannot follow a JSON schema",
                    hint="Use another server or a local model, or take text and check it with parse_json",
                )  # fmt: skip
            schema = {"name": "answer", "schema": dict(request.json_schema), "strict": True}
            return {"response_format": {"type": "json_schema", "json_schema": schema}}
        case "gbnf":
            if "grammar" in left_out:
                raise InferenceFault(
                    "bad_request",
                    "this server cannot follow a GBNF grammar",
                    hint="Use a JSON schema, or a local model",
                )
            return {"grammar": request.grammar}  # llama-server knows it
        case _:
            return {}


@dataclass(slots=True)
class Events:
    """Server-sent events out of the bytes of a stream, as the data of each; comments and other fields are passed over."""

    _rest: bytes = b""
    _data: tuple[bytes, ...] = ()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Take bytes as they come and yield the data of every event that is whole; raises InferenceFault on endless lines."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise InferenceFault("bad_request", "the server sent a line that does not end")
        for line in lines:
            line = line.rstrip(b"\r")
            if line.startswith(b"data:"):
                self._data = (*self._data, line[5:].removeprefix(b" "))
            elif not line and self._data:
                data, self._data = b"\n".join(self._data), ()
                yield data


def delta_of(data: Mapping[str, Any]) -> Delta:
    """Return what a chunk of an answer says; raises InferenceFault where it is an error."""
    if data.get("error"):
        raise fault_of(0, data)
    choices = data.get("choices") or [{}]
    choice = choices[0] if isinstance(choices[0], dict) else {}
    message = choice.get("delta") or choice.get("message") or {}
    text = message.get("content") or ""
    return Delta(
        text if isinstance(text, str) else "", str(choice.get("finish_reason") or ""), data.get("usage") or None
    )


def usage_of(delta: Mapping[str, Any] | None, usage: Usage, *, seconds: float) -> Usage:
    """Return `usage` with the counts of a server, and the speed where it follows from them; `seconds` it was writing."""
    if not delta:
        return usage

    def count(name: str) -> int:
        value = delta.get(name)
        return value if isinstance(value, int) else 0

    details = delta.get("prompt_tokens_details") or {}
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    written = count("completion_tokens")
    return replace(
        usage,
        prompt_tokens=count("prompt_tokens"),
        completion_tokens=written,
        cached_tokens=cached if isinstance(cached, int) else 0,
        tokens_per_second=(written - 1) / seconds if written > 1 and seconds > 0 else 0.0,
    )


def fault_of(status: int, data: Any) -> InferenceFault:
    """Return the fault that a server's answer means: its status (0: inside a stream) and JSON body, None for none."""
    said = _said(data)
    tail = f": {said}" if said else ""
    match status:
        case 401 | 403:
            return InferenceFault("bad_request", f"the server refused the key{tail}", hint="Set another key for it")
        case 404:
            return InferenceFault(
                "bad_request", f"the server does not know that model or address{tail}",
                hint="Look at its list of models, and whether its URL ends in /v1",
            )  # fmt: skip
        case 413 | 400 if any(word in said.lower() for word in ("context", "too long", "exceed")):
            return InferenceFault("context_overflow", f"the prompt is too long for the server{tail}", hint="Shorten it")
        case 429:
            return InferenceFault("stalled", f"the server is asked too often{tail}", hint="Wait, or lower its rate")
        case _ if status >= 500 or status == 0:
            return InferenceFault("engine_abort", f"the server failed{tail or f' ({status})'}", hint="Try again later")
        case _:
            return InferenceFault("bad_request", f"the server refused the request ({status}){tail}")


def without_secrets(url: str) -> str:
    """Return a URL without a user, a password and a query, which may be keys."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    bare = parts._replace(netloc=f"{shown}:{parts.port}" if parts.port else shown, query="", fragment="")
    return bare.geturl()


def _said(data: Any) -> str:
    """Return the message of a server's error, on one line and not longer than one can read."""
    error = data.get("error", data.get("detail", data.get("message"))) if isinstance(data, Mapping) else data
    text = error.get("message", "") if isinstance(error, Mapping) else error
    return " ".join(str(text).split())[:300] if text else ""


def _whole(data: Any) -> str:
    """Return all texts of a server's error, also where it names the field apart from the message."""
    if isinstance(data, Mapping):
        return " ".join(_whole(value) for value in data.values())[:10_000]
    if isinstance(data, list):
        return " ".join(_whole(value) for value in data[:50])[:10_000]
    return data if isinstance(data, str) else ""
