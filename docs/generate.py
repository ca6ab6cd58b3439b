"""Write the reference pages of docs/ from the program itself: node types, commands, settings, shortcuts and others.

`python docs/generate.py` writes them, `python docs/generate.py --check` only says which are out of date. The tests hold
the pages against `pages()`, so what is documented is what the program does. Handwritten pages are not touched.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import click

from graphide.cli.commands import graphide
from graphide.editor.actions import sheet
from graphide.errors import GraphideError
from graphide.executor import events
from graphide.graph.problems import CODES, RUNS_AROUND, problem
from graphide.plugins import discover
from graphide.settings import GROUPS, LOADING, SETTINGS, Described, plain
from graphide.spec.nodespec import NodeSpec, Port, Setting
from graphide.spec.registry import Registry
from graphide.values import dumps, to_json

FOLDER = Path(__file__).resolve().parent
_NOTE = "<!-- Made by docs/generate.py from the program: change it there, then run `make docs`. -->"
_WIDTH = 100


def pages() -> dict[str, str]:
    """Return the text of every generated page by its file name."""
    makers: dict[str, Callable[[], Iterator[str]]] = {
        "cli.md": _commands,
        "events.md": _events,
        "nodes.md": _nodes,
        "problems.md": _problems,
        "settings.md": _settings,
        "shortcuts.md": _shortcuts,
    }
    return {name: "\n".join([_NOTE, "", *maker()]).rstrip() + "\n" for name, maker in makers.items()}


def stale(made: dict[str, str], folder: Path = FOLDER) -> list[str]:
    """Return the names of pages that are missing in `folder` or say something else than what was `made`."""
    return [name for name, text in made.items() if not _says(folder / name, text)]


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` tell which are out of date; return the exit code."""
    made = pages()
    names = stale(made)
    if "--check" in arguments:
        for name in names:
            print(f"docs/{name} is out of date: run `make docs`", file=sys.stderr)
        return 1 if names else 0
    for name in names:
        (FOLDER / name).write_text(made[name], encoding="utf-8", newline="\n")
        print(f"docs/{name} written")
    return 0


def _says(path: Path, text: str) -> bool:
    try:
        return path.read_bytes().decode() == text
    except OSError:
        return False


# --- node types


def _nodes() -> Iterator[str]:
    registry = Registry()
    if problems := discover(registry, entry_points=False):
        raise GraphideError(f"a plugin could not be loaded: {problems[0]}")
    yield "# Node types"
    yield ""
    yield (
        "Every built-in node type. Inputs and outputs are what edges connect; settings are written into the node, and any"
        " of them can be promoted to an input with `exposed`."
    )
    for category in dict.fromkeys(spec.category for spec in registry.values()):
        yield from ("", f"## {category.capitalize()}")
        for spec in registry.values():
            if spec.category == category:
                yield from _node(spec)


def _node(spec: NodeSpec) -> Iterator[str]:
    yield from ("", f"### {spec.type}", "", spec.doc)
    yield from ("", *_facts(spec))
    inputs = [_port(port, _wanted(port)) for port in _asked(spec.inputs_for, spec.inputs)]
    if inputs:
        yield from ("", *_table(("Input", "Takes", "What it is", "Notes"), inputs))
    if spec.more_inputs is not None:
        yield from ("", "More inputs follow from the settings.")
    outputs = [_port(port, "")[:-1] for port in _asked(spec.outputs_for, spec.outputs)]
    if outputs:
        yield from ("", *_table(("Output", "Gives", "What it is"), outputs))
    if spec.more_outputs is not None:
        yield from ("", "Which outputs there are, and what they give, follows from the settings.")
    if spec.settings:
        yield from ("", *_table(("Setting", "Values", "Default", "What it is"), map(_setting, spec.settings.values())))


def _facts(spec: NodeSpec) -> Iterator[str]:
    kept = {
        "always": "kept and used again while nothing it depends on changes",
        "when_seeded": "kept when the seed is fixed or nothing is left to chance",
        "never": "made anew in every run",
    }
    rule = kept.get(spec.cache, "") if isinstance(spec.cache, str) else "kept or not, as the settings say"
    effects = f" Reaches outside the graph: {', '.join(sorted(spec.effects))}." if spec.effects else ""
    yield f"Version {spec.version}. Results are {rule}.{effects}"


def _asked(ports_for: Callable[..., tuple[Port, ...]], declared: tuple[Port, ...]) -> tuple[Port, ...]:
    """Return the ports that the default settings give; the declared ones where these settings give none."""
    try:
        return ports_for({})
    except GraphideError:
        return declared


def _port(port: Port, note: str) -> tuple[str, ...]:
    return f"`{port.name}`", ", ".join(port.wires), port.help, note


def _wanted(port: Port) -> str:
    notes = ["required" if port.required else "", "several edges" if port.many else ""]
    notes.append("runs even if its source failed" if port.tolerant else "")
    return ", ".join(note for note in notes if note)


def _setting(setting: Setting) -> tuple[str, ...]:
    return f"`{setting.name}`", _values(setting), f"`{dumps(to_json(setting.default)).decode()}`", setting.field.help


def _values(setting: Setting) -> str:
    field = setting.field
    low, high = getattr(field, "low", None), getattr(field, "high", None)
    text: str = field.kind
    if choices := getattr(field, "choices", ()):
        text = ", ".join(f"`{choice}`" for choice in choices)
    elif low is not None and high is not None:
        text += f" from {low:,} to {high:,}"
    elif low is not None:
        text += f" of at least {low:,}"
    elif high is not None:
        text += f" of at most {high:,}"
    return f"{text}, or null" if field.optional else text


