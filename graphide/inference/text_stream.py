"""From token bytes to text that may be shown: whole characters only, and nothing that may still be a stop string.

Pure, and the same for every split of the bytes.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class Utf8Stream:
    """Turns bytes that come in any pieces into text; bytes that are not UTF-8 become U+FFFD."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, data: bytes) -> str:
        """Return the characters that `data` completes."""
        return self._decoder.decode(data)

    def finish(self) -> str:
        """Return what is left: a replacement character when the last one is cut off."""
        return self._decoder.decode(b"", final=True)


class StopScanner:
    """Holds text back while it may be the start of a stop string, and cuts at the first stop string found.

    When several stop strings match, the one that starts earliest cuts. `found` is the one that did, or "".
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.found = ""

    def feed(self, text: str) -> str:
        """Return the text that is now certain to belong to the answer."""
        if self.found:
            return ""
        if not self._stops:
            return text
        self._held += text
        hits = [(at, stop) for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if hits:
            at, stop = min(hits, key=lambda hit: hit[0])
            # A longer stop string that began earlier may still be open; then wait for it.
            if at <= self._open_from():
                return self._cut(at, stop)
        certain, self._held = self._held[: self._open_from()], self._held[self._open_from() :]
        return certain

    def finish(self) -> str:
        """Return the text that is still held, once nothing more can come."""
        hits = [(at, stop) for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if hits and not self.found:
            at, stop = min(hits, key=lambda hit: hit[0])
            return self._cut(at, stop)
        certain, self._held = self._held, ""
        return certain

    def _cut(self, at: int, stop: str) -> str:
        certain, self._held, self.found = self._held[:at], "", stop
        return certain

    def _open_from(self) -> int:
        """Return where the earliest unfinished stop string in the held text starts."""
        text, earliest = self._held, len(self._held)
        for stop in self._stops:
            for length in range(min(len(stop) - 1, len(text)), 0, -1):
                if text.endswith(stop[:length]):
                    earliest = min(earliest, len(text) - length)
                    break
        return earliest
