"""Entry points of one group, read straight from the metadata files of installed packages.

`importlib.metadata` gives the same list, but takes 25 to 40 ms for its import and its scan on a machine with 75
packages; every command would pay that. This takes about 3 ms. Packages inside zip files are not looked at.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class EntryPoint(NamedTuple):
    """One line of a group, `name = module:attribute`, and the package that has it."""

    name: str
    value: str
    package: str

    @property
    def module(self) -> str:
        """The module to import."""
        return self.value.partition(":")[0].strip()

    @property
    def attribute(self) -> str:
        """The registering function in that module; "" for `register`."""
        return self.value.partition(":")[2].partition("[")[0].strip()

    @property
    def source(self) -> str:
        """The place for messages: package and entry point."""
        return f"{self.package} ({self.name} = {self.value})"


def entry_points(group: str, search: Iterable[str] | None = None) -> list[EntryPoint]:
    """Return the entry points of `group` on the import path, by name; the first package of a name hides later ones."""
    found: list[EntryPoint] = []
    seen: set[str] = set()
    for package, path in _metadata(sys.path if search is None else search):
        if package in seen:
            continue
        seen.add(package)
        try:
            with open(os.path.join(path, "entry_points.txt"), encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:
            continue
        if group in text:
            found += [EntryPoint(name, value, package) for name, value in _lines(text, group)]
    return sorted(found)


def _metadata(search: Iterable[str]) -> Iterator[tuple[str, str]]:
    for folder in dict.fromkeys(search):
        try:
            with os.scandir(folder or ".") as entries:
                names = sorted(entry.name for entry in entries if entry.name.endswith((".dist-info", ".egg-info")))
        except OSError:
            continue
        for name in names:
            package = re.sub(r"[-_.]+", "-", name.rpartition(".")[0].partition("-")[0]).lower()
            yield package, os.path.join(folder or ".", name)


def _lines(text: str, group: str) -> Iterator[tuple[str, str]]:
    section = ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
        elif section == group and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()
