"""The node type `if`."""

from typing import Annotated, Any, NamedTuple

from graphide.api import ABSENT, Help, Line, node
from graphide_nodes.shared.conditions import Condition, condition_problem, holds


class Branches(NamedTuple):
    """The two ways on; exactly one of them gets a value."""

    then: Any
    otherwise: Any


@node("if", category="flow", inline=True, check=condition_problem)
def if_(
    value: Annotated[Any, Help("What the condition is about")],
    data: Annotated[Any, Help("What goes on; the value itself when nothing is connected")] = ABSENT,
    *,
    condition: Condition = "truthy",
    to: Annotated[str, Line("What the value is compared with")] = "",
    ignore_case: bool = True,
    negate: bool = False,
) -> Branches:
    """Send a value one of two ways; what hangs on the other way is skipped.

    Texts are compared without the blanks around them; two numbers as numbers. `truthy` is false for null, 0, nothing,
    and for texts such as `false` and `no`. Bring the ways together again with a `fallback` node.

        condition: contains
        to: yes
    """
    passed = value if data is ABSENT else data
    met = holds(condition, value, to, ignore_case=ignore_case) != negate
    return Branches(passed, ABSENT) if met else Branches(ABSENT, passed)
