"""Tiny GGUF models with random weights that the real engine loads and runs in milliseconds, one per kind of memory.

    tiny_llama      attention over everything: a prefix can be cut anywhere
    tiny_sliding    every other layer looks back `WINDOW` tokens: the engine forgets what lies further back
    tiny_mamba      a recurrent state: no way back to an earlier token
    tiny_hybrid     both: recurrent layers among attention layers
    tiny_embedder   text in, vector out: no cache at all

They know nothing: their answers are printable, differ from prompt to prompt, are the same on every machine up to
rounding, and never end by themselves. The same `seed` gives the same file to the byte.
"""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from tests.support import tiny_vocabulary
from tests.support.gguf_builder import METADATA, write_gguf

CONTEXT = 2048
WINDOW = 32
WIDTH, HEADS, KV_HEADS, HEAD, HIDDEN = 64, 2, 1, 32, 96
VOCABULARY = len(tiny_vocabulary.tokens())
_F32, _F16 = 0, 1  # ggml_type
_EPSILON = 1e-5
_SHARPNESS = 3.0  # of attention: flat attention would hide a wrong cell in the cache
_EXACT = ("conv.weight", "conv1d.weight", "ssm_a", "token_types.weight")  # the engine wants these in f32
_POOLING = {"mean": 1, "cls": 2, "last": 3}

Shapes = dict[str, tuple[int, ...]]


def tiny_llama(path: Path, *, seed: int = 1, layers: int = 2) -> Path:
    """Write a model with plain attention."""
    shapes = _ends()
    for layer in range(layers):
        shapes |= _in_layer(layer, {**_attention(), **_feed_forward()})
    keys = {**_sizes(layers), "attention.layer_norm_rms_epsilon": _EPSILON, "rope.dimension_count": HEAD}
    return _write(path, "llama", keys, shapes, seed)


def tiny_sliding(path: Path, *, seed: int = 1, layers: int = 4, window: int = WINDOW) -> Path:
    """Write a model whose layers alternate between a sliding window and everything."""
    normed: Shapes = {f"{name}.weight": (WIDTH,) for name in ("post_attention_norm", "post_ffw_norm")}
    shapes = _ends()
    for layer in range(layers):
        shapes |= _in_layer(layer, {**_attention(), **_head_norms(), **normed, **_feed_forward()})
    keys = {
        **_sizes(layers),
        "attention.layer_norm_rms_epsilon": _EPSILON,
        "attention.key_length": HEAD,
        "attention.value_length": HEAD,
        "attention.sliding_window": window,
        "attention.sliding_window_pattern": 2,
    }
    return _write(path, "gemma3", keys, shapes, seed)


def tiny_mamba(path: Path, *, seed: int = 1, layers: int = 2) -> Path:
    """Write a model with a recurrent state instead of attention."""
    kernel, inner, state, rank = 4, 2 * WIDTH, 16, 4
    layer_shapes: Shapes = {
        "attn_norm.weight": (WIDTH,),
        "ssm_in.weight": (WIDTH, 2 * inner),
        "ssm_conv1d.weight": (kernel, inner),
        "ssm_conv1d.bias": (inner,),
        "ssm_x.weight": (inner, rank + 2 * state),
        "ssm_dt.weight": (rank, inner),
        "ssm_dt.bias": (inner,),
        "ssm_a": (state, inner),
        "ssm_d": (inner,),
        "ssm_out.weight": (inner, WIDTH),
    }
    shapes = _ends()
    for layer in range(layers):
        shapes |= _in_layer(layer, layer_shapes)
    keys = {
        **_sizes(layers, heads=0, kv_heads=0, hidden=0),
        "attention.layer_norm_rms_epsilon": _EPSILON,
        "ssm.conv_kernel": kernel,
        "ssm.inner_size": inner,
        "ssm.state_size": state,
        "ssm.time_step_rank": rank,
    }
    return _write(path, "mamba", keys, shapes, seed)


def tiny_hybrid(path: Path, *, seed: int = 1, layers: int = 4) -> Path:
    """Write a model whose even layers are short convolutions with a state, and whose odd layers are attention."""
    kernel = 3
    convolution: Shapes = {
        "attn_norm.weight": (WIDTH,),
        "shortconv.conv.weight": (kernel, WIDTH),
        "shortconv.in_proj.weight": (WIDTH, 3 * WIDTH),
        "shortconv.out_proj.weight": (WIDTH, WIDTH),
    }
    shapes = _ends(norm="token_embd_norm")
    for layer in range(layers):
        mixer = {**_attention(), **_head_norms()} if layer % 2 else convolution
        shapes |= _in_layer(layer, {**mixer, **_feed_forward()})
    keys = {
        **_sizes(layers),
        "attention.head_count_kv": [KV_HEADS if layer % 2 else 0 for layer in range(layers)],
        "attention.layer_norm_rms_epsilon": _EPSILON,
        "shortconv.l_cache": kernel,
    }
    return _write(path, "lfm2", keys, shapes, seed)


