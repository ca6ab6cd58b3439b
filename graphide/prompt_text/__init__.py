"""Prompt text with `{{ placeholders }}`: which placeholders a text has, and the text with its values filled in.

Texts are Jinja templates from strangers, so they run in a sandbox with limits on time, size and memory, in this
process and thread. Texts without Jinja syntax, or with `{{ name }}` only, never import jinja2. What becomes of the
result (a node's output, a message) is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphide.prompt_text.plain import Kind, Limits, Placeholder, fill_in, plain_names, text_of

__all__ = ["Kind", "Limits", "Placeholder", "placeholders", "render", "text_of"]

_DEFAULT = Limits()


def placeholders(text: str) -> tuple[Placeholder, ...]:
    """Return the placeholders of a text in order of first appearance.

    A placeholder carries its widget as a filter: `{{ tone | choice("kind", "strict") }}`, `{{ n | number(1, 10) }}`,
    `input`, `longtext`, `integer(low, high)`, `toggle`, `file`, `list`, `json`. Raises GraphideError, with the line,
    when the text is not a valid template.
    """
    names = plain_names(text)
    if names is not None:
        return tuple(Placeholder(name) for name in names)
    from graphide.prompt_text import jinja

    return jinja.placeholders(text)


def render(text: str, values: Mapping[str, Any], *, limits: Limits = _DEFAULT) -> str:
    """Return the text with `values` filled in for its placeholders.

    Lists and objects can be looped over, and written as a whole they are compact JSON; booleans are `true` and `false`,
    None is nothing, and line ends of the text (not of the values) become newlines. Values that the text does not use
    are ignored. Raises GraphideError with the line for a missing value, a syntax error or a passed limit.
    """
    if plain_names(text) is not None:
        return fill_in(text, values, limits)
    from graphide.prompt_text import jinja

    return jinja.render(text, values, limits)
