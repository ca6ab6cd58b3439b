"""models list, info, scan and alias: which models there are, what they are, and what they are called."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from cli.command import Command, Inside

from tests.support.gguf_builder import write_gguf, write_split


@pytest.fixture
def own(graphide_: Command) -> Path:
    """The empty folder of models of this test."""
    folder = Path(graphide_.env["GRAPHIDE_HOME"]) / "models"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def library(own: Path, model_path: Path) -> Path:
    """A library with a model and a broken file."""
    (own / "small.gguf").symlink_to(model_path)
    (own / "broken.gguf").write_bytes(b"GGUF but not really")
    return own


@pytest.fixture
def user(graphide_: Command) -> Command:
    """The command of a user whose other programs keep nothing yet."""
    home = graphide_.folder / "user"
    home.mkdir()
    names = (
        "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "LLAMA_CACHE", "OLLAMA_MODELS", "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME", "XDG_DATA_HOME",
    )  # fmt: skip
    unset = dict.fromkeys(names, "")
    return Command(graphide_.folder, {**graphide_.env, **unset, "HOME": str(home), "USERPROFILE": str(home)})


def settings_of(command: Command) -> dict[str, object]:
    body: dict[str, object] = json.loads(
        (Path(command.env["GRAPHIDE_HOME"]) / "config" / "config.json").read_text("utf-8")
    )
    return body


# --- list and info ---


def test_models_are_listed_with_the_broken_ones(inside: Inside, library: Path) -> None:
    ended = inside("models", "list")
    lines = ended.out.splitlines()
    assert lines[0].split() == ["name", "size", "type", "parameters", "context", "folder"]
    assert any(line.split()[:5] == ["small.gguf", "98.4", "MB", "Q4_1", "135M"] for line in lines)
    assert any(line.startswith("broken.gguf  cannot be used: ") for line in lines)
    body = inside("models", "list", "--format", "json").json
    found = {model["name"]: model for model in body["models"]}
    assert body["aliases"] == {"default": "small.gguf"} and "default means small.gguf" in lines
    assert found["broken.gguf"]["problem"] and not found["small.gguf"]["problem"]


def test_a_projector_is_shown_with_its_model(inside: Inside, own: Path) -> None:
    write_gguf(own / "both" / "gemma-Q4_K_M.gguf")
    projector = write_gguf(own / "both" / "mmproj-F16.gguf", {"general.type": "mmproj"})
    write_gguf(own / "alone" / "mmproj-x.gguf", {"general.type": "mmproj"})
    lines = inside("models", "list").out.splitlines()
    assert "F32 + projector" in next(line for line in lines if line.startswith("gemma"))
    assert "mmproj-x.gguf  is a projector, and its model is not beside it" in lines
    assert not any(line.startswith("mmproj-F16") for line in lines)
    body = inside("models", "list", "--format", "json").json
    assert next(model for model in body["models"] if model["name"].startswith("gemma"))["projector"] == str(projector)
    assert [each["name"] for each in body["projectors"]] == ["mmproj-x.gguf", "mmproj-F16.gguf"][::-1]
    assert "mmproj-F16.gguf" in inside("models", "info", "gemma").out


def test_folders_and_aliases_that_are_gone_are_shown_as_such(graphide_: Command, inside: Inside, library: Path) -> None:
    config = Path(graphide_.env["GRAPHIDE_HOME"]) / "config" / "config.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"model_folders": ["/nowhere/at/all"], "aliases": {"fine": "small", "old": "gone"}}))
    ended = inside("models", "list")
    assert "old means gone, which is not there" in ended.out.splitlines()
    assert "fine means small" in ended.out.splitlines()
    assert ended.err == "warning: /nowhere/at/all was not looked at: it is not there\n"
    body = inside("models", "list", "--format", "json").json
    assert list(body["lost_aliases"]) == ["old"] and body["skipped"][0]["folder"] == "/nowhere/at/all"


def test_strange_folders_in_the_settings_keep_nothing_from_starting(
    graphide_: Command, inside: Inside, library: Path
) -> None:
    strange = ["\0", "~nobody-has-this-home/x", str(library / "small.gguf"), "x" * 5000, str(library)]
    config = Path(graphide_.env["GRAPHIDE_HOME"]) / "config" / "config.json"
    config.parent.mkdir()
    config.write_text(
        json.dumps({"model_folders": strange, "aliases": {"odd": "~nobody-has-this-home/x", "bad": "\0/"}})
    )
    ended = inside("models", "list")
    assert "small.gguf" in ended.out and len(ended.err.splitlines()) == 4
    assert "odd means ~nobody-has-this-home/x, which is not there" in ended.out
    graph = graphide_.graph(
        "g.json", {"a": {"type": "template", "text": "x"}, "out": {"type": "output"}}, ["a.text -> out.value"]
    )
    inside("run", graph)


def test_a_model_is_explained(inside: Inside, library: Path, model_path: Path) -> None:
    text = inside("models", "info", "small").out
    assert "Q4_1" in text and "context length" in text
    body = inside("models", "info", str(library / "small.gguf"), "--sha256", "--format", "json").json
    assert body["sha256"] == hashlib.sha256(model_path.read_bytes()).hexdigest() and body["hub"] is None
    again = inside("models", "info", "default", "--format", "json").json
    assert (again["sha256"], again["aliases"]) == (body["sha256"], ["default"])
    assert "not a file" in inside("models", "info", "echo", code=2).err


def test_a_split_model_is_explained_as_one(inside: Inside, own: Path) -> None:
    parts = write_split(own, "big", 3)
    body = inside("models", "info", "big", "--format", "json").json
    assert body["parts"] == [str(part) for part in parts] and body["facts"]["split_count"] == 3
    assert "3, the first of which is shown" in inside("models", "info", "big").out


def test_a_chat_template_is_printed(inside: Inside, own: Path) -> None:
    write_gguf(own / "a.gguf")
    write_gguf(own / "b.gguf", {"tokenizer.chat_template": None})
    assert inside("models", "info", "a", "--template").out == "{{ messages }}\n"
    assert "has no chat template" in inside("models", "info", "b", "--template", code=1).err


def test_a_model_of_the_hubs_cache_says_where_it_is_from(graphide_: Command, inside: Inside) -> None:
    hub = graphide_.folder / "hub"
    link = hub / "models--owner--repo" / "snapshots" / "0123456789abcdef" / "model.gguf"
    link.parent.mkdir(parents=True)
    link.symlink_to(write_gguf(hub / "models--owner--repo" / "blobs" / ("ab" * 32)))
    inside("models", "scan", "hub", "--add")
    assert "owner/repo at 0123456789ab on the hub" in inside("models", "info", "model").out
    body = inside("models", "info", "model", "--format", "json").json
    assert body["hub"] == {
        "repo": "owner/repo",
        "commit": "0123456789abcdef",
        "file": "model.gguf",
        "sha256": "ab" * 32,
    }


def test_a_model_that_cannot_be_used_has_exit_code_4(inside: Inside, library: Path) -> None:
    assert "problem" in inside("models", "info", "broken.gguf", code=4).out
    assert 'model "nothing"' in inside("models", "info", "nothing", code=4).err


# --- scan ---


def test_a_folder_is_scanned_added_and_removed(graphide_: Command, inside: Inside, model_path: Path) -> None:
    other = graphide_.folder / "other"
    other.mkdir()
    (other / "mine.gguf").symlink_to(model_path)
    assert "mine.gguf" not in inside("models", "list").out
    assert "mine.gguf" in inside("models", "scan", "other").out
    assert "mine.gguf" not in inside("models", "list").out
    inside("models", "scan", "other", "--add")
    inside("models", "scan", "other", "--add")
    assert "mine.gguf" in inside("models", "list").out
    assert settings_of(graphide_)["model_folders"] == [str(other)]
    inside("models", "scan", "other", "--remove")
    assert "mine.gguf" not in inside("models", "list").out and (other / "mine.gguf").exists()
    assert "is not a folder of the library" in inside("models", "scan", "other", "--remove", code=2).err


def test_an_empty_folder_is_no_error_and_a_missing_one_is(graphide_: Command, inside: Inside) -> None:
    (graphide_.folder / "empty").mkdir()
    ended = inside("models", "scan", "empty")
    assert (ended.out, ended.err) == ("", "There are no models below empty\n")
    assert 'there is no folder "none"' in inside("models", "scan", "none", code=2).err
    assert "names no folder" in inside("models", "scan", "--remove", code=2).err
    assert "exclude each other" in inside("models", "scan", "--remove", "--add", code=2).err


def test_the_models_of_other_programs_are_offered_and_added_in_one_go(user: Command) -> None:
    studio = Path(user.env["HOME"]) / ".lmstudio" / "models"
    hub = Path(user.env["HOME"]) / ".cache" / "huggingface" / "hub"
    write_gguf(studio / "publisher" / "repo" / "a.gguf")
    write_gguf(hub / "models--o--r" / "snapshots" / "c" / "b.gguf")
    (Path(user.env["HOME"]) / ".cache" / "llama.cpp").mkdir()
    said = user("models", "scan").err
    assert said == (
        f"LM Studio has 1 model in {studio}\nHugging Face has 1 model in {hub}\n"
        "To use them where they are: graphide models scan --add\n"
    )
    places = user("models", "scan", "--format", "json").json["places"]
    assert [(place["program"], place["models"]) for place in places] == [("LM Studio", 1), ("Hugging Face", 1)]
    user("models", "scan", "--add")
    assert settings_of(user)["model_folders"] == [str(studio), str(hub)]
    assert {"a.gguf", "b.gguf"} <= {line.split()[0] for line in user("models", "list").out.splitlines()}
    assert user("models", "scan").err == ""
    assert "that are not in the library" in user("models", "scan", "--add").err


def test_the_models_of_ollama_are_used_where_they_are(user: Command, model_path: Path) -> None:
    store = Path(user.env["HOME"]) / ".ollama" / "models"
    sha256 = hashlib.sha256(model_path.read_bytes()).hexdigest()
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{sha256}"}
    manifest = store / "manifests" / "registry.ollama.ai" / "library" / "smollm2" / "135m"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"layers": [layer]}))
    (store / "blobs").mkdir()
    (store / "blobs" / f"sha256-{sha256}").symlink_to(model_path)
    assert f"Ollama has 1 model in {store}\n" in user("models", "scan").err
    user("models", "scan", "--add")
    rows = [line.split()[:3] for line in user("models", "list").out.splitlines()]
    assert ["smollm2:135m", "98.4", "MB"] in rows
    user("models", "alias", "mine", "smollm2:")
    body = user("models", "info", "mine", "--format", "json").json
    assert (body["name"], body["names"], body["sha256"]) == ("smollm2:135m", ["smollm2:135m"], sha256)
    assert "is what the name of its file says" in user("models", "verify", "mine").out
    assert "ollama rm smollm2:135m" in user("models", "rm", "mine", "--yes", "--force", code=1).err
    graph = user.graph(
        "g.json",
        {
            "ask": {"type": "template", "text": "Hi"},
            "answer": {"type": "model", "model": "smollm2:135m", "max_tokens": 3},
            "out": {"type": "output"},
        },
        ["ask.text -> answer.prompt", "answer.text -> out.value"],
    )
    assert user("run", graph, "--format", "json").json["model"]["sha256"] == sha256


def test_broken_settings_are_not_overwritten(graphide_: Command, inside: Inside) -> None:
    config = Path(graphide_.env["GRAPHIDE_HOME"]) / "config" / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text("{broken")
    for arguments in (("scan", ".", "--add"), ("scan", ".", "--remove"), ("alias", "a", "--rm")):
        assert "the settings are not changed" in inside("models", *arguments, code=None).err
    assert config.read_text() == "{broken"


# --- alias ---


def test_aliases_are_set_said_listed_and_removed(graphide_: Command, inside: Inside, library: Path) -> None:
    assert inside("models", "alias").out == ""
    assert inside("models", "alias", "tiny", "small").err == "tiny means small.gguf now\n"
    assert inside("models", "alias", "default", "tiny").err == "default means small.gguf now\n"
    assert inside("models", "alias").out.split() == ["default", "tiny", "tiny", "small"]
    assert inside("models", "alias", "--format", "json").json["aliases"] == {"default": "tiny", "tiny": "small"}
    assert inside("models", "alias", "tiny").out == f"tiny means {library / 'small.gguf'}\n"
    assert inside("models", "info", "tiny").out.startswith("name ")
    inside("models", "alias", "tiny", "--rm")
    assert settings_of(graphide_)["aliases"] == {"default": "tiny"}
    assert 'there is no alias "tiny". Aliases are: default' in inside("models", "alias", "tiny", "--rm", code=2).err


def test_an_alias_for_a_path_holds_from_everywhere(graphide_: Command, inside: Inside) -> None:
    write_gguf(graphide_.folder / "x.gguf")
    inside("models", "alias", "mine", "./x.gguf")
    assert settings_of(graphide_)["aliases"] == {"mine": str(graphide_.folder / "x.gguf")}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("a", "nothing"), 4, "is not in the library"),
        (("a", "a"), 2, "leads back to itself"),
        (("echo", "small"), 2, "cannot be the name"),
        (("a/b", "small"), 2, "cannot be the name"),
        (("", "small"), 2, "cannot be the name"),
        (("a\x1b[31m", "small"), 2, "cannot be seen"),
        (("a", "small", "--rm"), 2, "takes the name only"),
        (("nothing",), 4, "is not in the library"),
    ],
)
def test_an_alias_that_would_lead_nowhere_is_refused(
    graphide_: Command, inside: Inside, library: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in inside("models", "alias", *arguments, code=code).err
    assert not (Path(graphide_.env["GRAPHIDE_HOME"]) / "config" / "config.json").exists()


def test_an_alias_may_not_lead_back_to_itself(graphide_: Command, inside: Inside, library: Path) -> None:
    inside("models", "alias", "a", "small")
    inside("models", "alias", "b", "a")
    assert "leads back to itself" in inside("models", "alias", "a", "b", code=2).err
    assert settings_of(graphide_)["aliases"] == {"a": "small", "b": "a"}


def test_an_alias_for_a_broken_model_is_set_with_a_warning(inside: Inside, library: Path) -> None:
    assert "warning: broken.gguf cannot be used" in inside("models", "alias", "a", "broken.gguf").err
