"""The hub: searching Hugging Face for GGUF repositories, and what is in one. Answers are kept, and served when offline.

Metadata and authentication are huggingface_hub's; bytes are `download`, fits are `hub_fit`. Every question ends within
`seconds`, and fails with a HubFault that says what to do.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from graphide import paths
from graphide.errors import UsageError
from graphide.models import tokens
from graphide.models.download_job import Request
from graphide.models.hub_ask import ask, listed
from graphide.models.hub_cache import AnswerCache, Kept
from graphide.models.hub_errors import HubFault, is_offline, offline
from graphide.models.hub_files import HubFile, HubFiles, Quantisation, is_projector, quantisation_name, sorted_files
from graphide.models.hub_spec import is_repo
from graphide.models.transfer import Line

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import ModelInfo

_T = TypeVar("_T")

ENDPOINT = "https://huggingface.co"
Sort = Literal["trending", "downloads", "likes", "updated", "created"]
_SORTS: Mapping[Sort, str] = {
    "trending": "trendingScore",
    "downloads": "downloads",
    "likes": "likes",
    "updated": "lastModified",
    "created": "createdAt",
}
_EXPAND = ("author", "downloads", "gated", "gguf", "lastModified", "likes", "siblings", "tags")
_FRESH = 600.0  # seconds for which an answer is not asked for again
_MOST_LOOKED_AT = 400  # repositories, where a filter is ours and not the hub's
_PAGE = 100
_README_BYTES = 1 << 20
_FRONT_MATTER = re.compile(r"\A---\s*\n.*?\n---\s*\n", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to look for. `size` bounds the parameters (0: open), `gated` None takes both, `licence` is as on the hub."""

    text: str = ""
    author: str = ""
    sort: Sort = "trending"
    size: tuple[int, int] = (0, 0)
    licence: str = ""
    gated: bool | None = None
    limit: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class HubModel:
    """A repository in a list. `updated` is a date like 2026-11-22, `gated` "", "auto" or "manual"; 0 and "": unknown."""

    repo: str
    author: str = ""
    downloads: int = 0
    likes: int = 0
    updated: str = ""
    gated: str = ""
    licence: str = ""
    architecture: str = ""
    parameters: int = 0
    context_length: int = 0
    quantisations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave; `old` is its age in seconds where it is kept from earlier because the hub did not answer."""

    models: tuple[HubModel, ...]
    old: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """One repository in one state (`commit`), with its GGUF files; `old` as in Found."""

    model: HubModel
    commit: str
    files: HubFiles
    old: float = 0.0

    def request(self, chosen: Quantisation, folder: Path, *, projector: Quantisation | None = None) -> Request:
        """Return the download of a quantisation, and of a projector with it, into a folder of models."""
        files = (*chosen.files, *(projector.files if projector else ()))
        return Request(repo=self.model.repo, commit=self.commit, files=files, folder=folder / Path(self.model.repo))


class Hub:
    """Hugging Face, or another server that speaks like it. Nothing is asked before a method is called."""

    def __init__(
        self,
        *,
        endpoint: str = "",
        token: Callable[[], str] = tokens.token_text,
        network: bool = True,
        cache: Path | None = None,
        seconds: float = 10.0,
    ) -> None:
        """Set up a hub.

        `endpoint` "" is HF_ENDPOINT, else Hugging Face; without `network`, or with HF_HUB_OFFLINE, only kept answers are
        given; `cache` is the folder they are kept in (None: the user's); `seconds` bounds every question.
        """
        address = (endpoint or os.environ.get("HF_ENDPOINT", "") or ENDPOINT).rstrip("/")
        if not address.startswith(("https://", "http://")):
            raise UsageError(f'the address of the hub is not one: "{address}"', hint=f"Write it like {ENDPOINT}")
        self.network = network and not is_offline()
        self.line = Line(address, token, network=self.network)
        self._seconds = seconds
        self._cache = AnswerCache(cache or paths.cache_folder() / "hub")

    @property
    def endpoint(self) -> str:
        """The address of the hub."""
        return self.line.endpoint

    def search(self, query: Query) -> Found:
        """Return repositories with GGUF files; raises HubFault where nothing is known."""
        question = f"search {self.endpoint} {query!r}"

        def look() -> list[dict[str, Any]]:
            return [asdict(found) for found in _matching(self._listed(query), query)]

        kept, old = self._answer(question, look)
        return Found(tuple(_model(each) for each in kept.body), old)

    def repository(self, repo: str, revision: str = "") -> Repository:
        """Return what is in a repository; raises UsageError, HubFault."""
        if not is_repo(repo):
            raise UsageError(f'"{repo}" is not the name of a repository', hint="Write owner/repo")

        def look() -> dict[str, Any]:
            found = self._api().model_info(repo, revision=revision or None, files_metadata=True, timeout=self._seconds)
            files = [asdict(file) for file in _files_of(found)]
            return {"model": asdict(_model_of(found)), "commit": found.sha, "files": files}

        kept, old = self._answer(f"repository {self.endpoint} {repo} {revision}", look, repo=repo)
        files = sorted_files(HubFile(**each) for each in kept.body["files"])
        return Repository(model=_model(kept.body["model"]), commit=kept.body["commit"], files=files, old=old)

    def readme(self, repository: Repository) -> str:
        """Return the README of a repository as Markdown without its metadata, "" where there is none."""
        repo, commit = repository.model.repo, repository.commit

        def look() -> str:
            try:
                body = self.line.open(self.line.url(repo, commit, "README.md"), repo=repo)
            except HubFault as fault:
                if fault.kind == "not_found":
                    return ""
                raise
            try:
                return body.read(_README_BYTES).decode("utf-8", "replace")
            finally:
                body.close()

        kept, _ = self._answer(f"readme {self.endpoint} {repo} {commit}", look, repo=repo)
        return _FRONT_MATTER.sub("", kept.body.replace("\r\n", "\n")).lstrip()

    def user(self) -> str:
        """Return the name of the account that the token belongs to, "" without a token; raises HubFault."""
        secret = self.line.token()
        if not secret:
            return ""
        if not self.network:
            raise offline()
        return str(ask(lambda: self._api().whoami(secret), self.line, seconds=self._seconds).get("name", ""))

    def _answer(self, question: str, look: Callable[[], _T], *, repo: str = "") -> tuple[Kept, float]:
        """Return an answer and how old it is where the hub could not be asked; raises HubFault without any."""
        question += " with a token" if self.line.token() else ""
        kept = self._cache.get(question)
        if kept is not None and 0 <= self._cache.age(kept) < _FRESH:
            return kept, 0.0
        try:
            if not self.network:
                raise offline()
            return self._cache.put(question, ask(look, self.line, seconds=self._seconds, repo=repo)), 0.0
        except HubFault as fault:
            if kept is not None and (fault.passes or fault.kind == "offline"):
                return kept, max(1.0, self._cache.age(kept))
            raise

    def _api(self) -> HfApi:
        from huggingface_hub import HfApi

        return HfApi(endpoint=self.endpoint, token=self.line.token() or False, library_name="graphide")

    def _listed(self, query: Query) -> Iterator[ModelInfo]:
        own_filter = query.size != (0, 0)
        params = {
            "filter": ["gguf", *([f"license:{query.licence}"] if query.licence else [])],
            "search": query.text,
            "author": query.author,
            "sort": _SORTS[query.sort],
            "gated": {None: "", True: "true", False: "false"}[query.gated],
            "limit": _PAGE if own_filter else max(1, query.limit),
            "expand": list(_EXPAND),
        }
        found = listed(self.line, {key: value for key, value in params.items() if value}, seconds=self._seconds)
        return itertools.islice(found, _MOST_LOOKED_AT if own_filter else query.limit)


def _matching(listed: Iterable[ModelInfo], query: Query) -> Iterator[HubModel]:
    least, most = query.size
    left = query.limit
    for info in listed:
        found = _model_of(info)
        if left and least <= found.parameters and (not most or 0 < found.parameters <= most):
            left -= 1
            yield found
        if not left:
            return


def _model_of(info: ModelInfo) -> HubModel:
    gguf = info.gguf if isinstance(info.gguf, dict) else {}
    tags = info.tags or []
    names = [quantisation_name(each.rfilename) for each in info.siblings or () if _is_model(each.rfilename)]
    return HubModel(
        repo=info.id,
        author=info.author or info.id.partition("/")[0],
        downloads=info.downloads or 0,
        likes=info.likes or 0,
        updated=info.last_modified.date().isoformat() if info.last_modified else "",
        gated=str(info.gated) if info.gated else "",
        licence=next((tag.removeprefix("license:") for tag in tags if tag.startswith("license:")), ""),
        architecture=str(gguf.get("architecture") or ""),
        parameters=_number(gguf.get("total")),
        context_length=_number(gguf.get("context_length")),
        quantisations=tuple(sorted({name for name in names if name})),
    )


def _files_of(info: ModelInfo) -> Iterator[HubFile]:
    for each in info.siblings or ():
        if _is_gguf(each.rfilename):
            sha256 = each.lfs.sha256 if each.lfs else ""
            yield HubFile(each.rfilename, (each.lfs.size if each.lfs else each.size) or 0, sha256)


def _model(body: Mapping[str, Any]) -> HubModel:
    return replace(HubModel(**body), quantisations=tuple(body["quantisations"]))


def _is_model(path: str) -> bool:
    return _is_gguf(path) and not is_projector(path)


def _is_gguf(path: str) -> bool:
    return path.lower().endswith(".gguf")


def _number(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
