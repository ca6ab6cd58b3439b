"""Plugins: packages and drop-in files that bring node types. Found, loaded and registered here, and never a crash.

What a plugin may import is `graphide.api`; what it must have is a function `register(registrar)`, which calls
`registrar.add(function)` for each of its node types.
"""

from graphide.plugins.discover import discover
from graphide.plugins.load import PluginProblem, Registrar

__all__ = ["PluginProblem", "Registrar", "discover"]
