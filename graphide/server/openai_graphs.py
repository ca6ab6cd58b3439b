"""Graphs that answer like models: which can, what a conversation becomes for them, and their runs as pieces of a reply.

The last message goes to the input `message`, earlier turns to `conversation`, a system message to `system`; where a graph
has no input for the system message it stays with the turns, so that nothing is lost in silence. Samplers, lengths and
stops in a request mean nothing to a graph, which has its own; they are left alone, because clients send them always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from threading import Event
from typing import Any, NamedTuple

from graphide.chatting.graphs import MESSAGE, ChatForm, chat_form
from graphide.errors import GraphideError
from graphide.executor import events as executed
from graphide.executor.events import NodeChunk, NodeFailed, RunFinished
from graphide.graph.model import Graph
from graphide.graph.outline import outline
from graphide.server.errors import Refusal
from graphide.server.openai_answering import Answer
from graphide.server.openai_wanted import NO_LOGPROBS, Wanted, refused
from graphide.server.openai_wire import Ended, Piece
from graphide.spec.fields import FilePath
from graphide.spec.generation import Embedded
from graphide.spec.nodespec import NodeSpec, Outline, Port
from graphide.values import Json, Messages, accepts, convert, dumps
from graphide.workspace import Document, Workspace

SYSTEM = "system"

Run = Callable[[Mapping[str, Any], int | None, Event], Iterator[executed.Event]]
"""Runs a graph with inputs and a seed; closing the iterator, or the flag, stops it."""


class GraphForm(NamedTuple):
    """How a graph answers: as a chat (None: it cannot), as a text (None: it cannot), and whether it takes `system`."""

    chat: ChatForm | None
    text: ChatForm | None
    system: bool = False


def graph_form(graph: Graph, registry: Mapping[str, NodeSpec], outside: Outline) -> GraphForm | None:
    """Return how a graph answers requests, None when it answers none."""
    ports = {port.name: port for port in outside.inputs}
    chat = chat_form(graph, registry, outside) if MESSAGE in ports and _takes_text(ports[MESSAGE]) else None
    port = _one_text(outside)
    text = None
    if port is not None:
        # Any graph of one text is a chat of one message, whatever its input is called.
        alone = replace(outside, inputs=(replace(port, name=MESSAGE),))
        form = chat_form(graph, registry, alone)
        text = form._replace(message=port.name) if form is not None else None
    if chat is None and text is None:
        return None
    return GraphForm(chat, text, SYSTEM in ports and _takes_text(ports[SYSTEM]))


def _one_text(outside: Outline) -> Port | None:
    """Return the text that a graph asks for: its only required input, else its only one, else `message`."""
    required = [port for port in outside.inputs if port.required]
    if len(required) > 1:
        return None
    named = [port for port in outside.inputs if port.name == MESSAGE]
    for ports in (required, outside.inputs if len(outside.inputs) == 1 else (), named):
        if ports:
            return ports[0] if _takes_text(ports[0]) else None
    return None


def _takes_text(port: Port) -> bool:
    # What a client says must never be read as the name of a file.
    return accepts("text", port.wires[0]) is None and not isinstance(port.field, FilePath)


@dataclass(frozen=True, slots=True)
class GraphAnswerer:
    """A graph that answers; `run` runs it."""

    name: str
    form: GraphForm
    run: Run

    def check(self, wanted: Wanted) -> None:
        """Refuse what a graph cannot be told: a form of the answer, logprobs, and what it has no input for."""
        if wanted.shaped:
            raise refused("response_format", "a graph has its own form of answer", hint="Set it in the graph")
        if wanted.logprobs != NO_LOGPROBS:
            raise refused("logprobs", "a graph tells none", hint="Leave it out")
        if wanted.prompts and self.form.text is None:
            raise refused("model", f'the graph "{self.name}" is not of one text', hint="Use /v1/chat/completions")
        if not wanted.prompts and self.form.chat is None:
            hint = "Use /v1/completions, or give the graph an input called message"
            raise refused("model", f'the graph "{self.name}" cannot be talked with', hint=hint)
        if wanted.messages and wanted.messages[-1].role != "user":
            raise refused("messages", "a graph answers a message of the user", hint="Let that be the last one")

    def answer(self, wanted: Wanted, choice: int, cancel: Event) -> Answer:
        """Run the graph and stream its reply; raises GraphideError for what went wrong in it."""
        form = self.form.text if wanted.prompts else self.form.chat
        assert form is not None
        if wanted.prompts:
            prompt = wanted.prompts[choice // wanted.answers]
            inputs: dict[str, Json] = {form.message: prompt}
        else:
            inputs = chat_inputs(wanted.messages, form, system=self.form.system)
        seed = wanted.sampling.get("seed")
        seed = None if seed is None else seed + choice % wanted.answers
        prefix = inputs[form.message] if wanted.echo and wanted.prompts else ""
        if prefix:
            yield Piece(choice, prefix)
        ended = yield from replied(self.run(inputs, seed, cancel), form, choice)
        return replace(ended, text=prefix + ended.text)

    def embed(self, texts: Sequence[str], cancel: Event) -> Embedded:
        """Refuse: a graph gives no vectors."""
        raise refused("model", f'"{self.name}" is a graph, which gives no vectors', hint="Name a model")


def graph_answerer(name: str, document: Document, workspace: Workspace) -> GraphAnswerer | None:
    """Return a graph as it answers, run in a workspace; None when it cannot. Raises GraphideError for a broken one."""
    form = graph_form(document.graph, workspace.registry, outline(document.graph, workspace.registry))
    if form is None:
        return None

    def run(inputs: Mapping[str, Any], seed: int | None, cancel: Event) -> Iterator[executed.Event]:
        return workspace.run(document, inputs=inputs, seed=seed, cancel=cancel)

    return GraphAnswerer(name, form, run)


def chat_inputs(messages: Messages, form: ChatForm, *, system: bool) -> dict[str, Json]:
    """Return the inputs of a graph for a conversation whose last message is to be answered."""
    *earlier, last = messages
    instructions = "\n\n".join(turn.content for turn in earlier if turn.role == SYSTEM)
    turns = [{"role": turn.role, "content": turn.content} for turn in earlier if turn.role != SYSTEM]
    inputs: dict[str, Json] = {form.message: last.content}
    if instructions and system:
        inputs[SYSTEM] = instructions
    elif instructions and form.conversation:
        turns.insert(0, {"role": SYSTEM, "content": instructions})
    elif instructions:
        inputs[form.message] = f"{instructions}\n\n{last.content}"
    if form.conversation:
        inputs[form.conversation] = turns
    return inputs


def replied(events: Iterator[executed.Event], form: ChatForm, choice: int) -> Answer:
    """Yield a run's reply while it is made, and return it whole; raises GraphideError when the run has none."""
    said, failed = "", None
    with closing(events) as run:  # type: ignore[type-var]  # a run is a generator
        for event in run:
            match event:
                case NodeChunk(node, text) if node == form.streamed_by and text:
                    said += text
                    yield Piece(choice, text)
                case NodeFailed():
                    failed = failed or event
                case RunFinished():
                    whole = reply_text(event, form.reply, failed)
                    # What came from a cache, or is no text of a model, comes at the end.
                    if whole.startswith(said) and len(whole) > len(said):
                        yield Piece(choice, whole[len(said) :])
                    return _ended(event, choice, whole)
    raise GraphideError("the run ended without a result")


def reply_text(event: RunFinished, name: str, failed: NodeFailed | None) -> str:
    """Return the reply of a run as a text; raises GraphideError when there is none, saying what failed."""
    if name in event.outputs:
        value = event.outputs[name]
        try:
            text: str = convert(value, "text")
        except GraphideError:
            return dumps(value).decode()
        return text
    if failed is not None:
        raise _failure(failed)
    raise GraphideError(f'the run made no "{name}" ({event.status})')


def _failure(failed: NodeFailed) -> GraphideError | Refusal:
    kind = failed.kind
    where = f'node "{failed.node}" ({failed.type})'
    said = f"{where}: {failed.message}. {failed.hint}" if failed.hint else f"{where}: {failed.message}"
    status = {"context_overflow": 400, "bad_request": 400, "oom": 503}.get(kind, 500)
    return Refusal(status, said, code=kind or "failed")


def _ended(event: RunFinished, choice: int, text: str) -> Ended:
    def count(name: str) -> int:
        value = event.usage.get(name, 0)
        return value if isinstance(value, int) else 0

    return Ended(choice, text, "stop", count("prompt_tokens"), count("completion_tokens"), count("cached_tokens"))
