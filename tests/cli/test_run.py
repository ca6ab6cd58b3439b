"""`graphide run` when all goes well: inputs, streams, formats, targets, files, plans."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli.command import Command, Inside, chain

ANSWER = "Explain tides in two sentences."
Echo = Callable[..., Path]


def test_a_graph_prints_its_text(graphide_: Command, hello: Path) -> None:
    ended = graphide_("run", "hello.json", "-i", "topic=tides", "--model", "echo")
    assert (ended.out, ended.err) == (f"{ANSWER}\n", "")


def test_json_is_one_object_with_all_there_is_to_know(graphide_: Command, hello: Path) -> None:
    ended = graphide_("run", hello, "-i", "topic=tides", "-m", "echo", "--seed", "1", "--format", "json")
    body = ended.json
    assert len(ended.out.splitlines()) == 1
    assert (body["schema"], body["status"], body["seed"], body["failures"], body["partial"]) == (1, "ok", 1, [], {})
    assert body["outputs"] == {"answer": ANSWER}
    assert {"prompt_tokens", "completion_tokens", "cached_tokens", "tokens_per_second", "time_to_first_token"} <= set(
        body["usage"]
    )
    assert body["model"]["file"] == "echo" and "sha256" in body["model"]
    assert list(body["models"]) == ["default"]


def test_json_lines_name_each_output(graphide_: Command) -> None:
    nodes = {
        "a": {"type": "variable", "value": "x"},
        "one": {"type": "output", "name": "first"},
        "two": {"type": "output", "name": "second"},
    }
    graphide_.graph("two.json", nodes, ["a.value -> one.value", "a.value -> two.value"])
    assert graphide_("run", "two.json", "--format", "jsonl").lines == [
        {"name": "first", "value": "x"},
        {"name": "second", "value": "x"},
    ]
    assert graphide_("run", "two.json").out == "first:\nx\n\nsecond:\nx\n"


def test_events_are_lines_of_json_and_nothing_else(graphide_: Command, hello: Path) -> None:
    events = graphide_("run", hello, "-m", "echo", "--events").lines
    assert [events[0]["event"], events[1]["event"], events[-1]["event"]] == ["run_started", "plan", "run_finished"]
    assert all(event["schema"] == 1 for event in events)
    chunks = [event["text"] for event in events if event["event"] == "node_chunk"]
    assert "".join(chunks) == events[-1]["outputs"]["answer"]


def test_events_and_a_format_exclude_each_other(graphide_: Command, hello: Path) -> None:
    assert "exclude each other" in graphide_("run", hello, "--events", "--format", "json", code=2).err


@pytest.mark.parametrize("value", ["a=b", "", "line\nline", "  spaces  ", "emoji 🌋", "=", ":=1", "%s {{ x }}"])
def test_an_input_reaches_the_output_exactly(inside: Inside, echo: Echo, value: str) -> None:
    assert inside("run", echo(), "-i", f"value={value}", "--format", "json").json["outputs"] == {"result": value}


def test_a_file_reaches_the_output_exactly(graphide_: Command, echo: Echo) -> None:
    (graphide_.folder / "essay").write_bytes(b"two lines\r\nno newline at the end")
    ended = graphide_("run", echo(), "-i", "value=@essay", "--out", "result=copy")
    assert (ended.out, (graphide_.folder / "copy").read_bytes()) == ("", b"two lines\r\nno newline at the end")


def test_rows_come_as_json(graphide_: Command, echo: Echo) -> None:
    graph = echo(kind="list")
    assert graphide_("run", graph, "-i", "value:=[1, 2]").out == "[\n  1,\n  2\n]\n"
    assert graphide_("run", graph, "-i", "-", stdin='{"value": [3]}', code=0).out == "[\n  3\n]\n"


def test_a_file_input_is_a_path_from_where_the_caller_is(graphide_: Command, echo: Echo, tmp_path: Path) -> None:
    graph = echo(kind="file")
    (tmp_path / "elsewhere.txt").write_text("outside", encoding="utf-8")
    (graphide_.folder / "beside.txt").write_text("beside", encoding="utf-8")
    assert graphide_("run", graph, "-i", f"value={tmp_path / 'elsewhere.txt'}").out == "outside\n"
    assert graphide_("run", graph, "-i", "value=../elsewhere.txt").out == "outside\n"
    elsewhere = Command(tmp_path, graphide_.env)
    assert elsewhere("run", graph, "-i", "value=beside.txt").out == "beside\n"


def test_the_graph_may_come_from_standard_input(graphide_: Command, hello: Path) -> None:
    assert graphide_("run", "-", "-m", "echo", "-i", "topic=tides", stdin=hello.read_bytes()).out == f"{ANSWER}\n"
    assert "both" in graphide_("run", "-", "-i", "-", stdin=b"{}", code=2).err


def test_settings_change_for_one_run(graphide_: Command, hello: Path) -> None:
    before = hello.read_bytes()
    ended = graphide_("run", hello, "-m", "echo", "--set", "answer.max_tokens=1")
    assert (ended.out, hello.read_bytes()) == ("Explain \n", before)
    (graphide_.folder / "prompt").write_text("Only this: {{ topic }}", encoding="utf-8")
    assert graphide_("run", hello, "-m", "echo", "--set", "task.text=@prompt").out == "Only this: volcanoes\n"


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("answer.max_tokens=x", 'setting "answer.max_tokens": needs a whole number'),
        ("answer.nothing=1", 'setting "answer.nothing": does not exist'),
        ("nobody.text=1", 'there is no node "nobody"'),
        ("answer=1", "does not name a setting"),
    ],
)
def test_settings_that_do_not_fit_are_refused(inside: Inside, hello: Path, setting: str, sentence: str) -> None:
    assert sentence in inside("run", hello, "--set", setting, code=2).err


def test_a_run_to_a_node_runs_its_ancestors_only(graphide_: Command) -> None:
    nodes = {
        "a": {"type": "variable", "value": "x"},
        "b": {"type": "template", "text": "b: {{ a }}"},
        "c": {"type": "template", "text": "c: {{ a }}"},
        "out": {"type": "output"},
    }
    graphide_.graph("fork.json", nodes, ["a.value -> b.a", "a.value -> c.a", "c.text -> out.value"])
    events = graphide_("run", "fork.json", "--to", "b", "--events").lines
    assert events[1]["steps"] == ["a", "b"]
    assert graphide_("run", "fork.json", "--to", "b").out == "b: x\n"
    assert graphide_("run", "fork.json", "--to", "b", "--to", "c").out == "b:\nb: x\n\nc:\nc: x\n"
    assert 'Did you mean "b"' in graphide_("run", "fork.json", "--to", "bb", code=2).err


def test_inputs_that_a_target_does_not_need_may_be_missing(graphide_: Command) -> None:
    nodes = {
        "a": {"type": "variable", "value": "x"},
        "b": {"type": "variable"},
        "c": {"type": "variable"},
        "both": {"type": "template", "text": "{{ b }} {{ c }}"},
        "one": {"type": "template", "text": "{{ a }}"},
        "out": {"type": "output"},
    }
    edges = ["a.value -> one.a", "b.value -> both.b", "c.value -> both.c", "both.text -> out.value"]
    graphide_.graph("needs.json", nodes, edges)
    ended = graphide_("run", "needs.json", code=2)
    assert ended.err == 'error: the inputs "b", "c" have no value. Give it with -i b=… -i c=…\n'
    assert graphide_("run", "needs.json", "--to", "one").out == "x\n"


@pytest.mark.usefixtures("plugin")
def test_what_is_streamed_is_the_output(graphide_: Command) -> None:
    graphide_.graph("slow.json", *chain("slow"))
    assert graphide_("run", "slow.json").out == "piece 0 piece 1 piece 2 \n"
    graphide_.graph("odd.json", *chain("odd"))
    assert graphide_("run", "odd.json").out == "begun and ended\n"


@pytest.mark.usefixtures("plugin")
def test_text_that_is_worked_on_afterwards_is_not_streamed(graphide_: Command) -> None:
    nodes, _ = chain("slow")
    nodes["trim"] = {"type": "template", "text": "[{{ text }}]"}
    graphide_.graph("later.json", nodes, ["slow.text -> trim.text", "trim.text -> out.value"])
    assert graphide_("run", "later.json").out == "[piece 0 piece 1 piece 2 ]\n"


@pytest.mark.usefixtures("plugin")
def test_tokens_arrive_while_the_node_is_at_work(graphide_: Command) -> None:
    graphide_.graph("slow.json", *chain("slow", slow={"pieces": 2000, "pause": 0.05}))
    process = graphide_.start("run", "slow.json")
    assert process.stdout is not None
    assert process.stdout.read(len("piece 0 piece 1 ")) == b"piece 0 piece 1 "
    process.kill()
    process.communicate()


def test_a_second_run_with_a_seed_comes_from_the_cache(graphide_: Command, hello: Path) -> None:
    first = graphide_("run", hello, "-m", "echo", "--seed", "1", "--format", "json").json
    second = graphide_("run", hello, "-m", "echo", "--seed", "1", "--format", "json").json
    fresh = graphide_("run", hello, "-m", "echo", "--seed", "1", "--format", "json", "--no-cache").json
    counts = [body["usage"]["answers_from_cache"] for body in (first, second, fresh)]
    assert counts == [0, 1, 0]
    assert graphide_("run", hello, "-m", "echo", "--seed", "1").out == "Explain volcanoes in two sentences.\n"


def test_a_dry_run_says_what_would_run(graphide_: Command, hello: Path) -> None:
    text = graphide_("run", hello, "-m", "echo", "--seed", "1", "--dry-run").out
    assert [line.split() for line in text.splitlines() if line.startswith("answer")] == [
        ["answer", "model", "runs", "with", "echo"]
    ]
    graphide_("run", hello, "-m", "echo", "--seed", "1")
    body = graphide_("run", hello, "-m", "echo", "--seed", "1", "--dry-run", "--format", "json").json
    assert body["results"] == ["answer"]
    assert body["steps"][-2] == {
        "id": "answer", "type": "model", "cached": True, "model": "echo", "problem": "", "tokens": None, "shares": None,
    }  # fmt: skip


@pytest.fixture
def pair(graphide_: Command) -> Path:
    """Two model nodes whose prompts begin alike, into one output."""
    nodes = {
        "persona": {"type": "system", "text": "You are a guide who knows every river of the world by its name."},
        "first": {"type": "template", "text": "Name a long river."},
        "second": {"type": "template", "text": "Name a short river."},
        "reply_1": {"type": "model", "max_tokens": 4},
        "reply_2": {"type": "model", "max_tokens": 4},
        "both": {"type": "join"},
        "out": {"type": "output"},
    }
    edges = ["persona.text -> reply_1.system", "persona.text -> reply_2.system", "first.text -> reply_1.prompt"]
    edges += ["second.text -> reply_2.prompt", "reply_1.text -> both.items", "reply_2.text -> both.items"]
    return graphide_.graph("pair.json", nodes, [*edges, "both.text -> out.value"])


def test_a_dry_run_says_which_prompts_begin_alike(inside: Inside, pair: Path) -> None:
    text = inside("run", pair, "-m", "echo", "--dry-run").out
    (line,) = [line for line in text.splitlines() if line.startswith("reply_2")]
    assert line.endswith("runs  with echo, 16 shared with reply_1")
    steps = {
        step["id"]: step for step in inside("run", pair, "-m", "echo", "--dry-run", "--format", "json").json["steps"]
    }
    assert (steps["reply_1"]["shares"], steps["reply_2"]["shares"]) == (None, {"step": "reply_1", "tokens": 16})


@pytest.mark.real_model
def test_a_dry_run_counts_the_tokens_that_prompts_share(inside: Inside, pair: Path) -> None:
    lines = inside("run", pair, "--dry-run").out.splitlines()
    (line,) = [line for line in lines if line.startswith("reply_2")]
    assert re.search(
        r"  prompt \d\d of 4,096 tokens, \d\d shared with reply_1 \(message 1: \d\d, message 2: \d\); with SmolLM2",
        line,
    )


def test_the_record_says_how_answers_were_computed(inside: Inside, pair: Path) -> None:
    def record(*options: str) -> tuple[Any, list[Any]]:
        asked = ("run", pair, "-m", "echo", "--seed", "3", *options)
        return inside(*asked, "--format", "json").json, inside(*asked, "--events").lines

    for mode, options in (("batched", ()), ("reproducible", ("--reproducible",))):
        body, events = record(*options)
        assert (body["mode"], events[0]["mode"], events[0]["seed"]) == (mode, mode, 3)
        assert body["usage"]["reproducible"] is events[-1]["usage"]["reproducible"] is True  # the echo always is
        assert [(answer["node"], answer["seed"], answer["reproducible"]) for answer in body["answers"]] == [
            ("reply_1", 3, True),
            ("reply_2", 3, True),
        ]
        assert {"samplers", "cached_tokens", "cached"} <= set(body["answers"][0])
        usages = [event["values"]["usage"] for event in events if "usage" in event.get("values", {})]
        assert [usage["reproducible"] for usage in usages] == [True, True]


@pytest.mark.real_model
def test_a_reproducible_run_gives_the_same_bytes_and_records_what_they_hang_on(inside: Inside, pair: Path) -> None:
    asked = ("run", pair, "--seed", "3", "--format", "json", "--no-cache")
    first, again = (inside(*asked, "--reproducible").json for _ in range(2))
    batched = inside(*asked).json
    assert first["outputs"] == again["outputs"]
    assert (first["mode"], first["model"]["mode"], first["usage"]["reproducible"]) == (
        "reproducible",
        "reproducible",
        True,
    )
    assert len(first["model"]["sha256"]) == 64 and "llama-cpp-python" in first["model"]["engine"]
    samplers = ["top_k", "top_p", "min_p", "temperature", "dist"]
    assert [(answer["seed"], answer["samplers"]) for answer in first["answers"]] == [(3, samplers)] * 2
    assert (batched["mode"], batched["usage"]["reproducible"]) == ("batched", False)


@pytest.mark.real_model
def test_a_reproducible_run_takes_no_answer_that_a_batch_has_left_in_the_cache(inside: Inside, pair: Path) -> None:
    modes = [(), ("--reproducible",), (), ("--reproducible",)]
    cached = [inside("run", pair, "--seed", "3", "--format", "json", *mode).json["usage"] for mode in modes]
    assert [usage["answers_from_cache"] for usage in cached] == [0, 0, 2, 2]
    assert [usage["reproducible"] for usage in cached] == [False, True, False, True]


@pytest.mark.real_model
def test_a_dry_run_counts_the_tokens_of_a_prompt(graphide_: Command) -> None:
    (line,) = [line for line in graphide_("run", "hello", "--dry-run").out.splitlines() if line.startswith("answer")]
    assert "  prompt 28 of 4,096 tokens (message 1: 8, message 2: 6); with SmolLM2" in line


def test_outputs_go_to_files_whole(graphide_: Command, hello: Path) -> None:
    body = graphide_("run", hello, "-m", "echo", "--out", "answer=a.txt", "--format", "json").json
    assert (body["outputs"], body["files"]) == ({}, {"answer": "a.txt"})
    assert (graphide_.folder / "a.txt").read_text() == "Explain volcanoes in two sentences."
    assert sorted(path.name for path in graphide_.folder.iterdir()) == ["a.txt", "hello.json"]


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("answr=a.txt", 'the graph has no output "answr". Did you mean "answer"?'),
        ("answer=no/a.txt", 'there is no folder "no"'),
        ("answer=.", "is a folder"),
        ("answer", "names no output and file"),
    ],
)
def test_files_that_cannot_be_written_are_refused_before_the_run(
    inside: Inside, hello: Path, out: str, sentence: str
) -> None:
    ended = inside("run", hello, "-m", "echo", "--out", out, code=2)
    assert sentence in ended.err and ended.out == ""


def test_help_lists_the_inputs_of_the_graph(graphide_: Command, hello: Path) -> None:
    text = graphide_("run", "hello.json", "--help").out
    assert "--dry-run" in text
    assert "Inputs of hello.json:\n" in text
    assert '  audience  children | experts  default: "experts"\n' in text
    assert "What to explain" in text
    assert text.endswith("Outputs:\n  answer\n")
    assert "Inputs of" not in graphide_("run", "--help").out


def test_help_works_when_the_graph_is_broken(inside: Inside, graphide_: Command) -> None:
    (graphide_.folder / "broken.json").write_text("{", encoding="utf-8")
    ended = inside("run", "broken.json", "--help", code=3)
    assert "--dry-run" in ended.out and "The inputs of broken.json cannot be told." in ended.out
    assert ended.err.startswith("error: broken.json, line 1")


@pytest.mark.usefixtures("plugin")
def test_values_that_are_no_text_are_printed_as_json(graphide_: Command) -> None:
    nodes = {"number": {"type": "number"}, "out": {"type": "output"}}
    graph = graphide_.graph("number.json", nodes, ["number.value -> out.value"])
    if "unknown-output" in graphide_("validate", graph, code=None).out:
        graphide_.graph("number.json", nodes, ["number.number -> out.value"])
    assert graphide_("run", "number.json").out in ("42\n", "42.0\n")


def test_long_numbers_and_odd_characters_survive(graphide_: Command, echo: Echo) -> None:
    body = graphide_(
        "run", echo(kind="json"), "-i", 'value:={"a": "\\u0000\\u2028", "b": 1e300}', "--format", "json"
    ).json
    assert body["outputs"]["result"] == {"a": "\x00\u2028", "b": 1e300}


def test_output_is_utf8_whatever_the_locale(graphide_: Command, echo: Echo) -> None:
    ended = graphide_("run", echo(value="grün 🌋"), LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert ended.out == "grün 🌋\n"


def test_a_starter_template_runs_by_its_name(graphide_: Command) -> None:
    names = [item["name"] for item in json.loads(graphide_("new", "--list", "--format", "json").out)]
    assert "empty" in names
