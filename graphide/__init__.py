"""Prompt graphs for local language models: load a graph, run it, get its results.

    import graphide

    result = graphide.run("graphs/hello.json", topic="volcanoes")
    print(result["answer"])

The names below load what they need when they are first used, so that `import graphide` costs next to nothing. Node
types are written against `graphide.api`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from graphide.errors import GraphideError
    from graphide.executor.result import RunResult
    from graphide.graph.file import dumps, load, loads, save
    from graphide.graph.model import Edge, Graph, Node
    from graphide.spec.registry import Registry
    from graphide.workspace import Document, Workspace

__version__ = "0.1.0"

__all__ = [
    "Document",
    "Edge",
    "Graph",
    "GraphideError",
    "Node",
    "Registry",
    "RunResult",
    "Workspace",
    "__version__",
    "dumps",
    "load",
    "loads",
    "run",
    "save",
]

_HOMES = {
    "Document": "graphide.workspace",
    "Edge": "graphide.graph.model",
    "Graph": "graphide.graph.model",
    "GraphideError": "graphide.errors",
    "Node": "graphide.graph.model",
    "Registry": "graphide.spec.registry",
    "RunResult": "graphide.executor.result",
    "Workspace": "graphide.workspace",
    "dumps": "graphide.graph.file",
    "load": "graphide.graph.file",
    "loads": "graphide.graph.file",
    "save": "graphide.graph.file",
}


def run(
    source: str | Path | Graph,
    /,
    *,
    model: str = "",
    seed: int | None = None,
    reproducible: bool = False,
    **inputs: Any,
) -> RunResult:
    """Run a graph, given as a file, the name of a packaged template or a `Graph`, and return its result.

    `inputs` are values for the inputs of the graph; `model` answers every model node ("echo": no model at all);
    `reproducible` takes the time that it needs to give the same bytes for the same seed. Inputs that are called
    "model", "seed" or "reproducible", streaming, cancelling and many runs with one loaded model need a `Workspace`.

    Raises GraphideError when the graph cannot be read or cannot run; that a node failed is in the result.
    """
    from graphide.graph.model import Graph
    from graphide.workspace import Document, Workspace

    with Workspace(model=model, reproducible=reproducible) as workspace:
        document = Document(source) if isinstance(source, Graph) else workspace.load(source)
        return workspace.result(document, inputs=inputs, seed=seed)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
