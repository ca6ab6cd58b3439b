"""`graphide keys`: secrets go in by standard input and never come out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cli.command import Command

SECRET = "sk-1234567890abcdef"


@pytest.fixture
def lab(graphide_: Command) -> Command:
    """The command of a user with a server, whose keyring is that no package was installed for."""
    home = Path(graphide_.env["GRAPHIDE_HOME"])
    (home / "config").mkdir(parents=True)
    servers = {"lab": "http://127.0.0.1:1/v1"}
    (home / "config" / "config.json").write_text(json.dumps({"servers": servers}), encoding="utf-8")
    hidden = {
        name: value
        for name, value in graphide_.env.items()
        if not name.startswith(("HF_", "HUGGING_FACE", "GRAPHIDE_KEY"))
    }
    return Command(
        graphide_.folder,
        {**hidden, "HF_HOME": str(home / "hf"), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"},
    )


def listed(command: Command, **env: str) -> dict[str, str]:
    found: list[dict[str, Any]] = command("keys", "list", "--json", **env).json
    return {key["name"]: key["source"] for key in found}


def test_a_key_is_kept_listed_and_removed_without_being_shown(lab: Command) -> None:
    assert listed(lab) == {"hub": "", "lab": ""}
    kept = lab("keys", "set", "lab", stdin=f"{SECRET}\n")
    shown = lab("keys", "list")
    assert listed(lab)["lab"] in ("file", "keyring") and "lab" in shown.out
    removed = lab("keys", "rm", "lab")
    assert removed.err == 'there is no key of "lab" any more\n' and listed(lab)["lab"] == ""
    assert SECRET not in "".join(each.out + each.err for each in (kept, shown, removed))


def test_a_key_is_readable_for_its_user_only(lab: Command) -> None:
    lab("keys", "set", "lab", stdin=SECRET)
    file = Path(lab.env["GRAPHIDE_HOME"]) / "config" / "keys" / "server-lab"
    if listed(lab)["lab"] == "file" and os.name == "posix":
        assert file.stat().st_mode & 0o077 == 0 and file.read_text("utf-8").strip() == SECRET


def test_the_environment_comes_first_and_is_said(lab: Command) -> None:
    variable = {"GRAPHIDE_KEY_LAB": "from-the-environment"}
    assert listed(lab, **variable)["lab"] == "environment"
    assert (
        "GRAPHIDE_KEY_LAB of the environment comes before it" in lab("keys", "set", "lab", stdin=SECRET, **variable).err
    )
    assert "is still in GRAPHIDE_KEY_LAB" in lab("keys", "rm", "lab", **variable).err
    assert listed(lab, HF_TOKEN="hf_abc")["hub"] == "environment"


def test_the_token_of_the_hub_is_a_key_too(lab: Command) -> None:
    lab("keys", "set", "hub", stdin="hf_1234567890\n")
    assert listed(lab)["hub"] in ("file", "keyring")
    lab("keys", "rm", "hub")
    assert listed(lab)["hub"] == ""
    token = Path(lab.env["HF_HOME"]) / "token"
    token.parent.mkdir(parents=True)
    token.write_text("hf_of_another_program", encoding="utf-8")
    assert listed(lab)["hub"] == "hugging face"
    assert "is still in the token of Hugging Face" in lab("keys", "rm", "hub").err


def test_the_key_of_a_server_that_is_gone_can_be_removed(lab: Command) -> None:
    lab("keys", "set", "lab", stdin=SECRET)
    config = Path(lab.env["GRAPHIDE_HOME"]) / "config" / "config.json"
    config.write_text('{"servers": {"Not a name!": "http://127.0.0.1:1/v1"}}', encoding="utf-8")
    shown = lab("keys", "list")
    assert "warning: " in shown.err and "lab" in shown.out
    lab("keys", "rm", "lab")
    assert listed(lab) == {"hub": ""}


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        (["set", "lap"], SECRET, 'no server "lap" in the settings. Did you mean "lab"?'),
        (["set", "lab"], "", "cannot be a key"),
        (["set", "lab"], "two words", "cannot be a key"),
        (["set", "hub"], "two words", "not a token of the hub"),
        (["set", "lab", SECRET], "", "unexpected extra argument"),
        (["rm", "lap"], "", 'no key of "lap"'),
    ],
)
def test_what_cannot_be_a_key_is_refused(lab: Command, arguments: list[str], stdin: str, says: str) -> None:
    ended = lab("keys", *arguments, stdin=stdin, code=2)
    assert says in ended.err and ended.out == ""


def test_a_key_is_asked_for_in_a_terminal_and_not_shown(lab: Command) -> None:
    terminal = pytest.importorskip("cli.terminal", reason="pseudo-terminals as POSIX has them")
    with terminal.Terminal(lab, ("keys", "set", "lab")) as term:
        term.see("it is not shown")
        term.press(SECRET + terminal.ENTER)
        term.see("is kept in")
        assert term.end() == 0 and SECRET not in term.text
    assert listed(lab)["lab"] in ("file", "keyring")
