"""The node type `message`."""

from typing import Annotated

from graphide.api import Choice, LongText, Message, More, Role, node
from graphide_nodes.shared.placeholders import Values, filled, placeholder_ports, placeholder_problem
from graphide_nodes.shared.texts import EMPTY


@node("message", category="prompt", inline=True, more_inputs=placeholder_ports, check=placeholder_problem)
def message(
    more: More,
    *,
    role: Annotated[Role, Choice("Who says it", choices=("user", "assistant", "system", "tool"))] = "user",
    text: Annotated[str, LongText("What is said", placeholders=True)] = "",
    values: Values = EMPTY,
) -> Message:
    """Make one turn of a conversation.

    Each `{{ placeholder }}` of the text is an input port. Join several turns with a `conversation` node.

        role: assistant
        text: Understood, I answer in {{ language }}.
    """
    return Message(role, filled(text, values, more))
