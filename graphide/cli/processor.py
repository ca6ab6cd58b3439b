"""Which instruction sets the processor has that matter for running models, as far as the system tells. Linux tells.

What the engine was built to use is another matter: its flags say that, and `graphide system` shows both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")

# The kernel's word → the name that people and build options use, in the order shown.
_FEATURES: Mapping[str, str] = {
    "sse4_2": "SSE4.2",
    "avx": "AVX",
    "f16c": "F16C",
    "fma": "FMA",
    "avx2": "AVX2",
    "avx_vnni": "AVX-VNNI",
    "avx512f": "AVX-512",
    "avx512_vnni": "AVX-512 VNNI",
    "avx512_bf16": "AVX-512 BF16",
    "amx_int8": "AMX INT8",
    "asimd": "NEON",
    "asimddp": "DOTPROD",
    "i8mm": "I8MM",
    "bf16": "BF16",
    "sve": "SVE",
    "sve2": "SVE2",
    "sme": "SME",
}


def processor_features() -> tuple[str, ...]:
    """Return the instruction sets of the processor, none where the system does not tell."""
    try:
        return features_in(_CPUINFO.read_text("utf-8", "replace"))
    except OSError:
        return ()


def processor_name() -> str:
    """Return what the system calls the processor, "" where it does not tell."""
    try:
        return name_in(_CPUINFO.read_text("utf-8", "replace"))
    except OSError:
        return ""


def features_in(cpuinfo: str) -> tuple[str, ...]:
    """Return the instruction sets that all processors in a text like /proc/cpuinfo have."""
    found = [frozenset(value.split()) for name, value in _lines(cpuinfo) if name in ("flags", "Features")]
    shared = frozenset.intersection(*found) if found else frozenset()
    return tuple(feature for word, feature in _FEATURES.items() if word in shared)


def name_in(cpuinfo: str) -> str:
    """Return the name of the first processor in a text like /proc/cpuinfo."""
    return next((value for name, value in _lines(cpuinfo) if name in ("model name", "Hardware", "cpu model")), "")


def _lines(cpuinfo: str) -> Iterator[tuple[str, str]]:
    for line in cpuinfo.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip(), value.strip()
