"""Which inside belongs to which dialog."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from graphide.editor.dialogs import Dialog, DialogKind
from graphide.ui.panels.chats_details import Details
from graphide.ui.panels.dialogs.asking import Asking, Inputs
from graphide.ui.panels.dialogs.body import Body
from graphide.ui.panels.dialogs.files import Files
from graphide.ui.panels.dialogs.finding import Find
from graphide.ui.panels.dialogs.history import History
from graphide.ui.panels.dialogs.models import Models
from graphide.ui.panels.dialogs.recovering import Recover
from graphide.ui.panels.dialogs.serving import ServingBody
from graphide.ui.panels.dialogs.settings import SettingsBody
from graphide.ui.panels.dialogs.sharing import Share
from graphide.ui.panels.dialogs.shortcuts import Shortcuts
from graphide.ui.panels.dialogs.starting import FirstRun
from graphide.ui.panels.dialogs.templates import Templates
from graphide.ui.panels.dialogs.templates_forms import Fill, SaveTemplate

if TYPE_CHECKING:
    from graphide.ui.panels.dialogs.shell import Dialogs

_BODIES: Final[Mapping[DialogKind, type[Body]]] = MappingProxyType({
    "ask": Asking, "open": Files, "save_as": Files, "file": Files, "folder": Files, "templates": Templates,
    "first_run": FirstRun, "shortcuts": Shortcuts, "settings": SettingsBody, "models": Models, "inputs": Inputs,
    "recover": Recover, "share": Share, "find": Find, "history": History, "details": Details, "serving": ServingBody,
    "template": SaveTemplate, "fill": Fill,
})  # fmt: skip


def body_of(shell: Dialogs, dialog: Dialog) -> Body:
    """Return the inside of a dialog."""
    return _BODIES[dialog.what](shell, dialog)
