"""Prompt texts with Jinja in them: their placeholders with widgets, and filling them in within limits.

The sandbox and its rules are in `sandbox`; texts without Jinja never come here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any, TypeVar

from jinja2 import Template, meta, nodes
from jinja2.exceptions import TemplateError, TemplateSyntaxError

from graphide.errors import GraphideError
from graphide.prompt_text import plain, widgets
from graphide.prompt_text.meter import Meter
from graphide.prompt_text.operations import METER
from graphide.prompt_text.plain import Limits, Placeholder
from graphide.prompt_text.sandbox import Environment, guard, refuse_forbidden
from graphide.values import to_json

_T = TypeVar("_T")

_CACHED_TEXT = 50_000  # characters; longer texts are compiled anew each time
_RAW = "Put {% raw %} and {% endraw %} around text that is not meant as a placeholder"

# What a template can raise by doing nonsense: "a" < 1, 1 // 0, recursion without end …
_FAILURES = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    AssertionError,
    RecursionError,
    MemoryError,
)

_environment = Environment()


def placeholders(text: str) -> tuple[Placeholder, ...]:
    """Return the placeholders of a text with their widgets, as `graphide.prompt_text.placeholders` says."""
    return _cached_placeholders(text) if len(text) <= _CACHED_TEXT else _placeholders(text)


def render(text: str, values: Mapping[str, Any], limits: Limits) -> str:
    """Return the text with its values, as `graphide.prompt_text.render` says."""
    template, names = _cached_compiled(text) if len(text) <= _CACHED_TEXT else _compiled(text)
    pieces: list[str] = []
    try:
        used = {name: _plain_value(values[name]) for name in names if name in values}
        context = template.new_context({**used, METER: Meter(limits, used.values())})
        room = limits.output
        for piece in template.root_render_func(context):
            room -= len(piece)
            if room < 0:
                raise plain.too_long(limits)
            pieces.append(piece)
    except GraphideError as error:
        raise error.at(_place(template, error.__traceback__)) from None
    except _FAILURES as error:
        place = _place(template, error.__traceback__)
        raise GraphideError(_sentence(error), where=place, hint="Check this line of the text") from error
    return "".join(pieces)


def _plain_value(value: Any) -> Any:
    """Return a value as JSON data, so that a text meets no Python objects."""
    if isinstance(value, str):
        return str(value)
    return value if value is None or type(value) in (int, float, bool) else to_json(value)


def _compiled(text: str) -> tuple[Template, tuple[str, ...]]:
    tree = _parsed(text)
    names = tuple(_understood(lambda: meta.find_undeclared_variables(tree)))
    return _understood(lambda: _environment.from_string(guard(tree))), names


def _placeholders(text: str) -> tuple[Placeholder, ...]:
    tree = _parsed(text)
    undeclared = _understood(lambda: meta.find_undeclared_variables(tree))
    names = dict.fromkeys(name.name for name in tree.find_all(nodes.Name) if name.name in undeclared)
    found = {use.name: use for use in reversed(list(widgets.uses(tree)))}
    guarded = widgets.guarded_names(tree)
    counts = Counter(name.name for name in tree.find_all(nodes.Name) if name.ctx == "load")
    return tuple(
        widgets.with_optional(found.get(name, Placeholder(name)), guarded[name] >= counts[name]) for name in names
    )


_cached_compiled = lru_cache(maxsize=128)(_compiled)
_cached_placeholders = lru_cache(maxsize=256)(_placeholders)


def _parsed(text: str) -> nodes.Template:
    tree = _understood(lambda: _environment.parse(text))
    refuse_forbidden(tree)
    return tree


def _understood(read: Callable[[], _T]) -> _T:
    """Return what `read` makes of a text; its errors become GraphideErrors with the line."""
    try:
        return read()
    except TemplateSyntaxError as error:
        message = (error.message or "the text is not a valid template").rstrip(".")
        raise GraphideError(message, where=plain.line(error.lineno), hint=_RAW) from None
    except (RecursionError, MemoryError, SyntaxError) as error:
        raise GraphideError("the text is nested too deeply", hint="Split it into several texts") from error
    except (ValueError, OverflowError) as error:
        raise GraphideError(f"the text is not a valid template: {error}", hint=_RAW) from error


def _place(template: Template, trace: TracebackType | None) -> str:
    """Return the line of the text at which an error happened."""
    number = 0
    for frame, position in _frames(trace):
        if frame.get("__jinja_template__") is template:
            number = template.get_corresponding_lineno(position)
    return plain.line(number) if number else ""


def _frames(trace: TracebackType | None) -> Iterator[tuple[dict[str, Any], int]]:
    while trace is not None:
        yield trace.tb_frame.f_globals, trace.tb_lineno
        trace = trace.tb_next


def _sentence(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "a macro calls itself without end, or a value is nested too deeply"
    if isinstance(error, MemoryError):
        return "filling in the text takes too much memory"
    if isinstance(error, ZeroDivisionError):
        return "a number is divided by zero"
    return (str(error) or type(error).__name__).rstrip(".")
