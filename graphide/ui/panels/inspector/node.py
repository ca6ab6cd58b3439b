"""The settings of a node, or those that several share, with the placeholders of its text as a form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from graphide.editor.inspector_parts import Inspector, NodePart, SettingRow
from graphide.editor.whole_values import whole
from graphide.ui.panels.inspector.pane import Part
from graphide.ui.panels.inspector.settings import SettingField, shape_of
from graphide.ui.panels.inspector.typed_box import LiveBox


class Settings(Part):
    """The fields of what is selected; their values are followed in place."""

    is_held_while_typing = True

    def __init__(self, app: Any, width: float) -> None:
        super().__init__(app, width)
        # What is looked for first is settled when a node is selected: a field does not move because it was changed.
        self._first: frozenset[str] | None = None
        self._seen: Inspector | None = None
        self._rows: tuple[SettingRow, ...] = ()
        self._shaped: object = None
        self._shape: tuple[object, ...] = ()

    def show(self, shown: Inspector) -> None:
        """Bring the fields to the settings as they are."""
        news = shown is not self._seen
        if news:
            self._seen, self._rows = shown, self._found(shown)
        super().show(shown)
        rows = {row.name: row for row in self._rows} if news else {}
        for field in self.fields:
            if isinstance(field, SettingField) and field.row.name in rows:
                field.follow(rows[field.row.name])

    def key(self) -> object:
        # Settings that are the same are not compared one by one.
        if self._shaped is not self._rows:
            self._shaped, self._shape = self._rows, tuple(shape_of(row) for row in self._rows)
        return self.shown.nodes, self._shape, self.is_open("more", first=False)

    def fill(self) -> None:
        rows = self._rows
        self._fields(row for row in rows if row.main and not row.placeholder)
        forms = [row for row in rows if row.placeholder]
        if forms:
            self.kit.heading("Placeholders")
        self._fields(forms)
        rest = [row for row in rows if not row.main]
        if rest and self.section("more", "More settings", first=False, note=f"{len(rest)}"):
            self._fields(rest)
        if not rows and self.shown.node is not None:
            self._kept(self.shown.node)
        elif not rows:
            self.kit.text("They have no settings in common", "faint", size=13)

    def _kept(self, node: NodePart) -> None:
        """Show what there is of a node without fields: the settings that a type which is not installed has left."""
        if node.type in self.session.workspace.registry or not self.session.graph.nodes[node.id].settings:
            self.kit.text("It has no settings", "faint", size=13)
            return
        self.kit.text("Its settings are kept as they are", "faint", size=13)
        kept = whole(dict(self.session.graph.nodes[node.id].settings))
        self.add(LiveBox(self.app, kept.text, width=self.width, mono=True))

    def _fields(self, rows: Iterable[SettingRow]) -> None:
        for row in rows:
            self.add(SettingField(self, self.shown.nodes, row))

    def _found(self, shown: Inspector) -> tuple[SettingRow, ...]:
        rows = shown.node.settings if shown.node is not None else shown.shared
        if self._first is None and rows:
            self._first = frozenset(row.name for row in rows if row.main)
        first = self._first or frozenset()
        return tuple(replace(row, main=row.placeholder or bool(row.problem) or row.name in first) for row in rows)
