"""Declare: a Python function with annotations becomes a NodeSpec.

`@node(…)` only marks the function; `spec_of` reads its signature when it is registered, so that a bad declaration is
one `DeclarationError` that names file, function and parameter, and never an import error of the whole program.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from graphide.errors import DeclarationError
from graphide.spec.fields import Choice, Field, Items, JsonValue, Line, Number, Toggle
from graphide.spec.generation import Context
from graphide.spec.nodespec import CacheRule, Effect, NodeSpec, Outlines, Port, Setting, Settings
from graphide.values import ManyEdges, Message, Sampling, Usage, Wire

_F = TypeVar("_F", bound=Callable[..., Any])
PortsOf = Callable[[Settings, Outlines], tuple[Port, ...]]
_MARK = "__graphide_node__"


@dataclass(frozen=True, slots=True)
class MoreInputs:
    """Marks the parameter that receives the values of computed inputs (see `More`)."""


@dataclass(frozen=True, slots=True)
class Tolerant:
    """Marks an input that is fed ABSENT when its source failed."""


@dataclass(frozen=True, slots=True)
class Help:
    """The one-line help of an input port."""

    text: str


More = Annotated[Mapping[str, Any], MoreInputs()]


def node(
    type: str,
    *,
    category: str,
    version: int = 1,
    cache: CacheRule | Callable[[Settings], CacheRule] = "always",
    effects: tuple[Effect, ...] = (),
    inline: bool = False,
    alone: bool = False,
    output: str = "",
    more_inputs: PortsOf | None = None,
    more_outputs: PortsOf | None = None,
    check: Callable[[Settings], str | None] | None = None,
    migrations: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] | None = None,
) -> Callable[[_F], _F]:
    """Declare the decorated function as the node type `type`.

    Parameters before `*` are input ports (a default makes one optional), parameters after it are settings; the first
    docstring line is the tooltip. `output` names the port of a function with one result; a function with `more_outputs`
    returns a mapping of output names to values, and one it leaves out was not produced. See CONTRIBUTING.md.
    """
    facts = dict(
        type=type, category=category, version=version, cache=cache, effects=frozenset(effects), inline=inline, alone=alone,
        more_inputs=more_inputs, more_outputs=more_outputs, check=check, migrations=migrations or {},
    )  # fmt: skip

    def mark(function: _F) -> _F:
        setattr(function, _MARK, (facts, output))
        return function

    return mark


def spec_of(function: Callable[..., Any], source: str = "") -> NodeSpec:
    """Return the NodeSpec of a function marked with `@node`; raises DeclarationError when its signature does not say one."""
    mark = getattr(function, _MARK, None)
    where = f"{getattr(function, '__module__', '?')}.{getattr(function, '__qualname__', function)}"
    if mark is None:
        raise DeclarationError("is not marked with @node", where=where)
    facts, output = mark
    hints = _hints(function, where)
    doc = inspect.cleandoc(function.__doc__ or "")
    if not doc:
        raise DeclarationError("needs a docstring; its first line is the tooltip", where=where)
    inputs, settings, wants_context, more = _parameters(function, hints, where)
    computed = facts["more_outputs"] is not None
    outputs, tuple_result = ((), False) if computed else _outputs(hints.get("return"), output, where)
    if facts["more_inputs"] is not None and not more:
        raise DeclarationError("declares more_inputs but has no parameter annotated `More`", where=where)
    return NodeSpec(
        **facts, summary=doc.splitlines()[0], doc=doc, inputs=inputs, outputs=outputs, settings=settings,
        function=function, streams=inspect.isgeneratorfunction(function), wants_context=wants_context,
        more_parameter=more, source=source or where, tuple_result=tuple_result,
        model_settings=tuple(name for name, setting in settings.items() if setting.field.kind == "model"),
    )  # fmt: skip


def _parameters(
    function: Callable[..., Any], hints: Mapping[str, Any], where: str
) -> tuple[tuple[Port, ...], dict[str, Setting], bool, str]:
    inputs: list[Port] = []
    settings: dict[str, Setting] = {}
    wants_context, more = False, ""
    for parameter in inspect.signature(function).parameters.values():
        place = f"{where}, parameter {parameter.name!r}"
        hint = hints.get(parameter.name)
        if hint is None:
            raise DeclarationError("needs an annotation", where=place)
        if hint is Context:
            wants_context = True
            if parameter.name != "ctx":
                raise DeclarationError("a Context parameter is called ctx", where=place)
        elif _marker(hint, MoreInputs) is not None:
            more = parameter.name
        elif parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            settings[parameter.name] = _setting(parameter, hint, place)
        elif parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
            inputs.append(_input(parameter, hint, place))
        else:
            raise DeclarationError("*args and **kwargs cannot be ports; use `More`", where=place)
    return tuple(inputs), settings, wants_context, more


def _input(parameter: inspect.Parameter, hint: Any, place: str) -> Port:
    required = parameter.default is inspect.Parameter.empty
    many = _marker(hint, ManyEdges) is not None
    help = _marker(hint, Help)
    bare = _bare(hint)
    wires = _wires(get_args(bare)[0] if many else hint, place)
    return Port(
        name=parameter.name, wires=wires, help=help.text if help else "", required=required and not many,
        default=() if many and required else None if required else parameter.default, many=many,
        tolerant=_marker(hint, Tolerant) is not None,
    )  # fmt: skip


def _setting(parameter: inspect.Parameter, hint: Any, place: str) -> Setting:
    if parameter.default is inspect.Parameter.empty:
        raise DeclarationError("a setting needs a default", where=place)
    default = _plain(parameter.default)
    field = _field(hint, place)
    if sentence := field.problem(default):
        raise DeclarationError(f"its default {sentence}", where=place)
    return Setting(name=parameter.name, field=field, default=default)


def _plain(default: Any) -> Any:
    """Return a default as the JSON value that a graph file has for it."""
    if isinstance(default, tuple):
        return [_plain(item) for item in default]
    if isinstance(default, Mapping):
        return {key: _plain(item) for key, item in default.items()}
    return default


def _field(hint: Any, place: str) -> Field:
    bare = _bare(hint)
    members = [member for member in _members(bare) if member is not types.NoneType]
    optional = len(members) < len(_members(bare))
    declared = _marker(hint, Field)
    field = declared if declared is not None else _field_of_type(members, place)
    if isinstance(field, Number) and members == [int]:
        field = replace(field, integer=True)
    return replace(field, optional=True) if optional else field


def _field_of_type(members: list[Any], place: str) -> Field:
    if len(members) == 1:
        member = members[0]
        if get_origin(member) is Literal:
            return Choice(choices=tuple(get_args(member)))
        for known, field in ((str, Line()), (bool, Toggle()), (int, Number()), (float, Number())):
            if member is known:
                return field
        origin = get_origin(member) or member
        if origin in (list, tuple):
            return Items()
        if origin in (dict, Mapping) or member is Any:
            return JsonValue()
    raise DeclarationError(f"cannot be edited as {members}; annotate it with a field", where=place)


def _outputs(hint: Any, name: str, where: str) -> tuple[tuple[Port, ...], bool]:
    bare = _bare(hint)
    origin = get_origin(bare)
    if origin is not None and getattr(origin, "__name__", "") in ("Generator", "Iterator"):
        arguments = get_args(bare)
        hint = arguments[2] if len(arguments) == 3 else None
        bare = _bare(hint)
    if bare is None or bare is types.NoneType:
        return (), False
    if isinstance(bare, type) and issubclass(bare, tuple) and hasattr(bare, "_fields"):
        hints = _hints(bare, where)
        ports = tuple(Port(name=field, wires=_wires(hints[field], where)) for field in bare._fields)
        return ports, True
    wires = _wires(hint, where)
    if len(wires) != 1:
        raise DeclarationError("an output has one type", where=where)
    wire = wires[0]
    usual = wire if wire in ("text", "message", "messages", "sampling", "usage", "list") else "value"
    return (Port(name=name or usual, wires=wires),), False


def _wires(hint: Any, place: str) -> tuple[Wire, ...]:
    bare, field = _bare(hint), _marker(hint, Field)
    if bare is Any and field is not None:
        return (field.wire,)
    return tuple(_wire(_bare(member), place) for member in _members(bare))


def _wire(hint: Any, place: str) -> Wire:
    simple: dict[Any, Wire] = {
        str: "text", float: "number", int: "number", bool: "boolean", list: "list", Sequence: "list",
        dict: "json", Mapping: "json", Any: "any", Message: "message", Sampling: "sampling", Usage: "usage",
    }  # fmt: skip
    if hint in simple:
        return simple[hint]
    if get_origin(hint) is tuple and get_args(hint)[:1] == (Message,):
        return "messages"
    origin = get_origin(hint)
    if origin in simple:
        return simple[origin]
    raise DeclarationError(f"no wire type for {hint}", where=place)


def _hints(declared: Any, where: str) -> dict[str, Any]:
    try:
        return get_type_hints(declared, include_extras=True)
    except Exception as error:
        raise DeclarationError(f"has an annotation that cannot be read: {error}", where=where) from error


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _bare(hint: Any) -> Any:
    return _bare(get_args(hint)[0]) if get_origin(hint) is Annotated else hint


def _marker(hint: Any, kind: type[Any]) -> Any:
    if get_origin(hint) is not Annotated:
        return None
    return next((mark for mark in hint.__metadata__ if isinstance(mark, kind)), None)
