"""A real worker process with the small real model, shared by the tests that leave it whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from inference.together import EXACT

from graphide.inference.client import Limits, LoadOptions, Worker, finish
from tests.support.tiny_models import tiny_llama

# One thread: two of the engine's wait for each other while a neighbour holds one of two cores.
SHARED = LoadOptions(n_batch=128, n_ubatch=128, n_threads=1)


@pytest.fixture(scope="session")
def worker(model_path: Path) -> Iterator[Worker]:
    shared = Worker()
    finish(shared.load(str(model_path), SHARED))
    yield shared
    shared.close()


@pytest.fixture
def own_worker(model_path: Path) -> Iterator[Worker]:
    """Return a worker that a test may break."""
    own = Worker(limits=Limits(silence=20))
    finish(own.load(str(model_path), LoadOptions(n_ctx=2560, n_threads=1, n_batch=64, n_ubatch=64)))
    yield own
    own.close()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model of a few thousand weights, whose answers cost next to nothing."""
    return tiny_llama(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture
def tiny_worker(tiny: Path) -> Iterator[Worker]:
    """Return a worker of the tiny model that a test may break; its answers do not hang on what else is asked."""
    own = Worker(limits=Limits(silence=20))
    finish(own.load(str(tiny), EXACT))
    yield own
    own.close()
