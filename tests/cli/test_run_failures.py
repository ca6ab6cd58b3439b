"""`graphide run` when things go wrong: what is said where, what stays on standard output, and the exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli.command import Command, Inside, chain


def branches(**types: str) -> tuple[dict[str, Any], list[str]]:
    """Return a graph with an output for each node, named like it."""
    nodes: dict[str, Any] = {name: {"type": type} for name, type in types.items()}
    nodes |= {f"{name}-out": {"type": "output", "name": name} for name in types}
    return nodes, [f"{name}.text -> {name}-out.value" for name in types]


@pytest.mark.usefixtures("plugin")
def test_a_failure_names_the_node_its_hint_and_its_inputs(graphide_: Command) -> None:
    nodes = {"what": {"type": "variable", "value": "x" * 500}, "bad": {"type": "boom"}, "out": {"type": "output"}}
    graphide_.graph("boom.json", nodes, ["what.value -> bad.value", "bad.text -> out.value"])
    ended = graphide_("run", "boom.json", code=1)
    first, second = ended.err.splitlines()[:2]
    assert ended.out == "" or ended.out.isspace()
    assert first == 'error: node "bad" (boom): went wrong. Do something else'
    assert second.startswith('  value = "xxx') and second.endswith('…"') and len(second) < 130


@pytest.mark.usefixtures("plugin")
def test_a_failing_graph_leaves_valid_json_on_standard_output(graphide_: Command) -> None:
    graphide_.graph("half.json", *chain("half"))
    ended = graphide_("run", "half.json", "--format", "json", code=1)
    body = ended.json
    assert (body["status"], body["outputs"]) == ("failed", {})
    assert body["partial"] == {"half": "the first half"}
    (failure,) = body["failures"]
    assert (failure["node"], failure["type"], failure["message"]) == ("half", "half", "broke in the middle")
    assert (failure["hint"], failure["partial"]) == ("Try a shorter text", "the first half")
    assert ended.err.startswith('error: node "half" (half): broke in the middle')


@pytest.mark.usefixtures("plugin")
def test_text_that_was_streamed_before_a_failure_stays(graphide_: Command) -> None:
    graphide_.graph("half.json", *chain("half"))
    ended = graphide_("run", "half.json", code=1)
    assert ended.out == "the first half\n"
    assert "broke in the middle" in ended.err


@pytest.mark.usefixtures("plugin")
def test_other_branches_finish_and_the_exit_code_says_so(graphide_: Command) -> None:
    graphide_.graph("two.json", *branches(good="slow", bad="boom"))
    ended = graphide_("run", "two.json", code=5)
    assert ended.out == "good:\npiece 0 piece 1 piece 2 \n"
    assert 'error: node "bad" (boom): went wrong' in ended.err
    assert 'there is no output "bad": what it needs failed' in ended.err
    body = graphide_("run", "two.json", "--format", "json", code=5).json
    assert (body["status"], body["outputs"]) == ("partial", {"good": "piece 0 piece 1 piece 2 "})


def test_an_unknown_node_type_costs_only_its_branch(graphide_: Command) -> None:
    nodes = {
        "a": {"type": "variable", "value": "x"},
        "new": {"type": "from_the_future", "keep": [1]},
        "one": {"type": "output", "name": "one"},
        "two": {"type": "output", "name": "two"},
    }
    graphide_.graph("u.json", nodes, ["a.value -> one.value", "a.value -> new.in", "new.out -> two.value"])
    ended = graphide_("run", "u.json", code=5)
    assert ended.out == "one:\nx\n"
    assert "from_the_future" in ended.err


def test_a_cycle_is_named_node_by_node_at_once(graphide_: Command) -> None:
    nodes = {"a": {"type": "template", "text": "{{ x }}"}, "b": {"type": "template", "text": "{{ x }}"}}
    nodes["out"] = {"type": "output"}
    graphide_.graph("loop.json", nodes, ["a.text -> b.x", "b.text -> a.x", "b.text -> out.value"])
    ended = graphide_("run", "loop.json", code=3)
    assert ended.err.startswith("error: loop.json cannot run")
    assert "a -> b -> a" in ended.err and "[cycle]" in ended.err
    body = graphide_("run", "loop.json", "--format", "json", code=3).json
    assert (body["status"], [problem["code"] for problem in body["error"]["problems"]]) == ("failed", ["cycle"])


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (b"", "is empty"),
        (b"{", "is not JSON"),
        (b'{"graphide": 1, "nodes": {}, "nodes": {}}', "twice"),
        (b'{"graphide": 1, "x": NaN}', "is not JSON"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"[" * 100_000, "JSON"),
        (b'{"graphide": 1, "title": "\\ud800"}', "JSON"),
    ],
)
def test_a_file_that_is_no_graph_is_refused(inside: Inside, graphide_: Command, text: bytes, where: str) -> None:
    (graphide_.folder / "g.json").write_bytes(text)
    ended = inside("run", "g.json", "--format", "json", code=3)
    assert ended.err.startswith("error: g.json") and where in ended.err
    assert ended.json["status"] == "failed" and where in ended.json["error"]["message"]
    assert "Traceback" not in ended.err


def test_a_file_that_is_not_there_is_named(graphide_: Command) -> None:
    assert graphide_("run", "nowhere.json", code=3).err == "error: nowhere.json: there is no such file\n"


def test_a_model_that_is_missing_has_its_own_exit_code(graphide_: Command, hello: Path) -> None:
    ended = graphide_("run", hello, "--model", "no-such-model", code=4)
    assert 'model "no-such-model"' in ended.err and "graphide models" in ended.err
    body = graphide_("run", hello, "--model", "no-such-model", "--format", "json", code=4).json
    assert body["status"] == "failed"


def test_a_missing_model_costs_only_what_needs_it(graphide_: Command) -> None:
    nodes = {
        "q": {"type": "variable", "value": "hi"},
        "m": {"type": "model", "model": "no-such-model"},
        "one": {"type": "output", "name": "one"},
        "two": {"type": "output", "name": "two"},
    }
    graphide_.graph("m.json", nodes, ["q.value -> m.prompt", "m.text -> one.value", "q.value -> two.value"])
    assert graphide_("run", "m.json", code=5).out == "two:\nhi\n"


@pytest.mark.usefixtures("plugin")
def test_a_failure_that_is_caught_is_not_shown(graphide_: Command) -> None:
    nodes = {
        "bad": {"type": "boom"},
        "plan-b": {"type": "variable", "value": "plan b"},
        "first": {"type": "fallback"},
        "out": {"type": "output"},
    }
    edges = ["bad.text -> first.values", "plan-b.value -> first.values", "first.value -> out.value"]
    graphide_.graph("caught.json", nodes, edges)
    ended = graphide_("run", "caught.json")
    assert (ended.out, ended.err) == ("plan b\n", "")


def test_a_branch_that_was_not_taken_is_explained(graphide_: Command) -> None:
    nodes = {
        "q": {"type": "variable", "value": "hi"},
        "m": {"type": "template", "text": "{{ x }}", "state": "muted"},
        "out": {"type": "output", "name": "never"},
        "two": {"type": "output", "name": "always"},
    }
    graphide_.graph("m.json", nodes, ["q.value -> m.x", "m.text -> out.value", "q.value -> two.value"])
    ended = graphide_("run", "m.json", code=None)
    assert ended.out.endswith("hi\n")
    assert '"never"' in ended.err or '"out"' in ended.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run"], "Name the graph to run"),
        (["run", "g.json", "--nope"], "No such option"),
        (["run", "g.json", "--seed", "x"], "--seed"),
        (["run", "g.json", "--seed", "-1"], "--seed"),
        (["run", "g.json", "--format", "yaml"], "--format"),
    ],
)
def test_wrong_use_has_exit_code_2(inside: Inside, arguments: list[str], sentence: str) -> None:
    ended = inside(*arguments, code=2)
    assert sentence in ended.err and ended.err.startswith("error: ") and ended.out == ""


def test_a_file_outside_the_folder_is_refused_with_the_rule_and_can_be_allowed(
    graphide_: Command, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    nodes = {"c": {"type": "variable", "kind": "file", "value": "../secret.txt"}, "out": {"type": "output"}}
    graphide_.graph("c.json", nodes, ["c.value -> out.value"])
    ended = graphide_("run", "c.json", code=1)
    assert "--allow" in ended.err and "secret" not in ended.out
    assert graphide_("run", "c.json", "--allow", "..").out == "secret\n"


@pytest.mark.usefixtures("plugin")
def test_control_characters_of_a_stranger_do_not_reach_the_terminal(graphide_: Command) -> None:
    nodes = {"v": {"type": "variable", "value": "\x1b[2J\x07"}, "b": {"type": "boom"}, "out": {"type": "output"}}
    graphide_.graph("esc.json", nodes, ["v.value -> b.value", "b.text -> out.value"])
    assert "\x1b" not in graphide_("run", "esc.json", code=1).err


def test_a_plugin_that_does_not_load_is_named_where_it_matters(graphide_: Command) -> None:
    folder = Path(graphide_.env["GRAPHIDE_HOME"]) / "plugins"
    folder.mkdir(parents=True)
    (folder / "broken.py").write_text("import nothing_of_this_name\n", encoding="utf-8")
    ended = graphide_("nodes", "list")
    assert "template" in ended.out and "broken.py" in ended.err and "nothing_of_this_name" in ended.err
    nodes = {"x": {"type": "lost"}, "out": {"type": "output"}}
    graphide_.graph("g.json", nodes, ["x.text -> out.value"])
    assert "broken.py" in graphide_("run", "g.json", code=3).err
    assert "broken.py" in graphide_("validate", "g.json", code=3).err
