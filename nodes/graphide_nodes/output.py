"""The node type `output`."""

from typing import Annotated, Any, Literal

from graphide.api import CacheRule, Context, FilePath, Help, Line, Settings, node
from graphide_nodes.shared.texts import as_document


def _problem(settings: Settings) -> str | None:
    if not settings["name"].strip():
        return 'name is empty: give the result a name, such as "result"'
    if settings["to"] == "file" and not settings["path"].strip():
        return 'to is file, but "path" is empty: give the file to write, such as "out/result.md"'
    return None


def _cache(settings: Settings) -> CacheRule:
    return "never" if settings["to"] == "file" else "always"  # a file is written on every run


@node("output", category="output", cache=_cache, inline=True, effects=("files",), output="value", check=_problem)
def output(
    ctx: Context,
    value: Annotated[Any, Help("What the graph gives")],
    *,
    name: Annotated[str, Line("Name of the result")] = "result",
    to: Literal["result", "file"] = "result",
    path: Annotated[str, FilePath("File to write, beside the graph")] = "",
) -> Any:
    """Give a result of the graph, under a name; or write it to a file as well.

    A file gets text as it is and any other value as indented JSON; it is replaced whole or not at all.

        name: summary
        to: file, path: out/summary.md
    """
    if to == "file":
        ctx.write_text(path, as_document(value))
    return value
