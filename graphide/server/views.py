"""What routes answer with, as JSON: models, graphs, node types, chats and templates. Pure; no path of this machine is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from graphide.backends.memory import LoadedModel
from graphide.models.library import LibraryModel
from graphide.server.errors import without_folders
from graphide.spec.nodespec import NodeSpec, Port
from graphide.store.chats import ChatHead
from graphide.store.turns import Turn
from graphide.values import Json, to_json


def model_json(model: LibraryModel, loaded: bool) -> dict[str, Json]:
    """Return a model of the library; `facts` are null where its header cannot be read."""
    return {
        "id": model.file,
        "size": model.size,
        "files": len(model.parts),
        "facts": model.facts._asdict() if model.facts else None,
        "projector": model.projector.name if model.projector else "",
        "problem": without_folders(model.problem),
        "loaded": loaded,
    }


def loaded_json(model: LoadedModel) -> dict[str, Json]:
    """Return a model that is in memory; times in seconds."""
    names = ("bytes", "n_ctx", "age", "idle", "busy", "unload_in", "counting")
    return {"id": model.path.name, **{name: getattr(model, name) for name in names}}


def port_json(port: Port) -> dict[str, Json]:
    """Return an input of a graph or of a node type, with what a form needs to ask for it."""
    return {
        "name": port.name,
        "help": port.help,
        "wires": list(port.wires),
        "required": port.required,
        "many": port.many,
        "default": to_json(port.default),
        "kind": port.field.kind if port.field is not None else "",
        "schema": port.field.schema() if port.field is not None else {},
    }


def node_json(spec: NodeSpec) -> dict[str, Json]:
    """Return a node type."""
    settings = [
        {"name": each.name, "kind": each.field.kind, "default": to_json(each.default), "schema": each.field.schema()}
        for each in spec.settings.values()
    ]
    return {
        "type": spec.type, "category": spec.category, "version": spec.version, "summary": spec.summary, "doc": spec.doc,
        "inputs": [port_json(port) for port in spec.inputs], "outputs": [port_json(port) for port in spec.outputs],
        "settings": settings, "cache": "settings" if callable(spec.cache) else spec.cache,
        "effects": sorted(spec.effects), "streams": spec.streams, "more_inputs": spec.more_inputs is not None,
        "more_outputs": spec.more_outputs is not None,
    }  # fmt: skip


def chat_json(head: ChatHead) -> dict[str, Json]:
    """Return what a list shows of a chat."""
    names = ("id", "title", "created", "changed", "pinned", "turns", "preview")
    return {**{name: getattr(head, name) for name in names}, "with": _partner(head.subject)}


def turn_json(turn: Turn, siblings: Sequence[int]) -> dict[str, Json]:
    """Return something that was said; `siblings` are the turns that stand at the same place."""
    body: dict[str, Json] = {"id": turn.id, "role": turn.role, "content": turn.text, "at": turn.at}
    if len(siblings) > 1:
        body["siblings"] = list(siblings)
    if turn.answer is not None:
        names = ("state", "seed", "prompt_tokens", "tokens", "seconds", "tokens_per_second", "stop_reason", "dropped")
        body["answer"] = {name: getattr(turn.answer, name) for name in names}
        body["answer"]["model"] = _bare(turn.answer.model)
        body["answer"]["problem"] = without_folders(turn.answer.problem)
    return body


def _partner(subject: Mapping[str, Json]) -> dict[str, Json]:
    """Return with whom a chat is: the name of a model, or that of a graph."""
    if "model" in subject:
        return {"kind": "model", "name": _bare(str(subject["model"]))}
    graph = subject.get("graph")
    title = str(subject.get("title") or (graph.get("title", "") if isinstance(graph, Mapping) else ""))
    return {"kind": "graph", "name": title or (PurePath(graph).stem if isinstance(graph, str) else "")}


def _bare(name: str) -> str:
    """Return the name of a model that may have been chosen by its path; that of a server's model stays whole."""
    is_path = name.startswith(("/", "~", ".")) or "\\" in name or name.lower().endswith(".gguf")
    return PurePath(name.replace("\\", "/")).name if is_path else name
