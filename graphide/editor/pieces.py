"""Text that grows at its end: immutable, and a thousand small pieces cost hardly more than one long text.

Each piece is at least twice as long as the one after it, so that a text of n characters has about log2(n) of them and a
character is copied that often at most. Nothing here knows what the text is.
"""

from __future__ import annotations

Pieces = tuple[str, ...]


def appended(pieces: Pieces, text: str) -> Pieces:
    """Return the text with `text` at its end."""
    if not text:
        return pieces
    kept = len(pieces)
    length = len(text)
    while kept and len(pieces[kept - 1]) < 2 * length:
        kept -= 1
        length += len(pieces[kept])
    return (*pieces[:kept], "".join((*pieces[kept:], text)))
