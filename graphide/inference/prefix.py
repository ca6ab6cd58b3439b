"""The prefix tree over the KV cache: what is computed already, who uses it, and what is given up when room is short.

Pure bookkeeping: `Memory` stands for the engine's cache, whose sequences share cells. A node holds the tokens between two
branchings; a `Line` is one engine sequence, which covers the path from the root to its node. A new request takes the
longest path that its prompt begins with, and shares those cells instead of computing or copying them. Lines that nobody
uses stay for later requests, and the least recently used go first.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

TRIMMED = 256  # the fewest tokens that are cut from the end of a kept line at once

Rewind = Literal["any", "window", "none"]
"""How far a sequence can be taken back: to any token, while the window before it is there, or not at all."""


class Memory(Protocol):
    """The engine's cache as the tree needs it; sequences are numbers, lengths are tokens from the start."""

    @property
    def rewind(self) -> Rewind:
        """How far a sequence can be taken back."""
        ...

    def share(self, source: int, target: int, length: int) -> None:
        """Make the first `length` tokens of `source` the beginning of the empty sequence `target`."""
        ...

    def cut(self, sequence: int, length: int) -> bool:
        """Forget all but the first `length` tokens; return False, and change nothing, where that is impossible."""
        ...

    def drop(self, sequence: int) -> None:
        """Forget a sequence."""
        ...

    def reaches(self, sequence: int, length: int) -> bool:
        """Return whether a computation can go on after the first `length` tokens of a sequence with a window."""
        ...


class _Node:
    __slots__ = ("children", "line", "parent", "tokens", "used")

    def __init__(self, parent: _Node | None, tokens: array[int]) -> None:
        self.parent = parent
        self.tokens = tokens
        self.children: list[_Node] = []
        self.line: Line | None = None  # the one that ends here; only leaves have one
        self.used = 0

    def depth(self) -> int:
        total, node = 0, self
        while node.parent is not None:
            total += len(node.tokens)
            node = node.parent
        return total

    def leaves(self) -> Iterator[_Node]:
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if node.line is not None:
                yield node
            waiting.extend(node.children)


class Line:
    """One engine sequence and how many tokens of it are computed; `running` while a request uses it."""

    __slots__ = ("_node", "_tree", "length", "running", "sequence")

    def __init__(self, tree: PrefixTree, node: _Node, sequence: int, length: int) -> None:
        self._tree = tree
        self._node = node
        self.sequence = sequence
        self.length = length
        self.running = True

    def grow(self, tokens: Sequence[int]) -> None:
        """Note tokens that were computed at the end of this line."""
        self._node.tokens.extend(tokens)
        self.length += len(tokens)
        self._tree.cells += len(tokens)

    def cut(self, length: int) -> bool:
        """Take back what was computed after `length`; return False where the engine cannot.

        Only what no other line shares can be taken back.
        """
        own = self.length - len(self._node.tokens)
        assert own <= length <= self.length and not self._node.children
        if not self._tree.memory.cut(self.sequence, length):
            return False
        self._tree.cells -= self.length - length
        del self._node.tokens[length - own :]
        self.length = length
        return True

    @property
    def own(self) -> int:
        """Return how many tokens at the end are this line's alone."""
        return len(self._node.tokens)

    def tokens(self) -> array[int]:
        """Return all computed tokens, from the start."""
        parts, node = [], self._node
        while node.parent is not None:
            parts.append(node.tokens)
            node = node.parent
        path = array("i")
        for part in reversed(parts):
            path.extend(part)
        return path


