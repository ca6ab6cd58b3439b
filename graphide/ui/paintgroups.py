"""Paints groups: nodes, notes and frames, each with a draw node for every level of detail that was seen of it.

An item costs about a microsecond in each frame, however little it draws, so there are as few as can be, and none around
those of a group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import dearpygui.dearpygui as dpg

from graphide.editor.detail import Level, marks_at, shapes_at
from graphide.editor.views import Box, Group, Shape
from graphide.ui.ordered import Ordered
from graphide.ui.shapes import Brush, Item, Point, draw, draw_softness, follow

MOST_HIDDEN: Final = 6_000
"""Shapes of groups out of sight that are kept for when they come back; each is some kilobytes of memory."""
_SLOTS: Final[dict[Level, int]] = {"tiny": 0, "far": 1, "near": 2}
_MARK: Final = 3


class Seeing(NamedTuple):
    """How groups are looked at: the box in sight, the level of detail, whether shadows are soft, with which brush.

    Places are rounded to whole pixels at the zoom `crisp`.
    """

    box: Box
    level: Level
    soft: bool
    brush: Brush
    crisp: float


@dataclass(slots=True)
class _Layer:
    """Shapes of a group as they lie in the window, each with its item; `softness` is drawn below them, when it is due."""

    item: Item
    shapes: Sequence[Shape]
    brush: Brush
    at: Point | None = None
    shown: bool = True
    softness: Item = 0
    is_soft: bool = False
    items: tuple[Item, ...] = ()


@dataclass(slots=True)
class _Drawn:
    """A group as it lies in the window: its layers, the one that is shown, and above it the mark of the selection."""

    layers: dict[Level, _Layer] = field(default_factory=dict)
    level: Level | None = None
    mark: _Layer | None = None
    group: Group | None = None  # as which it was drawn last, and how that was looked at; None: out of sight
    style: object = None

    @property
    def count(self) -> int:
        """How many shapes it has in the window."""
        return sum(len(layer.shapes) for layer in self.layers.values())


class GroupLayer:
    """The groups of one layer, in the order they are drawn."""

    def __init__(self, parent: Item) -> None:
        self._order: Ordered[str] = Ordered(parent)
        self._known: dict[str, _Drawn] = {}
        self._hidden: dict[str, int] = {}  # what is out of sight, the longest first, and how many shapes that is
        self._hidden_shapes = 0
        self._groups: Sequence[Group] = ()
        self._seeing: Seeing | None = None
        self._style: tuple[object, ...] = ()
        self._left = 0
        self.behind = False
        self.drawn = 0
        self.followed = 0

    def paint(self, groups: Sequence[Group], seeing: Seeing, budget: int) -> int:
        """Bring the layer to what is seen of its groups; return what is left of the budget for other levels of detail."""
        self._left = budget
        todo = self._changed(groups, seeing)
        if groups is not self._groups:
            for key in self._order.see([group.key for group in groups]):
                self._hidden_shapes -= self._hidden.pop(key, 0)
                del self._known[key]
        self._groups, self._seeing, self.behind = groups, seeing, False
        if seeing[1:] != self._style:
            self._style = seeing[1:]
        left, top, wide, high = seeing.box
        right, bottom = left + wide, top + high
        for group in todo:
            drawn = self._known.get(group.key)
            if group.x < right and group.y < bottom and group.x + group.width > left and group.y + group.height > top:
                if drawn is None or drawn.group is not group or drawn.style is not self._style:
                    self._show(group, seeing)
            elif drawn is not None and drawn.group is not None:
                self._hide(group.key, drawn)
        self._forget_hidden()
        self._order.settle()
        return self._left

    def _changed(self, groups: Sequence[Group], seeing: Seeing) -> Sequence[Group]:
        """Return the groups that may look different now, or be in sight or no longer."""
        if self.behind or seeing != self._seeing or len(groups) != len(self._groups):
            return groups
        if groups is self._groups:
            return ()
        return [group for group, old in zip(groups, self._groups, strict=True) if group is not old]

    # --- groups in sight

    def _show(self, group: Group, seeing: Seeing) -> None:
        drawn = self._known.get(group.key)
        if drawn is None:
            drawn = self._known[group.key] = _Drawn()
        self._hidden_shapes -= self._hidden.pop(group.key, 0)
        layer = self._due(drawn, group, seeing)
        drawn.group, drawn.style = group, self._style if drawn.level == seeing.level else None
        crisp = seeing.crisp
        at = (round(group.x * crisp) / crisp, round(group.y * crisp) / crisp)
        _put(layer, at)
        if layer.softness and layer.is_soft != seeing.soft:
            _soften(layer, seeing)
        if group.selected:
            _put(self._marked(drawn, group, seeing), at)
        elif drawn.mark is not None:
            _turn(drawn.mark, False)

    def _due(self, drawn: _Drawn, group: Group, seeing: Seeing) -> _Layer:
        """Return the layer of the level that is due, drawn; while the budget is used up, another that is there serves."""
        level, shapes = seeing.level, shapes_at(group, seeing.level)
        layer = drawn.layers.get(level)
        if layer is None or layer.shapes is not shapes or layer.brush is not seeing.brush:
            if drawn.level is not None and drawn.level != level:
                other = drawn.layers[drawn.level]
                right = other.shapes is shapes_at(group, drawn.level) and other.brush is seeing.brush
                if right and self._left <= 0:
                    self.behind = True
                    return other
                self._left -= len(shapes)
            layer = self._draw(drawn, group.key, shapes, seeing)
        if drawn.level != level:
            if drawn.level is not None:
                _turn(drawn.layers[drawn.level], False)
            drawn.level = level
        return layer

    def _draw(self, drawn: _Drawn, key: str, shapes: Sequence[Shape], seeing: Seeing) -> _Layer:
        level, old = seeing.level, drawn.layers.get(seeing.level)
        if old is not None and old.brush is seeing.brush and follow(old.items, old.shapes, shapes, seeing.brush):
            old.shapes = shapes
            self.followed += 1
            return old
        self.drawn += 1
        if old is None:
            item = self._order.add(key, dpg.add_draw_node, _SLOTS[level])
            layer = drawn.layers[level] = _Layer(item, shapes, seeing.brush)
        else:
            layer, item = old, old.item
            dpg.delete_item(item, children_only=True)
            layer.shapes, layer.brush, layer.is_soft = shapes, seeing.brush, False
        layer.softness = dpg.add_draw_node(parent=item, show=False) if level == "near" else 0
        layer.items = draw(shapes, item, seeing.brush)
        return layer

    def _marked(self, drawn: _Drawn, group: Group, seeing: Seeing) -> _Layer:
        """Return what is shown above a group because it is selected."""
        marks, mark = marks_at(group, seeing.level), drawn.mark
        if mark is not None and mark.shapes is marks and mark.brush is seeing.brush:
            return mark
        if mark is None:
            item = self._order.add(group.key, dpg.add_draw_node, _MARK)
            mark = drawn.mark = _Layer(item, marks, seeing.brush)
        else:
            dpg.delete_item(mark.item, children_only=True)
            mark.shapes, mark.brush = marks, seeing.brush
        draw(marks, mark.item, seeing.brush)
        return mark

    # --- groups out of sight

    def _hide(self, key: str, drawn: _Drawn) -> None:
        drawn.group = None
        for layer in (*drawn.layers.values(), drawn.mark):
            if layer is not None:
                _turn(layer, False)
        self._hidden[key] = count = drawn.count
        self._hidden_shapes += count

    def _forget_hidden(self) -> None:
        """Delete what has been out of sight for the longest, as far as it is too much."""
        if self._hidden_shapes <= MOST_HIDDEN:
            return
        for key in list(self._hidden):
            if self._hidden_shapes <= MOST_HIDDEN // 2:
                break
            self._hidden_shapes -= self._hidden.pop(key)
            self._order.drop(key)
            del self._known[key]


def _put(layer: _Layer, at: Point) -> None:
    """Show a layer at a place."""
    if layer.at != at:
        dpg.apply_transform(layer.item, dpg.create_translation_matrix((*at, 0)))
        layer.at = at
    _turn(layer, True)


def _turn(layer: _Layer, shown: bool) -> None:
    if layer.shown != shown:
        (dpg.show_item if shown else dpg.hide_item)(layer.item)
        layer.shown = shown


def _soften(layer: _Layer, seeing: Seeing) -> None:
    """Show or hide those rings of shadows that make no difference from afar."""
    if seeing.soft and not dpg.get_item_children(layer.softness, 2):
        draw_softness(layer.shapes, layer.softness, seeing.brush)
    (dpg.show_item if seeing.soft else dpg.hide_item)(layer.softness)
    layer.is_soft = seeing.soft
