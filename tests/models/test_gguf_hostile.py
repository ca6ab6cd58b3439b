"""GGUF files made to do harm: none crashes the reader, none costs it a second or 64 MB."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from graphide.errors import InferenceFault
from graphide.models.facts import chat_template_of, facts_of
from graphide.models.gguf import KEEP_ITEMS, MAX_KEYS, MAX_STRINGS, MAX_TENSORS, read_header
from graphide.models.gguf_check import check, check_structure
from graphide.models.library import bundled_model
from tests.support.gguf_builder import gguf_bytes
from tests.support.tiny_models import tiny_hybrid, tiny_llama, tiny_mamba, tiny_sliding

REAL = bundled_model()
SECONDS = 1.0
MEMORY = 64_000_000


def reason(data: bytes) -> str:
    """Return why a file is refused ("" when it is not), after everything that the library does with a header was done."""
    try:
        header = read_header(io.BytesIO(data))
    except InferenceFault as fault:
        return str(fault)
    orjson.dumps(list(facts_of(header)))
    chat_template_of(header)
    faults = check(header, len(data)), check_structure(header, len(data))
    assert all(len(str(fault)) < 1000 for fault in faults)
    return str(faults[0] or "")


# --- any bytes ---


@settings(max_examples=300, deadline=None)
@given(
    data=st.binary(max_size=300),
    magic=st.sampled_from([b"", b"GGUF\3\0\0\0", b"GGUF\3\0\0\0" + struct.pack("<qq", 2, 3)]),
)
def test_random_bytes_never_crash(data: bytes, magic: bytes) -> None:
    reason(magic + data)


@settings(max_examples=400, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_changed_file_never_crashes(changes: list[tuple[int, int]]) -> None:
    data = bytearray(gguf_bytes())
    for place, byte in changes:
        data[place % len(data)] = byte
    reason(bytes(data))


NUMBERS = st.one_of(st.sampled_from([0, 1, 2, 3, 31, 2**31, 2**32 - 1]), st.integers(0, 2**32 - 1))
TEXTS = st.text(max_size=12) | st.sampled_from(["llama", "clip", "mmproj", "adapter", "gpt2", "none", "\x1b[2J"])
VALUES = st.one_of(
    NUMBERS,
    st.integers(-(2**31), -1),
    st.booleans(),
    st.floats(width=32),
    TEXTS,
    st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4),
    st.lists(TEXTS, max_size=4),
    st.just(None),
)
KEYS = st.sampled_from(
    [
        "general.architecture",
        "general.type",
        "general.name",
        "general.license",
        "general.file_type",
        "general.alignment",
        "llama.block_count",
        "llama.context_length",
        "llama.attention.head_count",
        "llama.attention.head_count_kv",
        "llama.ssm.inner_size",
        "tokenizer.ggml.model",
        "tokenizer.ggml.tokens",
        "tokenizer.chat_template",
        "split.count",
    ]
)
DIMENSIONS = st.lists(st.one_of(st.integers(-3, 300), st.sampled_from([2**31, 2**62, -(2**63)])), max_size=4)


def tensor_bytes(name: str, dims: list[int], code: int, offset: int) -> bytes:
    raw = name.encode()
    head = struct.pack("<Q", len(raw)) + raw + struct.pack("<I", len(dims))
    return head + struct.pack(f"<{len(dims)}qIQ", *dims, code, offset)


@settings(max_examples=300, deadline=None)
@given(
    metadata=st.dictionaries(KEYS, VALUES, max_size=6),
    tensors=st.lists(
        st.tuples(
            st.text(max_size=6), DIMENSIONS, st.integers(0, 45), st.sampled_from([0, 1, 32, 128, 2**62, 2**64 - 1])
        ),
        max_size=3,
    ),
)
def test_a_file_of_the_right_form_with_any_content_never_crashes(metadata: Mapping[str, Any], tensors: Any) -> None:
    head = gguf_bytes(metadata, [])
    data = head[:8] + struct.pack("<Q", len(tensors)) + head[16:].rstrip(b"\0")
    reason(data + b"".join(tensor_bytes(*tensor) for tensor in tensors) + b"\0" * 300)


def test_every_truncation_is_a_problem() -> None:
    data = gguf_bytes()
    size = read_header(io.BytesIO(data)).file_size
    assert all(reason(data[:length]) for length in range(size))


# --- a real header, damaged ---


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(st.tuples(st.integers(0, 1_785_664), st.integers(0, 255)), min_size=1, max_size=9))
def test_a_changed_real_header_never_crashes(changes: list[tuple[int, int]]) -> None:
    data = real_header()
    for place, byte in changes:
        data[place % (2000 if place % 3 else len(data))] = byte
    reason(bytes(data))


def real_header() -> bytearray:
    assert REAL is not None
    with REAL.open("rb") as file:
        return bytearray(file.read(1_785_664))


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """Return a file with a few of the damages that change what follows: lengths, counts, types, gaps."""
    data = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(2000) if chance.random() < 0.7 else chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                number = chance.choice([0, 1, 2**8, 2**16, 2**20, 2**31, 2**32, 2**40, 2**62, 2**63, 2**64 - 1])
                data[place : place + 8] = struct.pack("<Q", number)
            case 1:
                data[place : place + 4] = struct.pack("<I", chance.choice([0, 4, 7, 8, 9, 10, 12, 13, 2**31]))
            case 2:
                del data[place : place + chance.choice([1, 4, 8, 1000, 100_000])]
            case _:
                piece = data[place : place + chance.choice([1, 8, 1000, 300_000])]
                data[place:place] = piece
    return bytes(data)


# --- what it costs ---


MEASURE = """
import sys, time
from pathlib import Path
import orjson
from graphide.errors import InferenceFault
from graphide.models.facts import facts_of
from graphide.models.gguf import read_header
from graphide.models.gguf_check import check

