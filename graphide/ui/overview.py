"""Paints the minimap into a corner: on a stage of its own, all boxes of one colour as one series, since each item costs.

The boxes are made anew when nodes move; for another camera only the stage is another part of the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import dearpygui.dearpygui as dpg

from graphide.editor.minimap import LEAST, Minimap, color_of, content_of, minimap
from graphide.editor.views import Box, CanvasView, Group, Rect
from graphide.ui.colors import Look
from graphide.ui.shapes import Brush, Item, Point, draw
from graphide.ui.stage import Stage

SIZE: Final = (178.0, 128.0)
_CORNER: Final = 1.5  # pixels that are cut off the corners of a box
_ALIKE: Final = 1.25  # what has a size in pixels is made anew when the scale is other by more than this

_Series = tuple[list[float], list[float], list[float]]


class Overview:
    """The minimap of one canvas: its ground lies in a drawlist, the rest on a stage above that."""

    def __init__(self, parent: Item, drawlist: Item) -> None:
        self._ground: Item = dpg.add_draw_node(parent=drawlist)
        self._stage = Stage(parent)
        self._window: Item = dpg.add_draw_node(parent=self._stage.item)
        self._view = CanvasView()
        self._groups: tuple[Group, ...] = ()
        self._content: Box | None = None
        self._is_put = False
        self._series: dict[str, Item] = {}
        self._look: Look | None = None
        self._scale = 0.0
        self._shown = True
        self._at: Point | None = None
        self._map: Minimap | None = None

    def map(self, view: CanvasView, viewport: Point) -> Minimap:
        """Return the map of a view, which is `viewport` pixels wide and high."""
        self._see(view)
        return minimap(view, SIZE, viewport, self._content)

    def hide(self) -> None:
        """Show no map."""
        self._turn(False)

    def paint(self, view: CanvasView, viewport: Point, at: Point, brush: Brush) -> None:
        """Show the map of a view with its upper left corner at a place of the drawlist."""
        self._see(view)
        map = minimap(view, SIZE, viewport, self._content)
        self._turn(True)
        if at != self._at:
            dpg.apply_transform(self._ground, dpg.create_translation_matrix((*at, 0)))
            dpg.configure_item(self._stage.item, pos=at)
            self._at = at
        anew = brush.look is not self._look or not 1 / _ALIKE < map.scale / (self._scale or 1e-9) < _ALIKE
        if anew:
            self._begin(map.scale, brush)
        if anew or not self._is_put:
            self._put(self._groups)
        elif map == self._map:
            return
        self._map = map
        self._stage.show(SIZE, map.scale, (map.left, map.top))
        dpg.delete_item(self._window, children_only=True)
        draw((_in_world(map),), self._window, brush)

    def _see(self, view: CanvasView) -> None:
        """Take the groups of a view; boxes are other ones only where one was moved, changed its colour, came or went."""
        before = self._view
        self._view = view
        if view.nodes is before.nodes and view.frames is before.frames and self._content is not None:
            return
        groups, old = (*view.frames, *view.nodes), self._groups
        self._groups = groups
        if len(groups) == len(old) and all(
            one is other or (one.box == other.box and color_of(one) == color_of(other))
            for one, other in zip(groups, old, strict=True)
        ):
            return
        self._content, self._is_put = content_of(view), False

    def _turn(self, shown: bool) -> None:
        if shown != self._shown:
            for item in (self._ground, self._stage.item):
                (dpg.show_item if shown else dpg.hide_item)(item)
            self._shown = shown

    def _begin(self, scale: float, brush: Brush) -> None:
        """Take another theme or scale: the ground and all series are made anew."""
        self._look, self._scale = brush.look, scale
        dpg.delete_item(self._ground, children_only=True)
        draw((Rect(0, 0, *SIZE, fill="panel@98", outline="border", rounding=10),), self._ground, brush)
        for item in self._series.values():
            dpg.delete_item(item)
        self._series = {}

    def _put(self, groups: Iterable[Group]) -> None:
        """Show the boxes of all groups."""
        self._is_put = True
        found: dict[str, _Series] = defaultdict(lambda: ([], [], []))
        least, cut = LEAST / self._scale, _CORNER / self._scale
        for group in groups:
            _add(found[color_of(group)], group, least, cut)
        for color in {**self._series, **found}:
            values = [*found[color]] if color in found else [[0.0], [0.0], [0.0]]
            if color not in self._series:
                self._series[color] = self._made(color, values)
            else:
                dpg.set_value(self._series[color], values)

    def _made(self, color: str, values: list[list[float]]) -> Item:
        assert self._look is not None
        x, low, high = values
        item: Item = dpg.add_shade_series(x, low, y2=high, parent=self._stage.axis)
        with dpg.theme() as theme, dpg.theme_component(dpg.mvShadeSeries):
            dpg.add_theme_color(dpg.mvPlotCol_Fill, self._look.color(color), category=dpg.mvThemeCat_Plots)
        dpg.bind_item_theme(item, theme)
        return item


def _add(series: _Series, group: Group, least: float, cut: float) -> None:
    """Add a box to a series, between two points without height; larger ones have their corners cut off."""
    left, top = group.x, group.y
    right, bottom = left + max(group.width, least), top + max(group.height, least)
    if min(right - left, bottom - top) < 4 * cut:
        series[0].extend((left, left, right, right))
        series[1].extend((top, top, top, top))
        series[2].extend((top, bottom, bottom, top))
        return
    series[0].extend((left, left, left + cut, right - cut, right, right))
    series[1].extend((top, top + cut, top, top, top + cut, top))
    series[2].extend((top, bottom - cut, bottom, bottom, bottom - cut, top))


def _in_world(map: Minimap) -> Rect:
    """Return the frame around what is seen in the units of the stage."""
    window, scale = map.window, map.scale
    x, y = map.to_world(window.x, window.y)
    return window._replace(
        x=x, y=y, width=window.width / scale, height=window.height / scale, thickness=window.thickness / scale,
        rounding=window.rounding / scale,
    )  # fmt: skip
