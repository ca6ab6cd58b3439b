"""Placeholder ports: each `{{ name }}` of a prompt is an input port, with the widget that the prompt gives it.

A value comes from the connected edge, else from the setting `values`, else from the widget where that has a natural
one (the first choice, a toggle that is off, the lowest number). A placeholder without any of these must be connected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from graphide.api import (
    ABSENT,
    Choice,
    Field,
    GraphideError,
    Json,
    JsonValue,
    Number,
    Outlines,
    Placeholder,
    Port,
    Settings,
    Toggle,
    field_of_kind,
    placeholders,
    render,
    to_json,
)

Values = Annotated[Mapping[str, Json], JsonValue("Values of placeholders that nothing is connected to", shape="object")]
Read = Callable[[str], str]


def placeholder_ports(settings: Settings, _: Outlines) -> tuple[Port, ...]:
    """Return one input port per placeholder of the setting `text`; none while the text is not a valid template."""
    try:
        return tuple(_port(placeholder, settings["values"]) for placeholder in placeholders(settings["text"]))
    except GraphideError:
        return ()


def placeholder_problem(settings: Settings) -> str | None:
    """Say what is wrong with the text or with a value of `values`, in a node that reads no files."""
    return text_problem(settings) or _file_problem(settings)


def text_problem(settings: Settings) -> str | None:
    """Say what is wrong with the text or with a value of `values`."""
    try:
        found = placeholders(settings["text"])
    except GraphideError as error:
        return f"text is not a valid template: {error}"
    for placeholder in found:
        if placeholder.name in settings["values"]:
            sentence = _field(placeholder).problem(settings["values"][placeholder.name])
            if sentence:
                return f'placeholder "{placeholder.name}" {sentence}'
    return None


def filled(text: str, values: Mapping[str, Json], wired: Mapping[str, Any], read: Read | None = None) -> str:
    """Return the text with its placeholders filled in.

    `read` gives the text of the file that an unconnected `file` placeholder names.
    """
    data: dict[str, Any] = {}
    for placeholder in placeholders(text):
        value = wired.get(placeholder.name, ABSENT)
        if value is ABSENT:
            value = _own_value(placeholder, values)
            if read is not None and placeholder.kind == "file" and value is not ABSENT:
                value = read(value)
        if value is not ABSENT:
            data[placeholder.name] = value if isinstance(value, str) else to_json(value)
    return render(text, data)


def natural_value(field: Field) -> Any:
    """Return the value that a widget shows before anybody touched it, or ABSENT where it shows nothing."""
    if isinstance(field, Toggle):
        return False
    if isinstance(field, Choice) and field.choices:
        return field.choices[0]
    if isinstance(field, Number):
        start = field.low if field.low is not None else min(0, field.high or 0)
        return int(start) if start == int(start) else start
    return ABSENT


def _own_value(placeholder: Placeholder, values: Mapping[str, Json]) -> Any:
    if placeholder.name in values:
        return values[placeholder.name]
    return ABSENT if placeholder.optional else natural_value(_field(placeholder))


def _port(placeholder: Placeholder, values: Mapping[str, Json]) -> Port:
    own = _own_value(placeholder, values)
    return Port(
        name=placeholder.name,
        wires=("any",),
        help=f"Fills in {{{{ {placeholder.name} }}}}",
        required=own is ABSENT and not placeholder.optional,
        default=ABSENT if placeholder.kind == "file" else own,  # the path is not the value
        field=_field(placeholder),
    )


def _field(placeholder: Placeholder) -> Field:
    return field_of_kind(placeholder.kind, choices=placeholder.choices, low=placeholder.low, high=placeholder.high)


def _file_problem(settings: Settings) -> str | None:
    for placeholder in placeholders(settings["text"]):
        if placeholder.kind == "file" and placeholder.name in settings["values"]:
            return (
                f'placeholder "{placeholder.name}" is a file, which this node does not read: connect a "variable" of '
                'kind "file", or write the text in a "context" node'
            )
    return None
