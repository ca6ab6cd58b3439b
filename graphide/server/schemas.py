"""The bodies of requests to the routes under /api, as pydantic checks and OpenAPI describes them. Nothing is done here."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

LARGEST_SEED = 2**32 - 1
LONGEST_NAME = 1_000

GraphGiven = str | dict[str, Any]
"""The name of a served graph or template, or a graph itself as its file has it."""


class Body(BaseModel):
    """A body that says no more than what is asked for: a misspelt field is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class RunBody(Body):
    """What to run."""

    graph: GraphGiven = Field(description="The name of a served graph or template, or a graph itself.")
    inputs: dict[str, Any] = Field(default={}, description="Values by the names of the graph's inputs.")
    targets: list[str] = Field(default=[], description="Nodes to run to; none: all outputs.")
    seed: int | None = Field(default=None, ge=0, le=LARGEST_SEED, description="Seed of model nodes without their own.")
    stream: bool = Field(default=False, description="Answer with the events of the run as they happen.")


class CheckBody(Body):
    """What to look over."""

    graph: GraphGiven
    targets: list[str] = []


class ModelBody(Body):
    """Which model."""

    model: str = Field(max_length=LONGEST_NAME, description="Its id, as the list of models has it, or an alias.")


class LoadBody(ModelBody):
    """Which model to load."""

    anyway: bool = Field(default=False, description="Also where it does not fit into memory beside what is in use.")
    stream: bool = Field(default=False, description="Answer with how far it is as it goes on.")


class TemplateBody(Body):
    """A template to keep."""

    graph: GraphGiven
    name: str = Field(min_length=1, max_length=200)
    about: str = Field(default="", max_length=10_000)
    tags: list[str] = Field(default=[], max_length=50)
    replace: bool = Field(default=False, description="Take the place of an own template with that id.")


class Component(Body):
    """A part of a prompt: a text with {{ placeholders }}, said by somebody."""

    role: Literal["system", "user", "assistant"] = "user"
    text: str


class BuildBody(Body):
    """What to build a prompt from: exactly one of `template`, `text` and `components`, and values."""

    template: str | None = Field(default=None, max_length=LONGEST_NAME, description="The id of a template.")
    text: str | None = Field(default=None, description="A text with {{ placeholders }}.")
    components: list[Component] | None = Field(default=None, max_length=200)
    values: dict[str, Any] = Field(default={}, description="Values of the placeholders, or inputs of the template.")
