"""What the hub, or the way to it, can refuse: one error with a kind, made from the answer's status and headers.

The hub says the same in several ways (401 for what does not exist, 403 for conditions not accepted); here each becomes
a sentence that says what to do. No token is ever part of one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Literal

from graphide.errors import EXIT_MODEL, GraphideError

HubFaultKind = Literal[
    "offline",  # the user switched the network off
    "unreachable",  # no answer, or one that broke off
    "untrusted",  # somebody else answers
    "gated",
    "unauthorised",
    "not_found",
    "rate_limited",
    "server",
    "damaged",  # other bytes than were promised
]
OFFLINE_VARIABLE = "HF_HUB_OFFLINE"

_PASSING = frozenset(["unreachable", "rate_limited", "server"])
_YES = frozenset(["1", "on", "yes", "true"])
LONGEST_WAIT = 900.0
"""Seconds: a server that asks for a longer pause gets this one."""


class HubFault(GraphideError):
    """The hub could not be asked, or refused; `retry_after` is the pause in seconds that it asked for, 0: none."""

    exit_code = EXIT_MODEL

    def __init__(
        self, kind: HubFaultKind, message: str, *, retry_after: float = 0.0, where: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.kind: HubFaultKind = kind
        self.retry_after = retry_after

    @property
    def passes(self) -> bool:
        """Whether the same question may well be answered a little later."""
        return self.kind in _PASSING


def is_offline() -> bool:
    """Return whether the environment switches the hub off."""
    return os.environ.get(OFFLINE_VARIABLE, "").lower() in _YES


def offline() -> HubFault:
    """Return that nothing is asked because the user does not want the network, and how to want it."""
    if is_offline():
        hint = f"Unset {OFFLINE_VARIABLE}, or use the models that are here"
        return HubFault("offline", f"the network is switched off by {OFFLINE_VARIABLE}", hint=hint)
    hint = "Switch it on with: graphide config set network true; or use the models that are here"
    return HubFault("offline", 'the network is switched off by the setting "network"', hint=hint)


def unreachable(endpoint: str, reason: str) -> HubFault:
    """Return that no answer came; `reason` is what the system says."""
    hint = "Check the connection and, behind a proxy, HTTPS_PROXY; the models that are here can be used meanwhile"
    return HubFault("unreachable", f"{endpoint} cannot be reached: {reason}", hint=hint)


def untrusted(endpoint: str) -> HubFault:
    """Return that the certificate of a server is not one that this machine trusts."""
    hint = "A proxy or a scanner may answer in its place: set SSL_CERT_FILE to its certificate; also check the date"
    return HubFault("untrusted", f"the certificate of {endpoint} is not trusted", hint=hint)


def refused(
    status: int, headers: Mapping[str, str], *, endpoint: str, repo: str = "", has_token: bool = False, now: float = 0.0
) -> HubFault:
    """Return what an answer with an error status means; `now` (seconds since 1970) is for a pause given as a date."""
    code = headers.get("x-error-code", "")
    where = f"repository {repo}" if repo else endpoint
    if code == "GatedRepo":
        return _gated(endpoint, repo, where, has_token)
    if status == 429:
        wait = seconds_of(headers, now)
        said = f"; it asks for a pause of {wait:.0f} seconds" if wait else ""
        hint = "Wait a little" if has_token else "Wait a little; with a token in HF_TOKEN the limits are wider"
        return HubFault(
            "rate_limited", f"the hub had too many requests{said}", retry_after=wait, where=where, hint=hint
        )
    if status >= 500 or status == 408:
        wait = seconds_of(headers, now)
        hint = "Try again in some minutes"
        return HubFault("server", f"the hub has a fault (status {status})", retry_after=wait, where=where, hint=hint)
    if code in ("RevisionNotFound", "EntryNotFound"):
        what = "revision" if code == "RevisionNotFound" else "file"
        return HubFault(
            "not_found", f"has no such {what}", where=where, hint=f"See what it has at {endpoint}/{repo}/tree/main"
        )
    if status == 401 and has_token and code != "RepoNotFound":
        hint = f"Make a new one at {endpoint}/settings/tokens and put it into HF_TOKEN"
        return HubFault("unauthorised", "the hub does not accept the token", where=where, hint=hint)
    if status in (401, 404):
        hint = "Check the name" + ("" if has_token else "; a private one needs a token in HF_TOKEN")
        return HubFault("not_found", "does not exist, or is private", where=where, hint=hint)
    if status == 403:
        hint = f"Give the token the right to read it at {endpoint}/settings/tokens"
        return HubFault("unauthorised", "the hub does not allow this", where=where, hint=hint)
    return HubFault("server", f"the hub gave an answer that is not understood (status {status})", where=where)


def seconds_of(headers: Mapping[str, str], now: float) -> float:
    """Return the pause that an answer asks for (Retry-After, as a number or a date), at most LONGEST_WAIT; 0: none."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return min(float(text), LONGEST_WAIT)
    try:
        return min(max(parsedate_to_datetime(text).timestamp() - now, 0.0), LONGEST_WAIT)
    except (TypeError, ValueError, IndexError, OverflowError):
        return 0.0


def _gated(endpoint: str, repo: str, where: str, has_token: bool) -> HubFault:
    page = f"{endpoint}/{repo}"
    if has_token:
        hint = f"Accept them at {page} with the account of the token, which must be allowed to read gated repositories"
    else:
        hint = f"Accept them at {page}, make a token at {endpoint}/settings/tokens and put it into HF_TOKEN"
    return HubFault("gated", "its authors ask for their conditions to be accepted first", where=where, hint=hint)
