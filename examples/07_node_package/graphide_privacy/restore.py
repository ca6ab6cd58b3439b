"""The node type `restore`."""

from typing import Annotated, Any

from graphide.api import GraphideError, Help, Text, describe, node


@node("restore", category="privacy")
def restore(
    text: Annotated[Text, Help("A text with marks, such as the answer of a model")],
    secrets: Annotated[dict[str, Any], Help("What the marks stand for, from a redact node")],
) -> Text:
    """Put back what a `redact` node took out."""
    for mark, secret in secrets.items():
        if not isinstance(secret, str):
            raise GraphideError(f'"{mark}" stands for no text, but for {describe(secret)}')
        text = text.replace(mark, secret)
    return text
