"""How fast bytes come and may come: the speed of the last seconds, a limit for all downloads together, growing pauses."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

Clock = Callable[[], float]

WINDOW = 3.0
"""Seconds that a speed is measured over; without bytes for so long it is 0."""
_SAMPLE = 0.1
_BURST = 0.25  # seconds of the allowed rate that may come at once


class Speedometer:
    """Measures bytes a second over the last WINDOW seconds. Used by two threads, of which one adds."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._samples: deque[tuple[float, int]] = deque()
        self._lock = threading.Lock()

    def add(self, size: int) -> None:
        """Count bytes that came now."""
        now = self._clock()
        with self._lock:
            if self._samples and now - self._samples[-1][0] < _SAMPLE:
                then, before = self._samples[-1]
                self._samples[-1] = (then, before + size)
            else:
                self._samples.append((now, size))
            self._drop(now)

    def speed(self) -> float:
        """Return bytes a second."""
        now = self._clock()
        with self._lock:
            self._drop(now)
            total = sum(size for _, size in self._samples)
        return total / max(min(WINDOW, now - self._began), _SAMPLE)

    def _drop(self, now: float) -> None:
        while self._samples and self._samples[0][0] < now - WINDOW:
            self._samples.popleft()


class Throttle:
    """Keeps all downloads together below a rate in bytes a second; 0: no limit. Used by many threads."""

    def __init__(self, rate: int = 0, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rate = rate
        self._free_at = clock()

    @property
    def rate(self) -> int:
        """The rate in bytes a second."""
        return self._rate

    def set(self, rate: int) -> None:
        """Change the rate from now on."""
        with self._lock:
            self._rate, self._free_at = rate, self._clock()

    def most(self) -> int:
        """Return how many bytes should be taken at a time, so that they flow evenly."""
        return max(1, int(self._rate * _BURST)) if self._rate else 4 << 20

    def spend(self, size: int) -> float:
        """Count bytes and return the seconds to wait before the next ones."""
        with self._lock:
            if not self._rate:
                return 0.0
            now = self._clock()
            self._free_at = max(self._free_at, now - _BURST) + size / self._rate
            return max(0.0, self._free_at - now)


class Pauses:
    """The pauses between tries that bring nothing: 1, 2, 4 … seconds, and how many there were."""

    LONGEST = 60.0

    def __init__(self, first: float = 1.0) -> None:
        self._first = first
        self.count = 0

    def next(self, at_least: float = 0.0) -> float:
        """Return the next pause in seconds, not below the one that a server asked for."""
        pause = min(self._first * 2.0**self.count, self.LONGEST)
        self.count += 1
        return max(pause, at_least)

    def forget(self) -> None:
        """Begin anew, because bytes came."""
        self.count = 0
