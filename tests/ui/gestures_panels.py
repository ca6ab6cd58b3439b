"""Stories of the window itself: its panels and their edges, small and large, scale, theme, pointer and tips."""

from __future__ import annotations

import ctypes

import dearpygui.dearpygui as dpg

from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.text.metrics import icon
from graphide.ui import safe
from graphide.ui.panels.overlays import ContextMenu
from tests.ui.driving import Driver
from tests.ui.playing import play


def panels_are_resized_by_their_edges(driver: Driver) -> None:
    driver.fresh("hello")
    area = driver.app.canvas.area
    driver.drag((area.x, 400), (area.x + 60, 400))
    wider = driver.app.canvas.area
    assert abs(wider.x - area.x - 60) <= 3
    edge = area.x + area.width
    driver.drag((edge, 400), (edge - 50, 400))
    assert abs(driver.app.canvas.area.x + driver.app.canvas.area.width - edge + 50) <= 3
    driver.drag((wider.x, 400), (area.x, 400))
    driver.drag((edge - 50, 400), (edge, 400))
    assert driver.session.panel("left_width") and driver.session.panel("right_width")


def panels_close_when_they_are_dragged_shut_and_come_back(driver: Driver) -> None:
    driver.fresh("hello")
    area = driver.app.canvas.area
    driver.drag((area.x, 400), (40, 400))
    driver.frames(3)
    assert driver.app.canvas.area.x == 0 and driver.session.panel("left") is False
    driver.click(*driver.label(icon("panel-left")))
    driver.frames(3)
    assert driver.app.canvas.area.x > 150
    driver.key("ctrl+alt+2")
    driver.frames(3)
    assert driver.app.canvas.area.x + driver.app.canvas.area.width == dpg.get_viewport_client_width()
    driver.key("ctrl+alt+2")
    driver.frames(3)
    driver.app.resize_panel("left", 248)


def a_small_window_shows_everything_that_counts(driver: Driver) -> None:
    driver.fresh("hello")
    dpg.set_viewport_width(1024)
    dpg.set_viewport_height(640)
    driver.until(lambda: dpg.get_viewport_client_width() == 1024)
    driver.frames(4)
    assert driver.app.canvas.area.width >= 320
    _inside(driver, driver.label("Run"))
    _inside(driver, driver.label(icon("undo-2")))
    driver.key("ctrl+a")
    driver.key("shift+F10")
    driver.frames(6)
    menu = next(part.item for part in driver.app._parts if isinstance(part, ContextMenu))
    assert dpg.get_item_pos(menu)[1] >= 0 and dpg.get_item_pos(menu)[1] + dpg.get_item_height(menu) <= 640
    driver.key("Escape")
    dpg.set_viewport_width(1280)
    dpg.set_viewport_height(800)
    driver.until(lambda: dpg.get_viewport_client_width() == 1280)


def the_scale_changes_live(driver: Driver) -> None:
    driver.fresh("hello")
    before = safe.rectangle(driver.app._boxes["bar"])[3]
    for _ in range(2):
        driver.key("ctrl+alt+equal")
    driver.frames(4)
    assert driver.session.ui_scale == 1.25
    assert abs(safe.rectangle(driver.app._boxes["bar"])[3] / before - 1.25) < 0.05
    _inside(driver, driver.label("Run"))
    driver.key("ctrl+alt+0")
    driver.frames(4)
    assert abs(safe.rectangle(driver.app._boxes["bar"])[3] - before) <= 1


def tips_say_what_cannot_be_seen(driver: Driver) -> None:
    driver.fresh("hello")
    driver.near("answer")
    driver.move(*driver.pin("answer", "sampling", output=False))
    driver.until(lambda: "sampling" in driver.tip())
    driver.move(*driver.empty())
    assert driver.tip() == ""
    long = "A title that is much too long to be shown whole in a node of this width"
    driver.session.do(SetNodeTitle("answer", long))
    driver.frames(3)
    driver.move(*driver.empty())
    driver.move(*driver.title("answer"))
    driver.until(lambda: long in driver.tip())
    driver.press()
    driver.release()
    driver.key("Escape")


def a_failed_node_tells_why(driver: Driver) -> None:
    driver.app.add_node("parse_json", (120, 120))
    driver.app.add_node("template", (-160, 120))
    driver.app.add_node("output", (420, 120))
    driver.session.set_setting(("template",), "text", "no json at all")
    driver.frames(4)
    driver.key("Home")
    driver.drag(driver.pin("template", "text", output=True), driver.pin("parse_json", "text", output=False))
    (made,) = driver.session.rules.ports(driver.session.graph, "parse_json").outputs
    driver.drag(driver.pin("parse_json", made, output=True), driver.pin("output", "value", output=False))
    driver.key("ctrl+Return")
    driver.until(lambda: driver.session.tab.runs.view.over)
    error = driver.session.tab.runs.view.nodes["parse_json"].error
    assert error is not None
    driver.frames(4)
    driver.move(*driver.empty())
    driver.move(*driver.title("parse_json"))
    driver.until(lambda: error.message in driver.tip() and error.to_do in driver.tip())


def the_pointer_says_what_a_press_would_do(driver: Driver) -> None:
    driver.fresh("hello")
    driver.near("task")
    shapes = {}
    places = {
        "arrow": driver.empty(),
        "hand": driver.pin("task", "text", output=True),
        "text": driver.part("task", "widget", "text"),
        "sideways": (driver.app.canvas.area.x, 500.0),
    }
    for name, at in places.items():
        driver.move(*at)
        driver.frames(3)
        shapes[name] = _pointer()
    same = [(one, other) for one in shapes for other in shapes if one < other and shapes[one] == shapes[other]]
    assert not same, f"these look the same: {same}"
    driver.move(*driver.part("task", "corner"))
    assert driver.app.canvas.view.cursor == "resize"  # core X has no pointer of that shape, desktops have
    driver.move(*driver.empty())
    with driver.holding("space"):
        driver.frames(2)
        assert _pointer() == shapes["hand"]
    driver.frames(2)
    assert _pointer() == shapes["arrow"]


class _Image(ctypes.Structure):
    _fields_ = (
        ("x", ctypes.c_short), ("y", ctypes.c_short), ("width", ctypes.c_ushort), ("height", ctypes.c_ushort),
        ("xhot", ctypes.c_ushort), ("yhot", ctypes.c_ushort), ("serial", ctypes.c_ulong),
        ("pixels", ctypes.POINTER(ctypes.c_ulong)),
    )  # fmt: skip


def _pointer() -> tuple[object, ...]:
    """Return the picture of the mouse pointer on the screen."""
    x11, fixes = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXfixes.so.3")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    fixes.XFixesGetCursorImage.restype = ctypes.POINTER(_Image)
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    image = fixes.XFixesGetCursorImage(display).contents
    found = (image.width, image.height, *image.pixels[: image.width * image.height])
    x11.XCloseDisplay(display)
    return found


def _inside(driver: Driver, at: tuple[float, float]) -> None:
    area = driver.app.canvas.area
    assert area.x <= at[0] <= area.x + area.width, f"{at} is not above the canvas"


if __name__ == "__main__":
    play(globals())
