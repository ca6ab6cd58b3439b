"""What a person wants to know about a model file, derived from its header: a small value that can be stored as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Literal, NamedTuple

from graphide.models.ggml_types import ELEMENT_TYPES, FILE_TYPES
from graphide.models.gguf import GgufHeader, LongArray, Value

ModelKind = Literal["model", "projector", "adapter"]

_GUESSED = 1024  # LLAMA_FTYPE_GUESSED: a flag on general.file_type
_MOST = (1 << 63) - 1  # of a number that can be kept anywhere
_LONGEST = 200  # characters of a name


class ModelFacts(NamedTuple):
    """The facts of a GGUF file; 0 and "" where the header does not say.

    A projector adds pictures or sound to a model and an adapter (LoRA) changes one: neither runs alone. The
    `embedding_length` of a projector is that of the models which it was made for.
    `split_count` is the number of files of a split model, 1 otherwise; `parameters` counts this file only.
    """

    kind: ModelKind = "model"
    architecture: str = ""
    name: str = ""
    parameters: int = 0
    quantisation: str = ""
    context_length: int = 0
    layers: int = 0
    heads: int = 0
    heads_kv: int = 0
    embedding_length: int = 0
    vocabulary: int = 0
    licence: str = ""
    has_chat_template: bool = False
    split_count: int = 1


def facts_of(header: GgufHeader) -> ModelFacts:
    """Return the facts of a header."""
    metadata = header.metadata
    architecture = architecture_of(header)

    def number(key: str) -> int:
        return _largest(metadata.get(f"{architecture}.{key}"))

    return ModelFacts(
        kind=kind_of(header),
        architecture=architecture,
        name=_name(metadata.get("general.name")),
        parameters=_bounded(sum(tensor.elements for tensor in header.tensors)),
        quantisation=quantisation_of(header),
        context_length=number("context_length"),
        layers=number("block_count"),
        heads=number("attention.head_count"),
        heads_kv=number("attention.head_count_kv") or number("attention.head_count"),
        embedding_length=projected_length(header) if kind_of(header) == "projector" else number("embedding_length"),
        vocabulary=vocabulary_of(header) or number("vocab_size"),
        licence=_name(metadata.get("general.license")),
        has_chat_template=bool(chat_template_of(header)),
        split_count=max(1, _largest(metadata.get("split.count"))),
    )


def kind_of(header: GgufHeader) -> ModelKind:
    """Return whether a file is a model, a projector or an adapter."""
    stated = _text(header.metadata.get("general.type"))
    if stated == "mmproj" or architecture_of(header) == "clip":
        return "projector"
    return "adapter" if stated == "adapter" else "model"


def projected_length(header: GgufHeader) -> int:
    """Return how long the embeddings are that a projector gives to its model, 0 where the header does not say.

    Files of today state it; early ones state that of the picture model, so a number that no tensor of the projection has
    is not believed, and the last bias of the projection says it.
    """
    metadata, projection = header.metadata, [each for each in header.tensors if each.name.startswith("mm.")]
    stated = max(_largest(metadata.get(f"clip.{kind}projection_dim")) for kind in ("vision.", "audio.", ""))
    if stated and (not projection or any(stated in tensor.dims for tensor in projection)):
        return stated
    biases = [each.dims[0] for each in projection if each.name.endswith(".bias") and len(each.dims) == 1]
    return _bounded(biases[-1]) if biases else 0


def architecture_of(header: GgufHeader) -> str:
    """Return the architecture of a model, "" when it does not say."""
    return _name(header.metadata.get("general.architecture"))


def chat_template_of(header: GgufHeader) -> str:
    """Return the chat template of a model as Jinja text, "" when it has none."""
    return _text(header.metadata.get("tokenizer.chat_template"))


def vocabulary_of(header: GgufHeader) -> int:
    """Return the number of tokens that the file lists."""
    tokens = header.metadata.get("tokenizer.ggml.tokens")
    return tokens.length if isinstance(tokens, LongArray) else len(tokens) if isinstance(tokens, tuple) else 0


def quantisation_of(header: GgufHeader) -> str:
    """Return the name of the quantisation: the one that the file states, else that of most of its bytes."""
    stated = header.metadata.get("general.file_type")
    if isinstance(stated, int) and stated & ~_GUESSED in FILE_TYPES:
        return FILE_TYPES[stated & ~_GUESSED]
    sizes: Counter[int] = Counter()
    for tensor in header.tensors:
        sizes[tensor.type] += tensor.size
    known = [(size, code) for code, size in sizes.items() if code in ELEMENT_TYPES]
    return ELEMENT_TYPES[max(known)[1]].name if known else ""


def _text(value: Value | None) -> str:
    return value if isinstance(value, str) else ""


def _name(value: Value | None) -> str:
    """Return a text as a name, cut to the length that one can have: headers come from strangers."""
    return _text(value)[:_LONGEST]


def _bounded(number: int) -> int:
    return max(0, min(number, _MOST))


def _largest(value: Value | None) -> int:
    """Return a whole number, or the largest of an array of them (some models have one per layer)."""
    items = value if isinstance(value, tuple) else (value,)
    return max((item for item in items if isinstance(item, int) and 0 <= item <= _MOST), default=0)
