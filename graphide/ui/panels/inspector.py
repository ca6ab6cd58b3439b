"""The inspector: every setting of the selected node with its field, what is wrong with it, and what it last gave."""

from __future__ import annotations

from typing import Any

from graphide.editor.commands_nodes import SetNodeTitle
from graphide.editor.inspector import NodePart, SettingRow
from graphide.editor.text.metrics import icon
from graphide.editor.widgets import text_of
from graphide.spec.fields import Choice, Number
from graphide.ui import safe
from graphide.ui.panels.base import Panel
from graphide.ui.textbox import TextBox
from graphide.values import Json

_LONGEST = 4_000


class Inspector(Panel):
    """The inspector of the node that was selected last."""

    def __init__(self, app: Any, item: safe.Item) -> None:
        super().__init__(app, item)
        self._boxes: list[TextBox] = []
        self._seen: object = None

    def key(self) -> object:
        tab = self.session.tab
        node_id = tab.selection.nodes[-1] if tab.selection.nodes else ""
        run = tab.runs.view.nodes.get(node_id)
        if not self.kit.typing():  # what is being typed into is not taken away
            self._seen = (tab.document.changed, tab.problems, run.state if run is not None else "")
        return id(tab), tab.selection.nodes, self._seen, self.app.panels.right

    def update(self) -> None:
        super().update()
        for box in self._boxes:
            box.update()

    def build(self) -> None:
        for box in self._boxes:
            box.close()
        self._boxes = []
        shown = self.session.inspector()
        if shown.node is not None:
            self._node(shown.node)
        elif shown.nodes:
            self.kit.text(f"{len(shown.nodes)} nodes", size=17, weight="semibold")
            for row in shown.shared:
                self._setting(shown.nodes, row)
        else:
            self._graph()

    def _graph(self) -> None:
        graph = self.session.graph
        self.kit.text(graph.title or "Untitled", size=17, weight="semibold")
        if graph.about:
            self.kit.text(graph.about, "muted", size=14, wrap=0)
        self.kit.space(6)
        self.kit.text("Select a node to see its settings.", "faint", size=14, wrap=0)
        self._problems(self.session.tab.problems)

    def _node(self, node: NodePart) -> None:
        self.kit.text(f"{icon(node.icon)}   {node.title or node.id}", size=17, weight="semibold")
        self.kit.text(node.summary, "muted", size=13, wrap=0)
        self._problems(node.problems)
        self.kit.heading("Title")
        title = self.session.graph.nodes[node.id].title
        self.kit.field(title, lambda text: self.session.do(SetNodeTitle(node.id, text)), hint=node.id)
        for row in node.settings:
            self._setting((node.id,), row)
        self._run(node)

    def _problems(self, problems: Any) -> None:
        for problem in problems:
            self.kit.text(f"{icon('triangle-alert')}  {problem.message}", "bad", size=13, wrap=0)

    def _setting(self, nodes: tuple[str, ...], row: SettingRow) -> None:
        kit, field = self.kit, row.field
        with kit.line(spacing=6):
            label = kit.text(row.name.replace("_", " ").capitalize(), "muted", size=13)
            if row.exposed:
                kit.text("input", "faint", size=12)
            if row.set and not row.exposed:
                kit.button("", lambda: put(row.default), "icon", sign="rotate-ccw", size=12, tip="Back to the default")
        kit.tip(label, row.help)

        def put(value: Json) -> None:
            self.session.set_setting(nodes, row.name, value)

        if row.exposed and row.wired:
            kit.text("comes from a wire", "faint", size=13)
            return
        value = row.value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        match field.kind:
            case "toggle":
                kit.toggle(row.help[:44], value is True, put)
            case "number" | "integer" if isinstance(field, Number) and is_number:
                whole = field.kind == "integer"
                kit.number(
                    value, lambda new: put(int(new) if whole else round(new, 4)), low=field.low, high=field.high,
                    whole=whole,
                )  # fmt: skip
            case "choice" if isinstance(field, Choice) and field.choices:
                kit.choice(str(value), field.choices, put)
            case _:
                self._text(nodes, row)
        if row.problem:
            kit.text(row.problem, "bad", size=13, wrap=0)

    def _text(self, nodes: tuple[str, ...], row: SettingRow) -> None:
        def typed(text: str) -> None:
            self.session.type_setting(nodes, row.name, text)

        text = "" if row.mixed else text_of(row.field, row.value)
        if row.field.kind not in ("longtext", "json", "list"):
            self.kit.field(text, typed, hint="differs" if row.mixed else "")
            return
        width = self.app.panels.right - 44.0
        weight: Any = "regular" if row.field.kind == "longtext" else "mono"
        self._boxes.append(TextBox(self.app, text, typed, weight=weight, width=width))

    def _run(self, node: NodePart) -> None:
        if node.run is None:
            return
        self.kit.heading(f"Last run: {node.run.state}{', from before an edit' if node.stale else ''}")
        for what, figure in node.figures:
            self.kit.text(f"{what}  {figure}", "muted", size=13)
        if node.error is not None:
            self.kit.text(node.error.message, "bad", size=14, wrap=0)
            self.kit.text(node.error.to_do, "muted", size=13, wrap=0)
            for name, value in node.error.inputs:
                self.kit.text(f"{name}: {value}", "faint", size=13, wrap=0)
        for port in node.outputs:
            if port.value:
                self.kit.text(port.name, "faint", size=12)
                self.kit.text(port.value[:_LONGEST], size=14, wrap=0)
