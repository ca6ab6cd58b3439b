"""One sitting of `graphide chat`: messages come in, answers and commands follow, nothing but leaving ends it.

Where messages come from is `chat_lines`, how an answer looks `chat_screen`, what the /commands do `chat_commands`.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphide.chatting.answers import Piece
from graphide.chatting.attachments import Attachment, with_attachments
from graphide.chatting.talk import Talk
from graphide.cli import streams
from graphide.cli.chat_lines import TypedMessages, piped_messages, unquoted
from graphide.cli.chat_screen import context_text, dim, figures, screen_for
from graphide.cli.interrupt import leave
from graphide.cli.render import clean, error_text, for_terminal
from graphide.errors import EXIT_INTERRUPTED, EXIT_NODE_FAILED, EXIT_OK, GraphideError
from graphide.store.chats import Chats
from graphide.store.turns import Turn

COMMAND = "/"
_PRESSES = 3
"""How often Ctrl-C ends the program while an answer does not stop."""


@dataclass(slots=True)
class Room:
    """A sitting: the talk of now, the store (None: there is none), and what the next message takes along.

    `label` says who answers, `listed` are the ids of the chats that were listed last, `written` the files that /save made, `draft` is what the next
    message begins as, `over` says that the user left, `code` is what the command ends with.
    """

    talk: Talk
    chats: Chats | None
    label: str
    keep: bool = True
    seed: int | None = None
    attached: list[Attachment] = field(default_factory=list)
    listed: tuple[str, ...] = ()
    written: set[Path] = field(default_factory=set)
    draft: str = ""
    over: bool = False
    code: int = EXIT_OK
    typed: bool = False
    told_fault: str = ""


def one_shot(room: Room, messages: Sequence[str]) -> int:
    """Say some messages, one after the other, and return the exit code; a / in them means nothing."""
    for message in messages:
        say(room, message)
        if room.code == EXIT_INTERRUPTED:
            break
    return room.code


def piped(room: Room) -> int:
    """Answer every message of standard input and return the exit code: that of the first answer that failed."""
    for text in piped_messages():
        take(room, text)
        if room.over or room.code == EXIT_INTERRUPTED:
            break
    return room.code


def typed(room: Room) -> int:
    """Talk with a person at a terminal until they leave."""
    from graphide.cli.chat_ahead import load_ahead
    from graphide.cli.chat_commands import SUMMARIES, show_way

    room.typed = True
    load_ahead(room.talk.workspace, room.talk.partner)
    remembers = room.keep and room.talk.record.keeps
    messages = TypedMessages(SUMMARIES, lambda: _status(room), remembers=remembers)
    streams.err(dim(f"Talking with {clean(room.label)}. /help lists what can be done, Ctrl-D ends") + "\n")
    if room.talk.path:
        show_way(room)
    while not room.over:
        draft, room.draft = room.draft, ""
        try:
            text = messages.read(draft)
        except KeyboardInterrupt:
            continue  # the line is given up, not the chat
        except EOFError:
            break
        if text.strip():
            take(room, text)
    _say_goodbye(room)
    return EXIT_OK


def take(room: Room, text: str) -> None:
    """Do what a line means: a command, or a message, which `//` begins where it starts with a /."""
    from graphide.cli.chat_commands import obey

    clean_text = text.strip()
    if not clean_text.startswith(COMMAND):
        say(room, unquoted(text))
    elif clean_text.startswith(COMMAND * 2):
        say(room, clean_text[1:])
    else:
        try:
            obey(room, clean_text)
        except GraphideError as error:
            fail(room, error)


def say(room: Room, text: str) -> None:
    """Say something, with the files that wait to go along, and show the answer."""
    files, room.attached = room.attached, []
    if not show(room, room.talk.say(with_attachments(text, files), seed=room.seed)):
        room.attached = files


def show(room: Room, answer: Generator[Piece, None, Turn]) -> bool:
    """Show an answer while it is made, and what is to be known of it; return whether anything was said.

    Ctrl-C stops the answer. Nothing that goes wrong ends the chat.
    """
    screen = screen_for(room.talk)
    turn = None
    with _stoppable(room.talk.stop) as caught, _silent_keys():
        try:
            turn = _drained(answer, screen.see)
        except GraphideError as error:
            screen.end()
            fail(room, error)
        else:
            screen.end()
        finally:
            answer.close()
    if turn is not None:
        _say_end(room, turn)
    if caught:
        room.over = room.over or signal.SIGTERM in caught
        if not room.typed:
            room.code = EXIT_INTERRUPTED
    return turn is not None


def fail(room: Room, error: GraphideError) -> None:
    """Say what went wrong; the chat goes on."""
    streams.err(error_text(error))
    room.code = room.code or error.exit_code


def _drained(answer: Generator[Piece, None, Turn], see: Callable[[Piece], None]) -> Turn:
    while True:
        try:
            see(next(answer))
        except StopIteration as stop:
            turn: Turn = stop.value
            return turn


def _say_end(room: Room, turn: Turn) -> None:
    answer = turn.answer
    assert answer is not None
    if answer.state == "failed":
        where = f'node "{answer.node}": ' if answer.node and room.talk.partner.choices is None else ""
        hint = f". {answer.hint}" if answer.hint else ""
        streams.err(f"error: {clean(where + answer.problem + hint)}\n")
        so_far = room.talk.so_far
        room.code = room.code or (so_far.exit_code if so_far is not None else EXIT_NODE_FAILED)
    if answer.dropped:
        streams.err(f"note: the conversation was too long: {clean(answer.dropped)}\n")
    if answer.stop_reason == "length":
        streams.err("note: the answer ends here because it reached max_tokens\n")
    if answer.state == "stopped":
        streams.err("stopped\n")
    if room.typed:
        streams.err(dim(for_terminal(figures(answer, room.talk.gauge()))) + "\n")
    if (fault := room.talk.fault) != room.told_fault:
        room.told_fault = fault
        if fault:
            streams.err(f"warning: this chat is not kept: {clean(fault)}\n")


def _status(room: Room) -> str:
    """Return the line at the bottom of the prompt: who answers, how full the context is, whether it is kept."""
    parts = [clean(room.label)]
    if (gauge := room.talk.gauge()) is not None:
        share = f" ({gauge.used / gauge.room:.0%})".replace("%", " %") if gauge.room else ""
        parts.append(context_text(gauge) + share)
    if room.attached:
        parts.append(f"{len(room.attached)} attached")
    if not room.talk.record.keeps:
        parts.append("not kept")
    return " · ".join(parts)


def _say_goodbye(room: Room) -> None:
    if room.talk.record.id:
        streams.err(dim(f"kept; to go on: graphide chat --resume {room.talk.record.id[:8]}") + "\n")


@contextmanager
def _silent_keys() -> Iterator[None]:
    """Have a terminal not show what is typed within the block, which would stand in the middle of the answer."""
    if sys.platform == "win32" or sys.stdin is None or not sys.stdin.isatty():
        yield
        return
    import termios

    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    silent = termios.tcgetattr(number)
    silent[3] &= ~(termios.ECHO | termios.ECHONL)
    termios.tcsetattr(number, termios.TCSANOW, silent)
    try:
        yield
    finally:
        termios.tcsetattr(number, termios.TCSANOW, before)


@contextmanager
def _stoppable(stop: Callable[[], None]) -> Iterator[list[int]]:
    """Have Ctrl-C and SIGTERM stop an answer within the block, and yield the signals that came.

    Whoever presses Ctrl-C again and again is let go at once.
    """
    caught: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield caught
        return

    def hear(number: int, _: Any) -> None:
        caught.append(number)
        if len(caught) >= _PRESSES:
            leave()
        # In a thread: the interrupted code may hold the lock of the flag, and a handler must not wait for it.
        threading.Thread(target=stop, name="graphide-stop", daemon=True).start()

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
