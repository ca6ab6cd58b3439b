"""Pictures with a graph in them: the same bytes come back, and hostile pictures are refused."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from graphide.editor.connect import Rules
from graphide.editor.share import shared
from graphide.errors import GraphFileError
from graphide.graph.file import dumps, load, loads, save
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.picture import SIGNATURE, graph_in, with_graph
from tests.graph.any_graph import graphs
from tests.support.nodes_for_tests import REGISTRY


def grey(_: str) -> tuple[int, int, int, int]:
    return 120, 120, 120, 255


GRAPH = Graph(
    title="Über",
    nodes={"a": Node("a", "template", {"text": "{{ x }} → 🙂"}), "b": Node("b", "nobody_knows")},
    edges=(Edge("a", "text", "b", "value"),),
)
BLANK = BytesIO()
Image.new("RGB", (4, 4)).save(BLANK, "PNG")
PNG = BLANK.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def picture(*texts: bytes) -> bytes:
    return PNG[:33] + b"".join(chunk(b"iTXt", text) for text in texts) + PNG[33:]


def test_a_shared_graph_opens_with_the_same_bytes_and_has_pixels() -> None:
    png = shared(GRAPH, Rules(REGISTRY), grey)
    assert dumps(loads(png)) == dumps(GRAPH)
    with Image.open(BytesIO(png)) as image:
        image.load()
        assert image.width > 300 and image.height > 100
        assert set(image.info) == {"graphide"}


def test_a_copy_that_keeps_the_texts_of_a_picture_keeps_the_graph() -> None:
    from PIL.PngImagePlugin import PngInfo

    png = shared(GRAPH, Rules(REGISTRY), grey)
    with Image.open(BytesIO(png)) as image:
        texts = PngInfo()
        texts.add_itxt("graphide", image.text["graphide"])
        copy = BytesIO()
        image.save(copy, "PNG", pnginfo=texts)
    assert dumps(loads(copy.getvalue())) == dumps(GRAPH)


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_every_graph_comes_back_from_a_picture(graph: Graph) -> None:
    data = dumps(graph)
    assert graph_in(with_graph(PNG, data), len(data)) == data
    assert graph_in(with_graph(with_graph(PNG, b"old"), data), len(data)) == data


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_noise_behind_the_signature_is_refused(noise: bytes) -> None:
    with pytest.raises(GraphFileError):
        loads(SIGNATURE + noise)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (PNG, "without a graph"),
        (SIGNATURE, "cut off"),
        (SIGNATURE + struct.pack(">I4s", 0xFFFFFFFF, b"IHDR"), "cut off"),
        (with_graph(PNG, b"{}")[:-20], "cut off"),
        (with_graph(PNG, b"{}").replace(b"graphide", b"graphidE"), "checksum"),
        (picture(b"graphide\0\1\0\0\0" + zlib.compress(bytes(100_000_000), 9)), "more than 32 MiB"),
        (picture(b"graphide\0\1\0\0\0" + zlib.compress(b"{}")[:-3]), "cut off"),
        (picture(b"graphide\0\1\0\0\0not zlib"), "damaged"),
        (picture(b"graphide\0\1"), "not whole"),
        (picture(b"graphide\0\0\0\0\0{}", b"graphide\0\0\0\0\0{}"), "2 graphs"),
        (picture(b"graphide\0\0\0\0\0nonsense"), "not JSON"),
    ],
)
def test_damaged_and_hostile_pictures_are_refused_with_a_reason(data: bytes, said: str) -> None:
    with pytest.raises(GraphFileError, match=said) as caught:
        loads(data, name="a.png")
    assert caught.value.where.startswith("a.png")


def test_a_graph_is_never_written_over_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "g.png"
    path.write_bytes(with_graph(PNG, dumps(GRAPH)))
    with pytest.raises(GraphFileError, match="name of a picture"):
        save(replace(load(path), title="other"), path)
    assert load(path) == loads(dumps(GRAPH))
