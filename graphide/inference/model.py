"""A loaded GGUF and its vocabulary: load, tokenise, render a token, read the metadata.

Runs in the worker process. Weights only: what is computed with them is in `context` and `batch`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphide.errors import InferenceFault
from graphide.inference import faults
from graphide.inference.llama import AbortFlag, EngineLog, engine_version
from graphide.inference.protocol import LoadOptions, ModelInfo

_METADATA_LIMIT = 4096


class Vocabulary:
    """Tokens of one model: text to tokens, token to bytes, and which tokens are special."""

    def __init__(self, library: Any, model: Any) -> None:
        self._lib = library
        self.handle = library.llama_model_get_vocab(model)
        self.size: int = library.llama_vocab_n_tokens(self.handle)
        self.bos: int = library.llama_vocab_bos(self.handle)
        self.eos: int = library.llama_vocab_eos(self.handle)
        self.adds_bos: bool = library.llama_vocab_get_add_bos(self.handle)
        self._buffer = ctypes.create_string_buffer(256)

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Return the tokens of a text, without BOS; `special=True` reads `<|…|>` and the like as control tokens."""
        data = text.encode()
        room = len(data) + 16
        tokens = (ctypes.c_int32 * room)()
        count = self._lib.llama_tokenize(self.handle, data, len(data), tokens, room, False, special)
        if count < 0:
            tokens = (ctypes.c_int32 * -count)()
            count = self._lib.llama_tokenize(self.handle, data, len(data), tokens, -count, False, special)
        return tokens[:count]

    def piece(self, token: int) -> bytes:
        """Return the bytes a token adds to the answer; nothing for a special token."""
        return self._render(token, special=False)

    def text(self, token: int) -> str:
        """Return a token as text, special tokens included; "" for no token (-1)."""
        return self._render(token, special=True).decode("utf-8", "replace") if token >= 0 else ""

    def ends(self, token: int) -> bool:
        """Return whether the token ends the answer (end of text, end of turn)."""
        return bool(self._lib.llama_vocab_is_eog(self.handle, token))

    def _render(self, token: int, *, special: bool) -> bytes:
        buffer = self._buffer
        size = self._lib.llama_token_to_piece(self.handle, token, buffer, len(buffer), 0, special)
        if size < 0:
            self._buffer = ctypes.create_string_buffer(-size)
            return self._render(token, special=special)
        return ctypes.string_at(buffer, size)


