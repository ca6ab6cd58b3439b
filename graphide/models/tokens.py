"""The user's token for the hub: found where secrets are, else where Hugging Face's own programs keep theirs.

It is never shown, logged or stored with a download.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from graphide import secrets
from graphide.errors import UsageError

NAME = "hugging-face"
VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
TokenSource = secrets.Source | Literal["hugging face"]


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it was found; its text is left out where the value is printed."""

    text: str = field(default="", repr=False)
    source: TokenSource = ""

    def __bool__(self) -> bool:
        return bool(self.text)


def find_token() -> Token:
    """Return the token of this user, an empty one where there is none."""
    if own := secrets.find(NAME, VARIABLES):
        return Token(own.text, own.source)
    text = secrets.read(_hugging_face_file())
    return Token(text, "hugging face") if text else Token()


def token_text() -> str:
    """Return the text of the token of this user, "" where there is none."""
    return find_token().text


def keep_token(text: str) -> secrets.Source:
    """Keep a token in the keyring, or in a file that only this user can read, and return which.

    Raises UsageError where the text cannot be a token, and GraphideError where it cannot be kept.
    """
    if not secrets.clean(text):
        raise UsageError("this is not a token of the hub", hint="It begins with hf_ and has no spaces")
    return secrets.keep(NAME, text)


def forget_token() -> None:
    """Remove the token that graphide keeps; one of the environment or of another program stays."""
    secrets.forget(NAME)


def _hugging_face_file() -> Path:
    if named := os.environ.get("HF_TOKEN_PATH"):
        return Path(named).expanduser()
    home = os.environ.get("HF_HOME")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return (Path(home).expanduser() if home else Path(cache) / "huggingface") / "token"
