"""What drawing the canvas costs: CPU time of one frame, with graphs of many nodes, in a window that nobody sees.

    python tests/benchmarks/editor.py          # starts a screen of its own; GALLIUM_NOOP=1, so nothing is drawn

Prints the mode of drawing with the figures: without a GPU the drawing itself would be most of what is measured.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIZE = (1600, 1000)
CASES = ((300, 0.46, "300 nodes in sight"), (1_000, 1.0, "1,000 nodes, most of them out of sight"))


def main() -> None:
    """Measure each case in a process of its own."""
    sys.path.insert(0, str(ROOT))
    from tests.ui.window import screen

    with screen() as display:
        environment = {**os.environ, "DISPLAY": display, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'nodes'}"}
        environment.setdefault("GALLIUM_NOOP", "1")
        print(f"drawing: {'GALLIUM_NOOP=1' if environment['GALLIUM_NOOP'] == '1' else 'llvmpipe'}; CPU ms a frame")
        for number in range(len(CASES)):
            subprocess.run([sys.executable, __file__, str(number)], env=environment, check=True)


def measure(nodes: int, zoom: float, label: str) -> None:
    """Print what one case costs: standing still, pulled, and zoomed."""
    import dearpygui.dearpygui as dpg

    from graphide.editor.views import Camera, CanvasView
    from graphide.ui import safe
    from graphide.ui.colors import LOOKS
    from graphide.ui.fonts import Fonts
    from graphide.ui.paint import Painter

    groups, wires = graph(nodes)
    with safe.context():
        dpg.create_viewport(width=SIZE[0], height=SIZE[1], vsync=False)
        fonts = Fonts()
        with dpg.window() as window:
            drawlist = dpg.add_drawlist(*SIZE)
        painter = Painter(drawlist, LOOKS["dark"], {"regular": fonts.of("regular"), "medium": fonts.of("medium")})
        dpg.setup_dearpygui()
        dpg.show_viewport()
        dpg.set_primary_window(window, True)

        def show(x: float, zoomed: float) -> None:
            painter.paint(CanvasView((), wires, groups, (), Camera(x, 0, zoomed)), SIZE)

        show(0, zoom)
        still = cpu(20, lambda _: None)
        pulled = cpu(20, lambda turn: show(turn * 3.0, zoom))
        zoomed = cpu(6, lambda turn: show(0, zoom * (1 + turn / 100)))
    print(f"{label:42} still {still:5.1f}   pulled {pulled:5.1f}   zoomed {zoomed:5.1f}")


def cpu(turns: int, do: Callable[[int], object]) -> float:
    """Return the CPU milliseconds of a turn with a frame."""
    import dearpygui.dearpygui as dpg

    for _ in range(3):
        dpg.render_dearpygui_frame()
    before = time.process_time()
    for turn in range(turns):
        do(turn)
        dpg.render_dearpygui_frame()
    return (time.process_time() - before) / turns * 1_000


def graph(count: int):  # type: ignore[no-untyped-def]
    """Return nodes that look like those of the editor, in rows, each wired to the next."""
    from graphide.editor.text.metrics import icon
    from graphide.editor.views import Disc, Group, Rect, Text, Wire
    from graphide.graph.model import Edge

    columns = math.ceil(math.sqrt(count * 1.6))
    groups, wires = [], []
    for number in range(count):
        x, y = number % columns * 150.0, number // columns * 150.0
        shapes = (
            Rect(0, 0, 130, 120, "card", "border", 1.4, 12, shadow="shadow"),
            Rect(1, 1, 128, 34, "card+category_model@16", rounding=11, top_only=True),
            Text(14, 10, icon("cpu"), 15), Text(38, 10, f"Draft {number}", 14, "text", "medium"),
            Disc(0, 60, 5.5, "wire_text"), Text(14, 52, "system", 13, "muted"), Disc(0, 80, 5.5, "wire_json"),
            Text(14, 72, "context", 13, "muted"), Rect(14, 92, 100, 20, "field", rounding=8),
            Text(24, 94, "default", 13), Disc(130, 100, 5.5, "wire_text"),
        )  # fmt: skip
        groups.append(Group(f"n{number}", x, y, 130, 120, shapes, shapes[:2]))
        if (number + 1) % columns and number + 1 < count:
            curve = ((x + 130, y + 100), (x + 150, y + 100), (x + 130, y + 60), (x + 150, y + 60))
            wires.append(Wire(Edge(f"n{number}", "text", f"n{number + 1}", "prompt"), (curve,), "wire_text"))
    return tuple(groups), tuple(wires)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(*CASES[int(sys.argv[1])])
    else:
        main()
