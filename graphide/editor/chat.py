"""Talking with a graph: one chat, whose answers are runs of its graph.

A chat sends a message by running its graph with the message, and what was said on the chosen way before it, as inputs.
It sees its answer in the view of that run, as everybody else does. The turns are in `turns`, which graphs can chat in
`graphide.chatting.graphs`, what an answer says of its run in `chat_answers`.

A chat here is in memory only; `chats_keep` writes it down as it goes, and `chats_open` makes one of what was written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from graphide.chatting.attachments import Attachment, split_attachments
from graphide.chatting.graphs import ChatForm
from graphide.chatting.talk import conversation_of
from graphide.editor.chat_answers import answered
from graphide.editor.runs import Run, RunControl
from graphide.editor.runview import RunView
from graphide.errors import UsageError
from graphide.store.turns import ROOT, Answer, Turn, Turns
from graphide.values import Json
from graphide.workspace import Document

_TITLE = 60

Today = Callable[[], str]


@dataclass(slots=True)
class _Asked:
    turn: int
    run: Run


def now() -> str:
    """Return the time as turns have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class ChatSession:
    """One chat with the graph of `document`, whose answers are made by `control`. For one thread.

    `draft` is what is being written, in place of the message `editing` where that is not `ROOT`; `context` is how many
    tokens the model has room for (0: not known), asked for after the answer `measured`; `wants_keys` asks a window to put the caret into the draft;
    `read_at` is how far down somebody reads, in pixels at scale 1 (-1: the end, whatever comes), `wanted` a turn that is to be shown.
    `id` is that in the store ("": not there yet), `private` that it is not to be there; `files` go along with the draft;
    `asked` is the document that the last answer is made with.
    """

    def __init__(
        self,
        document: Document,
        form: ChatForm,
        control: RunControl,
        *,
        id: str = "",
        turns: Turns | None = None,
        title: str = "",
        today: Today = now,
    ) -> None:
        self.id = id
        self.document = document
        self.form = form
        self.turns = turns or Turns()
        self._title = title
        self._control = control
        self._today = today
        self._asked: _Asked | None = None
        self.draft = ""
        self.editing = ROOT
        self.context = 0
        self.measured = ROOT
        self.wants_keys = False
        self.read_at = -1.0
        self.wanted = ROOT
        self.private = False
        self.files: tuple[Attachment, ...] = ()
        self.asked: Document | None = None

    @property
    def path(self) -> tuple[Turn, ...]:
        """The turns of the chosen way."""
        return self.turns.path

    @property
    def answering(self) -> bool:
        """Whether an answer is being made."""
        return self._asked is not None

    @property
    def given_title(self) -> str:
        """The name that the user gave it, "" for none."""
        return self._title

    @property
    def title(self) -> str:
        """Its name: given, or the beginning of the first message."""
        first = next((turn.text for turn in self.turns.turns.values() if turn.role == "user"), "")
        line = " ".join((split_attachments(first)[0] or first)[: 4 * _TITLE].split())
        return self._title or (line if len(line) <= _TITLE else f"{line[: _TITLE - 1]}…") or self.document.graph.title

    @title.setter
    def title(self, text: str) -> None:
        self._title = text.strip()

    def send(self, text: str, *, seed: int | None = None) -> Turn:
        """Say something at the end of the chosen way and return the turn of the answer, which is then being made.

        Raises UsageError for a blank message and while something else runs.
        """
        return self._say(self.turns.leaf, text, seed)

    def edit(self, turn_id: int, text: str, *, seed: int | None = None) -> Turn:
        """Say something else in place of a message, on a way of its own; the old one stays. Raises as `send`."""
        turn = self.turns[turn_id]
        if turn.role != "user":
            raise UsageError("only a message of yours can be edited", hint="Have the answer made again instead")
        return self._say(turn.parent, text, seed)

    def regenerate(self, turn_id: int = ROOT, *, seed: int | None = None) -> Turn:
        """Make an answer (the last one by itself) again beside the old one; raises UsageError as `send`."""
        turn = self.turns[turn_id or self.turns.leaf]
        question = self.turns[turn.parent] if turn.role == "assistant" else turn
        return self._answer(self.turns.switched(question.id), question, seed)

    def retry(self, turn_id: int, *, seed: int | None = None) -> Turn:
        """Make an answer that failed again, in its place; raises UsageError as `send`."""
        failed = self.turns[turn_id]
        turns = self.turns.without(turn_id)
        return self._answer(turns.switched(failed.parent), self.turns[failed.parent], seed)

    def switch(self, turn_id: int) -> None:
        """Choose the way through a turn; raises UsageError while an answer is being made."""
        if self._asked is not None:
            raise UsageError("an answer is being made", hint="Stop it first")
        self.turns = self.turns.switched(turn_id)

    def stop(self) -> None:
        """Stop the answer; what there is of it stays."""
        if self._asked is not None:
            self._control.stop()

    def see(self, view: RunView) -> bool:
        """Take in how the run of the answer goes (`RunControl.view` after an update); return whether something changed."""
        asked = self._asked
        if asked is None:
            return False
        turn = self.turns[asked.turn]
        if self._control.run is not asked.run:  # another run took its place, and its end was not seen
            self._asked = None
            self.turns = self.turns.with_turn(turn._replace(answer=replace(turn.answer or Answer(), state="stopped")))
            return True
        seen = answered(turn, view, self.form)
        if view.over:
            self._asked = None
        if seen == turn:
            return view.over
        self.turns = self.turns.with_turn(seen)
        return True

    def _say(self, parent: int, text: str, seed: int | None) -> Turn:
        if not text.strip():
            raise UsageError("the message is empty")
        if parent != ROOT and self.turns[parent].role == "user":
            raise UsageError("the last message has no answer", hint="Edit it, or have its answer made")
        turns = self.turns.added(parent, "user", text, at=self._today())
        return self._answer(turns, turns.last, seed)

    def _answer(self, turns: Turns, question: Turn, seed: int | None) -> Turn:
        """Run the graph for the answer to `question`; the turns change only when the run was started.

        The history of runs does not keep it: what was said is the chat's own, and goes when the chat goes.
        """
        inputs: dict[str, Json] = {self.form.message: question.text}
        if self.form.conversation:
            inputs[self.form.conversation] = conversation_of(turns.upto(question.parent))
        run = self._control.start(self.document, inputs=inputs, seed=seed, keep=False)
        self.turns = turns.added(question.id, "assistant", "", at=self._today(), answer=Answer(state="waiting"))
        self._asked, self.asked = _Asked(self.turns.last.id, run), self.document
        return self.turns.last
