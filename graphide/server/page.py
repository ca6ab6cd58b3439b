"""The built-in web page: its files, with headers that let it load nothing from anywhere else and run no foreign script.

The files are in `page/`, as they are sent: no build step. They hold no secrets and need no key; everything the page shows
comes from the API, which asks for one. A name in an address is looked up in a table, never made into a path.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from fastapi import APIRouter, Request, Response

from graphide.editor.text.metrics import FONTS
from graphide.server.state import ServerState

_FOLDER: Final = Path(__file__).resolve().parent / "page"
_MEDIA: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}
POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",  # kept, and asked for again each time: an update shows at once
}


class PageFile(NamedTuple):
    """A file of the page: where it is, what it is, and a mark that changes with its bytes."""

    path: Path
    media: str
    etag: str


def router(state: ServerState) -> APIRouter:
    """Return the routes of the page: `/` and its files under `/page/`, which need no key, and pictures, which do."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    def page(request: Request) -> Response:
        return _sent(request, "index.html")

    @routes.get("/favicon.ico")
    def mark(request: Request) -> Response:
        return _sent(request, "logo.svg")

    @routes.get("/page/{name}")
    def file(request: Request, name: str) -> Response:
        return _sent(request, name)

    @routes.get("/api/graphs/{name}/drawing")
    def drawing(name: str) -> Response:
        from graphide.editor.connect import Rules  # what draws takes half a second to load
        from graphide.server.drawing import svg_of

        document, workspace = state.served.named(name), state.workspace
        rules = Rules(workspace.registry, workspace.outlines(document))
        return Response(svg_of(document.graph, rules, styled=False), media_type="image/svg+xml")

    return routes


@cache
def page_files() -> Mapping[str, PageFile]:
    """Return the files of the page by the name in their address: those of the folder, and the fonts of the window."""
    found = [*_FOLDER.iterdir(), *FONTS.glob("*.ttf")]
    return {
        path.name: PageFile(path, _MEDIA[path.suffix], f'"{blake2b(path.read_bytes(), digest_size=12).hexdigest()}"')
        for path in found
        if path.suffix in _MEDIA
    }


def _sent(request: Request, name: str) -> Response:
    """Return a file, or that it has not changed, or that there is none."""
    file = page_files().get(name)
    if file is None:
        return Response("There is no such file.\n", 404, dict(_HEADERS), "text/plain")
    headers = {**_HEADERS, "ETag": file.etag}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    return Response(file.path.read_bytes(), headers=headers, media_type=file.media)
