"""Cache keys: a Merkle hash of what a step is, what it is given, and which model answers it.

A key depends on type, version, settings, the keys of the parents (with the ports between them), the identity of every
model that a setting names, and, for steps that draw random numbers, the seed that the caller chose. Ids, titles and
places do not count, so a renamed or moved node stays cached. 32 bytes of blake2b.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from graphide.executor.plan import Step
from graphide.values import Json, dumps

ENGINE = b"graphide-key-1"
"""Changes whenever the meaning of cached values changes."""

Identity = Callable[[str], Json]


class Seed(NamedTuple):
    """The seed of a run, and whether the caller chose it (a drawn one makes no result worth keeping)."""

    value: int
    chosen: bool = True


def draw_seed() -> Seed:
    """Return a new seed of 31 random bits."""
    return Seed(int.from_bytes(os.urandom(4), "big") >> 1, chosen=False)


Key = bytes | Mapping[str, bytes]
"""The key of a step, or, for a step whose result is not kept, a key for each of its outputs."""


def key_of(step: Step, parents: Mapping[str, Key], identity: Identity, seed: Seed) -> bytes | None:
    """Return the key of a step, or None when a parent has none yet.

    Only a seed that the caller chose counts. Raises what `identity` raises for a missing model.
    """
    spec = step.spec
    assert spec is not None
    digest = blake2b(ENGINE, digest_size=32)
    digest.update(f"\0{spec.type}\0{spec.version}\0{step.node.state}\0".encode())
    digest.update(_settings_bytes(step))
    for binding in step.bindings:
        for source in binding.sources:
            parent = parents.get(source.step)
            if parent is None:
                return None
            digest.update(f"\0{binding.port.name}\0{source.output}\0".encode())
            digest.update(parent if isinstance(parent, bytes) else parent.get(source.output, b"absent"))
    for model in step.models:
        digest.update(dumps(identity(model)))
    if step.cache == "when_seeded":
        digest.update(b"\0seed %d" % seed.value if seed.chosen else b"\0no seed")
    return digest.digest()


def keys_of_values(values: Mapping[str, Any]) -> Key:
    """Return keys made from results: for steps that are not kept, so that what follows them still can be.

    A value without a JSON form gets a key of its own, which nothing else ever equals.
    """
    return {port: _key_of_value(value) for port, value in values.items()}


def _key_of_value(value: Any) -> bytes:
    try:
        return blake2b(type(value).__name__.encode() + b"\0" + dumps(value), digest_size=32).digest()
    except (TypeError, ValueError):
        return os.urandom(32)


def _settings_bytes(step: Step) -> bytes:
    # Keys are not sorted: settings come in the order of the spec, and inside one (a JSON Schema) the order may matter.
    try:
        return orjson.dumps(step.settings)
    except TypeError:
        return dumps(step.settings)
