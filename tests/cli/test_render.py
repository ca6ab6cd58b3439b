"""How values, tables and errors look, and what a run comes to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graphide.cli.render import (
    answer_lines,
    error_text,
    field_kind,
    for_terminal,
    table,
    usage_line,
    value_text,
)
from graphide.cli.report import Answer, Report, dumps, promised, refusal_json, the_model
from graphide.errors import GraphideError, InvalidGraph
from graphide.executor.events import Mode, NodeFailed, RunFinished, RunStarted, Status
from graphide.graph.problems import problem
from graphide.spec.fields import Choice, Number, Toggle
from graphide.values import Message, Usage


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is\n", "as it is\n"),
        (3, "3"),
        (0.5, "0.5"),
        (True, "true"),
        (None, "null"),
        ([1, "ä"], '[\n  1,\n  "ä"\n]'),
        (Message("user", "hi"), "hi"),
        ((Message("user", "hi"), Message("assistant", "ho")), "user: hi\n\nassistant: ho"),
        (2**80, str(2**80)),
    ],
)
def test_values_look_like_themselves(value: Any, text: str) -> None:
    assert value_text(value) == text


def test_a_table_is_aligned_and_safe() -> None:
    assert table([("a", "b", "c"), ("long", "\x1b[0m", "")], head=("x", "y", "z")) == (
        "x     y          z\na     b          c\nlong  \\u001b[0m\n"
    )
    assert table([]) == ""


def test_numbers_for_people() -> None:
    usage = {"completion_tokens": 1200, "tokens_per_second": 21.33, "time_to_first_token": 0.314}
    assert usage_line(usage, 60.04) == "1,200 tokens, 21.3 tokens/s, first after 0.31 s, 60.0 s\n"
    assert usage_line({}, 1.0) == "1.0 s\n"
    read = {"prompt_tokens": 1262, "cached_tokens": 1240, "completion_tokens": 9}
    assert (
        usage_line(read, 1.0, "reproducible") == "prompt 1,262 tokens (1,240 cached), 9 tokens, 1.0 s, reproducible\n"
    )
    assert usage_line({**read, "cached_tokens": 0}, 1.0) == "prompt 1,262 tokens, 9 tokens, 1.0 s\n"


def test_several_answers_have_a_line_each() -> None:
    usage = Usage(prompt_tokens=262, cached_tokens=240, completion_tokens=9, tokens_per_second=61.24)
    answers = [Answer("a\x1b", usage, False), Answer("m/0/b", Usage(prompt_tokens=5, completion_tokens=1), True)]
    assert answer_lines(answers) == (
        "a\\u001b: prompt 262 tokens (240 cached), 9 tokens, 61.2 tokens/s\n"
        "m/0/b: prompt 5 tokens, 1 token, from the cache\n"
    )
    assert answer_lines(answers[:1]) == answer_lines(answers * 5) == answer_lines([]) == ""


@pytest.mark.parametrize(
    ("mode", "seed", "usage", "word"),
    [
        ("reproducible", None, {"reproducible": True}, "reproducible"),
        ("reproducible", None, {"reproducible": False}, "not reproducible"),
        ("batched", 3, {"reproducible": False}, "not reproducible"),
        ("batched", None, {"reproducible": False}, ""),
        ("batched", 3, {"reproducible": True}, ""),
        ("reproducible", 3, {}, ""),
    ],
)
def test_whether_a_run_can_be_had_again_is_said_to_who_asked(
    mode: Mode, seed: int | None, usage: dict[str, Any], word: str
) -> None:
    report = Report()
    report.see(RunStarted("r", "", 1, mode))
    report.see(RunFinished("ok", {}, 0.0, usage))
    assert promised(report, seed) == word


def test_a_field_says_what_it_admits() -> None:
    fields = (
        Number(low=1, high=32768, integer=True),
        Number(low=0.5),
        Number(high=2),
        Toggle(),
        Choice(choices=("a", "b")),
    )
    assert [field_kind(field) for field in fields] == [
        "integer 1 to 32,768", "number from 0.5", "number to 2", "toggle", "a | b",
    ]  # fmt: skip


def test_terminals_get_no_control_characters() -> None:
    assert for_terminal("a\tb\r\n\x1b]0;x\x07\x9b1m🌋") == "a\tb\n\\x1b]0;x\\x07\\x9b1m🌋"
    assert dumps("\x1b\x9b\u2028") == '"\\u001b\\u009b\u2028"' and json.loads(dumps("\x9b")) == "\x9b"


def test_an_error_says_what_where_and_what_to_do() -> None:
    assert error_text(GraphideError("broke", where='node "a"', hint="Mend it")) == 'error: node "a": broke. Mend it\n'
    cycle = problem("cycle", "a waits for itself", node="a", hint="Remove the edge")
    invalid = InvalidGraph("g.json cannot run", problems=[cycle])
    assert error_text(invalid) == "error: g.json cannot run\n  a waits for itself. Remove the edge [cycle]\n"
    assert refusal_json(invalid)["error"]["problems"] == [
        {
            "code": "cycle", "severity": "error", "message": "a waits for itself", "hint": "Remove the edge", "node": "a",
            "port": "", "edge": "",
        }
    ]  # fmt: skip


def ended(status: Status, *codes: int) -> int:
    report = Report()
    report.see(RunStarted("r", "", 1))
    for number, code in enumerate(codes):
        report.see(NodeFailed(f"n{number}", "model", "broke", "", "", {}, "", code))
    report.see(RunFinished(status, {}, 0.0))
    return report.exit_code()


def test_exit_codes() -> None:
    assert [ended("ok"), ended("ok", 1), ended("partial", 1), ended("cancelled"), ended("failed", 1)] == [
        0,
        0,
        5,
        130,
        1,
    ]
    assert [ended("failed", 4), ended("failed", 4, 4), ended("failed", 4, 1), ended("failed")] == [4, 4, 1, 1]
    assert Report().exit_code() == 1


def test_the_model_is_named_where_there_is_one() -> None:
    a, b = {"file": "a", "sha256": "1"}, {"file": "b", "sha256": "2"}
    assert [the_model({}), the_model({"x": a, "y": a}), the_model({"x": a, "y": b})] == [None, a, None]
