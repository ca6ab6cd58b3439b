"""The head of a node: its icon and title, what it is for, its state, and whether a run would take it, run it or pass it by."""

from __future__ import annotations

from typing import Final

from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.editing import set_state
from graphide.editor.inspector_parts import NodePart
from graphide.editor.text.metrics import icon
from graphide.editor.typed_text import command_text
from graphide.graph.model import State
from graphide.ui.panels.inspector.pane import Part
from graphide.ui.panels.inspector.typed_box import TypedBox
from graphide.ui.theme import StyleName

_STATES: Final[tuple[tuple[State, str, str], ...]] = (
    ("muted", "volume-x", "Mute: it does not run, nor does what needs it"),
    ("bypassed", "corner-down-right", "Bypass: what comes in is handed on"),
)
_PLANNED: Final[dict[str, tuple[str, StyleName]]] = {
    "cached": ("database-zap", "good"), "runs": ("play", "accent_text"), "skipped": ("skip-forward", "faint"),
    "blocked": ("ban", "bad"),
}  # fmt: skip


class Head(Part):
    """What a node is."""

    is_held_while_typing = True

    def key(self) -> object:
        node = self.shown.node
        return (
            None
            if node is None
            else (node.id, node.type, node.icon, node.color, node.state, node.plan, self.session.plan_shown)
        )

    def fill(self) -> None:
        node = self.shown.node
        if node is None:
            return
        kit, session = self.kit, self.session
        with kit.line(spacing=8):
            sign = kit.text(icon(node.icon), size=17)
            kit.paint(sign, node.color)
            kit.text(node.type, "muted", size=13)
            self.right(40 + self.text_width(node.type, 13), 60.0)
            for state, name, tip in _STATES:
                self._state_button(node, state, name, tip)
        typed = command_text(
            session, ("title", node.id), lambda: _title(self, node.id), lambda text: SetNodeTitle(node.id, text.strip())
        )  # fmt: skip
        self.add(TypedBox(self.app, typed, width=self.width, hint=node.id))
        self.fields[-1].explain()  # type: ignore[attr-defined]
        kit.tip(kit.text(node.summary, "muted", size=13, wrap=0), node.doc)
        if node.plan is not None and (node.plan.state != "runs" or node.plan.gauge or self.session.plan_shown):
            sign_name, style = _PLANNED[node.plan.state]
            said = node.plan.why or node.plan.gauge
            words = f"{icon(sign_name)}  Next run: {node.plan.word}{f' · {said}' if said else ''}"
            kit.text(words, "bad" if node.plan.overflows else style, size=13, wrap=0)

    def _state_button(self, node: NodePart, state: State, name: str, tip: str) -> None:
        def press() -> None:
            set_state(self.session, state)
            self.app.wake()

        self.tiny(name, press, tip, on=node.state == state)


def _title(part: Head, node_id: str) -> str:
    node = part.session.graph.nodes.get(node_id)
    return node.title if node is not None else ""
