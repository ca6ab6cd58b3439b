"""The inspector in the window: parts for what is selected, each made anew only when what it shows is another value."""

from graphide.ui.panels.inspector.panel import Inspector

__all__ = ["Inspector"]
