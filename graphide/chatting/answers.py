"""An answer of a chat out of the events of the run that makes it: text, state, cost, and why it failed. Pure.

`AnswerSoFar` takes in one event after the other; what is said of an answer in a list or a window is elsewhere.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from graphide.chatting.graphs import ChatForm
from graphide.errors import EXIT_NODE_FAILED
from graphide.executor.events import (
    Event,
    NodeChunk,
    NodeFailed,
    NodeFinished,
    NodeProgress,
    NodeStarted,
    RunFinished,
    RunStarted,
)
from graphide.store.turns import Answer, AnswerState
from graphide.values import Usage, to_json


class Wrote(NamedTuple):
    """A piece of the answer; the joined pieces are its text."""

    text: str


class Doing(NamedTuple):
    """What goes on before the first word, and how far it is (None: nobody knows)."""

    label: str
    share: float | None = None


Piece = Wrote | Doing


@dataclass(slots=True)
class AnswerSoFar:
    """What a run has told of the answer by now; `clock` gives seconds."""

    form: ChatForm
    clock: Callable[[], float] = time.monotonic
    text: str = ""
    answer: Answer = field(default_factory=lambda: Answer(state="waiting"))
    usage: Usage | None = None
    pieces: int = 0
    _began: float = 0.0
    _first: float = 0.0
    _failed: NodeFailed | None = None

    def see(self, event: Event) -> Piece | None:
        """Take in an event and return what a person is to see of it."""
        match event:
            case RunStarted():
                self._began = self.clock()
                self.answer = replace(self.answer, seed=event.seed)
            case NodeStarted() if self.answer.state == "waiting":
                return Doing("working")
            case NodeProgress() if self.answer.state == "waiting":
                return Doing(event.label, event.done / event.total if event.total else None)
            case NodeChunk(node=node, text=text) if text and node == self.form.streamed_by:
                return self._wrote(text)
            case NodeFinished() if event.node == self.form.streamed_by:
                self.usage = next((value for value in event.values.values() if isinstance(value, Usage)), None)
            case NodeFailed():
                self._failed = self._failed or event
            case RunFinished():
                return self._ended(event)
            case _:
                pass
        return None

    @property
    def exit_code(self) -> int:
        """What a command ends with that could not do more than this answer."""
        return self._failed.exit_code if self._failed is not None else EXIT_NODE_FAILED

    @property
    def speed(self) -> float:
        """Pieces a second since the first, which are tokens for most models; 0.0 while that cannot be told."""
        passed = self.clock() - self._first
        return (self.pieces - 1) / passed if self.pieces > 1 and passed > 0 else 0.0

    def _wrote(self, text: str) -> Wrote:
        if not self.pieces:
            self._first = self.clock()
            self.answer = replace(self.answer, state="writing")
        self.pieces += 1
        self.text += text
        return Wrote(text)

    def _ended(self, event: RunFinished) -> Piece | None:
        """Take the reply as it is in the outputs; what of it was not streamed is a piece."""
        rest = ""
        cost = _cost(self.usage, event.usage)
        if self.form.reply in event.outputs:
            whole = _as_text(event.outputs[self.form.reply])
            # The contract of node types rules out another text than the streamed one; the answer has to be whole anyway.
            rest = whole[len(self.text) :] if whole.startswith(self.text) else f"\n{whole}"
            self.text = whole
            state: AnswerState = "done"
        else:
            state = "stopped" if event.status == "cancelled" else "failed"
        seconds = round(self.clock() - self._began, 3)
        self.answer = replace(
            cost, state=state, model=_names(event.models), seed=self.answer.seed, seconds=seconds
        )  # fmt: skip
        if not self.answer.tokens and self.usage is None:  # stopped or failed in the middle: as far as anybody knows
            self.answer = replace(self.answer, tokens=self.pieces, tokens_per_second=round(self.speed, 1))
        if state == "failed":
            self.answer = _why(self.answer, self._failed)
        return Wrote(rest) if rest else None


def _cost(usage: Usage | None, whole: Mapping[str, Any]) -> Answer:
    """Return what the model says of its answer; where no node streams it, the sums of the whole run."""
    if usage is None:
        return Answer(
            prompt_tokens=int(whole.get("prompt_tokens", 0)),
            tokens=int(whole.get("completion_tokens", 0)),
            cached_tokens=int(whole.get("cached_tokens", 0)),
            tokens_per_second=round(float(whole.get("tokens_per_second", 0.0)), 1),
        )
    return Answer(
        prompt_tokens=usage.prompt_tokens,
        tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens,
        tokens_per_second=usage.tokens_per_second,
        stop_reason=usage.stop_reason,
        dropped=usage.dropped,
    )


def _why(answer: Answer, failed: NodeFailed | None) -> Answer:
    if failed is None:
        return replace(answer, problem="the graph gave no reply", hint="Look at the branches that were not taken")
    return replace(answer, problem=failed.message, hint=failed.hint, node=failed.node)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(to_json(value), ensure_ascii=False, indent=2)


def _names(models: Mapping[str, Any]) -> str:
    files = {str(identity.get("file", "")) for identity in models.values() if isinstance(identity, Mapping)}
    return ", ".join(sorted(files - {""}))
