"""The GGUF files of a repository put in order: quantisations (a split one is one), projectors apart, names understood.

Pure: lists of paths and sizes in, values out. Where the lists come from is `hub`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from graphide.errors import UsageError
from graphide.models.hub_spec import is_plain_path

_SPLIT = re.compile(r"(?P<stem>.*)-(?P<part>\d{5})-of-(?P<count>\d{5})", re.DOTALL)
_QUANTISATION = re.compile(
    r"(?<![A-Za-z0-9])(?P<name>(?:UD-)?I?Q[1-8]_(?:K(?:_(?:XXL|XL|XXS|XS|[SML]))?|NL|XXS|XS|[SM]|[01](?:_\d_\d)?)"
    r"|TQ[12]_0|MXFP4(?:_MOE)?|NVFP4|BF16|F16|F32|FP16|FP32)(?:_L)?(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_UNPACKED = frozenset(["F32", "F16", "BF16"])


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository: its path there, its size in bytes, and its sha256 ("" where the hub does not say)."""

    path: str
    size: int
    sha256: str = ""

    @property
    def name(self) -> str:
        """The file name without folders."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True, slots=True)
class Quantisation:
    """One form of a model in a repository: its name ("" where the file name has none) and its files in order."""

    name: str
    files: tuple[HubFile, ...]

    @property
    def size(self) -> int:
        """The size of all files in bytes."""
        return sum(file.size for file in self.files)

    @property
    def file(self) -> str:
        """The path of the file, of the first one where it is split."""
        return self.files[0].path

    @property
    def bits(self) -> int:
        """The whole bits a weight that the name says, 0 where it says none."""
        found = re.search(r"\d+", self.name.upper().removeprefix("UD-"))
        return int(found.group()) if found else 0

    @property
    def is_packed(self) -> bool:
        """Whether weights are stored in fewer bits than they were trained in."""
        return self.name not in _UNPACKED


@dataclass(frozen=True, slots=True)
class HubFiles:
    """What a repository has to run: quantisations and projectors, each from small to large."""

    quantisations: tuple[Quantisation, ...] = ()
    projectors: tuple[Quantisation, ...] = ()


def sorted_files(files: Iterable[HubFile]) -> HubFiles:
    """Return the models among the files of a repository; split ones that lack a part are left out."""
    models: list[Quantisation] = []
    projectors: list[Quantisation] = []
    for group in _groups(files):
        found = Quantisation(quantisation_name(group[0].path), group)
        (projectors if is_projector(group[0].path) else models).append(found)
    by_size = sorted(models, key=lambda found: (found.size, found.file))
    return HubFiles(tuple(by_size), tuple(sorted(projectors, key=lambda found: (found.size, found.file))))


def quantisation_name(path: str) -> str:
    """Return the quantisation that a path names, in the usual spelling; "" where it names none."""
    whole = PurePosixPath(path)
    for text in (_stem(whole.name), *reversed(whole.parts[:-1])):
        found = [match.group() for match in _QUANTISATION.finditer(text)]
        if found:
            return found[-1].upper().replace("FP16", "F16").replace("FP32", "F32") if found else ""
    return ""


def is_projector(path: str) -> bool:
    """Return whether a file adds pictures or sound to a model, judged by its name."""
    return "mmproj" in PurePosixPath(path).name.lower()


def pick(files: HubFiles, *, quantisation: str = "", file: str = "") -> Quantisation:
    """Return the form that a person names by file or by quantisation; raises UsageError that says what there is."""
    everything = (*files.quantisations, *files.projectors)
    if file:
        found = [each for each in everything if any(file in (part.path, part.name) for part in each.files)]
    else:
        wanted = quantisation.upper()
        found = [each for each in files.quantisations if each.name == wanted]
        found = found or [each for each in files.quantisations if each.name.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    asked = f'file "{file}"' if file else f'quantisation "{quantisation}"'
    if found:
        names = ", ".join(each.file for each in found[:8])
        raise UsageError(f"several files fit the {asked}: {names}", hint="Name the file behind the colon")
    there = ", ".join((each.file if file else each.name or each.file) for each in files.quantisations[:12])
    raise UsageError(f"the repository has no {asked}", hint=f"There is {there}" if there else "It has no GGUF files")


def _groups(files: Iterable[HubFile]) -> Iterable[tuple[HubFile, ...]]:
    """Yield files with the parts of split ones together, in order; incomplete ones and odd paths are left out."""
    splits: dict[tuple[str, str], dict[int, HubFile]] = {}
    for file in files:
        name = PurePosixPath(file.path)
        if name.suffix.lower() != ".gguf" or not is_plain_path(file.path) or "imatrix" in name.stem.lower():
            continue
        split = _SPLIT.fullmatch(name.stem)
        if split is None:
            yield (file,)
        else:
            group = splits.setdefault((f"{name.parent}/{split['stem']}", split["count"]), {})
            group[int(split["part"])] = file
    for (_, count), group in splits.items():
        parts: Sequence[HubFile] = [group[number] for number in sorted(group)]
        if sorted(group) == list(range(1, int(count) + 1)):
            yield tuple(parts)


def _stem(name: str) -> str:
    stem = PurePosixPath(name).stem
    split = _SPLIT.fullmatch(stem)
    return split["stem"] if split else stem
