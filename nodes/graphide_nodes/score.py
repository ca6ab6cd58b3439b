"""The node type `score`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from graphide.api import (
    ABSENT,
    Context,
    GraphideError,
    Help,
    Json,
    JsonValue,
    LongText,
    ModelName,
    Number,
    Settings,
    node,
    to_json,
)
from graphide_nodes.shared.conditions import contains, equal
from graphide_nodes.shared.patterns import found, pattern_problem
from graphide_nodes.shared.schemas import misfit
from graphide_nodes.shared.texts import EMPTY, as_text

_BY_CHARACTER = 2_000
_MOST_CHARACTERS = 20_000

_Rule = Literal["equals", "contains", "regex", "json_schema", "similarity"]
How = Literal["equals", "contains", "regex", "json_schema", "similarity", "meaning"]


class Scored(NamedTuple):
    """A number from 0 (nothing fits) to 1 (all fits), and whether it reaches the threshold."""

    score: float
    passed: bool


def _problem(settings: Settings) -> str | None:
    if settings["how"] == "json_schema" and not settings["json_schema"]:
        return 'how is json_schema, but "json_schema" is empty: give the schema that the value has to fit'
    if settings["how"] == "meaning" and not settings["model"]:
        return 'how is meaning, but "model" is empty: name the model whose vectors are compared, for example default'
    return pattern_problem(settings["to"]) if settings["how"] == "regex" else None


@node("score", category="judge", check=_problem)
def score(
    ctx: Context,
    value: Annotated[Any, Help("What is judged")],
    expected: Annotated[Any, Help("What it should be; the setting `to` when nothing is connected")] = ABSENT,
    *,
    how: How = "equals",
    to: Annotated[str, LongText("What the value should be, have in it or match")] = "",
    json_schema: Annotated[Mapping[str, Json], JsonValue("Schema that the value should fit", shape="object")] = EMPTY,
    ignore_case: bool = True,
    threshold: Annotated[float, Number("Score from which it passes", low=0, high=1, step=0.05)] = 1.0,
    model: Annotated[str, ModelName("Model that compares meanings; empty: none")] = "",
) -> Scored:
    """Judge a value by a rule: a score from 0 to 1, and whether it passes.

    `contains` with a list of expected texts gives the share of them that is there; `similarity` is the share of
    characters (above 2,000 of them: words) that two texts have in common, in order; `meaning` is the cosine of the
    vectors that `model` gives both texts, so other words for the same can be near 1. Blanks around a text do not count.

        how: contains
        to: photosynthesis
    """
    wanted = to if expected is ABSENT else expected
    if how == "meaning":
        points = _nearness(ctx, model, value, wanted)
    else:
        points = _points(how, value, wanted, json_schema, ignore_case)
    return Scored(points, points >= threshold)


def _nearness(ctx: Context, model: str, value: Any, wanted: Any) -> float:
    texts = [as_text(each).strip() for each in (value, wanted)]
    if not all(texts):  # nothing means nothing, and has no direction
        return float(texts[0] == texts[1])
    first, second = ctx.embed(model, texts).vectors
    # Opposite directions are no less alike than unrelated ones; rounding may give a little more than 1.
    return round(min(max(sum(a * b for a, b in zip(first, second, strict=True)), 0.0), 1.0), 6)


def _points(how: _Rule, value: Any, wanted: Any, schema: Mapping[str, Json], ignore_case: bool) -> float:
    match how:
        case "equals":
            return float(equal(value, wanted, ignore_case=ignore_case))
        case "contains":
            parts = wanted if isinstance(wanted, list) else [wanted]
            hits = [contains(value, as_text(part), ignore_case=ignore_case) for part in parts]
            return sum(hits) / len(hits) if hits else 1.0
        case "regex":
            return float(found(as_text(wanted), as_text(value), ignore_case=ignore_case))
        case "json_schema":
            return float(misfit(_json_of(value), schema) is None)
        case "similarity":
            texts = [as_text(each).strip() for each in (value, wanted)]
            return _similarity(*(text.casefold() for text in texts) if ignore_case else texts)


def _similarity(first: str, second: str) -> float:
    from difflib import SequenceMatcher

    longest = max(len(first), len(second))
    if longest > _MOST_CHARACTERS:
        raise GraphideError(
            f"a text of {longest:,} characters is too long to be compared, the limit is {_MOST_CHARACTERS:,}",
            hint="Split the texts and score the parts",
        )
    if longest > _BY_CHARACTER:
        return SequenceMatcher(None, first.split(), second.split(), autojunk=False).ratio()
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _json_of(value: Any) -> Json:
    if not isinstance(value, str):
        return to_json(value)
    import json

    try:
        return json.loads(value)
    except ValueError:
        return value
