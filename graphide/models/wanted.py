"""Which files of a repository a person means to download: chosen by name, by hash, or for this machine.

Pure: what the hub said goes in, a quantisation comes out. Asking the hub is `hub`, fetching is `download`.
"""

from __future__ import annotations

from graphide.errors import GraphideError, ModelMismatch, UsageError
from graphide.models.hub import Repository
from graphide.models.hub_files import Quantisation, pick
from graphide.models.hub_fit import recommend
from graphide.models.hub_spec import PullSpec

SHORTEST_HASH = 12
"""Digits of a hash that are enough to name a file of a repository; who names the file checks the rest."""


def wanted(repository: Repository, spec: PullSpec, *, free: int, sha256: str = "", n_ctx: int = 0) -> Quantisation:
    """Return the quantisation that a text names; the one for `free` bytes of memory where it names none.

    With the beginning of a hash, the file is the one that has it, whatever it is called now. Raises UsageError,
    ModelMismatch where no file has the hash, and GraphideError where nothing fits.
    """
    if sha256:
        return _by_hash(repository, spec, sha256.lower())
    if spec.file or spec.quantisation:
        return pick(repository.files, quantisation=spec.quantisation, file=spec.file)
    found = recommend(repository.model, repository.files.quantisations, free=free, n_ctx=n_ctx)
    if found is None:
        raise UsageError(
            f"the repository {spec.repo} has no GGUF files", hint="Look for one with: graphide models search"
        )
    if found.label.verdict == "does not fit":
        raise GraphideError(
            f"nothing of {spec.repo} fits this machine: {found.label}",
            hint=f"Name a quantisation to get it anyway: {spec.repo}:{found.chosen.name or found.chosen.file}",
        )
    return found.chosen


def projector_for(repository: Repository) -> Quantisation:
    """Return the projector to take, half precision first; raises UsageError where there is none."""
    offered = repository.files.projectors
    if not offered:
        raise UsageError(f"the repository {repository.model.repo} has no projector", hint="Leave --projector out")
    return next((each for each in offered if each.name == "F16"), offered[0])


def _by_hash(repository: Repository, spec: PullSpec, sha256: str) -> Quantisation:
    if len(sha256) < SHORTEST_HASH or set(sha256) - set("0123456789abcdef"):
        raise UsageError(f'"{sha256}" is not a hash', hint=f"Give at least {SHORTEST_HASH} of its 64 digits")
    everything = (*repository.files.quantisations, *repository.files.projectors)
    for each in everything:
        if len(each.files) == 1 and each.files[0].sha256.startswith(sha256):
            return each
    if spec.file:
        named = pick(repository.files, file=spec.file)
        if len(named.files) > 1 or not named.files[0].sha256:
            return (
                named  # the hash is of all parts together, which the hub does not know: it is checked when it is here
            )
    raise ModelMismatch(
        f"the repository {spec.repo} has no file with the hash {sha256[:SHORTEST_HASH]}",
        hint="Name the revision that had it, owner/repo@revision, or ask the author of the graph for the file",
    )
