"""`graphide chat`: its options, and whom they choose to talk with. The conversation itself is in `chat_room`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphide import settings as settings_file
from graphide.cli import completion, inputs, opening, streams
from graphide.cli.render import error_text
from graphide.errors import GraphideError, UsageError
from graphide.spec.generation import Overflow

if TYPE_CHECKING:
    from graphide.chatting.attachments import Attachment
    from graphide.chatting.partners import Partner
    from graphide.store.chats import ChatHead, Chats
    from graphide.workspace import Workspace

_LARGEST_SEED = 2**32 - 1
_GRAPH_ENDINGS = (".json", ".png", ".svg")
_DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line asked for."""

    who: str
    messages: tuple[str, ...]
    continues: bool
    resume: str
    keep: bool
    system: str | None
    model: str
    settings: tuple[tuple[str, str], ...]
    items: tuple[str, ...]
    overflow: str
    seed: int | None
    attached: tuple[str, ...]
    allow: tuple[Path, ...]


@click.command(short_help="Talk with a model, or with a graph.")
@click.argument("who", required=False, default="", metavar="[GRAPH|MODEL]", shell_complete=completion.graph_files)
@click.option("--message", "-m", "messages", multiple=True, metavar="TEXT",
              help="Say this, print the answer and end (repeatable).")  # fmt: skip
@click.option("--continue", "-c", "continues", is_flag=True, help="Go on with the last chat.")
@click.option("--resume", "-r", metavar="ID", default="", help="Go on with this chat; see: graphide chats list.")
@click.option("--no-keep", is_flag=True, help="Write nothing of this chat to the disk.")
@click.option("--system", "-s", metavar="TEXT|@PRESET", help="Instructions to the model, or a preset of the settings.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE",
              help="Choose a sampler by its name, or max_tokens; with a graph, NODE.SETTING=VALUE.")  # fmt: skip
@click.option("--temperature", "-t", metavar="NUMBER", help="The same as --set temperature=NUMBER.")
@click.option("--max-tokens", metavar="NUMBER", help="The longest answer: the same as --set max_tokens=NUMBER.")
@click.option("--input", "-i", "items", multiple=True, metavar="NAME=VALUE",
              help="Give another input of the graph, as for graphide run.")  # fmt: skip
@click.option("--model", default="", metavar="NAME|PATH|echo", shell_complete=completion.models,
              help="Answer every model node of the graph with this model.")  # fmt: skip
