"""The /commands of a chat in the terminal: one table, and what each does in a `Room`.

A command that cannot be done raises GraphideError, which is said; the chat goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from graphide.chatting.attachments import attachment
from graphide.chatting.choosing import model_behind, settings_of, with_model_named, with_setting, with_system
from graphide.chatting.keeping import ChatRecord
from graphide.chatting.partners import Partner, reopened, subject_of
from graphide.chatting.talk import Talk
from graphide.cli import streams
from graphide.cli.chat_room import Room, show
from graphide.cli.chat_screen import context_text, dim, figures
from graphide.cli.chats_shown import hits_text, rows_text, way_text, written
from graphide.cli.render import for_terminal, table
from graphide.disk import write_atomically
from graphide.errors import GraphideError, UsageError
from graphide.graph.quoting import printable, quoted, shortened
from graphide.models.wording import size
from graphide.store.chats import ChatHead, Chats, title_of
from graphide.store.search import found

_SHOWN = 20
_PREVIEW = 60


class Command(NamedTuple):
    """A command: what follows its name, what it does in a line, and the function that does it."""

    argument: str
    summary: str
    do: Callable[[Room, str], None]


def obey(room: Room, line: str) -> None:
    """Do what a line that begins with / says; raises GraphideError."""
    name, _, argument = line[1:].partition(" ")
    command = COMMANDS.get(name.strip().lower())
    if command is None:
        raise UsageError(
            f"there is no command /{printable(name)}",
            hint=f"{_near(name)}To send it as a message, begin it with //",
        )
    command.do(room, argument.strip())


def _near(name: str) -> str:
    close = get_close_matches(name.lower(), COMMANDS, n=1)
    return f"Did you mean /{close[0]}? " if close else "/help lists them. "


def show_way(room: Room, turns: int = 4) -> None:
    """Show the end of what was said, for somebody who comes back to it."""
    path = room.talk.path
    if len(path) > turns:
        streams.err(dim(f"… {len(path) - turns} turns before") + "\n")
    streams.err(way_text(path[-turns:]))


def _help(room: Room, _: str) -> None:
    rows = [(f"/{name} {command.argument}".rstrip(), command.summary) for name, command in COMMANDS.items()]
    rows += [('"""', "begins and ends a message of several lines; Alt+Enter begins a new line, too")]
    rows += [("//…", "sends a message that begins with /")]
    streams.err(table(rows))


def _new(room: Room, _: str) -> None:
    partner = room.talk.partner
    _sit_down(room, Talk(room.talk.workspace, partner, record=_record(room, partner)))
    _say("A new chat")


def _model(room: Room, name: str) -> None:
    if not name:
        _say(f"Answers come from {room.label}")
        return
    _turn_to(room, with_model_named(room.talk.workspace, room.talk.partner, name))
    if room.talk.partner.choices is not None:
        room.label = model_behind(room.talk.workspace, name)
    _say(f"Answers come from {name} from now on")


def _system(room: Room, text: str) -> None:
    partner = room.talk.partner
    if not text:
        own = partner.choices.system if partner.choices is not None else ""
        presets = ", ".join(f"@{name}" for name in sorted(room.talk.workspace.settings.system_prompts))
        streams.err(for_terminal(own or "There are no instructions") + "\n")
        if presets:
            _say(f"Presets: {presets}")
        return
    _turn_to(room, with_system(room.talk.workspace, partner, "" if text == "-" else text))
    _say("There are no instructions any more" if text == "-" else "The instructions hold from the next message on")


def _set(room: Room, text: str) -> None:
    name, _, value = text.replace("=", " ", 1).partition(" ")
    workspace, partner = room.talk.workspace, room.talk.partner
    if not name:
        rows = [(key, quoted(each, _PREVIEW)) for key, each in settings_of(workspace, partner).items()]
        streams.err(table([*rows, ("seed", str(room.seed) if room.seed is not None else "drawn for each answer")]))
    elif not value.strip():
        raise UsageError(f'"{name}" is given no value', hint="Write /set NAME VALUE")
    elif name == "seed":
        room.seed = _seed(value.strip())
    else:
        _turn_to(room, with_setting(workspace, partner, name, value.strip()))


