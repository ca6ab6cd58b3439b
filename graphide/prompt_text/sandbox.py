"""The Jinja environment of prompt texts: what is refused when a text is read, and the guards around what it does.

Before Jinja turns a text into code, `guard` puts every loop, literal, comparison and joining of texts behind a counting
filter; operators, calls and attributes go through the environment itself. So each single step is bounded and between
two steps the deadline is checked, without signals or other threads. The rules of the steps are in `operations`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, cast

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context, Macro, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing, pass_context
from jinja2.visitor import NodeTransformer

from graphide.errors import GraphideError
from graphide.prompt_text import operations, plain
from graphide.prompt_text.meter import MAX_BITS
from graphide.prompt_text.operations import Method, meter_of

MAX_TOKENS = 10_000  # reading and compiling take up to 0.1 ms each, and cannot be stopped
MAX_NODE_DEPTH = 150

_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Include: "{% include %} is refused: a prompt text cannot read files",
    nodes.Import: "{% import %} is refused: a prompt text cannot read files",
    nodes.FromImport: "{% from %} is refused: a prompt text cannot read files",
    nodes.Extends: "{% extends %} is refused: a prompt text cannot read files",
    nodes.Block: "{% block %} is refused: it has a meaning only in templates that extend others",
    nodes.ScopedEvalContextModifier: "{% autoescape %} is refused: prompts are not HTML",
}


class MissingValue(StrictUndefined):
    """A value that is not there; using it raises a GraphideError that names it."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = missing, name: Any = None, exc: Any = None) -> None:
        super().__init__(hint, obj, name)
        self._undefined_exception = self._error  # type: ignore[assignment]

    def _error(self, message: str) -> GraphideError:
        if self._undefined_hint:
            return GraphideError(self._undefined_hint)
        if self._undefined_obj is missing:
            return plain.missing(str(self._undefined_name))
        kind = _KINDS.get(type(self._undefined_obj), "value")
        return GraphideError(f"the {kind} has no {self._undefined_name!r}")


_KINDS = {str: "text", int: "number", float: "number", bool: "boolean", list: "list", tuple: "list", dict: "object"}


