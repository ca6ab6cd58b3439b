"""The node type `join`."""

from typing import Annotated, Any, Literal

from graphide.api import Help, LongText, Many, Text, node
from graphide_nodes.shared.texts import as_text, flat


@node("join", category="data", inline=True)
def join(
    items: Annotated[Many[Any], Help("Values in edge order; a list counts as its items")] = (),
    *,
    separator: Annotated[str, LongText("Text between two items")] = "\n\n",
    marks: Literal["none", "bullets", "numbers"] = "none",
    drop_empty: bool = True,
) -> Text:
    """Join values to one text.

    A list counts as its items, a conversation becomes a readable transcript, other values their JSON. `marks` puts a
    dash or a number before each item.

        separator: a line break
        marks: numbers
    """
    texts = [as_text(item) for item in flat(items)]
    kept = [text for text in texts if text.strip() or not drop_empty]
    match marks:
        case "bullets":
            kept = [f"- {text}" for text in kept]
        case "numbers":
            kept = [f"{number}. {text}" for number, text in enumerate(kept, 1)]
        case "none":
            pass
    return separator.join(kept)
