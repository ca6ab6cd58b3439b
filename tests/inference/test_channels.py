"""The worker's own end of its pipes, in this process: waiting for commands, with and without an end to the patience."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from graphide.inference.channels import Inbox
from graphide.inference.llama import AbortFlag, binding
from graphide.inference.protocol import Cancel, encode


def test_waiting_for_a_command_ends_with_the_command_or_with_the_patience() -> None:
    # A process of its own, because the end of its pipe is the end of a worker.
    code = "from tests.inference.test_channels import wait_and_say; wait_and_say()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split("\n")[:2] == ["[] after a while", "[(Cancel(), 7)] at once"], done.stderr


def wait_and_say() -> None:
    """Wait in vain, then for a command that is there, and print what came of both."""
    reading, writing = os.pipe()
    inbox = Inbox(reading, AbortFlag(binding()))
    began = time.monotonic()
    nothing = inbox.take(wait=True, seconds=0.2)
    print(nothing, "after a while" if time.monotonic() - began >= 0.2 else "too soon")
    os.write(writing, encode(Cancel(), 7))
    began = time.monotonic()
    commands = inbox.take(wait=True, seconds=60)
    print(commands, "at once" if time.monotonic() - began < 30 else "late", flush=True)
