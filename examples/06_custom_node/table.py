"""A drop-in node type: copy this file into the plugins folder, and graphs can use the node type `read_table`."""

import csv
from io import StringIO
from typing import Annotated, Any, NamedTuple, Protocol

from graphide.api import GraphideError, Help, Number, Settings, Text, node


class Table(NamedTuple):
    """The outputs of the node: each field is a port."""

    rows: list[Any]
    columns: list[Any]


def _problem(settings: Settings) -> str | None:
    if len(settings["delimiter"]) != 1:
        return "delimiter needs to be one character, such as a comma"
    return None


@node("read_table", category="data", check=_problem)
def read_table(
    text: Annotated[Text, Help("A table as CSV, with the names of the columns in the first line")],
    *,
    delimiter: str = ",",
    most_rows: Annotated[int, Number("Most rows, the rest is left out", low=1)] = 1000,
) -> Table:
    """Read a CSV table: a list of rows, each an object with the columns as keys.

    Connect `rows` to a `map` node to do something with each row.

        delimiter: ;
    """
    reader = csv.DictReader(StringIO(text), delimiter=delimiter)
    if not reader.fieldnames:
        raise GraphideError("the table is empty", hint="Its first line has the names of the columns")
    rows = []
    for row in reader:
        if None in row or None in row.values():
            message = f"line {reader.line_num} of the table does not have {len(reader.fieldnames)} columns"
            raise GraphideError(message, hint="Is the delimiter right?")
        rows.append(dict(row))
        if len(rows) == most_rows:
            break
    return Table(rows, list(reader.fieldnames))


class Registrar(Protocol):
    """What graphide hands to `register`."""

    def add(self, function: Any) -> Any:
        """Register one node type."""
        ...


def register(registrar: Registrar) -> None:
    """Register the node types of this file."""
    registrar.add(read_table)
