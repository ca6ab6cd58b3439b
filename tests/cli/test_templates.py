"""`graphide templates`: listed, shown, kept, filled in without a model, deleted; `graphide new` and `run` take own ones too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.command import Inside

from graphide.paths import data_folder

SAY = {
    "graphide": 1, "title": "Say it", "about": "Says something. Twice.",
    "nodes": {
        "t": {"type": "template", "text": "Say {{ what }}, {{ tone | choice('kind', 'strict') }}."},
        "n": {"type": "variable", "kind": "integer", "low": 1, "high": 9, "value": 2},
        "j": {"type": "join"}, "out": {"type": "output", "name": "said"},
    },
    "edges": ["t.text -> j.items", "n.value -> j.items", "j.text -> out.value"],
}  # fmt: skip


@pytest.fixture
def say(tmp_path: Path, inside: Inside) -> Path:
    path = tmp_path / "say.json"
    path.write_text(json.dumps(SAY))
    inside("templates", "save", path, "--tag", "fun", "--tag", "short")
    return path


def test_own_ones_are_kept_listed_and_deleted(inside: Inside, say: Path) -> None:
    kept = data_folder() / "templates" / "say_it.json"
    assert kept.exists()
    row = next(line for line in inside("templates", "list").out.splitlines() if line.startswith("say_it"))
    assert "yours" in row and "Says something." in row and "#fun #short" in row and "Twice" not in row
    assert [each["name"] for each in inside("templates", "list", "--own", "--json").json["templates"]] == ["say_it"]
    assert (
        inside("templates", "list", "TWICE", "fun").out.startswith("say_it")
        and not inside("templates", "list", "zzz").out
    )
    assert 'a template "say_it" already' in inside("templates", "save", say, code=2).err
    inside("templates", "save", say, "--force", "--about", "Other.")
    assert inside("templates", "show", "say_it", "--json").json["about"] == "Other."
    assert inside("templates", "show", "say_it", "--json").json["tags"] == []
    inside("templates", "rm", "say_it")
    assert not kept.exists() and "no template" in inside("templates", "rm", "say_it", code=2).err
    assert "belongs to graphide" in inside("templates", "rm", "hello", code=2).err


def test_what_there_is_to_fill_in_is_shown(inside: Inside, say: Path) -> None:
    shown = inside("templates", "show", "say_it").out
    assert "Say it  (say_it, yours)" in shown and "fun, short" in shown and "kind | strict" in shown and "said" in shown
    body = inside("templates", "show", "say_it", "--json").json
    assert body["inputs"]["tone"] == {"enum": ["kind", "strict"]} and body["required"] == ["what"] and body["own"]
    assert body["inputs"]["n"]["maximum"] == 9 and body["outputs"] == ["said"]


def test_a_prompt_is_built_without_a_model(inside: Inside, say: Path, tmp_path: Path) -> None:
    assert inside("templates", "build", "say_it", "-i", "what=bees", "-i", "n=3").out == "Say bees, kind.\n\n3\n"
    built = inside("templates", "build", "say_it", "-i", "what=bees", "-i", "n=3", "--format", "json").json
    assert built["prompts"] == {} and "Say bees, kind." in built["results"]["said"] and "3" in built["results"]["said"]
    assert 'the input "what" has no value' in inside("templates", "build", "say_it", code=2).err
    assert (
        "needs a whole number from 1 to 9"
        in inside("templates", "build", "say_it", "-i", "what=x", "-i", "n=12", code=2).err
    )
    out = tmp_path / "prompt.txt"
    inside("templates", "build", "say_it", "-i", "what=bees", "-i", "tone=strict", "-o", out)
    assert "Say bees, strict." in out.read_text()


def test_prompts_of_models_are_messages_and_one_alone_is_its_text(inside: Inside) -> None:
    hello = inside("templates", "build", "hello", "-i", "topic=bees")
    assert hello.out == "system: You are a patient teacher for students.\n\nuser: Explain bees in two sentences.\n"
    body = inside("templates", "build", "hello", "-i", "topic=bees", "--format", "json").json
    assert body["prompts"]["answer"]["messages"][1] == {"role": "user", "content": "Explain bees in two sentences."}
    assert body["prompts"]["answer"]["max_tokens"] == 200 and body["waiting"] == []
    assert inside("templates", "build", "extract_json").out.startswith("Ann Lee")
    later = inside("templates", "build", "translate_verify", "--format", "json")
    assert later.json["waiting"] == ["translate_back"] and 'the prompt of "translate_back" depends' in later.err
    both = inside("templates", "build", "compare_prompts").out
    assert "== first ==" in both and "== second ==" in both


def test_own_ones_are_begun_with_and_run_by_their_id(
    inside: Inside, say: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    inside("new", "say_it", "mine.json")
    assert json.loads((tmp_path / "mine.json").read_text())["title"] == "Say it"
    assert "say_it" in inside("new", "--list").out
    assert "Say bees" in inside("run", "say_it", "--set", "t.what=bees", "-m", "echo").out


def test_a_file_that_is_no_graph_is_left_out_with_a_warning(inside: Inside, say: Path) -> None:
    (data_folder() / "templates" / "broken.json").write_text("{")
    ended = inside("templates", "list")
    assert "say_it" in ended.out and "broken.json is left out" in ended.err
    inside("templates", "rm", "broken")
    assert not inside("templates", "list").err
