"""THE surface for people who write node types: everything a package of nodes may import, and nothing else.

Only re-exports. What is listed here keeps its meaning within a major version; see the chapter on custom nodes.
"""

from graphide.errors import FileRefused, GraphideError, UsageError
from graphide.prompt_text import Placeholder, placeholders, render
from graphide.spec.declare import Help, More, Tolerant, node
from graphide.spec.fields import (
    Choice,
    Field,
    FilePath,
    Items,
    JsonValue,
    Line,
    LongText,
    ModelName,
    Number,
    Toggle,
    field_of_kind,
)
from graphide.spec.generation import Chunk, Context, Embedded, ModelRequest, Progress, Streamed, SubRun
from graphide.spec.nodespec import ABSENT, CacheRule, Outline, Outlines, Port, Settings
from graphide.spec.registry import Registry
from graphide.values import (
    SAMPLER_ORDER,
    Json,
    Many,
    Message,
    Messages,
    Reply,
    Role,
    Sampling,
    Text,
    Usage,
    Wire,
    convert,
    describe,
    dumps,
    to_json,
)

__all__ = [
    "ABSENT",
    "SAMPLER_ORDER",
    "CacheRule",
    "Choice",
    "Chunk",
    "Context",
    "Embedded",
    "Field",
    "FilePath",
    "FileRefused",
    "GraphideError",
    "Help",
    "Items",
    "Json",
    "JsonValue",
    "Line",
    "LongText",
    "Many",
    "Message",
    "Messages",
    "ModelName",
    "ModelRequest",
    "More",
    "Number",
    "Outline",
    "Outlines",
    "Placeholder",
    "Port",
    "Progress",
    "Registry",
    "Reply",
    "Role",
    "Sampling",
    "Settings",
    "Streamed",
    "SubRun",
    "Text",
    "Toggle",
    "Tolerant",
    "Usage",
    "UsageError",
    "Wire",
    "convert",
    "describe",
    "dumps",
    "field_of_kind",
    "node",
    "placeholders",
    "render",
    "to_json",
]
