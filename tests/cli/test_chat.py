"""`graphide chat` in pipes: messages in, answers out, what is kept, what goes wrong, and the real small model once."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli.chatting import chat_graph, kept, the_chats
from cli.command import Command, Inside

from graphide.chatting.partners import choices_of
from graphide.paths import templates_folder
from tests.support.openai_server import answers, fails, openai_server

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")


def settings(graphide_: Command, **values: Any) -> None:
    folder = Path(graphide_.env["GRAPHIDE_HOME"]) / "config"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")


def test_every_line_of_a_pipe_is_a_message(graphide_: Command) -> None:
    ended = graphide_("chat", "echo", stdin='one\n\n"""\ntwo\n  three\n"""\n//four\r\nfive')
    assert (ended.out, ended.err) == ("one\ntwo\n  three\n/four\nfive\n", "")
    assert kept(graphide_) == [["one", "one", "two\n  three", "two\n  three", "/four", "/four", "five", "five"]]


def test_one_message_can_be_said_without_a_pipe(inside: Inside, graphide_: Command) -> None:
    assert inside("chat", "echo", "-m", "/help me", "-m", "again").out == "/help me\nagain\n"
    assert kept(graphide_) == [["/help me", "/help me", "again", "again"]]


def test_nothing_is_written_of_a_chat_that_is_not_to_be_kept(graphide_: Command, inside: Inside) -> None:
    inside("chat", "echo", "--no-keep", "-m", "unspoken")
    settings(graphide_, keep_chats=False)
    inside("chat", "echo", "-m", "unspoken")
    assert kept(graphide_) == []
    files = [path for path in Path(graphide_.env["GRAPHIDE_HOME"]).rglob("*") if path.is_file()]
    assert [path for path in files if b"unspoken" in path.read_bytes()] == []


def test_a_chat_goes_on_where_it_ended(inside: Inside, graphide_: Command) -> None:
    inside("chat", "echo", "--system", "Be brief", "--set", "top_k=3", "-m", "one")
    inside("chat", "echo", "-m", "other")
    with the_chats(graphide_) as chats:
        first = chats.listed()[1]
    inside("chat", "--resume", first.id[:10], "-m", "two")
    inside("chat", "--continue", "-m", "three")
    assert kept(graphide_) == [["one", "one", "two", "two", "three", "three"], ["other", "other"]]
    choices = choices_of(first.subject)
    assert (choices.model, choices.system, choices.sampling) == ("echo", "Be brief", {"top_k": 3})


def test_a_chat_goes_on_with_somebody_else(inside: Inside, graphide_: Command) -> None:
    inside("chat", "echo", "-m", "one")
    assert inside("chat", "conversation", "--model", "echo", "-c", "-m", "two").out == "two\n"
    with the_chats(graphide_) as chats:
        (head,) = chats.listed()
    assert head.subject == {"graph": "conversation", "title": "Conversation"}


@pytest.mark.usefixtures("plugin")
def test_a_graph_answers_by_its_file_with_its_settings(graphide_: Command) -> None:
    path = chat_graph(graphide_, "slow.json")
    assert graphide_("chat", "slow.json", "--set", "answer.pieces=2", "-m", "go").out == "piece 0 piece 1 \n"
    with the_chats(graphide_) as chats:
        (head,) = chats.listed()
        made = chats.made_by(head.id, 2)
    assert head.subject == {"graph": str(path), "title": "Slow"}
    assert made is not None and '"pieces": 2' in made.graph


def test_a_template_of_the_users_own_is_talked_with_by_its_name(graphide_: Command, inside: Inside) -> None:
    folder = Path(graphide_.env["GRAPHIDE_HOME"]) / "data" / "templates"
    folder.mkdir(parents=True)
    shutil.copy(templates_folder() / "conversation.json", folder / "mine.json")
    assert inside("chat", "mine", "--model", "echo", "-m", "Hi").out == "Hi\n"
    assert inside("chat", "--continue", "--model", "echo", "-m", "more").out == "more\n"


def test_other_inputs_of_a_graph_are_given_with_their_names(graphide_: Command, inside: Inside) -> None:
    nodes = {
        "message": {"type": "variable", "kind": "longtext", "value": ""},
        "tone": {"type": "variable"},
        "both": {"type": "template", "text": "{{ tone }}: {{ message }}"},
        "reply": {"type": "output", "name": "reply"},
    }
    graphide_.graph(
        "tone.json", nodes, ["message.value -> both.message", "tone.value -> both.tone", "both.text -> reply.value"]
    )
    assert "no other input without a value" in inside("chat", "tone.json", "-m", "Hi", code=2).err
    assert inside("chat", "tone.json", "-i", "tone=calm", "-m", "Hi").out == "calm: Hi\n"
    assert "only graphs have inputs" in inside("chat", "echo", "-i", "tone=calm", "-m", "Hi", code=2).err


def test_files_go_along_with_the_first_message(graphide_: Command, inside: Inside) -> None:
    (graphide_.folder / "notes.txt").write_text("seen", encoding="utf-8")
    assert (
        inside("chat", "echo", "--attach", "notes.txt", "-m", "Hi", "-m", "more").out
        == "notes.txt:\n```\nseen\n```\n\nHi\nmore\n"
    )
    assert "```\nfrom a pipe\n```" in graphide_("chat", "echo", "--attach", "-", "-m", "Hi", stdin="from a pipe").out
    (graphide_.folder / "pixels.png").write_bytes(b"\x89PNG\0")
    assert "pixels.png: is no text" in inside("chat", "echo", "--attach", "pixels.png", "-m", "Hi", code=2).err
    assert "cannot both come" in inside("chat", "echo", "--attach", "-", code=2).err


def test_instructions_come_from_the_presets_of_the_settings(graphide_: Command, inside: Inside) -> None:
    settings(graphide_, system_prompts={"pirate": "Talk like a pirate."})
    inside("chat", "echo", "--system", "@pirate", "-m", "Hi")
    with the_chats(graphide_) as chats:
        assert chats.listed()[0].subject["system"] == "Talk like a pirate."
    assert 'no preset "pirat". Did you mean "pirate"?' in inside("chat", "echo", "-s", "@pirat", "-m", "Hi", code=2).err
    graph = inside("chat", "conversation", "--model", "echo", "-s", "x", "-m", "Hi", code=2)
    assert "instructions of its own" in graph.err


def test_what_is_long_is_fitted_as_the_user_says(graphide_: Command, inside: Inside) -> None:
    settings(graphide_, overflow="middle_out")
    inside("chat", "echo", "-m", "Hi")
    inside("chat", "echo", "--overflow", "stop", "-m", "Hi")
    with the_chats(graphide_) as chats:
        assert [choices_of(head.subject).overflow for head in chats.listed()] == ["stop", "middle_out"]
    assert "drop_oldest" in inside("chat", "echo", "--overflow", "forget", "-m", "Hi", code=2).err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["no-such-model", "-m", "x"], 4, "is not in the library"),
        (["hello", "-m", "x"], 2, 'text input "message"'),
        (["gone.json", "-m", "x"], 3, "there is no such file"),
        (["echo", "-t", "hot", "-m", "x"], 2, 'setting "temperature"'),
        (["echo", "-t", "9", "-m", "x"], 2, "temperature"),
        (["echo", "--set", "heat=1", "-m", "x"], 2, 'no setting "heat"'),
        (["echo", "--resume", "abc", "-m", "x"], 2, 'there is no chat "abc"'),
        (["echo", "--continue", "-m", "x"], 2, "no chat to go on with"),
        (["echo", "-c", "-r", "abc"], 2, "exclude each other"),
        (["echo", "-m", "  "], 2, "the message is empty"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(inside: Inside, arguments: list[str], code: int, says: str) -> None:
    ended = inside("chat", *arguments, code=code)
    assert says in ended.err and ended.out == ""


def test_commands_work_in_a_pipe_and_their_errors_end_nothing(graphide_: Command) -> None:
    script = [
        "one", "/regen", "/edit two", "/branches", "/branches 1", "/back", "three", "/title My chat", "/pin", "/set top_k 3",
        "/set top_k many", "/set seed 7", "/system Be brief", "/save out.md", "/save out.md", "/save all.json", "/nope",
        "/chats", "/search three", "/tokens", "/attach no-such-file", "/model no-such-model", "/new", "four", "/open 1",
        "/quit", "never said",
    ]  # fmt: skip
    ended = graphide_("chat", "echo", stdin="\n".join(script), code=2)
    assert ended.out == "one\none\ntwo\nthree\nfour\n"
    assert kept(graphide_) == [["three", "three"], ["four", "four"]]
    with the_chats(graphide_) as chats:
        head = chats.listed()[0]
        assert (head.title, head.pinned, head.turns) == ("My chat", True, 8 - 1)
        assert choices_of(head.subject).sampling == {"top_k": 3} and choices_of(head.subject).system == "Be brief"
    for said in (
        "1   2 turns  one  one", 'setting "top_k"', "there is no command /nope", "No such file", "is not in the library",
        "pinned: it stays",
    ):  # fmt: skip
        assert said in ended.err
    text = (graphide_.folder / "out.md").read_text("utf-8")
    assert text.startswith("# My chat") and "three" in text and "two" not in text
    assert {turn["text"] for turn in json.loads((graphide_.folder / "all.json").read_text("utf-8"))["turns"]} == {
        "one", "two", "three",
    }  # fmt: skip


def test_a_file_that_another_one_wrote_is_not_replaced(graphide_: Command) -> None:
    (graphide_.folder / "mine.md").write_text("mine", encoding="utf-8")
    assert "is there already" in graphide_("chat", "echo", stdin="one\n/save mine.md\n", code=2).err
    assert (graphide_.folder / "mine.md").read_text("utf-8") == "mine"


def test_a_chat_from_another_program_goes_on_with_the_model_of_now(graphide_: Command) -> None:
    export = [{"graphide_chat": 1, "title": "Old", "subject": {"from": "ChatGPT"}, "turns": [
        {"id": 1, "parent": 0, "role": "user", "text": "before"}], "chosen": {"0": 1}}]  # fmt: skip
    (graphide_.folder / "old.json").write_text(json.dumps(export), encoding="utf-8")
    graphide_("chats", "import", "old.json")
    assert "Choose a model" in graphide_("chat", "--continue", "-m", "x", code=2).err
    assert graphide_("chat", "echo", "--continue", "-m", "now").out == "now\n"
    assert kept(graphide_) == [["now", "now"]]


@pytest.mark.usefixtures("plugin")
def test_an_answer_that_fails_is_said_and_the_next_message_is_answered(graphide_: Command) -> None:
    chat_graph(graphide_, "half.json", "half")
    ended = graphide_("chat", "half.json", stdin="one\ntwo\n", code=1)
    assert ended.out == "the first half\nthe first half\n"
    assert ended.err == 'error: node "answer": broke in the middle. Try a shorter text\n' * 2
    assert kept(graphide_) == [["one", "the first half", "two", "the first half"]]


@POSIX
@pytest.mark.usefixtures("plugin")
def test_an_interrupt_in_a_pipe_keeps_what_there_is_and_ends(graphide_: Command) -> None:
    chat_graph(graphide_, "slow.json", pieces=2000, pause=0.02)
    process = graphide_.start("chat", "slow.json", "-m", "go")
    assert process.stdout is not None and process.stdout.read(8) == b"piece 0 "
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (130, b"stopped\n")
    (said,) = kept(graphide_)
    assert said[1] == ("piece 0 " + out.decode().rstrip("\n")) and len(said[1]) < 1000


@POSIX
@pytest.mark.usefixtures("plugin")
def test_what_was_said_is_there_after_the_process_was_killed(graphide_: Command) -> None:
    chat_graph(graphide_, "slow.json", pieces=2000, pause=0.02)
    process = graphide_.start("chat", "slow.json", "-m", "before the end")
    assert process.stdout is not None
    seen = b""
    while b"piece 150 " not in seen:  # made 3 s after the first one at the earliest; it is saved every 2 s
        seen += process.stdout.read(8)
    process.kill()
    process.communicate()
    ((question, answer),) = kept(graphide_)
    assert question == "before the end"
    assert answer.startswith("piece 0 piece 1 ") and (seen.decode() + answer).startswith(answer)
    with the_chats(graphide_) as chats:
        turn = chats.turns(chats.listed()[0].id)[2]
    assert turn.answer is not None and turn.answer.state == "stopped"


def test_two_processes_chat_at_the_same_time(graphide_: Command) -> None:
    lines = [f"line {number}" for number in range(30)]
    names = ["a", "b", "c"]
    running = [graphide_.start("chat", "echo", stdin=subprocess.PIPE) for _ in names]
    for name, process in zip(names, running, strict=True):
        assert process.stdin is not None
        process.stdin.write("".join(f"{name} {line}\n" for line in lines).encode())
        process.stdin.close()
    for name, process in zip(names, running, strict=True):
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.read().decode().splitlines() == [f"{name} {line}" for line in lines]
        assert process.stderr.read() == b"" and process.wait(30) == 0
        process.stdout.close()
        process.stderr.close()
    said = kept(graphide_)
    assert sorted(chat[0] for chat in said) == ["a line 0", "b line 0", "c line 0"]
    assert [len(chat) for chat in said] == [60, 60, 60]


def test_a_chat_that_is_open_twice_becomes_two(graphide_: Command) -> None:
    graphide_("chat", "echo", "-m", "one")
    with the_chats(graphide_) as chats:
        own = chats.listed()[0].id
    first = graphide_.start("chat", "--resume", own, stdin=subprocess.PIPE)
    assert first.stdin is not None and first.stdout is not None
    first.stdin.write(b"here\n")
    first.stdin.flush()
    assert first.stdout.readline() == b"here\n"
    second = graphide_("chat", "--resume", own, "-m", "there")
    assert second.out == "there\n"
    first.communicate(b"and on\n", timeout=30)
    assert sorted(kept(graphide_)) == [
        ["one", "one", "here", "here", "and on", "and on"],
        ["one", "one", "here", "here", "there", "there"],
    ]


def test_a_server_answers_and_its_key_is_nowhere(graphide_: Command) -> None:
    with openai_server() as server:
        settings(graphide_, servers={"lab": server.url})
        server.behave(
            answers("Good", " day", usage={"prompt_tokens": 5, "completion_tokens": 2}), fails(401, "bad key")
        )
        graphide_("keys", "set", "lab", stdin="sk-1234567890\n")
        ended = graphide_("chat", "lab/big", stdin="Hello\nAgain\n", code=1)
        assert ended.out == "Good day\n" and "refused the key" in ended.err
        assert {headers["Authorization"] for _, _, headers, _ in server.asked} == {"Bearer sk-1234567890"}
    graphide_("chats", "export", "--all", "--format", "json", "-o", "all.json")
    shown = graphide_("chats", "list", "--json").out + ended.err + (graphide_.folder / "all.json").read_text("utf-8")
    home = Path(graphide_.env["GRAPHIDE_HOME"])
    holding = [path for path in home.rglob("*") if path.is_file() and b"sk-1234567890" in path.read_bytes()]
    assert "sk-1234567890" not in shown
    assert [str(path.relative_to(home)) for path in holding] in ([str(Path("config/keys/server-lab"))], [])  # a keyring


@pytest.mark.real_model
def test_the_small_model_is_told_what_was_said_before(graphide_: Command, model_path: Path) -> None:
    ended = graphide_(
        "chat",
        str(model_path),
        "-t",
        "0",
        "--max-tokens",
        "24",
        "-m",
        "My name is Ada. Say hello.",
        "-m",
        "What is my name?",
    )
    assert len(ended.out.splitlines()) >= 2
    with the_chats(graphide_) as chats:
        path = chats.turns(chats.listed()[0].id).path
    first, answer = path[1].answer, path[3].answer
    assert first is not None and answer is not None and answer.model == model_path.name
    assert answer.cached_tokens >= first.prompt_tokens  # what was said before was in the prompt, and was not read again
    assert answer.state == "done" and 0 < answer.tokens <= 24


@pytest.mark.real_model
def test_turns_that_were_dropped_are_reported(graphide_: Command, model_path: Path) -> None:
    settings(graphide_, n_ctx=256)
    long = "Tell me more about the sea. " * 20
    ended = graphide_("chat", str(model_path), "-t", "0", "--max-tokens", "8", "-m", long, "-m", long)
    assert "note: the conversation was too long: left out" in ended.err
    refused = graphide_("chat", str(model_path), "--max-tokens", "8", "--overflow", "stop", "-m", long * 3, code=1)
    assert "the context holds 256" in refused.err
