"""Saved prefixes: which one serves a prompt, which one goes, and what becomes of files that are not what they were."""

from __future__ import annotations

import ctypes
import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from graphide.inference import prefix_file
from graphide.inference.prefix_file import SUFFIX, UNFINISHED
from graphide.inference.prefix_store import RETRY_SECONDS, PrefixStore, Saved

KEY = {"model": "a" * 64, "engine": "0.3.36", "kv_type": "f16", "flash": 1}
PLENTY = 1 << 30
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs limits and permissions of POSIX")


def state_of(tokens: Sequence[int], times: int = 3) -> bytes:
    return struct.pack(f"<{len(tokens)}i", *tokens) * times


def loaded(store: PrefixStore, saved: Saved | None) -> bytes | None:
    assert saved is not None
    into = bytearray(saved.state_bytes)
    return bytes(into) if store.load(saved, into) else None


def restarted(store: PrefixStore) -> PrefixStore:
    return PrefixStore(store.folder, KEY, store.budget, trimmable=store.trimmable)


def files(folder: Path, suffix: str = SUFFIX) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.endswith(suffix))


@pytest.fixture
def store(tmp_path: Path) -> PrefixStore:
    return PrefixStore(tmp_path / "prefixes", KEY, PLENTY)


def saved_file(store: PrefixStore, tokens: Sequence[int] = (1, 2, 3)) -> Path:
    assert store.save(tokens, state_of(tokens))
    (path,) = files(store.folder)
    return path


# What is saved comes back


def test_a_state_comes_back_after_a_restart(store: PrefixStore) -> None:
    assert store.save([5, 6, 7], b"state of three")
    again = restarted(store)
    found = again.longest([5, 6, 7, 8])
    assert found == Saved(files(store.folder)[0], tokens=3, common=3, state_bytes=14)
    assert loaded(again, found) == b"state of three"
    assert again.notices == store.notices == []


