"""`graphide models show`: what a repository of the hub has, and what of it fits this machine, before any download."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from graphide.cli import streams
from graphide.cli.hub_opened import say_age
from graphide.cli.models_shown import format_option, print_json
from graphide.cli.opening import say_settings_problem
from graphide.cli.render import for_terminal, table
from graphide.errors import EXIT_OK
from graphide.graph.quoting import printable
from graphide.models.opening import open_hub
from graphide.models.wording import quantity, size
from graphide.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphide.models.hub import HubModel, Repository
    from graphide.models.hub_files import Quantisation
    from graphide.models.hub_fit import FitLabel
    from graphide.models.hub_offer import Choice
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

    from graphide.models.hub_fit import Measuring
    from graphide.models.hub_offer import measured
    from graphide.models.hub_spec import parse_spec
    from graphide.models.loading import load_options
    from graphide.models.memory import host_memory

    asked = parse_spec(spec)
    with Workspace() as workspace:
        say_settings_problem(workspace)
        hub = open_hub(workspace.settings)
        found = hub.repository(asked.repo, asked.revision)
        say_age(found.old)
        if readme:
            text = hub.readme(found)
            streams.out(for_terminal(text.rstrip("\n") + "\n"))
            return EXIT_OK
        options = load_options(workspace.settings)
        options = options if n_ctx is None else replace(options, n_ctx=n_ctx)
        how = Measuring(options=options, free=host_memory().free)
        choice = measured(hub.line, found, how, _only(found, asked), every=exact)
    if format_ == "json":
        print_json(_as_json(found, choice))
    else:
        streams.out(_as_text(found, choice))
    return EXIT_OK


def _only(found: Repository, asked: PullSpec) -> Sequence[Quantisation] | None:
    """Return the quantisation that was asked for, None where it is all of them; raises UsageError."""
    from graphide.models.hub_files import pick

    if not (asked.file or asked.quantisation):
        return None
    return [pick(found.files, quantisation=asked.quantisation, file=asked.file)]


def _as_json(found: Repository, choice: Choice) -> dict[str, Any]:
    def form(each: Quantisation, label: FitLabel | None) -> dict[str, Any]:
        files = [asdict(file) for file in each.files]
        return {"name": each.name, "size": each.size, "files": files, "fit": asdict(label) if label else None}

    taken = choice.taken
    take = {"name": taken.chosen.name, "file": taken.chosen.file, "reason": taken.reason} if taken else None
    return {
        **asdict(found.model), "commit": found.commit, "old": round(found.old), "take": take,
        "quantisations": [form(each.chosen, each.label) for each in choice.forms],
        "projectors": [form(each, None) for each in found.files.projectors],
    }  # fmt: skip


def _as_text(found: Repository, choice: Choice) -> str:
    lines = [f"{printable(found.model.repo)} at {found.commit[:12]}\n{printable(_about(found.model))}\n"]
    rows = [("*" if form.take else "", form.name, size(form.chosen.size), _fit(form.label)) for form in choice.forms]
    lines.append(table(rows, indent="  ") if rows else "It has no GGUF files\n")
    lines += [f"  projector {printable(each.file)}, {size(each.size)}\n" for each in found.files.projectors]
    if choice.taken:
        what = choice.taken.chosen.name or choice.taken.chosen.file
        lines.append(f"\n* {printable(what)}: {choice.taken.why}\n")
        lines.append(f"To get it: graphide models pull {printable(found.model.repo)}:{printable(what)}\n")
    return "".join(lines)


def _about(model: HubModel) -> str:
    known = [
        model.architecture,
        f"{quantity(model.parameters)} parameters" if model.parameters else "",
        f"context of {model.context_length:,}" if model.context_length else "",
        f"licence {model.licence}" if model.licence else "",
        "gated: its authors ask for their conditions to be accepted" if model.gated else "",
    ]
    return ", ".join(filter(None, known))


def _fit(label: FitLabel) -> str:
    why = f" ({printable(label.why)})" if label.why else ""
    return f"{label}{why}"