class Model:
    """The weights in memory; `close` gives them back."""

    def __init__(self, library: Any, handle: Any, path: str, options: LoadOptions, log: EngineLog) -> None:
        self.library = library
        self.handle = handle
        self.path = path
        self.options = options
        self.log = log
        self.gpu_reason = ""  # why so many layers are on the GPU; set by who chose
        self.vocabulary = Vocabulary(library, handle)
        self.metadata = _metadata(library, handle)
        self.n_ctx_train: int = library.llama_model_n_ctx_train(handle) or self._written_context()

    @property
    def chat_template(self) -> str:
        """Return the model's own chat template, "" when it has none."""
        template = self.library.llama_model_chat_template(self.handle, None)
        return template.decode("utf-8", "replace") if template else ""

    @property
    def keeps_state(self) -> bool:
        """Return whether a layer has a recurrent state, which cannot be taken back to an earlier token."""
        library = self.library
        return bool(library.llama_model_is_recurrent(self.handle) or library.llama_model_is_hybrid(self.handle))

    @property
    def window(self) -> int:
        """Return the tokens that sliding-window layers look back, 0 when there are none."""
        return 0 if self.options.swa_full else int(self.library.llama_model_n_swa(self.handle))

    def number(self, key: str) -> int:
        """Return a whole number of the file's header by its key without the architecture, 0 when it is not there."""
        written = self.metadata.get(f"{self.metadata.get('general.architecture', '')}.{key}", "")
        return int(written) if written.isdecimal() else 0

    def per_layer(self, key: str) -> list[int]:
        """Return a number of the header for each layer, whether the file has one for all or one each."""
        layers = self.library.llama_model_n_layer(self.handle)
        written = self.metadata.get(f"{self.metadata.get('general.architecture', '')}.{key}", "")
        if written.startswith("["):
            return [int(part) for part in written.strip("[]").split(",") if part.strip().isdecimal()]
        return [int(written)] * layers if written.isdecimal() else []

    def _written_context(self) -> int:
        """Return the trained context as the file has it; the engine does not read it where it loads no weights."""
        return self.number("context_length")

    def info(self, *, n_ctx: int, n_threads: int) -> ModelInfo:
        """Return what the app shows about the model."""
        library, handle = self.library, self.handle
        buffer = ctypes.create_string_buffer(256)
        library.llama_model_desc(handle, buffer, len(buffer))
        return ModelInfo(
            path=self.path,
            name=self.metadata.get("general.name", Path(self.path).stem),
            architecture=self.metadata.get("general.architecture", ""),
            description=buffer.value.decode("utf-8", "replace"),
            parameters=library.llama_model_n_params(handle),
            size_bytes=library.llama_model_size(handle),
            n_ctx=n_ctx,
            n_ctx_train=self.n_ctx_train,
            n_vocab=self.vocabulary.size,
            n_layer=library.llama_model_n_layer(handle),
            n_threads=n_threads,
            n_gpu_layers=max(0, self.options.n_gpu_layers),
            gpu_reason=self.gpu_reason,
            has_chat_template=bool(self.chat_template),
            engine=engine_version(),
            metadata={key: value[:_METADATA_LIMIT] for key, value in self.metadata.items()},
        )

    def close(self) -> None:
        """Free the weights."""
        if self.handle:
            self.library.llama_model_free(self.handle)
            self.handle = None


def load_model(
    library: Any,
    path: str,
    options: LoadOptions,
    *,
    log: EngineLog,
    abort: AbortFlag,
    progress: Callable[[float], None],
) -> Model | None:
    """Load a GGUF file, calling `progress` with 0 to 1; return None when `abort` was set meanwhile.

    Raises InferenceFault (corrupt_file, unsupported_arch, oom) with the engine's own lines.
    """
    check_file(path)

    def on_progress(fraction: float, _data: Any) -> bool:
        progress(fraction)
        return not abort

    callback = library.llama_progress_callback(on_progress)
    parameters = library.llama_model_default_params()
    parameters.n_gpu_layers = max(0, options.n_gpu_layers)
    parameters.load_mode = library.LLAMA_LOAD_MODE_MMAP
    parameters.vocab_only = options.vocab_only
    parameters.check_tensors = False
    parameters.progress_callback = callback
    handle = library.llama_model_load_from_file(path.encode(), parameters)
    if not handle:
        if abort:
            return None
        raise faults.from_load(path, log.lines())
    return Model(library, handle, path, options, log)


def check_file(path: str) -> None:
    """Raise InferenceFault where a path is not a readable file that begins like a GGUF file."""
    try:
        with Path(path).open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise faults.unreadable(path, error.strerror or str(error)) from error
    if magic != b"GGUF":
        raise InferenceFault(
            "corrupt_file",
            f"{Path(path).name} is not a GGUF file: it starts with {magic!r}",
            where=path,
            hint="Download the file again, or choose a file that ends in .gguf",
        )


def _metadata(library: Any, model: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for index in range(library.llama_model_meta_count(model)):
        key = _meta_text(library.llama_model_meta_key_by_index, model, index)
        found[key] = _meta_text(library.llama_model_meta_val_str_by_index, model, index)
    return found


def _meta_text(read: Callable[..., int], model: Any, index: int) -> str:
    buffer = ctypes.create_string_buffer(1024)
    size = read(model, index, buffer, len(buffer))
    if size >= len(buffer):
        buffer = ctypes.create_string_buffer(size + 1)
        read(model, index, buffer, len(buffer))
    return buffer.value.decode("utf-8", "replace")
