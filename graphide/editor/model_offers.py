"""What one repository of the hub offers: its quantisations with real sizes and fits, the one to take, and its README.

The one to take is measured by the engine from its header; the fits of the others are derived from it, and called estimates.
Everything here asks the hub or computes, so it is for a thread beside the window.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from graphide.errors import GraphideError
from graphide.inference.patience import CancelFlag
from graphide.inference.protocol import LoadOptions
from graphide.models.hub import Hub, Repository
from graphide.models.hub_fit import Measuring
from graphide.models.hub_offer import Form, estimated, measured
from graphide.models.loading import load_options

__all__ = ["Form", "Offer", "load_options", "offers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A repository as it is known so far. `reason` says why one form is recommended, `old` is its age in seconds.

    `readme` is None until it came; `problem` is why it did not. `measured`: nothing more is to come.
    """

    repository: Repository
    forms: tuple[Form, ...] = ()
    reason: str = ""
    readme: str | None = None
    problem: str = ""
    measured: bool = False

    @property
    def repo(self) -> str:
        """The name of the repository."""
        return self.repository.model.repo

    @property
    def old(self) -> float:
        """The age of what the hub said where it could not be asked now, in seconds, else 0."""
        return self.repository.old


def offers(hub: Hub, repo: str, options: LoadOptions, free: int, cancel: CancelFlag) -> Iterator[Offer]:
    """Yield what a repository offers: at once with estimates, then with its README, then measured.

    Raises UsageError and HubFault where nothing is known, and Cancelled.
    """
    repository, how = hub.repository(repo), Measuring(options=options, free=free, cancel=cancel)
    choice = estimated(repository, how)
    offer = Offer(repository=repository, forms=choice.forms, reason=choice.reason, measured=not choice.forms)
    yield offer
    if cancel.is_set():
        return
    try:
        offer = replace(offer, readme=hub.readme(repository))
    except GraphideError as error:  # a gated repository shows its files, and not its text
        offer = replace(offer, readme="", problem=str(error))
    yield offer
    if choice.forms and not cancel.is_set():
        choice = measured(hub.line, repository, how)
        yield replace(offer, forms=choice.forms, reason=choice.reason, measured=True)
