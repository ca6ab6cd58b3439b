"""Fields: what a person edits in place, and everything that follows from its kind.

One class per kind. From a field follow its check (one sentence, the same in the inspector, `--set`, `-i` and HTTP), its
parsing from a command line, its JSON Schema and the widget that edits it. The wire type of a value in flight is in
`graphide.values`; what a node does with a setting is the node's business.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from graphide.errors import UsageError
from graphide.values import Json, Wire, describe

Kind = Literal["text", "longtext", "number", "integer", "toggle", "choice", "list", "json", "file", "model"]

_TRUE = frozenset(["true", "yes", "on", "1"])
_FALSE = frozenset(["false", "no", "off", "0"])


@dataclass(frozen=True, slots=True)
class Field:
    """A setting or an input as a person edits it: `help` is its one-line label, `optional` admits None."""

    help: str = ""
    optional: bool = False

    kind: ClassVar[Kind] = "json"
    wire: ClassVar[Wire] = "json"

    def problem(self, value: Any) -> str | None:
        """Return the sentence that says why `value` does not fit, or None when it does."""
        if value is None and self.optional:
            return None
        return self._problem(value)

    def parse(self, text: str) -> Any:
        """Return the value that `text`, as typed on a command line, stands for.

        Raises UsageError with the sentence of `problem` when it does not fit.
        """
        value = None if self.optional and text in ("", "null") else self._parse(text)
        if sentence := self.problem(value):
            raise UsageError(sentence)
        return value

    def schema(self) -> dict[str, Json]:
        """Return the JSON Schema of the values that fit."""
        schema = self._schema()
        if self.help:
            schema["description"] = self.help
        return {"anyOf": [schema, {"type": "null"}]} if self.optional else schema

    def _problem(self, value: Any) -> str | None:
        raise NotImplementedError

    def _parse(self, text: str) -> Any:
        return text

    def _schema(self) -> dict[str, Json]:
        return {}


@dataclass(frozen=True, slots=True)
class Line(Field):
    """One line of text."""

    kind: ClassVar[Kind] = "text"
    wire: ClassVar[Wire] = "text"

    def _problem(self, value: Any) -> str | None:
        return None if isinstance(value, str) else f"needs a text, but this is {describe(value)}"

    def _schema(self) -> dict[str, Json]:
        return {"type": "string"}


@dataclass(frozen=True, slots=True)
class LongText(Line):
    """A text of many lines; with `placeholders`, each `{{ name }}` in it becomes an input port."""

    placeholders: bool = False

    kind: ClassVar[Kind] = "longtext"


@dataclass(frozen=True, slots=True)
class Number(Field):
    """A number between `low` and `high` (both included); `integer` refuses fractions. A widget steps by `step`."""

    low: float | None = None
    high: float | None = None
    step: float | None = None
    integer: bool = False

    wire: ClassVar[Wire] = "number"

    @property
    def kind(self) -> Kind:  # type: ignore[override]  # one class serves both kinds
        """The kind as graph files spell it."""
        return "integer" if self.integer else "number"

    def _problem(self, value: Any) -> str | None:
        if (
            not isinstance(value, int | float)
            or isinstance(value, bool)
            or value != value
            or value in (math.inf, -math.inf)
        ):
            return f"needs {self._noun()}, but this is {describe(value)}"
        if self.integer and value != int(value):
            return f"needs {self._noun()}, but this is {value!r}"
        if self.low is not None and value < self.low or self.high is not None and value > self.high:
            return f"needs {self._noun()}, but this is {value!r}"
        return None

    def _noun(self) -> str:
        noun = "a whole number" if self.integer else "a number"
        if self.low is not None and self.high is not None:
            return f"{noun} from {self.low:g} to {self.high:g}"
        if self.low is not None:
            return f"{noun} of at least {self.low:g}"
        return f"{noun} of at most {self.high:g}" if self.high is not None else noun

    def _parse(self, text: str) -> Any:
        for cast in (int, float):
            try:
                return cast(text)
            except ValueError:
                continue
        raise UsageError(f"needs {self._noun()}, but this is {describe(text)}")

    def _schema(self) -> dict[str, Json]:
        bounds = {"minimum": self.low, "maximum": self.high}
        return {"type": self.kind, **{key: bound for key, bound in bounds.items() if bound is not None}}


@dataclass(frozen=True, slots=True)
class Toggle(Field):
    """On or off."""

    kind: ClassVar[Kind] = "toggle"
    wire: ClassVar[Wire] = "boolean"

    def _problem(self, value: Any) -> str | None:
        return None if isinstance(value, bool) else f"needs true or false, but this is {describe(value)}"

    def _parse(self, text: str) -> Any:
        word = text.strip().lower()
        return True if word in _TRUE else False if word in _FALSE else text

    def _schema(self) -> dict[str, Json]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Choice(Field):
    """One of `choices`; with no choices given yet, any text."""

    choices: tuple[str, ...] = ()

    kind: ClassVar[Kind] = "choice"
    wire: ClassVar[Wire] = "text"

    def _problem(self, value: Any) -> str | None:
        if not isinstance(value, str):
            return f"needs a text, but this is {describe(value)}"
        if self.choices and value not in self.choices:
            return f"needs one of {', '.join(self.choices)}, but this is {describe(value)}"
        return None

    def _schema(self) -> dict[str, Json]:
        return {"enum": list(self.choices)} if self.choices else {"type": "string"}


@dataclass(frozen=True, slots=True)
class Items(Field):
    """A list; on a command line JSON, or plain items separated by commas. `texts` admits only texts as items."""

    texts: bool = False

    kind: ClassVar[Kind] = "list"
    wire: ClassVar[Wire] = "list"

    def _problem(self, value: Any) -> str | None:
        if not isinstance(value, list | tuple):
            return f"needs a list, but this is {describe(value)}"
        if self.texts and not all(isinstance(item, str) for item in value):
            return f"needs a list of texts, but this is {describe(value)}"
        return None

    def _parse(self, text: str) -> Any:
        if text.lstrip().startswith("["):
            return parse_json(text)
        return [item.strip() for item in text.split(",")] if text.strip() else []

    def _schema(self) -> dict[str, Json]:
        return {"type": "array", "items": {"type": "string"}} if self.texts else {"type": "array"}


@dataclass(frozen=True, slots=True)
class JsonValue(Field):
    """Any JSON value; `shape` narrows it to an object where only that makes sense."""

    shape: Literal["any", "object"] = "any"

    kind: ClassVar[Kind] = "json"
    wire: ClassVar[Wire] = "json"

    def _problem(self, value: Any) -> str | None:
        if self.shape == "object" and not isinstance(value, Mapping):
            return f"needs a JSON object, but this is {describe(value)}"
        return None

    def _parse(self, text: str) -> Any:
        return parse_json(text)

    def _schema(self) -> dict[str, Json]:
        return {"type": "object"} if self.shape == "object" else {}


@dataclass(frozen=True, slots=True)
class FilePath(Line):
    """The path of a file, relative to the graph file."""

    kind: ClassVar[Kind] = "file"


@dataclass(frozen=True, slots=True)
class ModelName(Line):
    """A model: an alias, a file name of the library, a path, or `echo`."""

    kind: ClassVar[Kind] = "model"


def parse_json(text: str) -> Json:
    """Return the JSON value in `text`; raises UsageError that names the line and column otherwise."""
    import orjson

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"is not JSON: {error}", hint="Texts in JSON need double quotes") from error


def field_of_kind(
    kind: str, help: str = "", *, choices: tuple[str, ...] = (), low: float | None = None, high: float | None = None
) -> Field:
    """Return the field of a kind by the name that graph files use; raises UsageError for an unknown kind."""
    match kind:
        case "text":
            return Line(help)
        case "longtext":
            return LongText(help)
        case "number" | "integer":
            return Number(help, low=low, high=high, integer=kind == "integer")
        case "toggle":
            return Toggle(help)
        case "choice":
            return Choice(help, choices=choices)
        case "list":
            return Items(help)
        case "json":
            return JsonValue(help)
        case "file":
            return FilePath(help)
        case "model":
            return ModelName(help)
        case _:
            raise UsageError(f"unknown kind {kind!r}", hint=f"Known are: {', '.join(Kind.__args__)}")  # type: ignore[attr-defined]
