"""Standard output, input and error: always UTF-8, newlines as they are, safe where there are none.

Results go to `out` and nothing else does; everything said to a person goes to `err`. How things look is in `render`.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress

from graphide.errors import GraphideError


def prepare() -> None:
    """Make the standard streams write UTF-8 everywhere; a program without them (a window) writes to nowhere."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # lives as long as the process
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def out(text: str, *, flush: bool = False) -> None:
    """Write a piece of a result; raises BrokenPipeError when its reader went away, GraphideError when it cannot be written."""
    try:
        sys.stdout.write(text)
        if flush:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _lost(error) from error


def flush() -> None:
    """Hand over what was written; raises what `out` raises."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise _lost(error) from error


def err(text: str) -> None:
    """Say something to the person; what cannot be said is dropped."""
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def abandon() -> None:
    """Give up standard output, so that nothing complains about it when the process ends."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def out_is_terminal() -> bool:
    """Return whether a person reads standard output as it is written."""
    return sys.stdout is not None and sys.stdout.isatty()


def err_is_terminal() -> bool:
    """Return whether standard error can show something that changes: a terminal that is not a dumb one."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"


def read_input() -> bytes:
    """Return all of standard input; empty when there is none."""
    if sys.stdin is None:
        return b""
    return sys.stdin.buffer.read()


def _lost(error: Exception) -> GraphideError:
    abandon()
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return GraphideError(f"the output cannot be written: {reason}", where="standard output")
