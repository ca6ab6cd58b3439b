"""Graph files: the canonical form, the round trip, strict reading of hostile bytes, and saving that is never half."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from graphide.disk import write_atomically
from graphide.errors import EXIT_INVALID_GRAPH, GraphFileError
from graphide.graph.canonical import DEPTH, document_of
from graphide.graph.file import LARGEST, dumps, load, loads, save
from graphide.graph.model import Edge, Graph, Node
from graphide.graph.shape import graph_of
from tests.graph.any_graph import EXAMPLE, graphs
from tests.support.nodes_for_tests import REGISTRY

SMALL = b'{"graphide": 1, "nodes": {"a": {"type": "t", "x": [1, "\\u00e9"]}}, "edges": ["a.x -> a.y"]}'


def refusal(data: bytes | str, name: str = "") -> str:
    with pytest.raises(GraphFileError) as caught:
        loads(data, name=name)
    assert caught.value.exit_code == EXIT_INVALID_GRAPH
    return str(caught.value)


# --- the canonical form


def test_the_example_of_the_format_is_canonical_to_the_byte() -> None:
    assert dumps(loads(EXAMPLE)) == EXAMPLE


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_any_graph_reads_back_as_itself_and_canonical_text_stays_to_the_byte(graph: Graph) -> None:
    data = dumps(graph)
    assert loads(data) == graph
    assert dumps(loads(data)) == data
    assert graph_of(document_of(graph)) == graph


@given(graphs())
@settings(max_examples=30, deadline=None)
def test_what_is_written_is_strict_json_with_no_line_end_missing(graph: Graph) -> None:
    data = dumps(graph)
    assert data.endswith(b"}\n")
    assert json.loads(data)["graphide"] == 1


def test_lists_of_scalars_take_one_line_up_to_100_columns_and_objects_never_do() -> None:
    fits = ["x" * 85]
    graph = Graph(
        nodes={"n": Node("n", "t", {"a": fits, "b": [*fits, ""], "c": [[1], 2], "d": {}, "e": [], "f": {"k": 1}})}
    )
    assert dumps(graph).decode().splitlines()[4:-4] == [
        '      "type": "t",',
        f'      "a": ["{fits[0]}"],',  # 100 columns and the comma
        '      "b": [',
        f'        "{fits[0]}",',
        '        ""',
        "      ],",
        '      "c": [',
        "        [1],",
        "        2",
        "      ],",
        '      "d": {},',
        '      "e": [],',
        '      "f": {',
        '        "k": 1',
        "      }",
    ]


def test_edges_are_sorted_in_the_file_and_in_the_graph() -> None:
    first, second = Edge("a", "x", "b", "y"), Edge("a-b", "x", "b", "z")
    graph = loads(dumps(Graph(edges=(second, first))))
    assert graph.edges == (first, second)
    assert loads(b'{"graphide": 1, "edges": ["a-b.x -> b.z", "a.x -> b.y"]}').edges == (first, second)


def test_edges_into_one_input_stay_in_the_order_in_which_it_joins_them() -> None:
    edges = (Edge("z", "x", "b", "many"), Edge("a", "x", "b", "many"))
    assert loads(dumps(Graph(edges=edges))).edges == edges
    assert loads(dumps(Graph(edges=edges[::-1]))).edges == edges[::-1]


def test_settings_with_their_default_are_left_out_only_where_the_type_is_known() -> None:
    nodes = {
        "known": Node("known", "model", {"max_tokens": 512, "model": "echo"}),
        "unknown": Node("unknown", "nobody", {"max_tokens": 512}),
        "older": Node("older", "old", {"words": []}, version=1),
        "newest": Node("newest", "old", {"words": []}, version=3),
        "toggle": Node("toggle", "range", {"low": False, "high": 9.0}),
    }
    graph = Graph(nodes=nodes)
    kept = {node_id: dict(node.settings) for node_id, node in loads(dumps(graph, REGISTRY)).nodes.items()}
    assert kept == {
        "known": {"model": "echo"},
        "unknown": {"max_tokens": 512},
        "older": {"words": []},
        "newest": {},
        "toggle": {"low": False},
    }
    assert loads(dumps(graph)) == graph


def test_the_order_of_keys_inside_a_setting_is_kept() -> None:
    order = {"schema": {"zebra": 1, "ape": 2}}
    assert list(loads(dumps(Graph(nodes={"n": Node("n", "t", order)}))).nodes["n"].settings["schema"]) == [
        "zebra",
        "ape",
    ]


def test_whole_numbers_of_any_length_stay_exact() -> None:
    number = 2**70 + 1
    assert loads(dumps(Graph(extra={"n": number}))).extra == {"n": number}


def test_a_byte_order_mark_is_accepted_and_dropped() -> None:
    assert dumps(loads(b"\xef\xbb\xbf" + EXAMPLE)) == EXAMPLE
    assert dumps(loads("\ufeff" + EXAMPLE.decode())) == EXAMPLE


@pytest.mark.parametrize(
    ("graph", "where"),
    [
        (Graph(nodes={"n": Node("n", "t", {"x": float("nan")})}), "nodes.n.x"),
        (Graph(nodes={"n": Node("n", "t", {"x": object()})}), "nodes.n.x"),
        (Graph(nodes={"n": Node("n", "t", {"x": {1: 2}})}), "nodes.n.x"),
        (Graph(nodes={"n": Node("n", "t", {"x": 10**5000})}), "nodes.n.x"),
        (Graph(nodes={"n": Node("n", "t", {"type": "u"})}), "nodes.n"),
        (Graph(nodes={"n": Node("m", "t")}), "nodes"),
        (Graph(nodes={"1": Node("1", "t")}), "nodes"),
        (Graph(edges=(Edge("a", "x y", "b", "z"),)), "edges"),
        (Graph(extra={"nodes": {}}), "nodes"),
        (Graph(title="\ud800"), ""),
    ],
)
def test_what_could_not_be_read_back_is_not_written(graph: Graph, where: str) -> None:
    with pytest.raises(GraphFileError) as caught:
        dumps(graph)
    assert caught.value.where == where


def test_nesting_is_limited_alike_in_reading_and_writing() -> None:
    def nested(levels: int) -> object:
        value: object = 1
        for _ in range(levels):
            value = [value]
        return value

    deepest = Graph(extra={"x": nested(DEPTH - 1)})
    assert loads(dumps(deepest)) == deepest
    with pytest.raises(GraphFileError, match="levels deep"):
        dumps(Graph(extra={"x": nested(DEPTH)}))
    assert "levels deep" in refusal(json.dumps({"graphide": 1, "x": nested(DEPTH)}))
    assert "levels deep" in refusal(json.dumps({"graphide": 1, "x": nested(DEPTH - 1)}).replace("[1]", "[[]]"))


# --- hostile bytes


def test_a_file_cut_at_any_byte_is_refused_with_a_place() -> None:
    for end in range(len(SMALL)):
        assert refusal(SMALL[:end], "cut.json").startswith("cut.json")


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data: bytes) -> None:
    refusal(data)


@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=3))
def test_flipped_bytes_give_a_graph_or_a_refusal(flips: list[tuple[int, int]]) -> None:
    data = bytearray(SMALL)
    for place, byte in flips:
        data[place] = byte
    try:
        graph = loads(bytes(data))
    except GraphFileError:
        return
    assert loads(dumps(graph)) == graph


@pytest.mark.parametrize("bomb", ["[" * 100_000, '{"a":' * 100_000, '{"graphide":1,"x":' + "[" * 500 + "]" * 500 + "}"])
def test_depth_bombs_are_refused_at_once(bomb: str) -> None:
    start = time.process_time()
    refusal(bomb)
    assert time.process_time() - start < 1


def test_files_above_32_mib_are_refused_before_they_are_parsed() -> None:
    start = time.process_time()
    assert (
        refusal(b" " * (LARGEST + 1), "big.json") == "big.json: is larger than 32 MiB, the most that a graph may have"
    )
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "g.json: is empty. A new graph is made with: graphide new"),
        (" \n", "g.json: is empty. A new graph is made with: graphide new"),
        (
            '{"graphide": 1, "title": "a", "title": "b"}',
            'g.json: has the key "title" twice in one object. Keep the one',
        ),
        ('{"graphide": 1, "nodes": {"a": {"type": "t"}, "a": {}}}', 'g.json: has the key "a" twice in one object'),
        ('{"graphide": 1, "x": NaN}', "g.json, line 1, column"),
        ('{"graphide": 1,\n "x": Infinity}', "g.json, line 2, column"),
        ('{"graphide": 1, "x": -Infinity}', "g.json, line 1, column"),
        ('{"graphide": 1, "x": 1e999}', "g.json, line 1, column"),
        ('{"graphide": 1, "x": "\\ud800"}', "g.json, line 1, column"),
        ('{"graphide": 1, "x": "\\udc00\\ud800"}', "g.json, line 1, column"),
        ('{"graphide": 1, "x": "\\q"}', "g.json, line 1, column"),
        ('{"graphide": 1,}', "g.json, line 1, column"),
        ('{"graphide": 1} x', "g.json, line 1, column"),
        ("{'graphide': 1}", "g.json, line 1, column"),
        ('{"graphide": 1, "x": "\n"}', "g.json, line"),
        ('{"graphide": 1, "x": 01}', "g.json, line 1, column"),
        ('{"graphide": 1, "x": "\ud800"}', "g.json"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_its_place(text: str, message: str) -> None:
    assert refusal(text, "g.json").startswith(message)


def test_bytes_that_are_not_utf8_are_refused_with_their_line() -> None:
    message = refusal(b'{"graphide": 1,\n"title": "\xff"}', "g.json")
    assert message == "g.json, line 2: is not UTF-8 text: byte 26 is 0xff. Save it as UTF-8, or choose a graph file"
    assert "is not UTF-8" in refusal(EXAMPLE.decode().encode("utf-16"))


NODE = '{"graphide": 1, "nodes": {"a": %s}}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "needs an object, but this is a list"),
        ("null", "needs an object, but this is null"),
        ("1", "needs an object, but this is 1"),
        ("{}", 'is not a graph. A graph file has a key "graphide" with the number of its format, now 1'),
        ('{"graphide": "1"}', "is not a graph."),
        ('{"graphide": true}', "is not a graph."),
        ('{"graphide": -1}', "is not a graph."),
        ('{"graphide": 7}', "was written by a newer graphide (format 7; this one reads 1). Update graphide"),
        ('{"graphide": 1, "title": 5}', "title: needs a text, but this is 5"),
        ('{"graphide": 1, "about": null}', "about: needs a text, but this is null"),
        ('{"graphide": 1, "nodes": []}', "nodes: needs an object, but this is a list"),
        (NODE % "[]", "nodes.a: needs an object, but this is a list"),
        (NODE % "{}", 'nodes.a.type: needs a node type, such as "model", but this is null'),
        (NODE % '{"type": ""}', 'nodes.a.type: needs a node type, such as "model", but this is ""'),
        (
            NODE % '{"type": "t", "version": "2"}',
            'nodes.a.version: needs a whole number of at least 1, but this is "2"',
        ),
        (NODE % '{"type": "t", "version": 0}', "nodes.a.version: needs a whole number of at least 1, but this is 0"),
        (
            NODE % '{"type": "t", "version": true}',
            "nodes.a.version: needs a whole number of at least 1, but this is true",
        ),
        (NODE % '{"type": "t", "title": {}}', "nodes.a.title: needs a text, but this is an object"),
        (
            NODE % '{"type": "t", "state": "off"}',
            'nodes.a.state: needs one of active, muted, bypassed, but this is "off"',
        ),
        (
            NODE % '{"type": "t", "state": []}',
            "nodes.a.state: needs one of active, muted, bypassed, but this is a list",
        ),
        (NODE % '{"type": "t", "exposed": "x"}', 'nodes.a.exposed: needs a list of setting names, but this is "x"'),
        (NODE % '{"type": "t", "exposed": [{}]}', "nodes.a.exposed: needs a setting name, but this is an object"),
        (NODE % '{"type": "t", "exposed": ["x", "x"]}', 'nodes.a.exposed: names "x" twice'),
        (
            '{"graphide": 1, "nodes": {"a.b": {"type": "t"}}}',
            'nodes: "a.b" cannot be the id of a node. Names are letters,',
        ),
        ('{"graphide": 1, "nodes": {"": {"type": "t"}}}', 'nodes: "" cannot be the id of a node.'),
        ('{"graphide": 1, "nodes": {"1a": {"type": "t"}}}', 'nodes: "1a" cannot be the id of a node.'),
        ('{"graphide": 1, "nodes": {"-a": {"type": "t"}}}', 'nodes: "-a" cannot be the id of a node.'),
        ('{"graphide": 1, "edges": {}}', "edges: needs a list of edges, but this is an object"),
        (
            '{"graphide": 1, "edges": [1]}',
            'edges[0]: needs an edge, such as "answer.text -> result.value", but this is 1',
        ),
        (
            '{"graphide": 1, "edges": ["a.b->c.d"]}',
            'edges[0]: "a.b->c.d" is not an edge. Edges are written "node.output',
        ),
        ('{"graphide": 1, "edges": ["a.b -> c.d", "a.b  -> c.d"]}', 'edges[1]: "a.b  -> c.d" is not an edge.'),
        ('{"graphide": 1, "edges": ["a -> c.d"]}', 'edges[0]: "a -> c.d" is not an edge.'),
        ('{"graphide": 1, "edges": ["a.b -> c.d.e"]}', 'edges[0]: "a.b -> c.d.e" is not an edge.'),
        ('{"graphide": 1, "edges": ["a.1 -> c.d"]}', 'edges[0]: "a.1 -> c.d" is not an edge.'),
        ('{"graphide": 1, "edges": ["a.b -> c.d\\n"]}', "edges[0]: "),
        ('{"graphide": 1, "models": 1}', "models: needs an object, but this is 1"),
        ('{"graphide": 1, "models": {"m": "x"}}', 'models.m: needs an object, but this is "x"'),
        ('{"graphide": 1, "models": {"m": {"size": "1"}}}', 'models.m.size: needs a size in bytes, but this is "1"'),
        ('{"graphide": 1, "models": {"m": {"size": -1}}}', "models.m.size: needs a size in bytes, but this is -1"),
        ('{"graphide": 1, "models": {"m": {"file": 1}}}', "models.m.file: needs a text, but this is 1"),
        ('{"graphide": 1, "view": []}', "view: needs an object, but this is a list"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_place(text: str, message: str) -> None:
    assert refusal(text).startswith(message)
    assert refusal(text, "g.json").startswith("g.json")


def test_a_name_may_be_of_any_script_and_100_characters() -> None:
    for node_id in ("a" * 100, "_1", "a-b", "übung", "हिन्दी", "变量"):
        graph = Graph(nodes={node_id: Node(node_id, "t")}, edges=(Edge(node_id, node_id, node_id, node_id),))
        assert loads(dumps(graph)) == graph
    assert "cannot be the id" in refusal(NODE.replace('"a"', f'"{"a" * 101}"') % '{"type": "t"}')


# --- files


def test_a_file_is_saved_and_loaded_and_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    path, link = tmp_path / "g.json", tmp_path / "link.json"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to("g.json")
    save(loads(EXAMPLE), link, REGISTRY)
    assert link.is_symlink()
    assert path.read_bytes() == EXAMPLE
    assert path.stat().st_mode & 0o777 == 0o640
    assert load(link) == loads(EXAMPLE)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["g.json", "link.json"]


def test_a_new_file_has_the_mode_that_the_user_wants(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        save(Graph(), tmp_path / "new.json")
    finally:
        os.umask(before)
    assert (tmp_path / "new.json").stat().st_mode & 0o777 == 0o640


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "none.json", "there is no such file"),
        (tmp_path, "is a folder or a device, not a file"),
        (tmp_path / "x\0y", "is not a file name"),
    ):
        with pytest.raises(GraphFileError) as caught:
            load(path)
        assert caught.value.message.startswith(message)
        assert caught.value.where == str(path)


def test_a_place_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path, "is a folder or a device, not a file"),
        (Path("/dev/null"), "is a folder or a device, not a file"),
        (tmp_path / "none" / "g.json", "there is no such file"),
    ):
        with pytest.raises(GraphFileError) as caught:
            save(Graph(), path)
        assert str(caught.value).startswith(f"{path}: {message}")


def test_a_graph_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    path.write_bytes(EXAMPLE)
    with pytest.raises(GraphFileError) as caught:
        save(Graph(extra={"x": float("inf")}), path)
    assert caught.value.where == f"{path}, x"
    assert path.read_bytes() == EXAMPLE


def test_a_failure_while_writing_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "g.json"
    path.write_bytes(b"old")

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert [(found.name, found.read_bytes()) for found in tmp_path.iterdir()] == [("g.json", b"old")]


SAVE_FOR_EVER = """
import sys
from graphide.graph.file import save
from graphide.graph.model import Graph, Node
def graph(word):
    return Graph(title=word, nodes={f"n{i}": Node(f"n{i}", "t", {"x": word * 50}) for i in range(2000)})
