"""The node type `context`."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from graphide.api import (
    CacheRule,
    Context,
    FileRefused,
    GraphideError,
    Items,
    Line,
    LongText,
    More,
    Number,
    Settings,
    Text,
    node,
)
from graphide_nodes.shared.placeholders import Values, filled, placeholder_ports, text_problem
from graphide_nodes.shared.texts import EMPTY

Frame = Literal["fenced", "titled", "plain"]


def _cache(settings: Settings) -> CacheRule:
    return "never" if settings["files"] else "always"  # files may have changed since


@node(
    "context",
    category="prompt",
    cache=_cache,
    effects=("files",),
    more_inputs=placeholder_ports,
    check=text_problem,
)
def context(
    ctx: Context,
    more: More,
    *,
    text: Annotated[str, LongText("Text that the model should know", placeholders=True)] = "",
    values: Values = EMPTY,
    files: Annotated[Sequence[str], Items("Files to include: paths and globs beside the graph", texts=True)] = (),
    heading: Annotated[str, Line("Heading above everything")] = "",
    frame: Frame = "fenced",
    max_bytes: Annotated[int, Number("Largest file, in bytes", low=1)] = 200_000,
    max_total_bytes: Annotated[int, Number("All files together, in bytes", low=1)] = 1_000_000,
    max_files: Annotated[int, Number("Most files that one glob may match", low=1, high=10_000)] = 100,
) -> Text:
    """Give a model something to read: a pasted text, files, a whole folder.

    Paths and globs start at the folder of the graph file. `frame` says how a file is set off from the rest: its name
    and a code fence (fenced), its name only (titled), or nothing (plain). Files are read anew in every run. A file
    above a limit is an error, never cut off.

        files: ["notes.md", "src/**/*.py"]
        heading: What the project is about
    """
    pieces = [filled(text, values, more, read=lambda path: _read(ctx, path, max_bytes))]
    total = 0
    for path in _paths(ctx, files, max_files):
        content = _read(ctx, path, max_bytes)
        total += len(content.encode("utf-8", "surrogatepass"))
        if total > max_total_bytes:
            raise GraphideError(
                f'with "{path}" ({len(content.encode()):,} bytes) the files have {total:,} bytes together, '
                f"more than the limit of {max_total_bytes:,}",
                hint="Raise max_total_bytes of this node, or list fewer files",
            )
        pieces.append(_framed(path, content, frame))
    body = "\n\n".join(piece for piece in pieces if piece.strip())
    return f"# {heading}\n\n{body}" if heading and body else body


def _paths(ctx: Context, patterns: Sequence[str], limit: int) -> Iterator[str]:
    seen: set[str] = set()
    for pattern in patterns:
        is_glob = any(char in pattern for char in "*?[")
        paths = ctx.find_files(pattern, limit=limit) if is_glob else [pattern]
        if not paths:
            raise GraphideError(
                f'no file matches "{pattern}"', hint="Globs start at the folder of the graph file; ** goes into folders"
            )
        yield from (path for path in paths if path not in seen)
        seen.update(paths)


def _read(ctx: Context, path: str, limit: int) -> str:
    try:
        return ctx.read_text(path, limit=limit)
    except FileRefused as error:
        hint = error.hint or f"Raise max_bytes of this node (now {limit:,}), or use a smaller file"
        raise FileRefused(error.message, where=error.where, hint=hint) from error


def _framed(path: str, content: str, frame: Frame) -> str:
    if frame == "plain":
        return content
    if frame == "titled":
        return f"{path}:\n{content}"
    fence = "```"
    while fence in content:
        fence += "`"
    end = "" if content.endswith("\n") or not content else "\n"
    return f"{path}:\n{fence}\n{content}{end}{fence}"
