"""The node type `system`."""

from typing import Annotated

from graphide.api import LongText, More, Text, node
from graphide_nodes.shared.placeholders import Values, filled, placeholder_ports, placeholder_problem
from graphide_nodes.shared.texts import EMPTY


@node("system", category="prompt", inline=True, more_inputs=placeholder_ports, check=placeholder_problem)
def system(
    more: More,
    *,
    text: Annotated[str, LongText("Instructions to the model", placeholders=True)] = "",
    values: Values = EMPTY,
) -> Text:
    """Tell a model who it is and how it answers.

    Each `{{ placeholder }}` of the text is an input port; connect the result to `system` of a model. A placeholder
    that nothing is connected to takes its value from `values`.

        text: You are a patient teacher for {{ audience | choice("children", "experts") }}.
        values: {"audience": "experts"}
    """
    return filled(text, values, more)