def tiny_embedder(
    path: Path, *, seed: int = 1, layers: int = 2, context: int = 256, pooling: Literal["mean", "cls", "last"] = "mean"
) -> Path:
    """Write a model that reads a text both ways and makes one vector of it."""
    dims: Shapes = {"attn_q": (WIDTH, WIDTH), "attn_k": (WIDTH, WIDTH), "attn_v": (WIDTH, WIDTH)}
    dims |= {"attn_output": (WIDTH, WIDTH), "ffn_up": (WIDTH, HIDDEN), "ffn_down": (HIDDEN, WIDTH)}
    dims |= {"attn_output_norm": (WIDTH,), "layer_output_norm": (WIDTH,)}
    shapes: Shapes = {
        "token_embd.weight": (WIDTH, VOCABULARY),
        "token_types.weight": (WIDTH, 2),
        "position_embd.weight": (WIDTH, context),
        "token_embd_norm.weight": (WIDTH,),
        "token_embd_norm.bias": (WIDTH,),
    }
    for layer in range(layers):
        shapes |= _in_layer(layer, {f"{name}.weight": dim for name, dim in dims.items()})
        shapes |= _in_layer(layer, {f"{name}.bias": dim[-1:] for name, dim in dims.items()})
    keys = {
        **_sizes(layers, kv_heads=HEADS, context=context),
        "attention.layer_norm_epsilon": _EPSILON,
        "attention.causal": False,
        "pooling_type": _POOLING[pooling],
    }
    extra = {
        "tokenizer.ggml.token_type_count": 2,
        "tokenizer.ggml.add_eos_token": True,
        "tokenizer.chat_template": None,
    }
    return _write(path, "bert", keys, shapes, seed, extra)


def _sizes(
    layers: int, *, heads: int = HEADS, kv_heads: int = KV_HEADS, hidden: int = HIDDEN, context: int = CONTEXT
) -> dict[str, Any]:
    return {
        "block_count": layers,
        "context_length": context,
        "embedding_length": WIDTH,
        "feed_forward_length": hidden,
        "attention.head_count": heads,
        "attention.head_count_kv": kv_heads,
    }


def _ends(norm: str = "output_norm") -> Shapes:
    """Return the tensors before and after the layers; tied ones would make a model repeat the last token for ever."""
    return {
        "token_embd.weight": (WIDTH, VOCABULARY),
        f"{norm}.weight": (WIDTH,),
        "output.weight": (WIDTH, VOCABULARY),
    }


def _attention() -> Shapes:
    return {
        "attn_norm.weight": (WIDTH,),
        "attn_q.weight": (WIDTH, HEADS * HEAD),
        "attn_k.weight": (WIDTH, KV_HEADS * HEAD),
        "attn_v.weight": (WIDTH, KV_HEADS * HEAD),
        "attn_output.weight": (HEADS * HEAD, WIDTH),
    }


def _head_norms() -> Shapes:
    return {"attn_q_norm.weight": (HEAD,), "attn_k_norm.weight": (HEAD,)}


def _feed_forward() -> Shapes:
    return {
        "ffn_norm.weight": (WIDTH,),
        "ffn_gate.weight": (WIDTH, HIDDEN),
        "ffn_up.weight": (WIDTH, HIDDEN),
        "ffn_down.weight": (HIDDEN, WIDTH),
    }


def _in_layer(layer: int, shapes: Shapes) -> Shapes:
    return {f"blk.{layer}.{name}": dims for name, dims in shapes.items()}


def _write(
    path: Path,
    architecture: str,
    keys: Mapping[str, Any],
    shapes: Shapes,
    seed: int,
    extra: Mapping[str, Any] | None = None,
) -> Path:
    tensors, data = [], {}
    for name, dims in shapes.items():
        code = _F32 if len(dims) == 1 or name.endswith(_EXACT) else _F16
        tensors.append((name, dims, code))
        data[name] = _packed(_numbers(name, dims, random.Random(f"{seed} {name}")), code)
    metadata = {
        **dict.fromkeys(METADATA),
        **tiny_vocabulary.metadata(),
        "general.architecture": architecture,
        "general.name": f"Tiny {architecture}",
        "general.file_type": 1,
        **{f"{architecture}.{key}": value for key, value in keys.items()},
        **(extra or {}),
    }
    return write_gguf(path, metadata, tensors=tensors, data=data)


def _numbers(name: str, dims: tuple[int, ...], rng: random.Random) -> list[float]:
    """Return the weights of a tensor: such that every layer changes the result and none drowns the others."""
    count = math.prod(dims)
    if name.endswith("ssm_a"):
        return [-rng.uniform(0.01, 0.2) for _ in range(count)]  # a state that forgets slowly shows what is wrong in it
    if name.endswith(("attn_q_norm.weight", "attn_k_norm.weight")):
        return [_SHARPNESS**0.5] * count
    if name.endswith(("post_attention_norm.weight", "post_ffw_norm.weight")):
        return [math.sqrt(WIDTH)] * count  # gemma3 makes its embeddings as much larger
    if name.endswith(("norm.weight", "ssm_d")):
        return [1.0] * count
    if name.endswith(".bias"):
        return [rng.uniform(-0.5, 0.5) for _ in range(count)]
    fan_in = 1 if name.startswith(("token_", "position_")) else dims[0]
    reach = math.sqrt(3 / fan_in) * (_SHARPNESS if name.endswith(("attn_q.weight", "output.weight")) else 1)
    numbers = [rng.uniform(-reach, reach) for _ in range(count)]
    if name == "output.weight":
        for token, said in enumerate(tiny_vocabulary.spoken()):
            if not said:
                numbers[token * dims[0] : (token + 1) * dims[0]] = [0.0] * dims[0]
    return numbers


def _packed(numbers: list[float], code: int) -> bytes:
    return struct.pack(f"<{len(numbers)}{'e' if code == 1 else 'f'}", *numbers)
