"""`graphide models list`, `info` and `scan`: which models there are, and what each is. Finding them is `graphide.models`."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphide import settings as settings_file
from graphide.cli import completion, opening, streams
from graphide.cli.bars import chosen_bars
from graphide.cli.models_servers import models_of, print_servers, servers_json
from graphide.cli.models_shown import (
    format_option,
    model_json,
    place_line,
    print_json,
    print_model,
    print_scan,
    scan_json,
    unfinished_json,
    unfinished_line,
)
from graphide.errors import EXIT_MODEL, EXIT_OK, GraphideError, UsageError
from graphide.graph.quoting import printable
from graphide.models.wording import size
from graphide.workspace import Workspace

if TYPE_CHECKING:
    from graphide.models.download_job import Job
    from graphide.models.library import Library, LibraryModel, Scan
    from graphide.models.places import Place
    from graphide.settings import Settings


@click.command("list", short_help="List the models that graphs can name.")
@format_option
def list_(format_: str) -> int:
    """List the models that graphs can name, also those of the servers in the settings.

    Files that cannot be used are listed with what is wrong, and so are servers that do not answer.
    """
    with Workspace() as workspace:
        opening.say_settings_problem(workspace)
        library = workspace.library
        found = library.scan()
        names, lost = _names(library, found)
        unfinished, servers = _unfinished(), models_of(workspace.settings)
        if format_ == "json":
            body = {**scan_json(found, names, lost), "servers": servers_json(servers)}
            print_json({**body, "unfinished": list(map(unfinished_json, unfinished))})
        else:
            print_scan(found, names, lost)
            print_servers(servers)
            streams.out("".join(map(unfinished_line, unfinished)))
        if not found.models:
            folders = ", ".join(printable(str(folder)) for folder in library.folders)
            streams.err(f"There are no models yet. GGUF files are looked for in {folders}\n")
            _say_places(_elsewhere(library))
            _suggest()
    return EXIT_OK


@click.command("info", short_help="Explain a model.")
@click.argument("name", shell_complete=completion.models)
@click.option("--sha256", "hashed", is_flag=True, help="Compute the hash of the file where it is not known yet.")
@click.option("--template", is_flag=True, help="Print the chat template of the model, and nothing else.")
@format_option
def info(name: str, hashed: bool, template: bool, format_: str) -> int:
    """Explain the model NAME (an alias, a file name or a path). Exit code 4 when it is not there or cannot be used."""
    from graphide.models.identity import known_sha256
    from graphide.models.origins import origins_of

    if name == "echo":
        raise UsageError('"echo" is not a file: it answers with the prompt, for tests and dry runs')
    with Workspace() as workspace:
        library = workspace.library
        found = library.scan()
        model = library.find(name, found)
        if template:
            return _template(model)
        sha256 = ""
        if not model.problem:
            sha256 = _hash(model, library) if hashed else known_sha256(model.parts, library.cache) or ""
        (origin,) = origins_of([model.path])
        names = sorted(alias for alias, file in _names(library, found)[0].items() if file == model.file)
    if format_ == "json":
        print_json(
            {**model_json(model), "sha256": sha256, "aliases": names, "hub": origin._asdict() if origin else None}
        )
    else:
        print_model(model, sha256, origin, names)
    return EXIT_MODEL if model.problem else EXIT_OK


@click.command("scan", short_help="Look for models below a folder.")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--add", is_flag=True, help="Look into FOLDER from now on; its files stay where they are.")
@click.option("--remove", is_flag=True, help="Look into FOLDER no more; its files stay where they are.")
@format_option
def scan(folder: Path | None, add: bool, remove: bool, format_: str) -> int:
    """Look for models below FOLDER, and say what could not be looked at.

    Without FOLDER: in the whole library, and where other programs keep models (LM Studio, Ollama, Jan, Hugging Face,
    llama.cpp, GPT4All). With --add their folders belong to the library, too.
    """
    if add and remove:
        raise UsageError("--add and --remove exclude each other")
    with Workspace() as workspace:
        if remove:
            return _forget(workspace, folder)
        if folder is None:
            return _scan_all(workspace, add, format_)
        if not folder.is_dir():
            raise UsageError(f'there is no folder "{folder}"')
        found = _only(workspace.library, folder).scan()
        _print(found, format_, [])
        if not found.models:
            streams.err(f"There are no models below {printable(str(folder))}\n")
        if add:
            _remember(workspace, [folder.absolute()])
    return EXIT_OK


def _scan_all(workspace: Workspace, add: bool, format_: str) -> int:
    library = workspace.library
    found = library.scan()
    places = _elsewhere(library)
    _print(found, format_, places)
    if not found.models:
        streams.err("There are no models yet\n")
    if not add:
        _say_places(places)
    elif folders := [place.folder for place, count in places if count]:
        _remember(workspace, folders)
    else:
        streams.err("Other programs have no models on this machine that are not in the library\n")
    return EXIT_OK


def _print(found: Scan, format_: str, places: Iterable[tuple[Place, int]]) -> None:
    if format_ == "json":
        others = [
            {"program": place.program, "folder": str(place.folder), "models": count} for place, count in places if count
        ]
        print_json({**scan_json(found, {}, {}), "places": others})
    else:
        print_scan(found, {}, {})


def _elsewhere(library: Library) -> list[tuple[Place, int]]:
    """Return the folders of other programs that are not in the library, and how many models each has."""
    from graphide.models.places import known_places

    own = {folder.resolve() for folder in library.folders}
    outside = [
        place for place in known_places() if own.isdisjoint([place.folder.resolve(), *place.folder.resolve().parents])
    ]
    return [(place, len(_only(library, place.folder).scan().models)) for place in outside]


def _unfinished() -> list[Job]:
    """Return the downloads that are not done, whoever began them."""
    from graphide.models.download_job import read_records, records_folder

    return [job for job in read_records(records_folder()) if job.state != "done"]


def _suggest() -> None:
    """Say how to get a first model."""
    from graphide.models.catalogue import catalogue
    from graphide.models.memory import host_memory

    if model := catalogue().for_room(host_memory().free):
        streams.err(f"To get one that suits this machine ({size(model.size)}): graphide models pull {model.pull}\n")
    streams.err("To look for others: graphide models search\n")


def _say_places(places: Iterable[tuple[Place, int]]) -> None:
    lines = [place_line(place, count) for place, count in places if count]
    if lines:
        streams.err("".join(lines) + "To use them where they are: graphide models scan --add\n")


def _names(library: Library, found: Scan) -> tuple[dict[str, str], dict[str, str]]:
    """Return what names other than those of files mean (the user's aliases, and "default"), and which lead nowhere."""
    from graphide.models.library import DEFAULT

    names, lost = dict(library.aliases), {}
    for name in names:
        try:
            library.find(name, found)
        except GraphideError as error:
            lost[name] = str(error)
    if DEFAULT not in names:
        with suppress(GraphideError):  # there is no usable model at all
            names[DEFAULT] = library.find(DEFAULT, found).file
    return names, lost


def _hash(model: LibraryModel, library: Library) -> str:
    """Return the hash of a model, and show how far it is."""
    from graphide.models.identity import hash_steps

    steps = hash_steps(model.parts, library.cache)
    with chosen_bars() as bars:
        while True:
            try:
                bars.show(model.file, next(steps), model.size)
            except StopIteration as end:
                return str(end.value)


def _template(model: LibraryModel) -> int:
    from graphide.models.facts import chat_template_of
    from graphide.models.gguf import read_header

    text = chat_template_of(read_header(model.path))
    if not text:
        raise GraphideError("has no chat template", where=f'model "{model.file}"')
    streams.out(text if text.endswith("\n") else text + "\n")
    return EXIT_OK


def _only(library: Library, folder: Path) -> Library:
    from graphide.models.library import Library

    return Library(folders=(folder.absolute(),), cache=library.cache)


def _remember(workspace: Workspace, folders: Iterable[Path]) -> None:
    _changeable(workspace)
    names = [str(folder) for folder in folders]
    for name in names:
        streams.err(f"{printable(name)} belongs to the library now\n")
    settings_file.change(lambda now: replace(now, model_folders=tuple(dict.fromkeys((*now.model_folders, *names)))))


def _forget(workspace: Workspace, folder: Path | None) -> int:
    from graphide.paths import written_path

    settings = _changeable(workspace)
    if folder is None:
        raise UsageError("names no folder", where="--remove", hint="Write: graphide models scan FOLDER --remove")
    kept = tuple(each for each in settings.model_folders if written_path(each) != folder.absolute())
    if kept == settings.model_folders:
        there = ", ".join(settings.model_folders) or "only graphide's own"
        raise UsageError(f'"{folder}" is not a folder of the library', hint=f"There is {there}")
    gone = set(settings.model_folders) - set(kept)
    settings_file.change(
        lambda now: replace(now, model_folders=tuple(each for each in now.model_folders if each not in gone))
    )
    streams.err(f"{printable(str(folder))} belongs to the library no more; its files were not touched\n")
    return EXIT_OK


def _changeable(workspace: Workspace) -> Settings:
    """Return the settings; raises UsageError where a broken file would be overwritten."""
    settings = workspace.settings
    if settings.problem:
        raise UsageError(f"the settings are not changed: {settings.problem}", hint="Repair the file first")
    return settings
