"""Clipboard: part of a graph as text, and text as a graph to paste.

The text is an ordinary graph file in canonical form, so it can be pasted into another window, a chat or a file, and a
graph file can be pasted into a window. Talking with the system's clipboard is the window's business; making the pasted
nodes part of a graph is in `commands_paste`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from graphide.editor.layout import frames, reroutes, with_frames, with_reroutes
from graphide.errors import GraphFileError, UsageError
from graphide.graph.file import dumps, loads
from graphide.graph.migrate import migrate_nodes
from graphide.graph.model import Graph, ModelRef

if TYPE_CHECKING:
    from graphide.spec.registry import Registry

_FENCED = re.compile(r"\s*(?:`{3,}|~{3,})[^\n]*\n(.*?)\n?(?:`{3,}|~{3,})\s*", re.DOTALL)
_LONGEST_LOOK = 1_000_000


def copied(graph: Graph, nodes: Iterable[str], frame_ids: Iterable[str] = ()) -> str:
    """Return the text of nodes with the edges between them, their layout, the models they name, and some frames."""
    return dumps(part_of(graph, nodes, frame_ids)).decode()


def pasted(text: str, registry: Registry) -> Graph:
    """Return the graph that a text from a clipboard holds, brought up to date; a Markdown fence around it is ignored.

    Raises UsageError with a sentence when it holds none.
    """
    if not text.strip():
        raise UsageError("the clipboard is empty, or holds no text")
    fenced = _FENCED.fullmatch(text) if len(text) <= _LONGEST_LOOK else None
    try:
        graph = loads(fenced[1] if fenced else text)
    except GraphFileError as error:
        if not text.lstrip().startswith(("{", "`", "~")):
            message, hint = "the clipboard holds a text that is not a graph", "Copy nodes, or the text of a graph file"
            raise UsageError(message, hint=hint) from error
        where = f" ({error.where})" if error.where else ""
        raise UsageError(f"what the clipboard holds {error.message}{where}", hint=error.hint) from error
    if not graph.nodes and not frames(graph):
        raise UsageError("the graph in the clipboard is empty")
    return migrate_nodes(graph, registry)[0]


def part_of(graph: Graph, nodes: Iterable[str], frame_ids: Iterable[str] = ()) -> Graph:
    """Return the graph of some nodes and frames of a graph: what `copied` writes."""
    wanted = dict.fromkeys(node_id for node_id in nodes if node_id in graph.nodes)
    edges = tuple(edge for edge in graph.edges if edge.source in wanted and edge.target in wanted)
    boxes = frames(graph)
    part = Graph(
        nodes={node_id: graph.nodes[node_id] for node_id in wanted},
        edges=edges,
        models=_models_used(graph, wanted),
        view={node_id: graph.view[node_id] for node_id in wanted if node_id in graph.view},
    )
    part = with_frames(part, {frame_id: boxes[frame_id] for frame_id in frame_ids if frame_id in boxes})
    inner = set(edges)
    return with_reroutes(part, {edge: points for edge, points in reroutes(graph).items() if edge in inner})


def _models_used(graph: Graph, nodes: Iterable[str]) -> dict[str, ModelRef]:
    named = {value for node_id in nodes for value in graph.nodes[node_id].settings.values() if isinstance(value, str)}
    return {name: ref for name, ref in graph.models.items() if name in named}
