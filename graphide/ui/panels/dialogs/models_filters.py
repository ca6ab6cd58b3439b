"""What is searched for on the hub, above the cards: words, order, size, licence, author, and whether only what fits."""

from __future__ import annotations

from functools import partial
from typing import Any

from graphide.editor.model_cards import LICENCES, SIZES, SORTS
from graphide.editor.model_find import FindPage
from graphide.ui import safe


class Filters:
    """The fields of a search; where there is no room for all of them, those that are asked for least are left out."""

    def __init__(self, app: Any, page: FindPage) -> None:
        self._app = app
        self._page = page
        self.author: safe.Item = 0

    def build(self, width: float, *, narrow: bool, low: bool) -> safe.Item:
        """Add the fields and return the one for words; `low`: there is no room for two lines."""
        kit, wanted = self._app.kit, self._page.wanted
        self.author = 0
        with kit.line(spacing=8):
            first: safe.Item = kit.field(
                wanted.text, self._type, hint="Search Hugging Face, or paste owner/repo",
                width=width if narrow else max(180.0, width - 716),
            )  # fmt: skip
            if not narrow:
                self._order()
                self._more()
        if narrow and not low:
            with kit.line(spacing=8):
                self._order()
        return first

    def _order(self) -> None:
        kit, wanted = self._app.kit, self._page.wanted
        sorts = {value: label for label, value in SORTS}
        sizes = {value: label for label, value in SIZES}
        kit.choice(sorts[wanted.sort], list(sorts.values()), partial(self._pick, "sort", SORTS), width=136)
        kit.choice(sizes[wanted.size], list(sizes.values()), partial(self._pick, "size", SIZES), width=126)

    def _more(self) -> None:
        kit, wanted = self._app.kit, self._page.wanted
        licences = {value: label for label, value in LICENCES}
        kit.choice(
            licences.get(wanted.licence, wanted.licence), list(licences.values()),
            partial(self._pick, "licence", LICENCES), width=118,
        )  # fmt: skip
        self.author = kit.field(
            wanted.author, lambda text: self._change(author=text), hint="Author", width=110, on_enter=True
        )
        kit.toggle("Fits this machine", wanted.fits_only, lambda on: self._change(fits_only=on))

    def _type(self, text: str) -> None:
        if not safe.reverted():
            self._page.type(text)
            self._app.wake()

    def _pick(self, name: str, known: tuple[tuple[str, Any], ...], label: str) -> None:
        self._change(**{name: next(value for shown, value in known if shown == label)})

    def _change(self, **wanted: Any) -> None:
        self._page.change(**wanted)
        self._app.wake()
