"""With whom one talks: a model and nothing else, or a graph; as the store remembers it, and opened again from that.

What the store remembers (`ChatHead.subject`) is a small JSON object. For a model: {"model": name, …choices}. For a graph:
{"graph": path, or the name of a template, or the document itself, "title": …}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, cast, get_args

from graphide import paths
from graphide.chatting.graphs import ANSWER, MAX_TOKENS, ChatForm, chat_form, model_chat
from graphide.errors import GraphideError, UsageError
from graphide.graph.canonical import document_of
from graphide.graph.model import ModelRef
from graphide.graph.outline import outline
from graphide.spec.generation import Overflow
from graphide.values import Json, dumps
from graphide.workspace import Document, Workspace

_NOTHING: Mapping[str, Any] = MappingProxyType({})
OVERFLOWS: tuple[str, ...] = get_args(Overflow)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoices:
    """How one talks with a model and nothing else; `sampling` are settings of a parameters node by their names.

    `ref` says what file the name means, None: what the library has under it.
    """

    model: str = "default"
    system: str = ""
    max_tokens: int = MAX_TOKENS
    overflow: Overflow = "drop_oldest"
    sampling: Mapping[str, Json] = field(default_factory=lambda: _NOTHING)
    ref: ModelRef | None = None


class Partner(NamedTuple):
    """What answers in a chat: a document, how it is talked with, and the choices it was made of (None: a graph)."""

    document: Document
    form: ChatForm
    choices: ModelChoices | None = None

    @property
    def name(self) -> str:
        """What a person calls it: the name of the model, or the title of the graph."""
        if self.choices is not None:
            return self.choices.model
        path = self.document.path
        return self.document.graph.title or (path.stem if path is not None else "a graph")


def with_model(workspace: Workspace, choices: ModelChoices) -> Partner:
    """Return a partner that is a model and nothing else; whether the model is there is not looked at.

    A name that is the path of a file is the user's own choice, so that file may be read.
    """
    choices = replace(choices, model=_whole(choices.model, workspace))
    own = {each.name: getattr(choices, each.name) for each in fields(choices) if each.name != "model"}
    document = Document(model_chat(choices.model, **own))
    return with_graph(workspace, document)._replace(choices=choices)


def _whole(name: str, workspace: Workspace) -> str:
    """Return the name of a model, a path as one that means the same file wherever the chat goes on."""
    server, slash, _ = name.partition("/")
    is_path = slash or "\\" in name or (name.lower().endswith(".gguf") and Path(name).is_file())
    if not is_path or server in workspace.settings.servers:
        return name
    path = paths.written_path(name).absolute()
    workspace.allow(path)
    return str(path)


def with_graph(workspace: Workspace, document: Document) -> Partner:
    """Return a partner that is a graph; raises UsageError where nobody can talk with it."""
    graph = document.graph
    form = chat_form(graph, workspace.registry, outline(graph, workspace.registry))
    if form is None:
        raise UsageError(
            "cannot be talked with",
            where=str(document.path or f'the graph "{graph.title}"'),
            hint='It needs a text input "message", an output, and no other input without a value',
        )
    return Partner(document, form)


def subject_of(partner: Document | ModelChoices | Partner) -> dict[str, Json]:
    """Return what the store remembers of whom one talks with, which `reopened` makes a partner of again."""
    if isinstance(partner, Partner):
        return subject_of(partner.choices or partner.document)
    if isinstance(partner, ModelChoices):
        usual = ModelChoices()
        chosen = {each.name: getattr(partner, each.name) for each in fields(partner)}
        subject: dict[str, Json] = {name: value for name, value in chosen.items() if value != getattr(usual, name)}
        subject["model"] = partner.model
        if partner.ref is not None:
            subject["ref"] = asdict(partner.ref)
        return subject
    return {"graph": _place_of(partner), "title": partner.graph.title}


def reopened(subject: Mapping[str, Json], workspace: Workspace) -> Partner:
    """Return whom a chat of the store is with, a graph as its file is now.

    Raises UsageError where it was with another program's model, and GraphideError where the graph is gone.
    """
    if isinstance(subject.get("model"), str):
        return with_model(workspace, choices_of(subject))
    graph = subject.get("graph")
    if isinstance(graph, Mapping):
        return with_graph(workspace, workspace.loads(dumps(graph), name="the graph of the chat"))
    if isinstance(graph, str) and graph:
        return with_graph(workspace, workspace.load(Path(graph)))
    origin = f" (it comes from {subject['from']})" if subject.get("from") else ""
    raise UsageError(f"nobody here answers in this chat{origin}", hint="Choose a model, or a graph, to go on with it")


def choices_of(subject: Mapping[str, Json]) -> ModelChoices:
    """Return the choices in a subject; what another version wrote and this one cannot read has its default."""
    usual, known = ModelChoices(), ("system", "max_tokens", "sampling")
    kinds = {name: Mapping if name == "sampling" else type(getattr(usual, name)) for name in known}
    read: dict[str, Any] = {name: subject[name] for name in known if isinstance(subject.get(name), kinds[name])}
    choices = replace(usual, model=str(subject["model"]), **read)
    if subject.get("overflow") in OVERFLOWS:
        choices = replace(choices, overflow=cast(Overflow, subject["overflow"]))
    ref = subject.get("ref")
    if isinstance(ref, Mapping):
        try:
            choices = replace(choices, ref=ModelRef(**cast("dict[str, Any]", dict(ref))))
        except TypeError as error:
            raise GraphideError("the chat names its model in a way that is not known", hint=str(error)) from error
    return choices


def label_of(subject: Mapping[str, Json]) -> str:
    """Return in a word or two whom a chat is with, for a list: a model, the title of a graph, another program."""
    if subject.get("model"):
        return str(subject["model"])
    if title := subject.get("title"):
        return str(title)
    graph = subject.get("graph")
    if isinstance(graph, str):
        return Path(graph).stem
    return str(graph.get("title") or "a graph") if isinstance(graph, Mapping) else str(subject.get("from", ""))


def answering_node(partner: Partner) -> str:
    """Return the node whose text the answers are, "" where there is none that streams."""
    return ANSWER if partner.choices is not None else partner.form.streamed_by


def _place_of(document: Document) -> Json:
    path = document.path
    if path is None:
        return document_of(document.graph)
    return path.stem if path.parent == paths.templates_folder() else str(path.absolute())