class PrefixTree:
    """All lines of one KV cache. Changes the cache only through `memory`."""

    def __init__(self, memory: Memory, sequences: int) -> None:
        self.memory = memory
        self.cells = 0  # the tokens that are in the cache, shared ones once
        self._root = _Node(None, array("i"))
        self._free = list(range(sequences - 1, -1, -1))
        self._clock = 0

    def shared(self, tokens: array[int]) -> int:
        """Return how many of the first tokens are computed, and can be used; changes nothing."""
        return self._longest(tokens)[2]

    def begin(self, tokens: array[int]) -> Line:
        """Return a running line that holds as many of the first tokens as are computed already, at most all.

        Raises RuntimeError when all sequences run.
        """
        node, offset, length = self._longest(tokens)
        self._touch(node)
        if length == 0:
            return self._leaf(self._root, self._number(), 0)
        if not node.children and offset == len(node.tokens) and node.line and not node.line.running:
            node.line.running = True
            return node.line
        source = self._source(node, length)
        assert source is not None
        line = source.line
        assert line is not None
        running, line.running = line.running, True  # so that it is not given up for the number
        try:
            sequence = self._number()
        except RuntimeError:
            if running:
                raise
            self._remove(source)  # nothing else can be given up
            return self.begin(tokens)
        finally:
            line.running = running
        self.memory.share(line.sequence, sequence, length)
        # Found again from its end: nodes above may have been joined when another line was given up.
        return self._leaf(self._split(*_place(source, length)), sequence, length)

    def resume(self, line: Line, length: int) -> bool:
        """Use a kept line again, cut to `length` tokens; return False where it is gone or cannot be cut."""
        node = line._node
        if line.running or node.line is not line or length < line.length - len(node.tokens) or not line.cut(length):
            return False
        line.running = True
        return True

    def keep(self, line: Line) -> None:
        """End the use of a line; what it computed stays for others while there is room."""
        line.running = False
        node, rewinds = line._node, self.memory.rewind == "any"
        if not line.length or (rewinds and not node.tokens):
            self._remove(node)
            return
        self._touch(node)
        parent = node.parent
        assert parent is not None
        for other in list(parent.children):
            if other is not node and other.line and not other.line.running:
                common = common_length(node.tokens, other.tokens)
                # A longer line covers a shorter one only where it can be taken back to it.
                if common == len(other.tokens) and (rewinds or common == len(node.tokens)):
                    self._remove(other)
                elif rewinds and common == len(node.tokens):
                    self._touch(other)
                    self._remove(node)
                    return

    def forget(self, line: Line) -> None:
        """Give up a line and what only it holds."""
        line.running = False
        self._remove(line._node)

    def make_room(self, cells: int) -> int:
        """Give up kept tokens, the least recently used first, until `cells` are free; return how many were freed."""
        freed = 0
        while freed < cells:
            node = self._oldest()
            if node is None:
                break
            freed += self._shorten(node, max(cells - freed, TRIMMED))
        return freed

    def clear(self) -> None:
        """Give up every line that does not run."""
        while node := self._oldest():
            self._remove(node)

    def kept(self) -> list[Line]:
        """Return the lines that nobody uses, the most recently used first."""
        nodes = [node for node in self._root.leaves() if node.line and not node.line.running]
        nodes.sort(key=lambda node: node.used, reverse=True)
        return [node.line for node in nodes if node.line]

    def hot(self, smallest: int) -> list[tuple[Line, int]]:
        """Return kept lines of at least `smallest` tokens and how much of each is worth keeping for long.

        That is all of a line, or the part that it shares where its own is short. Most recently used first.
        """
        found = []
        for line in self.kept():
            shared = line.length - line.own
            if line.own < smallest <= shared:
                found.append((line, shared))
            elif line.length >= smallest:
                found.append((line, line.length))
        return found

    def spare(self) -> int | None:
        """Return the number of an empty sequence, to be filled and given to `restore` or `give_back`; None if all run."""
        try:
            return self._number()
        except RuntimeError:
            return None

    def restore(self, tokens: array[int], sequence: int) -> Line:
        """Note a sequence that was filled from outside with `tokens`; it shares nothing and is kept."""
        line = self._leaf(self._root, sequence, 0)
        line.grow(tokens)
        line.running = False
        self._touch(line._node)
        return line

    def give_back(self, sequence: int) -> None:
        """Empty a spare sequence that was not used after all."""
        self.memory.drop(sequence)
        self._free.append(sequence)

    # --- inside

    def _longest(self, tokens: array[int]) -> tuple[_Node, int, int]:
        """Return the node, the offset in it and the length of the longest usable path that `tokens` begin with."""
        best = (self._root, 0, 0)
        waiting = [(self._root, 0)]
        while waiting:
            node, depth = waiting.pop()
            for child in node.children:
                if child.tokens and (depth >= len(tokens) or child.tokens[0] != tokens[depth]):
                    continue
                common = common_length(child.tokens, tokens, depth)
                length = depth + common
                if length > best[2] and self._source(child, length):
                    best = (child, common, length)
                if common == len(child.tokens):
                    waiting.append((child, length))
        return best

    def _source(self, node: _Node, length: int) -> _Node | None:
        """Return a leaf below `node` whose sequence can be continued after `length` tokens."""
        rewind = self.memory.rewind
        for leaf in node.leaves():
            line = leaf.line
            assert line is not None
            if rewind == "any" or line.length == length:
                return leaf
            if rewind == "window" and self.memory.reaches(line.sequence, length):
                return leaf
        return None

    def _split(self, node: _Node, offset: int) -> _Node:
        """Return the node that ends after `offset` tokens of `node`, made by cutting `node` in two where needed."""
        if offset == len(node.tokens) and node.line is None:
            return node
        parent = node.parent
        assert parent is not None
        upper = _Node(parent, node.tokens[:offset])
        upper.children.append(node)
        upper.used = node.used
        parent.children[parent.children.index(node)] = upper
        node.parent, node.tokens = upper, node.tokens[offset:]
        return upper

    def _leaf(self, parent: _Node, sequence: int, length: int) -> Line:
        node = _Node(parent, array("i"))
        parent.children.append(node)
        node.line = line = Line(self, node, sequence, length)
        self._touch(node)
        return line

    def _number(self) -> int:
        while not self._free:
            node = self._oldest()
            if node is None:
                raise RuntimeError("all sequences of the cache run")
            self._remove(node)
        return self._free.pop()

    def _oldest(self) -> _Node | None:
        idle = [node for node in self._root.leaves() if node.line and not node.line.running]
        return min(idle, key=lambda node: node.used, default=None)

    def _shorten(self, node: _Node, cells: int) -> int:
        """Cut `cells` tokens from the end of a kept leaf, or remove it when it has no more; return how many went."""
        line = node.line
        assert line is not None
        if len(node.tokens) > cells and self.memory.rewind == "any" and line.cut(line.length - cells):
            return cells
        freed = len(node.tokens)
        self._remove(node)
        return freed

    def _remove(self, node: _Node) -> None:
        """Remove a leaf and its sequence."""
        line, parent = node.line, self._unhang(node)
        assert line is not None
        node.line = None
        if parent is not self._root and len(parent.children) == 1:
            _join(parent, parent.children[0])
        self.memory.drop(line.sequence)
        self._free.append(line.sequence)

    def _unhang(self, node: _Node) -> _Node:
        """Take a node without children out and return the one above it."""
        parent = node.parent
        assert parent is not None
        parent.children.remove(node)
        node.parent = None
        self.cells -= len(node.tokens)
        return parent

    def _touch(self, node: _Node) -> None:
        self._clock += 1
        at: _Node | None = node
        while at is not None:
            at.used = self._clock
            at = at.parent


