"""The node type `split`."""

from typing import Annotated, Literal

from graphide.api import Line, LongText, Number, Settings, Text, node
from graphide_nodes.shared.patterns import SECONDS, compiled, in_time, pattern_problem


def _problem(settings: Settings) -> str | None:
    if settings["by"] == "separator" and not settings["separator"]:
        return 'separator is empty: give the text between two items, or set "by" to lines'
    if settings["by"] == "regex":
        return pattern_problem(settings["pattern"]) if settings["pattern"] else "pattern is empty: give what separates"
    return None


@node("split", category="data", check=_problem)
def split(
    text: Text,
    *,
    by: Literal["lines", "paragraphs", "separator", "regex"] = "lines",
    separator: Annotated[str, LongText("Text between two items")] = ",",
    pattern: Annotated[str, Line("Regular expression of what is between two items")] = "",
    strip: bool = True,
    drop_empty: bool = True,
    limit: Annotated[int, Number("Most items, the rest is dropped; 0: no limit", low=0)] = 0,
) -> list[str]:
    """Split a text into a list of texts.

    A paragraph ends at a blank line. `strip` takes the blanks off both ends of each item.

        by: separator
        separator: ;
    """
    pieces = _pieces(text, by, separator, pattern)
    if strip:
        pieces = [piece.strip() for piece in pieces]
    return [piece for piece in pieces if piece.strip() or not drop_empty][: limit or None]


def _pieces(text: str, by: str, separator: str, pattern: str) -> list[str]:
    match by:
        case "lines":
            return text.splitlines()
        case "separator":
            return text.split(separator)
        case "paragraphs":
            pattern = r"\r?\n[ \t]*(?:\r?\n[ \t]*)+"
    with in_time(pattern):
        return [piece for piece in compiled(pattern).splititer(text, timeout=SECONDS) if piece is not None]
