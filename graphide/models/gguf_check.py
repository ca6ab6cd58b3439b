"""Whether the engine may see a GGUF file: the checks that keep it from aborting, each with a sentence.

llama.cpp ends its whole process on some broken headers and says only "failed to load" on most others; here the same
rules give a reason. Reading the header is `gguf`. Source of the rules: the loader of llama.cpp and gguf.cpp of ggml.
"""

from __future__ import annotations

from graphide.errors import FaultKind, InferenceFault
from graphide.models.facts import facts_of, vocabulary_of
from graphide.models.ggml_types import ELEMENT_TYPES, REMOVED_TYPES
from graphide.models.gguf import GgufHeader, TensorInfo, Value

_AGAIN = "Download it again"
_LARGEST = 1 << 62

# Models whose layers need no attention state that with keys of these groups.
_RECURRENT = (".ssm.", ".wkv.", ".wkv_head_size", ".rescale_every_n_layers", ".time_mix_extra_dim")


def check(header: GgufHeader, file_size: int) -> InferenceFault | None:
    """Return why the engine must not load this file as a language model, None when it may try.

    `file_size` is in bytes. The fault is returned, not raised: raise it, or show its message.
    """
    return check_structure(header, file_size) or _check_model(header)


def check_structure(header: GgufHeader, file_size: int) -> InferenceFault | None:
    """Return what is wrong with a GGUF file of any kind: its tensors, their places, its size."""
    expected, seen = 0, set[str]()
    for tensor in header.tensors:
        problem = _check_tensor(tensor, header.alignment)
        if problem:
            return problem
        if tensor.name in seen:
            return _corrupt(f'has the tensor "{tensor.name}" twice')
        seen.add(tensor.name)
        if tensor.offset != expected:
            return _corrupt(f'places its tensor "{tensor.name}" at {tensor.offset:,} instead of {expected:,}')
        expected += -(-tensor.size // header.alignment) * header.alignment
        if expected > _LARGEST:
            return _corrupt("describes more data than any file can hold")
    if header.file_size > file_size:
        return _corrupt(
            f"is truncated: the header describes {header.file_size:,} bytes, the file has {file_size:,}",
        )
    return None


def _check_tensor(tensor: TensorInfo, alignment: int) -> InferenceFault | None:
    element = ELEMENT_TYPES.get(tensor.type)
    if element is None:
        removed = tensor.type in REMOVED_TYPES
        return _fault(
            "unsupported_arch",
            f'stores its tensor "{tensor.name}" as type {tensor.type}, which the engine '
            + ("no longer reads" if removed else "does not know"),
            "Download another quantisation of this model" if removed else "Update graphide, or download it again",
        )
    if not tensor.dims or min(tensor.dims) <= 0 or tensor.elements * 8 > _LARGEST:
        return _corrupt(f'gives its tensor "{tensor.name}" the impossible dimensions {list(tensor.dims)}')
    if tensor.dims[0] % element.block:
        return _corrupt(
            f'has rows of {tensor.dims[0]:,} in its tensor "{tensor.name}"; {element.name} needs multiples of '
            f"{element.block}"
        )
    return None if tensor.offset % alignment == 0 else _corrupt(f'has its tensor "{tensor.name}" at a crooked place')


def _check_model(header: GgufHeader) -> InferenceFault | None:
    facts = facts_of(header)
    if facts.kind != "model":
        what = "a projector, which adds pictures or sound to a model" if facts.kind == "projector" else "an adapter"
        return _unsupported(f"is {what}, not a language model", "Choose the model that it belongs to")
    if not facts.architecture:
        return _corrupt("does not say which architecture it has")
    if not header.tensors and facts.split_count == 1:
        return _corrupt("has no weights")
    if f"{facts.architecture}.block_count" not in header.metadata:
        return _unsupported(
            f'is not a language model that the engine can load (architecture "{facts.architecture}")',
            "Choose a GGUF file of a language model",
        )
    return _check_numbers(header, facts.architecture)


def _check_numbers(header: GgufHeader, architecture: str) -> InferenceFault | None:
    metadata = header.metadata
    needed = ["block_count", "context_length", "embedding_length"]
    if not any(key.startswith(architecture + part) for key in metadata for part in _RECURRENT):
        needed.append("attention.head_count")
    for name in needed:
        value = metadata.get(f"{architecture}.{name}")
        if not _is_positive(value):
            said = "nothing" if value is None else str(value)[:40]
            return _corrupt(f"has a broken header: {architecture}.{name} is {said}")
    layers = metadata[f"{architecture}.block_count"]
    if isinstance(layers, int) and layers > 10_000:
        return _corrupt(f"has a broken header: {architecture}.block_count is {layers:,}")
    kind = metadata.get("tokenizer.ggml.model")
    if not isinstance(kind, str) or not kind:
        return _corrupt("has no vocabulary")
    if kind not in ("none", "no_vocab") and vocabulary_of(header) == 0:
        return _corrupt("has an empty vocabulary")
    return None


def _is_positive(value: Value | None) -> bool:
    """Return whether a number is above 0; of an array (one number per layer) at least one must be, and none below."""
    items = value if isinstance(value, tuple) else (value,)
    numbers = [item for item in items if isinstance(item, int) and not isinstance(item, bool)]
    return bool(numbers) and len(numbers) == len(items) and max(numbers) > 0 and min(numbers) >= 0


def _corrupt(message: str) -> InferenceFault:
    return _fault("corrupt_file", message, _AGAIN)


def _unsupported(message: str, hint: str) -> InferenceFault:
    return _fault("unsupported_arch", message, hint)


def _fault(kind: FaultKind, message: str, hint: str) -> InferenceFault:
    return InferenceFault(kind, message, hint=hint)
