"""The part of the settings about privacy: what is kept on this machine, where, how much, and deleting it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from graphide.editor.privacy import Thing, ask_to_delete, kept
from graphide.editor.text.metrics import shortened

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.settings import SettingsBody

_STAYS: Final = (
    "Everything stays on this machine: graphide sends nothing anywhere but to the hub and the servers that you ask."
)


class Kept:
    """What is kept, measured when it is shown."""

    def __init__(self, body: SettingsBody) -> None:
        self.body = body

    def build(self) -> None:
        """Add a card for each thing that is kept."""
        body, kit = self.body, self.body.kit
        kit.space(8)
        with body.title("What is kept", _STAYS):
            pass
        for thing in kept(body.session):
            with kit.box("card", width=body.room, grow=True, border=True):
                self._thing(thing)

    def _thing(self, thing: Thing) -> None:
        kit, room = self.body.kit, self.body.room - 40
        with kit.line(spacing=10):
            kit.text(thing.label, weight="semibold")
            kit.text(thing.amount, "muted", size=14)
        kit.text(thing.about, "muted", size=13, wrap=room)
        kit.text(shortened(str(thing.place), room, 13), "faint", size=13)
        if thing.delete and thing.size:
            ask = partial(ask_to_delete, self.body.session, thing, self.body.refresh)
            self.body.fields[f"delete.{thing.id}"] = kit.button(thing.delete, ask, "danger", size=14)
