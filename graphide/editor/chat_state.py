"""What a window shows of a chat beside its turns: whether there is one, who answers, and how full the context is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graphide.editor import running
from graphide.editor.chat import ChatSession
from graphide.editor.chat_making import ChatTrouble, why_not
from graphide.editor.chat_parts import display_name

if TYPE_CHECKING:
    from graphide.editor.session import Session

_OVER = frozenset(["done", "stopped"])


class Talk(NamedTuple):
    """The chat of a document, and why nothing can be said in it now; what was said before is there all the same."""

    chat: ChatSession | None
    trouble: ChatTrouble | None


class Gauge(NamedTuple):
    """How much of the context the conversation takes, in tokens; `room` 0: not known."""

    used: int
    room: int

    @property
    def share(self) -> float:
        """How full the context is, from 0 to 1."""
        return min(1.0, self.used / self.room) if self.room else 0.0

    @property
    def text(self) -> str:
        """`1,284 of 8,192 tokens`."""
        return f"{self.used:,} of {self.room:,} tokens" if self.room else f"{self.used:,} tokens"

    @property
    def short(self) -> str:
        """`1,284 / 8,192`."""
        return f"{self.used:,} / {self.room:,}" if self.room else f"{self.used:,}"


def talk(session: Session) -> Talk:
    """Return the chat with the document that is shown, or why there is none."""
    chat = running.chat(session)
    if chat is not None:
        return Talk(chat, None)
    kept = session.tab.chat
    trouble = why_not(session.graph, session.workspace.registry)
    return Talk(kept if kept is not None and kept.path else None, trouble)


def model_of(session: Session, chat: ChatSession) -> str:
    """Return the name of the model that answers, "" where the reply is no model's."""
    node = session.graph.nodes.get(chat.form.streamed_by)
    if node is None:
        return ""
    spec = session.workspace.registry.get(node.type)
    if spec is None or not spec.model_settings:
        return ""
    name = str(spec.full(node.settings).get(spec.model_settings[0], ""))
    ref = session.graph.models.get(name)
    return display_name(ref.file if ref is not None and ref.file else name)


def gauge(session: Session, chat: ChatSession) -> Gauge | None:
    """Return how much of the context the conversation takes, None before the first answer."""
    last = next((turn for turn in reversed(chat.path) if turn.answer is not None and turn.answer.state in _OVER), None)
    if last is None or last.answer is None or not (used := last.answer.prompt_tokens + last.answer.tokens):
        return None
    plan = session.tab.plan
    step = plan.steps.get(chat.form.streamed_by) if plan is not None else None
    if step is not None and step.tokens is not None and step.tokens.n_ctx:
        chat.context = step.tokens.n_ctx
    elif last.id != chat.measured:
        chat.measured = last.id  # asking costs a look at every process, so once for each answer
        loaded = (model.n_ctx for model in session.workspace.loaded() if model.path.name == last.answer.model)
        chat.context = next(loaded, chat.context)
    return Gauge(used, chat.context)
