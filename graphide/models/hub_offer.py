"""What a repository of the hub offers this machine: its quantisations, whether each fits, and which one to take.

First estimated, from what the hub said already; then measured, where the header of the one to take is read and the engine
lays the model out. The fits of the others are derived from that one, and called estimates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graphide.models.hub import Repository
from graphide.models.hub_files import Quantisation
from graphide.models.hub_fit import FitLabel, Measuring, Recommendation, derived, estimate, fit_label, recommend
from graphide.models.transfer import Line


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


@dataclass(frozen=True, slots=True)
class Choice:
    """The forms of a model from small to large, and which one to take (None: there is none at all)."""

    forms: tuple[Form, ...] = ()
    taken: Recommendation | None = None

    @property
    def reason(self) -> str:
        """Why one is recommended, with numbers; "" where none is."""
        return self.taken.reason if self.taken else ""


def estimated(repository: Repository, how: Measuring, only: Sequence[Quantisation] | None = None) -> Choice:
    """Return the choice as far as it is known without asking anything; `only` some quantisations, not given: all."""
    offered = repository.files.quantisations if only is None else only
    n_ctx = how.options.n_ctx
    found = recommend(repository.model, offered, free=how.free, n_ctx=n_ctx)
    labels = [estimate(repository.model, each, n_ctx=n_ctx, free=how.free) for each in offered]
    return _choice(offered, labels, found)


def measured(
    line: Line,
    repository: Repository,
    how: Measuring,
    only: Sequence[Quantisation] | None = None,
    *,
    every: bool = False,
) -> Choice:
    """Return the choice with the fit of the form to take, and with `every` those of all, as the engine measures it.

    Where a header cannot be had, its fit stays an estimate that says why. Raises Cancelled.
    """
    offered = repository.files.quantisations if only is None else only
    guess = recommend(repository.model, offered, free=how.free, n_ctx=how.options.n_ctx)
    if guess is None:
        return Choice()
    first = fit_label(line, repository, guess.chosen, how)
    beside = max(0, first.needed - guess.chosen.size) if first.exact else 0
    found = recommend(repository.model, offered, free=how.free, n_ctx=how.options.n_ctx, beside=beside) or guess
    labels = []
    for each in offered:
        if each is guess.chosen:
            labels.append(first)
        elif every or (first.exact and each is found.chosen):
            labels.append(fit_label(line, repository, each, how))
        elif first.exact:
            labels.append(derived(each, first, beside))
        else:
            labels.append(estimate(repository.model, each, n_ctx=how.options.n_ctx, free=how.free))
    return _choice(offered, labels, found)


def _choice(offered: Sequence[Quantisation], labels: Iterable[FitLabel], found: Recommendation | None) -> Choice:
    chosen = found.chosen if found else None
    forms = (Form(each, label, each is chosen) for each, label in zip(offered, labels, strict=True))
    return Choice(tuple(forms), found)
