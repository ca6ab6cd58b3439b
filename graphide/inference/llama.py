"""The door to llama.cpp's C interface: imports the binding cheaply, keeps the engine's last log lines.

Loaded only inside the worker process. What is done with the engine is in `model`, `sampler` and `batch`.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import re
import sys
import types
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_WARN, _ERROR, _CONTINUED = 3, 4, 5  # ggml_log_level
_KEPT_LINES = 40


def binding() -> Any:
    """Return the ctypes module of llama.cpp's C interface.

    The package's own `__init__` pulls in numpy, jinja2 and a disk cache (0.25 s); the C interface needs none of them
    (0.04 s). So an empty package module with the right search path stands in for it.
    """
    if "llama_cpp" not in sys.modules:
        spec = importlib.util.find_spec("llama_cpp")
        if spec is None or spec.submodule_search_locations is None:
            raise ModuleNotFoundError("llama_cpp")
        package = types.ModuleType("llama_cpp")
        package.__path__ = list(spec.submodule_search_locations)
        package.__spec__ = spec
        sys.modules["llama_cpp"] = package
    return importlib.import_module("llama_cpp.llama_cpp")


def engine_version() -> str:
    """Return the name and version of the binding, for the record of a run.

    Read from the package's text: its distribution metadata would cost another 30 ms of imports.
    """
    spec = importlib.util.find_spec("llama_cpp.llama_cpp")
    init = Path(spec.origin).with_name("__init__.py") if spec and spec.origin else None
    found = re.search(r'__version__ = "([^"]+)"', init.read_text()) if init and init.exists() else None
    return f"llama-cpp-python {found[1]}" if found else "llama-cpp-python"


class EngineLog:
    """The engine's warnings and errors: the last lines in memory, and all of them on stderr as they come.

    Stderr outlives the process: after an abort the app reads the lines there.
    """

    def __init__(self, library: Any) -> None:
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._keeping = False
        self._heard: list[str] | None = None
        # The engine holds the pointer, so the callback object must live as long as this.
        self._callback = library.llama_log_callback(self._receive)
        library.llama_log_set(self._callback, ctypes.c_void_p(0))

    def clear(self) -> None:
        """Forget the lines, before a new request."""
        self._lines.clear()

    def lines(self) -> tuple[str, ...]:
        """Return the last warnings and errors, newest last."""
        return tuple(self._lines)

    @contextmanager
    def listening(self) -> Iterator[Callable[[], list[str]]]:
        """Hear every line of any level that the engine writes meanwhile; call what this gives for those so far."""
        heard: list[str] = []
        self._heard = heard
        try:
            yield lambda: "".join(heard).splitlines()
        finally:
            self._heard = None

    def _receive(self, level: int, text: bytes, _data: Any) -> None:
        if self._heard is not None and text:
            self._heard.append(text.decode("utf-8", "replace"))
        if level != _CONTINUED:
            self._keeping = level in (_WARN, _ERROR)
        if not self._keeping or not text:
            return
        line = text.decode("utf-8", "replace").strip()
        if line:
            self._lines.append(line)
            os.write(2, f"{line}\n".encode())


class AbortFlag:
    """A flag that the engine's own threads can look at without touching Python.

    ggml asks its abort callback once per graph node, about a thousand times a token. A Python callback would take the
    interpreter lock each time and cost some 10 % of the speed. `strlen` has a fitting shape (pointer in, integer out),
    is pure and safe in any thread: an empty string means go on, one character means stop.
    """

    def __init__(self, library: Any) -> None:
        self._text = (ctypes.c_char * 2)()
        self.address = ctypes.addressof(self._text)
        runtime = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
        pointer = ctypes.cast(runtime.strlen, ctypes.c_void_p).value
        self.callback = library.ggml_abort_callback(pointer)

    def set(self) -> None:
        """Ask the engine to stop."""
        self._text[0] = b"\x01"

    def clear(self) -> None:
        """Let the engine run."""
        self._text[0] = b"\x00"

    def __bool__(self) -> bool:
        return self._text[0] != b"\x00"
