"""What a search of the hub shows: a card for each repository with a guess of what of it fits, and how cards are filtered.

Pure: what the hub or the catalogue says goes in, cards come out. A list of the hub names quantisations without sizes, so
sizes and fits of cards are guessed from parameters and called estimates; `model_offers` has the real ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from graphide.editor.text.metrics import icon
from graphide.models.catalogue import Catalogue
from graphide.models.hub import HubModel, Query, Sort
from graphide.models.hub_files import HubFile, Quantisation
from graphide.models.hub_fit import FitLabel, estimate, recommend
from graphide.models.hub_spec import parse_spec
from graphide.models.wording import quantity

SIZES: Final[tuple[tuple[str, tuple[int, int]], ...]] = (
    ("Any size", (0, 0)),
    ("Up to 1B", (0, 1_000_000_000)),
    ("1B to 4B", (1_000_000_000, 4_000_000_000)),
    ("4B to 10B", (4_000_000_000, 10_000_000_000)),
    ("10B to 35B", (10_000_000_000, 35_000_000_000)),
    ("More than 35B", (35_000_000_000, 0)),
)
"""The sizes to choose from, as bounds of the parameters; 0 is open."""

SORTS: Final[tuple[tuple[str, Sort], ...]] = (
    ("Most downloads", "downloads"),
    ("Trending", "trending"),
    ("Most liked", "likes"),
    ("Newest", "updated"),
)
LICENCES: Final[tuple[tuple[str, str], ...]] = (
    ("Any licence", ""),
    ("Apache 2.0", "apache-2.0"),
    ("MIT", "mit"),
    ("Llama 3.1", "llama3.1"),
    ("Llama 3.2", "llama3.2"),
    ("Gemma", "gemma"),
    ("OpenRAIL", "openrail"),
    ("CC BY-NC 4.0", "cc-by-nc-4.0"),
)
"""The licences to choose from, as the hub calls them; "" is any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is looked for: words, an author, bounds of the parameters, a licence; and whether only what fits is shown."""

    text: str = ""
    author: str = ""
    size: tuple[int, int] = (0, 0)
    licence: str = ""
    sort: Sort = "downloads"
    fits_only: bool = False

    @property
    def query(self) -> Query:
        """The question to the hub; whether something fits is not its business."""
        return Query(
            text=" ".join(self.text.split()), author=self.author.strip(), size=self.size, licence=self.licence,
            sort=self.sort,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One repository. `take` is the quantisation that suits this machine, `fit` its estimated fit, None: not known.

    `about` and `size` (bytes, about) are of cards of the catalogue.
    """

    repo: str
    title: str
    parameters: int = 0
    downloads: int = 0
    likes: int = 0
    updated: str = ""
    context: int = 0
    licence: str = ""
    gated: bool = False
    quantisations: tuple[str, ...] = ()
    take: str = ""
    fit: FitLabel | None = None
    about: str = ""
    size: int = 0

    @property
    def fits(self) -> bool:
        """Whether it is known to fit, if only just."""
        return self.fit is not None and self.fit.verdict != "does not fit"


def card_of(model: HubModel, *, free: int, n_ctx: int = 0) -> Card:
    """Return the card of a repository in a list; `free` memory in bytes, `n_ctx` as in the settings."""
    forms = [_guessed(model.parameters, name) for name in model.quantisations] if model.parameters else []
    found = recommend(model, forms, free=free, n_ctx=n_ctx)
    return Card(
        repo=model.repo, title=model.repo.partition("/")[2], parameters=model.parameters, downloads=model.downloads,
        likes=model.likes, updated=model.updated, context=model.context_length, licence=model.licence,
        gated=bool(model.gated), quantisations=model.quantisations, take=found.chosen.name if found else "", fit=found.label if found else None,
    )  # fmt: skip


def catalogue_cards(known: Catalogue, *, free: int, n_ctx: int = 0) -> tuple[Card, ...]:
    """Return the cards of the models that graphide knows without a network."""
    cards = []
    for each in known.models:
        spec = parse_spec(each.pull)
        form = Quantisation(spec.quantisation, (HubFile(spec.file, each.size),))
        model = HubModel(repo=spec.repo, parameters=each.parameters, context_length=each.context_length)
        label = estimate(model, form, n_ctx=n_ctx, free=free)
        names = (spec.quantisation,) if spec.quantisation else ()
        card = Card(
            repo=spec.repo, title=each.name, parameters=each.parameters, context=each.context_length,
            licence=each.licence, quantisations=names, take=spec.quantisation, fit=label, about=each.good_for,
            size=each.size,
        )  # fmt: skip
        cards.append(card)
    return tuple(cards)


def card_facts(card: Card) -> Sequence[str]:
    """Return what a line says of a repository, what is not known left out."""
    facts = [
        card.repo.partition("/")[0], quantity(card.parameters), card.licence,
        f"{icon('download')} {quantity(card.downloads)}" if card.downloads else "",
        f"{icon('heart')} {quantity(card.likes)}" if card.likes else "", card.updated,
    ]  # fmt: skip
    return [fact for fact in facts if fact]


def shown(cards: Iterable[Card], wanted: Filter) -> tuple[Card, ...]:
    """Return the cards that pass what the hub was not asked for; one whose fit is not known does not count as fitting."""
    return tuple(card for card in cards if card.fits or not wanted.fits_only)


def passing(cards: Iterable[Card], wanted: Filter) -> tuple[Card, ...]:
    """Return the cards that pass a whole filter, for lists that no hub has searched."""
    words, (least, most) = wanted.text.casefold().split(), wanted.size

    def passes(card: Card) -> bool:
        text = f"{card.repo} {card.title} {card.about}".casefold()
        owner = card.repo.partition("/")[0].casefold()
        return (
            least <= card.parameters
            and (not most or card.parameters <= most)
            and wanted.licence in ("", card.licence)
            and wanted.author.strip().casefold() in ("", owner)
            and all(word in text for word in words)
        )

    return shown(filter(passes, cards), wanted)


def _guessed(parameters: int, name: str) -> Quantisation:
    """Return a quantisation with the size that it should have: packed ones add a scale of 16 bits to 32 weights."""
    plain = Quantisation(name, ())
    bits = (plain.bits or 8) + (0.5 if plain.is_packed else 0.0)
    return Quantisation(name, (HubFile(f"{name}.gguf", round(parameters * bits / 8)),))
