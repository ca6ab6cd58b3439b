"""Chat text in Markdown as blocks to draw, also while it streams in. HTML is text, and nothing is run or fetched.

Links keep their address only when it is http, https or mailto; an image is a link with its description. Addresses that
stand in one place and are used in another (`[1]: https://…`) are left as text: so a block is final once the next has
begun, and a stream parses its last blocks only.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from graphide.editor.text.blocks import Block, Code
from graphide.editor.text.markdown_blocks import Read, read

MAX_BLOCK = 10_000  # characters; what goes on longer, and is not code, is cut into several blocks
_STEP = 4_000  # characters that are parsed at once, so that a long text costs no more than its length
_LINE_END = re.compile(r"\r\n?")


def parse(text: str) -> tuple[Block, ...]:
    """Return the blocks of a text."""
    stream = Stream()
    stream.feed(text)
    return stream.blocks


class Stream:
    """A text that arrives in pieces, and its blocks so far: those of the whole text, whatever the pieces were."""

    def __init__(self) -> None:
        self.blocks: tuple[Block, ...] = ()
        self._rest = ""  # the text whose blocks may still change
        self._final = 0  # how many blocks do not change any more
        self._ends_with_return = False

    def feed(self, text: str) -> int:
        """Add text; return the number of the first block that may differ from before."""
        first, at = self._final, 0
        if text and self._ends_with_return:
            at = text[0] == "\n"
        self._ends_with_return = text.endswith("\r") if text else self._ends_with_return
        text = _LINE_END.sub("\n", text[at:])
        at = 0
        while at < len(text):
            step = max(_STEP, len(self._rest))
            self._take(text[at : at + step])
            at += step
        return first

    def _take(self, text: str) -> None:
        self._rest += text
        parsed = read(self._rest)
        while self._rest and len(self._rest) - _offset(self._rest, parsed) > MAX_BLOCK:
            if isinstance(parsed.blocks[-1], Code):
                break
            limit = _offset(self._rest, parsed) + MAX_BLOCK
            cut = self._rest.rfind("\n", limit - MAX_BLOCK, limit) + 1 or limit
            self._keep(read(self._rest[:cut]).blocks, cut)
            parsed = read(self._rest)
        self.blocks = (*self.blocks[: self._final], *parsed.blocks)
        self._settle(parsed)

    def _keep(self, blocks: tuple[Block, ...], offset: int) -> None:
        """Make these blocks, which are the text up to the offset, final."""
        self.blocks = (*self.blocks[: self._final], *blocks)
        self._final += len(blocks)
        self._rest = self._rest[offset:]

    def _settle(self, parsed: Read) -> None:
        """Count the blocks as final that no further text can change.

        The last line may become anything, and with it the line before may become the head of a table. A block that
        begins above those two is where it is, and what is before it ends there.
        """
        kept = bisect_left(parsed.lines, self._rest.count("\n") - 1) - 1
        if kept > 0:
            self._final += kept
            self._rest = self._rest[_start_of_line(self._rest, parsed.lines[kept]) :]


def _offset(text: str, parsed: Read) -> int:
    """Return where the last block of a text starts."""
    return _start_of_line(text, parsed.lines[-1]) if parsed.lines else len(text)


def _start_of_line(text: str, line: int) -> int:
    at = 0
    for _ in range(line):
        at = text.index("\n", at) + 1
    return at
