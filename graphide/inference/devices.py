"""The devices that the engine can compute on, read from ggml's registry: names, kinds and memory.

Runs in the worker process, because only there the engine is loaded. What is put on a device is in `offload`.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping
from typing import Any

from graphide.inference.llama import engine_version
from graphide.inference.protocol import DeviceInfo, DeviceKind, Surveyed

_KINDS: Mapping[int, DeviceKind] = {0: "cpu", 1: "gpu", 2: "igpu", 3: "accel"}  # ggml_backend_dev_type
_WINDOWS_LIBRARIES = ("ggml", "ggml-base")


def devices(library: Any) -> tuple[DeviceInfo, ...]:
    """Return the devices in the engine's own order; memory in bytes, 0 where a device does not tell.

    Empty where the engine was built without its registry. A kind that is not known here is left out.
    """
    try:
        find = registry(library)
        count = find("ggml_backend_dev_count", ctypes.c_size_t)
        get = find("ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t)
        return tuple(device for index in range(count()) if (device := _device(find, get(index))))
    except (AttributeError, OSError):
        return ()


def gpus(library: Any) -> tuple[DeviceInfo, ...]:
    """Return the devices that layers can be put on; costs next to nothing in a build without GPU support."""
    if not library.llama_supports_gpu_offload():
        return ()
    return tuple(device for device in devices(library) if device.kind in ("gpu", "igpu"))


def surveyed(library: Any) -> Surveyed:
    """Return what the engine is: its version, flags and devices."""
    flags = _text(library.llama_print_system_info()).strip(" |")
    return Surveyed(engine_version(), flags, bool(library.llama_supports_gpu_offload()), devices(library))


def _device(find: Callable[..., Any], handle: int) -> DeviceInfo | None:
    kind = _KINDS.get(find("ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)(handle))
    if kind is None:
        return None
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    find("ggml_backend_dev_memory", None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(
        handle, ctypes.byref(free), ctypes.byref(total)
    )
    name = find("ggml_backend_dev_name", ctypes.c_char_p, ctypes.c_void_p)(handle)
    description = find("ggml_backend_dev_description", ctypes.c_char_p, ctypes.c_void_p)(handle)
    return DeviceInfo(_text(name), _text(description), kind, free.value, total.value)


def registry(library: Any) -> Callable[..., Any]:
    """Return a function that finds a function of ggml by name, result type and argument types.

    The engine's own handle also gives the functions of the libraries it is linked to. A library opened by its path
    could be a second copy with a registry of its own, so only Windows, which looks into one library only, asks the
    others by their names: those are the ones that are loaded already.
    """
    places = [library._lib]
    if sys.platform == "win32":
        places += [ctypes.CDLL(name) for name in _WINDOWS_LIBRARIES]

    def find(name: str, result: Any, *arguments: Any) -> Any:
        for place in places:
            address = getattr(place, name, None)
            if address is not None:
                return ctypes.CFUNCTYPE(result, *arguments)(ctypes.cast(address, ctypes.c_void_p).value or 0)
        raise AttributeError(name)

    return find


def _text(raw: bytes | None) -> str:
    return raw.decode("utf-8", "replace") if raw else ""
