"""`graphide chats`: the group of commands on the chats that are kept. Talking is `chat`; files in and out are in `chats_files`."""

from __future__ import annotations

import click

from graphide.cli import streams
from graphide.cli.chats_files import backup, export, import_
from graphide.cli.chats_opened import all_heads, confirmed, counted, json_option, the_store
from graphide.cli.render import for_terminal
from graphide.errors import EXIT_OK, UsageError


@click.group(short_help="Find, read, export and look after chats.")
def chats() -> None:
    """Find, read, export and look after the chats that are kept. ID is an id, or as much of its beginning as one chat has."""


@click.command("list", short_help="List the chats.")
@click.option("--limit", "-n", type=click.IntRange(1), default=30, show_default=True, help="How many.")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@json_option
def list_(limit: int, everything: bool, json: bool) -> int:
    """List the chats, pinned ones (*) first, then those in which something was said last."""
    from graphide.cli.chats_shown import head_json, print_json, rows_text

    with the_store() as store:
        heads = list(all_heads(store) if everything else store.listed(limit))
    if json:
        print_json([head_json(head) for head in heads])
    else:
        streams.out(rows_text(heads))
        if not heads:
            streams.err("There are no chats yet. Begin one: graphide chat\n")
    return EXIT_OK


@click.command(short_help="Print what was said in a chat.")
@click.argument("id")
@json_option
def show(id: str, json: bool) -> int:
    """Print what was said in the chat ID on the chosen way; as JSON with all branches and what each answer cost."""
    from graphide.cli.chats_shown import print_json
    from graphide.store.transcript import as_json, markdown

    with the_store() as store:
        head = store.find(id)
        turns = store.turns(head.id)
    if json:
        print_json({"id": head.id, "pinned": head.pinned, **as_json(head, turns)})
    else:
        text = markdown(head, turns)
        streams.out(for_terminal(text) if streams.out_is_terminal() else text)
    return EXIT_OK


@click.command(short_help="Find words in all chats.")
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", "-n", type=click.IntRange(1), default=50, show_default=True, help="How many places.")
@json_option
def search(words: tuple[str, ...], limit: int, json: bool) -> int:
    """Find chats in which all WORDS, or words that begin so, were said together; "in quotes" as it stands."""
    from graphide.cli.chats_shown import hit_json, hits_text, print_json
    from graphide.store.search import found

    with the_store() as store:
        hits = found(store, " ".join(words), limit)
    if json:
        print_json([hit_json(hit) for hit in hits])
    else:
        streams.out(hits_text(hits))
        if not hits:
            streams.err("Nothing was found\n")
    return EXIT_OK


@click.command(short_help="Delete chats.")
@click.argument("ids", nargs=-1, metavar="ID…")
@click.option("--all", "everything", is_flag=True, help="All chats, also pinned ones.")
@click.option(
    "--older", type=click.IntRange(1), metavar="DAYS", help="Those that nobody used for so many days, unless pinned."
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def rm(ids: tuple[str, ...], everything: bool, older: int | None, yes: bool) -> int:
    """Delete chats for good; with --all, also what was typed at the prompt."""
    from graphide.chatting.keeping import typed_file

    if sum([bool(ids), everything, older is not None]) != 1:
        raise UsageError("it is not said which chats", hint="Name them by ID, or give --all, or --older DAYS")
    with the_store() as store:
        if older is not None:
            confirmed(f"Delete the chats that nobody used for {older} days?", yes=yes)
            gone = store.purge(older)
        else:
            heads = list(all_heads(store)) if everything else [store.find(each) for each in ids]
            confirmed(f"Delete {counted(len(heads))} for good?", yes=yes or not everything)
            for head in {head.id: head for head in heads}.values():
                store.delete(head.id)
            gone = len({head.id for head in heads})
        store.tidy()
    if everything:
        typed_file().unlink(missing_ok=True)
    streams.err(f"deleted {counted(gone)}\n")
    return EXIT_OK


@click.command(short_help="Give a chat a title.")
@click.argument("id")
@click.argument("title")
def rename(id: str, title: str) -> int:
    """Give the chat ID a TITLE; "" takes it from what was said."""
    with the_store() as store:
        store.rename(store.find(id).id, title)
    return EXIT_OK


@click.command(short_help="Keep a chat at the head of the list.")
@click.argument("id")
@click.option("--off", is_flag=True, help="No more.")
def pin(id: str, off: bool) -> int:
    """Keep the chat ID at the head of the list, and from being deleted for its age."""
    with the_store() as store:
        store.pin(store.find(id).id, not off)
    return EXIT_OK


for _command in (list_, show, search, export, import_, rm, rename, pin, backup):
    chats.add_command(_command)
