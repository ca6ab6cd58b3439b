"""What a prompt text may do: the allow-lists of filters, tests, functions and methods, each with its size known.

An operation whose result could be much larger than its operands computes that size first. Nothing here reads files, the
network, the clock or the attributes of Python objects.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from jinja2.defaults import DEFAULT_FILTERS, DEFAULT_TESTS  # type: ignore[attr-defined]
from jinja2.filters import do_indent
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.utils import Namespace, pass_context

from graphide.errors import GraphideError
from graphide.prompt_text.meter import Meter
from graphide.prompt_text.plain import words
from graphide.values import to_json

METER = " meter"  # the name under which a context carries its meter; no template can write a name with a space
MAX_RANGE = 100_000

Operation = Callable[..., Any]

WIDGETS: Mapping[str, str] = {
    "choice": "choice",
    "input": "text",
    "longtext": "longtext",
    "number": "number",
    "integer": "integer",
    "toggle": "toggle",
    "file": "file",
    "json": "json",
    "list": "list",
}

_JINJA_FILTERS = words(
    "abs count d default dictsort first float groupby int items last length list map max min reject "
    "rejectattr reverse select selectattr sort truncate unique wordcount"
)
_JINJA_TESTS = words(
    "boolean defined divisibleby eq equalto even false float ge greaterthan gt in integer iterable le "
    "lessthan lower lt mapping ne none number odd sequence string true undefined upper == != > >= < <="
)


class Method:
    """A function that a template may call; other callables are refused."""

    def __init__(self, name: str, function: Operation, *, wants_context: bool = False) -> None:
        self.name = name
        self.function = function
        self.wants_context = wants_context


def meter_of(context: Context) -> Meter:
    """Return the meter of the filling-in that a context belongs to."""
    return cast(Meter, context.parent[METER])


def guarded(function: Operation) -> Operation:
    """Return a filter or test of Jinja that ticks and whose result is weighed."""
    passed = getattr(getattr(function, "jinja_pass_arg", None), "name", "")

    @pass_context
    def run(context: Context, *args: Any, **kwargs: Any) -> Any:
        meter = meter_of(context)
        meter.tick()
        first = {"context": context, "eval_context": context.eval_ctx, "environment": context.environment}
        extra = (first[passed],) if passed else ()
        return meter.keep(function(*extra, *args, **kwargs))

    return run


def _text_filter(function: Callable[..., Any]) -> Operation:
    """Return a filter that works on the text of its value."""

    @pass_context
    def run(context: Context, value: Any, *args: Any) -> Any:
        return function(meter_of(context).text(present(value)), *args)

    return run


def present(value: Any) -> Any:
    """Return a value; raises its own error when it is a missing one."""
    if isinstance(value, Undefined):
        str(value)
    return value


def as_is(value: Any, *_: Any, **__: Any) -> Any:
    """Return the value: a widget filter only says how a placeholder is edited."""
    return value


@pass_context
def concat(context: Context, items: list[Any]) -> str:
    """Return `a ~ b ~ c`."""
    return join(context, items)


@pass_context
def join(context: Context, value: Any, d: Any = "", attribute: Any = None) -> str:
    """Return the texts of a list with `d` between them."""
    meter = meter_of(context)
    if attribute is not None:
        value = DEFAULT_FILTERS["map"](context, value, attribute=attribute)
    texts = [meter.text(item) for item in meter.each(present(value))]
    between = meter.text(d)
    meter.charge(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


@pass_context
def replace(context: Context, value: Any, old: Any, new: Any, count: int | None = None) -> str:
    """Return a text with `old` replaced by `new`, `count` times at most."""
    meter = meter_of(context)
    text, old, new = meter.text(present(value)), meter.text(old), meter.text(new)
    times = text.count(old) if count is None or count < 0 else min(count, text.count(old))
    meter.charge(len(text) + times * len(new))
    return text.replace(old, new, times)


@pass_context
def indent(context: Context, value: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """Return a text with its lines indented by `width` blanks, or by the text `width`."""
    meter = meter_of(context)
    text = meter.text(present(value))
    prefix = width if isinstance(width, int) else len(width)
    meter.charge(len(text) + (text.count("\n") + 2) * max(0, prefix))
    return str(do_indent(text, width, first, blank))


@pass_context
def round_(context: Context, value: Any, precision: int = 0, method: str = "common") -> Any:
    """Return a rounded number."""
    if not -100 <= precision <= 100:
        raise GraphideError("round() takes between -100 and 100 digits")
    return DEFAULT_FILTERS["round"](present(value), precision, method)


@pass_context
def sum_(context: Context, value: Any, attribute: Any = None, start: float = 0) -> Any:
    """Return the sum of numbers."""
    if not isinstance(start, int | float):
        raise GraphideError("sum() adds numbers only")
    return DEFAULT_FILTERS["sum"](context.environment, value, attribute, start)


@pass_context
def tojson(context: Context, value: Any, indent: int | None = None) -> str:
    """Return a value as JSON with sorted keys, with nothing escaped for HTML."""
    if indent is not None and not 0 <= indent <= 16:
        raise GraphideError("tojson() indents by 0 to 16")
    meter_of(context).text(present(value))  # refuses what has no JSON form
    return json.dumps(to_json(value), ensure_ascii=False, sort_keys=True, indent=indent)


_SPECIFIER = re.compile(r"%(?:\(\w*\))?[#0\- +]*(\d{0,3})(?:\.(\d{0,3}))?([diouxXeEfFgGcrsa%])?")


@pass_context
def format_(context: Context, value: Any, *args: Any, **kwargs: Any) -> str:
    """Return a text with its `%s` and `%.2f` filled in."""
    meter = meter_of(context)
    text = meter.text(present(value))
    if any(match[3] is None for match in _SPECIFIER.finditer(text)):
        raise GraphideError('format() knows "%s", "%d", "%.2f" and the like, with widths below 1,000')
    plain = [_formattable(meter, item) for item in args]
    named = {key: _formattable(meter, item) for key, item in kwargs.items()}
    sizes = [len(item) for item in (*plain, *named.values()) if isinstance(item, str)]
    repeated = text.count("%") if named else 1
    meter.charge(len(text) + 1000 * text.count("%") + repeated * sum(sizes))
    return text % (named or tuple(plain))


def percent(context: Context, text: str, right: Any) -> str:
    """Return `text % right`: a tuple gives several values, an object named ones."""
    if isinstance(right, dict):
        return format_(context, text, **{str(key): item for key, item in right.items()})
    return format_(context, text, *(right if isinstance(right, tuple) else (right,)))


def _formattable(meter: Meter, value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else meter.text(present(value))


def _range(*args: int) -> list[int]:
    numbers = range(*args)
    if abs(args[-1]) > MAX_RANGE**2 or len(numbers) > MAX_RANGE:
        raise GraphideError(f"range() gives {MAX_RANGE:,} numbers at most")
    return list(numbers)


_OWN_FILTERS: Mapping[str, Operation] = {
    "capitalize": _text_filter(str.capitalize),
    "e": _text_filter(html.escape),
    "escape": _text_filter(html.escape),
    "format": format_,
    "indent": indent,
    "join": join,
    "lower": _text_filter(str.lower),
    "replace": replace,
    "round": round_,
    "string": _text_filter(str),
    "sum": sum_,
    "title": _text_filter(DEFAULT_FILTERS["title"]),
    "tojson": tojson,
    "trim": _text_filter(str.strip),
    "upper": _text_filter(str.upper),
}

FILTERS: Mapping[str, Operation] = {
    **{name: guarded(as_is) for name in WIDGETS},
    **{name: guarded(DEFAULT_FILTERS[name]) for name in _JINJA_FILTERS},
    **{name: guarded(function) for name, function in _OWN_FILTERS.items()},
}
TESTS: Mapping[str, Operation] = {name: guarded(cast(Operation, DEFAULT_TESTS[name])) for name in _JINJA_TESTS}
FUNCTIONS: Mapping[str, Method] = {
    "range": Method("range", _range),
    "dict": Method("dict", dict),
    "namespace": Method("namespace", Namespace),
}

_TEXT_METHODS = words(
    "capitalize count endswith find index isalnum isalpha isdecimal isdigit islower isspace istitle "
    "isupper lower lstrip partition removeprefix removesuffix rfind rpartition rsplit rstrip split "
    "splitlines startswith strip swapcase title upper"
)
_LIST_METHODS = frozenset(["count", "index"])
_DICT_METHODS = frozenset(["get", "items", "keys", "values"])
_LOOP_METHODS = frozenset(["changed", "cycle"])
_LOOP_VALUES = words("depth depth0 first index index0 last length nextitem previtem revindex revindex0")


def method(value: Any, name: str) -> Method | None:
    """Return the method of a value that a template may call by this name."""
    if isinstance(value, str):
        if name in ("join", "replace"):
            return Method(name, _joined_by(value) if name == "join" else _replaced_in(value), wants_context=True)
        return Method(name, getattr(value, name)) if name in _TEXT_METHODS else None
    if isinstance(value, list | tuple):
        return Method(name, getattr(value, name)) if name in _LIST_METHODS else None
    if isinstance(value, dict):
        return _dict_method(value, name) if name in _DICT_METHODS else None
    if isinstance(value, LoopContext) and name in _LOOP_METHODS:
        return Method(name, getattr(value, name))
    return None


def attribute(value: Any, name: str) -> tuple[Any] | None:
    """Return the attribute of a loop, a namespace or a named tuple as a tuple of one; None when it has none."""
    if isinstance(value, LoopContext):
        return (getattr(value, name),) if name in _LOOP_VALUES else None
    if isinstance(value, Namespace):
        try:
            return None if name.startswith("_") else (getattr(value, name),)
        except AttributeError:
            return None
    if isinstance(value, tuple) and name in getattr(type(value), "_fields", ()):
        return (getattr(value, name),)
    return None


def _joined_by(between: str) -> Operation:
    def run(context: Context, items: Iterable[Any]) -> str:
        return join(context, items, between)

    return run


def _replaced_in(text: str) -> Operation:
    def run(context: Context, old: Any, new: Any, count: int = -1) -> str:
        return replace(context, text, old, new, count)

    return run


def _dict_method(value: dict[Any, Any], name: str) -> Method:
    if name == "get":
        return Method(name, value.get)
    return Method(name, lambda: list(getattr(value, name)()))
