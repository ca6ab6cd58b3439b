"""validate, fmt, diff, show, schema, new."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.command import Command, Inside

BROKEN = {
    "a": {"type": "template", "text": "{{ x }}"},
    "b": {"type": "template", "text": "{{ x }}"},
    "m": {"type": "model", "max_tokens": "many"},
    "out": {"type": "output"},
}
EDGES = ["a.text -> b.x", "b.text -> a.x", "m.text -> out.value"]


def test_validate_names_file_place_and_code(graphide_: Command, hello: Path) -> None:
    graphide_.graph("bad.json", BROKEN, EDGES)
    ended = graphide_("validate", "hello.json", "bad.json", code=3)
    lines = ended.out.splitlines()
    assert lines[0] == "hello.json: ok"
    assert all(line.startswith("bad.json: ") and line.endswith("]") for line in lines[1:])
    assert any("error: " in line and "[cycle]" in line and "a -> b -> a" in line for line in lines)
    assert any(
        'error: node "m" (model): ' in line and "max_tokens" in line and "[bad-setting]" in line for line in lines
    )
    assert graphide_("validate", "hello.json").out == "hello.json: ok\n"


def test_validate_gives_json(graphide_: Command) -> None:
    graphide_.graph("bad.json", BROKEN, EDGES)
    body = graphide_("validate", "bad.json", "nowhere.json", "--format", "json", code=3).json
    assert body["ok"] is False
    assert [file["file"] for file in body["files"]] == ["bad.json", "nowhere.json"]
    assert {"cycle", "bad-setting"} <= {problem["code"] for problem in body["files"][0]["problems"]}
    (problem,) = body["files"][1]["problems"]
    assert (problem["code"], problem["severity"], problem["message"]) == (
        "unreadable",
        "error",
        "there is no such file",
    )


def test_validate_reads_standard_input(graphide_: Command, hello: Path) -> None:
    assert graphide_("validate", "-", stdin=hello.read_bytes()).out == "-: ok\n"


def test_a_warning_is_no_error(graphide_: Command) -> None:
    nodes = {
        "v": {"type": "variable", "value": "x"},
        "lost": {"type": "variable", "value": "x"},
        "o": {"type": "output"},
    }
    graphide_.graph("warn.json", nodes, ["v.value -> o.value"])
    assert "warn.json: warning: " in graphide_("validate", "warn.json").out


def test_fmt_rewrites_once_and_says_what(graphide_: Command) -> None:
    nodes = {"v": {"type": "variable", "value": "x", "kind": "text"}, "o": {"type": "output"}}
    path = graphide_.graph("g.json", nodes, ["v.value -> o.value"])
    before = path.read_bytes()
    check = graphide_("fmt", "--check", "g.json", code=1)
    assert check.err.startswith("g.json: would be rewritten: 1 setting with the default value left out; ")
    assert path.read_bytes() == before
    printed = graphide_("fmt", "--stdout", "g.json").out
    assert graphide_("fmt", "g.json").err.startswith("g.json: rewritten: ")
    assert path.read_text() == printed and '"kind"' not in printed
    again = graphide_("fmt", "g.json", "--check")
    assert (again.out, again.err) == ("", "")
    assert graphide_("fmt", "-", stdin=before).out == printed


def test_fmt_goes_on_after_a_file_it_cannot_read(graphide_: Command) -> None:
    (graphide_.folder / "bad.json").write_text("{", encoding="utf-8")
    path = graphide_.graph("g.json", {"o": {"type": "note"}})
    ended = graphide_("fmt", "bad.json", "g.json", code=3)
    assert "error: bad.json" in ended.err and "g.json: rewritten" in ended.err
    assert path.read_text().startswith("{\n")
    assert (graphide_.folder / "bad.json").read_text() == "{"


def test_fmt_never_takes_a_name_for_a_template(graphide_: Command) -> None:
    assert "there is no such file" in graphide_("fmt", "hello", code=3).err


@pytest.mark.parametrize("title", ["", "two\nlines", 'quo"tes\\', "🌋", "x" * 10_000, "\u2028\u0000"])
def test_fmt_of_what_fmt_wrote_changes_nothing(inside: Inside, graphide_: Command, title: str) -> None:
    path = graphide_.graph("g.json", {"o": {"type": "future", "keep": {"z": 1, "a": [title]}}}, title=title)
    inside("fmt", path)
    assert inside("fmt", "--check", path).err == ""
    assert json.loads(path.read_text())["nodes"]["o"]["keep"] == {"z": 1, "a": [title]}


def test_diff_speaks_of_the_graph(graphide_: Command, hello: Path) -> None:
    other = json.loads(hello.read_text())
    other["nodes"]["answer"]["max_tokens"] = 64
    other["nodes"]["persona"].pop("text")
    (graphide_.folder / "other.json").write_text(json.dumps(other), encoding="utf-8")
    ended = graphide_("diff", "hello.json", "other.json", code=1)
    assert '~ node "answer" max_tokens: 512 -> 64' in ended.out
    same = graphide_("diff", "hello.json", "hello.json")
    assert (same.out, same.err) == ("", "")
    changes = graphide_("diff", "hello.json", "other.json", "--format", "json", code=1).json["changes"]
    assert {"kind": "setting", "node": "answer", "name": "max_tokens", "old": 512, "new": 64, "text": []} in changes
    assert "two graphs" in graphide_("diff", "hello.json", code=2).err


def test_diff_serves_git(graphide_: Command, hello: Path) -> None:
    added = graphide_("diff", "g.json", "/dev/null", ".", ".", "hello.json", "abc", "100644")
    assert added.out.startswith("graphide diff g.json\n") and '+ node "answer" (model)' in added.out
    (graphide_.folder / "bad.json").write_text("{", encoding="utf-8")
    broken = graphide_("diff", "g.json", "bad.json", "a", "b", "hello.json", "abc", "100644")
    assert "cannot be compared" in broken.out


def test_show_has_three_forms(inside: Inside, hello: Path) -> None:
    text = inside("show", "hello.json").out
    assert text.startswith("Hello  (6 nodes, 5 edges)\nExplains a topic.\n")
    assert inside("show", "hello.json", "--format", "mermaid").out.startswith("flowchart LR\n")
    body = inside("show", "hello.json", "--format", "json").json
    assert body["outputs"] == ["answer"]
    assert [(item["name"], item["kind"], item["default"]) for item in body["inputs"]] == [
        ("audience", "choice", "experts"),
        ("topic", "text", "volcanoes"),
    ]
    assert body["order"][-1] == "result" and set(body["graph"]["nodes"]) == set(body["order"])


def test_the_schema_knows_the_node_types(graphide_: Command, hello: Path) -> None:
    import jsonschema

    schema = graphide_("schema").json
    jsonschema.validate(json.loads(hello.read_text()), schema)


def test_new_writes_a_template_and_never_over_a_file(inside: Inside, graphide_: Command) -> None:
    listed = inside("new", "--list").out
    assert listed.splitlines()[-1].startswith("empty")
    name = listed.split()[0]
    inside("new", name)
    path = graphide_.folder / f"{name}.json"
    assert inside("fmt", "--check", path, code=None).code in (0, 1)
    path.write_text("mine", encoding="utf-8")
    refused = inside("new", name, code=2)
    assert "is there already" in refused.err and path.read_text() == "mine"
    inside("new", name, "--force")
    assert path.read_text() != "mine"
    assert json.loads(inside("new", name, "-").out)["graphide"] == 1


def test_new_names_the_nearest_template(inside: Inside) -> None:
    assert 'Did you mean "empty"?' in inside("new", "emty", code=2).err
    assert "cannot be written" in inside("new", "empty", "no/folder.json", code=3).err
