"""Whether a model that is still on the hub fits this machine, with numbers, and which quantisation to take.

Exact where the header of the file can be had: the engine lays the model out as for a load. Else an estimate, and called
one. Nothing is downloaded but headers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from graphide.errors import Cancelled, GraphideError
from graphide.inference.patience import CancelFlag
from graphide.inference.protocol import LoadOptions
from graphide.models import wording
from graphide.models.fit import HOST, Fit, Pool, Verdict, fit, verdict
from graphide.models.gguf import read_header
from graphide.models.gguf_check import check
from graphide.models.header_only import header_only
from graphide.models.hub import HubModel, Repository
from graphide.models.hub_files import Quantisation
from graphide.models.remote_header import remote_header
from graphide.models.transfer import Line

MOST_PARTS = 16
"""Parts of a split model whose headers are fetched; beyond, the fit is estimated."""
DEFAULT_CONTEXT = 4096

_SMALL = 2 << 30  # bytes: a file up to here is quick on any machine, so quality decides
_USUAL = ("Q4_K_M", "UD-Q4_K_XL", "Q4_K_L", "Q4_K_XL", "Q5_K_M", "Q4_K_S", "IQ4_XS", "MXFP4", "IQ4_NL", "Q4_0", "Q4_1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """What fits are measured for: loads with these options, into `free` bytes of main memory.

    Headers that came are kept in the folder `cache`, where one is given; `cancel` stops the measuring.
    """

    options: LoadOptions
    free: int
    cache: Path | None = None
    cancel: CancelFlag | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FitLabel:
    """Whether a model fits, in bytes: `needed` of `free`. `exact` False: an estimate, and `why` says why no more.

    `n_ctx_max` is the largest context that fits, 0 where it is not known.
    """

    verdict: Verdict
    needed: int
    free: int
    n_ctx: int
    n_ctx_max: int = 0
    exact: bool = True
    why: str = ""

    @property
    def short(self) -> str:
        """The label in a few words: `fits, leaves 3.1 GB`."""
        return f"{'' if self.exact else 'estimate: '}{wording.left(self.verdict, self.free - self.needed)}"

    def __str__(self) -> str:
        largest = f", at most {self.n_ctx_max:,}" if self.n_ctx_max else ""
        memory = f"{wording.size(self.needed)} of {wording.size(self.free)} free"
        numbers = f"{memory} with a context of {self.n_ctx:,}{largest}"
        return f"{'' if self.exact else 'estimate: '}{self.verdict}, {numbers}"


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A quantisation for this machine, its fit, and why this one."""

    chosen: Quantisation
    label: FitLabel
    why: str

    @property
    def reason(self) -> str:
        """Why this one, with numbers."""
        return f"{self.why}: {self.label}"


def exact_fit(line: Line, repository: Repository, chosen: Quantisation, how: Measuring) -> Fit:
    """Return what a model on the hub takes, measured by the engine from its headers.

    Raises HubFault where they cannot be had, Cancelled, and InferenceFault where the engine cannot use the file.
    """
    from graphide.inference.measure import measuring

    if len(chosen.files) > MOST_PARTS:
        raise GraphideError(f"the model has {len(chosen.files)} parts")
    with TemporaryDirectory(prefix="graphide-") as name:
        folder = Path(name)
        for number, file in enumerate(chosen.files):
            head = folder / f"{number}.head"
            head.write_bytes(
                remote_header(line, file, repo=repository.model.repo, commit=repository.commit, cache=how.cache)
            )
            header_only(head, folder / file.name)
            head.unlink()
        first = folder / chosen.files[0].name
        header = read_header(first)
        if (fault := check(header, header.file_size)) is not None:
            raise fault.at(f'model file "{first.name}"')
        with measuring(str(first), how.options, cancel=how.cancel) as measure:
            return fit(measure, how.options.n_ctx, how.free)


def fit_label(line: Line, repository: Repository, chosen: Quantisation, how: Measuring) -> FitLabel:
    """Return whether a model on the hub fits: exact where its header can be had, else estimated. Raises Cancelled."""
    try:
        found = exact_fit(line, repository, chosen, how)
    except Cancelled:
        raise
    except (GraphideError, OSError) as error:
        why = error.message if isinstance(error, GraphideError) else str(error)
        return estimate(repository.model, chosen, n_ctx=how.options.n_ctx, free=how.free, why=why)
    return label_of(found)


