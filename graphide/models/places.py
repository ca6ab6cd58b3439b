"""Where other programs keep GGUF files: folders that a person may want in the library, to use the files where they are.

Only where they are: nothing is scanned here, and nothing belongs to the library before its user says so.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from graphide.paths import written_path

_LARGEST_SETTINGS = 1 << 20


class Place(NamedTuple):
    """A folder of models, and the program that keeps it."""

    program: str
    folder: Path


def known_places(
    environment: Mapping[str, str] | None = None,
    home: Path | None = None,
    system: str = sys.platform,
    root: Path = Path("/"),
) -> tuple[Place, ...]:
    """Return the folders of other programs that are there; not given: of this user on this machine."""
    variables = os.environ if environment is None else environment
    found: dict[Path, Place] = {}
    for place in _places(variables, home or written_path("~"), system, root):
        with suppress(OSError, ValueError):
            if place.folder.is_absolute() and place.folder.is_dir():
                found.setdefault(place.folder.resolve(), place)
    return tuple(found.values())


def _places(variables: Mapping[str, str], home: Path, system: str, root: Path) -> Iterator[Place]:
    def named(name: str, otherwise: Path) -> Path:
        value = variables.get(name, "")
        return Path(value.replace("~", str(home), 1) if value.startswith("~/") else value) if value else otherwise

    for folder in (*_pointed_to(home / ".lmstudio-home-pointer"), home / ".lmstudio", home / ".cache" / "lm-studio"):
        if chosen := _chosen_folder(folder / "settings.json", "downloadsFolder"):
            yield Place("LM Studio", chosen)
        yield Place("LM Studio", folder / "models")

    cache = named("XDG_CACHE_HOME", home / ".cache")
    hub = named("HF_HOME", cache / "huggingface") / "hub"
    yield Place("Hugging Face", named("HF_HUB_CACHE", named("HUGGINGFACE_HUB_CACHE", hub)))

    local = named("LOCALAPPDATA", home / "AppData" / "Local")
    caches = {"darwin": home / "Library" / "Caches", "win32": local}.get(system, cache)
    yield Place("llama.cpp", named("LLAMA_CACHE", caches / "llama.cpp"))

    data = {"darwin": home / "Library" / "Application Support", "win32": local}
    shared = data.get(system, named("XDG_DATA_HOME", home / ".local" / "share"))
    yield Place("GPT4All", shared / "nomic.ai" / "GPT4All")

    yield Place("Ollama", named("OLLAMA_MODELS", home / ".ollama" / "models"))
    if system == "linux":  # as a service it has a user of its own
        for place in ("usr/share/ollama", "var/lib/ollama"):
            yield Place("Ollama", root / place / ".ollama" / "models")

    own = named("APPDATA", home / "AppData" / "Roaming") if system == "win32" else shared
    config = own if system in data else named("XDG_CONFIG_HOME", home / ".config")
    for beside in dict.fromkeys((config, own)):
        if chosen := _chosen_folder(beside / "Jan" / "settings.json", "data_folder"):
            yield Place("Jan", chosen / "llamacpp" / "models")
    yield Place("Jan", own / "Jan" / "data" / "llamacpp" / "models")


def _pointed_to(pointer: Path) -> tuple[Path, ...]:
    """Return the folder whose path is all that a small file holds; nothing where it holds none."""
    try:
        text = pointer.read_text("utf-8").strip() if pointer.stat().st_size <= _LARGEST_SETTINGS else ""
        return (Path(text),) if text else ()
    except (OSError, ValueError):
        return ()


def _chosen_folder(settings: Path, key: str) -> Path | None:
    """Return the folder that was chosen in another program, None where none was or its settings cannot be read."""
    try:
        if settings.stat().st_size > _LARGEST_SETTINGS:
            return None
        chosen = json.loads(settings.read_bytes())[key]
        return Path(chosen) if isinstance(chosen, str) and chosen else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
