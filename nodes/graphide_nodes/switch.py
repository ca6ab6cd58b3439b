"""The node type `switch`."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from graphide.api import ABSENT, Help, Items, Outlines, Port, Settings, node
from graphide_nodes.shared.conditions import holds
from graphide_nodes.shared.patterns import pattern_problem

_OTHERWISE = "otherwise"


def port_name(case: str) -> str:
    """Return the name of the output port of a case: lower case, with _ for whatever a port name cannot have."""
    slug = re.sub(r"[^a-z0-9_-]+", "_", case.lower()).strip("_-")
    return slug if slug[:1].isalpha() else f"case_{slug}".rstrip("_")


def _outputs(settings: Settings, _: Outlines) -> tuple[Port, ...]:
    names = dict.fromkeys([*(port_name(case) for case in settings["cases"]), _OTHERWISE])
    return tuple(Port(name=name, wires=("any",)) for name in names)


def _problem(settings: Settings) -> str | None:
    names: dict[str, str] = {_OTHERWISE: "the output for everything else"}
    for case in settings["cases"]:
        if not case.strip():
            return "a case is empty: give the text that the value is compared with"
        name = port_name(case)
        if name in names:
            return f'case "{case}" would have the output "{name}", as has {names[name]}: give it another text'
        names[name] = f'case "{case}"'
        if settings["compare"] == "matches" and (sentence := pattern_problem(case)):
            return sentence
    return None


@node("switch", category="flow", inline=True, more_outputs=_outputs, check=_problem)
def switch(
    value: Annotated[Any, Help("What the cases are compared with")],
    data: Annotated[Any, Help("What goes on; the value itself when nothing is connected")] = ABSENT,
    *,
    cases: Annotated[Sequence[str], Items("Texts, each with an output of its own", texts=True)] = (),
    compare: Literal["equals", "contains", "matches"] = "equals",
    ignore_case: bool = True,
) -> Mapping[str, Any]:
    """Send a value the way of the first case that fits; what hangs on the other ways is skipped.

    Each case has an output with its name in small letters ("Bug report" → `bug_report`); `otherwise` is for the rest.

        cases: ["refund", "complaint", "question"]
        compare: contains
    """
    passed = value if data is ABSENT else data
    for case in cases:
        if holds(compare, value, case, ignore_case=ignore_case):
            return {port_name(case): passed}
    return {_OTHERWISE: passed}
