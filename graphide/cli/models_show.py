"""`graphide models show`: what a repository of the hub has, and what of it fits this machine, before any download."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from graphide.cli import streams
from graphide.cli.hub_opened import load_options, open_hub, say_age
from graphide.cli.models_shown import format_option, print_json
from graphide.cli.render import for_terminal, quantity, size, table
from graphide.errors import EXIT_OK
from graphide.graph.quoting import printable
from graphide.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphide.inference.protocol import LoadOptions
    from graphide.models.hub import Hub, Repository
    from graphide.models.hub_files import Quantisation
    from graphide.models.hub_fit import FitLabel, Recommendation
    from graphide.models.hub_spec import PullSpec


@click.command("show", short_help="Show what a repository of the hub has, and what of it fits.")
@click.argument("spec", metavar="OWNER/REPO[:QUANTISATION|FILE][@REVISION]")
@click.option("--n-ctx", type=click.IntRange(0, 1 << 24), help="Context in tokens; not given: as in runs.")
@click.option("--exact", is_flag=True, help="Measure every quantisation, not only the one to take; takes longer.")
@click.option("--readme", is_flag=True, help="Print the README of the repository, and nothing else.")
@format_option
def show(spec: str, n_ctx: int | None, exact: bool, readme: bool, format_: str) -> int:
    """Show the quantisations of a repository with their sizes, whether they fit into memory, and which one to take.

    The header of the one to take is read on the hub and measured by the engine, so its numbers are those of a load; the
    others are derived from it. An estimate is called one.
    """
    from dataclasses import replace

    from graphide.models.hub_spec import parse_spec

    asked = parse_spec(spec)
    with Workspace() as workspace:
        hub = open_hub()
        found = hub.repository(asked.repo, asked.revision)
        say_age(found.old)
        if readme:
            text = hub.readme(found)
            streams.out(for_terminal(text.rstrip("\n") + "\n"))
            return EXIT_OK
        options = load_options(workspace.settings)
        options = options if n_ctx is None else replace(options, n_ctx=n_ctx)
        chosen, labels = _labels(hub, found, asked, options, exact=exact)
    if format_ == "json":
        print_json(_as_json(found, chosen, labels))
    else:
        streams.out(_as_text(found, chosen, labels))
    return EXIT_OK


def _labels(
    hub: Hub, found: Repository, asked: PullSpec, options: LoadOptions, *, exact: bool
) -> tuple[Recommendation | None, dict[str, FitLabel]]:
    """Return the quantisation to take, and the fit of each by its file; of those asked for, if any."""
    from graphide.models.hub_files import pick
    from graphide.models.hub_fit import fit_label, recommend
    from graphide.models.memory import host_memory

    free = host_memory().free
    everything: Sequence[Quantisation] = found.files.quantisations
    if asked.file or asked.quantisation:
        everything = [pick(found.files, quantisation=asked.quantisation, file=asked.file)]
    guess = recommend(found.model, everything, free=free, n_ctx=options.n_ctx)
    if guess is None:
        return None, {}
    measured = fit_label(hub.line, found, guess.chosen, options=options, host_free=free)
    labels = {guess.chosen.file: measured}
    beside = measured.needed - guess.chosen.size if measured.exact else 0
    chosen = recommend(found.model, everything, free=free, n_ctx=options.n_ctx, beside=max(0, beside))
    for each in everything:
        if exact or (chosen is not None and each is chosen.chosen):
            if each.file not in labels:
                labels[each.file] = fit_label(hub.line, found, each, options=options, host_free=free)
        elif each.file not in labels:
            labels[each.file] = _derived(found, each, measured, beside)
    return chosen, labels


def _derived(found: Repository, each: Quantisation, measured: FitLabel, beside: int) -> FitLabel:
    """Return the fit of a quantisation: its own weights, and the rest as it was measured on another one."""
    from dataclasses import replace

    from graphide.models.fit import Pool, verdict
    from graphide.models.hub_fit import estimate

    if not measured.exact:
        return estimate(found.model, each, n_ctx=measured.n_ctx, free=measured.free)
    needed = each.size + beside
    judged = verdict([Pool("", needed, measured.free)])
    return replace(measured, verdict=judged, needed=needed, n_ctx_max=0, exact=False)


def _as_json(found: Repository, chosen: Recommendation | None, labels: Mapping[str, FitLabel]) -> dict[str, Any]:
    def form(each: Quantisation) -> dict[str, Any]:
        label = labels.get(each.file)
        files = [asdict(file) for file in each.files]
        return {"name": each.name, "size": each.size, "files": files, "fit": asdict(label) if label else None}

    take = {"name": chosen.chosen.name, "file": chosen.chosen.file, "reason": chosen.reason} if chosen else None
    return {
        **asdict(found.model), "commit": found.commit, "old": round(found.old), "take": take,
        "quantisations": [form(each) for each in found.files.quantisations if each.file in labels],
        "projectors": [form(each) for each in found.files.projectors],
    }  # fmt: skip


def _as_text(found: Repository, chosen: Recommendation | None, labels: Mapping[str, FitLabel]) -> str:
    model = found.model
    about = [
        model.architecture,
        f"{quantity(model.parameters)} parameters" if model.parameters else "",
        f"context of {model.context_length:,}" if model.context_length else "",
        f"licence {model.licence}" if model.licence else "",
        "gated: its authors ask for their conditions to be accepted" if model.gated else "",
    ]
    lines = [f"{printable(model.repo)} at {found.commit[:12]}\n{printable(', '.join(filter(None, about)))}\n"]
    rows = [
        (
            "*" if chosen and each is chosen.chosen else "",
            each.name or each.file,
            size(each.size),
            _fit(labels[each.file]),
        )
        for each in found.files.quantisations
        if each.file in labels
    ]
    lines.append(table(rows, indent="  ") if rows else "It has no GGUF files\n")
    lines += [f"  projector {printable(each.file)}, {size(each.size)}\n" for each in found.files.projectors]
    if chosen:
        what = chosen.chosen.name or chosen.chosen.file
        reason = chosen.reason.removesuffix(f": {chosen.label}")  # its row has the numbers, better ones maybe
        lines.append(f"\n* {printable(what)}: {reason}\n")
        lines.append(f"To get it: graphide models pull {printable(model.repo)}:{printable(what)}\n")
    return "".join(lines)


def _fit(label: FitLabel) -> str:
    why = f" ({printable(label.why)})" if label.why else ""
    return f"{label}{why}"
