"""Where other programs keep GGUF files: folders that a person may want in the library, to use the files where they are.

Only where they are: nothing is scanned here, and nothing belongs to the library before its user says so. Programs that keep
models under other names than *.gguf (Ollama's blobs) are not among them.
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
    environment: Mapping[str, str] | None = None, home: Path | None = None, system: str = sys.platform
) -> tuple[Place, ...]:
    """Return the folders of other programs that are there; not given: of this user on this machine."""
    variables = os.environ if environment is None else environment
    found: dict[Path, Place] = {}
    for place in _places(variables, home or written_path("~"), system):
        with suppress(OSError, ValueError):
            if place.folder.is_absolute() and place.folder.is_dir():
                found.setdefault(place.folder.resolve(), place)
    return tuple(found.values())


def _places(variables: Mapping[str, str], home: Path, system: str) -> Iterator[Place]:
    def named(name: str, otherwise: Path) -> Path:
        value = variables.get(name, "")
        return Path(value.replace("~", str(home), 1) if value.startswith("~/") else value) if value else otherwise

    for folder in (home / ".lmstudio", home / ".cache" / "lm-studio"):
        if chosen := _lm_studio_folder(folder / "settings.json"):
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


def _lm_studio_folder(settings: Path) -> Path | None:
    """Return the folder that was chosen in LM Studio, None where none was or its settings cannot be read."""
    try:
        if settings.stat().st_size > _LARGEST_SETTINGS:
            return None
        chosen = json.loads(settings.read_bytes())["downloadsFolder"]
        return Path(chosen) if isinstance(chosen, str) and chosen else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
