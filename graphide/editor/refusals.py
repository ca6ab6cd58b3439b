"""What is asked when a document cannot be saved as it was meant to: the reason, and what can be done instead."""

from __future__ import annotations

from graphide.editor.dialogs import Answer, Dialog, DialogButton
from graphide.editor.document import ChangedOutside, OpenElsewhere
from graphide.errors import GraphideError

_SAVE_AS = DialogButton("save_as", "Save as …")
_ANYWAY = DialogButton("anyway", "Save over it", "danger")


def question(error: GraphideError, reply: Answer, *, no: str = "Cancel") -> Dialog:
    """Return the question about a save that failed; answers: load, save_as, anyway, again, cancel (labelled `no`)."""
    cancel = DialogButton("cancel", no)
    if isinstance(error, ChangedOutside):
        buttons: tuple[DialogButton, ...] = (DialogButton("load", "Load it", "main"), _SAVE_AS, _ANYWAY, cancel)
        return Dialog("ask", "The file was changed", str(error), error, buttons, reply)
    if isinstance(error, OpenElsewhere):
        buttons = (_SAVE_AS._replace(kind="main"), _ANYWAY, cancel)
        return Dialog("ask", "The file is open elsewhere", str(error), error, buttons, reply)
    buttons = (_SAVE_AS._replace(kind="main"), DialogButton("again", "Try again"), cancel)
    return Dialog("ask", "The graph is not saved", str(error), error, buttons, reply)