def _place(leaf: _Node, length: int) -> tuple[_Node, int]:
    """Return the node on the path to a leaf in which its first `length` tokens (at least one) end, and where in it."""
    node, start = leaf, leaf.depth() - len(leaf.tokens)
    while start >= length:
        assert node.parent is not None
        node = node.parent
        start -= len(node.tokens)
    return node, length - start


def _join(node: _Node, child: _Node) -> None:
    """Put a node and its only child together, as the child."""
    above = node.parent
    assert above is not None
    child.tokens = node.tokens + child.tokens
    child.parent = above
    above.children[above.children.index(node)] = child


def common_length(first: array[int], second: array[int], start: int = 0) -> int:
    """Return how many tokens `first` and `second[start:]` have in common at their beginning.

    Compares blocks of memory that double and then halve, so it costs little Python whatever the length.
    """
    limit = min(len(first), len(second) - start)
    if limit <= 0:
        return 0
    one, two = memoryview(first).cast("B"), memoryview(second).cast("B")
    size = first.itemsize

    def same(low: int, high: int) -> bool:
        return one[low * size : high * size] == two[(start + low) * size : (start + high) * size]

    low, step = 0, 16
    while low < limit and same(low, min(limit, low + step)):
        low = min(limit, low + step)
        step *= 2
    high = min(limit, low + step)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if same(low, middle) else (low, middle)
    return low
