"""`graphide chat` as a person uses it: in a terminal, with keys."""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path

import pytest
from cli.chatting import chat_graph, kept, the_chats
from cli.command import Command

if sys.platform == "win32":
    pytest.skip("pseudo-terminals as POSIX has them", allow_module_level=True)

from cli.terminal import CTRL_C, CTRL_D, ENTER, NEW_LINE, READY, terminal


def test_a_message_is_answered_and_the_chat_can_be_found_again(graphide_: Command) -> None:
    with terminal(graphide_, "chat", "echo") as term:
        assert "\nhello there\n" in term.say("hello there")
        term.press(CTRL_D)
        assert term.end() == 0
        assert "graphide chat --resume" in term.text
    with the_chats(graphide_) as chats:
        own = chats.listed()[0].id
    assert f"--resume {own[:8]}" in term.text
    with terminal(graphide_, "chat", "--resume", own[:8]) as term:
        assert "hello there" in term.text
        term.say("/quit", "kept")
        assert term.end() == 0


def test_a_message_can_have_several_lines(graphide_: Command) -> None:
    with terminal(graphide_, "chat", "echo") as term:
        term.say("one" + NEW_LINE + "two")
        term.press('"""' + ENTER + "three" + ENTER)
        term.say("four" + '"""')
        term.press("\x1b[200~five\nsix\x1b[201~")  # what a terminal sends when something is pasted
        term.say("")
    assert kept(graphide_)[0][::2] == ["one\ntwo", "three\nfour", "five\nsix"]


@pytest.mark.usefixtures("plugin")
def test_ctrl_c_stops_the_answer_and_not_the_chat(graphide_: Command) -> None:
    chat_graph(graphide_, "slow.json", pieces=2000, pause=0.02)
    with terminal(graphide_, "chat", "slow.json") as term:
        term.say("go", "piece 3")
        assert b"Ctrl-C stops" in term.raw and "Ctrl-C stops" not in term.text
        term.press(CTRL_C)
        assert "stopped" in term.see(READY)
        term.press("half a line" + CTRL_C)
        term.see(READY)
        term.say("/set answer.pieces 2")
        assert "piece 0 piece 1 " in term.say("again")
    ((_, stopped, _, whole),) = kept(graphide_)
    assert stopped.startswith("piece 0 piece 1 piece 2 ") and len(stopped) < 10_000 and whole == "piece 0 piece 1 "


@pytest.mark.usefixtures("plugin")
def test_keys_pressed_while_an_answer_comes_do_not_stand_in_it(graphide_: Command) -> None:
    chat_graph(graphide_, "slow.json", pieces=60, pause=0.02)
    with terminal(graphide_, "chat", "slow.json") as term:
        term.say("go", "piece 3")
        term.press("ahead")
        assert "ahead" not in term.see("piece 59")
        term.see(READY)


def test_errors_do_not_end_the_chat(graphide_: Command) -> None:
    with terminal(graphide_, "chat", "no-such-model") as term:
        assert "is not in the library" in term.text and "/model NAME" in term.text
        assert "no command /hlep. Did you mean /help?" in term.say("/hlep")
        assert "is not in the library" in term.say("Hello")
        assert "from now on" in term.say("/model echo")
        assert "\nHello\n" in term.say("Hello")
        assert "top_k" in term.say("/set top_k x")


def test_a_message_is_edited_with_what_was_said_in_the_line(graphide_: Command) -> None:
    with terminal(graphide_, "chat", "echo") as term:
        term.say("one")
        term.say("/edit")
        term.say(" more")
        assert "1   2 turns" in term.say("/branches")
    assert kept(graphide_) == [["one more", "one more"]]


def test_the_arrow_brings_back_what_was_typed_but_for_secrets(graphide_: Command) -> None:
    with terminal(graphide_, "chat", "echo") as term:
        term.say("remember me")
        term.say("my password is hunter2")
    typed = Path(graphide_.env["GRAPHIDE_HOME"]) / "data" / "typed.jsonl"
    assert [json.loads(line) for line in typed.read_text("utf-8").splitlines()] == ["remember me"]
    assert typed.stat().st_mode & 0o077 == 0
    with terminal(graphide_, "chat", "echo") as term:
        term.press("\x1b[A")
        term.see("remember me")
        assert "\nremember me\n" in term.say("")


def test_nothing_that_is_typed_is_remembered_of_a_chat_that_is_not_kept(graphide_: Command) -> None:
    with terminal(graphide_, "chat", "echo", "--no-keep") as term:
        term.say("unspoken")
        term.see("not kept")
    home = Path(graphide_.env["GRAPHIDE_HOME"])
    assert not any(b"unspoken" in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_other_chats_are_listed_searched_and_opened(graphide_: Command) -> None:
    graphide_("chat", "echo", "-m", "about volcanoes")
    graphide_("chat", "echo", "-m", "about tides")
    with terminal(graphide_, "chat", "echo") as term:
        listed = term.say("/chats")
        assert "about tides" in listed and "about volcanoes" in listed
        assert "volcanoes" in term.say("/search volc")
        assert "about volcanoes · with echo" in term.say("/open 1")
        term.say("and more")
    assert kept(graphide_)[0] == ["about volcanoes", "about volcanoes", "and more", "and more"]


def test_sigterm_ends_the_chat_in_good_order(graphide_: Command) -> None:
    with terminal(graphide_, "chat", "echo") as term:
        term.say("one")
        term.process.send_signal(signal.SIGTERM)
        assert term.end() == 0
        assert "graphide chat --resume" in term.text


@pytest.mark.usefixtures("plugin")
def test_what_was_said_is_there_after_the_terminal_was_killed(graphide_: Command) -> None:
    chat_graph(graphide_, "slow.json", pieces=2000, pause=0.02)
    with terminal(graphide_, "chat", "slow.json") as term:
        term.say("before the end", "piece 150 ")
        term.kill()
    ((question, answer),) = kept(graphide_)
    assert question == "before the end" and answer.startswith("piece 0 piece 1 ")


@pytest.mark.real_model
def test_the_small_model_answers_with_its_figures_below(graphide_: Command, model_path: Path) -> None:
    with terminal(graphide_, "chat", str(model_path), "--max-tokens", "12", "-t", "0") as term:
        said = term.say("Hello")
        assert re.search(r"\d tokens · \d+\.\d s · .* tokens/s · context \d+ of \d", said)