graphs = [graph("a"), graph("b")]
save(graphs[0], sys.argv[1])
print("ready", flush=True)
while True:
    for graph in graphs:
        save(graph, sys.argv[1])
"""


def test_killed_while_saving_a_file_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    for delay in (0.0, 0.003, 0.011, 0.02, 0.031, 0.05, 0.072, 0.1):
        child = subprocess.Popen([sys.executable, "-c", SAVE_FOR_EVER, str(path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(delay)
        child.kill()
        child.wait()
        child.stdout.close()
        graph = load(path)
        assert len(graph.nodes) == 2000
        assert {node.settings["x"] for node in graph.nodes.values()} == {graph.title * 50}


SAVE_ON_A_FULL_DISK = """
import resource, sys
from graphide.errors import GraphFileError
from graphide.graph.file import save
from graphide.graph.model import Graph
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
try:
    save(Graph(title="x" * 100_000), sys.argv[1])
except GraphFileError as error:
    print(error)
"""


def test_with_no_room_for_the_new_file_the_old_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    path.write_bytes(EXAMPLE)
    done = subprocess.run(
        [sys.executable, "-c", SAVE_ON_A_FULL_DISK, str(path)], capture_output=True, text=True, check=True
    )
    message = "cannot be saved, it would be too large for the disk. The file is as it was before"
    assert done.stdout == f"{path}: {message}\n"
    assert [found.name for found in tmp_path.iterdir()] == ["g.json"]
    assert path.read_bytes() == EXAMPLE


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "g.json"
    path.write_bytes(EXAMPLE)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(GraphFileError, match="the disk is full"):
        save(Graph(), path)
    assert [(found.name, found.read_bytes()) for found in tmp_path.iterdir()] == [("g.json", EXAMPLE)]
