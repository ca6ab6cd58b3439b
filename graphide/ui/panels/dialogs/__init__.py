"""The dialogs that the session asks for, each in a window in the middle. `Dialogs` shows the one that is open."""

from graphide.ui.panels.dialogs.shell import Dialogs as Dialogs
