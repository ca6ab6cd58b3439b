"""The prefix tree against a cache that is modelled cell by cell, and against the naive answer to every question."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import Phase, given, note, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from graphide.inference import prefix
from graphide.inference.prefix import Line, PrefixTree, Rewind, common_length

SEQUENCES = 5
WINDOW = 6
KINDS: tuple[Rewind, ...] = ("any", "window", "none")
words = st.lists(st.sampled_from(["0", "1", "0000", "102"]), max_size=5).map(lambda parts: [*map(int, "".join(parts))])


@dataclass(slots=True)
class Cells:
    """A cache as the engine keeps it: a cell is a token at a position, and sequences are sets of cells.

    `first` is where the part of a sequence begins that a window still sees; the engine gives up what lies before.
    """

    rewind: Rewind = "any"
    held: dict[int, list[object]] = field(default_factory=dict)
    tokens: dict[object, int] = field(default_factory=dict)
    first: dict[int, int] = field(default_factory=dict)

    def write(self, sequence: int, tokens: Sequence[int]) -> None:
        """Compute tokens at the end of a sequence."""
        for token in tokens:
            cell = object()
            self.tokens[cell] = token
            self.held.setdefault(sequence, []).append(cell)

    def read(self, sequence: int) -> list[int]:
        """Return the tokens of a sequence."""
        return [self.tokens[cell] for cell in self.held.get(sequence, [])]

    def used(self) -> int:
        """Return how many cells hold at least one sequence."""
        return len({cell for cells in self.held.values() for cell in cells})

    def forget_before_windows(self, sequence: int) -> None:
        """Give up what no later token of the sequence sees."""
        self.first[sequence] = max(self.first.get(sequence, 0), len(self.held.get(sequence, [])) - WINDOW + 1)

    def share(self, source: int, target: int, length: int) -> None:
        cells = self.held.get(source, [])
        assert source != target and not self.held.get(target) and 0 < length <= len(cells)
        assert self.rewind != "none" or length == len(cells), "a part of a state was shared"
        self.held[target] = cells[:length]
        self.first[target] = self.first.get(source, 0)

    def cut(self, sequence: int, length: int) -> bool:
        cells = self.held.get(sequence, [])
        assert length <= len(cells)
        if self.rewind == "none" and length < len(cells):
            return False
        assert self.rewind == "any" or length == len(cells) or self.reaches(sequence, length), "cut beyond the window"
        del cells[length:]
        return True

    def drop(self, sequence: int) -> None:
        self.held.pop(sequence, None)
        self.first.pop(sequence, None)

    def reaches(self, sequence: int, length: int) -> bool:
        return self.first.get(sequence, 0) <= max(0, length - WINDOW + 1)

    def usable(self, sequence: int, tokens: Sequence[int]) -> int:
        """Return how many of the first tokens a new sequence may take over from this one."""
        common = naive_common(self.read(sequence), tokens)
        if self.rewind == "none":
            return common if common == len(self.held[sequence]) else 0
        return common if self.rewind == "any" or self.reaches(sequence, common) else 0


def naive_common(first: Sequence[int], second: Sequence[int]) -> int:
    common = 0
    while common < min(len(first), len(second)) and first[common] == second[common]:
        common += 1
    return common


class LinesOverCells(RuleBasedStateMachine):
    """Everything that the decode loop does with a tree, in any order."""

    kind: Rewind

    def __init__(self) -> None:
        super().__init__()
        self.memory = Cells(self.kind)
        self.tree = PrefixTree(self.memory, SEQUENCES)
        self.running: dict[Line, list[int]] = {}
        self.old: list[Line] = []  # lines that were kept once
        self.spares: list[int] = []
        self.clock = 0
        self.kept_at: dict[int, int] = {}
        self.seen_at: dict[int, int] = {}

    @initialize(trimmed=st.sampled_from([1, 3, 256]))
    def begins_with(self, trimmed: int) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(prefix, "TRIMMED", trimmed)  # whole lines, or a few tokens of one

    def teardown(self) -> None:
        for line in self.running:
            self.tree.forget(line)
        self.tree.clear()
        assert (self.tree.cells, self.memory.used(), self.tree.kept()) == (0, 0, [])
        free = [self.tree.spare() for _ in range(SEQUENCES - len(self.spares))]
        assert sorted([*self.spares, *map(int, filter(lambda n: n is not None, free))]) == list(range(SEQUENCES))
        assert self.tree.spare() is None
        self.patch.undo()

    # --- what the loop does

    def known(self, data: st.DataObject) -> list[int]:
        """Return tokens that begin like something which is there, or like nothing."""
        lines = [self.memory.read(sequence) for sequence in sorted(self.memory.held)]
        old = data.draw(st.sampled_from([[], *lines]))
        return [*old[: data.draw(st.integers(0, len(old)))], *data.draw(words)]

    def pick(self, data: st.DataObject, lines: Sequence[Line]) -> Line:
        return lines[data.draw(st.integers(0, len(lines) - 1))]

    @property
    def room(self) -> bool:
        return len(self.running) + len(self.spares) < SEQUENCES

    @precondition(lambda self: self.room)
    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        tokens = self.known(data)
        expected = max((self.memory.usable(sequence, tokens) for sequence in self.memory.held), default=0)
        others = len(self.running) + len(self.spares)
        sources = [one for one in self.memory.held if self.memory.usable(one, tokens) == expected]
        line = self.tree.begin(array("i", tokens))
        note(f"begin {tokens} -> {line.length} in {line.sequence}")
        assert line.running and line not in self.running and line.sequence not in self.spares
        # Where the only line to share from is also the only one to give up, it may be given up.
        assert line.length == expected or others == SEQUENCES - 1
        assert self.memory.read(line.sequence) == tokens[: line.length]
        if self.kind == "window":
            assert self.memory.reaches(line.sequence, line.length)
        self.running[line] = tokens[: line.length]
        self.clock += 1
        self.seen_at.update(dict.fromkeys(sources, self.clock))

    @precondition(lambda self: not self.room)
    @rule(tokens=words)
    def begin_without_a_sequence(self, tokens: list[int]) -> None:
        with pytest.raises(RuntimeError):
            self.tree.begin(array("i", tokens))

    @precondition(lambda self: self.running)
    @rule(data=st.data(), tokens=words)
    def grow(self, data: st.DataObject, tokens: list[int]) -> None:
        line = self.pick(data, list(self.running))
        self.memory.write(line.sequence, tokens)
        line.grow(tokens)
        self.running[line] += tokens

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def cut(self, data: st.DataObject) -> None:
        line = self.pick(data, list(self.running))
        length = data.draw(st.integers(line.length - line.own, line.length))
        if self.kind == "window" and not self.memory.reaches(line.sequence, length):
            return
        done = line.cut(length)
        assert done == (self.kind != "none" or length == len(self.running[line]))
        if done:
            del self.running[line][length:]

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def keep(self, data: st.DataObject) -> None:
        line = self.pick(data, list(self.running))
        tokens = self.running.pop(line)
        self.tree.keep(line)
        self.clock += 1
        self.kept_at[line.sequence] = self.seen_at[line.sequence] = self.clock
        self.old.append(line)
        assert self.tree.shared(array("i", tokens)) == len(tokens)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        line = self.pick(data, list(self.running))
        self.running.pop(line)
        self.tree.forget(line)

    @precondition(lambda self: self.old)
    @rule(data=st.data())
    def resume(self, data: st.DataObject) -> None:
        line = self.pick(data, self.old)
        tokens = line.tokens().tolist()
        length = data.draw(st.integers(0, max(0, line.length)))
        if self.kind == "window":
            length = line.length
        there = line in self.tree.kept()
        done = self.tree.resume(line, length)
        assert there or not done
        assert not (there and length == line.length) or done
        if done:
            self.running[line] = tokens[:length]

    @rule(cells=st.integers(0, 12))
    def make_room(self, cells: int) -> None:
        before, kept = self.memory.used(), {line.sequence: self.memory.read(line.sequence) for line in self.tree.kept()}
        freed = self.tree.make_room(cells)
        assert before - self.memory.used() >= freed
        assert freed >= cells or self.tree.kept() == []
        self.oldest_went_first(kept)

    @rule()
    def clear(self) -> None:
        self.tree.clear()
        assert self.tree.kept() == []

    @precondition(lambda self: self.room)
    @rule(data=st.data())
    def fill_from_outside(self, data: st.DataObject) -> None:
        tokens = self.known(data) or [2]
        kept = {line.sequence: self.memory.read(line.sequence) for line in self.tree.kept()}
        sequence = self.tree.spare()
        assert sequence is not None and not self.memory.held.get(sequence)
        self.oldest_went_first(kept)
        self.memory.write(sequence, tokens)
        line = self.tree.restore(array("i", tokens), sequence)
        assert (line.sequence, line.length, line.running) == (sequence, len(tokens), False)
        self.clock += 1
        self.kept_at[sequence] = self.seen_at[sequence] = self.clock
        self.old.append(line)

    @precondition(lambda self: self.room)
    @rule()
    def spare(self) -> None:
        sequence = self.tree.spare()
        assert sequence is not None and not self.memory.held.get(sequence)
        self.spares.append(sequence)

    @precondition(lambda self: not self.room)
    @rule()
    def no_spare(self) -> None:
        assert self.tree.spare() is None

    @precondition(lambda self: self.spares)
    @rule(tokens=words)
    def give_back(self, tokens: list[int]) -> None:
        sequence = self.spares.pop()
        self.memory.write(sequence, tokens)
        self.tree.give_back(sequence)

    @precondition(lambda self: self.kind == "window" and self.memory.held)
    @rule(data=st.data())
    def windows_move_on(self, data: st.DataObject) -> None:
        self.memory.forget_before_windows(data.draw(st.sampled_from(sorted(self.memory.held))))

    def oldest_went_first(self, before: dict[int, list[int]]) -> None:
        after = {line.sequence: self.memory.read(line.sequence) for line in self.tree.kept()}
        whole = [sequence for sequence, tokens in before.items() if after.get(sequence) == tokens]
        for gone in before.keys() - whole:
            assert all(self.kept_at[gone] <= self.seen_at[stays] for stays in whole)

    # --- what is always true

    @invariant()
    def cells_are_counted(self) -> None:
        assert self.tree.cells == self.memory.used()

    @invariant()
    def running_lines_hold_their_tokens(self) -> None:
        for line, tokens in self.running.items():
            assert line.running and line.length == len(tokens)
            assert line.tokens().tolist() == tokens == self.memory.read(line.sequence)

    @invariant()
    def kept_lines_hold_theirs(self) -> None:
        for line in self.tree.kept():
            assert line.tokens().tolist() == self.memory.read(line.sequence)
            assert len(line.tokens()) == line.length > 0

    @invariant()
    def no_two_have_the_same_sequence(self) -> None:
        lines = [*self.running, *self.tree.kept()]
        used = [*self.spares, *(line.sequence for line in lines)]
        assert len(used) == len(set(used))
        assert {sequence for sequence, cells in self.memory.held.items() if cells} <= set(used)

    @invariant()
    def paths_branch(self) -> None:
        waiting, leaves, nodes = [self.tree._root], 0, 0
        while waiting:
            node = waiting.pop()
            nodes += 1
            leaves += node.line is not None
            assert node.line is None or not node.children
            assert node is self.tree._root or node.line or len(node.children) > 1
            waiting.extend(node.children)
        assert leaves == len(self.running) + len(self.tree.kept()) and nodes <= 2 * max(1, leaves)

    @rule(data=st.data())
    def shared_is_the_longest_there_is(self, data: st.DataObject) -> None:
        tokens = self.known(data)
        expected = max((self.memory.usable(sequence, tokens) for sequence in self.memory.held), default=0)
        assert self.tree.shared(array("i", tokens)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_the_tree_and_the_cache_say_the_same_after_every_step(kind: Rewind) -> None:
    machine: Any = type(f"LinesOver{kind.capitalize()}", (LinesOverCells,), {"kind": kind})
    machine.TestCase.settings = settings(stateful_step_count=40, phases=[Phase.generate])
    machine.TestCase("runTest").runTest()


tokens_of_two = st.lists(st.integers(0, 1), max_size=12)


@given(tokens_of_two, tokens_of_two, st.integers(0, 14))
def test_common_length_is_that_of_a_loop(first: list[int], second: list[int], start: int) -> None:
    assert common_length(array("i", first), array("i", second), start) == naive_common(first, second[start:])


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 40))
def test_common_length_finds_the_place_in_long_texts(length: int, differs: int, start: int) -> None:
    first = array("i", range(length))
    second = array("i", [-1] * start) + first
    if differs < length:
        second[start + differs] = -2
    assert common_length(first, second, start) == min(length, differs)
