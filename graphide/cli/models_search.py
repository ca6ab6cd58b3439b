"""`graphide models search`: repositories of the hub that have GGUF files, and the catalogue that needs no network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

import click

from graphide.cli import streams
from graphide.cli.hub_opened import say_age, users_settings
from graphide.cli.models_shown import format_option, print_json
from graphide.cli.render import table
from graphide.errors import EXIT_OK, UsageError
from graphide.models.opening import open_hub
from graphide.models.wording import quantity, size

if TYPE_CHECKING:
    from graphide.models.hub import HubModel, Sort

_SORTS = ("trending", "downloads", "likes", "updated", "created")
_HEAD = ("repository", "parameters", "licence", "downloads", "updated", "quantisations")
_MOST_NAMES = 6
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([kKmMbB]?)", re.ASCII)
_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}


@click.command("search", short_help="Look for models on the hub.")
@click.argument("text", nargs=-1)
@click.option("--author", default="", metavar="NAME", help="Only repositories of this user or organisation.")
@click.option("--sort", type=click.Choice(_SORTS), default="trending", show_default=True, help="Which come first.")
@click.option("--parameters", default="", metavar="3B-8B", help="Only models of this size; an end may be open: 3B-.")
@click.option("--licence", default="", metavar="NAME", help="Only under this licence, as the hub calls it: apache-2.0.")
@click.option("--gated/--not-gated", default=None, help="Only, or no, models whose authors ask for conditions first.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="The most that are listed.")
@click.option("--catalogue", is_flag=True, help="List a few known good small models instead; needs no network.")
@format_option
def search(
    text: tuple[str, ...], author: str, sort: str, parameters: str, licence: str,
    gated: bool | None, limit: int, catalogue: bool, format_: str,
) -> int:  # fmt: skip
    """Look for models (GGUF repositories on Hugging Face) with TEXT in their names.

    What a repository has, and what of it fits this machine, says: graphide models show REPOSITORY
    """
    if catalogue:
        if text or author or parameters or licence or gated is not None:
            raise UsageError("--catalogue lists the same models always", hint="Leave the other options out")
        return _catalogue(format_)
    from graphide.models.hub import Query

    query = Query(
        text=" ".join(text), author=author, sort=cast("Sort", sort), size=_range(parameters), licence=licence,
        gated=gated, limit=limit,
    )  # fmt: skip
    found = open_hub(users_settings()).search(query)
    say_age(found.old)
    if format_ == "json":
        print_json({"models": [asdict(model) for model in found.models], "old": round(found.old)})
    elif found.models:
        streams.out(table([_row(model) for model in found.models], head=_HEAD))
    if not found.models:
        streams.err("The hub has no such models\n")
    return EXIT_OK


def _row(model: HubModel) -> tuple[str, ...]:
    repo = f"{model.repo} (gated)" if model.gated else model.repo
    size_ = quantity(model.parameters)
    return repo, size_, model.licence, f"{model.downloads:,}", model.updated, _names(model.quantisations)


def _names(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return " ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _range(text: str) -> tuple[int, int]:
    """Return the bounds in a text like 3B-8B, 3B- or -8B, 0 where there is none; raises UsageError."""
    low, dash, high = text.partition("-")
    try:
        if text and not (dash and (low or high)):
            raise ValueError
        return _amount(low), _amount(high)
    except ValueError:
        raise UsageError(
            f'"{text}" is not a range', where="--parameters", hint="Write it like 3B-8B, 3B- or -8B"
        ) from None


def _amount(text: str) -> int:
    if not text:
        return 0
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError
    return int(float(found[1]) * _UNITS[found[2].lower()])


def _catalogue(format_: str) -> int:
    from graphide.models.catalogue import catalogue

    known = catalogue()
    if format_ == "json":
        print_json({"dated": known.dated, "models": [asdict(model) for model in known.models]})
        return EXIT_OK
    rows = [(model.name, size(model.size), model.licence, model.good_for, model.pull) for model in known.models]
    streams.out(table(rows, head=("model", "size", "licence", "good for", "to get it: graphide models pull")))
    streams.err(f"These are known to work; the list is of {known.dated}\n")
    return EXIT_OK
