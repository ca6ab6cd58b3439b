"""Which projector belongs to which model: files that add pictures or sound to a model, found by header, folder and name.

A projector gives embeddings of one length, and so fits models of that length only; but many models have the same. Then
this follows how they are published: beside the model, under the name of the model, or alone with all quantisations of one
model. Whether the engine takes it is not decided here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from graphide.models.facts import ModelFacts
from graphide.models.scan import unsplit

# "-Q4_K_M", ".IQ2_XXS", "-UD-Q5_K_XL", "_f16", "-MXFP4_MOE" at the end of a name.
_QUANTISATION = re.compile(
    r"[-._](?:(?:UD|i1)[-._])?(?:[IT]?Q\d\w*|B?F16|FP?16|F32|(?:MX|NV)FP4\w*)$", re.IGNORECASE | re.ASCII
)
_PROJECTOR = re.compile(r"(?:^|[-._])mmproj(?:[-._]model)?(?=[-._]|$)", re.IGNORECASE)
_MARKS = re.compile(r"[-._\s]+")
_BEST_FIRST = ("F16", "BF16", "Q8_0", "F32")


class ModelFile(Protocol):
    """What is known about a file: enough to tell what belongs together."""

    @property
    def path(self) -> Path:
        """Where it is."""
        ...

    @property
    def facts(self) -> ModelFacts | None:
        """What its header says, None when it cannot be read."""
        ...

    @property
    def problem(self) -> str:
        """What is wrong with it, "" when nothing is known to be."""
        ...


def projectors_of(models: Sequence[ModelFile], projectors: Sequence[ModelFile]) -> dict[Path, Path]:
    """Return the projector of each model that has one, by the path of the model.

    Of several that fit, one with the name of the model comes first, then the one in half precision: what most people
    publish, and exact enough.
    """
    found: dict[Path, Path] = {}
    offered = _by_folder([each for each in sorted(projectors, key=_rank) if not each.problem])
    beside = _by_folder(models)
    for folder, candidates in offered.items():
        bases = {model.path: base_name(model.path.stem) for model in beside.get(folder, ())}
        for model in beside.get(folder, ()):
            fitting = [each for each in candidates if _fits(each, model)]
            named = [each for each in fitting if _named_alike(each, model, bases[model.path])]
            alone = [each for each in fitting if _bases_of(each, beside[folder], bases) == {bases[model.path]}]
            if chosen := next(iter((*named, *alone)), None):
                found[model.path] = chosen.path
    return found


def base_name(stem: str) -> str:
    """Return the name of a model without quantisation and part, in small letters: "qwen2.5-7b" of "Qwen2.5-7B-Q4_K_M"."""
    return _QUANTISATION.sub("", unsplit(stem)).casefold()


def _fits(projector: ModelFile, model: ModelFile) -> bool:
    """Return whether the embeddings of a projector are as long as those of a model, as far as both are known."""
    lengths = {each.facts.embedding_length if each.facts else 0 for each in (projector, model)}
    return len(lengths - {0}) < 2


def _bases_of(projector: ModelFile, models: Sequence[ModelFile], bases: Mapping[Path, str]) -> set[str]:
    """Return the names, without quantisation, of all models that a projector fits."""
    return {bases[model.path] for model in models if _fits(projector, model)}


def _named_alike(projector: ModelFile, model: ModelFile, base: str) -> bool:
    """Return whether a projector is called as a model is, in its file name or in its header."""
    own = _PROJECTOR.sub("", _QUANTISATION.sub("", projector.path.stem.casefold()))
    if own.strip("-._"):
        return _marked(own) == _marked(base)
    return bool(projector.facts and model.facts and projector.facts.name and projector.facts.name == model.facts.name)


def _marked(name: str) -> str:
    return _MARKS.sub("-", name).strip("-")


def _by_folder(files: Sequence[ModelFile]) -> Mapping[Path, list[ModelFile]]:
    found: dict[Path, list[ModelFile]] = defaultdict(list)
    for file in files:
        found[file.path.parent].append(file)
    return found


def _rank(projector: ModelFile) -> tuple[int, str]:
    quantisation = projector.facts.quantisation if projector.facts else ""
    place = _BEST_FIRST.index(quantisation) if quantisation in _BEST_FIRST else len(_BEST_FIRST)
    return place, projector.path.name
