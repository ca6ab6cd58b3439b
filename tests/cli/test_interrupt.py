"""Ctrl-C, SIGTERM, readers that go away, streams that are not there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from cli.command import Command, chain

pytestmark = [
    pytest.mark.usefixtures("plugin"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals and pipes as POSIX has them"),
]

FIRST = b"piece 0 piece 1 "


def slow(graphide_: Command) -> None:
    graphide_.graph("slow.json", *chain("slow", slow={"pieces": 2000, "pause": 0.05}))


def ended(process: subprocess.Popen[bytes], within: float = 10) -> tuple[int, bytes, str]:
    out, err = process.communicate(timeout=within)
    return process.returncode, out, err.decode()


def begun(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert process.stdout.read(len(FIRST)) == FIRST


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_stops_within_a_piece_and_keeps_the_text(graphide_: Command, number: int) -> None:
    slow(graphide_)
    process = graphide_.start("run", "slow.json")
    begun(process)
    sent = time.monotonic()
    process.send_signal(number)
    code, out, err = ended(process)
    assert code == 130
    assert time.monotonic() - sent < 5
    assert out.endswith(b"\n") and out.count(b"piece") < 100
    assert err == "interrupted. The text above is not complete.\n"


def test_an_interrupt_leaves_valid_json_with_the_partial_text(graphide_: Command) -> None:
    slow(graphide_)
    process = graphide_.start("run", "slow.json", "--events")
    assert process.stdout is not None
    for line in process.stdout:
        if b"piece 1" in line:
            break
    process.send_signal(signal.SIGINT)
    code, out, _ = ended(process)
    last = json.loads(out.splitlines()[-1])
    assert (code, last["event"], last["status"]) == (130, "run_finished", "cancelled")
    assert last["partial"]["slow"].startswith("piece 0 piece 1 ")


def test_an_interrupted_run_prints_its_one_json_object(graphide_: Command) -> None:
    slow(graphide_)
    mark = graphide_.folder / "mark"
    marked = Command(graphide_.folder, {**graphide_.env, "FOR_TESTS_MARK": str(mark)})
    process = marked.start("run", "slow.json", "--format", "json")
    while not mark.exists():
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    code, out, err = ended(process)
    body = json.loads(out)
    assert (code, body["status"], body["outputs"]) == (130, "cancelled", {})
    assert body["partial"]["slow"].startswith("piece 0 ")
    assert err == "interrupted.\n"


def test_a_node_that_hears_nothing_does_not_keep_the_command(graphide_: Command) -> None:
    graphide_.graph("stubborn.json", *chain("slow", "stubborn"))
    process = graphide_.start("run", "stubborn.json", "--events")
    assert process.stdout is not None
    while b'"node_started","node":"stubborn"' not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    assert ended(process)[0] == 130


def test_a_second_interrupt_ends_at_once(graphide_: Command) -> None:
    graphide_.graph("stubborn.json", *chain("slow", "stubborn"))
    process = graphide_.start("run", "stubborn.json", "--events")
    assert process.stdout is not None
    while b'"node_started","node":"stubborn"' not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    sent = time.monotonic()
    code, out, _ = ended(process)
    assert code == 130
    assert time.monotonic() - sent < 0.8  # the run itself would wait a second for the node
    assert b"run_finished" not in out


def test_an_interrupt_while_nothing_runs_yet_is_quiet(graphide_: Command) -> None:
    process = graphide_.start("run", "-", "--format", "json", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b" " * 1_000_000)  # more than a pipe holds: it has begun to read
    process.send_signal(signal.SIGINT)
    code, out, err = ended(process)
    assert (code, json.loads(out)["status"], err) == (130, "cancelled", "")


def test_a_reader_that_goes_away_ends_the_run_quietly(graphide_: Command) -> None:
    slow(graphide_)
    process = graphide_.start("run", "slow.json")
    begun(process)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.wait(10) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.parametrize(
    "command", [["nodes", "list"], ["schema"], ["--help"], ["--version"], ["nodes", "show", "model"]]
)
def test_a_reader_that_was_never_there_is_no_fault(graphide_: Command, command: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = graphide_.start(*command, stdout=writer)
    os.close(writer)
    code, _, err = ended(process, 30)
    assert (code, err) == (141, "")


def test_a_full_disk_is_said(graphide_: Command) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    graphide_.graph("slow.json", *chain("slow"))
    with open("/dev/full", "w") as full:
        code, _, err = ended(graphide_.start("run", "slow.json", stdout=full), 30)
    assert (code, err) == (1, "error: standard output: the output cannot be written: No space left on device\n")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_streams_may_be_closed(graphide_: Command, closed: str) -> None:
    graphide_.graph("slow.json", *chain("slow"))
    line = " ".join(graphide_.line("run", "slow.json", "--out", "result=made.txt"))
    done = subprocess.run(["sh", "-c", f"{line} {closed}"], cwd=graphide_.folder, env=dict(graphide_.env), timeout=30)
    assert done.returncode == 0
    assert (graphide_.folder / "made.txt").read_text() == "piece 0 piece 1 piece 2 "
