"""Inputs on the command line: `-i name=text`, `name=@file`, `name:=JSON`, `-` (an object on standard input).

An item is split at its first `=`: what follows is the value exactly as it is, so `q=a=b` gives "a=b" and `q=` an empty
text. A `:` just before makes it JSON, an `@` just after names a file whose content is the value, exactly and in UTF-8.
A text that begins with `@` is written as JSON: `name:="@x"`. Which values an input takes is its field's business.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from graphide.errors import GraphideError, UsageError
from graphide.graph.bind import unknown_input
from graphide.spec.fields import parse_json
from graphide.spec.nodespec import Port

Form = Literal["text", "file", "json"]
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Item:
    """One `name=value` of the command line; `text` is the value, the path of a file, or JSON, as `form` says."""

    name: str
    form: Form
    text: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """Values by input name, and the files that the caller named as values and so allows to be read."""

    values: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Path, ...] = ()


def split(text: str, noun: str = "input") -> Item:
    """Return the parts of an item; raises UsageError when there is no `=`, no name, or bytes that are not UTF-8."""
    _refuse_half_characters(text, noun)
    name, sign, value = text.partition("=")
    if not sign:
        raise UsageError(f'{noun} "{text}" has no "="', hint="Write name=value, name=@file or name:=JSON")
    form: Form = "text"
    if name.endswith(":"):
        name, form = name[:-1], "json"
    elif value.startswith("@"):
        value, form = value[1:], "file"
    if not name:
        raise UsageError(f'{noun} "{text}" has no name before the "="', hint="Write name=value")
    return Item(name, form, value)


def content(item: Item, where: str) -> str:
    """Return the text of an item: as it was typed, or all of the file it names, unchanged; raises UsageError."""
    if item.form != "file":
        return item.text
    if item.text in ("", STDIN):
        hint = "Inputs on standard input are one JSON object: -i -" if item.text else "Write name=@file"
        raise UsageError("names no file", where=where, hint=hint)
    try:
        data = Path(item.text).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f'the file "{item.text}" cannot be read: {reason}', where=where) from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f'the file "{item.text}" is not UTF-8 text: byte 0x{data[error.start]:02x} in line {line}'
        raise UsageError(message, where=where, hint="Convert it to UTF-8 first") from error


def read(items: Sequence[str], ports: Sequence[Port], stdin: Callable[[], bytes], base: Path | None = None) -> Inputs:
    """Return the values that items give to the inputs of a graph; what is typed goes before standard input.

    `base` is the folder of the graph. Raises UsageError for a name the graph does not have or that is given twice, and
    for a value that does not fit, with the sentence of its field.
    """
    by_name = {port.name: port for port in ports}
    values: dict[str, Any] = {}
    files: list[Path] = []
    if STDIN in items:
        values.update(_object(stdin()))
        for name in values:
            _port(by_name, name)
    given: set[str] = set()
    for item in (split(text) for text in items if text != STDIN):
        port = _port(by_name, item.name)
        if item.name in given:
            hint = f'Several items are one list: {item.name}:=["a", "b"]'
            raise UsageError("is given twice", where=f'input "{item.name}"', hint=hint)
        given.add(item.name)
        values[item.name] = _value(item, port)
        if port.field is not None and port.field.kind == "file" and item.form != "json":
            path = _named_file(item.text, base)
            values[item.name] = str(path) if path is not None else item.text
            files += [path] if path is not None else []
    return Inputs(values, tuple(files))


def missing(ports: Sequence[Port], values: Mapping[str, Any], needed: frozenset[str]) -> UsageError | None:
    """Return the error that lists every input in `needed` that has no value and no default, or None."""
    without = [port for port in ports if port.required and port.name not in values and port.name in needed]
    if not without:
        return None
    listed = ", ".join(f'"{port.name}"' for port in without)
    noun = "input" if len(without) == 1 else "inputs"
    verb = "has" if len(without) == 1 else "have"
    example = " ".join(f"-i {port.name}=…" for port in without)
    return UsageError(f"the {noun} {listed} {verb} no value", hint=f"Give it with {example}")


def _value(item: Item, port: Port) -> Any:
    where = f'input "{item.name}"'
    try:
        if item.form == "json":
            return parse_json(item.text)
        if port.field is not None and port.field.kind == "file":
            return item.text
        text = content(item, where)
        return port.field.parse(text) if port.field is not None else text
    except GraphideError as error:
        raise error.at(where) from None


def _named_file(text: str, base: Path | None) -> Path | None:
    """Return the file that a person means where they are, or None when it is only one beside the graph."""
    here = Path(text)
    if not text or (base is not None and not here.exists() and (base / here).exists()):
        return None
    return Path(os.path.abspath(here))


def _port(by_name: Mapping[str, Port], name: str) -> Port:
    port = by_name.get(name)
    if port is None:
        raise unknown_input(name, tuple(by_name))
    return port


def _object(data: bytes) -> dict[str, Any]:
    from graphide.graph.file import parse

    where, hint = "standard input (-i -)", "It has to be one JSON object of inputs by name"
    if not data.strip():
        raise UsageError("is empty", where=where, hint=hint)
    try:
        found = parse(data, name=where)
    except GraphideError as error:
        raise UsageError(error.message, where=error.where, hint=error.hint or hint) from error
    if not isinstance(found, dict):
        raise UsageError("is not a JSON object", where=where, hint=hint)
    return found


def _refuse_half_characters(text: str, noun: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        shown = text.encode("utf-8", "backslashreplace").decode()
        raise UsageError(
            f'{noun} "{shown}" is not UTF-8 text', hint="Put it into a file and write name=@file"
        ) from error
