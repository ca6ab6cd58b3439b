"""The entry point of the command `graphide`, and the fence around it: every way to end becomes an exit code.

Exit codes: 0 ok · 1 a node failed · 2 usage · 3 invalid graph · 4 model missing or other than asked for · 5 some branches
failed · 70 a fault in graphide itself · 130 interrupted · 141 the reader of the output went away (as other commands end
then). Which commands there are is in `commands`; how errors look is in `render`.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from graphide.cli import streams
from graphide.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, GraphideError

if TYPE_CHECKING:
    from graphide.inference.spawn import Spawned

EXIT_FAULT = 70
EXIT_PIPE = 141
DEBUG_VARIABLE = "GRAPHIDE_DEBUG"
COMPLETE_VARIABLE = "_GRAPHIDE_COMPLETE"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (without the program's name; None: that of this process) and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # A command makes many objects that live to its end; looking for garbage among them costs a twentieth of its time.
    gc.set_threshold(50_000)
    streams.prepare()
    try:
        code = _dispatch(given)
        streams.flush()
        return code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        streams.abandon()
        return EXIT_PIPE
    except GraphideError as error:
        return _failed(error)
    except Exception as error:  # noqa: BLE001  # the fence of the whole command
        return _broken(error)


def _dispatch(given: list[str]) -> int:
    if given in (["--version"], ["-V"]):  # before click is imported: this has to be quick
        from graphide.cli.version import version

        streams.out(f"graphide {version()}\n")
        return EXIT_OK
    from graphide.cli.early import head_start

    spawned = head_start(given)
    try:
        return _click(given, spawned)
    finally:
        if spawned is not None:
            spawned.discard()


def _click(given: list[str], spawned: Spawned | None) -> int:
    import click

    from graphide.cli.commands import graphide

    if COMPLETE_VARIABLE in os.environ:
        graphide.main(given, prog_name="graphide", complete_var=COMPLETE_VARIABLE)
    try:
        # Not `graphide.main`: it turns a closed pipe into exit code 1 and expands * in arguments on Windows.
        with graphide.make_context("graphide", given, obj=spawned) as context:
            return int(graphide.invoke(context) or EXIT_OK)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        return EXIT_INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        streams.out(f"{error.format_message()}\n")
        return EXIT_USAGE
    except click.ClickException as error:
        streams.err(f"error: {_sentence(error)}\n")
        return EXIT_USAGE


def _sentence(error: Exception) -> str:
    import click

    from graphide.cli.render import clean

    assert isinstance(error, click.ClickException)
    message = clean(error.format_message().strip().rstrip("."))
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return message
    end = "" if message.endswith("?") else "."
    return f'{message}{end} See "{context.command_path} --help"'


def _failed(error: GraphideError) -> int:
    from graphide.cli.render import error_text

    try:
        streams.flush()
        streams.err(error_text(error))
    except BrokenPipeError:
        streams.abandon()
    return error.exit_code


def _broken(error: Exception) -> int:
    """Say that graphide itself is at fault; the traceback is for those who ask for it."""
    import traceback

    from graphide.cli.version import report_to

    if os.environ.get(DEBUG_VARIABLE):
        streams.err("".join(traceback.format_exception(error)))
    streams.err(f"error: graphide has a fault: {type(error).__name__}: {error}\n")
    again = "" if os.environ.get(DEBUG_VARIABLE) else f"; {DEBUG_VARIABLE}=1 shows where it happened"
    streams.err(f"Please report it {report_to()}{again}\n")
    return EXIT_FAULT
