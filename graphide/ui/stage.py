"""A drawing area that DearPyGui zooms: what is drawn on it is in world units and never drawn again for another zoom.

It is a plot without axes, frame or mouse. On a drawlist only the places of shapes can be scaled; in a plot the size of
text, thickness, rounding and radius are too (but not the thickness of a circle). The mouse is for what lies above it.
"""

from __future__ import annotations

from typing import Any, Final

import dearpygui.dearpygui as dpg

from graphide.ui.colors import CLEAR

_COLORS: Final = ("FrameBg", "PlotBg", "PlotBorder")
_STYLES: Final[dict[str, tuple[float, ...]]] = {"PlotPadding": (0, 0), "PlotBorderSize": (0,), "PlotMinSize": (1, 1)}
_PLOT: Final[dict[str, bool]] = {
    "no_title": True, "no_menus": True, "no_box_select": True, "no_mouse_pos": True, "no_inputs": True, "no_frame": True
}  # fmt: skip
_AXIS: Final[dict[str, bool]] = {
    "no_label": True, "no_gridlines": True, "no_tick_marks": True, "no_tick_labels": True, "no_initial_fit": True,
    "no_menus": True, "no_highlight": True,
}  # fmt: skip


class Stage:
    """One drawing area of a window; what is to be zoomed lies below `item`, in series below `axis`."""

    def __init__(self, parent: int | str) -> None:
        self.item: Any = dpg.add_plot(parent=parent, width=10, height=10, pos=(0, 0), **_PLOT)
        self._x: Any = dpg.add_plot_axis(dpg.mvXAxis, parent=self.item, **_AXIS)
        self.axis: Any = dpg.add_plot_axis(dpg.mvYAxis, parent=self.item, invert=True, **_AXIS)
        dpg.bind_item_theme(self.item, _bare())
        self._size: tuple[float, float] = (0, 0)
        self._seen: tuple[float, ...] = ()

    def show(self, size: tuple[float, float], zoom: float, corner: tuple[float, float] = (0.0, 0.0)) -> None:
        """Take a size in pixels, and show everything that many times as large as it was drawn, from a corner on."""
        if size != self._size:
            self._size = size
            dpg.configure_item(self.item, width=round(size[0]), height=round(size[1]))
        seen = (*size, zoom, *corner)
        if seen != self._seen:
            self._seen = seen
            for axis, start, side in ((self._x, corner[0], size[0]), (self.axis, corner[1], size[1])):
                dpg.set_axis_limits(axis, start, start + side / zoom)


def _bare() -> Any:
    with dpg.theme() as theme, dpg.theme_component(dpg.mvPlot):
        for name in _COLORS:
            dpg.add_theme_color(getattr(dpg, f"mvPlotCol_{name}"), CLEAR, category=dpg.mvThemeCat_Plots)
        for name, numbers in _STYLES.items():
            dpg.add_theme_style(getattr(dpg, f"mvPlotStyleVar_{name}"), *numbers, category=dpg.mvThemeCat_Plots)
    return theme
