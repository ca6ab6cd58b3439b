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
from graphide.models.fit import HOST, Pool, verdict
from graphide.models.hub import Hub, Repository
from graphide.models.hub_files import Quantisation
from graphide.models.hub_fit import FitLabel, Recommendation, estimate, fit_label, recommend
from graphide.settings import Settings


@dataclass(frozen=True, slots=True)
class Form:
    """A quantisation that can be downloaded, with whether it fits; `take` marks the one that is recommended."""

    chosen: Quantisation
    label: FitLabel
    take: bool = False

    @property
    def name(self) -> str:
        """What it is called: the quantisation, or the file where that has no such name."""
        return self.chosen.name or self.chosen.file


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


def load_options(settings: Settings) -> LoadOptions:
    """Return how models are loaded here, which is what a fit is measured for."""
    return LoadOptions(
        n_ctx=settings.n_ctx,
        n_parallel=settings.n_parallel,
        n_gpu_layers=settings.n_gpu_layers,
        kv_type=settings.kv_type,
    )


def offers(hub: Hub, repo: str, options: LoadOptions, free: int, cancel: CancelFlag) -> Iterator[Offer]:
    """Yield what a repository offers: at once with estimates, then with its README, then measured.

    Raises UsageError and HubFault where nothing is known, and Cancelled.
    """
    repository = hub.repository(repo)
    found = recommend(repository.model, repository.files.quantisations, free=free, n_ctx=options.n_ctx)
    offer = Offer(repository=repository, measured=found is None, reason=found.reason if found else "")
    if found is not None:
        offer = replace(offer, forms=_forms(repository, found.chosen, options.n_ctx, free))
    yield offer
    if cancel.is_set():
        return
    try:
        offer = replace(offer, readme=hub.readme(repository))
    except GraphideError as error:  # a gated repository shows its files, and not its text
        offer = replace(offer, readme="", problem=str(error))
    yield offer
    if found is not None and not cancel.is_set():
        yield _measured(hub, offer, found, options, free, cancel)


def _measured(
    hub: Hub, offer: Offer, guess: Recommendation, options: LoadOptions, free: int, cancel: CancelFlag
) -> Offer:
    repository = offer.repository
    label = fit_label(hub.line, repository, guess.chosen, options=options, host_free=free, cancel=cancel)
    labels = {guess.chosen.file: label}
    if not label.exact:
        forms = tuple(replace(form, label=labels.get(form.chosen.file, form.label)) for form in offer.forms)
        return replace(offer, forms=forms, measured=True)
    beside = max(0, label.needed - guess.chosen.size)
    better = recommend(repository.model, repository.files.quantisations, free=free, n_ctx=options.n_ctx, beside=beside)
    found = better or guess
    if found.chosen.file not in labels:
        labels[found.chosen.file] = fit_label(
            hub.line, repository, found.chosen, options=options, host_free=free, cancel=cancel
        )
    forms = tuple(
        Form(each, labels.get(each.file) or derived(each, label, beside), each is found.chosen)
        for each in repository.files.quantisations
    )
    return replace(offer, forms=forms, reason=found.reason, measured=True)


def derived(each: Quantisation, measured: FitLabel, beside: int) -> FitLabel:
    """Return the fit of a quantisation: its own weights, and `beside` bytes as they were measured on another one."""
    needed = each.size + beside
    judged = verdict([Pool(HOST, needed, measured.free)])
    return replace(measured, verdict=judged, needed=needed, n_ctx_max=0, exact=False)


def _forms(repository: Repository, take: Quantisation, n_ctx: int, free: int) -> tuple[Form, ...]:
    return tuple(
        Form(each, estimate(repository.model, each, n_ctx=n_ctx, free=free), each is take)
        for each in repository.files.quantisations
    )
