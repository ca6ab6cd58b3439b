"""A scene: all that a canvas is made from, as one value. Making shapes of it is the business of the view-model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from graphide.editor.connect import Pin, Rules
from graphide.editor.gestures_base import Cursor
from graphide.editor.planning import PlanView
from graphide.editor.runview import RunView
from graphide.editor.selection import Selection
from graphide.editor.views import Camera, Shape
from graphide.graph.model import Graph
from graphide.graph.problems import Problem

_NOTHING: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be shown: `verdicts` say why pins cannot be reached by the wire that is drawn (None: they can).

    `changed` are the nodes whose results are of an earlier graph; with `show_plan` nodes say what a run would do with
    them; `size` is the view in pixels, `now` of the clock.
    """

    graph: Graph
    rules: Rules
    selection: Selection = Selection()
    camera: Camera = Camera()
    size: tuple[float, float] = (1280.0, 800.0)
    run: RunView = field(default_factory=RunView)
    changed: frozenset[str] = frozenset()
    plan: PlanView | None = None
    show_plan: bool = False
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=lambda: _NOTHING)
    verdicts: Mapping[Pin, str | None] = field(default_factory=lambda: _NOTHING)
    to_outputs: bool = False
    overlay: tuple[Shape, ...] = ()
    cursor: Cursor = "arrow"
    tooltip: str = ""
    now: float = 0.0
