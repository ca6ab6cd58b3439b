"""What is wrong: problems of the graph or of a node, and the error of the last run with its inputs and what to do."""

from __future__ import annotations

from functools import partial

from graphide.editor.inspector_parts import NodePart, error_text
from graphide.editor.text.metrics import icon
from graphide.errors import EXIT_MODEL
from graphide.graph.problems import Problem
from graphide.ui.panels.inspector.pane import Part


class Problems(Part):
    """The problems of what is selected; one of another node leads there."""

    def key(self) -> object:
        return self.shown.node.problems if self.shown.node is not None else self.shown.problems

    def fill(self) -> None:
        node = self.shown.node
        problems = node.problems if node is not None else self.shown.problems
        if problems and node is None:
            self.kit.heading(f"Problems ({len(problems)})")
        for problem in problems[:100]:
            self._problem(problem, leads=node is None)

    def _problem(self, problem: Problem, *, leads: bool) -> None:
        kit, bad = self.kit, problem.severity == "error"
        with kit.box("problem" if bad else "notice", width=self.width, grow=True):
            kit.text(f"{icon('circle-alert')}  {problem.message}", "bad" if bad else "warn", size=13, wrap=0)
            if problem.hint:
                kit.text(problem.hint, "muted", size=13, wrap=0)
            if leads and problem.node in self.session.graph.nodes:
                kit.button("Show the node", partial(self.go_to, problem.node), "tiny", sign="target", size=13)


class Failure(Part):
    """Why a node failed in the last run."""

    def key(self) -> object:
        node = self.shown.node
        return (node.id, node.error, node.stale) if node is not None else None

    def fill(self) -> None:
        node = self.shown.node
        if node is None or node.error is None:
            return
        kit, error = self.kit, node.error
        with kit.box("problem", width=self.width, grow=True):
            with kit.line(spacing=4):
                kit.text(f"{icon('circle-x')}  Failed{', before the last edit' if node.stale else ''}", "bad", size=14)
                self.right(200.0 if node.stale else 80.0, 60.0)
                self.copy_button(partial(error_text, node), tip="Copy the error with its inputs")
            kit.text(error.message, size=14, wrap=0)
            kit.text(f"{icon('lightbulb')}  {error.to_do}", "warn", size=13, wrap=0)
            if error.exit_code == EXIT_MODEL:
                kit.button("Find the model …", partial(self._find_model, node.id), "field_button", size=13)
            self._given(node)

    def _find_model(self, node_id: str) -> None:
        self.session.models.news.find(node_id)
        self.app.wake()

    def _given(self, node: NodePart) -> None:
        assert node.error is not None
        if node.error.inputs:
            self.kit.text("It was given", "faint", size=12)
        for name, value in node.error.inputs:
            self.kit.text(f"{name}: {value}", "muted", size=13, wrap=0)
