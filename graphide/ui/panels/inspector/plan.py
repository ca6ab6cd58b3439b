"""What the next run would do, node by node: taken from before, run, skipped and why, with the tokens of the prompts."""

from __future__ import annotations

from typing import Final

from graphide.editor.inspector_parts import GraphPart, PlanRow
from graphide.editor.text.metrics import icon, shortened
from graphide.ui.panels.inspector.pane import Part

_MOST_ROWS: Final = 120
_SIGNS: Final = {
    "cached": ("database-zap", "state_cached"), "runs": ("play", "state_running"),
    "skipped": ("skip-forward", "state_skipped"), "blocked": ("ban", "error"), "unneeded": ("circle-dashed", "faint"),
}  # fmt: skip


class Plan(Part):
    """The plan of the graph, while it is asked for."""

    def key(self) -> object:
        part = self.shown.graph
        if part is None or not self.session.graph.nodes:
            return None
        return tuple(part.plan) if self._is_open else None, part.refusal, part.summary

    @property
    def _is_open(self) -> bool:
        return self.session.plan_shown

    def fill(self) -> None:
        part = self.shown.graph
        if part is None or not self.session.graph.nodes:
            return
        kit, sign = self.kit, "chevron-down" if self._is_open else "chevron-right"
        kit.space(6)
        with kit.line(spacing=6):
            kit.button("Next run", self._switch, "fold", sign=sign, size=14, weight="medium")
            kit.text(shortened(part.summary, self.width - 100, 13), "faint", size=13)
        if self._is_open:
            self._rows(part)

    def _switch(self) -> None:
        self.session.act("plan")
        self.app.wake()

    def _rows(self, part: GraphPart) -> None:
        if part.refusal:
            self.kit.text(f"It would not begin: {part.refusal}. See the problems above", "bad", size=13, wrap=0)
        elif not part.plan:
            self.kit.text(f"{icon('loader-circle')}  Being worked out …", "faint", size=13)
        for row in part.plan[:_MOST_ROWS]:
            self._row(row)
        if len(part.plan) > _MOST_ROWS:
            self.kit.text(f"… and {len(part.plan) - _MOST_ROWS:,} more", "faint", size=13)

    def _row(self, row: PlanRow) -> None:
        kit = self.kit
        name, color = _SIGNS[row.state]
        wide = self.text_width(row.word, 13)
        with kit.line(spacing=4):
            sign = kit.text(icon(name), size=14)
            kit.paint(sign, color)
            room = self.width - 40 - wide
            title = shortened(row.node.title, room - 24, 14)
            kit.button(title, lambda: self.go_to(row.node.id), "fold", size=14, tip="Select it")
            self.right(34.0 + self.text_width(title, 14), wide + 2)
            kit.text(row.word, "faint", size=13)
        said = row.why or row.gauge
        if said:
            with kit.line(spacing=0):
                kit.text(said, "bad" if row.overflows or row.state == "blocked" else "faint", size=13, wrap=0)
