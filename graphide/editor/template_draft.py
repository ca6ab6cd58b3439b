"""A template that is about to be kept, or one of the user's own that gets another name: its form, and keeping it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from graphide.editor.templates import Picture, picture
from graphide.errors import GraphideError, UsageError
from graphide.graph.model import Graph
from graphide.spec.registry import Registry
from graphide.templates import Template, Templates, id_of, tags_of

_NEEDED: Final = "Needs a name"


class TemplateDraft:
    """The name, description and tags of a template, as they are typed; `notes` are what is to be known of its graph.

    `old` is the id of the template that is changed, "" for a new one.
    """

    def __init__(
        self, templates: Templates, graph: Graph, registry: Registry, *, old: str = "", notes: tuple[str, ...] = ()
    ) -> None:
        self._templates, self._graph = templates, graph
        self.old, self.notes = old, notes
        self.picture: Picture = picture(graph, registry)
        self.name, self.about, self.tags = graph.title, graph.about, ", ".join(tags_of(graph))
        self.problem = ""
        self.saved: Template | None = None

    @property
    def replaces(self) -> bool:
        """Whether a template of the user's own has this name already, which saving puts another one in the place of."""
        return self._id not in ("", self.old) and self._id in self._own

    @property
    def fields(self) -> Mapping[str, str]:
        """What was typed, by the name of the field."""
        return {"name": self.name, "about": self.about, "tags": self.tags}

    def type(self, field: str, text: str) -> None:
        """Take what was typed into a field."""
        match field:
            case "name":
                self.name = text
            case "about":
                self.about = text
            case _:
                self.tags = text
        self.problem = ""

    def save(self, *, anew: bool = False) -> str:
        """Keep it and return "", or why not; `anew` puts it in the place of an own one with that name."""
        if not self.name.strip():
            self.problem = _NEEDED
            return self.problem
        tags = [tag for tag in self.tags.replace("#", " ").split(",") if tag.strip()]
        try:
            if self.old and not self.replaces:
                self.saved = self._templates.describe(self.old, self.name, about=self.about, tags=tags)
            elif self.replaces and not anew:
                raise UsageError(f'you have a template "{self._id}" already', hint="Replace it, or choose another name")
            else:
                self.saved = self._templates.save(self._graph, self.name, about=self.about, tags=tags, anew=anew)
        except GraphideError as error:
            self.problem = str(error)
            return self.problem
        return ""

    @property
    def _id(self) -> str:
        try:
            return id_of(self.name)
        except UsageError:
            return ""

    @property
    def _own(self) -> frozenset[str]:
        return frozenset(id for id, path in self._templates.ids().items() if path.parent == self._templates.folder)
