"""What people write to name a model on the hub, and the files of a repository put in order. No network."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from graphide.errors import UsageError
from graphide.models.catalogue import catalogue
from graphide.models.hub_files import HubFile, pick, quantisation_name, sorted_files
from graphide.models.hub_spec import PullSpec, is_plain_path, is_repo, parse_spec

GB = 10**9


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("ada/tiny-GGUF", PullSpec("ada/tiny-GGUF")),
        ("ada/tiny-GGUF:Q4_K_M", PullSpec("ada/tiny-GGUF", quantisation="Q4_K_M")),
        ("ada/tiny-GGUF:q4_k_m@v1.0", PullSpec("ada/tiny-GGUF", quantisation="q4_k_m", revision="v1.0")),
        ("ada/t:UD/t-UD-Q2_K_XL.gguf", PullSpec("ada/t", file="UD/t-UD-Q2_K_XL.gguf")),
        ("ada/t@refs/pr/3", PullSpec("ada/t", revision="refs/pr/3")),
        ("https://huggingface.co/ada/t", PullSpec("ada/t")),
        ("hf.co/ada/t:Q8_0", PullSpec("ada/t", quantisation="Q8_0")),
        ("https://huggingface.co/ada/t/tree/main", PullSpec("ada/t")),
        ("https://huggingface.co/ada/t/blob/main/t-Q8_0.gguf", PullSpec("ada/t", file="t-Q8_0.gguf")),
        (
            "https://huggingface.co/ada/t/resolve/abc123/a/t.gguf?download=true",
            PullSpec("ada/t", file="a/t.gguf", revision="abc123"),
        ),
        (" ada/t \n", PullSpec("ada/t")),
    ],
)
def test_what_people_write_is_understood(text: str, spec: PullSpec) -> None:
    assert parse_spec(text) == spec


@pytest.mark.parametrize(
    "text",
    ["", "tiny", "a/b/c", "ada/", "/tiny", "ada/t:", "ada/t@", "ada/t:../x.gguf", "ada/t:a b", "ada/t@a b", "../../etc",
     "ada/t@..", "ada/t:/etc/x.gguf", "ada/..", "https://example.com/ada/t", "ada/t:Q4_K_M:x"],
)  # fmt: skip
def test_what_names_nothing_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_spec(text)
    assert caught.value.hint


@given(
    st.from_regex(r"[a-z][A-Z0-9_]{0,8}/[a-z]([-.]?[A-Z0-9_]){0,8}", fullmatch=True),
    st.sampled_from(["", "Q4_K_M", "IQ2_XXS", "mine.gguf", "a/b.gguf"]),
    st.sampled_from(["", "main", "v1.0", "0123abcd"]),
)
def test_a_spec_is_read_back_as_it_was_written(repo: str, what: str, revision: str) -> None:
    is_file = what.endswith(".gguf")
    spec = PullSpec(repo, "" if is_file else what, what if is_file else "", revision)
    assert parse_spec(str(spec)) == spec


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        spec = parse_spec(text)
    except UsageError:
        return
    assert is_repo(spec.repo)
    assert not spec.file or is_plain_path(spec.file)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Llama-3.2-1B-Instruct-Q4_K_M.gguf", "Q4_K_M"),
        ("qwen2.5-0.5b-instruct-q8_0.gguf", "Q8_0"),
        ("model.Q5_K_S.gguf", "Q5_K_S"),
        ("m-UD-IQ2_XXS.gguf", "UD-IQ2_XXS"),
        ("m-UD-Q4_K_XL-00001-of-00002.gguf", "UD-Q4_K_XL"),
        ("Q6_K/m-00001-of-00003.gguf", "Q6_K"),
        ("m-Q6_K_L.gguf", "Q6_K_L"),
        ("m-f16.gguf", "F16"),
        ("m-FP16.gguf", "F16"),
        ("m-BF16.gguf", "BF16"),
        ("gpt-oss-20b-MXFP4.gguf", "MXFP4"),
        ("m-IQ4_NL.gguf", "IQ4_NL"),
        ("m-Q4_0_4_8.gguf", "Q4_0_4_8"),
        ("m-TQ1_0.gguf", "TQ1_0"),
        ("Q4_K_M-distilled-Q8_0.gguf", "Q8_0"),
        ("model.gguf", ""),
        ("XQ8_0Y.gguf", ""),
    ],
)
def test_the_quantisation_is_read_from_the_name(path: str, name: str) -> None:
    assert quantisation_name(path) == name


def test_split_files_are_one_and_projectors_are_apart() -> None:
    found = sorted_files(
        [
            HubFile("m-Q8_0-00002-of-00002.gguf", 3, "b"),
            HubFile("m-Q8_0-00001-of-00002.gguf", 5, "a"),
            HubFile("m-Q4_K_M.gguf", 4),
            HubFile("mmproj-F16.gguf", 1),
            HubFile("m-Q6_K-00001-of-00002.gguf", 1),  # its second part is missing
            HubFile("m.imatrix.gguf", 1),
            HubFile("../evil-Q2_K.gguf", 1),
            HubFile("README.md", 1),
        ]
    )
    assert [(each.name, each.size, [file.sha256 for file in each.files]) for each in found.quantisations] == [
        ("Q4_K_M", 4, [""]),
        ("Q8_0", 8, ["a", "b"]),
    ]
    assert [each.file for each in found.projectors] == ["mmproj-F16.gguf"]


def test_a_form_is_picked_by_name_start_or_file() -> None:
    files = sorted_files(
        HubFile(name, number)
        for number, name in enumerate(
            ["m-Q4_K_M.gguf", "m-Q4_K_S.gguf", "m-Q8_0.gguf", "a/n-Q6_K.gguf", "mmproj-F16.gguf"]
        )
    )
    assert pick(files, quantisation="q8").file == "m-Q8_0.gguf"
    assert pick(files, quantisation="Q4_K_S").file == "m-Q4_K_S.gguf"
    assert pick(files, file="n-Q6_K.gguf").file == "a/n-Q6_K.gguf"
    assert pick(files, file="mmproj-F16.gguf").name == "F16"
    with pytest.raises(UsageError, match='several files fit the quantisation "Q4"'):
        pick(files, quantisation="Q4")
    with pytest.raises(UsageError) as caught:
        pick(files, quantisation="Q5_K_M")
    assert caught.value.hint == "There is Q4_K_M, Q4_K_S, Q8_0, Q6_K"


def test_the_catalogue_is_dated_and_names_what_can_be_pulled() -> None:
    found = catalogue()
    assert len(found.dated) == 10 and found.models
    assert [model.size for model in found.models] == sorted(model.size for model in found.models)
    for model in found.models:
        assert model.spec.quantisation and model.good_for and model.licence
        assert 0.4 < model.size / model.parameters < 1.5
        assert model.context_length >= 2048 and model.parameters > 1_000_000
    pulls = [model.pull for model in found.models]
    assert len(set(pulls)) == len(pulls)


def test_the_catalogue_has_something_for_every_machine_that_can_run_one() -> None:
    found = catalogue()
    assert found.for_room(0) is None
    assert found.for_room(GB) == found.models[0]
    assert found.for_room(64 * GB) == found.models[-1]
