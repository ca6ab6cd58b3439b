"""The node type `regex`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from graphide.api import ABSENT, GraphideError, Line, LongText, Outlines, Port, Settings, Text, Wire, describe, node
from graphide_nodes.shared.patterns import SECONDS, compiled, in_time, pattern_problem


def _problem(settings: Settings) -> str | None:
    if not settings["pattern"]:
        return "pattern is empty: give a regular expression"
    return pattern_problem(settings["pattern"])


def _output(settings: Settings, _: Outlines) -> tuple[Port, ...]:
    named = "(?P<" in settings["pattern"]
    wires: Mapping[str, Wire] = {
        "first": "json" if named else "text", "all": "list", "replace": "text", "test": "boolean"
    }  # fmt: skip
    return (Port(name="value", wires=(wires[settings["mode"]],)),)


@node("regex", category="data", more_outputs=_output, check=_problem)
def regex(
    text: Text,
    *,
    mode: Literal["first", "all", "replace", "test"] = "first",
    pattern: Annotated[str, Line("Regular expression")] = "",
    replacement: Annotated[str, LongText("Text put in; \\1 and \\g<name> are groups")] = "",
    ignore_case: bool = False,
    multiline: bool = False,
    dot_all: bool = False,
    missing: Literal["stop", "default", "skip"] = "stop",
    default: Annotated[str, Line("Value when nothing matches and missing is default")] = "",
) -> Mapping[str, Any]:
    r"""Find, replace or test with a regular expression.

    A match gives its first group, or all of it without groups; with named groups, `(?P<name>…)`, an object of them.
    `first` without a match is an error, `default`, or no value at all (skip), so that what follows is skipped. A
    pattern that takes more than two seconds is stopped.

        pattern: (?P<year>\d{4})-(?P<month>\d\d)
        mode: all
    """
    expression = compiled(pattern, ignore_case=ignore_case, multiline=multiline, dot_all=dot_all)
    with in_time(pattern):
        match mode:
            case "first":
                match_ = expression.search(text, timeout=SECONDS)
                return {"value": _value(match_) if match_ else _missing(missing, default, pattern, text)}
            case "all":
                return {"value": [_value(each) for each in expression.finditer(text, timeout=SECONDS)]}
            case "replace":
                return {"value": _replaced(expression, replacement, text)}
            case "test":
                return {"value": expression.search(text, timeout=SECONDS) is not None}


def _value(match: Any) -> Any:
    named = match.groupdict()
    if named:
        return dict(named)
    return (match.group(1) or "") if match.re.groups else match.group()


def _replaced(expression: Any, replacement: str, text: str) -> str:
    try:
        replaced: str = expression.sub(replacement, text, timeout=SECONDS)
    except TimeoutError:
        raise
    except Exception as error:  # the library raises its own error, IndexError or KeyError for a wrong template
        raise GraphideError(
            f'the replacement "{replacement}" cannot be used: {error}',
            hint="Write \\\\ for a backslash, \\1 for a group",
        ) from error
    return replaced


def _missing(missing: str, default: str, pattern: str, text: str) -> Any:
    if missing == "skip":
        return ABSENT
    if missing == "default":
        return default
    raise GraphideError(
        f'nothing matches "{pattern}" in this {describe(text)}', hint='Set "missing" to default or skip to go on'
    )
