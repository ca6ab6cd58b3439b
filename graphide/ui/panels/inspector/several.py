"""Several nodes at once, a frame, and the graph when nothing is selected."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from graphide.editor.commands import SetGraphText
from graphide.editor.commands_view import SetColor, SetFrame
from graphide.editor.inspector_parts import MOST_LINES, NodeLine
from graphide.editor.layout import Frame, frames
from graphide.editor.nodelook import COLORS
from graphide.editor.text.metrics import icon, shortened
from graphide.editor.typed_text import command_text
from graphide.ui.panels.inspector.pane import Part
from graphide.ui.panels.inspector.typed_box import TypedBox


class Several(Part):
    """The nodes that are selected, one to a line, and what can be done with all of them."""

    def key(self) -> object:
        return len(self.shown.nodes), self.shown.lines, self.is_open("chosen")

    def fill(self) -> None:
        kit, count = self.kit, len(self.shown.nodes)
        kit.text(f"{count} nodes", size=17, weight="semibold")
        with kit.line(spacing=2):
            for action, sign, tip in (
                ("group", "group", "Group into a subgraph"), ("frame", "frame", "Frame around them"),
                ("duplicate", "copy-plus", "Duplicate"), ("mute", "volume-x", "Mute"), ("bypass", "route", "Bypass"),
                ("delete", "trash-2", "Delete"),
            ):  # fmt: skip
                kit.icon_button(sign, partial(self._act, action), tip, size=15)
        if self.section("chosen", "Selected"):
            listed(self, self.shown.lines, count)

    def _act(self, action: str) -> None:
        self.session.act(action)
        self.app.wake()


class FramePart(Part):
    """A frame: its title, its colour, and the nodes in it."""

    is_held_while_typing = True

    def key(self) -> object:
        frame = self.shown.frame
        return None if frame is None else (frame[0], frame[1].color, self.shown.lines)

    def fill(self) -> None:
        if self.shown.frame is None:
            return
        frame_id, frame = self.shown.frame
        kit = self.kit
        with kit.line(spacing=8):
            kit.text(icon("frame"), "muted", size=17)
            kit.text("Frame", "muted", size=13)
        typed = command_text(
            self.session, ("frame", frame_id), lambda: self._now(frame_id).title,
            lambda text: SetFrame(frame_id, replace(self._now(frame_id), title=text)),
        )  # fmt: skip
        self.add(TypedBox(self.app, typed, width=self.width, hint="Title"))
        kit.heading("Colour")
        self._colors(frame_id, frame)
        kit.heading(f"{len(self.shown.lines)} node{'' if len(self.shown.lines) == 1 else 's'} inside")
        listed(self, self.shown.lines, len(self.shown.lines))

    def _colors(self, frame_id: str, frame: Frame) -> None:
        each = max(1, int(self.width // 34))
        names = ("", *COLORS)
        for first in range(0, len(names), each):
            with self.kit.line(spacing=2):
                for name in names[first : first + each]:
                    sign = "circle-check" if name == frame.color else "circle-dashed" if not name else "circle"
                    button = self.kit.button(
                        "", partial(self._paint, frame_id, name), "tiny", sign=sign, size=17, tip=name or "none"
                    )  # fmt: skip
                    self.kit.paint(button, name or "muted")

    def _paint(self, frame_id: str, name: str) -> None:
        self.session.do(SetColor((), name, (frame_id,)))
        self.app.wake()

    def _now(self, frame_id: str) -> Frame:
        return frames(self.session.graph).get(frame_id, Frame())


class GraphHead(Part):
    """The title of the graph, and what it is about."""

    is_held_while_typing = True

    def key(self) -> object:
        return id(self.session.tab)

    def fill(self) -> None:
        session, kit = self.session, self.kit
        with kit.line(spacing=8):
            kit.text(icon("workflow"), "muted", size=17)
            kit.text("Graph", "muted", size=13)
        title = command_text(
            session, "graph title", lambda: session.graph.title, lambda text: SetGraphText("title", text)
        )
        about = command_text(
            session, "graph about", lambda: session.graph.about, lambda text: SetGraphText("about", text)
        )
        self.add(TypedBox(self.app, title, width=self.width, hint="Untitled"))
        self.add(
            TypedBox(self.app, about, width=self.width, one_line=False, hint="What it is about", most=8)
        )  # fmt: skip


class GraphPart(Part):
    """The inputs, outputs and models of the graph."""

    def key(self) -> object:
        part = self.shown.graph
        if part is None:
            return None
        return part.inputs, part.outputs, part.models, part.trouble, tuple(map(self.is_open, ("io", "models")))

    def fill(self) -> None:
        part, kit = self.shown.graph, self.kit
        if part is None:
            return
        if part.trouble:
            kit.text(part.trouble, "bad", size=13, wrap=0)
        if (part.inputs or part.outputs) and self.section("io", "Inputs and outputs"):
            for row in part.inputs:
                value = row.value or ("has to be given" if row.required else "empty")
                self._line(row.node, f"{value}", bad=row.required)
            for line in part.outputs:
                self._line(line, "output")
        if part.models and self.section("models", "Models"):
            for model in part.models:
                size = f" · {model.size / 1e6:,.0f} MB" if model.size else ""
                kit.text(f"{icon('cpu')}  {model.name}", size=14)
                kit.text(f"{model.file}{size}", "muted", size=13, wrap=0)
            kit.button("Models …", partial(self.session.act, "models"), "ghost", sign="library", size=13)
        if not self.session.graph.nodes:
            kit.space(6)
            kit.text("Double-click on the canvas to add a node, or begin with a template.", "faint", size=14, wrap=0)

    def _line(self, line: NodeLine, said: str, *, bad: bool = False) -> None:
        half = self.width * 0.45
        with self.kit.line(spacing=4):
            self.node_button(line, room=half)
            self.kit.text(shortened(said, self.width - half - 10, 13), "bad" if bad else "faint", size=13)


def listed(part: Part, lines: tuple[NodeLine, ...], count: int) -> None:
    """Add nodes, one to a line, the first of `count` in all; a click selects one."""
    for line in lines[:MOST_LINES]:
        part.node_button(line)
    if count > MOST_LINES:
        part.kit.text(f"… and {count - MOST_LINES:,} more", "faint", size=13)
