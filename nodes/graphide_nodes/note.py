"""The node type `note`."""

from typing import Annotated

from graphide.api import LongText, node


@node("note", category="look", inline=True, alone=True)
def note(*, text: Annotated[str, LongText("What people should know about the graph")] = "") -> None:
    """Write something beside the nodes; it has no effect on a run.

    The text may have several lines; it is saved with the graph.

        text: Raise the temperature here for wilder answers.
    """
