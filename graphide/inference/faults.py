"""From what the engine and the operating system say to a fault that a user can act on.

Pure: exit codes, signals and the engine's own lines in, `InferenceFault` out. Used on both sides of the pipe.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from pathlib import PurePath

from graphide.errors import InferenceFault
from graphide.inference.protocol import Failed, Phase

_KEPT_LINES = 12
_SOURCE_FOLDER = re.compile(r"\S*[/\\](?=[^/\\\s]+:\d+: )")  # of the machine that built the engine

_MEMORY_WORDS = (
    "out of memory",
    "failed to allocate",
    "unable to allocate",
    "cannot allocate",
    "bad_alloc",
    "outofmemory",
)
_ARCHITECTURE_WORDS = ("unknown model architecture", "unsupported model architecture", "unknown pre-tokenizer")
_DOING: dict[Phase, str] = {
    "start": "starting",
    "load": "loading the model",
    "prepare": "preparing the prompt",
    "queue": "waiting for its turn",
    "grammar": "reading the grammar",
    "prefill": "reading the prompt",
    "generate": "writing the answer",
}
# Windows ends an aborted process with 3, and a crashed one with the NT status of the exception.
_WINDOWS_CRASHES = {3: "abort", 0xC0000005: "access violation", 0xC00000FD: "stack overflow", 0xC0000409: "abort"}
_WINDOWS_NO_MEMORY = 0xC0000017


def from_exit(code: int, phase: Phase, lines: Sequence[str], *, where: str = "") -> InferenceFault:
    """Return the fault of a worker that ended while a request ran.

    `code` is the exit code as `subprocess` gives it (negative: the signal), `lines` are its last lines on stderr.
    """
    kept = tuple(lines)[-_KEPT_LINES:]
    doing = _DOING[phase]
    if _mentions(kept, _MEMORY_WORDS) or code == _WINDOWS_NO_MEMORY:
        return _out_of_memory(f"memory ran out while {doing}", kept, where)
    if code == -9:
        return InferenceFault(
            "killed",
            f"the worker was killed while {doing}",
            engine_lines=kept,
            where=where,
            hint="If memory was short the system does that: use a smaller model or a smaller n_ctx. The next run restarts it",
        )
    if phase == "start" and _mentions(kept, ("modulenotfounderror: llama_cpp", "no module named 'llama_cpp'")):
        return InferenceFault(
            "engine_abort",
            "the local engine is not installed",
            engine_lines=kept,
            hint="Run pip install llama-cpp-python, or use a remote model",
        )
    if phase == "grammar":
        return InferenceFault(
            "bad_request",
            f"the engine cannot use this grammar ({_ending(code)})",
            engine_lines=kept,
            hint="Check its rules: undefined names, left recursion, unclosed quotes",
        )
    if phase == "load":
        return InferenceFault(
            "engine_abort",
            f"the engine gave up on this model file ({_ending(code)}){_quote(kept)}",
            engine_lines=kept,
            where=where,
            hint="The file is probably damaged or of an unsupported kind: download it again or choose another",
        )
    return InferenceFault(
        "engine_abort" if _crashed(code) else "killed",
        f"the engine ended while {doing} ({_ending(code)}){_quote(kept)}",
        engine_lines=kept,
        where=where,
        hint="The next run restarts it; if it happens again, try another model or a smaller n_ctx",
    )


def stalled(phase: Phase, seconds: float, lines: Sequence[str], *, where: str = "") -> InferenceFault:
    """Return the fault of a worker that was ended because it said nothing for too long."""
    return InferenceFault(
        "stalled",
        f"the worker gave no sign for {seconds:.0f} s while {_DOING[phase]} and was ended",
        engine_lines=tuple(lines)[-_KEPT_LINES:],
        where=where,
        hint="The next run restarts it; on a slow machine use a smaller model or a shorter prompt",
    )


def from_load(path: str, lines: Sequence[str]) -> InferenceFault:
    """Return the fault of a load that the engine refused."""
    kept = tuple(lines)[-_KEPT_LINES:]
    name = PurePath(path).name
    if _mentions(kept, _MEMORY_WORDS):
        return _out_of_memory(f"there is not enough memory to load {name}", kept, path)
    if _mentions(kept, _ARCHITECTURE_WORDS):
        return InferenceFault(
            "unsupported_arch",
            f"this engine does not know the kind of model in {name}{_quote(kept, _ARCHITECTURE_WORDS)}",
            engine_lines=kept,
            where=path,
            hint="Update graphide, or choose a model of another architecture",
        )
    return InferenceFault(
        "corrupt_file",
        f"{name} cannot be loaded{_quote(kept)}",
        engine_lines=kept,
        where=path,
        hint="The file is damaged or not complete: download it again",
    )


def from_context(path: str, n_ctx: int, lines: Sequence[str]) -> InferenceFault:
    """Return the fault of a context that the engine could not create."""
    kept = tuple(lines)[-_KEPT_LINES:]
    if kept and not _mentions(kept, _MEMORY_WORDS):
        return InferenceFault(
            "bad_request",
            f"the engine cannot make a context of {n_ctx} tokens with these options{_quote(kept)}",
            engine_lines=kept,
            where=path,
            hint="Try kv_type f16 and flash_attn auto",
        )
    return _out_of_memory(f"there is not enough memory for a context of {n_ctx} tokens", kept, path)


def from_decode(path: str, code: int, lines: Sequence[str]) -> InferenceFault:
    """Return the fault of a computation that the engine refused."""
    kept = tuple(lines)[-_KEPT_LINES:]
    if _mentions(kept, _MEMORY_WORDS):
        return _out_of_memory("memory ran out while computing", kept, path)
    return InferenceFault(
        "engine_abort",
        f"the engine failed to compute (code {code}){_quote(kept)}",
        engine_lines=kept,
        where=path,
        hint="Run it again; if it happens again, try a smaller n_ctx or another model",
    )


def unreadable(path: str, reason: str) -> InferenceFault:
    """Return the fault of a model file that cannot be opened."""
    return InferenceFault(
        "bad_request",
        f"the model file cannot be read: {reason}",
        where=path,
        hint='Check the path; "graphide models list" shows the models of this machine',
    )


def unexpected(error: Exception) -> Failed:
    """Return the frame of a mistake of ours in one request, with where it happened."""
    import traceback

    lines = tuple("".join(traceback.format_exception(error)).splitlines()[-8:])
    return Failed("engine_abort", f"the worker failed: {type(error).__name__}: {error}", "Report this", lines)


def to_frame(fault: InferenceFault) -> Failed:
    """Return the frame that carries a fault to the app."""
    return Failed(fault.kind, fault.message, fault.hint, fault.engine_lines, fault.where)


def from_frame(frame: Failed, lines: Sequence[str] = ()) -> InferenceFault:
    """Return the fault that a worker reported; `lines` are those on its stderr, which say more than its log."""
    kept = tuple(lines)[-_KEPT_LINES:] or frame.engine_lines
    return InferenceFault(frame.kind, frame.message, engine_lines=kept, where=frame.where, hint=frame.hint)


def _out_of_memory(message: str, lines: Sequence[str], where: str) -> InferenceFault:
    return InferenceFault(
        "oom",
        message,
        engine_lines=lines,
        where=where,
        hint="Use a smaller n_ctx, kv_type q8_0 or a smaller model, or close other programs",
    )


def _mentions(lines: Sequence[str], words: Sequence[str]) -> bool:
    return any(word in line.lower() for line in lines for word in words)


def _quote(lines: Sequence[str], words: Sequence[str] = ("error", "failed", "assert")) -> str:
    """Return the engine's most telling line, as the end of a sentence."""
    telling = [line for line in lines if any(word in line.lower() for word in words)] or list(lines)
    return f": {_SOURCE_FOLDER.sub('', telling[0])[:300].rstrip('.')}" if telling else ""


def _crashed(code: int) -> bool:
    # SIGTERM and the like come from outside; the others are the engine's own doing.
    return code not in (-signal.SIGTERM, -signal.SIGINT, 0)


def _ending(code: int) -> str:
    if code in _WINDOWS_CRASHES:
        return _WINDOWS_CRASHES[code]
    if code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code}"
