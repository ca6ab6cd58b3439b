"""One conversation without a window: said, answered by a run, answered again, branched, and kept as it goes on.

The terminal talks through this. A window has a session of its own, because its runs are everybody's there; what both say
to a graph, `inputs_of`, is here. Nothing is printed or asked here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from graphide.chatting.answers import AnswerSoFar, Piece
from graphide.chatting.graphs import ChatForm
from graphide.chatting.keeping import SAVE_EVERY, ChatRecord, made_by
from graphide.chatting.partners import Partner, subject_of
from graphide.errors import GraphideError, UsageError
from graphide.store.chats import MadeBy
from graphide.store.turns import ROOT, Turn, Turns
from graphide.values import Json
from graphide.workspace import Workspace


class Gauge(NamedTuple):
    """How much of the context the conversation takes, in tokens; `room` 0: not known."""

    used: int
    room: int


class Talk:
    """A conversation with a partner, from the turns there are; `record` keeps it. For one thread, but for `stop`.

    `fault` is why it could not be kept the last time ("": it was): chatting goes on all the same.
    """

    def __init__(
        self,
        workspace: Workspace,
        partner: Partner,
        *,
        turns: Turns | None = None,
        record: ChatRecord | None = None,
        now: Callable[[], str] = lambda: datetime.now(UTC).isoformat(timespec="seconds"),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.workspace = workspace
        self.partner = partner
        self.turns = turns or Turns()
        self.record = record or ChatRecord(None, subject_of(partner))
        self.fault = ""
        self.so_far: AnswerSoFar | None = None
        self._now = now
        self._clock = clock
        self._cancel = threading.Event()

    @property
    def path(self) -> tuple[Turn, ...]:
        """The turns of the chosen way."""
        return self.turns.path

    def say(self, text: str, *, seed: int | None = None) -> Generator[Piece, None, Turn]:
        """Say something at the end of the chosen way; yield what comes back and return the turn of the answer.

        Raises UsageError for a blank message. An answer that fails is a turn that says why; a run that cannot begin
        raises GraphideError, and nothing was said then.
        """
        last = self.turns[self.turns.leaf] if self.turns.leaf != ROOT else None
        parent = last.parent if last is not None and last.role == "user" else self.turns.leaf  # no answer: said anew
        return self._said(parent, text, seed)

    def edit(self, text: str, *, turn_id: int = ROOT, seed: int | None = None) -> Generator[Piece, None, Turn]:
        """Say something else in place of a message (the last one by itself), on a way of its own. Goes on as `say`."""
        turn = self.turns[turn_id or self.question.id]
        if turn.role != "user":
            raise UsageError("only a message of yours can be edited", hint="Have the answer made again instead")
        return self._said(turn.parent, text, seed)

    def regenerate(self, *, seed: int | None = None) -> Generator[Piece, None, Turn]:
        """Make the last answer again beside the old one; one that failed, in its place. Goes on as `say`."""
        turns, question = self.turns, self.question
        last = turns[turns.leaf]
        if last.answer is not None and last.answer.state == "failed":
            turns = turns.without(last.id)
        return self._answered(turns.ended_at(question.id), question, seed)

    @property
    def question(self) -> Turn:
        """The last message of the user on the chosen way; raises UsageError while there is none."""
        found = next((turn for turn in reversed(self.path) if turn.role == "user"), None)
        if found is None:
            raise UsageError("nothing was said yet")
        return found

    def back(self) -> Turn:
        """Go back before the last message, and return it; what was said stays as a branch."""
        question = self.question
        self.turns = self.turns.ended_at(question.parent)
        self._keep()
        return question

    def switch(self, turn_id: int) -> None:
        """Choose the way through a turn."""
        self.turns = self.turns.switched(turn_id)
        self._keep()

    def ends(self) -> tuple[Turn, ...]:
        """Return the last turn of every way through the chat, in the order in which they were made."""
        parents = {turn.parent for turn in self.turns.turns.values()}
        return tuple(turn for turn in self.turns.turns.values() if turn.id not in parents)

    def turn_to(self, partner: Partner) -> None:
        """Go on with somebody else, or with the same model chosen otherwise."""
        self.partner = partner
        self._guarded(lambda: self.record.turn_to(subject_of(partner)))

    def stop(self) -> None:
        """Stop the answer that is being made; what there is of it stays. Any thread may call."""
        self._cancel.set()

    def gauge(self) -> Gauge | None:
        """Return how much of the context the last answer took that was counted, None before there is one."""
        counted = (turn.answer for turn in reversed(self.path) if turn.answer is not None and turn.answer.prompt_tokens)
        last = next(counted, None)
        if last is None:
            return None
        used = last.prompt_tokens + last.tokens
        rooms = (model.n_ctx for model in self.workspace.loaded() if model.path.name == last.model)
        return Gauge(used, next(rooms, 0))

    # --- inside

    def _said(self, parent: int, text: str, seed: int | None) -> Generator[Piece, None, Turn]:
        if not text.strip():
            raise UsageError("the message is empty")
        turns = self.turns.added(parent, "user", text, at=self._now())
        return self._answered(turns, turns.last, seed)

    def _answered(self, turns: Turns, question: Turn, seed: int | None) -> Generator[Piece, None, Turn]:
        """Run the graph for the answer to a question; turns change when the run begins, so that a refusal says nothing."""
        inputs = inputs_of(self.partner.form, turns, question)
        origin = made_by(self.partner.document, self.workspace.registry, self.partner.form)
        self._cancel = threading.Event()
        events = self.workspace.run(self.partner.document, inputs=inputs, seed=seed, cancel=self._cancel)
        so_far = self.so_far = AnswerSoFar(self.partner.form, self._clock)
        self.turns = turns.added(question.id, "assistant", "", at=self._now(), answer=so_far.answer)
        at = self.turns.last
        self._keep(origin)
        saved = self._clock()
        try:
            with closing(cast(Any, events)):
                for event in events:
                    piece = so_far.see(event)
                    if self._clock() - saved >= SAVE_EVERY:
                        self._see(at, so_far)
                        self._keep(origin)
                        saved = self._clock()
                    if piece is not None:
                        yield piece
        finally:
            if so_far.answer.state in ("waiting", "writing"):  # the caller went away in the middle
                so_far.answer = replace(so_far.answer, state="stopped")
            self._see(at, so_far)
            self._keep(origin)
        return self.turns[at.id]

    def _see(self, turn: Turn, so_far: AnswerSoFar) -> None:
        self.turns = self.turns.with_turn(turn._replace(text=so_far.text, answer=so_far.answer))

    def _keep(self, origin: MadeBy | None = None) -> None:
        self._guarded(lambda: self.record.save(self.turns, origin))

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
            self.fault = ""
        except GraphideError as error:
            self.fault = str(error)


def inputs_of(form: ChatForm, turns: Turns, question: Turn) -> dict[str, Json]:
    """Return what a graph gets for the answer to a question: the message, and what was said before it."""
    inputs: dict[str, Json] = {form.message: question.text}
    if form.conversation:
        inputs[form.conversation] = conversation_of(turns.upto(question.parent))
    return inputs


def conversation_of(path: Sequence[Turn]) -> list[Mapping[str, Json]]:
    """Return what was said as a graph gets it: questions with their answers; one without an answer counts as unsaid."""
    said: list[Mapping[str, Json]] = []
    for question, answer in zip(path[::2], path[1::2], strict=False):
        if answer.text.strip():
            said += [{"role": turn.role, "content": turn.text} for turn in (question, answer)]
    return said
