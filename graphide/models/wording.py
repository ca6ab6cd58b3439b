"""How sizes, amounts, times and fits of models are written for people, in the terminal and in the window alike.

Pure: numbers in, a few words out. Which of them a line shows is decided by whoever shows the line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphide.models.fit import Verdict

_UNITS = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


def size(count: float) -> str:
    """Return a number of bytes with three digits, in the units that file managers use: 96.6 MB, 4.68 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit in ("B", "kB") else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def short_size(count: float) -> str:
    """Return a number of bytes for narrow places: 97 MB, 4.7 GB."""
    for unit, length in _UNITS:
        if count >= length:
            return f"{count / length:.1f} {unit}" if unit == "GB" else f"{count / length:.0f} {unit}"
    return f"{count:.0f} B"


def speed(rate: float) -> str:
    """Return bytes a second; from a megabyte on with one digit behind the point, because it is read while it changes."""
    return f"{rate / 1e6:.1f} MB/s" if 1e6 <= rate < 1e9 else f"{short_size(rate)}/s"


def amount(done: int, total: int) -> str:
    """Return how much of how much: `43.1 MB of 98.4 MB (44 %)`; what is not known is left out."""
    return f"{size(done)} of {size(total)} ({100 * done // total} %)" if total else size(done)


def quantity(count: float) -> str:
    """Return a number of parameters or tokens as models are named: 135M, 7.2B; "" for none."""
    for limit, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if count >= limit:
            return f"{count / limit:.3g}{unit}"
    return f"{count:.0f}" if count else ""


def context(tokens: int) -> str:
    """Return the length of a context as models are described: 8k, 128k; "" where it is not known."""
    return quantity(tokens) if tokens < 1024 else f"{tokens / 1024:.0f}k"


def duration(seconds: float) -> str:
    """Return a time to wait: 40 s, 3 min, 2 h 5 min."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def age(seconds: float) -> str:
    """Return how long ago something was: 1 minute, 40 minutes, 3 hours, 12 days."""
    minutes, hours, days = round(seconds / 60), round(seconds / 3600), round(seconds / 86_400)
    if minutes < 120:
        return _counted(max(1, minutes), "minute")
    return _counted(hours, "hour") if hours < 48 else _counted(days, "day")


def left(verdict: Verdict, rest: int) -> str:
    """Return whether something fits and what stays free, `rest` bytes: `fits, leaves 3.1 GB`, `does not fit, 2 GB too much`."""
    return f"{verdict}, {size(-rest)} too much" if rest < 0 else f"{verdict}, leaves {size(rest)}"


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"
