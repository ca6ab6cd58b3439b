"""What a person writes to name something on the hub: `owner/repo[:quantisation|file][@revision]`, or a pasted address.

Only the text is looked at; whether such a repository exists is `hub`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from graphide.errors import UsageError

_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_REVISION = re.compile(r"[\w][\w./-]{0,199}", re.ASCII)
_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)
_SITES = re.compile(r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/", re.IGNORECASE)
_PAGE = re.compile(r"(?P<repo>[^/]+/[^/]+)/(?:blob|resolve|tree)/(?P<revision>[^/]+)(?:/(?P<file>[^?#]+))?(?:[?#].*)?")
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE
)  # names that Windows keeps for itself

_HOW = "Write owner/repo, owner/repo:Q4_K_M, owner/repo:file.gguf, and @revision behind it for another than the newest"


@dataclass(frozen=True, slots=True)
class PullSpec:
    """What to get from where: a file or a quantisation, or neither ("": choose one for this machine).

    `revision` is a branch, a tag or a commit; "" is the newest state.
    """

    repo: str
    quantisation: str = ""
    file: str = ""
    revision: str = ""

    def __str__(self) -> str:
        what = self.file or self.quantisation
        return self.repo + (f":{what}" if what else "") + (f"@{self.revision}" if self.revision else "")


def parse_spec(text: str) -> PullSpec:
    """Return what a text names; the address of a repository or of a file in it is understood too. Raises UsageError."""
    text = text.strip()
    site = _SITES.match(text)
    rest = text[site.end() :] if site else text
    page = _PAGE.fullmatch(rest)
    if site and page:
        return _checked(text, page["repo"], page["file"] or "", "" if page["revision"] == "main" else page["revision"])
    body, at, revision = rest.rstrip("/").partition("@")
    repo, colon, what = body.partition(":")
    if (at and not revision) or (colon and not what):
        raise UsageError(f'"{text}" ends too early', hint=_HOW)
    return _checked(text, repo, what, revision)


def is_repo(name: str) -> bool:
    """Return whether a text can be the name of a repository."""
    return bool(_REPO.fullmatch(name)) and ".." not in name and "--" not in name


def is_plain_path(path: str) -> bool:
    """Return whether a path in a repository can be a path below a folder on every system, and not leave that folder."""
    return len(path) <= 400 and path.isprintable() and all(_is_plain_name(name) for name in path.split("/"))


def _is_plain_name(name: str) -> bool:
    if not name or len(name.encode()) > 200 or name.startswith(".") or name[-1] in ". " or name[0] == " ":
        return False
    return not set(name) & set('\\:*?"<>|') and not _RESERVED.fullmatch(name)


def _checked(text: str, repo: str, what: str, revision: str) -> PullSpec:
    if not is_repo(repo):
        raise UsageError(f'"{text}" does not name a repository of the hub', hint=_HOW)
    if revision and (not _REVISION.fullmatch(revision) or ".." in revision):
        raise UsageError(f'"{revision}" is not the name of a revision', hint="Name a branch, a tag or a commit")
    if what.lower().endswith(".gguf"):
        if not is_plain_path(what):
            raise UsageError(f'"{what}" is not the path of a file in a repository', hint=_HOW)
        return PullSpec(repo, file=what, revision=revision)
    if what and not _NAME.fullmatch(what):
        raise UsageError(f'"{what}" is neither a quantisation nor a file that ends in .gguf', hint=_HOW)
    return PullSpec(repo, quantisation=what, revision=revision)
