"""The node type `filter`."""

from typing import Annotated, Any, NamedTuple

from graphide.api import Help, Line, node
from graphide_nodes.shared.conditions import Condition, condition_problem, holds


class Filtered(NamedTuple):
    """The items that meet the condition, and the others, each in their order."""

    kept: list[Any]
    dropped: list[Any]


@node("filter", category="data", check=condition_problem)
def filter_(
    items: Annotated[list[Any], Help("What is looked through")],
    *,
    condition: Condition = "truthy",
    to: Annotated[str, Line("What each item is compared with")] = "",
    key: Annotated[str, Line("Key to look at where items are objects; empty: the item")] = "",
    ignore_case: bool = True,
    negate: bool = False,
) -> Filtered:
    """Keep the items of a list that meet a condition.

    The conditions are those of the `if` node. With `key`, objects are judged by the value under it; one without it
    counts as null.

        condition: greater
        key: score, to: 7
    """
    kept: list[Any] = []
    dropped: list[Any] = []
    for item in items:
        value = item.get(key) if key and isinstance(item, dict) else item
        met = holds(condition, value, to, ignore_case=ignore_case) != negate
        (kept if met else dropped).append(item)
    return Filtered(kept, dropped)