def _seed(text: str) -> int | None:
    if text in ("-", "none"):
        return None
    if not text.isdecimal() or int(text) >= 2**32:
        raise UsageError(f'"{text}" is no seed', hint="Write a whole number below 2^32, or - to have one drawn")
    return int(text)


def _regen(room: Room, _: str) -> None:
    talk = room.talk
    # The same seed would give the same answer.
    others = len(talk.turns.siblings(talk.path[-1].id)) if talk.path else 0
    show(room, talk.regenerate(seed=room.seed + others if room.seed is not None else None))


def _edit(room: Room, text: str) -> None:
    if text:
        show(room, room.talk.edit(text, seed=room.seed))
    elif room.typed:
        room.draft = room.talk.back().text
    else:
        raise UsageError("nothing is said in its place", hint="Write /edit TEXT")


def _back(room: Room, _: str) -> None:
    question = room.talk.back()
    _say(f"Back before: {shortened(title_of(question.text), _PREVIEW)}. What was said stays; see /branches")


def _branches(room: Room, text: str) -> None:
    talk = room.talk
    ends = talk.ends()
    if text:
        number = _number(text, len(ends))
        talk.switch(ends[number - 1].id)
        show_way(room)
        return
    leaf = talk.turns.leaf
    rows = []
    for number, turn in enumerate(ends, 1):
        way = talk.turns.upto(turn.id)
        said = next((each.text for each in reversed(way) if each.role == "user"), "")
        here = "*" if turn.id == leaf else ""
        rows.append((f"{number}{here}", f"{len(way)} turns", shortened(title_of(said), _PREVIEW),
                     shortened(title_of(turn.text), _PREVIEW) if turn.role == "assistant" else "(no answer)"))  # fmt: skip
    streams.err(table(rows) or "Nothing was said yet\n")


def _attach(room: Room, text: str) -> None:
    if not text:
        names = ", ".join(file.name for file in room.attached)
        _say(f"The next message takes along: {names}" if names else "Nothing is attached")
        return
    file = attachment(Path(text.strip("\"'")).expanduser())
    room.attached.append(file)
    _say(f"{file.name} ({size(len(file.text.encode()))}) goes along with the next message")


def _save(room: Room, text: str) -> None:
    if not text:
        raise UsageError("no file is named", hint="Write /save FILE.md, or FILE.json for all branches")
    path = Path(text).expanduser()
    if path.exists() and path not in room.written:
        raise UsageError("is there already", where=str(path), hint="Choose another name")
    data = written(_own_head(room), room.talk.turns, json=path.suffix.lower() == ".json")
    try:
        write_atomically(path, data)
    except OSError as error:
        raise GraphideError(f"cannot be written: {error.strerror}", where=str(path)) from error
    room.written.add(path)
    _say(f"wrote {path}")


def _search(room: Room, text: str) -> None:
    hits = found(_store(room), text, _SHOWN)
    room.listed = tuple(dict.fromkeys(hit.chat.id for hit in hits))
    streams.err(hits_text(hits, numbers=room.listed) or "Nothing was found\n")


def _chats(room: Room, _: str) -> None:
    heads = _store(room).listed(_SHOWN)
    room.listed = tuple(head.id for head in heads)
    streams.err(rows_text(heads, numbered=True) or "There are no chats yet\n")


def _open(room: Room, text: str) -> None:
    chats = _store(room)
    if not text:
        raise UsageError("no chat is named", hint="Write /open NUMBER after /chats, or the beginning of its id")
    near = text.isdecimal() and len(text) < 4 and room.listed
    head = chats.head(room.listed[_number(text, len(room.listed)) - 1]) if near else chats.find(text)
    workspace, turns = room.talk.workspace, chats.turns(head.id)
    try:
        partner = reopened(head.subject, workspace)
    except GraphideError as error:
        partner = room.talk.partner
        _say(f"{error.message}: {partner.name} answers here now")
    record = ChatRecord(chats if room.keep else None, subject_of(partner), id=head.id, turns=turns)
    _sit_down(room, Talk(workspace, partner, turns=turns, record=record))
    room.label = partner.name
    _say(f"{head.title} · with {partner.name}")
    show_way(room)