def derived(chosen: Quantisation, measured: FitLabel, beside: int) -> FitLabel:
    """Return the fit of a quantisation: its own weights, and `beside` bytes as they were measured on another one of it."""
    needed = chosen.size + beside
    return replace(measured, verdict=_verdict(measured.free - needed), needed=needed, n_ctx_max=0, exact=False, why="")


def label_of(found: Fit) -> FitLabel:
    """Return the label of a measured fit."""
    return FitLabel(
        verdict=found.verdict, needed=found.total, free=found.free, n_ctx=found.n_ctx, n_ctx_max=found.n_ctx_max
    )


def estimate(model: HubModel, chosen: Quantisation, *, n_ctx: int = 0, free: int, why: str = "") -> FitLabel:
    """Return a guess from the size of the file and the number of parameters."""
    n_ctx = n_ctx or min(DEFAULT_CONTEXT, model.context_length or DEFAULT_CONTEXT)
    needed = chosen.size + overhead(model.parameters or guessed_parameters(chosen), n_ctx)
    return FitLabel(verdict=_verdict(free - needed), needed=needed, free=free, n_ctx=n_ctx, exact=False, why=why)


def overhead(parameters: int, n_ctx: int) -> int:
    """Return a guess of the bytes beside the weights.

    45 kB of KV cache a token for a model of a billion parameters, growing with the square root of their number (measured
    on dense models with grouped heads of 1, 8 and 70 billion: 33, 131 and 328 kB), and 300 MB to compute in.
    """
    return 300_000_000 + round(45_000 * math.sqrt(max(parameters, 1) / 1e9)) * n_ctx


def guessed_parameters(chosen: Quantisation) -> int:
    """Return how many parameters a file has, by its size and the bits in its name."""
    return round(chosen.size * 8 / (chosen.bits or 8))


def recommend(
    model: HubModel,
    quantisations: Sequence[Quantisation],
    *,
    free: int,
    n_ctx: int = 0,
    beside: int = 0,
) -> Recommendation | None:
    """Return the quantisation to take where `free` bytes are free, None where there is none at all.

    `beside` is what the model takes beside its weights, where that was measured on another quantisation of it (0: it is
    estimated). Small models are taken as little packed as possible, because they lose most; others as packed as is
    usual, because they are slow; tighter than four bits only what would not fit otherwise.
    """
    labels = [
        (found, _labelled(model, found, free=free, n_ctx=n_ctx, beside=beside))
        for found in sorted(quantisations, key=lambda found: found.size)
    ]
    packed = [(found, label) for found, label in labels if found.is_packed] or labels
    if not packed:
        return None
    fitting = [(found, label) for found, label in packed if label.verdict == "fits"]
    if not fitting:
        chosen, label = packed[0]
        much = "would be too much" if label.verdict == "does not fit" else "only just fits"
        return Recommendation(chosen, label, f"the smallest there is, and it {much}")
    small = [(found, label) for found, label in fitting if found.size <= _SMALL]
    usual = [each for name in _USUAL for each in fitting if each[0].name == name]
    if small and (small[-1][0].bits >= 8 or not usual):
        return Recommendation(*small[-1], "small enough to be quick with nearly all of its quality")
    if usual:
        return Recommendation(*usual[0], "keeps most of the quality at about half the size of 8 bits")
    chosen, label = fitting[-1]
    return Recommendation(chosen, label, "the largest that fits; tighter packed ones lose quality")


def _labelled(model: HubModel, found: Quantisation, *, free: int, n_ctx: int, beside: int) -> FitLabel:
    guess = estimate(model, found, n_ctx=n_ctx, free=free)
    if not beside:
        return guess
    needed = found.size + beside
    return FitLabel(verdict=_verdict(free - needed), needed=needed, free=free, n_ctx=guess.n_ctx, exact=False)


def _verdict(left: int) -> Verdict:
    return verdict([Pool(HOST, -left, 0)])
