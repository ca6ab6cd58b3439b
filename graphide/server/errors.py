"""Errors as clients get them: a status, and a body of OpenAI's shape. No path of this machine and no stack is in one.

`Refusal` is what the server itself refuses; every error of graphide becomes one by `refusal_of`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from graphide import paths
from graphide.errors import (
    Cancelled,
    FileRefused,
    GraphFileError,
    GraphideError,
    InferenceFault,
    InvalidGraph,
    ModelMismatch,
    ModelMissing,
    UsageError,
)
from graphide.graph.problems import Problem
from graphide.values import dumps

_NOTHING: Mapping[str, str] = MappingProxyType({})
_TYPES: Mapping[int, str] = MappingProxyType(
    {
        401: "authentication_error",
        403: "permission_error",
        404: "not_found_error",
        408: "timeout_error",
        413: "request_too_large",
        503: "overloaded_error",
    }
)
_FAULTS: Mapping[str, int] = MappingProxyType(
    {
        "bad_request": 400,
        "context_overflow": 400,
        "corrupt_file": 422,
        "unsupported_arch": 422,
        "oom": 503,
        "cancelled": 503,
    }
)
_WORDS: Mapping[type[GraphideError], tuple[int, str]] = MappingProxyType(
    {
        Cancelled: (503, "cancelled"),
        FileRefused: (403, "file_refused"),
        GraphFileError: (422, "not_a_graph"),
        InvalidGraph: (422, "invalid_graph"),
        ModelMismatch: (409, "model_mismatch"),
        ModelMissing: (404, "model_not_found"),
        UsageError: (400, "bad_request"),
    }
)
_FOLDERS = re.compile(
    r"(?<![\w:/.<])(?:/(?!api/|v1/)[^\s/\"'<>|]+)+/(?=[^\s/\"'<>|])|\b[A-Za-z]:\\(?:[^\\/:*?\"<>|\r\n]+\\)*"
)


class Refusal(Exception):
    """A request that is not answered: the HTTP status, one sentence, and what code and parameter it is about."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = "",
        param: str = "",
        headers: Mapping[str, str] = _NOTHING,
        more: Mapping[str, Any] = _NOTHING,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.headers = headers
        self.more = more

    def body(self) -> bytes:
        """Return the JSON body, in OpenAI's shape."""
        return dumps({"error": self.error()})

    def error(self) -> dict[str, Any]:
        """Return the error itself, as it stands below "error"."""
        kind = _TYPES.get(self.status, "invalid_request_error" if self.status < 500 else "server_error")
        shape = {"message": self.message, "type": kind, "param": self.param or None, "code": self.code or None}
        return {**shape, **self.more}


class ClientGone(Exception):
    """The client went away, so nobody is there to be answered."""


def refusal_of(error: BaseException) -> Refusal:
    """Return what a client is told about an error; of one that is a fault of graphide itself, nothing but that."""
    if isinstance(error, Refusal):
        return error
    if not isinstance(error, GraphideError):
        return Refusal(500, "graphide has a fault; its log says where", code="internal")
    more: dict[str, Any] = {}
    if isinstance(error, InvalidGraph):
        more["problems"] = [problem_json(problem) for problem in error.problems]
    status, code = _status(error)
    headers = {"Retry-After": "2"} if status == 503 else {}
    return Refusal(status, without_folders(str(error)), code=code, headers=headers, more=more)


def problem_json(problem: Problem) -> dict[str, str]:
    """Return a problem of a graph as JSON."""
    names = ("code", "severity", "message", "node", "port", "edge", "hint")
    return {name: without_folders(str(getattr(problem, name))) for name in names}


def without_folders(text: str) -> str:
    """Return a text in which files of this machine have their name only."""
    for folder in _known_folders():
        text = text.replace(folder, "")
    return _FOLDERS.sub("", text)


def _status(error: GraphideError) -> tuple[int, str]:
    if isinstance(error, InferenceFault):
        return _FAULTS.get(error.kind, 500), error.kind
    for kind in type(error).__mro__:
        if kind in _WORDS:
            return _WORDS[kind]
    return 500, "failed"


def _known_folders() -> list[str]:
    """Return folders whose names may have spaces in them, which a pattern cannot tell, the deepest first."""
    own = [paths.models_folder(), paths.data_folder(), paths.config_folder(), paths.cache_folder()]
    found = {
        f"{folder}{end}" for folder in (*own, Path.home(), Path.cwd()) for end in ("/", "\\") if len(str(folder)) > 1
    }
    return sorted(found, key=len, reverse=True)
