"""The dialog of models without its window: three pages, which one is shown, its buttons and its keys.

On this machine (`model_here`), Find (`model_find`), Downloads (`model_queue`). What they are about outlives the dialog, in
`model_browser`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from graphide.editor.dialogs import Dialog, DialogButton
from graphide.editor.gestures_input import Key
from graphide.editor.model_asked import Asked, ModelsAt, asked_by, chosen_now
from graphide.editor.model_find import FindPage
from graphide.editor.model_here import HerePage
from graphide.editor.model_queue import QueuePage
from graphide.models.wording import short_size

if TYPE_CHECKING:
    from graphide.editor.session import Session

PageName = Literal["here", "find", "downloads"]
PAGES: Final[tuple[tuple[PageName, str, str], ...]] = (
    ("here", "On this machine", "hard-drive"), ("find", "Find", "search"), ("downloads", "Downloads", "download"),
)  # fmt: skip
"""The pages: name, label, icon."""


class ModelDialog:
    """The state of one open dialog. `here`, `find` and `queue` are its pages, `name` says which one is shown."""

    def __init__(self, session: Session, dialog: Dialog) -> None:
        self._session = session
        self.models = session.models
        self.asked: Asked | None = asked_by(session, dialog)
        place = dialog.data if isinstance(dialog.data, ModelsAt) else ModelsAt()
        chosen = chosen_now(session, dialog) if self.asked is not None else ""
        # What "default" is to mean is asked for without a node and a setting: it is a file.
        self.here = HerePage(session, choosing=self.asked is not None, chosen=chosen, names=dialog.data != ("", ""))
        self.find = FindPage(session, place, self.asked)
        self.queue = QueuePage(session, self.asked)
        self.name: PageName = "here"
        self.models.watched = True
        self.models.downloads.look()
        self.go(next((name for name, _, _ in PAGES if name == place.page), "here"))

    @property
    def page(self) -> HerePage | FindPage | QueuePage:
        """The page that is shown."""
        return {"here": self.here, "find": self.find, "downloads": self.queue}[self.name]  # type: ignore[return-value]

    @property
    def tabs(self) -> tuple[tuple[PageName, str, str], ...]:
        """The pages with what there is to know of each before it is shown: name, label, icon."""
        here, busy = self.models.here, self.models.downloads.busy
        counts = {"here": len(here.models) if here is not None else 0, "downloads": busy}
        return tuple(
            (name, f"{label} ({count})" if (count := counts.get(name, 0)) else label, sign)
            for name, label, sign in PAGES
        )

    @property
    def about(self) -> str:
        """Who asks, what models hold in memory and what is free: `For “answer” · models hold 312 MB · 5.3 GB are free`."""
        here = self.models.here
        facts = [f"For {self.asked.label}" if self.asked is not None and self.asked.label else ""]
        if here is not None:
            facts.append(f"models hold {short_size(here.held)}" if here.held else "")
            facts.append(f"{short_size(here.free)} of {short_size(here.total)} are free")
        text = " · ".join(fact for fact in facts if fact)
        return f"{text[:1].upper()}{text[1:]}"

    @property
    def hint(self) -> str:
        """Which keys mean something here."""
        if self.name != "downloads" and self.page.narrow:  # type: ignore[union-attr]
            return "Ctrl+Left: back" if self.page.details else "Ctrl+Right: details"  # type: ignore[union-attr]
        more = {"here": "", "find": " · Ctrl+Up, Ctrl+Down: the form", "downloads": " · Space: pause or go on"}
        return f"Ctrl+1, 2, 3: the page{more[self.name]}"

    @property
    def buttons(self) -> tuple[DialogButton, ...]:
        """The buttons of the page that is shown."""
        return self.page.buttons

    def go(self, name: PageName) -> None:
        """Show a page."""
        self.name = name
        if name == "find":
            self.find.begin()

    def press(self, button: str) -> bool:
        """Do what a button says and return whether it did something here; "cancel" does not."""
        if button == "downloads":
            self.go("downloads")
            if self.find.row is not None:
                self.queue.light_id(self.find.row.id)
        elif button == "find":
            self.go("find")
        elif button == "show":
            self._show()
        else:
            return self.page.press(button)
        return True

    def enter(self, *, typing: bool) -> bool:
        """Take Enter: what was typed is searched for at once."""
        if self.name == "find" and typing and self.find.is_typed:
            self.find.search()
            return True
        return False

    def key(self, key: Key, *, typing: bool) -> bool:
        """Change the page, or do what a key means on it."""
        if key.modifiers == {"ctrl"} and key.name in ("1", "2", "3"):
            self.go(PAGES[int(key.name) - 1][0])
            return True
        return self.page.key(key, typing=typing)

    def tick(self) -> bool:
        """Ask for what is due, and return whether something will be soon."""
        return self.name == "find" and self.find.tick()

    def close(self) -> None:
        """Look at the memory no more."""
        self.models.watched = False

    def _show(self) -> None:
        """Show a file that is here among the models of this machine."""
        row, form = self.queue.row, self.find.form
        if self.name == "downloads" and row is not None:
            self.here.show(row.path)
        elif self.name == "find" and form is not None and (own := self.models.file_of(form)) is not None:
            self.here.show(own.key)
        self.go("here")