def memory():  # the peak; the resource module would also count the process that started this one
    (line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024

before, slowest = memory(), 0
for path in map(Path, sys.argv[1:]):
    started = time.process_time()
    try:
        header = read_header(path)
        orjson.dumps(list(facts_of(header)))
        check(header, path.stat().st_size)
    except InferenceFault:
        pass
    slowest = max(slowest, time.process_time() - started)
print(slowest, memory() - before)
"""

needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measures with the proc file system")


def cost(*paths: Path) -> tuple[float, float]:
    """Return the seconds of processor time of the slowest file, and the bytes of memory that the largest took."""
    done = subprocess.run([sys.executable, "-c", MEASURE, *paths], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    seconds, memory = map(float, done.stdout.split())
    print(f"{seconds:.2f} s, {memory / 1e6:.0f} MB")
    return seconds, memory


def assert_cheap(*paths: Path) -> None:
    """Hold the cost against its limits; in the best of three, because other programs slow this one down."""
    for attempt in range(3):
        seconds, memory = cost(*paths)
        if seconds < SECONDS or attempt == 2:
            break
    assert seconds < SECONDS and memory < MEMORY


def head(tensors: int, keys: int) -> bytes:
    return b"GGUF" + struct.pack("<Iqq", 3, tensors, keys)


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def tensors(count: int) -> bytes:
    return b"".join(tensor_bytes(f"{number:063d}", [1, 1, 1, 1], 0, 32 * number) for number in range(count))


def hostile_files() -> dict[str, bytes]:
    key, strings = text(b"k"), struct.pack("<II", 9, 8)
    keys = [text(b"%08d" % number) for number in range(MAX_KEYS)]
    wide = text("😀".encode() + b"x" * (2**20 - 4))
    architecture = text(b"general.architecture") + struct.pack("<I", 8) + text(b"a" * 2**20)
    pairs = strings + struct.pack("<Q", KEEP_ITEMS) + text(b"ab") * KEEP_ITEMS
    numbers = struct.pack("<IIQ", 9, 12, KEEP_ITEMS) + b"\1" * 8 * KEEP_ITEMS
    empty = strings + struct.pack("<Q", MAX_STRINGS) + b"\0" * 8 * MAX_STRINGS
    bounded = [each + struct.pack("<IB", 0, 1) for each in keys[: MAX_KEYS - 2]]
    return {
        "short texts": head(0, 1) + key + empty,
        "too many texts": head(0, 1) + key + strings + struct.pack("<Q", 2**50) + b"\0" * 8_000_000,
        "long texts": head(0, 1) + key + strings + struct.pack("<Q", 500) + (text(b"x" * 2**20)) * 9,
        "texts longer than a window": head(0, 1)
        + key
        + strings
        + struct.pack("<Q", 5000)
        + text(b"x" * 1_100_000) * 60,
        "wide texts": head(0, 7) + b"".join(each + struct.pack("<I", 8) + wide for each in keys[:7]),
        "many texts of two letters": head(0, 1100) + b"".join(each + pairs for each in keys[:1100]),
        "many arrays of numbers": head(0, 4000) + b"".join(each + numbers for each in keys[:1000]),
        "many tensors": head(MAX_TENSORS, 0) + tensors(MAX_TENSORS),
        "more tensors than allowed": head(MAX_TENSORS + 1, 0) + tensors(100),
        "many keys": head(0, MAX_KEYS) + b"".join(each + struct.pack("<IB", 0, 1) for each in keys),
        "a long architecture and many keys": head(0, MAX_KEYS - 1) + architecture + b"".join(bounded),
        "a text as alignment": head(0, 1) + text(b"general.alignment") + struct.pack("<I", 8) + wide,
        "all at once": head(MAX_TENSORS, MAX_KEYS)
        + b"".join([architecture, keys[-1] + empty, *bounded, tensors(MAX_TENSORS), b"\0" * 64]),
        "endless array": head(0, 1) + key + struct.pack("<IIQ", 9, 12, 2**61),
        "huge array": head(0, 1) + key + struct.pack("<IIQ", 9, 0, 2**63),
        "array of arrays": head(0, 1) + key + struct.pack("<IIQ", 9, 9, 2**40) + b"\x09\0\0\0" * 1000,
        "endless text in an array": head(0, 1) + key + strings + struct.pack("<QQ", 5000, 2**64 - 1),
    }


@needs_proc
@pytest.mark.parametrize("name", hostile_files())
def test_a_hostile_file_costs_little(name: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.gguf"
    path.write_bytes(hostile_files()[name])
    assert_cheap(path)
    assert reason(path.read_bytes())


@needs_proc
def test_damaged_real_headers_cost_little(tmp_path: Path) -> None:
    tiny = [make(tmp_path / "tiny").read_bytes() for make in (tiny_llama, tiny_sliding, tiny_mamba, tiny_hybrid)]
    chance, paths = random.Random(7), []
    for number, whole in enumerate([*[bytes(real_header())] * 100, *tiny * 50]):
        paths.append(tmp_path / f"{number}.gguf")
        paths[-1].write_bytes(damaged(whole, chance))
    assert_cheap(*paths)


@needs_proc
def test_a_long_file_without_content_costs_little(tmp_path: Path) -> None:
    """The texts of an array lie a megabyte apart in a file with holes, so that each costs a look at another place."""
    path = tmp_path / "holes.gguf"
    length = (1 << 20) + 8
    with path.open("wb") as file:
        file.write(head(0, 1) + text(b"k") + struct.pack("<IIQ", 9, 8, 100_000))
        for _ in range(3000):
            file.write(struct.pack("<Q", length))
            file.seek(length, 1)
        file.truncate()
    assert_cheap(path)
