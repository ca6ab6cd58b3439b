"""How one talks in a chat: system prompt, temperature, longest reply, what happens when the context is full.

In a chat with a model alone these are the choices that its graph is made of; in any other graph they are settings of the
node that answers and of those before it. Every change is an edit that can be undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from graphide.chatting.partners import ModelChoices
from graphide.editor import talking
from graphide.editor.chat import ChatSession
from graphide.editor.chats_plain import Choose, choices_of_graph
from graphide.editor.commands_nodes import AddNodes
from graphide.editor.layout import Place, Point, place
from graphide.editor.names import free_name, taken_ids
from graphide.graph.model import Edge, Node
from graphide.graph.topology import links
from graphide.values import Json

if TYPE_CHECKING:
    from graphide.editor.session import Session

SETUP: Final = "chat_setup"
"""The name under which a session remembers whether these settings are shown."""
OVERFLOWS: Final = {
    "drop_oldest": "Leave out the oldest turns",
    "middle_out": "Keep the first and the last turns",
    "stop": "Refuse to answer",
}
_SYSTEM, _PARAMETERS = "system", "parameters"


class ChatSetup(NamedTuple):
    """How one talks in a chat; `system` None: it is made by the graph, and cannot be written here."""

    system: str | None
    temperature: float
    max_tokens: int
    overflow: str


def toggle(session: Session) -> None:
    """Show these settings, or no more."""
    session.set_panel(SETUP, session.panel(SETUP, False) is not True)
    talking.focus(session)


def setup_of(session: Session, chat: ChatSession) -> ChatSetup | None:
    """Return how one talks in a chat, None where the reply is no model's."""
    model = _model(session, chat)
    if model is None:
        return None
    registry = session.workspace.registry
    usual = registry[_PARAMETERS].full({}) if _PARAMETERS in registry else {"temperature": 0.8}
    choices = _choices(session)
    if choices is not None:
        temperature = choices.sampling.get("temperature", usual["temperature"])
        return ChatSetup(choices.system, _number(temperature), choices.max_tokens, choices.overflow)
    own = registry[model.type].full(model.settings)
    parameters, writer = _before(session, model, "sampling"), _before(session, model, _SYSTEM)
    chosen = registry[_PARAMETERS].full(parameters.settings) if parameters and parameters.type == _PARAMETERS else usual
    system = "" if writer is None else None
    if writer is not None and writer.type == _SYSTEM:
        system = str(writer.settings.get("text", ""))
    return ChatSetup(system, _number(chosen["temperature"]), int(own["max_tokens"]), str(own["overflow"]))


def set_system(session: Session, chat: ChatSession, text: str) -> None:
    """Change the system prompt."""
    choices = _choices(session)
    if choices is not None:
        _choose(session, "system", system=text)
        return
    _set_before(session, chat, (_SYSTEM, "text", _SYSTEM), "text", text)


def set_temperature(session: Session, chat: ChatSession, value: float) -> None:
    """Change how much chance there is in the choice of words."""
    value = round(value, 2)
    choices = _choices(session)
    if choices is not None:
        _choose(session, "temperature", sampling={**choices.sampling, "temperature": value})
        return
    _set_before(session, chat, (_PARAMETERS, "sampling", "sampling"), "temperature", value)


def set_max_tokens(session: Session, chat: ChatSession, value: int) -> None:
    """Change how long a reply may be, in tokens."""
    _set(session, chat, "max_tokens", max(1, min(value, 131_072)))


def set_overflow(session: Session, chat: ChatSession, value: str) -> None:
    """Change what happens when a conversation does not fit into the context."""
    _set(session, chat, "overflow", value)


# --- presets of system prompts


def presets(session: Session) -> tuple[str, ...]:
    """Return the names of the system prompts that the user keeps."""
    return tuple(sorted(session.workspace.settings.system_prompts, key=str.casefold))


def take_preset(session: Session, chat: ChatSession, name: str) -> None:
    """Take a system prompt that the user keeps."""
    text = session.workspace.settings.system_prompts.get(name)
    if text is not None:
        set_system(session, chat, text)


def keep_preset(session: Session, name: str, text: str) -> None:
    """Keep a system prompt under a name, in place of what was kept under it."""
    clean = " ".join(name.split())
    if not clean or not text.strip():
        session.say("a preset needs a name, and a text", "warning")
        return
    _keep(session, {**session.workspace.settings.system_prompts, clean: text}, f"Kept as “{clean}”")


def drop_preset(session: Session, name: str) -> None:
    """Keep a system prompt no more."""
    others = {key: text for key, text in session.workspace.settings.system_prompts.items() if key != name}
    _keep(session, others, f"“{name}” is kept no more")


def preset_of(session: Session, text: str) -> str:
    """Return the name of the preset that a system prompt is, "" for none."""
    found = session.workspace.settings.system_prompts.items()
    return next((name for name, kept in found if kept == text), "")


def _keep(session: Session, prompts: dict[str, Json], said: str) -> None:
    problem = session.choose(system_prompts=prompts)
    session.say(problem or said, "error" if problem else "success")


# --- inside


def _choices(session: Session) -> ModelChoices | None:
    """Return the choices of a chat with a model alone, None in any other graph."""
    if not session.tab.alone:
        return None
    return choices_of_graph(session.graph, session.workspace.registry)


def _choose(session: Session, field: str, **values: Json) -> None:
    choices = _choices(session)
    if choices is not None:
        own = {name: getattr(choices, name) for name in ModelChoices.__slots__}
        session.do(Choose(ModelChoices(**{**own, **values}), field, session.workspace.registry))


def _set(session: Session, chat: ChatSession, name: str, value: Json) -> None:
    if _choices(session) is not None:
        _choose(session, name, **{name: value})
        return
    model = _model(session, chat)
    if model is not None and (problem := session.set_setting((model.id,), name, value)):
        session.say(problem, "warning")


def _set_before(session: Session, chat: ChatSession, kind: tuple[str, str, str], name: str, value: Json) -> None:
    """Change a setting of the node of a type before the model, which is added where there is none.

    `kind` is the type, its output, and the input of the model.
    """
    type_name, output, port = kind
    model = _model(session, chat)
    if model is None:
        return
    before = _before(session, model, port)
    if before is None:
        node = Node(free_name(type_name, taken_ids(session.graph)), type_name, {name: value})
        at = place(session.graph, model.id).at or Point(0, 0)
        beside = Place(Point(at.x - 320, at.y + (220 if port == "sampling" else -180)))
        session.do(AddNodes((node,), {node.id: beside}, (Edge(node.id, output, model.id, port),)))
    elif before.type == type_name and (problem := session.set_setting((before.id,), name, value)):
        session.say(problem, "warning")


def _model(session: Session, chat: ChatSession) -> Node | None:
    node = session.graph.nodes.get(chat.form.streamed_by)
    spec = session.workspace.registry.get(node.type) if node is not None else None
    return node if spec is not None and {"max_tokens", "overflow"} <= spec.settings.keys() else None


def _before(session: Session, model: Node, port: str) -> Node | None:
    """Return the node that gives a model one of its inputs, None where nothing is connected."""
    edge = next((edge for edge in links(session.graph).incoming(model.id) if edge.input == port), None)
    return session.graph.nodes.get(edge.source) if edge is not None else None


def _number(value: Json) -> float:
    return float(value) if isinstance(value, int | float) else 0.8
