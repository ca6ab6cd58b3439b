"""Servers for the tests: one with the echo for each module, and more where a test needs its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from server.serving import Served, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The real command in a process, with the echo as the model."""
    with serving(tmp_path_factory.mktemp("server")) as served:
        yield served


@pytest.fixture(scope="module")
def real_server(tmp_path_factory: pytest.TempPathFactory, model_path: Path) -> Iterator[Served]:
    """The same with the bundled model."""
    with serving(tmp_path_factory.mktemp("real"), model=str(model_path)) as served:
        yield served


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start servers with options of their own: `start("--queue", 2, model="echo")`."""
    with ExitStack() as stack:
        count = 0

        def begin(*arguments: str | Path, **options: Any) -> Served:
            nonlocal count
            count += 1
            return stack.enter_context(serving(tmp_path / str(count), *map(str, arguments), **options))

        yield begin
