"""An answer of a chat as the run of its graph stands: its text so far, its state, what it cost, why it failed. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from graphide.chatting.graphs import ChatForm
from graphide.editor.noderun import NodeRun
from graphide.editor.runview import RunView
from graphide.store.turns import Answer, AnswerState, Turn
from graphide.values import Usage, to_json as value_to_json


def answered(turn: Turn, view: RunView, form: ChatForm) -> Turn:
    """Return the turn of an answer as the run of it stands."""
    node = view.nodes.get(form.streamed_by)
    text = _reply_text(view, form, node)
    usage = node.usage if node is not None else None
    model = _model(view) or (turn.answer.model if turn.answer is not None else "")
    answer = replace(
        _cost(view, node, usage), state=_state(view, text, form), model=model, seed=view.seed, seconds=view.seconds
    )
    if answer.state == "waiting":
        answer = replace(answer, doing=_doing(view))
    if answer.state == "failed":
        answer = _failed(answer, view)
    return turn._replace(text=text, answer=answer)


def _cost(view: RunView, node: NodeRun | None, usage: Usage | None) -> Answer:
    """Return what the model says of its answer; without a node that streams, the sums of the whole run."""
    if usage is not None:
        return Answer(
            prompt_tokens=usage.prompt_tokens, tokens=usage.completion_tokens, dropped=usage.dropped,
            tokens_per_second=usage.tokens_per_second, cached_tokens=usage.cached_tokens,
            stop_reason=usage.stop_reason,
        )  # fmt: skip
    speed = node.tokens_per_second(node.last_chunk) if node is not None and not view.over else 0.0
    return Answer(
        prompt_tokens=int(view.usage.get("prompt_tokens", 0)),
        tokens=int(view.usage.get("completion_tokens", 0)),
        cached_tokens=int(view.usage.get("cached_tokens", 0)),
        tokens_per_second=round(speed or float(view.usage.get("tokens_per_second", 0.0)), 1),
    )


def _doing(view: RunView) -> str:
    """Return what goes on before the first word: `loading model 40 %`."""
    running = next((node for node in view.nodes.values() if node.state == "running" and node.label), None)
    if running is None:
        return ""
    share = f" {running.fraction:.0%}".replace("%", " %") if running.fraction is not None else ""
    return f"{running.label}{share}"


def _failed(answer: Answer, view: RunView) -> Answer:
    failed = view.failures[0] if view.failures else None
    if view.refusal is not None:
        hint = view.refusal.hint or "Change the graph, then retry"
        return replace(answer, problem=view.refusal.message, hint=hint)
    if failed is not None and failed.error is not None:
        return replace(answer, problem=failed.error.message, hint=failed.error.to_do, node=failed.id)
    return replace(answer, problem="the graph gave no reply", hint="Look at the branches that were not taken")


def _reply_text(view: RunView, form: ChatForm, node: NodeRun | None) -> str:
    if form.reply in view.outputs:
        value = view.outputs[form.reply]
        return value if isinstance(value, str) else _as_text(value)
    return node.text if node is not None else ""


def _as_text(value: object) -> str:
    return json.dumps(value_to_json(value), ensure_ascii=False, indent=2)


def _state(view: RunView, text: str, form: ChatForm) -> AnswerState:
    if not view.over:
        return "writing" if text else "waiting"
    if form.reply in view.outputs:
        return "done"
    return "stopped" if view.state == "cancelled" else "failed"


def _model(view: RunView) -> str:
    files = {str(identity.get("file", "")) for identity in view.models.values() if isinstance(identity, Mapping)}
    return ", ".join(sorted(files - {""}))
