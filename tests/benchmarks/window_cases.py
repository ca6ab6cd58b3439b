"""The cases of `editor.py`, each measured in a window of its own: `python window_cases.py NAME` on a screen runs one."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

from many_nodes import write

SIZE = (1600, 1000)
FRAMES = 40


def figures(what: str, seconds: list[float], limit: str = "") -> None:
    """Print the least and the median of some durations, in milliseconds."""
    least, middle = min(seconds) * 1e3, statistics.median(seconds) * 1e3
    print(f"{what:58} least {least:7.1f} ms   median {middle:7.1f} ms   {limit and 'limit ' + limit}", flush=True)


def frames(driver: Any, do: Callable[[int], object], count: int = FRAMES) -> list[float]:
    """Return the CPU seconds of each of some frames, with what is done before each."""
    found = []
    for turn in range(count):
        began = time.process_time()
        do(turn)
        driver.app.frame()
        found.append(time.process_time() - began)
    return found


@contextmanager
def opened(count: int) -> Iterator[Any]:
    """Open a window on a graph of `count` nodes and let it come to rest."""
    from tests.ui.driving import window

    with tempfile.TemporaryDirectory() as folder, window(Path(folder), SIZE) as driver:
        assert driver.session.open(write(count, Path(folder)))
        settle(driver)
        yield driver


def settle(driver: Any) -> None:
    """Draw until the document has been checked and planned, and a little longer."""
    tab = driver.session.tab
    driver.until(lambda: tab.checks.latest is not None and tab.plan is not None, 60)
    driver.frames(30)


def look_at(driver: Any, x: float, y: float, zoom: float) -> None:
    """Put the camera somewhere."""
    from graphide.editor.views import Camera

    driver.session.tab.camera = Camera(x, y, zoom)
    driver.session.touch()


def pan_and_zoom(driver: Any, label: str, limit: str) -> None:
    """Measure frames standing still, pulled, and zoomed out and in about the middle by steps of the wheel."""
    from graphide.editor import viewing

    camera, session = driver.session.tab.camera, driver.session
    figures(f"{label}: a frame standing still", frames(driver, lambda _: session.touch()))
    away = 7.0 / camera.zoom
    pull = frames(driver, lambda turn: look_at(driver, camera.x + turn % 10 * away, camera.y, camera.zoom))
    figures(f"{label}: pulled", pull, limit)
    look_at(driver, *camera)
    driver.frames(5)
    for name in ("for the first time", "again"):
        steps = [0.5] * 8 + [-0.5] * 16 + [0.5] * 8

        def zoom(turn: int, steps: list[float] = steps) -> None:
            viewing.zoom(session, steps[turn])
            session.touch()

        figures(f"{label}: zoomed {name}", frames(driver, zoom, len(steps)), limit)
    at_rest = frames(driver, lambda _: None)
    figures(f"{label}: frames after zooming", at_rest, limit)


def in_sight() -> None:
    """300 nodes, all of them in sight."""
    with opened(300) as driver:
        pan_and_zoom(driver, f"300 nodes at {driver.session.tab.camera.zoom:.0%}", "7 ms")


def small_nodes() -> None:
    """300 collapsed and small nodes, near enough that their text is drawn in full."""
    from graphide.editor.commands_view import SetCollapsed
    from graphide.editor.layout import Place, Point, with_places

    with opened(300) as driver:
        session = driver.session
        session.do(SetCollapsed(tuple(session.graph.nodes), True))
        placed = {
            key: Place(Point(n % 18 * 190, n // 18 * 100), collapsed=True) for n, key in enumerate(session.graph.nodes)
        }
        session.tab.document._go("Move", with_places(session.graph, placed))
        settle(driver)
        look_at(driver, -10, -10, 0.46)
        driver.frames(3)
        pan_and_zoom(driver, "300 collapsed nodes at 46%", "7 ms")


def large() -> None:
    """1,000 nodes, most of them out of sight."""
    with opened(1_000) as driver:
        look_at(driver, 3000, 3000, 1.0)
        driver.frames(10)
        pan_and_zoom(driver, "1,000 nodes at 100%", "4 ms")


def memory() -> None:
    """The memory of the process with 1,000 nodes; drawn in earnest, because GALLIUM_NOOP never gives back a buffer."""
    import psutil

    with opened(1_000) as driver:
        found = {"all in sight": psutil.Process().memory_info().rss}
        for x in range(0, 12_000, 900):
            look_at(driver, x, x / 2, 1.0)
            driver.frames(2)
        found["after a walk through them at 100%"] = psutil.Process().memory_info().rss
        for what, size in found.items():
            print(f"{f'1,000 nodes: memory of the process, {what}':58} {size / 1e6:.0f} MB   limit 250 MB", flush=True)


def open_large() -> None:
    """Opening 1,000 nodes: from the file to the first frame, on the wall and in CPU time."""
    from tests.ui.driving import window

    with tempfile.TemporaryDirectory() as folder, window(Path(folder), SIZE) as driver:
        path = write(1_000, Path(folder))
        began, used = time.perf_counter(), time.process_time()
        assert driver.session.open(path)
        loaded = time.process_time() - used
        driver.app.frame()
        wall, cpu = time.perf_counter() - began, time.process_time() - used
        told = f"{wall:.2f} s, CPU {cpu:.2f} s ({loaded:.2f} s of it the document)"
        print(f"{'1,000 nodes: from the file to the first frame':58} {told}   limit 0.9 s", flush=True)


def edits() -> None:
    """Undo, select all, hovering and typing with 1,000 nodes."""
    from graphide.editor.commands_view import moved_by
    from graphide.editor.selection import Selection

    with opened(1_000) as driver:
        session = driver.session
        everyone = tuple(session.graph.nodes)
        chosen, undone, undone_all = [], [], []
        for _ in range(5):
            chosen += frames(driver, lambda _: session.act("select_all"), 1)
            driver.frames(3)
            session.select(Selection())
            driver.frames(3)
            session.do(moved_by(session.graph, everyone[:1], (40, 40)))
            settle(driver)
            undone += frames(driver, lambda _: session.act("undo"), 1)
            session.do(moved_by(session.graph, everyone, (40, 40)))
            settle(driver)
            undone_all += frames(driver, lambda _: session.act("undo"), 1)
            settle(driver)
        figures("1,000 nodes: select all, and the frame", chosen, "100 ms")
        figures("1,000 nodes: undo of one move, and the frame", undone, "50 ms")
        figures("1,000 nodes: undo of moving all, and the frame", undone_all, "50 ms")
        typing(driver)


def typing(driver: Any) -> None:
    """Measure keystrokes in a node at zoom 1, and that each is painted in the next frame."""
    from graphide.editor.gestures_input import Mouse

    session = driver.session
    group = session.surface.group("n1")
    look_at(driver, group.x - 100, group.y - 100, 1.0)
    driver.frames(5)
    box = next(hit for hit in group.hits if hit.part == "widget" and hit.name == "text").box
    at = session.tab.camera.to_screen(group.x + box.x + 20, group.y + box.y + 10)
    session.mouse(Mouse("move", "", *at))
    session.mouse(Mouse("down", "left", *at))
    session.mouse(Mouse("up", "left", *at))
    driver.frames(10)
    assert session.field is not None
    found = []
    for _ in range(30):
        found += frames(driver, lambda _: session.typed("a"), 1)
        assert driver.app.canvas.shown_text == session.graph.nodes["n1"].settings["text"]
    figures(f"{len(session.graph.nodes):,} nodes: a keystroke, painted in the next frame", found, "16 ms")


def idle() -> None:
    """A window in which nothing happens: frames drawn, and CPU time."""
    import dearpygui.dearpygui as dpg

    with opened(300) as driver:
        for what in ("nothing happens", "the caret blinks in a text"):
            if what != "nothing happens":
                typing(driver)
            _loop(driver, 2.0)
            drawn, used, began = dpg.get_frame_count(), time.process_time(), time.monotonic()
            _loop(driver, 10.0)
            share = (time.process_time() - used) / (time.monotonic() - began)
            told = f"{dpg.get_frame_count() - drawn} frames, {share:.2%} of a core"
            print(f"{f'300 nodes, {what}, 10 seconds':58} {told}   limit 0.5 %", flush=True)


def _loop(driver: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        driver.app.turn()


def stream() -> None:
    """200 tokens a second written into a node that is seen, in a graph of 300."""
    from graphide.backends.echo import EchoBackend

    plain = EchoBackend.generate

    def paced(self: EchoBackend, request: Any, cancel: Any) -> Any:
        due = time.monotonic()
        for item in plain(self, request, Event()):
            due += 0.005
            time.sleep(max(0.0, due - time.monotonic()))
            yield item

    EchoBackend.generate = paced  # type: ignore[method-assign]
    with opened(300) as driver:
        session = driver.session
        session.do(_long_text(session))
        settle(driver)
        group = session.surface.group("n2")
        look_at(driver, group.x - 500, group.y - 100, 1.0)
        driver.frames(10)
        session.tab.runs.start(session.tab.document.source, targets=("n3",))
        driver.until(lambda: (run := session.tab.runs.view.nodes.get("n2")) is not None and run.chunks > 20)
        run = session.tab.runs.view.nodes["n2"]
        before, used, began = run.chunks, time.process_time(), time.monotonic()
        _loop(driver, 5.0)
        seconds = time.monotonic() - began
        rate = (session.tab.runs.view.nodes["n2"].chunks - before) / seconds
        share = (time.process_time() - used) / seconds
        session.tab.runs.stop()
    print(f"{f'300 nodes, {rate:.0f} tokens a second':58} {share:.1%} of a core   limit 15 %", flush=True)


def _long_text(session: Any) -> Any:
    from graphide.editor.commands_settings import SetSetting

    words = "{{ text }} " + " ".join(f"word{number}" for number in range(2_500))
    session.do(SetSetting("n2", "max_tokens", 4_000, session.rules))
    return SetSetting("n1", "text", words, session.rules)


CASES: dict[str, Callable[[], None]] = {
    "in_sight": in_sight, "small": small_nodes, "large": large, "open": open_large, "edits": edits, "idle": idle,
    "stream": stream, "memory": memory,
}  # fmt: skip

if __name__ == "__main__":
    CASES[sys.argv[1]]()
