"""Where messages come from: a terminal with editing, several lines and a history, or the lines of a pipe.

A message of several lines stands between two \"\"\"; in a terminal Alt+Enter begins a new line, too, and what is pasted
stays in one piece.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from graphide.cli.chat_typed import TypedBefore

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.key_binding import KeyBindings

QUOTES: Final = '"""'


def piped_messages() -> Iterator[str]:
    """Yield the messages of standard input, line by line as they come; blank lines are none."""
    if sys.stdin is None:
        return
    lines = iter(sys.stdin.buffer.readline, b"")
    for line in lines:
        text = _text(line)
        if is_open(text):
            rest = []
            for more in lines:
                rest.append(_text(more))
                if rest[-1].rstrip().endswith(QUOTES):
                    break
            text = unquoted("\n".join([text, *rest]))
        if text.strip():
            yield text


def is_open(text: str) -> bool:
    """Return whether a message begins with quotes that are not closed yet."""
    clean = text.strip()
    return clean.startswith(QUOTES) and (len(clean) < 2 * len(QUOTES) or not clean.endswith(QUOTES))


def unquoted(text: str) -> str:
    """Return a message without the quotes around it."""
    clean = text.strip()
    if not clean.startswith(QUOTES):
        return text
    return clean[len(QUOTES) :].removesuffix(QUOTES).strip("\n")


class TypedMessages:
    """Messages typed in a terminal; `commands` are offered with Tab, `status` is shown at the bottom."""

    def __init__(self, commands: Mapping[str, str], status: Callable[[], str], *, remembers: bool) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.formatted_text import FormattedText
        from prompt_toolkit.history import InMemoryHistory

        words = WordCompleter(list(commands), meta_dict=dict(commands), sentence=True)
        self._session: PromptSession[str] = PromptSession(
            history=TypedBefore() if remembers else InMemoryHistory(),
            completer=words,
            complete_while_typing=False,
            multiline=True,
            key_bindings=_keys(),
            prompt_continuation="  ",
            bottom_toolbar=lambda: FormattedText([("class:bottom-toolbar noreverse fg:ansibrightblack", status())]),
        )

    def read(self, draft: str = "") -> str:
        """Return the next message, which begins as `draft`; raises EOFError at the end and KeyboardInterrupt for Ctrl-C."""
        with _ended_by_sigterm(self._session):
            return self._session.prompt("> ", default=draft)


def _keys() -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("enter")
    def _enter(event: Any) -> None:
        buffer = event.current_buffer
        if is_open(buffer.text):
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _new_line(event: Any) -> None:
        event.current_buffer.insert_text("\n")

    return keys


@contextmanager
def _ended_by_sigterm(session: PromptSession[str]) -> Iterator[None]:
    """Have SIGTERM end the reading in good order: a terminal that is left in the middle of it shows nothing typed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: object) -> None:
        loop = session.app.loop
        if loop is not None and session.app.is_running:
            loop.call_soon_threadsafe(lambda: session.app.exit(exception=EOFError()))

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r\n")
