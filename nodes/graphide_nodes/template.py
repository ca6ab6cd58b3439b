"""The node type `template`."""

from typing import Annotated

from graphide.api import LongText, More, Text, node
from graphide_nodes.shared.placeholders import Values, filled, placeholder_ports, placeholder_problem
from graphide_nodes.shared.texts import EMPTY


@node("template", category="prompt", inline=True, more_inputs=placeholder_ports, check=placeholder_problem)
def template(
    more: More,
    *,
    text: Annotated[str, LongText("Text with {{ placeholders }}, as a Jinja template", placeholders=True)] = "",
    values: Values = EMPTY,
) -> Text:
    """Fill in a text with placeholders.

    The text is a Jinja template that runs in a sandbox; each `{{ placeholder }}` is an input port, lists can be looped
    over. A placeholder that nothing is connected to takes its value from `values`.

        text: Explain {{ topic }} in {{ sentences | number(1, 9) }} sentences.
        values: {"sentences": 2}
    """
    return filled(text, values, more)
