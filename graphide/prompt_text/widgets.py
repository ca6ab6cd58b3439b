"""The widgets of placeholders: what the filters directly behind a name say about how a person fills it in.

`{{ tone | choice("kind", "strict") | default("kind") }}` is one use: a choice of two, and optional. Only the syntax
tree is read; nothing is rendered here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from jinja2 import nodes

from graphide.errors import GraphideError
from graphide.prompt_text import plain
from graphide.prompt_text.operations import WIDGETS
from graphide.prompt_text.plain import Kind, Placeholder, text_of

_DEFAULTS = frozenset(["default", "d"])


def uses(tree: nodes.Template) -> Iterator[Placeholder]:
    """Yield a placeholder for every widget filter in the text.

    Raises GraphideError, with the line, when the arguments of a widget are not constants or do not fit.
    """
    for node in tree.find_all(nodes.Filter):
        if node.name in WIDGETS:
            name = _name_behind(node)
            if name is not None:
                yield _placeholder(node, name)


def guarded_names(tree: nodes.Template) -> Counter[str]:
    """Return how many uses of each name have a default; with an `is defined` test, all of them."""
    counts: Counter[str] = Counter()
    for node in tree.find_all(nodes.Filter):
        if node.name in _DEFAULTS:
            name = _name_behind(node)
            if name is not None:
                counts[name] += 1
    for test in tree.find_all(nodes.Test):
        if test.name in ("defined", "undefined") and isinstance(test.node, nodes.Name):
            counts[test.node.name] += 1_000_000
    return counts


def with_optional(placeholder: Placeholder, optional: bool) -> Placeholder:
    """Return the placeholder with its `optional` set."""
    return replace(placeholder, optional=optional)


def _name_behind(node: nodes.Filter) -> str | None:
    """Return the name at the start of a chain of widget and default filters."""
    inner: nodes.Node | None = node
    while isinstance(inner, nodes.Filter) and (inner.name in WIDGETS or inner.name in _DEFAULTS):
        inner = inner.node
    return inner.name if isinstance(inner, nodes.Name) else None


def _placeholder(node: nodes.Filter, name: str) -> Placeholder:
    where = plain.line(node.lineno)
    try:
        args = [argument.as_const() for argument in node.args]
        named = {argument.key: argument.value.as_const() for argument in cast(list[nodes.Keyword], node.kwargs)}
    except nodes.Impossible:
        raise GraphideError(
            f'the widget {node.name}() of "{name}" needs constants as arguments',
            where=where,
            hint='Write them out, as in choice("short", "long")',
        ) from None
    kind = cast(Kind, WIDGETS[node.name])
    if kind == "choice":
        return Placeholder(name, "choice", choices=_choices(name, args, where))
    if kind in ("number", "integer"):
        low, high = _bounds(name, args, named, where)
        return Placeholder(name, kind, low=low, high=high)
    return Placeholder(name, kind)


def _choices(name: str, args: list[Any], where: str) -> tuple[str, ...]:
    if len(args) == 1 and isinstance(args[0], list | tuple):
        args = list(args[0])
    if not args:
        raise GraphideError(f'the choice of "{name}" has no choices', where=where, hint='Write choice("short", "long")')
    return tuple(text_of(argument) for argument in args)


def _bounds(name: str, args: list[Any], named: dict[str, Any], where: str) -> tuple[float | None, float | None]:
    values = {**dict(zip(("low", "high"), args, strict=False)), **named}
    fits = len(args) <= 2 and set(values) <= {"low", "high"} and all(map(_is_bound, values.values()))
    low, high = values.get("low"), values.get("high")
    if not fits or (low is not None and high is not None and low > high):
        raise GraphideError(
            f'the bounds of the number "{name}" do not fit',
            where=where,
            hint="Write number(low, high) with low not above high",
        )
    return low, high


def _is_bound(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
