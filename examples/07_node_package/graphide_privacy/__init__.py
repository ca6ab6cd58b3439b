"""Node types that take private data out of a text before a model sees it, and put it back afterwards."""

from typing import Any, Protocol

from graphide_privacy.redact import redact
from graphide_privacy.restore import restore


class Registrar(Protocol):
    """What graphide hands to `register`."""

    def add(self, function: Any) -> Any:
        """Register one node type."""
        ...


def register(registrar: Registrar) -> None:
    """Register the node types of this package; the entry point in pyproject.toml names this module."""
    registrar.add(redact)
    registrar.add(restore)
