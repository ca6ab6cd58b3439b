"""Whether a model fits into the memory that is free, and with how long a context at most.

Pure: measures of the engine (`graphide.inference.measure`) and free memory in, a `Fit` out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from graphide.inference.protocol import DeviceInfo, FitMeasure, Fitted

Verdict = Literal["fits", "tight", "does not fit"]

HOST = ""
STEP = 256
"""The engine makes contexts in steps of so many tokens."""
HEADROOM = 512 << 20
"""Bytes that should stay free. A worker takes some 50 MB beside what is measured (Python, the engine's code, texts), and
what other programs leave free comes and goes by some hundred MB: with less than this left, a load works now and may make
the machine swap in a minute."""

Measure = Callable[[Sequence[int]], Fitted]
"""Measures loads for requests of so many tokens each; 0: as the options of the load say."""


class Pool(NamedTuple):
    """One memory that things must fit into: that of the machine (`device` is "") or of a GPU; bytes."""

    device: str
    used: int
    free: int

    @property
    def left(self) -> int:
        """What stays free; below 0 it does not fit."""
        return self.free - self.used


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a model takes, in bytes, and whether it fits.

    `compute` includes the output buffer, `total` is weights, KV cache and computation, `free` is that of all pools.
    `n_ctx_max` is the largest context whose total is not more than what is free now in any pool, 0 when none is; it is
    not above the trained context, unless a larger one was asked for.
    """

    n_ctx: int
    n_ctx_max: int
    n_ctx_train: int
    kv_tokens: int
    weights: int
    kv: int
    compute: int
    total: int
    free: int
    verdict: Verdict
    pools: tuple[Pool, ...]
    n_gpu_layers: int = 0
    gpu_reason: str = ""


def fit(measure: Measure, n_ctx: int, host_free: int) -> Fit:
    """Return whether a model fits for requests of `n_ctx` tokens (0: as the options say) into `host_free` bytes.

    The free memory of GPUs is that of the first measure. Raises what `measure` raises.
    """
    first = measure((n_ctx,))
    wanted = first.measures[0]
    trained = first.n_ctx_train or wanted.n_ctx
    free = free_memory(first.devices, host_free)
    shared = {device.name for device in first.devices if device.kind == "igpu"}

    known = {wanted.n_ctx: wanted}

    def left(sizes: Sequence[int]) -> list[int]:
        if new := [size for size in sizes if _stepped(size) not in known]:
            known.update({each.n_ctx: each for each in measure(new).measures})
        return [min(pool.left for pool in pools(known[_stepped(size)], free, shared)) for size in sizes]

    found = pools(wanted, free, shared)
    kv = sum(use.kv for use in wanted.uses)
    weights = sum(use.weights for use in wanted.uses)
    total = sum(use.total for use in wanted.uses)
    return Fit(
        n_ctx=wanted.n_ctx,
        n_ctx_max=largest_context(left, max(trained, n_ctx)),
        n_ctx_train=first.n_ctx_train,
        kv_tokens=wanted.cells,
        weights=weights,
        kv=kv,
        compute=total - weights - kv,
        total=total,
        free=sum(pool.free for pool in found),
        verdict=verdict(found),
        pools=found,
        n_gpu_layers=first.n_gpu_layers,
        gpu_reason=first.gpu_reason,
    )


def verdict(found: Sequence[Pool]) -> Verdict:
    """Return "does not fit" where a pool is too small, "tight" where less than HEADROOM stays free in one, else "fits"."""
    least = min(pool.left for pool in found)
    return "does not fit" if least < 0 else "tight" if least < HEADROOM else "fits"


def free_memory(devices: Sequence[DeviceInfo], host_free: int) -> dict[str, int]:
    """Return the free bytes by device; graphics in the processor have no memory of their own."""
    return {HOST: host_free} | {device.name: device.free for device in devices if device.kind == "gpu"}


def pools(
    measured: FitMeasure, free: Mapping[str, int], shared: set[str] | frozenset[str] = frozenset()
) -> tuple[Pool, ...]:
    """Return the memory that a load uses; what lies on a `shared` device is in that of the machine."""
    used: dict[str, int] = {HOST: 0}
    for use in measured.uses:
        device = HOST if use.device in shared else use.device
        used[device] = used.get(device, 0) + use.total
    return tuple(Pool(device, size, free.get(device, 0)) for device, size in used.items())


def largest_context(left: Callable[[Sequence[int]], Sequence[int]], ceiling: int) -> int:
    """Return the largest context of at most `ceiling` tokens that leaves at least 0 bytes, 0 when none does.

    `left` gives what stays free for each of some contexts; a larger context never leaves more. Contexts are multiples
    of STEP, and the ceiling itself. Memory grows in straight pieces, so a guess on the line through the ends mostly hits;
    later the middle is asked besides, so that the rounds are at most as many as halvings. The answer was measured.
    """

    def tokens(step: int) -> int:
        return min(step * STEP, ceiling)

    low, high = 1, -(-ceiling // STEP)
    if high < 1:
        return 0
    (left_high,) = left((tokens(high),))
    if left_high >= 0:
        return tokens(high)
    (left_low,) = left((tokens(low),))
    if left_low < 0:
        return 0
    middle: tuple[int, ...] = ()
    while high - low > 1:
        guess = low + (high - low) * left_low // (left_low - left_high)
        asked = sorted({step for step in (guess, guess + 1, *middle) if low < step < high})
        for step, rest in zip(asked, left([tokens(step) for step in asked]), strict=True):
            if rest >= 0:
                low, left_low = step, rest
            else:
                high, left_high = step, rest
                break
        middle = ((low + high) // 2,)
    return tokens(low)


def _stepped(n_ctx: int) -> int:
    """Return the context that the engine makes for requests of so many tokens."""
    return -(-n_ctx // STEP) * STEP
