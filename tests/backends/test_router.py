"""The router: each name goes to its backend, under the name that it has there."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from graphide.backends.echo import EchoBackend
from graphide.backends.router import Router
from graphide.spec.generation import Cancel, Embedded, ModelRequest, SharedPrefix
from graphide.values import Message, Sampling


class Remembers(EchoBackend):
    """An echo that remembers the names it was asked by."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def shared(self, requests: Sequence[ModelRequest]) -> tuple[SharedPrefix, ...] | None:
        """Remember the names of all requests."""
        self.names += [request.model for request in requests]
        return super().shared(requests)

    def embed(self, model: str, texts: Sequence[str], cancel: Cancel) -> Embedded:
        """Remember the name."""
        self.names.append(model)
        return super().embed(model, texts, cancel)


def asked(model: str) -> ModelRequest:
    return ModelRequest(model=model, messages=(Message("user", "hi you"),), sampling=Sampling(), max_tokens=5)


def test_prompts_and_texts_go_to_the_backend_of_their_model() -> None:
    usual, echo = Remembers(), Remembers()
    router = Router(lambda: usual, echo)
    assert router.shared([asked("big"), asked("big")]) == (SharedPrefix(), SharedPrefix(2, 0))
    router.embed("big", ["x"], threading.Event())
    router.shared([asked("echo"), asked("echo")])
    router.embed("echo", ["x"], threading.Event())
    assert (usual.names, echo.names) == (["big"] * 3, ["echo"] * 3)


def test_a_model_that_answers_for_all_is_asked_by_its_own_name() -> None:
    usual = Remembers()
    router = Router(lambda: usual, EchoBackend(), override="mine")
    router.shared([asked("a"), asked("b")])
    router.embed("a", ["x"], threading.Event())
    assert usual.names == ["mine"] * 3


def test_no_requests_share_nothing() -> None:
    assert Router(EchoBackend, EchoBackend()).shared([]) is None
