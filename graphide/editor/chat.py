"""Talking with a graph: one chat, whose answers are runs of its graph.

A chat sends a message by running its graph with the message, and what was said on the chosen way before it, as inputs.
It sees its answer in the view of that run, as everybody else does. The turns are in `turns`, which graphs can chat in
`graphide.chatting.graphs`, what an answer says of its run in `chat_answers`.

Chats are kept in memory only. What is to be kept is the value of `ChatSession.to_json`, `reopened` makes a chat of it
again, and `ChatStore` is what keeps such values: it is to be told when `see` has seen the end of an answer, and when
`talking.new_chat` puts another chat in the place of one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from graphide.chatting.graphs import ChatForm, chat_form
from graphide.editor.chat_answers import answered
from graphide.editor.runs import Run, RunControl
from graphide.editor.runview import RunView
from graphide.errors import GraphideError, UsageError
from graphide.graph.canonical import document_of
from graphide.graph.outline import outline
from graphide.store import turns as tree
from graphide.store.turns import ROOT, Answer, Turn, Turns
from graphide.values import Json, dumps
from graphide.workspace import Document, Workspace

_TITLE = 60

Today = Callable[[], str]


class ChatEntry(NamedTuple):
    """A chat in a list: `at` is when something was said last (ISO, UTC)."""

    id: str
    title: str
    at: str


class ChatStore(Protocol):
    """Keeps chats; a chat is the JSON object of `ChatSession.to_json`."""

    def save(self, chat_id: str, chat: Json) -> None:
        """Keep a chat, in place of what there is by that id; raises GraphideError."""
        ...

    def load(self, chat_id: str) -> Json:
        """Return a chat; raises GraphideError when there is none."""
        ...

    def entries(self, text: str = "") -> Sequence[ChatEntry]:
        """Return the chats in which `text` was said, the newest first; raises GraphideError."""
        ...

    def delete(self, chat_id: str) -> None:
        """Forget a chat; raises GraphideError."""
        ...


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
    `read_at` is how far down somebody reads, in pixels at scale 1 (-1: the end, whatever comes).
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

    @property
    def path(self) -> tuple[Turn, ...]:
        """The turns of the chosen way."""
        return self.turns.path

    @property
    def answering(self) -> bool:
        """Whether an answer is being made."""
        return self._asked is not None

    @property
    def title(self) -> str:
        """Its name: given, or the beginning of the first message."""
        first = next((turn.text for turn in self.turns.turns.values() if turn.role == "user"), "")
        line = " ".join(first[: 4 * _TITLE].split())
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

    def to_json(self) -> dict[str, Json]:
        """Return the chat as a JSON object; the graph is named by its path, or in it where it has none."""
        at = max((turn.at for turn in self.turns.turns.values()), default="")
        path = self.document.path
        graph: Json = str(path) if path is not None else document_of(self.document.graph)
        body = {"chat": 1, "title": self.title, "named": bool(self._title), "at": at, "graph": graph}
        return {**body, **tree.to_json(self.turns)}

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
            inputs[self.form.conversation] = _conversation(turns.upto(question.parent))
        run = self._control.start(self.document, inputs=inputs, seed=seed, keep=False)
        self.turns = turns.added(question.id, "assistant", "", at=self._today(), answer=Answer(state="waiting"))
        self._asked = _Asked(self.turns.last.id, run)
        return self.turns.last


def reopened(chat: Json, workspace: Workspace, control: RunControl, *, id: str = "", today: Today = now) -> ChatSession:
    """Return the chat that `ChatSession.to_json` gave, with its graph as it is now; raises GraphideError."""
    if not isinstance(chat, Mapping) or chat.get("chat") != 1 or not isinstance(chat.get("graph"), str | Mapping):
        raise GraphideError("is not a chat of this version of graphide")
    graph = chat["graph"]
    document = workspace.load(Path(graph)) if isinstance(graph, str) else workspace.loads(dumps(graph))
    form = chat_form(document.graph, workspace.registry, outline(document.graph, workspace.registry))
    if form is None:
        raise GraphideError("cannot be talked with any more", where=f'the graph "{document.graph.title}"')
    title = str(chat.get("title", "")) if chat.get("named") else ""
    return ChatSession(document, form, control, id=id, turns=tree.from_json(chat), title=title, today=today)


def _conversation(path: Sequence[Turn]) -> list[Json]:
    """Return what was said as the graph gets it: questions with their answers; one without an answer counts as unsaid."""
    said: list[Json] = []
    for question, answer in zip(path[::2], path[1::2], strict=False):
        if answer.text.strip():
            said += [{"role": turn.role, "content": turn.text} for turn in (question, answer)]
    return said