class Environment(ImmutableSandboxedEnvironment):
    """Jinja's immutable sandbox, with allow-lists instead of Python's attributes and a meter on every step."""

    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "**", "%"])

    def __init__(self) -> None:
        super().__init__(undefined=MissingValue, finalize=_finalize, keep_trailing_newline=True, cache_size=0)
        self.filters = {**operations.FILTERS, **_GUARDS}
        self.tests = dict(operations.TESTS)
        self.globals = dict(operations.FUNCTIONS)

    def _tokenize(self, *args: Any, **kwargs: Any) -> TokenStream:
        stream = super()._tokenize(*args, **kwargs)
        return TokenStream(_bounded(stream), stream.name, stream.filename)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a method from the allow-list, else a key of an object."""
        operations.present(obj)
        method = operations.method(obj, attribute)
        if method is not None:
            return method
        found = operations.attribute(obj, attribute)
        if found is None and isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return self.undefined(obj=obj, name=attribute) if found is None else found[0]

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an item of a list, a text or an object, else what `getattr` finds."""
        operations.present(obj)
        if isinstance(obj, str | list | tuple | dict):
            try:
                return obj[argument]
            except (TypeError, LookupError):
                pass
        return self.getattr(obj, argument) if isinstance(argument, str) else self.undefined(obj=obj, name=argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return the result of an operator, whose size is checked before it is computed."""
        meter = meter_of(context)
        for side in (left, right):
            meter.keep(operations.present(side)) if isinstance(side, int) else operations.present(side)
        if operator == "%" and isinstance(left, str):
            return meter.keep(operations.percent(context, left, right))
        size = _size_of_result(operator, left, right)
        if size is None:
            a, b = (_KINDS.get(type(side), type(side).__name__) for side in (left, right))
            raise GraphideError(f'"{operator}" does not work on a {a} and a {b}', hint="Join texts with ~")
        meter.charge(size)
        return meter.keep(self.binop_table[operator](left, right))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call a macro of the text or a function from the allow-list."""
        operations.present(__obj)
        meter = meter_of(__context)
        meter.tick()
        if isinstance(__obj, Macro):
            return meter.keep(__context.call(__obj, *args, **kwargs))
        if not isinstance(__obj, Method):
            raise GraphideError(f"a {_KINDS.get(type(__obj), 'value of this kind')} cannot be called")
        for name in ("_loop_vars", "_block_vars"):
            kwargs.pop(name, None)
        extra = (__context,) if __obj.wants_context else ()
        return meter.keep(__obj.function(*extra, *args, **kwargs))


def _size_of_result(operator: str, left: Any, right: Any) -> int | None:
    """Return an upper bound for the size of an operator's result; None when it does not work on these operands."""
    if isinstance(left, int | float) and isinstance(right, int | float):
        whole = operator == "**" and isinstance(left, int) and isinstance(right, int)
        if whole and int(left).bit_length() * abs(right) > MAX_BITS:
            raise GraphideError(f"an integer has more than {MAX_BITS} bits")
        return 1
    if operator == "+":
        same = (isinstance(left, str) and isinstance(right, str)) or (type(left) is type(right) is list)
        return len(left) + len(right) if same else None
    if operator == "*" and isinstance(left, int):
        left, right = right, left
    if operator == "*" and isinstance(left, str | list) and isinstance(right, int):
        return len(left) * max(0, right)
    return None


@pass_context
def _finalize(context: Context, value: Any) -> str:
    meter = meter_of(context)
    text = meter.text(value)
    meter.charge(len(text) + 1)
    return text


@pass_context
def _keep(context: Context, value: Any) -> Any:
    return meter_of(context).keep(value)


@pass_context
def _each(context: Context, value: Any) -> Iterator[Any]:
    if not isinstance(operations.present(value), str | list | tuple | dict):
        raise GraphideError(f"{{% for %}} needs a list, but this is a {_KINDS.get(type(value), 'value')}")
    return meter_of(context).each(value)


# The names have a blank so that no text can write them.
_GUARDS = {" keep": _keep, " each": _each, " concat": operations.guarded(operations.concat)}


def _behind(name: str, node: nodes.Node) -> nodes.Expr:
    return nodes.Filter(
        cast(nodes.Expr, node), name, [], [], None, None, lineno=node.lineno, environment=node.environment
    )


class _Guard(NodeTransformer):
    # The names of the methods are those of Jinja's node classes.
    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.iter = _behind(" each", node.iter)
        return node

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Node:  # noqa: N802
        return nodes.Const(node.data, lineno=node.lineno, environment=node.environment)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _behind(" concat", nodes.List(node.nodes, lineno=node.lineno, environment=node.environment))

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _behind(" keep", node)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _behind(" keep", node) if isinstance(node.arg, nodes.Slice) else node

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return node if node.ctx == "store" else _behind(" keep", node)

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _behind(" keep", node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _behind(" keep", node)


def guard(tree: nodes.Template) -> nodes.Template:
    """Put every step of a template behind a guard, in place, and return it."""
    _Guard().visit(tree)
    return tree


def _bounded(stream: TokenStream) -> Iterator[Token]:
    for count, token in enumerate(stream):
        if count > MAX_TOKENS:
            raise TemplateSyntaxError(f"the text has more than {MAX_TOKENS:,} pieces", token.lineno)
        yield token


def refuse_forbidden(tree: nodes.Template) -> None:
    """Raise GraphideError for statements, filters and tests that prompt texts do not have, and for extreme nesting."""
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        problem, hint = _problem_of(node, depth)
        if problem:
            raise GraphideError(problem, where=plain.line(node.lineno), hint=hint)
        waiting.extend((child, depth + 1) for child in node.iter_child_nodes())


def _problem_of(node: nodes.Node, depth: int) -> tuple[str, str]:
    if depth > MAX_NODE_DEPTH:
        return "the text is nested too deeply", "Split it into several texts"
    if type(node) in _REFUSED:
        return _REFUSED[type(node)], "Use several nodes and connect them"
    if isinstance(node, nodes.For) and node.recursive:
        return "recursive loops are refused", "Use a macro that calls itself"
    if isinstance(node, nodes.Const) and isinstance(node.value, int) and node.value.bit_length() > MAX_BITS:
        return f"an integer has more than {MAX_BITS} bits", ""
    if isinstance(node, nodes.Name) and node.name in ("varargs", "kwargs", "self"):
        return f'"{node.name}" cannot be used in a prompt text', "Name the arguments of the macro"
    if isinstance(node, nodes.Name) and not unicodedata.is_normalized("NFKC", node.name):
        return f'"{node.name}" cannot be a name', f'Write "{unicodedata.normalize("NFKC", node.name)}"'
    if isinstance(node, nodes.Filter) and node.name not in operations.FILTERS:
        return f'there is no filter "{node.name}"', _suggest(node.name, operations.FILTERS)
    if isinstance(node, nodes.Test) and node.name not in operations.TESTS:
        return f'there is no test "{node.name}"', _suggest(node.name, operations.TESTS)
    return "", ""


def _suggest(name: str, known: Any) -> str:
    close = get_close_matches(name, known, n=1)
    return f'Did you mean "{close[0]}"?' if close else f"Known are: {', '.join(sorted(known))}"
