"""The decode loop: many answers in one batch, which join and leave between two steps.

Runs in the worker process. Each step computes one token for every answer that is being written and, in what is left of
the batch, pieces of new prompts, shared out evenly and small enough that nobody waits long. An answer starts from the
longest prefix that the tree has; one whose prompt is being computed by another waits for that instead of computing it
again. A reproducible answer runs alone, its prompt cut into the same pieces each time.
"""

from __future__ import annotations

import importlib
import time
from array import array
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager

from graphide.errors import InferenceFault
from graphide.inference import faults
from graphide.inference.answer import Answer
from graphide.inference.context import Aborted, Context, NoRoom, Rows
from graphide.inference.keeping import KeptPrefixes
from graphide.inference.pieces import SMALLEST, Pace, shared_out
from graphide.inference.prefix import Line, PrefixTree, common_length
from graphide.inference.protocol import Entered, PrefillProgress, Report, Stopped
from graphide.inference.threads import ThreadControl
from graphide.inference.writing import Emit, write

WINDOW = 512  # tokens that an answer may be ahead of the app that reads it
WORTH = 32  # tokens that another answer must be about to share before one waits for them
RESERVE = 64  # free cells that an answer should have ahead of it when it starts
CROWD = 4  # answers at a time from which quicker sampling is worth an import at once
LOOKED_AT = 16  # waiting requests that are looked at for one that can start

Guard = Callable[[Collection[int]], AbstractContextManager[object]]
"""Lets the abort flag stop what runs inside for the given requests."""