@pytest.mark.parametrize("kind", [ctypes.c_uint8, ctypes.c_char, ctypes.c_int64])
def test_states_come_from_ctypes_buffers_and_go_into_larger_ones(store: PrefixStore, kind: type) -> None:
    size = 3 << 20  # several pieces
    source = (kind * (size // ctypes.sizeof(kind)))()
    data = os.urandom(size)
    ctypes.memmove(source, data, size)
    assert store.save(range(100), source)
    into = (kind * (size // ctypes.sizeof(kind) + 1))()
    found = store.longest(range(100))
    assert found is not None and store.load(found, into)
    assert bytes(into)[:size] == data


def test_a_buffer_that_is_too_small_is_the_callers_mistake(store: PrefixStore) -> None:
    saved_file(store)
    found = store.longest([1])
    assert found is not None
    with pytest.raises(ValueError, match="smaller than the state of 36 bytes"):
        store.load(found, bytearray(35))


def test_bytes_written_and_read_are_counted(store: PrefixStore) -> None:
    path = saved_file(store)
    assert store.save([1, 2], state_of([1, 2]))
    assert loaded(store, store.longest([1, 2, 3])) is not None
    assert store.bytes_written == store.bytes_read == path.stat().st_size == store.size().bytes


def test_a_budget_of_zero_touches_no_folder(tmp_path: Path) -> None:
    off = PrefixStore(tmp_path / "prefixes", KEY, 0)
    assert not off.save([1], b"state") and off.longest([1]) is None
    assert not off.folder.exists() and off.notices == []


@posix
def test_only_the_user_can_read_prompts(store: PrefixStore) -> None:
    old = os.umask(0)
    try:
        path = saved_file(store)
    finally:
        os.umask(old)
    assert (path.stat().st_mode & 0o777, store.folder.stat().st_mode & 0o777) == (0o600, 0o700)


# Which prefix serves a prompt

PROMPTS = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=6), max_size=8)


def shared(left: Sequence[int], right: Sequence[int]) -> int:
    return next(
        (at for at, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), min(len(left), len(right))
    )


@given(PROMPTS, st.lists(st.integers(0, 2), max_size=8), st.booleans(), st.booleans())
def test_no_saved_prefix_would_have_served_better(
    saves: list[list[int]], prompt: list[int], trimmable: bool, restart: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = PrefixStore(Path(folder), KEY, PLENTY, trimmable=trimmable)
        assert all(store.save(tokens, state_of(tokens)) for tokens in saves)
        if restart:
            store = restarted(store)
        commons = [(shared(tokens, prompt), tokens) for tokens in saves]
        best = max((common for common, tokens in commons if trimmable or common == len(tokens)), default=0)
        found = store.longest(prompt)
        assert (found.common if found else 0) == best
        if found:
            state = loaded(store, found)
            assert state is not None
            tokens = list(struct.unpack(f"<{found.tokens}i", state[: 4 * found.tokens]))
            assert tokens in saves and shared(tokens, prompt) == found.common


@given(PROMPTS)
def test_no_file_is_kept_that_a_longer_one_covers(saves: list[list[int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = PrefixStore(Path(folder), KEY, PLENTY)
        assert all(store.save(tokens, state_of(tokens)) for tokens in saves)
        tops = {tuple(one) for one in saves if not any(one == two[: len(one)] != two for two in saves)}
        assert store.size().prefixes == len(tops)


def test_of_equal_matches_the_smallest_state_is_read(store: PrefixStore) -> None:
    assert store.save([1, 2, 3, 4, 5, 6], bytes(600)) and store.save([1, 2, 9], bytes(300))
    found = store.longest([1, 2, 7])
    assert found is not None and (found.common, found.state_bytes) == (2, 300)


def test_states_that_serve_only_whole_are_kept_beside_longer_ones(tmp_path: Path) -> None:
    store = PrefixStore(tmp_path, KEY, PLENTY, trimmable=False)
    assert store.save([1, 2], b"two") and store.save([1, 2, 3, 4], b"four") and store.save([1, 2, 3], b"three")
    assert loaded(store, store.longest([1, 2, 9])) == b"two"
    assert loaded(store, store.longest([1, 2, 3, 9])) == b"three"
    assert store.longest([1]) is None


@pytest.mark.parametrize("changed", [{"model": "b" * 64}, {"flash": 0}, {"more": 1}])
def test_the_state_of_another_model_or_setting_is_never_offered(
    store: PrefixStore, changed: dict[str, str | int]
) -> None:
    saved_file(store)
    other = PrefixStore(store.folder, {**KEY, **changed}, PLENTY)
    assert other.longest([1, 2, 3]) is None
    assert other.save([1, 2, 3], b"of the other")
    assert loaded(store, store.longest([1, 2, 3])) == state_of([1, 2, 3])
    assert loaded(other, other.longest([1, 2, 3])) == b"of the other"


def test_what_another_process_adds_and_removes_is_noticed(store: PrefixStore) -> None:
    other = restarted(store)
    assert other.longest([1]) is None
    path = saved_file(store)
    found = other.longest([1])
    assert found is not None
    path.unlink()
    assert not other.load(found, bytearray(found.state_bytes))
    assert other.longest([1]) is None
    assert other.notices == []


def test_a_file_added_within_one_tick_of_the_clock_is_noticed(store: PrefixStore) -> None:
    saved_file(store)
    other = restarted(store)
    assert other.longest([7]) is None
    before = store.folder.stat().st_mtime_ns
    assert store.save([7], b"seven")
    os.utime(store.folder, ns=(before, before))
    assert other.longest([7]) is not None


def test_a_folder_that_did_not_change_is_not_listed_again(store: PrefixStore) -> None:
    path = saved_file(store)
    os.utime(store.folder, ns=(10**18, 10**18))
    assert store.longest([1]) is not None
    path.unlink()
    os.utime(store.folder, ns=(10**18, 10**18))
    assert store.longest([1]) is not None


# The budget


def test_the_prefix_used_longest_ago_goes_first_whatever_its_model(tmp_path: Path) -> None:
    ticks = count(10**18)
    one, two = (PrefixStore(tmp_path, {"model": name}, PLENTY, clock=lambda: next(ticks)) for name in "ab")
    assert one.save([1], bytes(1000)) and two.save([2], bytes(1000))
    one.budget = two.budget = one.size().bytes  # exactly two
    assert loaded(one, one.longest([1])) is not None  # now the one of the other model is the oldest
    assert one.save([3], bytes(1000))
    assert two.longest([2]) is None and one.longest([1]) is not None and one.longest([3]) is not None


USES = st.lists(st.tuples(st.sampled_from(["save", "load"]), st.integers(0, 5)), max_size=25)


@given(USES)
def test_the_budget_keeps_what_was_used_last(uses: list[tuple[str, int]]) -> None:
    ticks = count(10**18)
    lengths = [100, 900, 400, 1500, 50, 2500]
    kept: dict[int, int] = {}  # in order of use
    with tempfile.TemporaryDirectory() as folder:
        store = PrefixStore(Path(folder), KEY, 3000, clock=lambda: next(ticks))
        overhead = prefix_file.Header(b"", struct.pack("<i", 0), 0, 0).file_bytes + len(store._key)
        for what, number in uses:
            if what == "save":
                assert store.save([number], bytes(lengths[number]))
                used = kept.pop(number, lengths[number] + overhead)
                while used + sum(kept.values()) > store.budget:
                    kept.pop(next(iter(kept)))
                kept[number] = used
            elif found := store.longest([number]):
                assert store.load(found, bytearray(lengths[number]))
                kept[number] = kept.pop(number)
            assert {n for n in range(6) if store.longest([n])} == set(kept)
            assert store.size() == (len(kept), sum(kept.values()))


def test_a_covered_prefix_counts_as_used_and_is_not_written_again(tmp_path: Path) -> None:
    ticks = count(10**18)
    store = PrefixStore(tmp_path, KEY, 2 * 1200, clock=lambda: next(ticks))
    assert store.save([1, 1], bytes(1000)) and store.save([2], bytes(1000))
    written = store.bytes_written
    assert store.save([1], bytes(500)) and store.bytes_written == written
    assert store.save([3], bytes(1000))
    assert store.longest([1]) is not None and store.longest([2]) is None


def test_a_prefix_makes_room_with_the_shorter_ones_that_it_replaces(tmp_path: Path) -> None:
    ticks = count(10**18)
    store = PrefixStore(tmp_path, KEY, 3000, clock=lambda: next(ticks))
    (tmp_path / "mine.txt").write_bytes(bytes(5000))  # files of other names do not count
    assert store.save([9], bytes(1000)) and store.save([1], bytes(1000)) and store.save([1, 2], bytes(1500))
    assert store.longest([9]) is not None and store.size().prefixes == 2


def test_a_prefix_above_the_budget_is_told_once_and_removes_nothing(tmp_path: Path) -> None:
    store = PrefixStore(tmp_path, KEY, 1000)
    assert store.save([1], bytes(100))
    assert not store.save([2], bytes(1000)) and not store.save([3], bytes(2000))
    assert store.longest([1]) is not None
    (notice,) = store.notices
    assert str(tmp_path) in notice and "over the budget of 1,000 bytes" in notice


def test_clear_removes_all_prefixes_and_no_other_file(store: PrefixStore) -> None:
    other = PrefixStore(store.folder, {"model": "other"}, PLENTY)
    assert store.save([1], b"one") and other.save([2], b"two")
    (store.folder / "mine.txt").write_text("a user's file")
    taken = store.size()
    assert taken.prefixes == 2
    assert store.clear() == taken.bytes and store.size() == (0, 0)
    assert store.longest([1]) is None and other.longest([2]) is None
    assert [path.name for path in store.folder.iterdir()] == ["mine.txt"]


# Damage


def outcome(store: PrefixStore) -> tuple[bytes | None, list[str]]:
    """Do what a worker does after a start: look for a prefix and load it, until one is whole or none is left."""
    fresh = restarted(store)
    while found := fresh.longest([1, 2, 3]):
        state = loaded(fresh, found)
        if state is not None:
            return state, fresh.notices
    return None, fresh.notices


def assert_removed(store: PrefixStore, path: Path) -> None:
    state, notices = outcome(store)
    assert state is None and not path.exists()
    (notice,) = notices
    assert str(path) in notice and "damaged" in notice and "computed again" in notice


def test_a_flipped_bit_anywhere_is_found_and_the_file_removed(store: PrefixStore) -> None:
    path = saved_file(store)
    whole = path.read_bytes()
    assert outcome(store) == (state_of([1, 2, 3]), [])
    for place in range(8 * len(whole)):
        data = bytearray(whole)
        data[place // 8] ^= 1 << place % 8
        path.write_bytes(data)
        assert_removed(store, path)


def test_a_file_cut_anywhere_or_too_long_is_found_and_removed(store: PrefixStore) -> None:
    path = saved_file(store)
    whole = path.read_bytes()
    for data in [*(whole[:size] for size in range(len(whole))), whole + b"\0", bytes(len(whole)), whole + whole]:
        path.write_bytes(data)
        assert_removed(store, path)


@given(st.integers(0, (5 << 19) - 1), st.binary(min_size=1, max_size=8))
def test_changed_bytes_in_a_large_state_are_found(place: int, change: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = PrefixStore(Path(folder), KEY, PLENTY)
        assert store.save([1, 2, 3], bytes(5 << 19))
        (path,) = files(store.folder)
        with path.open("r+b") as file:
            file.seek(path.stat().st_size - (5 << 19) + place)
            before = file.read(len(change))
            file.seek(-len(before), os.SEEK_CUR)
            file.write(change[: len(before)])
        if change[: len(before)].strip(b"\0"):
            assert_removed(store, path)


def test_a_damaged_file_leaves_the_next_best_one(store: PrefixStore) -> None:
    path = saved_file(store)
    assert store.save([1, 9], b"one nine")
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"?")
    state, notices = outcome(store)
    assert state == b"one nine" and len(notices) == 1


def rewritten(path: Path, *, version: int) -> None:
    """Give a whole file another version of the format."""
    data = bytearray(path.read_bytes())
    length = struct.unpack_from("<I", data, 12)[0]
    struct.pack_into("<I", data, 8, version)
    struct.pack_into("<I", data, 16, prefix_file.zlib.crc32(data[20 : 20 + length], prefix_file.zlib.crc32(data[:16])))
    path.write_bytes(data)


def test_a_file_of_another_version_is_left_alone(store: PrefixStore) -> None:
    path = saved_file(store)
    rewritten(path, version=1)
    assert outcome(store) == (state_of([1, 2, 3]), [])
    rewritten(path, version=2)
    state, (notice,) = outcome(store)
    assert state is None and path.exists()
    assert str(path) in notice and "its format is 2, not 1" in notice


def test_a_file_under_the_name_of_another_model_is_left_alone(store: PrefixStore) -> None:
    path = saved_file(store)
    other = PrefixStore(store.folder, {"model": "other"}, PLENTY)
    assert other.save([1, 2, 3], b"of the other")
    theirs = next(one for one in files(store.folder) if one != path)
    theirs.replace(path)
    state, (notice,) = outcome(store)
    assert state is None and path.exists()
    assert str(path) in notice and "another model or other settings" in notice


def test_a_file_that_changes_between_search_and_load_is_noticed(store: PrefixStore) -> None:
    path = saved_file(store)
    found = store.longest([1, 2, 3])
    path.write_bytes(b"something else")
    assert loaded(store, found) is None
    assert store.longest([1, 2, 3]) is None and not path.exists()
    assert len(store.notices) == 1


def test_a_file_replaced_by_one_of_another_length_is_looked_at_anew(store: PrefixStore) -> None:
    path = saved_file(store)
    found = store.longest([1, 2, 3])
    assert found is not None
    other = restarted(store)
    path.unlink()
    assert other.save([1, 2, 3], bytes(100))
    assert not store.load(found, bytearray(found.state_bytes))
    assert loaded(store, store.longest([1, 2, 3])) == bytes(100)
    assert store.notices == []


def test_a_folder_in_the_place_of_a_file_is_told_and_not_used(store: PrefixStore) -> None:
    path = saved_file(store)
    path.unlink()
    path.mkdir()
    state, (notice,) = outcome(store)
    assert state is None and path.is_dir() and str(path) in notice and "cannot be read" in notice


def test_a_file_in_the_place_of_the_folder_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    store = PrefixStore(tmp_path / "file" / "prefixes", KEY, PLENTY)
    for _ in range(2):
        assert store.longest([1]) is None and not store.save([1], b"one")
    assert store.size() == (0, 0) and store.clear() == 0
    reading, saving = store.notices
    assert "cannot be read" in reading and "could not be saved" in saving and str(store.folder) in saving


# Other processes, limits and deaths


def child(script: str, *arguments: object) -> subprocess.Popen[str]:
    begin = f"import json, os, random, struct, sys\nsys.path[:0] = {sys.path!r}\nfrom pathlib import Path\n"
    begin += "from graphide.inference import prefix_file\nfrom graphide.inference.prefix_store import PrefixStore\n"
    begin += f"KEY, PLENTY = {KEY!r}, {PLENTY}\nfolder = Path(sys.argv[1])\n"
    return subprocess.Popen(
        [sys.executable, "-c", begin + script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said_by(script: str, *arguments: object) -> object:
    process = child(script, *arguments)
    said, _ = process.communicate()
    assert process.returncode == 0
    return json.loads(said)


FULL = """
import resource
now = 10**18
store = PrefixStore(folder, KEY, PLENTY, clock=lambda: now)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, hard))
answers = [store.save([1], bytes(4 << 20)), [path.name for path in folder.iterdir()]]
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
answers.append(store.save([1], bytes(4 << 20)))
now += RETRY * 10**9
answers += [store.save([1], bytes(4 << 20)), store.notices]
print(json.dumps(answers))
"""


@posix
def test_a_state_that_finds_no_room_on_the_disk_is_tried_again_later(tmp_path: Path) -> None:
    full, left, at_once, later, notices = said_by(FULL.replace("RETRY", str(RETRY_SECONDS)), tmp_path)  # type: ignore[misc]
    assert (full, left, at_once, later) == (False, [], False, True)
    (notice,) = notices
    assert str(tmp_path) in notice and "File too large" in notice and "tried again" in notice


LESSER = """
if os.geteuid() == 0:
    os.setuid(65534)  # permissions mean nothing to root
store = PrefixStore(folder, KEY, PLENTY)
found = store.longest([1, 2, 3])
into = bytearray(found.state_bytes) if found else None
answers = [into.hex() if found and store.load(found, into) else None, store.save([1], b""), store.save([7], b"seven")]
print(json.dumps([*answers, store.notices]))
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that other users can reach."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        folder = Path(name) / "prefixes"
        yield folder
        folder.chmod(0o700)


@posix
@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o555, 0o444), (0o555, 0o000), (0o000, 0o444), (0o444, 0o444)])
def test_folders_without_permission_are_told_and_never_raise(
    open_folder: Path, folder_mode: int, file_mode: int
) -> None:
    store = PrefixStore(open_folder, KEY, PLENTY)
    saved_file(store).chmod(file_mode)
    open_folder.chmod(folder_mode)
    state, nothing, seven, notices = said_by(LESSER, open_folder)  # type: ignore[misc]
    readable = (folder_mode, file_mode) == (0o555, 0o444)
    assert state == (state_of([1, 2, 3]).hex() if readable else None)
    assert (nothing, seven) == (False, False)
    assert ["could not be saved" in notice for notice in notices] == ([True] if readable else [False, True])
    assert all("Permission denied" in notice and str(open_folder) in notice for notice in notices)


SLOW = """
import types, zlib
pieces = 0
def crc32(data, start=0):
    global pieces
    pieces += len(data) == 1 << 20
    if len(data) == 1 << 20 and pieces == 3:
        print("writing", flush=True)
        sys.stdin.readline()
    return zlib.crc32(data, start)
prefix_file.zlib = types.SimpleNamespace(crc32=crc32)
PrefixStore(folder, KEY, PLENTY).save([1, 2, 3], bytes(4 << 20))
"""


@pytest.fixture
def writing(store: PrefixStore) -> Iterator[subprocess.Popen[str]]:
    """Give a process that stands in the middle of saving the tokens 1, 2, 3."""
    process = child(SLOW, store.folder)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    yield process
    process.kill()
    process.communicate()


def test_what_a_process_killed_in_the_middle_leaves_is_removed(
    store: PrefixStore, writing: subprocess.Popen[str]
) -> None:
    (part,) = files(store.folder, UNFINISHED)
    assert part.stat().st_size >= 2 << 20
    writing.kill()
    writing.wait()
    assert store.longest([1, 2, 3]) is None and store.notices == []
    assert not part.exists()


def test_what_a_living_process_writes_is_left_to_it(store: PrefixStore, writing: subprocess.Popen[str]) -> None:
    assert store.longest([1, 2, 3]) is None
    assert store.save([7], b"seven") and store.clear() and store.size() == (0, 0)
    writing.communicate("go on\n")
    assert writing.returncode == 0
    assert loaded(store, store.longest([1, 2, 3])) == bytes(4 << 20)


BUSY = """
luck = random.Random(int(sys.argv[2]))
store = PrefixStore(folder, KEY, int(sys.argv[3]))
loads = 0
print("ready", flush=True)
sys.stdin.readline()
for _ in range(150):
    tokens = [luck.randrange(4) for _ in range(luck.randrange(1, 9))]
    if luck.random() < 0.5:
        assert store.save(tokens, struct.pack(f"<{len(tokens)}i", *tokens) * 4000), store.notices
    elif found := store.longest(tokens):
        into = bytearray(found.state_bytes)
        if store.load(found, into):
            loads += 1
            assert into[: 4 * found.common] == struct.pack(f"<{found.common}i", *tokens[: found.common])
            assert into == into[: 4 * found.tokens] * 4000
print(json.dumps([loads, store.notices]))
"""


def test_two_processes_share_a_folder(store: PrefixStore) -> None:
    budget = 1_000_000  # about ten prefixes, so that each process removes what the other saved
    both = [child(BUSY, store.folder, seed, budget) for seed in (1, 2)]
    for process in both:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        said, _ = process.communicate()
        assert process.returncode == 0
        loads, notices = json.loads(said)
        assert loads > 0 and notices == []
    assert 0 < store.size().bytes <= budget
    assert files(store.folder, UNFINISHED) == []


def test_a_thread_may_save_while_others_ask(store: PrefixStore) -> None:
    def work(number: int) -> bool:
        tokens = [number % 4, number]
        assert store.save(tokens, state_of(tokens, 1000))
        return loaded(store, store.longest(tokens)) == state_of(tokens, 1000)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(40)))
    assert store.size().prefixes == 40 and store.notices == []
