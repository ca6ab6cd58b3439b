"""How an answer looks: the line below the text comes and goes and leaves nothing, and what was typed is remembered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphide.chatting.answers import AnswerSoFar, Doing, Piece, Wrote
from graphide.chatting.partners import ModelChoices, with_model
from graphide.chatting.talk import Gauge, Talk
from graphide.cli.chat_lines import is_open, unquoted
from graphide.cli.chat_screen import Plain, Terminal, figures
from graphide.cli.chat_typed import MOST, TypedBefore, looks_secret
from graphide.spec.registry import Registry
from graphide.store.turns import Answer
from graphide.workspace import Workspace

STATUS = re.compile(r"\x1bD\x1b\[A\x1b7\x1b\[B\r(.*?)\x1b\[K\x1b8")
WIPED = "\x1b7\x1b[B\r\x1b[2K\x1b8"


@pytest.fixture
def talk(registry: Registry) -> Iterator[Talk]:
    with Workspace(registry=registry) as workspace:
        yield Talk(workspace, with_model(workspace, ModelChoices(model="echo")))


def drawn(talk: Talk, pieces: list[Piece], width: int = 40) -> str:
    """Return what a terminal gets for some pieces, half a second apart."""
    written: list[str] = []
    now = iter(range(1000))
    screen = Terminal(talk, width=lambda: width, clock=lambda: next(now) / 2, write=written.append)
    talk.so_far = AnswerSoFar(talk.partner.form, clock=lambda: 0.0)
    for piece in pieces:
        if isinstance(piece, Wrote):
            talk.so_far.pieces += 1
        screen.see(piece)
    screen.end()
    return "".join(written)


def test_the_text_is_whole_and_every_line_below_it_is_wiped(talk: Talk) -> None:
    out = drawn(talk, [Doing("loading model", 0.4), Wrote("One\nt"), Wrote("wo\n"), Wrote("three")])
    assert STATUS.sub("", out).replace(WIPED, "") == "One\ntwo\nthree\n"
    assert len(STATUS.findall(out)) == out.count(WIPED) == 4
    lines = [re.sub(r"\x1b\[\d*m", "", line) for line in STATUS.findall(out)]
    assert lines == ["loading model 40 %", *(f"{count} tokens · Ctrl-C stops" for count in (1, 2, 3))]


def test_the_line_is_cut_to_the_width_and_left_out_where_the_cursor_waits_at_the_end(talk: Talk) -> None:
    out = drawn(
        talk, [Doing("reading a very long prompt"), Wrote("x" * 10), Wrote("y" * 5), Wrote("漢" * 2), Wrote("z")], 10
    )
    shown = [len(re.sub(r"\x1b\[\d*m", "", line)) for line in STATUS.findall(out)]
    assert shown == [9, 9, 9]  # not where the line is full: after the x, and after the z


def test_nothing_that_a_model_writes_makes_a_terminal_do_something(talk: Talk) -> None:
    out = drawn(talk, [Wrote("a\x1b[2Jb\x07")])
    assert "\x1b[2J" not in out and "\x07" not in out


def test_plain_text_ends_with_a_line_end() -> None:
    for pieces, whole in ((["a", "b"], "ab\n"), (["a\n"], "a\n"), ([], "")):
        written: list[str] = []
        screen = Plain(written.append)
        for piece in pieces:
            screen.see(Wrote(piece))
        screen.see(Doing("loading model"))
        screen.end()
        assert "".join(written) == whole


def test_the_figures_of_an_answer_are_one_line() -> None:
    answer = Answer(tokens=1, seconds=1.25, tokens_per_second=30.0, cached_tokens=8, prompt_tokens=12)
    assert (
        figures(answer, Gauge(554, 4096)) == "1 token · 1.2 s · 30.0 tokens/s · 8 of 12 cached · context 554 of 4,096"
    )
    assert figures(Answer(), None) == "0.0 s"


@pytest.mark.parametrize(
    ("text", "open_", "plain"),
    [('"""', True, ""), ('"""a', True, "a"), ('"""a"""', False, "a"), ('"""\na\n b\n"""', False, "a\n b"),
     ("a", False, "a"), ('say """ to me', False, 'say """ to me'), ('""""', True, '"')],
)  # fmt: skip
def test_quotes_stand_around_several_lines(text: str, open_: bool, plain: str) -> None:
    assert is_open(text) == open_
    assert unquoted(text) == plain


@pytest.mark.parametrize(
    ("text", "secret"),
    [("sk-proj-abcdefghijklmnop1234", True), ("use hf_abcdefghijklmnopqrst please", True), ("my password is x", True),
     ("API_KEY=abc", True), ("Authorization: Bearer abcdefghijkl", True), ("-----BEGIN RSA PRIVATE KEY-----", True),
     ("ghp_abcdefghijklmnopqrst", True), ("what is a password?", False), ("tell me a secret", False),
     ("sketch the key ideas", False), ("how do tokens work", False)],
)  # fmt: skip
def test_what_looks_like_a_secret_is_told_from_talk_about_secrets(text: str, secret: bool) -> None:
    assert looks_secret(text) == secret


def test_the_history_keeps_order_and_goes_no_further_than_its_size(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "typed.jsonl"
    history = TypedBefore(path)
    for number in range(2 * MOST + 5):
        history.store_string(f"line {number}\nmore")
    history.store_string("x" * 20_000)
    loaded = list(TypedBefore(path).load_history_strings())
    assert (len(loaded), loaded[0]) == (MOST, f"line {2 * MOST + 4}\nmore")
    assert len(path.read_bytes().splitlines()) == MOST


def test_a_history_that_cannot_be_read_or_written_is_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "typed.jsonl"
    path.write_bytes(b'"good"\n{broken\n5\n\xff\n')
    assert list(TypedBefore(path).load_history_strings()) == ["good"]
    history = TypedBefore(tmp_path)  # a folder
    history.store_string("lost")
    assert list(history.load_history_strings()) == []
