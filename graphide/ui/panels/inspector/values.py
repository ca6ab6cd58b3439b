"""What went in and what came out in the last run: each value on a line, which opens to the whole of it, to be copied."""

from __future__ import annotations

from functools import partial
from typing import Final

from graphide.editor.inspector_parts import NodePart, PortRow
from graphide.editor.nodelook import wire_color
from graphide.editor.text.metrics import icon, shortened
from graphide.editor.whole_values import whole
from graphide.spec.nodespec import ABSENT
from graphide.ui.panels.inspector.pane import Part
from graphide.ui.panels.inspector.typed_box import LiveBox

_READS: Final = 15.0  # how often a second a text that is being written is looked at


class Values(Part):
    """The inputs and outputs of a node with their values."""

    def __init__(self, app: object, width: float) -> None:
        super().__init__(app, width)
        self._live: LiveBox | None = None
        self._read = 0
        self._opened: set[tuple[str, bool, str]] = set()
        self._closed: set[tuple[str, bool, str]] = set()

    def key(self) -> object:
        node = self.shown.node
        if node is None:
            return None
        ports = tuple(
            (port.name, port.wires, port.ends, port.value, id(port.raw)) for port in (*node.inputs, *node.outputs)
        )
        state = node.run.state if node.run is not None else ""
        opened = (frozenset(self._opened), frozenset(self._closed))
        return node.id, ports, state, node.stale, opened, self.is_open("inputs"), self.is_open("outputs")

    def update(self) -> None:
        super().update()
        node, now = self.shown.node, int(self.session.clock() * _READS)
        if self._live is None or node is None or now == self._read:
            return
        self._read = now
        run = self.session.tab.runs.view.nodes.get(node.id)
        if run is not None:
            self._live.take(run.text)

    def fill(self) -> None:
        self._live = None
        node = self.shown.node
        if node is None:
            return
        note = _note(node)
        if node.outputs and self.section("outputs", "Outputs", note=note):
            self._written(node)
            for port in node.outputs:
                self._port(node, port, output=True)
        if node.inputs and self.section("inputs", "Inputs", note=note):
            for port in node.inputs:
                self._port(node, port, output=False)

    def _written(self, node: NodePart) -> None:
        """Add the text that is being written, or was when the node was stopped."""
        run = node.run
        if run is None or not run.pieces or run.values:
            return
        self._live = LiveBox(self.app, run.text, width=self.width)
        self.add(self._live)

    def _port(self, node: NodePart, port: PortRow, *, output: bool) -> None:
        kit, key = self.kit, (node.id, output, port.name)
        has = port.raw is not ABSENT
        is_open = has and (key in self._opened or (self._first(port, output=output) and key not in self._closed))
        with kit.line(spacing=4):
            self.dot(wire_color(port.wires[0] if len(port.wires) == 1 else "any"))
            tip = f"{port.help}\n{' or '.join(port.wires)}".strip()
            name = port.name.replace("_", " ")
            if has:
                sign = "chevron-down" if is_open else "chevron-right"
                kit.button(name, partial(self._toggle, key, is_open=is_open), "fold", sign=sign, size=13, tip=tip)
            else:
                kit.tip(kit.text(name, "muted", size=13), tip)
            used = 56.0 + self.text_width(name, 13)
            if has and not is_open:
                kit.text(shortened(port.value, self.width - used - 12, 13), "faint", size=13)
            elif has:
                self.right(used + 4, 34.0)
                self.copy_button(lambda: whole(port.raw).text)
            else:
                self._ends(port, self.width - used, output=output)
        if is_open:
            self._whole(port)

    def _whole(self, port: PortRow) -> None:
        shown = whole(port.raw)
        self.add(LiveBox(self.app, shown.text, width=self.width, mono=shown.mono))
        if shown.cut:
            self.kit.text("… the rest is not shown", "faint", size=13)

    def _first(self, port: PortRow, *, output: bool) -> bool:
        """Whether a value is open by itself: the text that a node made."""
        return output and isinstance(port.raw, str)

    def _ends(self, port: PortRow, room: float, *, output: bool) -> None:
        """Add where the wires of a port without a value lead: the first node, to be selected, and how many more."""
        if not port.ends:
            self.kit.text("needs a wire" if port.required else "", "faint", size=13)
            return
        first, more = port.ends[0], len(port.ends) - 1
        sign = icon("arrow-right" if output else "arrow-left")
        label = f"{sign} {shortened(first.title, room - 60, 13)}{f' and {more} more' if more else ''}"
        self.kit.button(label, partial(self.go_to, first.id), "quiet", size=13, tip="Select the node")

    def _toggle(self, key: tuple[str, bool, str], *, is_open: bool) -> None:
        (self._closed if is_open else self._opened).add(key)
        (self._opened if is_open else self._closed).discard(key)
        self.app.wake()


def _note(node: NodePart) -> str:
    if node.run is None:
        return ""
    if node.run.state == "running":
        return "being written"
    return "of the last run, from before an edit" if node.stale else "of the last run"


class Figures(Part):
    """What the last run of a node cost, in names and figures."""

    def key(self) -> object:
        node = self.shown.node
        return (node.id, node.figures, node.stale, self.is_open("figures")) if node is not None else None

    def fill(self) -> None:
        node = self.shown.node
        if node is None or not node.figures:
            return
        if not self.section("figures", "Figures", note="from before an edit" if node.stale else ""):
            return
        for what, figure in node.figures:
            with self.kit.line(spacing=0):
                self.kit.text(what, "faint", size=13)
                self.right(self.text_width(what, 13), self.width - 120.0)
                self.kit.text(shortened(figure, self.width - 124, 13), size=13)
