"""The node type `zip`."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Annotated, Any, Literal

from graphide.api import GraphideError, Help, Items, Many, node


@node("zip", category="data", inline=True)
def zip_(
    lists: Annotated[Many[list[Any]], Help("Lists in edge order")] = (),
    *,
    names: Annotated[Sequence[str], Items("Keys, one for each list; empty: rows are lists", texts=True)] = (),
    uneven: Literal["stop", "shortest", "longest"] = "stop",
) -> list[Any]:
    """Put lists side by side: one row for each position.

    A row is a list, or an object where `names` gives the keys. Lists of different lengths are an error, or the rows end
    with the shortest, or missing items are null (longest).

        names: ["question", "answer"]
        uneven: shortest
    """
    lengths = sorted({len(each) for each in lists})
    if names and len(names) != len(lists):
        raise GraphideError(f"there are {len(names)} names for {len(lists)} lists", hint="Give one name for each list")
    if uneven == "stop" and len(lengths) > 1:
        raise GraphideError(
            f"the lists have different lengths ({', '.join(map(str, lengths))})",
            hint='Set "uneven" to shortest or longest',
        )
    rows = zip(*lists, strict=False) if uneven == "shortest" else zip_longest(*lists)
    return [dict(zip(names, row, strict=True)) if names else list(row) for row in rows]
