"""GGUF headers: what is read from good files, and that no file crashes, hangs or fills the memory."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graphide.errors import GraphideError, InferenceFault
from graphide.models.facts import ModelFacts, chat_template_of, facts_of
from graphide.models.gguf import GgufHeader, LongArray, TensorInfo, read_header
from graphide.models.gguf_check import check, check_structure
from graphide.models.library import bundled_model
from tests.support.gguf_builder import gguf_bytes, write_gguf

REAL = bundled_model()


def header_of(data: bytes) -> GgufHeader:
    return read_header(io.BytesIO(data))


def problem_of(data: bytes) -> str:
    """Return what reading and checking say about a file, "" when it is fine."""
    try:
        fault = check(header_of(data), len(data))
    except InferenceFault as raised:
        fault = raised
    return str(fault) if fault else ""


def test_the_facts_of_a_real_model() -> None:
    assert REAL is not None
    header = read_header(REAL)
    assert facts_of(header) == ModelFacts(
        architecture="llama",
        name="Smollm2 135M 8k Lc100K Mix1 Ep2",
        parameters=134_515_008,
        quantisation="Q4_1",
        context_length=8192,
        layers=30,
        heads=9,
        heads_kv=3,
        embedding_length=576,
        vocabulary=49_152,
        licence="apache-2.0",
        has_chat_template=True,
    )
    assert (header.version, len(header.tensors), header.data_offset, header.alignment) == (3, 272, 1_785_664, 32)
    assert header.file_size == REAL.stat().st_size == 98_362_432
    assert header.metadata["tokenizer.ggml.tokens"] == LongArray(8, 49_152)
    assert header.metadata["general.languages"] == ("en",)
    assert chat_template_of(header).startswith("{% for message in messages %}")
    assert check(header, REAL.stat().st_size) is None


def test_a_truncated_real_model_says_how_much_is_missing() -> None:
    assert REAL is not None
    fault = check(read_header(REAL), 50_000_000)
    assert fault is not None and fault.kind == "corrupt_file"
    assert str(fault) == (
        "is truncated: the header describes 98,362,432 bytes, the file has 50,000,000. Download it again"
    )


def test_a_built_file_is_read_back() -> None:
    header = header_of(gguf_bytes({"general.tags": ["x", "y"], "a.float": 0.5, "a.flag": True, "a.numbers": [1, -2]}))
    assert header.metadata["general.tags"] == ("x", "y")
    assert header.metadata["a.numbers"] == (1, -2)
    assert (header.metadata["a.float"], header.metadata["a.flag"]) == (0.5, True)
    assert header.tensors == (
        TensorInfo("token_embd.weight", (8, 4), 0, 0),
        TensorInfo("output_norm.weight", (8,), 0, 128),
    )
    assert problem_of(gguf_bytes()) == problem_of(gguf_bytes(version=2)) == ""


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        (b"", "corrupt_file", "is empty, or too short"),
        (b"GGU", "corrupt_file", "is empty, or too short"),
        (b"PK\3\4" + b"\0" * 90, "corrupt_file", "is not a GGUF file"),
        (gguf_bytes(version=1), "unsupported_arch", "is a GGUF file of version 1"),
        (gguf_bytes(version=4), "unsupported_arch", "is a GGUF file of version 4"),
        (b"GGUF" + struct.pack(">I", 3) + b"\0" * 90, "unsupported_arch", "is a GGUF file for big-endian machines"),
        (b"GGUF" + struct.pack("<Iqq", 3, -1, 0), "corrupt_file", "has a broken header: -1 tensors"),
        (b"GGUF" + struct.pack("<Iqq", 3, 0, 2**40), "corrupt_file", "has a broken header: 0 tensors and 1,099"),
        (b"GGUF" + struct.pack("<IqqQ", 3, 0, 1, 2**60), "corrupt_file", "has a broken header: a text of 1,152"),
        (gguf_bytes()[:100], "corrupt_file", "is truncated: it ends inside its header"),
        (gguf_bytes({"general.alignment": 33}), "corrupt_file", "has a broken header: an alignment of 33"),
        (gguf_bytes({"general.alignment": 0}), "corrupt_file", "has a broken header: an alignment of 0"),
    ],
)
def test_a_broken_header_is_a_typed_fault(data: bytes, kind: str, message: str) -> None:
    with pytest.raises(InferenceFault) as caught:
        header_of(data)
    assert (caught.value.kind, caught.value.message[: len(message)]) == (kind, message)
    assert caught.value.hint


WEIGHT = "token_embd.weight"


@pytest.mark.parametrize(
    ("metadata", "tensors", "message"),
    [
        ({"llama.block_count": 0}, None, "llama.block_count is 0"),
        ({"llama.block_count": -3}, None, "llama.block_count is -3"),
        ({"llama.block_count": 2_000_000}, None, "llama.block_count is 2,000,000"),
        ({"llama.block_count": "many"}, None, "llama.block_count is many"),
        ({"llama.attention.head_count": 0}, None, "llama.attention.head_count is 0"),
        ({"llama.attention.head_count": None}, None, "llama.attention.head_count is nothing"),
        ({"llama.attention.head_count": [0, 0]}, None, "llama.attention.head_count is (0, 0)"),
        ({"llama.context_length": None}, None, "llama.context_length is nothing"),
        ({"llama.embedding_length": 0}, None, "llama.embedding_length is 0"),
        ({"general.architecture": None}, None, "does not say which architecture"),
        (
            {"general.architecture": "flux"},
            None,
            'is not a language model that the engine can load (architecture "flux")',
        ),
        ({"general.type": "mmproj"}, None, "is a projector"),
        ({"general.type": "adapter"}, None, "is an adapter"),
        ({"tokenizer.ggml.model": None}, None, "has no vocabulary"),
        ({"tokenizer.ggml.tokens": []}, None, "has an empty vocabulary"),
        ({}, [], "has no weights"),
        ({}, [(WEIGHT, (33,), 2)], "has rows of 33"),
        ({}, [(WEIGHT, (8, 0), 0)], "the impossible dimensions [8, 0]"),
        ({}, [(WEIGHT, (8, -1), 0)], "the impossible dimensions [8, -1]"),
        ({}, [(WEIGHT, (8,), 0), (WEIGHT, (8,), 0)], f'has the tensor "{WEIGHT}" twice'),
    ],
)
def test_a_file_that_the_engine_would_choke_on_is_refused(metadata: Any, tensors: Any, message: str) -> None:
    options = {} if tensors is None else {"tensors": tensors}
    assert message in problem_of(gguf_bytes(metadata, **options))


def test_models_without_attention_may_have_no_heads() -> None:
    assert problem_of(gguf_bytes({"llama.attention.head_count": 0, "llama.ssm.inner_size": 8})) == ""
    assert problem_of(gguf_bytes({"llama.attention.head_count": [0, 4]})) == ""


def test_tensors_out_of_place_and_of_unknown_types_are_refused() -> None:
    header = header_of(gguf_bytes())

    def with_tensors(*tensors: TensorInfo) -> str:
        changed = GgufHeader(header.version, header.metadata, tensors, header.data_offset, header.alignment)
        return str(check_structure(changed, 10**6))

    assert "places its tensor" in with_tensors(TensorInfo("a", (8,), 0, 32))
    assert "as type 31, which the engine no longer reads" in with_tensors(TensorInfo("a", (8,), 31, 0))
    assert "as type 99, which the engine does not know" in with_tensors(TensorInfo("a", (8,), 99, 0))
    assert "impossible dimensions" in with_tensors(TensorInfo("a", (2**62, 2**62), 0, 0))


def test_the_quantisation_is_stated_or_that_of_most_bytes() -> None:
    assert facts_of(header_of(gguf_bytes({"general.file_type": 15}))).quantisation == "Q4_K_M"
    tensors = [("a", (256,), 14), ("b", (512,), 12)]
    assert facts_of(header_of(gguf_bytes({"general.file_type": None}, tensors))).quantisation == "Q4_K"


def test_a_path_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(GraphideError, match=r'model file "none.gguf": cannot be read: No such file'):
        read_header(tmp_path / "none.gguf")
    (tmp_path / "folder.gguf").mkdir()
    with pytest.raises(InferenceFault, match=r'model file "folder.gguf": is not a file'):
        read_header(tmp_path / "folder.gguf")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    with pytest.raises(InferenceFault, match="is not a file"):
        read_header(tmp_path / "pipe.gguf")


def test_importing_the_reader_is_cheap() -> None:
    code = (
        "import sys, graphide.models.gguf, graphide.models.gguf_check\n"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'llama_cpp', 'orjson', 'sqlite3', 'platformdirs')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_sizes_of_element_types_are_those_of_the_engine() -> None:
    code = (
        "import ctypes, glob, importlib.util, os, sys\n"
        "from graphide.models.ggml_types import ELEMENT_TYPES\n"
        "root = importlib.util.find_spec('llama_cpp').submodule_search_locations[0]\n"
        "found = glob.glob(os.path.join(root, 'lib', '*ggml-base*'))\n"
        "if not found: sys.exit(0)\n"
        "lib = ctypes.CDLL(sorted(found)[0])\n"
        "lib.ggml_blck_size.restype = ctypes.c_int64; lib.ggml_type_size.restype = ctypes.c_size_t\n"
        "for code, (name, block, size) in ELEMENT_TYPES.items():\n"
        "    assert (lib.ggml_blck_size(code), lib.ggml_type_size(code)) == (block, size), name\n"
    )
    result = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_a_file_written_by_the_builder_has_the_size_its_header_says(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "tiny.gguf")
    assert read_header(path).file_size <= path.stat().st_size < read_header(path).file_size + 32
