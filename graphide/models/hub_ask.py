"""A question to the hub through huggingface_hub that ends in time, and what its exceptions mean.

Searches go through the library's own session and parser, but not through its `list_models`: that one tries for 24 seconds
before it says that there is no network, sleeps as long as the hub asks it to, and closes the session that all share.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from graphide.models.hub_errors import HubFault, offline, refused, unreachable
from graphide.models.transfer import Line, fault_at, origin_of

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

_T = TypeVar("_T")


def ask(work: Callable[[], _T], line: Line, *, seconds: float, repo: str = "") -> _T:
    """Return what `work` returns, within so many seconds; raises HubFault. What it raises otherwise is raised here.

    The library is loaded before the time begins: on a slow disk that takes as long as a question, and is not the hub's.
    """
    import huggingface_hub.hf_api  # noqa: F401

    answers: queue.SimpleQueue[tuple[_T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except BaseException as error:  # noqa: BLE001 - handed to who asked
            answers.put((None, error))

    # A daemon: looking up an address cannot be stopped, and nobody should wait for it.
    threading.Thread(target=run, name="hub", daemon=True).start()
    try:
        found, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise unreachable(line.endpoint, f"no answer within {seconds:.0f} seconds") from None
    if error is not None:
        raise fault_of(error, line, repo) from error
    answer: Any = found
    return answer  # type: ignore[no-any-return]


def listed(line: Line, params: Mapping[str, Any], *, seconds: float) -> Iterator[ModelInfo]:
    """Yield the repositories of a search, page after page; `params` are those of GET /api/models."""
    from huggingface_hub.hf_api import ModelInfo
    from huggingface_hub.utils import (  # type: ignore[attr-defined]  # public, but exported lazily
        build_hf_headers,
        get_session,
        hf_raise_for_status,
    )

    headers = build_hf_headers(token=line.token() or False, library_name="graphide")
    url, rest = f"{line.endpoint}/api/models", dict(params)
    while url and origin_of(url) == origin_of(line.endpoint):
        answer = get_session().get(url, params=rest or None, headers=headers, timeout=seconds)
        hf_raise_for_status(answer)
        for body in answer.json():
            yield ModelInfo(**body)  # type: ignore[no-untyped-call]
        url, rest = answer.links.get("next", {}).get("url", ""), {}


def fault_of(error: BaseException, line: Line, repo: str) -> BaseException:
    """Return what an exception of huggingface_hub means; one that is not of the network is returned as it is."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    if isinstance(error, HubFault):
        return error
    if isinstance(error, OfflineModeIsEnabled):
        return offline()
    if isinstance(error, HFValidationError):
        return HubFault("not_found", f'"{repo}" is not the name of a repository', hint="Write owner/repo")
    if isinstance(error, HfHubHTTPError):
        answer, has_token = error.response, bool(line.token())
        return refused(
            answer.status_code, answer.headers, endpoint=line.endpoint, repo=repo, has_token=has_token, now=time.time()
        )
    if isinstance(error, httpx2.HTTPError | OSError):
        return fault_at(line.endpoint, error)
    if isinstance(error, ValueError | KeyError | TypeError | AttributeError):
        return HubFault("server", "the hub gave an answer that is not understood", where=line.endpoint)
    return error
