"""`graphide chats export`, `import` and `backup`: chats as files, in forms that others read and give."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphide import settings as settings_file
from graphide.cli import streams
from graphide.cli.chats_opened import all_heads, counted, json_option, the_store
from graphide.disk import write_atomically
from graphide.errors import EXIT_OK, GraphideError, UsageError
from graphide.graph.quoting import printable

if TYPE_CHECKING:
    from graphide.store.chats import ChatHead, Chats

_STDOUT = "-"
_NO_NAME = re.compile(r"[^\w.-]+")


@click.command(short_help="Write chats to files, as Markdown or JSON.")
@click.argument("ids", nargs=-1, metavar="[ID]…")
@click.option("--all", "everything", is_flag=True, help="All chats.")
@click.option("--format", "format_", type=click.Choice(["md", "json"]), help="Markdown of the chosen way, or JSON with "
              "all branches, which import reads. Without it the ending of the file decides.")  # fmt: skip
@click.option("--out", "-o", metavar="FILE|DIR", default=_STDOUT, help="A file; a folder for Markdown of several chats; "
              "- for standard output.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace files that are there.")
def export(ids: tuple[str, ...], everything: bool, format_: str | None, out: str, force: bool) -> int:
    """Write the chats ID to a file, or to a file each below a folder."""
    if bool(ids) == everything:
        raise UsageError("it is not said which chats", hint="Name them by ID, or give --all")
    form = format_ or ("json" if out.endswith(".json") else "md")
    with the_store() as store:
        heads = list(all_heads(store)) if everything else [store.find(each) for each in ids]
        if form == "md" and len(heads) != 1 and out == _STDOUT:
            raise UsageError(
                "several chats are no one Markdown text", hint="Give a folder with --out, or --format json"
            )
        if form == "md" and (len(heads) != 1 or Path(out).is_dir()):
            files = _each(store, heads, Path(out))
        else:
            files = [(Path(out), _together(store, heads, form))]
        if out == _STDOUT:
            streams.out(files[0][1].decode())
            return EXIT_OK
        for path, data in files:
            _write(path, data, force=force)
    streams.err(f"wrote {counted(len(heads))} to {printable(out)}\n")
    return EXIT_OK


@click.command("import", short_help="Take in chats of ChatGPT, Open WebUI or graphide.")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def import_(file: Path, json: bool) -> int:
    """Take in the chats of FILE: conversations.json of ChatGPT (or the ZIP it comes in), an export of Open WebUI, or of graphide.

    Chats that cannot be read are named and left out. Those that are in already come in once more.
    """
    from graphide.chatting.importing import read_export
    from graphide.cli.chats_shown import print_json

    found = read_export(file)
    with the_store() as store:
        ids = store.add(found.chats)
    if json:
        print_json({"imported": list(ids), "refused": list(found.refused)})
    for sentence in found.refused:
        streams.err(f"left out: {printable(sentence)}\n")
    streams.err(f"took in {counted(len(ids))}\n")
    if days := settings_file.load().chat_days:
        streams.err(f"note: chats older than {days} days are deleted (chat_days), also those that were taken in\n")
    return EXIT_OK


@click.command(short_help="Copy the whole store to a file.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE when it is there.")
def backup(file: Path, force: bool) -> int:
    """Copy all chats to FILE, whole or not at all, while other programs go on writing."""
    from graphide.chatting.keeping import chats_file

    if file.exists() and not force:
        raise UsageError("is there already", where=str(file), hint="Choose another name, or replace it with --force")
    with the_store() as store:
        store.database.backup(file.absolute())
    streams.err(f"copied to {printable(str(file))}. To go back to it, put it in the place of {chats_file()}\n")
    return EXIT_OK


def _each(store: Chats, heads: Iterable[ChatHead], folder: Path) -> list[tuple[Path, bytes]]:
    """Return a Markdown file for each chat, named by its day, title and id."""
    from graphide.cli.chats_shown import SHORT, written

    if folder.exists() and not folder.is_dir():
        raise UsageError("is no folder", where=str(folder), hint="Several chats go to a folder")
    files = []
    for head in heads:
        title = _NO_NAME.sub("-", head.title).strip("-.")[:60] or "chat"
        name = f"{head.created[:10]}-{title}-{head.id[:SHORT]}.md"
        files.append((folder / name, written(head, store.turns(head.id), json=False)))
    return files


def _together(store: Chats, heads: list[ChatHead], form: str) -> bytes:
    from graphide.cli.chats_shown import written
    from graphide.cli.report import dumps
    from graphide.store.transcript import as_json

    if form == "md":
        return written(heads[0], store.turns(heads[0].id), json=False)
    return (dumps([as_json(head, store.turns(head.id)) for head in heads], indent=True) + "\n").encode(
        "utf-8", "backslashreplace"
    )


def _write(path: Path, data: bytes, *, force: bool) -> None:
    if path.exists() and not force:
        raise UsageError("is there already", where=str(path), hint="Choose another name, or replace it with --force")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
    except OSError as error:
        raise GraphideError(f"cannot be written: {error.strerror}", where=str(path)) from error
