"""How many layers of a model go to the GPU: as many as fit, by exact measure, and why it is that many.

Runs in the worker process. What a number of layers takes is measured in `fit`; the search itself is pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from graphide.errors import InferenceFault
from graphide.inference.devices import gpus
from graphide.inference.llama import EngineLog
from graphide.inference.protocol import DeviceInfo, Fit, FitMeasure, Fitted, LoadOptions

AUTOMATIC = -1
DEVICE_RESERVE = 512 << 20
"""Bytes of a GPU that are left alone: the driver's own context and scratch memory, and the picture on the screen."""

_T = TypeVar("_T")


class LayerChoice(NamedTuple):
    """How many layers go to the GPU, and why, as a sentence without a full stop."""

    layers: int
    reason: str


def choose_layers(library: Any, path: str, options: LoadOptions, *, log: EngineLog) -> LayerChoice:
    """Return how many layers a load puts on the GPU, the output layer counted as one.

    A number that the options give is kept where there is a GPU; AUTOMATIC takes the most that fit into the free memory
    of the devices. Raises InferenceFault where the file cannot be laid out.
    """
    if options.vocab_only:
        return LayerChoice(0, "no weights are loaded")
    if options.n_gpu_layers == 0:
        return LayerChoice(0, "the settings ask for none")
    if not library.llama_supports_gpu_offload():
        return LayerChoice(0, "this build of the engine has no GPU support")
    found = gpus(library)
    if not found:
        return LayerChoice(0, "the engine finds no GPU on this machine")
    if options.n_gpu_layers > 0:
        return LayerChoice(options.n_gpu_layers, "the settings ask for this number")
    from graphide.inference.fit import measure, outlined  # a build without GPU support never needs it

    with outlined(library, path, replace(options, n_gpu_layers=0), log=log) as outline:
        most = outline.n_layer + 1

    def fits(layers: int) -> bool:
        return holds(found, measure(library, path, replace(options, n_gpu_layers=layers), log=log))

    return explained(most_layers(most, fits), most, found)


def fitted(library: Any, command: Fit, *, log: EngineLog) -> Fitted:
    """Return what a load takes for each of the sizes that are asked for, with the layers that it would put on the GPU."""
    from graphide.inference.fit import outlined

    choice = choose_layers(library, command.path, command.options, log=log)
    options = replace(command.options, n_gpu_layers=choice.layers)
    with outlined(library, command.path, options, log=log) as outline:
        measures = tuple(outline.measure(size) for size in command.sizes)
        return Fitted(measures, gpus(library), outline.n_ctx_train, outline.n_layer, *choice)


def most_layers(most: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number from 0 to `most` that fits, with few questions; more layers never take less memory."""
    if most <= 0 or fits(most):
        return max(0, most)
    low, high = 0, most  # low fits: without layers nothing is on the device
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def holds(devices: tuple[DeviceInfo, ...], measured: FitMeasure) -> bool:
    """Return whether the devices have room for what was measured, and their reserve besides."""
    free = {device.name: device.free - DEVICE_RESERVE for device in devices}
    return all(use.total <= free.get(use.device, 0) for use in measured.uses if use.device)


def explained(layers: int, most: int, devices: tuple[DeviceInfo, ...]) -> LayerChoice:
    """Return the choice of `layers` out of `most` with its reason."""
    names = " and ".join(device.description or device.name for device in devices)
    free = sum(device.free for device in devices)
    room = f"{free / 1e9:.1f} GB free on {names}"
    if layers == most:
        return LayerChoice(layers, f"all layers fit into {room}")
    if layers == 0:
        return LayerChoice(0, f"not one layer fits into {room}")
    return LayerChoice(layers, f"{layers} of {most} layers fit into {room}")


def with_fallback(choice: LayerChoice, attempt: Callable[[LayerChoice], _T]) -> _T:
    """Return what `attempt` makes of a choice; where memory runs out with layers on the GPU, of none on it.

    Raises whatever the last attempt raises.
    """
    try:
        return attempt(choice)
    except InferenceFault as fault:
        if fault.kind != "oom" or choice.layers == 0:
            raise
        return attempt(LayerChoice(0, f"memory ran out with {choice.layers} layers on the GPU, so the CPU computes"))
