"""Pictures of graphs as SVG: the shapes of the window in its colours, and nothing in them that does something."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as Xml

import orjson
import pytest

from graphide.editor.connect import Rules
from graphide.editor.share import canvas_of
from graphide.editor.text.metrics import FONTS
from graphide.graph.file import load
from graphide.graph.model import Edge, Graph, Node
from graphide.paths import templates_folder
from graphide.server import drawing
from graphide.server.drawing import color, svg_of
from graphide.server.page import page_files
from graphide.spec.registry import Registry
from graphide.ui.colors import LOOKS, parsed

NAMESPACE = "{http://www.w3.org/2000/svg}"
TEMPLATES = sorted(templates_folder().glob("*.json"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_template_has_a_picture_with_all_its_nodes_and_edges(path: Path, registry: Registry) -> None:
    graph = load(path)
    root = Xml.fromstring(svg_of(graph, Rules(registry)))
    nodes = [group for group in root.iter(f"{NAMESPACE}g") if group.get("class") == "node"]
    wires = [wire for wire in root.iter(f"{NAMESPACE}path") if wire.get("class") == "wire"]
    assert {group.get("data-node") for group in nodes} == set(graph.nodes)
    assert sorted((wire.get("data-source"), wire.get("data-target")) for wire in wires) == sorted(
        (edge.source, edge.target) for edge in graph.edges
    )


def test_the_picture_has_the_places_and_sizes_of_the_window(registry: Registry) -> None:
    graph = load(templates_folder() / "hello.json")
    root = Xml.fromstring(svg_of(graph, Rules(registry)))
    drawn = {
        group.get("data-node"): (group.get("transform"), group.get("data-width"), group.get("data-height"))
        for group in root.iter(f"{NAMESPACE}g")
    }
    assert drawn == {
        group.key: (f"translate({group.x:g} {group.y:g})", f"{group.width:g}", f"{group.height:g}")
        for group in canvas_of(graph, Rules(registry)).nodes
    }


def test_texts_of_a_graph_stay_texts(registry: Registry) -> None:
    nasty = "</text><script>alert(1)</script>\x00\x1b\udc80&<g onload='x'>"
    view = {
        "a": [0, 0, {"color": "x);background:url(http://example.org/"}],
        "$frames": {"f": {"title": nasty, "color": nasty}},
    }
    graph = Graph(
        {"a": Node("a", "template", {"text": nasty}, title=nasty), "b": Node("b", nasty)}, (), nasty, view=view
    )
    text = svg_of(graph, Rules(registry)).decode()
    assert {element.tag.removeprefix(NAMESPACE) for element in Xml.fromstring(text).iter()} <= {
        *("svg", "title", "style", "rect", "g", "path", "text", "circle"),
    }
    assert "url(" not in text and "<script" not in text


def test_an_edge_to_nowhere_and_an_empty_graph_can_be_drawn(registry: Registry) -> None:
    lost = Graph({"a": Node("a", "output")}, (Edge("nobody", "text", "a", "value"),))
    assert b"data-source" not in svg_of(lost, Rules(registry))
    assert b'viewBox="0 0 400 200"' in svg_of(Graph(), Rules(registry))


def test_of_many_nodes_only_titles_are_drawn(registry: Registry) -> None:
    few, many = (
        svg_of(
            Graph({f"n{number}": Node(f"n{number}", "template", {"text": "words"}) for number in range(count)}),
            Rules(registry),
        )
        for count in (drawing.MANY, drawing.MANY + 1)
    )
    assert b">words</text>" in few and b">words</text>" not in many
    assert many.count(b'class="ground"') == many.count(b'class="node"') == drawing.MANY + 1


@pytest.mark.parametrize(
    ("name", "css"),
    [
        ("card", "var(--card)"),
        ("accent@40", "color-mix(in srgb, var(--accent) 40%, transparent)"),
        ("card+model@16", "color-mix(in srgb, var(--card), var(--model) 16%)"),
        (
            "card+model@16+accent@5",
            "color-mix(in srgb, color-mix(in srgb, var(--card), var(--model) 16%), var(--accent) 5%)",
        ),
        ("red;}", "var(--grey)"),
    ],
)
def test_a_colour_name_becomes_css(name: str, css: str) -> None:
    assert color(name) == css


def test_the_palette_of_the_page_is_that_of_the_window() -> None:
    text = page_files()["palette.css"].path.read_text("utf-8")
    table = dict(re.findall(r"--([a-z_]+): (.+);", text))
    known: Mapping[str, str] = LOOKS["dark"].base
    assert set(known) <= set(table)
    for name, css in table.items():
        if pair := re.fullmatch(r"light-dark\((#\w{6}), (#\w{6})\)", css):
            assert (parsed(pair[1]), parsed(pair[2])) == (LOOKS["light"].color(name), LOOKS["dark"].color(name))
        else:
            (role,) = re.findall(r"^var\(--([a-z_]+)\)$", css)
            assert LOOKS["dark"].color(name) == LOOKS["dark"].color(role) and name not in known


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_colour_of_a_picture_is_in_the_palette(path: Path, registry: Registry) -> None:
    text = svg_of(load(path), Rules(registry)).decode()
    assert set(re.findall(r"var\(--(\w+)\)", text)) <= set(re.findall(r"--([a-z_]+):", text))


def test_texts_are_as_large_as_in_the_window() -> None:
    metrics = orjson.loads((FONTS / "metrics.json").read_bytes())
    keys = {"regular": "sans-regular", "medium": "sans-medium", "semibold": "sans-semibold", "mono": "mono-regular"}
    heights = {weight: metrics[key]["ascent"] + metrics[key]["descent"] for weight, key in keys.items()}
    assert {weight: face[2] for weight, face in drawing._FACES.items()} == {
        weight: 2048 / height for weight, height in heights.items()
    }