# --- commands


def _commands() -> Iterator[str]:
    yield from ("# Commands", "", "What `--help` says about every command.")
    for path, text in _helps(graphide, _context(graphide, "graphide")):
        yield from ("", f"## {path}", "", "```text", text, "```")


def _helps(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    if command.hidden:
        return
    lines = command.get_help(context).splitlines()
    yield context.command_path, "\n".join(line.rstrip() for line in lines)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from _helps(below, _context(below, name, context))


def _context(command: click.Command, name: str, parent: click.Context | None = None) -> click.Context:
    return click.Context(command, parent, name, **{**command.context_settings, "terminal_width": _WIDTH})


# --- events


def _events() -> Iterator[str]:
    kinds: tuple[Any, ...] = get_args(events.Event)
    yield from ("# Events", "")
    yield (
        "What happens in a run, as one JSON object each: the lines of `graphide run --events`. Every object has"
        f" `schema` ({events.SCHEMA}), `event` (the name below), and the fields of that event."
    )
    for kind in kinds:
        name = events.name_of(kind)
        yield from ("", f"## {name}", "", _paragraphs(kind.__doc__ or ""), "")
        yield from _table(
            ("Field", "JSON"), ((f"`{field}`", _form(hint)) for field, hint in get_type_hints(kind).items())
        )


def _form(hint: Any) -> str:
    """Return what a value of a Python type is in JSON, in words."""
    origin = get_origin(hint) or hint
    if origin is Literal:
        return " or ".join(f"`{dumps(choice).decode()}`" for choice in get_args(hint))
    if origin is tuple:
        return f"array of {_form(get_args(hint)[0])}"
    names = {str: "string", int: "integer", float: "number", bool: "boolean", Mapping: "object"}
    return names.get(origin, "any value")


# --- problems


def _shortcuts() -> Iterator[str]:
    """Yield the shortcut sheet of the editor."""
    yield from ("# Shortcuts", "", "What the keyboard and the mouse do in the editor; F1 shows the same there.")
    for title, lines in sheet():
        yield from ("", f"## {title}", "")
        yield from _table(("What", "How"), lines)


# --- settings

_HOW = """\
What belongs to the machine and its user, not to a graph: the Settings dialog of the editor (Ctrl+,) and `graphide config`
show and change the same. They are kept in `config.json`, whose place `graphide config path` prints; keys that this version
does not know stay in it. A file that cannot be read is never written over: `graphide config repair` puts it aside.

```sh
graphide config list
graphide config set memory_budget 8GB
graphide config set aliases.fast SmolLM2-135M-Instruct.Q4_1.gguf
graphide config set model_defaults.SmolLM2-135M-Instruct.Q4_1.gguf.n_ctx 2048
graphide config add model_folders ~/models
graphide config unset memory_budget
```

A variable of the environment, `GRAPHIDE_` and the name in capitals (`GRAPHIDE_N_CTX=8192`), counts more than the file and
is never written into it. Amounts are typed with units: 8 GB are 8,000,000,000 bytes, 8 GiB 8,589,934,592. Keys of servers
and of the hub are no settings: `graphide keys` keeps them where nobody sees them."""
_DEFAULTS = """\
`model_defaults` holds, by the name of a model (its file, or an alias), how that model is loaded ({loading}) and how it
chooses words: the settings of the node type [`parameters`](nodes.md), but for the seed. What a graph says counts more: a
model node whose `sampling` is connected takes all of it from there, any other one takes the model's defaults, and what those
leave open is built in. What was used is in the record of a run, and results kept under other defaults are not used. A model
that is loaded in another way than is wanted now is loaded anew when it is next asked."""


def _settings() -> Iterator[str]:
    """Yield the reference of the settings, by group."""
    yield from ("# Settings", "", _HOW)
    for group in GROUPS:
        found = [each for each in SETTINGS.values() if each.group == group]
        yield from ("", f"## {group}", "")
        yield from _table(("Setting", "What it is for", "Takes", "Default"), map(_setting_row, found))
        if group == "Per model":
            yield from ("", _DEFAULTS.format(loading=", ".join(f"`{name}`" for name in LOADING)))


def _setting_row(each: Described) -> tuple[str, str, str, str]:
    meanings = "; ".join(f"`{value}`: {meaning}" for value, meaning in (each.means or {}).items() if value != "")
    unit = f" ({each.unit})" if each.unit else ""
    later = ". Counts from the next start" if each.later else ""
    takes = f"{each.noun}{unit}{f'; {meanings}' if meanings else ''}"
    default = (
        f"`{each.written(plain(each.default))}`"
        if each.default not in ("", ()) and each.default
        else each.said(plain(each.default))
    )
    return f"`{each.name}`", f"{each.label}: {each.help}{later}", takes, default


def _problems() -> Iterator[str]:
    yield from ("# Problems", "")
    yield (
        "What a check of a graph can find (`graphide validate`). An error keeps a graph from running, except where the"
        " last column says that the other branches run; a warning never does."
    )
    yield ""
    rows = (
        (f"`{code}`", problem(code, "").severity, meaning, "yes" if code in RUNS_AROUND else "")
        for code, meaning in CODES.items()
    )
    yield from _table(("Code", "Severity", "Meaning", "Others run"), rows)


# --- Markdown


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield _row(head)
    yield _row(tuple("---" for _ in head))
    yield from map(_row, rows)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _paragraphs(doc: str) -> str:
    return "\n".join(line.strip() for line in doc.strip().splitlines())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