class DecodeLoop:
    """The answers of one context, waiting and running. Each `step` computes one batch."""

    def __init__(
        self,
        context: Context,
        tree: PrefixTree,
        *,
        emit: Emit,
        guard: Guard,
        threads: ThreadControl | None = None,
        kept: KeptPrefixes | None = None,
    ) -> None:
        """Begin empty; reports go to `emit` with the number of their request.

        `threads` None: their number is fixed. `kept` None: nothing is read from disk.
        """
        self.context = context
        self.tree = tree
        self._emit = emit
        self._guard = guard
        self._threads = threads
        self._kept = kept
        self._fixed_threads = context.n_threads
        self._waiting: list[Answer] = []
        self._running: list[Answer] = []
        self._pace = Pace()
        self._crowded = False  # one was put back although cells were free; it would only be put back again
        self._exact: tuple[Line, int] | None = None  # the last reproducible line, and how much of it was whole pieces

    @property
    def idle(self) -> bool:
        """Return whether nothing runs and nothing waits."""
        return not self._running and not self._waiting

    def submit(self, answer: Answer) -> None:
        """Let an answer wait for its turn."""
        self._waiting.append(answer)
        if self._running or len(self._waiting) > 1:
            self._emit(Entered("queue"), answer.request)

    def acknowledge(self, request: int, tokens: int) -> None:
        """Note that the app took tokens of an answer, also of one that was put back."""
        for answer in (*self._running, *self._waiting):
            if answer.request == request:
                answer.unacknowledged = max(0, answer.unacknowledged - tokens)

    def cancel(self, request: int) -> bool:
        """End an answer, waiting or running; return whether there was one."""
        for answer in (*self._running, *self._waiting):
            if answer.request == request:
                self._end(answer, Stopped())
                return True
        return False

    def step(self) -> bool:
        """Compute one batch; return False when there is nothing to compute until the app says something."""
        self._start_waiting()
        rows, answers, guesses = self._compose()
        if not rows:
            return False
        wanted = sum(len(row.tokens) for row in rows)
        if not self._has_room(wanted):
            return True
        began = time.perf_counter()
        threads = self._choose_threads(wanted)
        begins = self._compute(rows, answers, wanted)
        if begins is not None:
            seconds = time.perf_counter() - began
            if threads:
                threads.took(self.context.n_threads, wanted, seconds)
            sampled = self._use(rows, answers, begins, guesses)
            self._pace.took(wanted - sampled, seconds)
        return True

    def fail(self, last: Report) -> None:
        """End every answer that runs with the same last report."""
        for answer in list(self._running):
            self._end(answer, last, spoilt=True)

    def close(self) -> None:
        """Free what the answers hold."""
        for answer in (*self._running, *self._waiting):
            answer.close()
        self._running, self._waiting = [], []

    # --- who starts

    def _start_waiting(self) -> None:
        if self._crowded and self._running:
            return
        at = 0
        while at < min(len(self._waiting), LOOKED_AT) and len(self._running) < self.context.model.options.n_parallel:
            if self._running and self._running[0].job.alone:
                return
            answer = self._waiting[at]
            if answer.job.alone:
                if self._running:
                    return  # those behind wait too, or it would never run
                self._start_alone(answer)
                return
            if self._is_computed_soon(answer):
                at += 1
                continue
            if not self._start(answer):
                return

    def _is_computed_soon(self, answer: Answer) -> bool:
        """Return whether a running prompt is about to compute much of what this one needs."""
        ahead, last = 0, len(answer.tokens) - 1
        for other in self._running:
            if other.line is None or other.decoding or other.job.alone or other.unacknowledged >= WINDOW:
                continue
            common = min(common_length(other.tokens, answer.tokens), last)
            if common > other.line.length:
                ahead = max(ahead, common)
        return ahead >= WORTH and ahead - self.tree.shared(answer.tokens[:-1]) >= WORTH

    def _start(self, answer: Answer) -> bool:
        """Give an answer a line and let it run; return False when there is no room for it yet."""
        self._exact = None
        if self._kept:
            self._kept.restore(answer.tokens[:-1], answer.request)
        line = self.tree.begin(answer.tokens[:-1])
        answer.line = line
        need = sum(other.pending + min(other.left, RESERVE) for other in (*self._running, answer))
        self._make_room(need)
        if self._running and self.context.shape.cells - self.tree.cells < need:
            answer.line = None
            if line.own:
                self.tree.keep(line)
            else:
                self.tree.forget(line)  # nothing was computed, and to keep it would pin what it shares
            return False
        self._begin(answer, line)
        return True

    def _start_alone(self, answer: Answer) -> None:
        """Start a reproducible answer from an empty cache, or from whole pieces that one before it computed."""
        line, whole = self._exact or (None, 0)
        size = self.context.n_batch
        if line is not None:
            whole = min(whole, common_length(line.tokens(), answer.tokens[:-1]) // size * size)
            if not whole or not self.tree.resume(line, whole):
                line = None
        if line is None:
            self.tree.clear()
            self.context.clear()
            line = self.tree.begin(array("i"))
        self._exact = None
        self.context.use_threads(self._fixed_threads)
        self._begin(answer, line)

    def _begin(self, answer: Answer, line: Line) -> None:
        self._waiting.remove(answer)
        self._running.append(answer)
        if len(self._running) >= CROWD:
            importlib.import_module("numpy")  # 0.1 s once, and sampling many answers is quicker ever after
        answer.line = line
        self._emit(Entered("prefill"), answer.request)
        if answer.text.tokens:
            return  # it was put back for want of room, and goes on
        if not answer.started:  # one that was put back finds what it computed itself
            answer.cached = line.length
            answer.started = time.perf_counter()
        self._emit(PrefillProgress(line.length, len(answer.job.prompt)), answer.request)

    # --- what is computed

    def _compose(self) -> tuple[list[Rows], list[Answer], list[list[int]]]:
        """Return the rows of the next batch, whose they are, and the guesses at the end of each."""
        ready = [answer for answer in self._running if answer.unacknowledged < WINDOW]
        decoding = [answer for answer in ready if answer.decoding]
        filling = [answer for answer in ready if not answer.decoding]
        rows: list[Rows] = []
        guesses: list[list[int]] = []
        for answer in decoding:
            assert answer.line
            guess = self._guess(answer, alone=len(ready) == 1)
            rows.append(Rows(answer.line.sequence, [answer.tokens[-1], *guess], answer.line.length, 1 + len(guess)))
            guesses.append(guess)
        room = self.context.n_batch - sum(len(row.tokens) for row in rows)
        for answer, count in self._pieces(filling, room, held_up=bool(decoding)):
            assert answer.line
            at = answer.line.length
            last = at + count == len(answer.tokens)
            rows.append(Rows(answer.line.sequence, answer.tokens[at : at + count].tolist(), at, int(last)))
            guesses.append([])
            decoding.append(answer)
        return rows, decoding, guesses

    def _pieces(self, filling: Sequence[Answer], room: int, *, held_up: bool) -> list[tuple[Answer, int]]:
        """Return how many prompt tokens of which answers come next: the same for each, what is left over for others."""
        if not filling or room <= 0:
            return []
        if self.context.rewind == "none":
            room = min(room, 2 * SMALLEST)  # no cancel can end such a batch half-way
        elif not filling[0].job.alone:
            room = min(room, self._pace.tokens(held_up=held_up))
        counts = shared_out(room, [self._until_shared(answer) for answer in filling])
        return [(answer, count) for answer, count in zip(filling, counts, strict=True) if count]

    def _until_shared(self, answer: Answer) -> int:
        """Return how many tokens to compute until the place from which a waiting answer goes its own way, or all."""
        assert answer.line
        at, end = answer.line.length, len(answer.tokens)
        if answer.job.alone:
            return end - at  # other pieces would be other bits
        for other in self._waiting[:LOOKED_AT]:
            common = min(common_length(answer.tokens, other.tokens), len(other.tokens) - 1)
            if at + WORTH <= common < end and not other.job.alone:
                end = common
        return end - at

    def _guess(self, answer: Answer, *, alone: bool) -> list[int]:
        """Return guessed tokens; only for a single answer, because a batch of several is busy as it is."""
        if answer.drafter is None or not alone or answer.job.alone or self.context.rewind == "none":
            return []
        limit = min(self.context.model.options.draft_tokens, answer.left - 1, self.context.n_batch - 1)
        return answer.drafter.propose(limit) if limit > 0 else []

    def _compute(self, rows: Sequence[Rows], answers: Sequence[Answer], wanted: int) -> list[int] | None:
        """Compute a batch and return where the outputs of each row begin; None when it came to nothing."""
        try:
            with self._guard(self._stoppable(answers)):
                begins = self.context.compute(rows)
                if wanted > len(rows):
                    self.context.finish()
                return begins
        except Aborted:
            self._take_back(answers)
        except NoRoom:
            self._take_back(answers)
            self._find_room(wanted)
        except InferenceFault as fault:
            self.fail(faults.to_frame(fault))
        return None

    # --- what comes of it

    def _use(
        self, rows: Sequence[Rows], answers: Sequence[Answer], begins: Sequence[int], guesses: Sequence[list[int]]
    ) -> int:
        """Note what was computed and sample where a token can follow; return how many tokens were sampled."""
        sampled = 0
        for row, answer, begin, guess in zip(rows, answers, begins, guesses, strict=True):
            line = answer.line
            assert line
            line.grow(row.tokens[: len(row.tokens) - len(guess)])
            if not answer.text.tokens and not guess:
                self._emit(PrefillProgress(line.length, len(answer.job.prompt)), answer.request)
            if not row.outputs:
                continue
            fault = None
            try:
                sampled += write(answer, begin, guess, context=self.context, emit=self._emit)
            except InferenceFault as error:
                fault = error
            if guess and line.length < row.position + len(row.tokens):
                self.context.cut(line.sequence, line.length)
            if fault:
                self._end(answer, faults.to_frame(fault))
            elif answer.text.ended:
                self._end(answer, answer.completion())
        return sampled

    def _end(self, answer: Answer, last: Report, *, spoilt: bool = False) -> None:
        """Take an answer out and send its last frame; what it computed is kept for others."""
        self._crowded = False
        (self._running if answer in self._running else self._waiting).remove(answer)
        line, answer.line = answer.line, None
        if line is not None:
            if spoilt:
                self.tree.forget(line)
            else:
                self.tree.keep(line)
                size = self.context.n_batch
                if answer.job.alone and self.context.rewind == "any":
                    self._exact = (line, min(line.length, len(answer.job.prompt)) // size * size)
        answer.close()
        self._emit(last, answer.request)

    # --- room and threads

    def _has_room(self, wanted: int) -> bool:
        """Return whether the next batch fits, after giving up kept prefixes; puts an answer back where it does not."""
        self._make_room(wanted)
        if self.context.shape.cells - self.tree.cells >= wanted or len(self._running) <= 1:
            return True
        self._put_back()
        return False

    def _make_room(self, wanted: int) -> None:
        missing = wanted - (self.context.shape.cells - self.tree.cells)
        if missing > 0:
            self.tree.make_room(missing)

    def _find_room(self, wanted: int) -> None:
        """Free cells although there should be enough: a sliding window's own cache is smaller and can be full before."""
        if self.tree.kept():
            self.tree.make_room(wanted)  # also a line without tokens of its own holds cells of a window
            return
        if len(self._running) > 1:
            self._put_back()
            self._crowded = True
            return
        self.fail(faults.to_frame(self.context.full()))

    def _put_back(self) -> None:
        """Let the answer that came last wait again; what it wrote is computed anew when it goes on."""
        answer = self._running.pop()
        if answer.line:
            self.tree.keep(answer.line)
            answer.line = None
        answer.rereads = True
        self._waiting.insert(0, answer)
        self._emit(Entered("queue"), answer.request)

    def _take_back(self, answers: Sequence[Answer]) -> None:
        """Bring the cache of a batch that failed to where it was before."""
        for answer in answers:
            line = answer.line
            assert line
            if not (self.context.cut(line.sequence, line.length) and self.context.reaches(line.sequence, line.length)):
                # A recurrent state cannot be taken back: this answer computes its tokens again.
                self.tree.forget(line)
                answer.line = self.tree.begin(answer.tokens[:-1])

    def _stoppable(self, answers: Sequence[Answer]) -> list[int]:
        """Return the requests whose cancel may end a computation half-way.

        None where the engine keeps states: it moves them while it computes, so an end half-way damages those of others
        too, even of sequences that are not in the batch. Their pieces of prompts are small instead.
        """
        if self.context.rewind == "none":
            return []
        return [answer.request for answer in answers]

    def _choose_threads(self, tokens: int) -> ThreadControl | None:
        if self._threads is None or self._running[0].job.alone:
            return None
        self.context.use_threads(self._threads.choose(tokens))
        return self._threads
