"""Prefixes that outlive the process: which lines of the tree are worth writing to disk, and when one is read back.

Runs in the worker process. The tree knows what is computed, the store what is saved; this brings states from one to the
other, through the context.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from pathlib import Path

from graphide.inference.context import Context
from graphide.inference.llama import engine_version
from graphide.inference.prefix import PrefixTree
from graphide.inference.prefix_store import PrefixStore, Saved
from graphide.inference.protocol import Notice

SMALLEST = 256  # tokens; shorter prefixes are computed about as quickly as they are read
WORTH_READING = 128  # tokens that a saved prefix must have more than the tree
SAVED_AT_ONCE = 8
SECONDS = 1.5  # how long the end of a process may be held up; what is not written then is computed again


class KeptPrefixes:
    """The saved prefixes of one context."""

    def __init__(self, context: Context, tree: PrefixTree, store: PrefixStore, emit: Callable[[Notice, int], None]):
        self._context = context
        self._tree = tree
        self._store = store
        self._emit = emit
        self._said = 0

    @classmethod
    def of(cls, context: Context, tree: PrefixTree, *, emit: Callable[[Notice, int], None]) -> KeptPrefixes | None:
        """Return the saved prefixes that the load options ask for, None when they ask for none."""
        options = context.model.options
        if not options.prefix_folder or not options.model_key or options.prefix_bytes <= 0:
            return None
        key: dict[str, str | int] = {
            "model": options.model_key,
            "engine": engine_version(),
            "kv_type": options.kv_type,
            "flash_attn": options.flash_attn,
            "swa_full": int(options.swa_full),
            "n_gpu_layers": options.n_gpu_layers,
        }
        folder = Path(options.prefix_folder)
        store = PrefixStore(folder, key, options.prefix_bytes, trimmable=context.rewind == "any")
        return cls(context, tree, store, emit)

    def restore(self, tokens: array[int], request: int) -> None:
        """Bring the saved prefix of a prompt into the tree, if it is much longer than what the tree has."""
        if len(tokens) < SMALLEST:
            return
        saved = self._store.longest(tokens)
        if saved is not None and saved.common - self._tree.shared(tokens) >= WORTH_READING:
            self._tree.make_room(saved.tokens - (self._context.shape.cells - self._tree.cells))
            sequence = self._tree.spare()
            if sequence is not None:
                if self._fill(sequence, saved):
                    self._tree.restore(tokens[: saved.common], sequence)
                else:
                    self._tree.give_back(sequence)
        self._say(request)

    def _fill(self, sequence: int, saved: Saved) -> bool:
        """Bring a saved state into an empty sequence, cut to what is wanted of it; return whether that was possible."""
        buffer = self._context.buffer(saved.state_bytes)
        return (
            self._store.load(saved, buffer)
            and self._context.set_state(sequence, buffer)
            and (saved.common == saved.tokens or self._context.cut(sequence, saved.common))
        )

    def save(self) -> None:
        """Write the prefixes that were used last and are long enough."""
        until = time.monotonic() + SECONDS
        for line, length in self._tree.hot(SMALLEST)[:SAVED_AT_ONCE]:
            if time.monotonic() >= until:
                break
            sequence = line.sequence
            if length < line.length and not self._can_end(sequence, length):
                length = line.length
            tokens = line.tokens()[:length]
            part = None
            if length < line.length:
                part = self._tree.spare()
                if part is None:
                    continue
                self._context.share(sequence, part, length)
            self._store.save(tokens, self._context.state(sequence if part is None else part))
            if part is not None:
                self._tree.give_back(part)
        self._say(0)

    def _can_end(self, sequence: int, length: int) -> bool:
        """Return whether the first `length` tokens have a state; that of a recurrent model is of all its tokens."""
        rewind = self._context.rewind
        return rewind == "any" or (rewind == "window" and self._context.reaches(sequence, length))

    def _say(self, request: int) -> None:
        notices = self._store.notices
        for text in notices[self._said :]:
            self._emit(Notice(text), request)
        self._said = len(notices)
