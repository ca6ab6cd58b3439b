"""How things look for people: errors, problems, values, tables. Everything else in this room hands over plain values.

What is printed may come from strangers (titles, answers of models), so nothing that a terminal would act on gets
through. What changes while a graph runs is in `progress`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graphide.cli import streams
from graphide.errors import GraphideError, InvalidGraph
from graphide.graph.quoting import printable, quoted, shortened
from graphide.values import Message, to_json

if TYPE_CHECKING:
    from graphide.cli.report import Answer
    from graphide.executor.events import NodeFailed
    from graphide.graph.problems import Problem
    from graphide.spec.fields import Field
    from graphide.spec.nodespec import Port

_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)} | {13: ""}
_INPUT_WIDTH = 100
_MOST_ANSWERS = 8
_WIDE = 10_000


def for_terminal(text: str) -> str:
    """Return a text with the characters written out that make a terminal do something, but for line ends and tabs."""
    return text.translate(_CONTROLS)


def clean(text: str) -> str:
    """Return a message of possibly several lines, safe to print."""
    return "\n".join(map(printable, text.split("\n")))


def error_text(error: GraphideError) -> str:
    """Return an error as lines: what, where and what to do, and below it the problems of a graph."""
    lines = [f"error: {clean(str(error))}"]
    if isinstance(error, InvalidGraph):
        lines += [f"  {printable(str(problem))} [{problem.code}]" for problem in error.problems]
    return "\n".join(lines) + "\n"


def problem_line(name: str, problem: Problem) -> str:
    """Return a finding as a line that names the file, as compilers do."""
    return f"{printable(name)}: {problem.severity}: {printable(str(problem))} [{problem.code}]\n"


def failure_text(failure: NodeFailed) -> str:
    """Return why a node failed and what it was given."""
    hint = f". {failure.hint}" if failure.hint else ""
    lines = [f'error: node "{printable(failure.node)}" ({printable(failure.type)}): {clean(failure.message + hint)}']
    for name, value in failure.inputs.items():
        lines.append(f"  {printable(name)} = {quoted(to_json(value), _INPUT_WIDTH)}")
    return "\n".join(lines) + "\n"


def value_text(value: Any) -> str:
    """Return a result as text: text as it is, a conversation turn by turn, everything else as indented JSON."""
    from graphide.cli.report import dumps

    if isinstance(value, str):
        return value
    if isinstance(value, Message):
        return value.content
    if isinstance(value, tuple) and value and all(isinstance(item, Message) for item in value):
        return "\n\n".join(f"{message.role}: {message.content}" for message in value)
    return dumps(to_json(value), indent=True)


def table(rows: Iterable[Sequence[str]], *, indent: str = "", head: Sequence[str] = ()) -> str:
    """Return rows as aligned columns, cut to the width of a terminal; to a pipe, lines are as long as they are."""
    cells = [[printable(cell) for cell in row] for row in ([head, *rows] if head else rows)]
    if not cells:
        return ""
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    width = terminal_width()
    lines = []
    for row in cells:
        line = indent + "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()
        lines.append(line if len(line) <= width else f"{line[: width - 1]}…")
    return "\n".join(lines) + "\n"


def terminal_width() -> int:
    """Return the width in characters that standard output has; a pipe or a file has no end."""
    if not streams.out_is_terminal():
        return _WIDE
    # Not shutil's: its import takes as long as a tenth of a small run.
    given = os.environ.get("COLUMNS", "")
    try:
        return (
            int(given) if given.isdecimal() and int(given) else os.get_terminal_size(sys.stdout.fileno()).columns or 80
        )
    except OSError:
        return 80


def inputs_text(ports: Sequence[Port]) -> str:
    """Return the inputs of a graph as a table: name, kind with what it admits, help, default."""
    if not ports:
        return "  (none)\n"
    rows = []
    for port in ports:
        default = "required" if port.required else f"default: {quoted(to_json(port.default), 40)}"
        rows.append(
            (port.name, field_kind(port.field) if port.field else port.wires[0], default, shortened(port.help, 80))
        )
    return table(rows, indent="  ")


def field_kind(field: Field) -> str:
    """Return the kind of a field with what it admits: its choices, or the range of a number."""
    choices, low, high = (getattr(field, name, None) for name in ("choices", "low", "high"))
    if choices:
        return " | ".join(choices)
    start = "" if low is None else f" {_number(low)}" if high is not None else f" from {_number(low)}"
    return f"{field.kind}{start}" + ("" if high is None else f" to {_number(high)}")


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"


def usage_line(usage: Mapping[str, Any], seconds: float, promise: str = "") -> str:
    """Return what a run cost, for a person: tokens, speed, the wait for the first one; `promise` is a word at its end."""
    parts = _cost(usage) if usage.get("completion_tokens") else []
    if usage.get("time_to_first_token"):
        parts.append(f"first after {usage['time_to_first_token']:.2f} s")
    return ", ".join([*parts, f"{seconds:.1f} s", *([promise] if promise else [])]) + "\n"


def answer_lines(answers: Sequence[Answer]) -> str:
    """Return a line for each of several answers; one answer, or very many, are summed up by the line of the run."""
    if not 1 < len(answers) <= _MOST_ANSWERS:
        return ""
    lines = [
        f"{printable(node)}: {', '.join([*_cost(to_json(usage)), *(['from the cache'] if cached else [])])}"
        for node, usage, cached in answers
    ]
    return "\n".join(lines) + "\n"


def _cost(usage: Mapping[str, Any]) -> list[str]:
    parts = []
    if usage.get("prompt_tokens"):
        cached = f" ({usage['cached_tokens']:,} cached)" if usage.get("cached_tokens") else ""
        parts.append(f"prompt {_tokens(usage['prompt_tokens'])}{cached}")
    parts.append(_tokens(usage["completion_tokens"]))
    if usage.get("tokens_per_second"):
        parts.append(f"{usage['tokens_per_second']:.1f} tokens/s")
    return parts


def _tokens(count: int) -> str:
    return f"{count:,} token{'' if count == 1 else 's'}"