@click.option("--overflow", type=click.Choice(list(Overflow.__args__)),  # type: ignore[attr-defined]
              help="What happens when the conversation is longer than the context.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, _LARGEST_SEED), help="Seed of the answers.")
@click.option("--attach", "attached", multiple=True, metavar="FILE",
              help="Send a text file along with the first message (repeatable); - is standard input.")  # fmt: skip
@click.option("--allow", multiple=True, metavar="DIR", type=click.Path(exists=True, path_type=Path),
              help="A folder, beside that of the graph, whose files nodes may read and write.")  # fmt: skip
def chat(**given: Any) -> int:
    """Talk with a MODEL (a name, a path, or SERVER/MODEL), or with a GRAPH that has a text input "message".

    Without either it is the default model. In a terminal, Enter sends, Alt+Enter begins a new line, Ctrl-C stops an
    answer, Ctrl-D ends the chat, and /help lists the commands. From a pipe, every line is a message, and lines between
    two lines of \"\"\" are one. Answers go to standard output, everything else to standard error.
    """
    wanted = _wanted(given)
    _refuse_clashes(wanted)
    return _talked(wanted)


def _wanted(given: Mapping[str, Any]) -> Wanted:
    short = [(name, given[name]) for name in ("temperature", "max_tokens") if given[name] is not None]
    return Wanted(
        who=given["who"],
        messages=given["messages"],
        continues=given["continues"],
        resume=given["resume"],
        keep=not given["no_keep"],
        system=given["system"],
        model=given["model"],
        settings=(*map(_named, given["settings"]), *short),
        items=given["items"],
        overflow=given["overflow"] or "",
        seed=given["seed"],
        attached=given["attached"],
        allow=tuple(path.absolute() for path in given["allow"]),
    )


def _named(text: str) -> tuple[str, str]:
    item = inputs.split(text, "setting")
    if item.form == "json":
        raise UsageError(f'"{text}" does not name a setting', where="--set", hint="Write --set NAME=VALUE")
    return item.name, inputs.content(item, f'setting "{item.name}"')


def _refuse_clashes(wanted: Wanted) -> None:
    if wanted.continues and wanted.resume:
        raise UsageError("--continue and --resume exclude each other")
    if "-" in wanted.attached and not wanted.messages:
        raise UsageError(
            "messages and a file cannot both come from standard input", where="--attach", hint="Say it with --message"
        )


def _talked(wanted: Wanted) -> int:
    from graphide.workspace import Workspace

    settings = settings_file.load()
    keep = wanted.keep and settings.keep_chats
    if not keep:  # the beginnings of prompts are words that were said, too
        settings = replace(settings, prefix_cache_bytes=0)
    # Results are not kept: what is deleted here would still be there.
    with Workspace(settings=settings, model=wanted.model, allow=wanted.allow, cache=False) as workspace:
        opening.say_settings_problem(workspace)
        chats = _opened(workspace)
        try:
            return _sat(workspace, chats, wanted, keep=keep)
        finally:
            if chats is not None:
                chats.database.close()


def _opened(workspace: Workspace) -> Chats | None:
    from graphide.chatting.keeping import open_chats

    try:
        chats = open_chats(workspace.settings)
    except GraphideError as error:
        streams.err(f"{error_text(error)}This chat is not kept\n")
        return None
    if chats.database.set_aside is not None:
        streams.err(f"warning: the store of chats was damaged; it is now {chats.database.set_aside}\n")
    return chats


def _sat(workspace: Workspace, chats: Chats | None, wanted: Wanted, *, keep: bool) -> int:
    from graphide.chatting.attachments import attached_bytes, attachment
    from graphide.chatting.keeping import ChatRecord
    from graphide.chatting.partners import subject_of
    from graphide.chatting.talk import Talk
    from graphide.cli.chat_room import Room, one_shot, piped, typed

    head = _head(chats, wanted)
    partner = chosen_partner(workspace, wanted, head)
    terminal = not wanted.messages and _is_terminal()
    label = _model_behind(workspace, partner, wanted, terminal=terminal) or partner.name
    files: list[Attachment] = [
        attached_bytes("standard input", streams.read_input()) if name == "-" else attachment(Path(name))
        for name in wanted.attached
    ]
    turns = chats.turns(head.id) if chats is not None and head is not None else None
    record = ChatRecord(
        chats if keep else None, subject_of(partner), id=head.id if head is not None else "", turns=turns
    )
    talk = Talk(workspace, partner, turns=turns, record=record)
    if head is not None and wanted.who:
        talk.turn_to(partner)
    room = Room(talk, chats, label, keep=keep, seed=wanted.seed, attached=files)
    if wanted.messages:
        return one_shot(room, wanted.messages)
    return typed(room) if terminal else piped(room)


def _head(chats: Chats | None, wanted: Wanted) -> ChatHead | None:
    if not (wanted.continues or wanted.resume):
        return None
    if chats is None:
        raise UsageError("there are no chats to go on with")
    if wanted.resume:
        return chats.find(wanted.resume)
    if (head := chats.latest()) is None:
        raise UsageError("there is no chat to go on with", hint="Begin one: graphide chat")
    return head


def chosen_partner(workspace: Workspace, wanted: Wanted, head: ChatHead | None) -> Partner:
    """Return whom the command line wants to talk with, in a chat of the store or in a new one; raises GraphideError."""
    from graphide.chatting.choosing import with_overflow, with_setting, with_system
    from graphide.chatting.partners import reopened

    rest = list(wanted.settings)
    if wanted.who and is_graph(wanted.who):
        partner = _graph_partner(workspace, wanted)
        rest = []
    elif head is not None and not wanted.who:
        partner = reopened(head.subject, workspace)
    else:
        partner = _model_partner(workspace, wanted)
    if wanted.items and partner.choices is not None:
        raise UsageError("only graphs have inputs", where="--input", hint="Name a graph to talk with")
    for name, text in rest:
        partner = with_setting(workspace, partner, name, text)
    if wanted.system is not None:
        partner = with_system(workspace, partner, wanted.system)
    return with_overflow(workspace, partner, wanted.overflow) if wanted.overflow else partner


def is_graph(who: str) -> bool:
    """Return whether a word names a graph: a file that is no model, or a template."""
    from graphide.templates import Templates

    path = Path(who)
    if path.suffix.lower() in _GRAPH_ENDINGS:
        return True
    if path.is_file():
        return path.suffix.lower() != ".gguf"
    return path.name == who and who in Templates().ids()


def _graph_partner(workspace: Workspace, wanted: Wanted) -> Partner:
    from graphide.chatting.partners import with_graph

    document = opening.open_document(workspace, wanted.who)
    opening.say_notes(document, wanted.who)
    ports = workspace.inputs(document)
    given = inputs.read(wanted.items, ports, streams.read_input, opening.folder_of(document))
    workspace.allow(*given.files)
    document = workspace.bind(document, given.values)
    for name, text in wanted.settings:
        node, dot, setting = name.partition(".")
        if not dot:
            raise UsageError(f'"{name}" names no setting of a graph', where="--set", hint="Write NODE.SETTING=VALUE")
        document = workspace.set(document, node, setting, text)
    return with_graph(workspace, document)


def _model_partner(workspace: Workspace, wanted: Wanted) -> Partner:
    from graphide.chatting.partners import ModelChoices, with_model

    name = wanted.who or wanted.model or _DEFAULT
    return with_model(workspace, ModelChoices(model=name, overflow=workspace.settings.overflow))


def _model_behind(workspace: Workspace, partner: Partner, wanted: Wanted, *, terminal: bool) -> str:
    """Return the model that answers, "" where a graph does; one that is not there is said at once.

    In a terminal the chat goes on, where another one can be chosen.
    """
    from graphide.chatting.choosing import model_behind

    if partner.choices is None or partner.choices.ref is not None:
        return ""
    try:
        return model_behind(workspace, wanted.model or partner.choices.model)
    except GraphideError as error:
        if not terminal:
            raise
        streams.err(f"{error_text(error)}Choose another one with /model NAME\n")
        return ""


def _is_terminal() -> bool:
    return streams.out_is_terminal() and sys.stdin is not None and sys.stdin.isatty()