def _title(room: Room, text: str) -> None:
    if not text:
        _say(_own_head(room).title)
        return
    room.talk.record.rename(text)


def _pin(room: Room, _: str) -> None:
    chats, own = _store(room), room.talk.record.id
    if not own:
        raise UsageError("nothing of this chat is kept yet")
    pinned = not chats.head(own).pinned
    chats.pin(own, pinned)
    _say("pinned: it stays at the head of the list" if pinned else "not pinned any more")


def _tokens(room: Room, _: str) -> None:
    rows = []
    for number, turn in enumerate(room.talk.path, 1):
        if turn.answer is not None:
            prompt = f"prompt {turn.answer.prompt_tokens:,}"
            rows.append((str(number), prompt, figures(turn.answer, None), shortened(title_of(turn.text), _PREVIEW)))
    gauge = room.talk.gauge()
    streams.err(
        table(rows) + (f"{context_text(gauge)} tokens\n" if gauge is not None else "Nothing was answered yet\n")
    )


def _quit(room: Room, _: str) -> None:
    room.over = True


def _turn_to(room: Room, partner: Partner) -> None:
    room.talk.turn_to(partner)


def _sit_down(room: Room, talk: Talk) -> None:
    room.talk, room.attached, room.draft = talk, [], ""


def _record(room: Room, partner: Partner) -> ChatRecord:
    return ChatRecord(room.chats if room.keep else None, subject_of(partner))


def _store(room: Room) -> Chats:
    if room.chats is None:
        raise UsageError("the store of chats could not be opened")
    return room.chats


def _own_head(room: Room) -> ChatHead:
    """Return the head of this chat, also where it is not kept."""
    talk = room.talk
    if room.chats is not None and talk.record.id:
        return room.chats.head(talk.record.id)
    first = talk.path[0] if talk.path else None
    if first is None:
        raise UsageError("nothing was said yet")
    return ChatHead("", title_of(first.text), False, subject_of(talk.partner), first.at, first.at, False, 0, "")


def _number(text: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise UsageError(f'there is no number "{text}" in the list', hint=f"It goes from 1 to {most}" if most else "")
    return int(text)


def _say(text: str) -> None:
    streams.err(for_terminal(text) + "\n")


COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "help": Command("", "list the commands", _help),
        "new": Command("", "begin a new chat with the same model or graph", _new),
        "model": Command("[NAME]", "say who answers, or choose another model", _model),
        "system": Command("[TEXT|@PRESET|-]", "show the instructions to the model, or change them; - removes them", _system),
        "set": Command("[NAME VALUE]", "show the settings, or change one: temperature 0.2, max_tokens 200, seed 7", _set),
        "regen": Command("", "have the last answer made again; the old one stays as a branch", _regen),
        "edit": Command("[TEXT]", "say something else in place of the last message", _edit),
        "back": Command("", "go back before the last message; what was said stays as a branch", _back),
        "branches": Command("[NUMBER]", "list the ways through this chat, or choose one", _branches),
        "attach": Command("[FILE]", "send a text file along with the next message", _attach),
        "save": Command("FILE.md", "write this chat to a file; FILE.json has all branches", _save),
        "search": Command("WORDS", "find words in all chats", _search),
        "chats": Command("", "list the last chats", _chats),
        "open": Command("NUMBER|ID", "go on with another chat", _open),
        "title": Command("[TEXT]", "show the title of this chat, or give it one", _title),
        "pin": Command("", "keep this chat at the head of the list, or no more", _pin),
        "tokens": Command("", "show what the answers cost and how full the context is", _tokens),
        "quit": Command("", "end the chat, as Ctrl-D does", _quit),
    }
)  # fmt: skip
"""Command → what it takes and does, in the order of the help."""
SUMMARIES: Mapping[str, str] = MappingProxyType({f"/{name}": each.summary for name, each in COMMANDS.items()})
