"""Any graph: the strategy that draws graphs with hard texts in every place, and the example of the file format."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from graphide.graph.model import STATES, Edge, Graph, ModelRef, Node
from graphide.graph.shape import GRAPH_KEYS, MODEL_KEYS, NODE_KEYS

EXAMPLE = (Path(__file__).parent / "fixtures" / "format_1.json").read_bytes()

texts = st.text(max_size=20) | st.sampled_from(["", "\n", '"', "👩‍🚀 ok", "x" * 10_000, "a\u2028b\x7f\x00", "\\"])
names = st.tuples(st.sampled_from("aé_界"), st.text("b0_界-", max_size=6)).map("".join)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=8
)
objects = st.dictionaries(texts, values, max_size=4)


def without(keys: tuple[str, ...]) -> st.SearchStrategy[dict[str, object]]:
    return objects.map(lambda found: {key: value for key, value in found.items() if key not in keys})


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    ids = draw(st.lists(names, max_size=5, unique=True))
    nodes = {
        node_id: Node(
            id=node_id,
            type=draw(texts.filter(bool)),
            settings=draw(without(NODE_KEYS)),
            version=draw(st.integers(1, 9)),
            title=draw(texts),
            state=draw(st.sampled_from(STATES)),
            exposed=tuple(draw(st.lists(texts.filter(bool), max_size=2, unique=True))),
        )
        for node_id in ids
    }
    edges = draw(st.lists(st.builds(Edge, names, names, names, names), max_size=5))
    refs = st.builds(ModelRef, texts, texts, texts, st.integers(0, 10**15), without(MODEL_KEYS))
    return Graph(
        nodes=nodes,
        edges=tuple(sorted(edges)),
        title=draw(texts),
        about=draw(texts),
        models=draw(st.dictionaries(texts, refs, max_size=2)),
        view=draw(objects),
        extra=draw(without(GRAPH_KEYS)),
    )
