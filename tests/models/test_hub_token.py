"""The user's token: where it is looked for, how it is kept, and that it is not shown."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from graphide.errors import UsageError
from graphide.models.tokens import NAME, VARIABLES, Token, find_token, forget_token, keep_token
from graphide.secrets import file_of

KEYRING = """
kept = {}
def get_password(service, user):
    return kept.get((service, user))
def set_password(service, user, text):
    kept[service, user] = text
def delete_password(service, user):
    del kept[service, user]
"""
LOCKED = """
def get_password(service, user):
    raise RuntimeError("no session")
set_password = delete_password = get_password
"""


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is signed in anywhere."""
    for name in (*VARIABLES, "HF_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    monkeypatch.setenv("GRAPHIDE_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(sys.modules, "keyring", None)


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A package of that name is installed."""
    monkeypatch.delitem(sys.modules, "keyring")
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "keyring.py").write_text(getattr(request, "param", KEYRING))
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))


def test_there_may_be_none() -> None:
    assert not find_token()
    assert find_token() == Token()


def test_the_environment_comes_first(keyring: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "huggingface").mkdir()
    (tmp_path / "huggingface" / "token").write_text("hf_theirs\n")
    assert find_token() == Token("hf_theirs", "hugging face")
    assert keep_token("hf_ours") == "keyring"
    assert find_token() == Token("hf_ours", "keyring")
    monkeypatch.setenv("HF_TOKEN", " hf_env ")
    assert find_token() == Token("hf_env", "environment")


def test_without_a_keyring_only_the_user_can_read_the_file() -> None:
    assert keep_token("hf_mine") == "file"
    assert find_token() == Token("hf_mine", "file")
    assert stat.S_IMODE(file_of(NAME).stat().st_mode) == 0o600
    keep_token("hf_other")
    assert find_token().text == "hf_other"
    assert [path.name for path in file_of(NAME).parent.iterdir()] == [file_of(NAME).name]
    forget_token()
    assert not find_token()
    forget_token()


@pytest.mark.parametrize("keyring", [LOCKED], indirect=True)
def test_a_keyring_that_does_not_work_is_the_same_as_none(keyring: None) -> None:
    assert keep_token("hf_mine") == "file"
    assert find_token().source == "file"
    forget_token()
    assert not find_token()


def test_a_token_of_the_keyring_can_be_forgotten(keyring: None) -> None:
    keep_token("hf_mine")
    forget_token()
    assert not find_token()


@pytest.mark.parametrize("text", ["", "  ", "two words", "line\nbreak", "höf", "x" * 5000])
def test_what_cannot_be_a_token_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="not a token"):
        keep_token(text)
    monkeypatch.setenv("HF_TOKEN", text)
    assert not find_token()


def test_a_token_is_not_shown() -> None:
    assert "hf_secret" not in repr(Token("hf_secret", "file"))
